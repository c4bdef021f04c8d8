/**
 * What the commands of a log come to, found out without the engine's process: they are applied to the naive exchange, which
 * shares no matching code with the engine, and to the real one for its hash. Goes on as the log grows.
 */
import { isDeepStrictEqual } from 'node:util'
import {
  Command,
  EventBuffer,
  Exchange,
  eventLayout,
  eventType,
  eventWidth,
  isPublicEvent,
} from '../../engine/core/index.ts'
import { encodeEventRecord } from '../../engine/gateway/event-record.ts'
import { decodeMessagePack } from '../../protocol/codec.ts'
import { maxEventBytes } from '../../protocol/event-codec.ts'
import { enumerations, type Message, type Row } from '../../protocol/messages.ts'
import { WireWriter } from '../../protocol/wire.ts'
import { NaiveExchange } from '../property/naive-exchange.ts'
import type { Control, Definition, ExchangeSurface } from '../property/surface.ts'
import { nameOf } from './exchange.ts'
import type { LoggedCommand } from './journal-files.ts'
import { LevelHistory } from './level-history.ts'
import { commandOf, isControl, isOrderEntry } from './logged-command.ts'
import { difference, type Report } from './violations.ts'

const { DETAIL_1, INSTRUMENT, PRICE_TICKS, QUANTITY_LOTS, SEQUENCE, SESSION, SIDE, TYPE } = eventLayout
const { buy, sell } = enumerations.side
const sideNames = ['any', 'buy', 'sell'] as const

export type SessionEvent = Extract<Message, { eventNumber: number }>
type Trade = Row<'trade'> & { readonly sequence: number }

/** What a session is told of itself at a logon, and when it asks. */
export interface SessionState {
  readonly lastRef: number
  readonly nextEvent: number
  readonly positions: readonly Row<'position'>[]
  readonly openOrders: readonly Row<'openOrder'>[]
}

/** A session as the log tells it. */
export interface SessionReplay {
  /** Events that somebody may still be told, the first of them with the number `firstEvent`. */
  readonly events: SessionEvent[]
  firstEvent: number
  /** States at its logons, oldest first, as long as somebody may still be told one. */
  readonly logons: SessionState[]
}

/** Trades of an instrument that are kept at least. */
const keptTrades = 10_000
const keptLogons = 50

export class LogReplay {
  readonly naive = new NaiveExchange()
  readonly real = new Exchange()
  /** By name, see `nameOf`. */
  readonly sessions = new Map<string, SessionReplay>()
  /** By instrument. */
  readonly levels: LevelHistory[] = []
  private readonly report: Report
  private readonly command = new Command()
  private readonly naiveEvents = new EventBuffer()
  private readonly realEvents = new EventBuffer()
  private readonly writer = new WireWriter(maxEventBytes)
  /** By instrument. */
  private readonly trades: Trade[][] = []
  /** By session number. */
  private readonly byNumber: SessionReplay[] = []
  /** Sessions that log on with the current batch. */
  private readonly connecting = new Set<number>()

  constructor(report: Report) {
    this.report = report
  }

  get sequence(): number {
    return this.naive.sequence
  }

  /** @throws Error if the command cannot be applied at all */
  apply(logged: LoggedCommand, message: Message): void {
    const { naive, real, naiveEvents, realEvents } = this
    naiveEvents.clear()
    realEvents.clear()
    this.applyTo(naive, logged, message, naiveEvents)
    this.applyTo(real, logged, message, realEvents)
    if (!sameEvents(naiveEvents, realEvents)) {
      this.report('I5', `command ${logged.sequence} causes other events in the exchange than in the naive one`)
    }
    if (message.type === 'sessionDefined') this.define(message)
    if (message.type === 'sessionConnected') this.connecting.add(logged.session)
    this.collect()
    if (logged.endsBatch) this.endBatch()
  }

  /** What must hold of the state, whatever led to it. */
  checkState(): void {
    const { naive, real, report } = this
    const accounts = naive.accounts()
    const found = real.accounts()
    if (accounts.length !== found.length) report('I5', `${found.length} accounts, not ${accounts.length}`)
    for (const expected of accounts) {
      const one = found.find(
        (other) => other.participant === expected.participant && other.instrument === expected.instrument,
      )
      const text = one === undefined ? 'is missing' : difference(one, expected)
      if (text !== 'nothing differs') {
        report('I5', `account of participant ${expected.participant} in instrument ${expected.instrument}: ${text}`)
      }
    }
    for (const { instrument } of this.instruments) {
      const own = accounts.filter((account) => account.instrument === instrument)
      const positionLots = sumOf(own.map((account) => account.positionLots))
      const moneyMinor = sumOf(own.map((account) => account.cashMinor + account.feesMinor))
      if (positionLots !== 0) report('I4', `positions in instrument ${instrument} sum up to ${positionLots}`)
      if (moneyMinor !== 0) report('I4', `cash and fees in instrument ${instrument} sum up to ${moneyMinor}`)
      for (const side of [buy, sell]) {
        if (isDeepStrictEqual(real.orders(instrument, side), naive.orders(instrument, side))) continue
        report('I5', `orders of instrument ${instrument}, side ${side}, are not in line as in the naive book`)
      }
    }
  }

  /** Trades of an instrument after one command and up to another. */
  tradesBetween(instrument: number, after: number, upTo: number): Row<'trade'>[] {
    const trades = this.trades[instrument] ?? []
    let start = trades.length
    while (start > 0 && trades[start - 1].sequence > after) start -= 1
    const between = trades.slice(start).filter(({ sequence }) => sequence <= upTo)
    return between.map(({ sequence: _, ...trade }) => trade)
  }

  /** A session as it is now. */
  stateOf(name: string): SessionState {
    return this.stateAt(this.byNumber.indexOf(this.sessions.get(name)!))
  }

  /** Drops events of a session that nobody will be told again. */
  forget(session: SessionReplay, beforeEvent: number): void {
    const count = Math.min(session.events.length, beforeEvent - session.firstEvent)
    if (count < 1_000) return
    session.events.splice(0, count)
    session.firstEvent += count
  }

  private get instruments() {
    return this.real.instruments.filter((instrument) => instrument !== undefined)
  }

  private applyTo(exchange: ExchangeSurface, logged: LoggedCommand, message: Message, out: EventBuffer): void {
    const { sequence, timeUs, session } = logged
    if (isOrderEntry(message)) exchange.apply(commandOf(message, logged, this.command), out)
    else if (isControl(message)) exchange.applyControl(message as Control, sequence, timeUs, session, out)
    else exchange.applyDefinition(message as Definition, sequence, timeUs, session, out)
  }

  private define({ session, participant, name }: Message<'sessionDefined'>): void {
    const owner = this.naive.participant(participant)!.name
    this.byNumber[session] ??= { events: [], firstEvent: 1, logons: [] }
    this.sessions.set(nameOf({ participant: owner, session: name }), this.byNumber[session])
  }

  private collect(): void {
    const { data, length } = this.naiveEvents
    for (let base = 0; base < length; base += eventWidth(data[base + TYPE])) {
      const type = data[base + TYPE]
      const instrument = data[base + INSTRUMENT]
      const [sequence, priceTicks, quantityLots] = [
        data[base + SEQUENCE],
        data[base + PRICE_TICKS],
        data[base + QUANTITY_LOTS],
      ]
      if (type === eventType.levelChanged) {
        this.levels[instrument] ??= new LevelHistory()
        const orderCount = data[base + DETAIL_1]
        this.levels[instrument].add({ sequence, side: data[base + SIDE], priceTicks, quantityLots, orderCount })
      } else if (type === eventType.traded) {
        const tradeId = data[base + DETAIL_1]
        const aggressorSide = sideNames[data[base + SIDE]]
        this.trades[instrument] ??= []
        this.trades[instrument].push({ sequence, tradeId, priceTicks, quantityLots, aggressorSide })
        if (this.trades[instrument].length > 2 * keptTrades) this.trades[instrument].splice(0, keptTrades)
      } else if (!isPublicEvent(type) && type !== eventType.duplicateRef) {
        this.writer.position = 0
        encodeEventRecord(this.writer, data, base)
        const event = decodeMessagePack(this.writer.bytes.subarray(0, this.writer.position))
        this.byNumber[data[base + SESSION]].events.push(event as SessionEvent)
      }
    }
  }

  private endBatch(): void {
    for (const number of this.connecting) {
      const { logons } = this.byNumber[number]
      logons.push(this.stateAt(number))
      if (logons.length > keptLogons) logons.shift()
    }
    this.connecting.clear()
    for (const { instrument } of this.instruments) this.checkCrossed(instrument)
  }

  private stateAt(number: number): SessionState {
    const { lastRef, nextEvent, participant } = this.naive.session(number)!
    const accounts = this.naive.accounts().filter((account) => account.participant === participant)
    const openOrders = this.naive.state.ordersOf(number).map((order): Row<'openOrder'> => {
      const {
        ref: orderRef,
        orderId,
        instrument,
        side,
        orderType,
        timeInForce,
        quantityLots,
        leavesLots,
        priceTicks,
      } = order
      const { stopPriceTicks, displayQuantityLots, expireTimeUs, reduceOnly, isQuote } = order
      return {
        ...{ orderRef, orderId, instrument, side, orderType, timeInForce, quantityLots, leavesLots, priceTicks },
        ...{ stopPriceTicks, displayQuantityLots, expireTimeUs, reduceOnly, isQuote },
      }
    })
    return { lastRef, nextEvent, positions: inOrder(accounts.map(positionOf)), openOrders }
  }

  private checkCrossed(instrument: number): void {
    for (const exchange of [this.naive, this.real]) {
      if (exchange.phase(instrument) !== enumerations.phase.continuous) continue
      const bid = exchange.bestPriceTicks(instrument, buy)
      const ask = exchange.bestPriceTicks(instrument, sell)
      if (bid === 0 || ask === 0 || bid < ask) continue
      this.report('I7', `instrument ${instrument} has bid ${bid} and ask ${ask} after command ${this.sequence}`)
    }
  }
}

function positionOf(account: Row<'position'>): Row<'position'> {
  const { instrument, positionLots, cashMinor, feesMinor, costMinor, realisedMinor, unrealisedMinor } = account
  return { instrument, positionLots, cashMinor, feesMinor, costMinor, realisedMinor, unrealisedMinor }
}

/** By instrument. */
export function inOrder(positions: readonly Row<'position'>[]): Row<'position'>[] {
  return positions.toSorted((one, other) => one.instrument - other.instrument)
}

function sameEvents(one: EventBuffer, other: EventBuffer): boolean {
  if (one.length !== other.length) return false
  for (let index = 0; index < one.length; index += 1) {
    if (!Object.is(one.data[index], other.data[index])) return false
  }
  return true
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0)
}

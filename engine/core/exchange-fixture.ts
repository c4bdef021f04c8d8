/**
 * A small venue for tests: one instrument, a few traders, and events as lines that a person can read. An order is named
 * by its trader and ref, "B#1" being trader B's first command. Instrument 1 has prices from 1 to 1,000, no band and no
 * fees unless a test says otherwise.
 */
import { errorNameOf } from '../../protocol/errors.ts'
import { enumerations, type Message, type OrderType, type Side, type TimeInForce } from '../../protocol/messages.ts'
import type { ControlCommand } from './control.ts'
import type { Definition } from './exchange.ts'
import { Command, commandType, EventBuffer, Exchange, eventLayout, eventType, eventWidth } from './index.ts'
import type { InstrumentDefinition } from './instrument.ts'
import { plainDefinition } from './instrument-fixture.ts'
import { wideLimits } from './participant-fixture.ts'

const {
  DETAIL_1,
  DETAIL_2,
  DETAIL_3,
  INSTRUMENT,
  LEAVES_LOTS,
  ORDER_REF,
  PRICE_TICKS,
  QUANTITY_LOTS,
  REF,
  SESSION,
  SIDE,
  TYPE,
  PRIVATE_WIDTH,
} = eventLayout

const INTERVAL_US = 10

/** A2 is a second session of participant A. */
export type Trader = 'A' | 'B' | 'C' | 'A2'
const traders: readonly Trader[] = ['A', 'B', 'C', 'A2']
const participantOf: Readonly<Record<Trader, number>> = { A: 1, B: 2, C: 3, A2: 1 }

export type RiskLimits = Omit<Message<'participantDefined'>, 'type' | 'participant' | 'name'>

/** A row of a mass quote: instrument, price and quantity of the buy, price and quantity of the sell. */
export type Quote = readonly [number, number, number, number, number]

export type Phase = keyof typeof enumerations.phase
export type SelfTradePrevention = keyof typeof enumerations.selfTradePrevention

interface Terms {
  readonly type?: OrderType
  readonly timeInForce?: TimeInForce
  readonly instrument?: number
  readonly stopPriceTicks?: number
  readonly displayQuantityLots?: number
  readonly expireTimeUs?: number
  readonly selfTradePrevention?: SelfTradePrevention
  readonly reduceOnly?: boolean
}

export class Venue {
  readonly exchange = new Exchange()
  private readonly out = new EventBuffer()
  private sequence = 0
  /** Of the last command; INTERVAL_US pass between two commands. */
  private timeUs = 0

  constructor(terms: Partial<InstrumentDefinition> = {}) {
    this.defineInstrument(terms)
    for (const trader of traders) {
      if (trader.length === 1) this.limitRisk(trader, {})
      this.defineSession(trader, 'cancelNewest')
      this.connect(trader, true)
    }
  }

  /** Changes the self-trade prevention of a session's orders that state none. */
  defineSession(trader: Trader, selfTradePrevention: SelfTradePrevention): string[] {
    const session = sessionOf(trader)
    const participant = participantOf[trader]
    return this.define({ type: 'sessionDefined', session, participant, name: trader, selfTradePrevention })
  }

  defineInstrument(terms: Partial<InstrumentDefinition>): string[] {
    return this.define({ type: 'instrumentDefined', instruments: [{ ...plainDefinition, ...terms }] })
  }

  limitRisk(trader: Trader, risk: Partial<RiskLimits>): string[] {
    const participant = participantOf[trader]
    const terms = { participant, name: trader, ...wideLimits, isAdmin: false, ...risk }
    return this.define({ type: 'participantDefined', ...terms })
  }

  connect(trader: Trader, cancelOnDisconnect: boolean): string[] {
    return this.define({ type: 'sessionConnected', cancelOnDisconnect }, trader)
  }

  disconnect(trader: Trader): string[] {
    return this.define({ type: 'sessionDisconnected' }, trader)
  }

  buy(trader: Trader, quantityLots: number, priceTicks: number, terms: Terms = {}): string[] {
    return this.order(trader, 'buy', quantityLots, priceTicks, terms)
  }

  sell(trader: Trader, quantityLots: number, priceTicks: number, terms: Terms = {}): string[] {
    return this.order(trader, 'sell', quantityLots, priceTicks, terms)
  }

  cancel(trader: Trader, orderRef: number): string[] {
    return this.send(trader, { type: commandType.cancelOrder, orderRef })
  }

  replace(trader: Trader, orderRef: number, quantityLots: number, priceTicks: number, stopPriceTicks = 0): string[] {
    return this.send(trader, { type: commandType.replaceOrder, orderRef, quantityLots, priceTicks, stopPriceTicks })
  }

  massCancel(trader: Trader, instrument = 0, side: keyof typeof enumerations.side = 'any'): string[] {
    return this.send(trader, { type: commandType.massCancel, instrument, side: enumerations.side[side] })
  }

  quote(trader: Trader, rows: readonly Quote[], group = 1): string[] {
    const quotes = new Command().quotes
    quotes.set(rows.flat())
    return this.send(trader, { type: commandType.massQuote, group, quoteCount: rows.length, quotes })
  }

  /** Sends one of the rare commands with the session's next ref. */
  control(trader: Trader, command: DistributiveOmit<ControlCommand, 'ref'>): string[] {
    const session = sessionOf(trader)
    const ref = this.exchange.session(session)!.lastRef + 1
    const { sequence, timeUs } = this.stamp()
    this.exchange.applyControl({ ...command, ref }, sequence, timeUs, session, this.out)
    return this.lines()
  }

  /** Lets C, as an admin with wide limits, set the phase of instrument 1; tells what that caused before its answer. */
  enterPhase(phase: Phase): string[] {
    this.limitRisk('C', { isAdmin: true })
    return this.control('C', { type: 'changePhase', instrument: 1, phase }).slice(0, -1)
  }

  /** Lets the time come and sends nothing. */
  advanceTo(timeUs: number): string[] {
    this.waitUntil(timeUs)
    return this.define({ type: 'timeAdvanced' })
  }

  /** Lets the next command be of this time. */
  waitUntil(timeUs: number): void {
    this.timeUs = timeUs - INTERVAL_US
  }

  /** Lets time pass before the next command. */
  wait(us: number): void {
    this.timeUs += us
  }

  /** Sends a command with the session's next ref, unless one is given, and tells what it caused. */
  send(trader: Trader, fields: Partial<Command>): string[] {
    const session = sessionOf(trader)
    const ref = this.exchange.session(session)!.lastRef + 1
    const command = Object.assign(new Command(), { session, ref, ...fields, ...this.stamp() })
    this.exchange.apply(command, this.out)
    return this.lines()
  }

  /** Quantities of one side, best price first, as "100: 5+3", oldest order first. */
  queue(side: Side): string[] {
    const orders = this.exchange.orders(1, enumerations.side[side])
    const byPrice = Map.groupBy(orders, (order) => order.priceTicks)
    return [...byPrice].map(([price, level]) => `${price}: ${level.map((order) => order.leavesLots).join('+')}`)
  }

  /** What a trader's participant has in instrument 1: its position, what that cost, and profit and loss. */
  ledger(trader: Trader) {
    const accounts = this.exchange.accounts()
    const account = accounts.find((one) => one.participant === participantOf[trader] && one.instrument === 1)!
    const { positionLots, cashMinor, feesMinor, costMinor, realisedMinor, unrealisedMinor } = account
    return { positionLots, cashMinor, feesMinor, costMinor, realisedMinor, unrealisedMinor }
  }

  /** What a trader's participant has, and could still trade, in the instrument where it had its first order. */
  account(trader: Trader) {
    const account = this.exchange.accounts().find((one) => one.participant === participantOf[trader])!
    const { positionLots, cashMinor, feesMinor, openBuyLots, openSellLots } = account
    return { positionLots, cashMinor, feesMinor, openBuyLots, openSellLots }
  }

  /** Waiting stops of one side in the order in which they would trigger, as "B#1: 5 at 104". */
  stops(side: Side): string[] {
    const stops = this.exchange.stops(1, enumerations.side[side])
    return stops.map((stop) => `${traders[stop.session - 1]}#${stop.ref}: ${stop.leavesLots} at ${stop.stopPriceTicks}`)
  }

  /** What the book shows of one side, best price first, as "100: 8 in 2". */
  levels(side: Side): string[] {
    const levels = this.exchange.levels(1, enumerations.side[side])
    return levels.map((level) => `${level.priceTicks}: ${level.quantityLots} in ${level.orderCount}`)
  }

  /** Everything that can be asked for but what counts messages, which rejected ones change too. */
  everything() {
    const { exchange } = this
    const numbers = exchange.instruments.flatMap((definition) => definition?.instrument ?? [])
    const sides = [enumerations.side.buy, enumerations.side.sell]
    return {
      instruments: numbers.map((instrument) => ({
        phase: exchange.phase(instrument),
        indication: exchange.indication(instrument),
        lastPriceTicks: exchange.lastPriceTicks(instrument),
        tradeCount: exchange.tradeCount(instrument),
        volumeLots: exchange.volumeLots(instrument),
        orders: sides.map((side) => exchange.orders(instrument, side)),
        stops: sides.map((side) => exchange.stops(instrument, side)),
        waitingAtClose: exchange.waitingAtClose(instrument),
        quotes: traders.map((trader) => exchange.quote(sessionOf(trader), instrument)),
      })),
      accounts: exchange.accounts(),
      participants: Object.values(participantOf).map((participant) => exchange.participant(participant)),
      openOrderCounts: traders.map((trader) => exchange.session(sessionOf(trader))!.openOrderCount),
      nextTimerUs: exchange.nextTimerUs,
    }
  }

  /** One column of the events of the last command. */
  columnOfEvents(column: number): number[] {
    return this.records().map((record) => record[column])
  }

  private order(trader: Trader, side: Side, quantityLots: number, priceTicks: number, terms: Terms): string[] {
    const { type = 'limit', timeInForce = 'goodTillCancel', selfTradePrevention = 'sessionDefault' } = terms
    const { instrument = 1, stopPriceTicks = 0, displayQuantityLots = 0, expireTimeUs = 0, reduceOnly = false } = terms
    return this.send(trader, {
      type: commandType.newOrder,
      instrument,
      side: enumerations.side[side],
      orderType: enumerations.orderType[type],
      timeInForce: enumerations.timeInForce[timeInForce],
      quantityLots,
      priceTicks,
      stopPriceTicks,
      displayQuantityLots,
      expireTimeUs,
      selfTradePrevention: enumerations.selfTradePrevention[selfTradePrevention],
      reduceOnly: Number(reduceOnly),
    })
  }

  private define(definition: Definition, trader?: Trader): string[] {
    const { sequence, timeUs } = this.stamp()
    this.exchange.applyDefinition(definition, sequence, timeUs, trader ? sessionOf(trader) : 0, this.out)
    return this.lines()
  }

  /** Begins the next command. */
  private stamp() {
    this.out.clear()
    this.sequence += 1
    this.timeUs += INTERVAL_US
    return { sequence: this.sequence, timeUs: this.timeUs }
  }

  private lines(): string[] {
    return this.records().map(lineOf)
  }

  /** Columns that public events do not have are 0. */
  private records(): Float64Array[] {
    const { data, length } = this.out
    const records: Float64Array[] = []
    for (let base = 0; base < length; ) {
      const width = eventWidth(data[base + TYPE])
      const record = new Float64Array(PRIVATE_WIDTH)
      record.set(data.subarray(base, base + width))
      records.push(record)
      base += width
    }
    return records
  }
}

type DistributiveOmit<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never

function sessionOf(trader: Trader): number {
  return traders.indexOf(trader) + 1
}

function lineOf(event: Float64Array): string {
  const trader = traders[event[SESSION] - 1]
  const order = `${trader}#${event[TYPE] === eventType.accepted ? event[REF] : event[ORDER_REF]}`
  const atPrice = `${event[QUANTITY_LOTS]} @ ${event[PRICE_TICKS]}`
  const fee = event[DETAIL_3] === 0 ? '' : `, fee ${event[DETAIL_3]}`
  switch (event[TYPE]) {
    case eventType.accepted:
      return `${order} accepted: ${nameOf('side', event[SIDE])} ${atPrice}`
    case eventType.rejected:
      return `${trader} rejected: ${errorNameOf[event[DETAIL_1]]}, ${nameOf('field', event[DETAIL_2])}, ${event[DETAIL_3]}`
    case eventType.filled:
      return `${order} filled: ${atPrice}, ${event[LEAVES_LOTS]} left, ${nameOf('liquidity', event[DETAIL_1])}${fee}`
    case eventType.cancelled:
      return `${order} cancelled: ${event[QUANTITY_LOTS]}, ${nameOf('cancelReason', event[DETAIL_1])}`
    case eventType.replaced:
      return `${order} replaced: ${atPrice}, ${event[LEAVES_LOTS]} left, ${event[DETAIL_1] ? 'keeps' : 'loses'} priority`
    case eventType.triggered:
      return `${order} triggered: ${atPrice}`
    case eventType.expired:
      return `${order} expired: ${event[QUANTITY_LOTS]}`
    case eventType.reduced:
      return `${order} reduced: by ${event[QUANTITY_LOTS]}, ${event[LEAVES_LOTS]} left, ${nameOf('cancelReason', event[DETAIL_1])}`
    case eventType.massCancelled:
      return `${trader} mass cancelled: ${event[DETAIL_1]}`
    case eventType.quoteAccepted:
      return `${trader} quote ${event[INSTRUMENT]} accepted: ${atPrice}, ${event[DETAIL_3]} @ ${event[DETAIL_2]}`
    case eventType.quoteRejected:
      return `${trader} quote ${event[INSTRUMENT]} rejected: ${errorNameOf[event[DETAIL_1]]}, ${nameOf('field', event[DETAIL_2])}, ${event[DETAIL_3]}`
    case eventType.massQuoted:
      return `${trader} mass quoted: ${event[DETAIL_1]} accepted, ${event[DETAIL_2]} rejected`
    case eventType.protectionTriggered:
      return `${trader} protection triggered: group ${event[DETAIL_1]}, thaws ${event[DETAIL_2]}`
    case eventType.carriedOut:
      return `${trader} carried out`
    case eventType.duplicateRef:
      return `${trader} duplicate ref ${event[REF]}, last ${event[DETAIL_3]}`
    case eventType.traded:
      return `traded: ${atPrice}, trade ${event[DETAIL_1]}, aggressor ${nameOf('side', event[SIDE])}`
    case eventType.phaseChanged:
      return `phase: ${nameOf('phase', event[DETAIL_1])}`
    default:
      return `${event[SIDE] === enumerations.side.buy ? 'bids' : 'asks'} ${event[PRICE_TICKS]}: ${event[QUANTITY_LOTS]} in ${event[DETAIL_1]}`
  }
}

function nameOf(enumeration: 'side' | 'field' | 'liquidity' | 'cancelReason' | 'phase', value: number): string {
  const values: Readonly<Record<string, number>> = enumerations[enumeration]
  return Object.keys(values).find((name) => values[name] === value) ?? `${value}?`
}

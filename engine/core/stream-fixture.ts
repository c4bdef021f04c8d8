/**
 * For tests: a long stream of commands from a seed, in which every kind of order, phase, quote, protection, timer and
 * rare command occurs, and most of what can go wrong. The same seed gives the same commands for ever. They know nothing
 * of the exchange that they meet, so some name orders that are gone.
 */
import { enumerations, type Message } from '../../protocol/messages.ts'
import { Command, commandType, quoteLayout } from './command.ts'
import type { ControlCommand } from './control.ts'
import type { EventBuffer } from './events.ts'
import type { Definition, Exchange } from './exchange.ts'
import { plainDefinition } from './instrument-fixture.ts'
import { wideLimits } from './participant-fixture.ts'

export type OrderEntryMessage = Message<keyof typeof commandType>

export interface StreamCommand {
  /** Time since the command before. */
  readonly afterUs: number
  /** 0 if no session sent it. */
  readonly session: number
  readonly message: OrderEntryMessage | ControlCommand | Definition
}

type Names = { readonly [Enumeration in keyof typeof enumerations]: keyof (typeof enumerations)[Enumeration] }

/** 07:55 UTC of 2 March 2026. */
const streamBeginUs = 1_772_438_100_000_000

const schedule = '08:00 preOpen, 08:05 openingAuction, 08:10 continuous, 16:30 closingAuction, 16:40 closed'
const instruments = [
  { staticBandBasisPoints: 900, dynamicBandBasisPoints: 140, haltDurationMs: 40, auctionDurationMs: 60 },
  { schedule, makerFeeRate: -20, takerFeeRate: 300, priceBandBasisPoints: 2_000, tickValueMinor: 5 },
  { dynamicBandBasisPoints: 160, takerFeeRate: 50, quoteMaxSpreadTicks: 6, quoteMinQuantityLots: 3 },
].map((terms, index) => ({ ...plainDefinition, instrument: index + 1, ...terms, symbol: `I${index + 1}` }))
const midTicks = 500

const bounds = { maxOrderQuantityLots: 1_000, maxOrderNotionalMinor: 1e9, maxPositionLots: 1_000, maxOpenOrders: 200 }
const participants = [
  { maxMessagesPerSecond: 90, maxDuplicateOrders: 2, duplicateWindowMs: 50 },
  { maxGrossExposureMinor: 250_000, maxDailyLossMinor: 5_000 },
  { maxPriceDistanceBasisPoints: 300, maxPositionLots: 60, maxOrderNotionalMinor: 40_000 },
  {},
].map((limits, index) => ({
  participant: index + 1,
  name: `firm ${index + 1}`,
  ...wideLimits,
  ...bounds,
  ...limits,
  isAdmin: index === 3,
}))
/** Participant of each session. */
const participantOf = [1, 1, 2, 3, 4]
const ADMIN = 5

export function commandStream(seed: number, length: number): StreamCommand[] {
  const stream = new Stream(seed)
  while (stream.commands.length < length) stream.next()
  return stream.commands
}

class Stream {
  readonly commands: StreamCommand[] = []
  private random: number
  private readonly lastRefs = [0, 0, 0, 0, 0, 0]
  /** Refs of the new orders of each session. */
  private readonly orderRefs: number[][] = [[], [], [], [], [], []]
  private timeUs = streamBeginUs
  /** Whether somebody may be blocked. */
  private isBlocking = false

  constructor(seed: number) {
    this.random = seed
    this.add(0, {
      type: 'instrumentDefined',
      instruments: instruments.map((row) => ({ ...row, referencePriceTicks: midTicks })),
    })
    for (const participant of participants) this.add(0, { type: 'participantDefined', ...participant })
    for (const [index, participant] of participantOf.entries()) {
      const selfTradePrevention = this.pick(['cancelNewest', 'cancelOldest', 'cancelBoth', 'decrement'] as const)
      const name = `session ${index + 1}`
      this.add(0, { type: 'sessionDefined', session: index + 1, participant, name, selfTradePrevention })
      this.add(index + 1, { type: 'sessionConnected', cancelOnDisconnect: index % 2 === 0 })
    }
  }

  next(): void {
    const session = 1 + this.below(4)
    const chance = this.below(1_000)
    if (this.isBlocking && chance < 50) this.unblock()
    else if (chance < 560) this.newOrder(session)
    else if (chance < 650) this.send(session, { type: 'cancelOrder', orderRef: this.orderRef(session) })
    else if (chance < 780) this.replace(session)
    else if (chance < 890) this.massQuote(3 + this.below(2))
    else if (chance < 900) this.massCancel(session)
    else if (chance < 920) this.protect(3 + this.below(2))
    else if (chance < 965) this.administer()
    else this.change(session)
  }

  private newOrder(session: number): void {
    const kind = this.below(20)
    const orderType: Names['orderType'] =
      kind < 10 ? 'limit' : kind < 12 ? 'postOnly' : kind < 14 ? 'market' : kind < 17 ? 'stop' : 'stopLimit'
    const isStop = orderType === 'stop' || orderType === 'stopLimit'
    const resting = ['goodTillCancel', 'goodTillCancel', 'day', 'goodTillDate'] as const
    const passing = ['immediateOrCancel', 'fillOrKill', 'atOpen', 'atClose'] as const
    const rests = orderType === 'market' ? false : orderType !== 'limit' || this.below(3) > 0
    const timeInForce = this.pick(rests === this.below(60) > 0 ? resting : passing)
    const showsPart = this.below(60) === 0 || (rests && orderType === 'limit' && this.below(4) === 0)
    const lives = [2_000, 40_000, 2_000_000, 4_000_000_000]
    if (rests) this.orderRefs[session].push(this.lastRefs[session] + 1)
    this.sendOrder(session, {
      instrument: this.below(60) === 0 ? 9 : 1 + this.below(3),
      side: this.pick(['buy', 'sell'] as const),
      orderType,
      timeInForce,
      quantityLots: this.below(80) === 0 ? 2_000 : 1 + this.below(20),
      priceTicks: orderType === 'market' || orderType === 'stop' ? 0 : this.price(8),
      stopPriceTicks: isStop ? this.price(10) : 0,
      displayQuantityLots: showsPart ? 1 + this.below(5) : 0,
      expireTimeUs: timeInForce === 'goodTillDate' ? this.timeUs + this.pick(lives) : 0,
      selfTradePrevention: this.pick([
        'sessionDefault',
        'cancelNewest',
        'cancelOldest',
        'cancelBoth',
        'decrement',
      ] as const),
      reduceOnly: this.below(6) === 0,
    })
  }

  /** Now and then several times, so that there are repetitions. */
  private sendOrder(session: number, order: Omit<Message<'newOrder'>, 'type' | 'ref'>): void {
    for (let left = this.below(25) === 0 ? 4 : 1; left > 0; left--) this.send(session, { type: 'newOrder', ...order })
  }

  private replace(session: number): void {
    this.send(session, {
      type: 'replaceOrder',
      orderRef: this.orderRef(session),
      quantityLots: 1 + this.below(25),
      priceTicks: this.price(8),
      stopPriceTicks: this.below(8) === 0 ? this.price(10) : 0,
    })
  }

  private massQuote(session: number): void {
    const first = this.below(3)
    const quotes = Array.from({ length: 1 + this.below(3) }, (_, row) => {
      const bidPriceTicks = this.price(5)
      const isRepeated = this.below(30) === 0
      return {
        instrument: 1 + ((first + (isRepeated ? 0 : row)) % 3),
        bidPriceTicks,
        bidQuantityLots: this.below(12),
        askPriceTicks: bidPriceTicks + (this.below(30) === 0 ? 0 : 1 + this.below(8)),
        askQuantityLots: this.below(12),
      }
    })
    this.send(session, { type: 'massQuote', group: 1 + this.below(2), quotes })
  }

  private massCancel(session: number): void {
    const side = this.pick(['any', 'buy', 'sell'] as const)
    this.send(session, { type: 'massCancel', instrument: this.below(4), side })
  }

  private protect(session: number): void {
    const group = this.below(20) === 0 ? 0 : 1 + this.below(2)
    if (this.below(2) === 0) {
      this.send(session, { type: 'resetProtection', group })
    } else {
      this.send(session, {
        type: 'setProtection',
        group,
        intervalMs: this.pick([1, 20, 500, 100_000]),
        maxLots: this.pick([0, 10, 25]),
        maxNotionalMinor: this.pick([0, 0, 30_000]),
        maxFills: this.pick([0, 2, 4]),
        maxNetLots: this.pick([0, 8]),
        freezeMs: this.pick([0, 5, 1_000]),
      })
    }
  }

  private administer(): void {
    // Now and then by somebody who may not.
    const session = this.below(15) === 0 ? 1 : ADMIN
    const participant = `firm ${this.below(20) === 0 ? 9 : 1 + this.below(3)}`
    const chance = this.below(10)
    if (chance < 6) {
      const others = ['halted', 'preOpen', 'openingAuction', 'closingAuction', 'closed'] as const
      const phase = this.below(10) < 8 ? 'continuous' : this.pick(others)
      this.send(session, { type: 'changePhase', instrument: this.below(4), phase })
    } else if (chance < 8) {
      const limit = this.pick(Object.keys(enumerations.riskLimit) as Names['riskLimit'][])
      this.send(session, {
        type: 'changeLimit',
        participant,
        limit,
        value: this.below(9) === 0 ? Number.MAX_SAFE_INTEGER : this.pick(participants)[limit],
      })
    } else {
      this.isBlocking = session === ADMIN
      this.send(session, { type: 'blockParticipant', participant, blocked: true })
    }
  }

  private unblock(): void {
    this.isBlocking = false
    for (const { name } of participants)
      this.send(ADMIN, { type: 'blockParticipant', participant: name, blocked: false })
  }

  /** What no session sends. */
  private change(session: number): void {
    const chance = this.below(6)
    if (chance === 0) this.add(0, { type: 'timeAdvanced' })
    else if (chance === 1) this.add(session, { type: 'sessionDisconnected' })
    else if (chance === 2) this.add(session, { type: 'sessionConnected', cancelOnDisconnect: this.below(2) === 0 })
    else if (chance === 3) {
      const maxOpenOrders = this.pick([4, 60, 200])
      this.add(0, { type: 'participantDefined', ...this.pick(participants), maxOpenOrders })
    } else if (chance === 4) {
      const row = this.pick(instruments)
      const referencePriceTicks = this.price(20)
      this.add(0, {
        type: 'instrumentDefined',
        instruments: [{ ...row, referencePriceTicks, makerFeeRate: this.below(90) }],
      })
    } else {
      // Time passes: minutes and hours, for the schedule and the day.
      this.add(0, { type: 'timeAdvanced' }, this.pick([60, 300, 1_200, 5_400]) * 1_000_000)
    }
  }

  private orderRef(session: number): number {
    const refs = this.orderRefs[session]
    return refs[Math.max(0, refs.length - 1 - this.below(6))] ?? 1
  }

  /** Around the middle, those nearer to it more often. */
  private price(widthTicks: number): number {
    if (this.below(80) === 0) return this.pick([0, 1, 380, 620, 1_000, 1_001])
    return midTicks + this.below(widthTicks + 1) - this.below(widthTicks + 1)
  }

  private send(session: number, fields: WithoutRef<OrderEntryMessage | ControlCommand>): void {
    // Sometimes the command before is sent again.
    const again = this.below(80) === 0 && this.lastRefs[session] > 0
    const ref = again ? this.lastRefs[session] : this.lastRefs[session] + 1
    this.lastRefs[session] = ref
    this.add(session, { ...fields, ref } as OrderEntryMessage | ControlCommand)
  }

  private add(session: number, message: StreamCommand['message'], afterUs = this.pause()): void {
    this.timeUs += afterUs
    this.commands.push({ afterUs, session, message })
  }

  private pause(): number {
    const chance = this.below(40)
    return chance === 0 ? 50_000 + this.below(100_000) : chance < 10 ? 0 : this.below(1_500)
  }

  private pick<Value>(values: readonly Value[]): Value {
    return values[this.below(values.length)]
  }

  /** From 0 to below the bound: xorshift. */
  private below(bound: number): number {
    this.random ^= this.random << 13
    this.random ^= this.random >>> 17
    this.random ^= this.random << 5
    return (this.random >>> 0) % bound
  }
}

type WithoutRef<Sent> = Sent extends unknown ? Omit<Sent, 'ref'> : never

/** Applies the commands of a stream to an exchange that has the ones before, appending what they cause. */
export function applyStream(exchange: Exchange, commands: readonly StreamCommand[], out: EventBuffer): void {
  for (const { afterUs, session, message } of commands) {
    const sequence = exchange.sequence + 1
    const timeUs = Math.max(exchange.timeUs, streamBeginUs) + afterUs
    if (message.type in commandType) {
      exchange.apply(commandOf(message as OrderEntryMessage, sequence, timeUs, session), out)
    } else if ('ref' in message) exchange.applyControl(message as ControlCommand, sequence, timeUs, session, out)
    else exchange.applyDefinition(message as Definition, sequence, timeUs, session, out)
  }
}

function commandOf(message: OrderEntryMessage, sequence: number, timeUs: number, session: number): Command {
  const { type, ref, ...fields } = message
  const command = Object.assign(new Command(), { type: commandType[type], sequence, timeUs, session, ref })
  for (const [name, value] of Object.entries(fields)) {
    if (name === 'quotes') continue
    const numbers: Readonly<Record<string, number>> | undefined = enumerations[name as keyof typeof enumerations]
    Object.assign(command, { [name]: typeof value === 'string' ? numbers?.[value] : Number(value) })
  }
  if (message.type === 'massQuote') {
    command.quoteCount = message.quotes.length
    for (const [row, quote] of message.quotes.entries()) {
      const { instrument, bidPriceTicks, bidQuantityLots, askPriceTicks, askQuantityLots } = quote
      const columns = [instrument, bidPriceTicks, bidQuantityLots, askPriceTicks, askQuantityLots]
      command.quotes.set(columns, row * quoteLayout.QUOTE_WIDTH)
    }
  }
  return command
}

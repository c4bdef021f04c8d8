/** Everything that the naive exchange knows, in plain lists, and how it tells what happens. */
import type { NaiveBook } from '../../engine/core/book/naive-book.ts'
import type { BookOrder } from '../../engine/core/book/naive-order.ts'
import type { EventBuffer } from '../../engine/core/index.ts'
import { enumerations } from '../../protocol/messages.ts'
import type { Ledger } from './naive-ledger.ts'
import type { Protection } from './naive-protection.ts'
import { type EventRecord, writeRecord } from './naive-records.ts'
import { type Timer, Timers } from './naive-timers.ts'
import type { InstrumentDefinition, ParticipantDefinition, Phase, SessionState } from './surface.ts'

const { side } = enumerations

export interface Market {
  definition: InstrumentDefinition
  readonly book: NaiveBook
  phase: Phase
  isHaltedByAdmin: boolean
  lastPriceTicks: number
  /** Price of the last auction, 0 before the first. */
  auctionPriceTicks: number
  tradeCount: number
  volumeLots: number
  commandCount: number
  /** Time in continuous trading since the day began. */
  tradingUs: number
  /** The end of a volatility halt or of an auction that has one of its own. */
  phaseTimer: Timer | undefined
  scheduleTimer: Timer | undefined
}

type Writable<State> = { -readonly [Key in keyof State]: State[Key] }
export type Session = Writable<Omit<SessionState, 'openOrderCount'>>

export interface Participant {
  /** Name and limits in force. */
  terms: ParticipantDefinition
  /** The last definition. */
  configured: ParticipantDefinition
  isBlocked: boolean
  revaluedUs: number
  dayStartEquityMinor: number
  /** The second in which messages are counted. */
  readonly second: { beginUs: number; messageCount: number }
  /** The last order that was looked at for repetition. */
  readonly repetition: { order: string; beginUs: number; count: number }
}

export interface Account extends Ledger {
  readonly participant: number
  readonly instrument: number
  valuationPriceTicks: number
}

export interface OpenOrder extends BookOrder {
  readonly session: number
  /** Of a quote: that of the mass quote that stated it last. */
  ref: number
  readonly instrument: number
  /** 0 unless it is a waiting stop. */
  stopPriceTicks: number
  readonly expireTimeUs: number
  readonly reduceOnly: boolean
  readonly isQuote: boolean
  /** Protection group of a quote. */
  group: number
  /** `entering`: accepted, and not where it will wait yet. */
  place: 'entering' | 'book' | 'stops' | 'untilClose'
  expiry: Timer | undefined
}

/** A session's obligation in an instrument where it quoted. */
export interface Obligation {
  readonly session: number
  readonly instrument: number
  metUs: number
}

export class NaiveState {
  sequence = 0
  /** Time of the command. */
  commandTimeUs = 0
  /** The time at which what happens now happens: the command's, or that at which it was due. */
  timeUs = 0
  lastOrderId = 0
  lastTradeId = 0
  /** By number, like participants and sessions. */
  readonly markets: Market[] = []
  readonly participants: Participant[] = []
  readonly sessions: Session[] = []
  readonly accounts: Account[] = []
  /** By order id. */
  openOrders: OpenOrder[] = []
  /** Waiting stops, in the order in which they came to their stop price. */
  stops: OpenOrder[] = []
  /** Orders that wait for the closing auction, in the order in which they came to their price. */
  untilClose: OpenOrder[] = []
  readonly protections: Protection[] = []
  /** What protection does when the order that is matching is done. */
  readonly afterMatch: (() => void)[] = []
  readonly obligations: Obligation[] = []
  /** The mass quote that is being carried out. */
  quoting: { readonly session: number; readonly group: number } | undefined
  readonly timers = new Timers()
  out!: EventBuffer

  market(order: { readonly instrument: number }): Market {
    return this.markets[order.instrument]
  }

  /** All markets, by number. */
  get allMarkets(): Market[] {
    return this.markets.filter((market) => market !== undefined)
  }

  participantOf(session: number): Participant {
    return this.participants[this.sessions[session].participant]
  }

  account(participant: number, instrument: number): Account | undefined {
    return this.accounts.find((one) => one.participant === participant && one.instrument === instrument)
  }

  positionLots(participant: number, instrument: number): number {
    return this.account(participant, instrument)?.positionLots ?? 0
  }

  ordersIn(instrument: number): OpenOrder[] {
    return this.openOrders.filter((order) => order.instrument === instrument)
  }

  ordersOf(session: number): OpenOrder[] {
    return this.openOrders.filter((order) => order.session === session)
  }

  /** The orders of a session's quote in an instrument. */
  quoteOf(session: number, instrument: number): OpenOrder[] {
    return this.ordersOf(session).filter((order) => order.isQuote && order.instrument === instrument)
  }

  /** An event about an order, to the session that sent it. */
  sendOf(order: OpenOrder, record: EventRecord): void {
    const { ref: orderRef, orderId, instrument, priceTicks } = order
    this.send(order.session, { orderRef, orderId, instrument, side: side[order.side], priceTicks, ...record })
  }

  send(session: number, record: EventRecord): void {
    const eventNumber = this.sessions[session].nextEvent
    this.sessions[session].nextEvent += 1
    this.write({ session, eventNumber, ...record })
  }

  write(record: EventRecord): void {
    writeRecord(this.out, { sequence: this.sequence, timeUs: this.commandTimeUs, ...record })
  }
}

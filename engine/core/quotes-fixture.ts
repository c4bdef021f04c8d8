/** A market without a book, for tests of quotes: it notes what it is asked to do, and a test says what is filled. */
import { enumerations } from '../../protocol/messages.ts'
import { kindLayout, orderLayout } from './book/order-pool.ts'
import { Command } from './command.ts'
import { EventWriter } from './event-writer.ts'
import { EventBuffer, eventLayout, eventType } from './events.ts'
import type { Instrument } from './instrument.ts'
import { deafListener, plainDefinition } from './instrument-fixture.ts'
import { wideLimits } from './participant-fixture.ts'
import { type QuoteActions, Quotes } from './quotes.ts'
import { Risk } from './risk.ts'
import { ExchangeState } from './state.ts'
import { Valuation } from './valuation.ts'

const { ACCOUNT, KIND, LEAVES, ORDER_SESSION, ORDER_SIZE, PRICE } = orderLayout
const { INSTRUMENT_SHIFT, QUOTE } = kindLayout
const { PRIVATE_WIDTH, SESSION, TYPE } = eventLayout
const { halted } = enumerations.phase
const { cancelNewest: CANCEL_NEWEST } = enumerations.selfTradePrevention

/** A row: instrument, then price and quantity of the buy, then of the sell. */
export type Quote = readonly [number, number, number, number, number]

/** Two instruments; sessions 1 and 2 of participant 1. No order ever meets another: a test says what is filled. */
export class QuietMarket implements QuoteActions {
  readonly state = new ExchangeState(64)
  readonly quotes: Quotes
  readonly done: string[] = []
  /** Called when an order has entered. */
  onEnter: (orderId: number) => void = () => {}
  private readonly events: EventWriter
  private readonly out = new EventBuffer()

  constructor() {
    const { state } = this
    const { participants, accounts, sessions, instruments } = state
    const bounds = { maxOrderQuantityLots: 1_000, maxPositionLots: 100, maxOpenOrders: 100 }
    participants.define({ participant: 1, name: 'A', ...wideLimits, ...bounds, isAdmin: false })
    sessions.define(1, 1, 'A1', CANCEL_NEWEST)
    sessions.define(2, 1, 'A2', CANCEL_NEWEST)
    const obligation = { quoteMaxSpreadTicks: 4, quoteMinQuantityLots: 5 }
    state.defineInstrument({ ...plainDefinition, ...obligation }, deafListener)
    state.defineInstrument({ ...plainDefinition, instrument: 2, symbol: 'BETA' }, deafListener)
    this.events = new EventWriter(state.memory, sessions)
    this.quotes = new Quotes(
      state,
      this.events,
      new Risk(participants, accounts, new Valuation(participants, accounts, instruments)),
      this,
    )
  }

  /** Sends a mass quote and tells what it made happen. */
  quote(session: number, rows: readonly Quote[], group = 1): string {
    const { state } = this
    state.sequence++
    this.events.begin(this.out, state.sequence, state.timeUs)
    const command = Object.assign(new Command(), {
      sequence: state.sequence,
      timeUs: state.timeUs,
      session,
      ref: state.sequence,
      group,
      quoteCount: rows.length,
    })
    command.quotes.set(rows.flat())
    this.done.length = 0
    this.quotes.massQuote(command)
    return this.done.join(', ')
  }

  /** Fills some lots of the open order of this id. */
  fill(orderId: number, lots: number): string {
    const { orders } = this.state.memory
    const order = this.orderOf(orderId)
    orders.int32[order * ORDER_SIZE + LEAVES] -= lots
    this.done.length = 0
    this.quotes.filled(order, lots, orders.int32[order * ORDER_SIZE + PRICE], false)
    if (orders.int32[order * ORDER_SIZE + LEAVES] === 0) this.forget(order)
    return this.done.join(', ')
  }

  /** Sessions that were told of a protection, in order. */
  sessionsTold(): number[] {
    const { data, length } = this.out
    const bases = Array.from({ length: length / PRIVATE_WIDTH }, (_, index) => index * PRIVATE_WIDTH)
    return bases
      .filter((base) => data[base + TYPE] === eventType.protectionTriggered)
      .map((base) => data[base + SESSION])
  }

  /** Of session 1 in instrument 1. */
  metUs(): number | undefined {
    return this.state.quotes.obligations(1)[0]?.metUs
  }

  setPhase(phase: number): void {
    this.state.instruments[1]!.setPhase(phase, this.state.timeUs)
    this.state.quotes.instrumentChanged(1)
  }

  boundOpenOrders(count: number): void {
    this.state.participants.setLimit(1, enumerations.riskLimit.maxOpenOrders, count)
  }

  openOrderCount(): number {
    return this.state.participants.openOrderCount(1)
  }

  takesQuotes(instrument: Instrument): boolean {
    return instrument.phase !== halted
  }

  create(session: number, ref: number, instrument: Instrument, side: number, priceTicks: number, lots: number): number {
    const { accounts, memory, participants } = this.state
    const order = memory.orders.allocate(ref, ++this.state.lastOrderId)
    const base = order * ORDER_SIZE
    const account = accounts.find(1, instrument.number) || accounts.open(1, instrument)
    memory.orders.int32[base + PRICE] = priceTicks
    memory.orders.int32[base + LEAVES] = lots
    memory.orders.int32[base + ORDER_SESSION] = session
    memory.orders.int32[base + ACCOUNT] = account
    memory.orders.int32[base + KIND] = side | QUOTE | (instrument.number << INSTRUMENT_SHIFT)
    participants.addOpenOrders(1, 1)
    accounts.addOpenLots(account, side, lots)
    this.tell('create', order)
    return order
  }

  enter(order: number): void {
    this.tell('enter', order)
    this.onEnter(this.state.memory.orders.orderId(order))
  }

  keep(order: number, _ref: number, lots: number): void {
    this.tell('keep', order)
    const { accounts, memory } = this.state
    const base = order * ORDER_SIZE
    accounts.addOpenLots(
      memory.orders.int32[base + ACCOUNT],
      memory.orders.side(order),
      lots - memory.orders.int32[base + LEAVES],
    )
    memory.orders.int32[base + LEAVES] = lots
  }

  end(order: number): void {
    this.tell('end', order)
    this.forget(order)
  }

  cancel(order: number): void {
    this.tell('cancel', order)
    this.forget(order)
  }

  private forget(order: number): void {
    const { accounts, memory, participants, quotes } = this.state
    const { int32 } = memory.orders
    const base = order * ORDER_SIZE
    accounts.addOpenLots(int32[base + ACCOUNT], memory.orders.side(order), -int32[base + LEAVES])
    participants.addOpenOrders(1, -1)
    quotes.orderGone(order)
    memory.orders.release(order)
  }

  private orderOf(orderId: number): number {
    const { orders } = this.state.memory
    const slots = Array.from({ length: 64 }, (_, slot) => slot)
    return slots.findLast((slot) => orders.orderId(slot) === orderId)!
  }

  /** Orders by their ids. */
  private tell(what: string, order: number): void {
    this.done.push(`${what} ${this.state.memory.orders.orderId(order)}`)
  }
}

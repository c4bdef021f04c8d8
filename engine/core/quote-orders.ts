/** The orders that quotes consist of: they come and go with the quotes, not by commands, and no ref finds them. */
import { enumerations } from '../../protocol/messages.ts'
import { kindLayout, orderLayout } from './book/order-pool.ts'
import type { Instrument } from './instrument.ts'
import type { Matching } from './matching.ts'
import type { OpenOrders } from './open-orders.ts'
import type { QuoteActions } from './quotes.ts'
import type { ExchangeState } from './state.ts'

const { LEAVES, ORDER_SIZE, QUANTITY } = orderLayout
const { INSTRUMENT_SHIFT, ORDER_TYPE_SHIFT, QUOTE, SELF_TRADE_MODE_SHIFT, TIME_IN_FORCE_SHIFT } = kindLayout
const { limit: LIMIT } = enumerations.orderType
const { goodTillCancel: GTC } = enumerations.timeInForce

export class QuoteOrders implements QuoteActions {
  private readonly state: ExchangeState
  private readonly openOrders: OpenOrders
  private readonly matching: Matching

  constructor(state: ExchangeState, openOrders: OpenOrders, matching: Matching) {
    this.state = state
    this.openOrders = openOrders
    this.matching = matching
  }

  takesQuotes(instrument: Instrument): boolean {
    return instrument.takes(GTC)
  }

  create(session: number, ref: number, instrument: Instrument, side: number, priceTicks: number, lots: number): number {
    const { state, openOrders } = this
    const participant = state.sessions.participant(session)
    const account = state.accounts.find(participant, instrument.number) || state.accounts.open(participant, instrument)
    const kind =
      side |
      (LIMIT << ORDER_TYPE_SHIFT) |
      (GTC << TIME_IN_FORCE_SHIFT) |
      (state.sessions.selfTradeMode(session) << SELF_TRADE_MODE_SHIFT) |
      QUOTE |
      (instrument.number << INSTRUMENT_SHIFT)
    const order = openOrders.create(session, ref, ++state.lastOrderId, account, kind, priceTicks, lots, lots)
    openOrders.countLots(order, lots)
    return order
  }

  enter(order: number): void {
    const { openOrders, matching } = this
    const instrument = openOrders.instrumentOf(order)
    // While it trades nothing of it counts as open.
    openOrders.countLots(order, -this.state.memory.orders.int32[order * ORDER_SIZE + LEAVES])
    matching.activate(order)
    matching.settle(instrument)
  }

  keep(order: number, ref: number, lots: number): void {
    const { openOrders } = this
    const { orders } = this.state.memory
    const base = order * ORDER_SIZE
    orders.setRef(order, ref)
    const removedLots = orders.int32[base + LEAVES] - lots
    if (removedLots === 0) return
    orders.int32[base + QUANTITY] -= removedLots
    openOrders.countLots(order, -removedLots)
    const instrument = openOrders.instrumentOf(order)
    openOrders.instrument = instrument
    instrument.book.reduce(order, orders.side(order), lots)
  }

  end(order: number): void {
    this.openOrders.end(order)
  }

  cancel(order: number, ref: number, reason: number): void {
    this.openOrders.cancel(order, ref, reason)
  }
}

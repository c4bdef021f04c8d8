/**
 * How an open order comes to be and how it ends. Everything that knows of open orders (the index, its session, its
 * participant, the timers, the quotes, the account's open quantities) is kept right here and nowhere else.
 *
 * An order is in one place at a time: in its instrument's book, among the stops that wait for their trigger, among the
 * orders that wait for the closing auction, or nowhere while it is the one that is trading.
 */
import { enumerations } from '../../protocol/messages.ts'
import { kindLayout, orderLayout } from './book/order-pool.ts'
import { termsLayout } from './book/order-terms.ts'
import type { EventWriter } from './event-writer.ts'
import type { Instrument } from './instrument.ts'
import type { ExchangeState } from './state.ts'

const { ACCOUNT, KIND, LEAVES, LEVEL, ORDER_SESSION, ORDER_SIZE, PRICE, QUANTITY, SESSION_NEXT, TERMS } = orderLayout
const { QUOTE, REDUCE_ONLY, SIDE_MASK, WAITING_AT_CLOSE, WAITING_STOP } = kindLayout
const { TERMS_SIZE, TIMER } = termsLayout
const { any: ANY_SIDE, buy: BUY, sell: SELL } = enumerations.side
const { reduceOnly: REDUCE_ONLY_REASON } = enumerations.cancelReason

export class OpenOrders {
  private readonly state: ExchangeState
  private readonly events: EventWriter
  /** The instrument whose book is being changed: the books' reports of changed levels are about this one. */
  instrument!: Instrument
  /** Slot of the order that is trading, if it has one: it is in no book, and its leaves are not counted as open. */
  trading = 0
  /** Whether the order that is trading was cancelled by what its own fills caused. */
  tradingEnded = false

  constructor(state: ExchangeState, events: EventWriter) {
    this.state = state
    this.events = events
  }

  /** Takes a slot for a new order that is in no book yet. `kind`: see `kindLayout`. */
  create(
    session: number,
    ref: number,
    orderId: number,
    account: number,
    kind: number,
    priceTicks: number,
    quantityLots: number,
    leavesLots: number,
  ): number {
    const { state } = this
    const { orders } = state.memory
    const order = orders.allocate(ref, orderId)
    const base = order * ORDER_SIZE
    const { int32 } = orders
    int32[base + PRICE] = priceTicks
    int32[base + QUANTITY] = quantityLots
    int32[base + LEAVES] = leavesLots
    int32[base + ORDER_SESSION] = session
    int32[base + ACCOUNT] = account
    int32[base + KIND] = kind
    if ((kind & QUOTE) === 0) state.index.insert(session, ref, order)
    state.sessions.linkOrder(order)
    state.participants.addOpenOrders(state.sessions.participant(session), 1)
    return order
  }

  /** Puts an order, whose price and leaves are set, into its instrument's book. */
  rest(order: number): void {
    const instrument = this.instrumentOf(order)
    this.enter(order)
    this.instrument = instrument
    instrument.book.add(order, this.state.memory.orders.side(order))
  }

  /** Lets an order wait for its stop price, which is in its PRICE. */
  waitForStop(order: number): void {
    const { orders } = this.state.memory
    orders.int32[order * ORDER_SIZE + KIND] |= WAITING_STOP
    this.countLots(order, orders.int32[order * ORDER_SIZE + LEAVES])
    this.instrumentOf(order)
      .waitingStops()
      .add(order, stopLadder(orders.side(order)))
  }

  /** Lets an order wait for the closing auction. */
  waitForClose(order: number): void {
    const { orders } = this.state.memory
    orders.int32[order * ORDER_SIZE + KIND] |= WAITING_AT_CLOSE
    this.enter(order)
    this.instrumentOf(order).waitingAtClose().add(order, orders.side(order))
  }

  /** Takes an order out of where it is; it is in no book and its leaves are not counted as open any more. */
  takeOut(order: number): void {
    const { orders } = this.state.memory
    const base = order * ORDER_SIZE
    const kind = orders.int32[base + KIND]
    const side = orders.side(order)
    const instrument = this.instrumentOf(order)
    this.countLots(order, -orders.int32[base + LEAVES])
    if ((kind & REDUCE_ONLY) !== 0) this.state.reduceOnlyOrders.remove(order)
    // A quote that has not entered yet is in no book.
    if (orders.int32[base + LEVEL] === 0) return
    if ((kind & (WAITING_STOP | WAITING_AT_CLOSE)) === 0) {
      // Another book may be in the middle of a match.
      const before = this.instrument
      this.instrument = instrument
      instrument.book.remove(order, side)
      this.instrument = before
    } else if ((kind & WAITING_STOP) !== 0) {
      instrument.waitingStops().remove(order, stopLadder(side))
      orders.int32[base + KIND] = kind & ~WAITING_STOP
    } else {
      instrument.waitingAtClose().remove(order, side)
      orders.int32[base + KIND] = kind & ~WAITING_AT_CLOSE
    }
  }

  /**
   * Ends an order and tells its owner why.
   *
   * @param ref of the command that asked for it, 0 if none did
   * @param reason number of `enumerations.cancelReason`
   */
  cancel(order: number, ref: number, reason: number): void {
    this.events.cancelled(order, ref, reason)
    this.end(order)
  }

  expire(order: number): void {
    this.events.expired(order)
    this.end(order)
  }

  /** Ends an order without a word to its owner. */
  end(order: number): void {
    if (order === this.trading) {
      this.tradingEnded = true
      this.instrumentOf(order).book.stopMatching()
      return
    }
    this.takeOut(order)
    this.forget(order)
  }

  /** Drops an order that is in no book from everything else that knows it. */
  forget(order: number): void {
    const { state } = this
    const { orders } = state.memory
    const base = order * ORDER_SIZE
    const kind = orders.int32[base + KIND]
    const session = orders.int32[base + ORDER_SESSION]
    if ((kind & QUOTE) === 0) state.index.remove(session, orders.ref(order), order)
    else state.quotes.orderGone(order)
    if ((kind & REDUCE_ONLY) !== 0) state.reduceOnlyOrders.remove(order)
    if (orders.int32[base + TERMS] !== 0) this.forgetTimer(order)
    state.sessions.unlinkOrder(order)
    state.participants.addOpenOrders(state.sessions.participant(session), -1)
    orders.release(order)
  }

  /** Open quantity of an order came (positive) or went (negative). */
  countLots(order: number, lots: number): void {
    const { int32 } = this.state.memory.orders
    const base = order * ORDER_SIZE
    const kind = int32[base + KIND]
    const account = int32[base + ACCOUNT]
    this.state.accounts.addOpenLots(account, kind & SIDE_MASK, lots)
    // A waiting stop has nothing to reduce yet.
    if ((kind & (REDUCE_ONLY | WAITING_STOP)) === REDUCE_ONLY) {
      this.state.accounts.addReduceOnlyLots(account, kind & SIDE_MASK, lots)
    }
  }

  /** Cancels the newest reduce-only orders of an account until the rest fits its position. */
  trimReduceOnly(account: number): void {
    const { accounts, reduceOnlyOrders } = this.state
    for (let side = BUY; side <= SELL; side++) {
      while (accounts.excessReduceOnlyLots(account, side) > 0) {
        const newest = reduceOnlyOrders.newest(account, side)
        if (newest === 0) throw new Error(`account ${account} counts reduce-only orders that are not there`)
        this.cancel(newest, 0, REDUCE_ONLY_REASON)
      }
    }
  }

  /** Open orders of an instrument that `isMeant` picks, waiting ones included, lowest order id first. */
  ordersOf(instrument: Instrument, isMeant: (order: number) => boolean): number[] {
    const { orders } = this.state.memory
    const found: number[] = []
    for (const book of instrument.books()) {
      book.forEachOrder((order) => {
        if (isMeant(order)) found.push(order)
      })
    }
    return found.sort((one, other) => orders.orderId(one) - orders.orderId(other))
  }

  /**
   * Orders that wait for the closing auction, in the order in which they enter its book: that of their own, in which
   * one that was replaced and lost its place stands behind.
   */
  waitingAtClose(instrument: Instrument): number[] {
    const found: number[] = []
    if (instrument.hasWaitingAtClose) instrument.waitingAtClose().forEachOrder((order) => found.push(order))
    return found
  }

  /** Open orders of a session, oldest first, of one instrument (0: all) and one side (0: both). */
  ordersOfSession(session: number, instrument: number, side: number): number[] {
    const { orders } = this.state.memory
    const found: number[] = []
    for (let order = this.state.sessions.oldestOrder(session); order !== 0; ) {
      const isMeant =
        (instrument === 0 || orders.instrument(order) === instrument) &&
        (side === ANY_SIDE || orders.side(order) === side)
      if (isMeant) found.push(order)
      order = orders.int32[order * ORDER_SIZE + SESSION_NEXT]
    }
    return found
  }

  /** Open orders of a participant, lowest order id first. */
  ordersOfParticipant(participant: number): number[] {
    const { sessions, memory } = this.state
    const found: number[] = []
    for (let session = 1; session <= sessions.count; session++) {
      if (sessions.participant(session) !== participant) continue
      // One by one: there may be more of them than a call takes arguments.
      for (const order of this.ordersOfSession(session, 0, ANY_SIDE)) found.push(order)
    }
    return found.sort((one, other) => memory.orders.orderId(one) - memory.orders.orderId(other))
  }

  instrumentOf(order: number): Instrument {
    // An open order is always of an instrument that exists.
    return this.state.instruments[this.state.memory.orders.instrument(order)]!
  }

  /** An order that waits for no stop price has come to where it is open: what is left of it counts from now on. */
  private enter(order: number): void {
    const { int32 } = this.state.memory.orders
    this.countLots(order, int32[order * ORDER_SIZE + LEAVES])
    if ((int32[order * ORDER_SIZE + KIND] & REDUCE_ONLY) !== 0) this.state.reduceOnlyOrders.add(order)
  }

  private forgetTimer(order: number): void {
    const { memory, timers } = this.state
    const { orders } = memory
    const timer = orders.terms.int32[orders.int32[order * ORDER_SIZE + TERMS] * TERMS_SIZE + TIMER]
    if (timer !== 0) timers.remove(timer)
  }
}

/**
 * Stops lie in a book of their own, by stop price: buy stops lowest first, as sells are; sell stops highest first, as
 * buys are.
 */
export function stopLadder(side: number): number {
  return BUY + SELL - side
}

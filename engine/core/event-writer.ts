/**
 * Writes what a command causes into the event buffer and numbers the private events. One method per event; every column
 * of a record is written, because the buffer is reused.
 */

import { enumerations } from '../../protocol/messages.ts'
import type { BookMemory } from './book/book-memory.ts'
import { type LevelPool, levelLayout } from './book/level-pool.ts'
import { type OrderPool, orderLayout } from './book/order-pool.ts'
import type { Command } from './command.ts'
import { doubleZero } from './double-zero.ts'
import { type EventBuffer, eventLayout, eventType } from './events.ts'
import type { Sessions } from './sessions.ts'

const { LEVEL_PRICE, LEVEL_SIZE, ORDER_COUNT } = levelLayout
const { LEAVES, ORDER_SESSION, ORDER_SIZE, PRICE, QUANTITY } = orderLayout
const {
  DETAIL_1,
  DETAIL_2,
  DETAIL_3,
  DISPLAY_LOTS,
  EVENT_NUMBER,
  EXPIRE_TIME_US,
  INSTRUMENT,
  LEAVES_LOTS,
  ORDER_ID,
  ORDER_REF,
  PRICE_TICKS,
  QUANTITY_LOTS,
  REF,
  SEQUENCE,
  SESSION,
  SIDE,
  TIME_US,
  TYPE,
  PRIVATE_WIDTH,
  PUBLIC_WIDTH,
} = eventLayout
const {
  accepted,
  cancelled,
  carriedOut,
  duplicateRef,
  expired,
  filled,
  levelChanged,
  massCancelled,
  massQuoted,
  phaseChanged,
  protectionTriggered,
  quoteAccepted,
  quoteRejected,
  reduced,
  rejected,
  replaced,
  traded,
  triggered,
} = eventType
const { taker } = enumerations.liquidity

export class EventWriter {
  private readonly orders: OrderPool
  private readonly levels: LevelPool
  private readonly sessions: Sessions
  private out!: EventBuffer
  private sequence = doubleZero
  private timeUs = doubleZero

  constructor(memory: BookMemory, sessions: Sessions) {
    this.orders = memory.orders
    this.levels = memory.levels
    this.sessions = sessions
  }

  /** Begins the events of a command. */
  begin(out: EventBuffer, sequence: number, timeUs: number): void {
    this.out = out
    this.sequence = sequence
    this.timeUs = timeUs
  }

  /** @param quantityLots as accepted: of a reduce-only order it may be less than the command's */
  accepted(command: Command, orderId: number, priceTicks: number, quantityLots: number): void {
    const base = this.privateEvent(accepted, command.session)
    const { data } = this.out
    data[base + REF] = command.ref
    data[base + EXPIRE_TIME_US] = command.expireTimeUs
    data[base + ORDER_ID] = orderId
    data[base + INSTRUMENT] = command.instrument
    data[base + SIDE] = command.side
    data[base + PRICE_TICKS] = priceTicks
    data[base + QUANTITY_LOTS] = quantityLots
    data[base + DISPLAY_LOTS] = command.displayQuantityLots < quantityLots ? command.displayQuantityLots : 0
    data[base + DETAIL_1] = command.orderType
    data[base + DETAIL_2] = command.timeInForce
    data[base + DETAIL_3] = command.stopPriceTicks
  }

  rejected(session: number, ref: number, code: number, field: number, bound: number): void {
    const base = this.privateEvent(rejected, session)
    this.clearOrder(base)
    const { data } = this.out
    data[base + REF] = ref
    data[base + ORDER_REF] = 0
    data[base + DETAIL_1] = code
    data[base + DETAIL_2] = field
    data[base + DETAIL_3] = bound
  }

  /** Not an event of the session's history: it has no number, and state does not change. */
  duplicateRef(session: number, ref: number, lastRef: number): void {
    const base = this.out.claim(PRIVATE_WIDTH)
    const { data } = this.out
    data[base + TYPE] = duplicateRef
    data[base + SESSION] = session
    data[base + EVENT_NUMBER] = 0
    data[base + SEQUENCE] = this.sequence
    data[base + TIME_US] = this.timeUs
    this.clearOrder(base)
    data[base + REF] = ref
    data[base + ORDER_REF] = 0
    data[base + DETAIL_1] = 0
    data[base + DETAIL_2] = 0
    data[base + DETAIL_3] = lastRef
  }

  /** A fill of an order in a slot: one that rested, or one of an auction. */
  orderFilled(
    order: number,
    side: number,
    priceTicks: number,
    lots: number,
    tradeId: number,
    fee: number,
    liquidity: number,
  ): void {
    const columns = this.orders.int32
    const session = columns[order * ORDER_SIZE + ORDER_SESSION]
    const base = this.privateEvent(filled, session)
    const { data } = this.out
    data[base + REF] = 0
    data[base + ORDER_REF] = this.orders.ref(order)
    data[base + ORDER_ID] = this.orders.orderId(order)
    data[base + INSTRUMENT] = this.orders.instrument(order)
    data[base + SIDE] = side
    data[base + PRICE_TICKS] = priceTicks
    data[base + QUANTITY_LOTS] = lots
    data[base + LEAVES_LOTS] = columns[order * ORDER_SIZE + LEAVES]
    data[base + DETAIL_1] = liquidity
    data[base + DETAIL_2] = tradeId
    data[base + DETAIL_3] = fee
  }

  /** A fill of the order that came in. */
  takerFilled(
    session: number,
    orderRef: number,
    orderId: number,
    instrument: number,
    side: number,
    priceTicks: number,
    lots: number,
    leavesLots: number,
    tradeId: number,
    fee: number,
  ): void {
    const base = this.privateEvent(filled, session)
    const { data } = this.out
    data[base + REF] = 0
    data[base + ORDER_REF] = orderRef
    data[base + ORDER_ID] = orderId
    data[base + INSTRUMENT] = instrument
    data[base + SIDE] = side
    data[base + PRICE_TICKS] = priceTicks
    data[base + QUANTITY_LOTS] = lots
    data[base + LEAVES_LOTS] = leavesLots
    data[base + DETAIL_1] = taker
    data[base + DETAIL_2] = tradeId
    data[base + DETAIL_3] = fee
  }

  /** An order in a slot ends with all that is left of it. */
  cancelled(order: number, ref: number, reason: number): void {
    const base = this.aboutOrder(cancelled, order, ref)
    const { data } = this.out
    data[base + QUANTITY_LOTS] = this.orders.int32[order * ORDER_SIZE + LEAVES]
    data[base + LEAVES_LOTS] = 0
    data[base + DETAIL_1] = reason
  }

  expired(order: number): void {
    const base = this.aboutOrder(expired, order, 0)
    const { data } = this.out
    data[base + QUANTITY_LOTS] = this.orders.int32[order * ORDER_SIZE + LEAVES]
    data[base + LEAVES_LOTS] = 0
    data[base + DETAIL_1] = 0
  }

  triggered(order: number): void {
    const base = this.aboutOrder(triggered, order, 0)
    const columns = this.orders.int32
    const { data } = this.out
    data[base + QUANTITY_LOTS] = columns[order * ORDER_SIZE + QUANTITY]
    data[base + LEAVES_LOTS] = columns[order * ORDER_SIZE + LEAVES]
    data[base + DETAIL_1] = 0
  }

  /** An order in a slot, whose leaves are lowered already, lost lots without a trade: all that it had, or a part. */
  orderLost(order: number, lots: number, reason: number): void {
    const leavesLots = this.orders.int32[order * ORDER_SIZE + LEAVES]
    const base = this.aboutOrder(leavesLots === 0 ? cancelled : reduced, order, 0)
    const { data } = this.out
    data[base + QUANTITY_LOTS] = lots
    data[base + LEAVES_LOTS] = leavesLots
    data[base + DETAIL_1] = reason
  }

  /** The same for the order that came in, which has so much left. */
  takerLost(
    session: number,
    orderRef: number,
    orderId: number,
    instrument: number,
    side: number,
    priceTicks: number,
    lots: number,
    leavesLots: number,
    reason: number,
  ): void {
    const base = this.privateEvent(leavesLots === 0 ? cancelled : reduced, session)
    const { data } = this.out
    data[base + REF] = 0
    data[base + ORDER_REF] = orderRef
    data[base + ORDER_ID] = orderId
    data[base + INSTRUMENT] = instrument
    data[base + SIDE] = side
    data[base + PRICE_TICKS] = priceTicks
    data[base + QUANTITY_LOTS] = lots
    data[base + LEAVES_LOTS] = leavesLots
    data[base + DETAIL_1] = reason
    data[base + DETAIL_2] = 0
    data[base + DETAIL_3] = 0
  }

  /** Written before the order is changed: the values are those that it will have. */
  replaced(
    order: number,
    ref: number,
    side: number,
    priceTicks: number,
    quantityLots: number,
    leavesLots: number,
    priorityKept: boolean,
    stopPriceTicks: number,
  ): void {
    const base = this.aboutOrder(replaced, order, ref)
    const { data } = this.out
    data[base + SIDE] = side
    data[base + PRICE_TICKS] = priceTicks
    data[base + QUANTITY_LOTS] = quantityLots
    data[base + LEAVES_LOTS] = leavesLots
    data[base + DETAIL_1] = priorityKept ? 1 : 0
    data[base + DETAIL_2] = stopPriceTicks
  }

  massCancelled(session: number, ref: number, orderCount: number): void {
    const base = this.privateEvent(massCancelled, session)
    this.clearOrder(base)
    const { data } = this.out
    data[base + REF] = ref
    data[base + ORDER_REF] = 0
    data[base + DETAIL_1] = orderCount
    data[base + DETAIL_2] = 0
    data[base + DETAIL_3] = 0
  }

  /** The two sides of a quote by their orders, 0 for a side without one, and the quantities that they will have. */
  quoteAccepted(
    session: number,
    ref: number,
    instrument: number,
    bid: number,
    bidLots: number,
    ask: number,
    askLots: number,
  ): void {
    const { orders } = this
    const base = this.privateEvent(quoteAccepted, session)
    this.clearOrder(base)
    const { data } = this.out
    data[base + REF] = ref
    data[base + ORDER_REF] = 0
    data[base + ORDER_ID] = bid === 0 ? 0 : orders.orderId(bid)
    data[base + INSTRUMENT] = instrument
    data[base + PRICE_TICKS] = bid === 0 ? 0 : orders.int32[bid * ORDER_SIZE + PRICE]
    data[base + QUANTITY_LOTS] = bidLots
    data[base + DETAIL_1] = ask === 0 ? 0 : orders.orderId(ask)
    data[base + DETAIL_2] = ask === 0 ? 0 : orders.int32[ask * ORDER_SIZE + PRICE]
    data[base + DETAIL_3] = askLots
  }

  quoteRejected(session: number, ref: number, instrument: number, code: number, field: number, bound: number): void {
    const base = this.privateEvent(quoteRejected, session)
    this.clearOrder(base)
    const { data } = this.out
    data[base + REF] = ref
    data[base + ORDER_REF] = 0
    data[base + INSTRUMENT] = instrument
    data[base + DETAIL_1] = code
    data[base + DETAIL_2] = field
    data[base + DETAIL_3] = bound
  }

  massQuoted(session: number, ref: number, acceptedCount: number, rejectedCount: number): void {
    const base = this.privateEvent(massQuoted, session)
    this.clearOrder(base)
    const { data } = this.out
    data[base + REF] = ref
    data[base + ORDER_REF] = 0
    data[base + DETAIL_1] = acceptedCount
    data[base + DETAIL_2] = rejectedCount
    data[base + DETAIL_3] = 0
  }

  protectionTriggered(session: number, group: number, thawTimeUs: number): void {
    const base = this.privateEvent(protectionTriggered, session)
    this.clearOrder(base)
    const { data } = this.out
    data[base + REF] = 0
    data[base + ORDER_REF] = 0
    data[base + DETAIL_1] = group
    data[base + DETAIL_2] = thawTimeUs
    data[base + DETAIL_3] = 0
  }

  /** For commands that have no event of their own. */
  carriedOut(session: number, ref: number): void {
    const base = this.privateEvent(carriedOut, session)
    this.clearOrder(base)
    const { data } = this.out
    data[base + REF] = ref
    data[base + ORDER_REF] = 0
    data[base + DETAIL_1] = 0
    data[base + DETAIL_2] = 0
    data[base + DETAIL_3] = 0
  }

  levelChanged(instrument: number, side: number, level: number): void {
    const base = this.publicEvent(levelChanged, instrument, side)
    const { data } = this.out
    const columns = this.levels.int32
    data[base + PRICE_TICKS] = columns[level * LEVEL_SIZE + LEVEL_PRICE]
    data[base + QUANTITY_LOTS] = this.levels.totalLots(level)
    data[base + DETAIL_1] = columns[level * LEVEL_SIZE + ORDER_COUNT]
  }

  traded(instrument: number, aggressorSide: number, priceTicks: number, lots: number, tradeId: number): void {
    const base = this.publicEvent(traded, instrument, aggressorSide)
    const { data } = this.out
    data[base + PRICE_TICKS] = priceTicks
    data[base + QUANTITY_LOTS] = lots
    data[base + DETAIL_1] = tradeId
  }

  phaseChanged(instrument: number, phase: number): void {
    const base = this.publicEvent(phaseChanged, instrument, 0)
    const { data } = this.out
    data[base + PRICE_TICKS] = 0
    data[base + QUANTITY_LOTS] = 0
    data[base + DETAIL_1] = phase
  }

  /** Begins a private event about an order in a slot; QUANTITY_LOTS, LEAVES_LOTS and DETAIL_1 remain to be written. */
  private aboutOrder(type: number, order: number, ref: number): number {
    const { orders } = this
    const columns = orders.int32
    const slot = order * ORDER_SIZE
    const base = this.privateEvent(type, columns[slot + ORDER_SESSION])
    const { data } = this.out
    data[base + REF] = ref
    data[base + ORDER_REF] = orders.ref(order)
    data[base + ORDER_ID] = orders.orderId(order)
    data[base + INSTRUMENT] = orders.instrument(order)
    data[base + SIDE] = orders.side(order)
    data[base + PRICE_TICKS] = orders.limitPriceTicks(order)
    data[base + DETAIL_2] = 0
    data[base + DETAIL_3] = 0
    return base
  }

  private privateEvent(type: number, session: number): number {
    const base = this.out.claim(PRIVATE_WIDTH)
    const { data } = this.out
    data[base + TYPE] = type
    data[base + SEQUENCE] = this.sequence
    data[base + TIME_US] = this.timeUs
    data[base + SESSION] = session
    data[base + EVENT_NUMBER] = this.sessions.takeEventNumber(session)
    return base
  }

  private publicEvent(type: number, instrument: number, side: number): number {
    const base = this.out.claim(PUBLIC_WIDTH)
    const { data } = this.out
    data[base + TYPE] = type
    data[base + SEQUENCE] = this.sequence
    data[base + TIME_US] = this.timeUs
    data[base + INSTRUMENT] = instrument
    data[base + SIDE] = side
    return base
  }

  private clearOrder(base: number): void {
    const { data } = this.out
    data[base + ORDER_ID] = 0
    data[base + INSTRUMENT] = 0
    data[base + SIDE] = 0
    data[base + PRICE_TICKS] = 0
    data[base + QUANTITY_LOTS] = 0
    data[base + LEAVES_LOTS] = 0
  }
}

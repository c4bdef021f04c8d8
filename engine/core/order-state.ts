/** An open order as others may see it. */
import { kindLayout, type OrderPool, orderLayout } from './book/order-pool.ts'
import { termsLayout } from './book/order-terms.ts'

const { KIND, LEAVES, ORDER_SESSION, ORDER_SIZE, QUANTITY, TERMS } = orderLayout
const { QUOTE, REDUCE_ONLY, WAITING_STOP } = kindLayout
const { DISPLAY, STOP_PRICE, TERMS_SIZE } = termsLayout

/** Side, type, time in force and mode are the numbers of the protocol's enumerations. */
export interface OrderState {
  readonly orderId: number
  readonly session: number
  /** Of the command that entered it; of a quote the mass quote that last did. */
  readonly ref: number
  readonly instrument: number
  readonly side: number
  readonly orderType: number
  readonly timeInForce: number
  /** Limit price; of a waiting stop order 0. */
  readonly priceTicks: number
  /** Total, the filled part included. */
  readonly quantityLots: number
  readonly leavesLots: number
  /** What of it the book shows, or would. */
  readonly shownLots: number
  /** Most that it shows at a time, 0 if it is no iceberg. */
  readonly displayQuantityLots: number
  /** 0 unless it is a waiting stop. */
  readonly stopPriceTicks: number
  /** 0 unless it is good till a date. */
  readonly expireTimeUs: number
  readonly selfTradePrevention: number
  readonly reduceOnly: boolean
  readonly isQuote: boolean
}

export function orderStateOf(orders: OrderPool, order: number): OrderState {
  const { int32 } = orders
  const base = order * ORDER_SIZE
  const slot = int32[base + TERMS]
  // Terms 0 are all 0.
  const terms = slot * TERMS_SIZE
  const kind = int32[base + KIND]
  const isWaitingStop = (kind & WAITING_STOP) !== 0
  return {
    orderId: orders.orderId(order),
    session: int32[base + ORDER_SESSION],
    ref: orders.ref(order),
    instrument: orders.instrument(order),
    side: orders.side(order),
    orderType: orders.orderType(order),
    timeInForce: orders.timeInForce(order),
    priceTicks: orders.limitPriceTicks(order),
    quantityLots: int32[base + QUANTITY],
    leavesLots: int32[base + LEAVES],
    shownLots: orders.shownLots(order),
    displayQuantityLots: orders.terms.int32[terms + DISPLAY],
    stopPriceTicks: isWaitingStop ? orders.terms.int32[terms + STOP_PRICE] : 0,
    expireTimeUs: orders.terms.expireTimeUs(slot),
    selfTradePrevention: orders.selfTradeMode(order),
    reduceOnly: (kind & REDUCE_ONLY) !== 0,
    isQuote: (kind & QUOTE) !== 0,
  }
}

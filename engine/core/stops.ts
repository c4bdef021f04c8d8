/** Stops: which one the last price has reached, and what it turns into. */
import { enumerations } from '../../protocol/messages.ts'
import { kindLayout, orderLayout } from './book/order-pool.ts'
import { termsLayout } from './book/order-terms.ts'
import type { EventWriter } from './event-writer.ts'
import type { Instrument } from './instrument.ts'
import { type OpenOrders, stopLadder } from './open-orders.ts'
import type { ExchangeState } from './state.ts'

const { ACCOUNT, KIND, LEAVES, ORDER_SIZE, PRICE, QUANTITY, TERMS } = orderLayout
const { ORDER_TYPE_SHIFT, PART_MASK, REDUCE_ONLY, SIDE_MASK } = kindLayout
const { LIMIT_PRICE, STOP_PRICE, TERMS_SIZE } = termsLayout
const { buy: BUY, sell: SELL } = enumerations.side
const { immediateOrCancel: IOC } = enumerations.timeInForce
const { limit: LIMIT, market: MARKET, stop: STOP } = enumerations.orderType
const { priceBand: PRICE_BAND, reduceOnly: REDUCE_ONLY_REASON } = enumerations.cancelReason

export class Stops {
  private readonly state: ExchangeState
  private readonly events: EventWriter
  private readonly openOrders: OpenOrders

  constructor(state: ExchangeState, events: EventWriter, openOrders: OpenOrders) {
    this.state = state
    this.events = events
    this.openOrders = openOrders
  }

  /** The next stop that the last price has reached, 0 if there is none. */
  next(instrument: Instrument): number {
    const { lastPriceTicks } = instrument
    if (lastPriceTicks === 0 || !instrument.hasStops) return 0
    const stops = instrument.waitingStops()
    for (let side = BUY; side <= SELL; side++) {
      const ladder = stopLadder(side)
      const stopPriceTicks = stops.bestPriceTicks(ladder)
      if (stopPriceTicks === 0) continue
      if (side === BUY ? lastPriceTicks >= stopPriceTicks : lastPriceTicks <= stopPriceTicks) return stops.first(ladder)
    }
    return 0
  }

  /** Turns a waiting stop into what it waited to be, in no book. Returns whether that comes in; if not, it is gone. */
  trigger(order: number, instrument: Instrument): boolean {
    const { openOrders, events, state } = this
    const { orders } = state.memory
    openOrders.takeOut(order)
    const base = order * ORDER_SIZE
    const terms = orders.int32[base + TERMS] * TERMS_SIZE
    const kind = orders.int32[base + KIND]
    const side = kind & SIDE_MASK
    const isMarket = ((kind >> ORDER_TYPE_SHIFT) & PART_MASK) === STOP
    orders.int32[base + PRICE] = isMarket ? instrument.worstPriceTicks(side) : orders.terms.int32[terms + LIMIT_PRICE]
    orders.terms.int32[terms + STOP_PRICE] = 0
    orders.setOrderType(order, isMarket ? MARKET : LIMIT)
    if (isMarket) orders.setTimeInForce(order, IOC)
    events.triggered(order)
    if (!isMarket && !instrument.allows(orders.int32[base + PRICE])) {
      events.cancelled(order, 0, PRICE_BAND)
      openOrders.forget(order)
      return false
    }
    return (kind & REDUCE_ONLY) === 0 || this.fitsPosition(order, side)
  }

  /** Lowers a reduce-only order in no book to what there is to reduce. Returns whether anything is left of it. */
  private fitsPosition(order: number, side: number): boolean {
    const { int32 } = this.state.memory.orders
    const base = order * ORDER_SIZE
    const reducibleLots = this.state.accounts.reducibleLots(int32[base + ACCOUNT], side)
    const tooManyLots = int32[base + LEAVES] - reducibleLots
    if (tooManyLots <= 0) return true
    if (reducibleLots === 0) {
      this.events.cancelled(order, 0, REDUCE_ONLY_REASON)
      this.openOrders.forget(order)
      return false
    }
    int32[base + LEAVES] = reducibleLots
    int32[base + QUANTITY] -= tooManyLots
    this.events.orderLost(order, tooManyLots, REDUCE_ONLY_REASON)
    return true
  }
}

/**
 * The book on its own, for whoever needs matching without a venue around it: no sessions, checks, risk or ledger.
 * Orders go by ids that the caller gives them.
 *
 * The caller sees to it that an id is not that of an open order, that prices and quantities are whole numbers within
 * `limits`, and that type and time in force go together as in the rules of the market; a market order comes with the
 * worst price that it may trade at. Types and times in force that need more than one book (stops, expiry, orders for an
 * auction) are not for it: such orders rest like any other.
 */
import { enumerations } from '../../../protocol/messages.ts'
import { doubleZero } from '../double-zero.ts'
import { OrderIndex } from '../order-index.ts'
import { Book, type BookListener } from './book.ts'
import { BookMemory } from './book-memory.ts'
import { levelLayout } from './level-pool.ts'
import { kindLayout, orderLayout } from './order-pool.ts'
import { termsLayout } from './order-terms.ts'

const { LEVEL_PRICE, LEVEL_SIZE, ORDER_COUNT } = levelLayout
const { ACCOUNT, KIND, LEAVES, ORDER_SESSION, ORDER_SIZE, PRICE, QUANTITY, TERMS } = orderLayout
const { ORDER_TYPE_SHIFT, SELF_TRADE_MODE_SHIFT, SIDE_MASK, TIME_IN_FORCE_SHIFT } = kindLayout
const { DISPLAY, TERMS_SIZE } = termsLayout
const { postOnly: POST_ONLY } = enumerations.orderType
const { immediateOrCancel: IOC, fillOrKill: FOK } = enumerations.timeInForce
const { cancelNewest: CANCEL_NEWEST } = enumerations.selfTradePrevention
const {
  requested: REQUESTED,
  immediateOrCancel: IOC_REASON,
  fillOrKill: FOK_REASON,
  selfTrade: SELF_TRADE,
  replacedBelowFilled: REPLACED_BELOW_FILLED,
} = enumerations.cancelReason
/** All orders are of one session of the index. */
const SESSION = 0

export interface OrderBookListener {
  onFill(makerOrderId: number, takerOrderId: number, priceTicks: number, lots: number): void
  onAuctionFill(buyOrderId: number, sellOrderId: number, priceTicks: number, lots: number): void
  /** An order is gone, with this much of it unfilled. The reason: `enumerations.cancelReason`. */
  onCancelled(orderId: number, lots: number, reason: number): void
  /** Self-trade prevention took a part of an order. */
  onReduced(orderId: number, lots: number, leavesLots: number): void
  /** What a level shows and how many orders it has now; both 0: it is gone. */
  onLevelChanged(side: number, priceTicks: number, lots: number, orderCount: number): void
}

export class OrderBook {
  private readonly memory: BookMemory
  private readonly index: OrderIndex
  private readonly reports: Reports
  private readonly book: Book
  private readonly listener: OrderBookListener
  /** While it is false, orders only gather, and the book may be crossed. */
  private isMatching = true

  /** @param orderCapacity open orders that memory is set aside for; more is taken as needed */
  constructor(listener: OrderBookListener, orderCapacity = 65_536) {
    this.memory = new BookMemory(orderCapacity)
    this.index = new OrderIndex(this.memory.orders, orderCapacity)
    this.listener = listener
    this.reports = new Reports(this.memory, this.index, listener)
    this.book = new Book(this.memory, this.reports)
  }

  /**
   * A new order: trades what it can, then rests or is cancelled, as its time in force says.
   * @param owner orders of one owner never trade with each other; 0: nobody's
   * @param displayQuantityLots what an iceberg shows at most; 0: all
   * @returns false for a post-only order that would trade: it is not taken
   */
  submit(
    orderId: number,
    owner: number,
    side: number,
    orderType: number,
    timeInForce: number,
    quantityLots: number,
    priceTicks: number,
    displayQuantityLots = 0,
    selfTradeMode: number = CANCEL_NEWEST,
  ): boolean {
    const { book, listener, memory, reports } = this
    let quantity = quantityLots
    let leaves = quantityLots
    if (timeInForce === FOK && !this.canFill(side, priceTicks, leaves, owner, selfTradeMode)) {
      listener.onCancelled(orderId, leaves, FOK_REASON)
      return true
    }
    if (this.isMatching && book.crosses(side, priceTicks)) {
      if (orderType === POST_ONLY) return false
      leaves = this.match(orderId, side, priceTicks, leaves, owner, selfTradeMode)
      if (leaves === 0) return true
      if (book.stoppedAtOwnOrder) {
        listener.onCancelled(orderId, leaves, SELF_TRADE)
        return true
      }
      quantity -= reports.takerLostLots
    }
    if (timeInForce === IOC) {
      listener.onCancelled(orderId, leaves, IOC_REASON)
      return true
    }
    const { orders, terms } = memory
    const order = orders.allocate(orderId, orderId)
    const base = order * ORDER_SIZE
    const { int32 } = orders
    int32[base + PRICE] = priceTicks
    int32[base + QUANTITY] = quantity
    int32[base + LEAVES] = leaves
    int32[base + ORDER_SESSION] = SESSION
    int32[base + ACCOUNT] = owner
    int32[base + KIND] =
      side |
      (orderType << ORDER_TYPE_SHIFT) |
      (timeInForce << TIME_IN_FORCE_SHIFT) |
      (selfTradeMode << SELF_TRADE_MODE_SHIFT)
    if (displayQuantityLots > 0 && displayQuantityLots < quantityLots) {
      int32[base + TERMS] = terms.allocate()
      terms.int32[int32[base + TERMS] * TERMS_SIZE + DISPLAY] = displayQuantityLots
    }
    this.index.insert(SESSION, orderId, order)
    book.add(order, side)
    return true
  }

  /** @returns false if no such order is open */
  cancel(orderId: number): boolean {
    const order = this.index.find(SESSION, orderId)
    if (order === 0) return false
    this.end(order, orderId, REQUESTED)
    return true
  }

  /**
   * Changes an order's price and total quantity, the filled part included. The same price with no more quantity keeps
   * its place; anything else takes it out and lets it come in again as if new. A total at or below the filled part
   * cancels it.
   * @returns false if no such order is open, or if it is post-only and would trade: nothing changes then
   */
  replace(orderId: number, priceTicks: number, quantityLots: number): boolean {
    const order = this.index.find(SESSION, orderId)
    if (order === 0) return false
    const { book } = this
    const { orders } = this.memory
    const base = order * ORDER_SIZE
    const side = orders.side(order)
    const oldLeaves = orders.int32[base + LEAVES]
    const leaves = quantityLots - (orders.int32[base + QUANTITY] - oldLeaves)
    if (leaves <= 0) {
      this.end(order, orderId, REPLACED_BELOW_FILLED)
    } else if (priceTicks === orders.int32[base + PRICE] && leaves <= oldLeaves) {
      orders.int32[base + QUANTITY] = quantityLots
      if (leaves < oldLeaves) book.reduce(order, side, leaves)
    } else if (this.isMatching && orders.orderType(order) === POST_ONLY && book.crosses(side, priceTicks)) {
      return false
    } else {
      this.reenter(order, orderId, side, priceTicks, quantityLots, leaves)
    }
    return true
  }

  /** From now on orders only gather, without trading, until `uncross`. */
  gather(): void {
    this.isMatching = false
  }

  /**
   * Lets the gathered orders trade in an auction, and new ones at once again. Returns the auction price, 0 if the book
   * was not crossed.
   */
  uncross(referencePriceTicks: number): number {
    const { book, reports } = this
    this.isMatching = true
    reports.lastPriceTicks = referencePriceTicks
    let firstPriceTicks = 0
    // Self-trade prevention can leave the book crossed.
    for (;;) {
      book.keepApart()
      if (!book.findAuctionPrice(reports.lastPriceTicks)) return firstPriceTicks
      if (firstPriceTicks === 0) firstPriceTicks = book.auctionPriceTicks
      book.uncross(book.auctionPriceTicks)
    }
  }

  /** What an auction would do now; all 0 if nothing would trade. */
  indication(referencePriceTicks: number): { priceTicks: number; volumeLots: number; imbalanceLots: number } {
    const { book } = this
    book.findAuctionPrice(referencePriceTicks)
    return {
      priceTicks: book.auctionPriceTicks,
      volumeLots: book.auctionVolumeLots,
      imbalanceLots: book.auctionImbalanceLots,
    }
  }

  get openOrderCount(): number {
    return this.memory.orders.size
  }

  /** Open quantity of an order, its hidden part included; 0 if no such order is open. */
  leavesLots(orderId: number): number {
    const order = this.index.find(SESSION, orderId)
    return order === 0 ? 0 : this.memory.orders.int32[order * ORDER_SIZE + LEAVES]
  }

  /** Best price of one side, 0 if the side is empty. */
  bestPriceTicks(side: number): number {
    return this.book.bestPriceTicks(side)
  }

  /** Levels of one side, best first. */
  levels(side: number): { priceTicks: number; quantityLots: number; orderCount: number }[] {
    const { levels } = this.memory
    const list = []
    for (let level = this.book.best(side); level !== 0; level = this.book.worse(side, level)) {
      list.push({
        priceTicks: levels.int32[level * LEVEL_SIZE + LEVEL_PRICE],
        quantityLots: levels.totalLots(level),
        orderCount: levels.int32[level * LEVEL_SIZE + ORDER_COUNT],
      })
    }
    return list
  }

  /** Open orders of one side in priority order. */
  orders(side: number): { orderId: number; priceTicks: number; leavesLots: number; shownLots: number }[] {
    const { orders } = this.memory
    const list: ReturnType<OrderBook['orders']> = []
    this.book.forEachOrder((order) => {
      if (orders.side(order) !== side) return
      list.push({
        orderId: orders.orderId(order),
        priceTicks: orders.int32[order * ORDER_SIZE + PRICE],
        leavesLots: orders.int32[order * ORDER_SIZE + LEAVES],
        shownLots: orders.shownLots(order),
      })
    })
    return list
  }

  private canFill(side: number, priceTicks: number, lots: number, owner: number, selfTradeMode: number): boolean {
    return this.isMatching && this.book.canFill(side, priceTicks, lots, owner, selfTradeMode)
  }

  /** Returns the lots that are left. */
  private match(orderId: number, side: number, priceTicks: number, lots: number, owner: number, mode: number): number {
    const { reports } = this
    reports.takerOrderId = orderId
    reports.takerLeavesLots = lots
    reports.takerLostLots = 0
    return this.book.match(side, priceTicks, lots, owner, mode)
  }

  private reenter(
    order: number,
    orderId: number,
    side: number,
    priceTicks: number,
    quantityLots: number,
    newLeavesLots: number,
  ): void {
    const { book, listener, reports } = this
    const { orders } = this.memory
    const base = order * ORDER_SIZE
    const owner = orders.int32[base + ACCOUNT]
    book.remove(order, side)
    let quantity = quantityLots
    let leaves = newLeavesLots
    if (this.isMatching && book.crosses(side, priceTicks)) {
      leaves = this.match(orderId, side, priceTicks, leaves, owner, orders.selfTradeMode(order))
      if (leaves > 0 && book.stoppedAtOwnOrder) {
        listener.onCancelled(orderId, leaves, SELF_TRADE)
        leaves = 0
      }
      if (leaves === 0) {
        reports.forget(order, orderId)
        return
      }
      quantity -= reports.takerLostLots
    }
    orders.int32[base + PRICE] = priceTicks
    orders.int32[base + QUANTITY] = quantity
    orders.int32[base + LEAVES] = leaves
    book.add(order, side)
  }

  private end(order: number, orderId: number, reason: number): void {
    const { orders } = this.memory
    const base = order * ORDER_SIZE
    this.listener.onCancelled(orderId, orders.int32[base + LEAVES], reason)
    this.book.remove(order, orders.int32[base + KIND] & SIDE_MASK)
    this.reports.forget(order, orderId)
  }
}

/** Passes on what the book tells, by ids instead of slots, and forgets orders that are gone. */
class Reports implements BookListener {
  private readonly memory: BookMemory
  private readonly index: OrderIndex
  private readonly listener: OrderBookListener
  /** The order that matches, what is left of it, and what it lost to self-trade prevention without being cancelled. */
  takerOrderId = doubleZero
  takerLeavesLots = doubleZero
  takerLostLots = doubleZero
  /** What the next round of an auction is to be near to. */
  lastPriceTicks = 0

  constructor(memory: BookMemory, index: OrderIndex, listener: OrderBookListener) {
    this.memory = memory
    this.index = index
    this.listener = listener
  }

  onFill(maker: number, priceTicks: number, lots: number): void {
    const { orders } = this.memory
    const makerOrderId = orders.orderId(maker)
    this.takerLeavesLots -= lots
    if (orders.int32[maker * ORDER_SIZE + LEAVES] === 0) this.forget(maker, makerOrderId)
    this.listener.onFill(makerOrderId, this.takerOrderId, priceTicks, lots)
  }

  onSelfTrade(maker: number, lots: number, takerLots: number): void {
    this.lost(maker, lots)
    if (takerLots === 0) return
    this.takerLeavesLots -= takerLots
    this.takerLostLots += takerLots
    if (this.takerLeavesLots === 0) this.listener.onCancelled(this.takerOrderId, takerLots, SELF_TRADE)
    else this.listener.onReduced(this.takerOrderId, takerLots, this.takerLeavesLots)
  }

  onAuctionFill(buy: number, sell: number, priceTicks: number, lots: number): void {
    const { orders } = this.memory
    this.lastPriceTicks = priceTicks
    const buyOrderId = orders.orderId(buy)
    const sellOrderId = orders.orderId(sell)
    if (orders.int32[buy * ORDER_SIZE + LEAVES] === 0) this.forget(buy, buyOrderId)
    if (orders.int32[sell * ORDER_SIZE + LEAVES] === 0) this.forget(sell, sellOrderId)
    this.listener.onAuctionFill(buyOrderId, sellOrderId, priceTicks, lots)
  }

  onAuctionSelfTrade(newer: number, older: number, newerLots: number, olderLots: number): void {
    if (olderLots > 0) this.lost(older, olderLots)
    if (newerLots > 0) this.lost(newer, newerLots)
  }

  onLevelChanged(side: number, level: number): void {
    const { levels } = this.memory
    const base = level * LEVEL_SIZE
    this.listener.onLevelChanged(
      side,
      levels.int32[base + LEVEL_PRICE],
      levels.totalLots(level),
      levels.int32[base + ORDER_COUNT],
    )
  }

  /** Drops an order that has left the book. */
  forget(order: number, orderId: number): void {
    this.index.remove(SESSION, orderId, order)
    this.memory.orders.release(order)
  }

  /** A resting order lost lots to self-trade prevention. */
  private lost(order: number, lots: number): void {
    const { orders } = this.memory
    const base = order * ORDER_SIZE
    const orderId = orders.orderId(order)
    const leaves = orders.int32[base + LEAVES]
    if (leaves === 0) {
      this.forget(order, orderId)
      this.listener.onCancelled(orderId, lots, SELF_TRADE)
    } else {
      orders.int32[base + QUANTITY] -= lots
      this.listener.onReduced(orderId, lots, leaves)
    }
  }
}

/**
 * One instrument's order book: price levels by side, a queue of orders at each, and matching by price, then time. It knows
 * orders and levels and nothing else: no participants, no money, no events. What happens in it is told to a listener.
 */
import { enumerations } from '../../../protocol/messages.ts'
import { LevelPool, levelLayout } from './level-pool.ts'
import { OrderPool, orderLayout } from './order-pool.ts'
import type { OrderTerms } from './order-terms.ts'
import { PriceIndex } from './price-index.ts'

const { HEAD, LEVEL_PRICE, LEVEL_SIZE, ORDER_COUNT, TAIL } = levelLayout
const { ACCOUNT, LEAVES, LEVEL, NEXT, ORDER_SIZE, PREVIOUS, PRICE } = orderLayout
const { buy: BUY, sell: SELL } = enumerations.side

/** What all books of an exchange share. */
export class BookMemory {
  readonly orders: OrderPool
  readonly terms: OrderTerms
  readonly levels: LevelPool
  readonly prices = new PriceIndex()

  constructor(orderCapacity: number) {
    this.orders = new OrderPool(orderCapacity)
    this.terms = this.orders.terms
    this.levels = new LevelPool(Math.ceil(orderCapacity / 4))
  }
}

export interface BookListener {
  /**
   * A resting order trades; its leaves are already reduced. If nothing is left of it, it has left the book, and its slot
   * is the listener's to release.
   */
  onFill(maker: number, priceTicks: number, lots: number): void
  /** A level has the open quantity and number of orders that it has now; both 0 if it is about to go. */
  onLevelChanged(side: number, level: number): void
}

export class Book {
  private readonly memory: BookMemory
  private readonly listener: BookListener
  private readonly bidTree: number
  private readonly askTree: number
  /** Level of the highest bid and of the lowest ask, 0 if the side is empty. */
  private bestBid = 0
  private bestAsk = 0
  /** Whether the last `match` stopped because the next order in line was the aggressor's own. */
  stoppedAtOwnOrder = false

  constructor(memory: BookMemory, listener: BookListener) {
    this.memory = memory
    this.listener = listener
    this.bidTree = memory.prices.createTree()
    this.askTree = memory.prices.createTree()
  }

  /** Best level of a side, 0 if the side is empty. */
  best(side: number): number {
    return side === BUY ? this.bestBid : this.bestAsk
  }

  /** Best price of a side, 0 if the side is empty. */
  bestPriceTicks(side: number): number {
    const level = this.best(side)
    return level === 0 ? 0 : this.memory.levels.int32[level * LEVEL_SIZE + LEVEL_PRICE]
  }

  /** The next worse level of a side, 0 if there is none. */
  worse(side: number, level: number): number {
    const price = this.memory.levels.int32[level * LEVEL_SIZE + LEVEL_PRICE]
    const { prices } = this.memory
    return side === BUY ? prices.below(this.bidTree, price) : prices.above(this.askTree, price)
  }

  /** Whether an order of this side and limit price would trade at once. */
  crosses(side: number, priceTicks: number): boolean {
    if (side === BUY) {
      return this.bestAsk !== 0 && priceTicks >= this.memory.levels.int32[this.bestAsk * LEVEL_SIZE + LEVEL_PRICE]
    }
    return this.bestBid !== 0 && priceTicks <= this.memory.levels.int32[this.bestBid * LEVEL_SIZE + LEVEL_PRICE]
  }

  /**
   * Trades against the other side, best price first, oldest first, as far as the limit price allows and never with an order
   * of `account`. Returns the lots that are left.
   */
  match(side: number, limitPriceTicks: number, lots: number, account: number): number {
    const opposite = BUY + SELL - side
    this.stoppedAtOwnOrder = false
    while (lots > 0 && this.crosses(side, limitPriceTicks)) {
      const level = this.best(opposite)
      const left = this.matchLevel(level, lots, account)
      if (left !== lots) this.levelReduced(opposite, level)
      lots = left
      if (this.stoppedAtOwnOrder) break
    }
    return lots
  }

  /** Trades against one level; returns the lots that are left. The level may be empty afterwards. */
  private matchLevel(level: number, lots: number, account: number): number {
    const { orders, levels } = this.memory
    const priceTicks = levels.int32[level * LEVEL_SIZE + LEVEL_PRICE]
    while (lots > 0) {
      const maker = levels.int32[level * LEVEL_SIZE + HEAD]
      if (maker === 0) break
      const base = maker * ORDER_SIZE
      if (orders.int32[base + ACCOUNT] === account) {
        this.stoppedAtOwnOrder = true
        break
      }
      const leaves = orders.int32[base + LEAVES]
      const traded = leaves < lots ? leaves : lots
      lots -= traded
      orders.int32[base + LEAVES] = leaves - traded
      levels.addLots(level, -traded)
      if (traded === leaves) this.unlink(maker, level)
      this.listener.onFill(maker, priceTicks, traded)
    }
    return lots
  }

  /** Whether `match` would trade all the lots. */
  canFill(side: number, limitPriceTicks: number, lots: number, account: number): boolean {
    const { orders, levels } = this.memory
    const opposite = BUY + SELL - side
    for (let level = this.best(opposite); level !== 0; level = this.worse(opposite, level)) {
      const priceTicks = levels.int32[level * LEVEL_SIZE + LEVEL_PRICE]
      if (side === BUY ? priceTicks > limitPriceTicks : priceTicks < limitPriceTicks) return false
      for (let order = levels.int32[level * LEVEL_SIZE + HEAD]; order !== 0; ) {
        const base = order * ORDER_SIZE
        if (orders.int32[base + ACCOUNT] === account) return false
        lots -= orders.int32[base + LEAVES]
        if (lots <= 0) return true
        order = orders.int32[base + NEXT]
      }
    }
    return false
  }

  /** Puts an order, whose price and leaves are set, at the end of its level's queue. */
  add(order: number, side: number): void {
    const { orders, levels, prices } = this.memory
    const base = order * ORDER_SIZE
    const priceTicks = orders.int32[base + PRICE]
    const tree = side === BUY ? this.bidTree : this.askTree
    let level = prices.find(tree, priceTicks)
    if (level === 0) {
      level = levels.allocate(priceTicks)
      prices.insert(tree, priceTicks, level)
      this.improveBest(side, level, priceTicks)
    }
    const levelBase = level * LEVEL_SIZE
    const tail = levels.int32[levelBase + TAIL]
    orders.int32[base + LEVEL] = level
    orders.int32[base + PREVIOUS] = tail
    orders.int32[base + NEXT] = 0
    if (tail === 0) levels.int32[levelBase + HEAD] = order
    else orders.int32[tail * ORDER_SIZE + NEXT] = order
    levels.int32[levelBase + TAIL] = order
    levels.int32[levelBase + ORDER_COUNT]++
    levels.addLots(level, orders.int32[base + LEAVES])
    this.listener.onLevelChanged(side, level)
  }

  /** Takes an order out of the book. Its slot remains the caller's. */
  remove(order: number, side: number): void {
    const { orders, levels } = this.memory
    const level = orders.int32[order * ORDER_SIZE + LEVEL]
    levels.addLots(level, -orders.int32[order * ORDER_SIZE + LEAVES])
    this.unlink(order, level)
    this.levelReduced(side, level)
  }

  /** Lowers an order's open quantity; it keeps its place in the queue. */
  reduce(order: number, side: number, newLeavesLots: number): void {
    const { orders, levels } = this.memory
    const base = order * ORDER_SIZE
    const level = orders.int32[base + LEVEL]
    levels.addLots(level, newLeavesLots - orders.int32[base + LEAVES])
    orders.int32[base + LEAVES] = newLeavesLots
    this.listener.onLevelChanged(side, level)
  }

  private unlink(order: number, level: number): void {
    const { orders, levels } = this.memory
    const base = order * ORDER_SIZE
    const next = orders.int32[base + NEXT]
    const previous = orders.int32[base + PREVIOUS]
    if (previous === 0) levels.int32[level * LEVEL_SIZE + HEAD] = next
    else orders.int32[previous * ORDER_SIZE + NEXT] = next
    if (next === 0) levels.int32[level * LEVEL_SIZE + TAIL] = previous
    else orders.int32[next * ORDER_SIZE + PREVIOUS] = previous
    levels.int32[level * LEVEL_SIZE + ORDER_COUNT]--
  }

  /** Tells the listener about a level that lost quantity, and drops it if it is empty. */
  private levelReduced(side: number, level: number): void {
    const { levels, prices } = this.memory
    this.listener.onLevelChanged(side, level)
    if (levels.int32[level * LEVEL_SIZE + HEAD] !== 0) return
    const priceTicks = levels.int32[level * LEVEL_SIZE + LEVEL_PRICE]
    if (side === BUY) {
      if (level === this.bestBid) this.bestBid = prices.below(this.bidTree, priceTicks)
      prices.remove(this.bidTree, priceTicks)
    } else {
      if (level === this.bestAsk) this.bestAsk = prices.above(this.askTree, priceTicks)
      prices.remove(this.askTree, priceTicks)
    }
    levels.release(level)
  }

  private improveBest(side: number, level: number, priceTicks: number): void {
    const { levels } = this.memory
    if (side === BUY) {
      if (this.bestBid === 0 || priceTicks > levels.int32[this.bestBid * LEVEL_SIZE + LEVEL_PRICE]) this.bestBid = level
    } else {
      if (this.bestAsk === 0 || priceTicks < levels.int32[this.bestAsk * LEVEL_SIZE + LEVEL_PRICE]) this.bestAsk = level
    }
  }
}

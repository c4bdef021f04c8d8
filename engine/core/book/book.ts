/**
 * One instrument's order book: price levels by side, a queue of orders at each, and matching by price, then time. It
 * knows orders and levels and nothing else: no participants, no money, no events. What happens in it is told to a
 * listener.
 */
import { enumerations } from '../../../protocol/messages.ts'
import type { ImageReader, ImageWriter } from '../image.ts'
import { AuctionPrice } from './auction.ts'
import type { BookMemory } from './book-memory.ts'
import { type LevelPool, levelLayout } from './level-pool.ts'
import { kindLayout, type OrderPool, orderLayout } from './order-pool.ts'
import type { PriceIndex } from './price-index.ts'
import type { Queues } from './queues.ts'

const { HEAD, LEVEL_PRICE, LEVEL_MASK, LEVEL_SIZE, ORDER_COUNT, TAIL } = levelLayout
const { ACCOUNT, KIND, LEAVES, LEVEL, NEXT, ORDER_SIZE, PRICE, SLOT_MASK } = orderLayout
const { REDUCE_ONLY } = kindLayout
const { buy: BUY, sell: SELL } = enumerations.side
const { cancelOldest: CANCEL_OLDEST, cancelBoth: CANCEL_BOTH, decrement: DECREMENT } = enumerations.selfTradePrevention

/**
 * Whenever it is told something, the book is whole. While orders trade it may take any orders out of the book, but put
 * none in. An order of which nothing is left has left the book, and its slot is the listener's to release.
 */
export interface BookListener {
  /** A resting order trades; its leaves are already reduced. */
  onFill(maker: number, priceTicks: number, lots: number): void
  /** Self-trade prevention took `lots` of a resting order, already off its leaves, and `takerLots` of the aggressor. */
  onSelfTrade(maker: number, lots: number, takerLots: number): void
  /** Two resting orders trade in an auction; their leaves are already reduced. */
  onAuctionFill(buy: number, sell: number, priceTicks: number, lots: number): void
  /** Self-trade prevention in an auction took this of two orders, already off their leaves; 0: nothing. */
  onAuctionSelfTrade(newer: number, older: number, newerLots: number, olderLots: number): void
  /** What a level shows changed: its quantity or its number of orders; both 0 if it is about to go. */
  onLevelChanged(side: number, level: number): void
}

export class Book {
  private readonly orders: OrderPool
  private readonly levels: LevelPool
  private readonly queues: Queues
  private readonly prices: PriceIndex
  private readonly listener: BookListener
  private bidTree: number
  private askTree: number
  private readonly auction: AuctionPrice
  /** Level of the highest bid and of the lowest ask, 0 if the side is empty. */
  private bestBid = 0
  private bestAsk = 0
  /**
   * The levels whose orders are trading, 0 if none: one in a match, one of each side in an auction. A held level stays
   * even if it is empty, and the listener hears of it when it is let go.
   */
  private heldLevel = 0
  private heldAsk = 0
  private isStopped = false
  /** Whether the last `match` stopped at an order of the aggressor's own account: what is left is to be cancelled. */
  stoppedAtOwnOrder = false

  constructor(memory: BookMemory, listener: BookListener) {
    this.orders = memory.orders
    this.levels = memory.levels
    this.queues = memory.queues
    this.prices = memory.prices
    this.listener = listener
    this.bidTree = memory.prices.createTree()
    this.askTree = memory.prices.createTree()
    this.auction = new AuctionPrice(memory.orders, memory.levels, memory.prices)
  }

  /** Where in the memory it begins; that is no book's own and has an image of its own. */
  write(image: ImageWriter): void {
    image.number(this.bidTree)
    image.number(this.askTree)
    image.number(this.bestBid)
    image.number(this.bestAsk)
  }

  read(image: ImageReader): void {
    this.bidTree = image.number()
    this.askTree = image.number()
    this.bestBid = image.number()
    this.bestAsk = image.number()
  }

  /** Best level of a side, 0 if the side is empty. */
  best(side: number): number {
    return (side === BUY ? this.bestBid : this.bestAsk) & LEVEL_MASK
  }

  /** The oldest order at the best price of a side, 0 if the side is empty. */
  first(side: number): number {
    // Level 0 is all 0.
    return this.levels.int32[this.best(side) * LEVEL_SIZE + HEAD]
  }

  /** Best price of a side, 0 if the side is empty. */
  bestPriceTicks(side: number): number {
    const level = this.best(side)
    return level === 0 ? 0 : this.levels.int32[level * LEVEL_SIZE + LEVEL_PRICE]
  }

  /** The next worse level of a side, 0 if there is none. */
  worse(side: number, level: number): number {
    const price = this.levels.int32[level * LEVEL_SIZE + LEVEL_PRICE]
    const { prices } = this
    return side === BUY ? prices.below(this.bidTree, price) : prices.above(this.askTree, price)
  }

  /** Every order of the book: bids, then asks, in priority order. The book must not change meanwhile. */
  forEachOrder(visit: (order: number) => void): void {
    const { orders, levels } = this
    for (let side = BUY; side <= SELL; side++) {
      for (let level = this.best(side); level !== 0; level = this.worse(side, level)) {
        for (let order = levels.int32[level * LEVEL_SIZE + HEAD]; order !== 0; ) {
          visit(order)
          order = orders.int32[order * ORDER_SIZE + NEXT]
        }
      }
    }
  }

  /** Whether an order of this side and limit price would trade at once. */
  crosses(side: number, priceTicks: number): boolean {
    if (side === BUY) {
      return this.bestAsk !== 0 && priceTicks >= this.levels.int32[this.bestAsk * LEVEL_SIZE + LEVEL_PRICE]
    }
    return this.bestBid !== 0 && priceTicks <= this.levels.int32[this.bestBid * LEVEL_SIZE + LEVEL_PRICE]
  }

  /** Whether the two sides of the book would trade with each other. */
  isCrossed(): boolean {
    return this.bestBid !== 0 && this.crosses(BUY, this.bestPriceTicks(BUY))
  }

  /**
   * Trades against the other side, best price first, oldest first, as far as the limit price allows and never with an
   * order of `account` (0: no order is its own). Returns the lots that are left.
   */
  match(side: number, limitPriceTicks: number, lots: number, account: number, selfTradeMode: number): number {
    const opposite = BUY + SELL - side
    const { levels } = this
    const ownAccount = account === 0 ? -1 : account
    this.stoppedAtOwnOrder = false
    this.isStopped = false
    while (lots > 0 && !this.isStopped && this.crosses(side, limitPriceTicks)) {
      const level = this.best(opposite)
      const shownLots = levels.totalLots(level)
      const orderCount = levels.int32[level * LEVEL_SIZE + ORDER_COUNT]
      this.heldLevel = level
      lots = this.matchLevel(level, lots, ownAccount, selfTradeMode)
      this.heldLevel = 0
      if (this.showsOther(level, shownLots, orderCount)) this.levelReduced(opposite, level)
    }
    return lots
  }

  /** For the listener: the order that is matching is to trade no further. */
  stopMatching(): void {
    this.isStopped = true
  }

  /** Trades against one level; returns the lots that are left. The level may be empty afterwards. */
  private matchLevel(level: number, lots: number, account: number, selfTradeMode: number): number {
    const { orders, levels } = this
    const priceTicks = levels.int32[level * LEVEL_SIZE + LEVEL_PRICE]
    while (lots > 0 && !this.isStopped) {
      const maker = levels.int32[level * LEVEL_SIZE + HEAD] & SLOT_MASK
      if (maker === 0) break
      if (orders.int32[maker * ORDER_SIZE + ACCOUNT] === account) {
        lots -= this.preventSelfTrade(maker, level, lots, selfTradeMode)
        continue
      }
      const traded = this.queues.trade(maker, level, lots)
      lots -= traded
      this.listener.onFill(maker, priceTicks, traded)
    }
    return lots
  }

  /** The next order in line is of the account of the one that matches. Returns what the latter loses. */
  private preventSelfTrade(maker: number, level: number, lots: number, mode: number): number {
    const leaves = this.orders.int32[maker * ORDER_SIZE + LEAVES]
    if (mode === DECREMENT) {
      const lost = leaves < lots ? leaves : lots
      this.queues.lower(maker, level, leaves - lost)
      this.listener.onSelfTrade(maker, lost, lost)
      return lost
    }
    if (mode !== CANCEL_OLDEST) {
      this.isStopped = true
      this.stoppedAtOwnOrder = true
    }
    if (mode === CANCEL_OLDEST || mode === CANCEL_BOTH) {
      this.queues.lower(maker, level, 0)
      this.listener.onSelfTrade(maker, leaves, 0)
    }
    return 0
  }

  /** Whether `match` would trade all the lots. */
  canFill(side: number, limitPriceTicks: number, lots: number, account: number, selfTradeMode: number): boolean {
    const { orders, levels } = this
    const opposite = BUY + SELL - side
    if (!this.hasLots(opposite, limitPriceTicks, lots)) return false
    for (let level = this.best(opposite); level !== 0; level = this.worse(opposite, level)) {
      const priceTicks = levels.int32[level * LEVEL_SIZE + LEVEL_PRICE]
      if (side === BUY ? priceTicks > limitPriceTicks : priceTicks < limitPriceTicks) return false
      // Hidden parts come to the back of the level, behind all that is shown.
      let hidden = 0
      for (let order = levels.int32[level * LEVEL_SIZE + HEAD]; order !== 0; ) {
        const base = order * ORDER_SIZE
        if (account !== 0 && orders.int32[base + ACCOUNT] === account) {
          if (selfTradeMode !== CANCEL_OLDEST) return false
        } else if ((orders.int32[base + KIND] & REDUCE_ONLY) === 0) {
          // A reduce-only order may go because of what trades before it.
          const shown = orders.shownLots(order)
          lots -= shown
          if (lots <= 0) return true
          hidden += orders.int32[base + LEAVES] - shown
        }
        order = orders.int32[base + NEXT]
      }
      lots -= hidden
      if (lots <= 0) return true
    }
    return false
  }

  /** Whether a side has so many lots up to this price. An order too large for the book must cost no walk over it. */
  private hasLots(side: number, lastPriceTicks: number, lots: number): boolean {
    const { levels } = this
    for (let level = this.best(side); level !== 0; level = this.worse(side, level)) {
      const priceTicks = levels.int32[level * LEVEL_SIZE + LEVEL_PRICE]
      if (side === SELL ? priceTicks > lastPriceTicks : priceTicks < lastPriceTicks) return false
      lots -= levels.openLots(level)
      if (lots <= 0) return true
    }
    return false
  }

  /** The newest order at a price if its level is found at once, else 0. The price may be any number. */
  newestNear(side: number, priceTicks: number): number {
    const tree = side === BUY ? this.bidTree : this.askTree
    // Level 0 is all 0.
    return this.levels.int32[(this.prices.findNear(tree, priceTicks) & LEVEL_MASK) * LEVEL_SIZE + TAIL]
  }

  /** Puts an order, whose price and leaves are set, at the end of its level's queue. */
  add(order: number, side: number): void {
    const { levels, orders, prices, queues } = this
    const priceTicks = orders.int32[order * ORDER_SIZE + PRICE]
    const tree = side === BUY ? this.bidTree : this.askTree
    let level = prices.find(tree, priceTicks) & LEVEL_MASK
    if (level === 0) {
      level = levels.allocate(priceTicks)
      prices.insert(tree, priceTicks, level)
      this.improveBest(side, level, priceTicks)
    }
    queues.enter(order, level)
    this.listener.onLevelChanged(side, level)
  }

  /** Takes an order out of the book; its leaves stay what they were. Its slot remains the caller's. */
  remove(order: number, side: number): void {
    const { orders, queues } = this
    const level = orders.int32[order * ORDER_SIZE + LEVEL] & LEVEL_MASK
    queues.leave(order, level)
    if (level !== this.heldLevel && level !== this.heldAsk) this.levelReduced(side, level)
  }

  /** Lowers an order's open quantity, its hidden part first; it keeps its place in the queue. */
  reduce(order: number, side: number, newLeavesLots: number): void {
    const level = this.orders.int32[order * ORDER_SIZE + LEVEL] & LEVEL_MASK
    const shownLots = this.levels.totalLots(level)
    this.queues.lower(order, level, newLeavesLots)
    // What was hidden goes unseen: an event that changes nothing would tell that there is something.
    if (this.levels.totalLots(level) === shownLots) return
    if (level !== this.heldLevel && level !== this.heldAsk) this.listener.onLevelChanged(side, level)
  }

  // ── auctions ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Works out the auction's price, volume and imbalance, below; false, and all three 0, if nothing would trade. */
  findAuctionPrice(referencePriceTicks: number): boolean {
    return this.auction.find(this.bidTree, this.askTree, this.bestBid, this.bestAsk, referencePriceTicks)
  }

  get auctionPriceTicks(): number {
    return this.auction.priceTicks
  }

  get auctionVolumeLots(): number {
    return this.auction.volumeLots
  }

  /** What could be bought at the auction price minus what could be sold. */
  get auctionImbalanceLots(): number {
    return this.auction.imbalanceLots
  }

  /** Lets the two sides trade with each other at one price, as long as both have a price at least as good. */
  uncross(priceTicks: number): void {
    const { levels } = this
    let bid = 0
    let ask = 0
    let bidLots = 0
    let bidCount = 0
    let askLots = 0
    let askCount = 0
    for (;;) {
      if (bid === 0 && this.bestBid !== 0 && this.bestPriceTicks(BUY) >= priceTicks) {
        bid = this.bestBid
        bidLots = levels.totalLots(bid)
        bidCount = levels.int32[bid * LEVEL_SIZE + ORDER_COUNT]
      }
      if (ask === 0 && this.bestAsk !== 0 && this.bestPriceTicks(SELL) <= priceTicks) {
        ask = this.bestAsk
        askLots = levels.totalLots(ask)
        askCount = levels.int32[ask * LEVEL_SIZE + ORDER_COUNT]
      }
      if (bid === 0 || ask === 0) break
      this.heldLevel = bid
      this.heldAsk = ask
      this.uncrossPair(bid, ask, priceTicks)
      this.heldLevel = 0
      this.heldAsk = 0
      if (levels.int32[bid * LEVEL_SIZE + HEAD] === 0) {
        this.levelReduced(BUY, bid)
        bid = 0
      }
      if (levels.int32[ask * LEVEL_SIZE + HEAD] === 0) {
        this.levelReduced(SELL, ask)
        ask = 0
      }
    }
    if (bid !== 0) this.letGo(BUY, bid, bidLots, bidCount)
    if (ask !== 0) this.letGo(SELL, ask, askLots, askCount)
  }

  /** Before an auction: keeps orders of one account apart while they are the first in line of a crossed book. */
  keepApart(): void {
    const { levels, orders } = this
    while (this.isCrossed()) {
      const account = orders.int32[this.first(BUY) * ORDER_SIZE + ACCOUNT]
      if (account === 0 || account !== orders.int32[this.first(SELL) * ORDER_SIZE + ACCOUNT]) return
      const { bestBid: bid, bestAsk: ask } = this
      const bidLots = levels.totalLots(bid)
      const bidCount = levels.int32[bid * LEVEL_SIZE + ORDER_COUNT]
      const askLots = levels.totalLots(ask)
      const askCount = levels.int32[ask * LEVEL_SIZE + ORDER_COUNT]
      this.heldLevel = bid
      this.heldAsk = ask
      this.uncrossPair(bid, ask, 0)
      this.heldLevel = 0
      this.heldAsk = 0
      this.letGo(BUY, bid, bidLots, bidCount)
      this.letGo(SELL, ask, askLots, askCount)
    }
  }

  /** The first in line of each side trade with each other, or are kept from it. */
  private uncrossPair(bid: number, ask: number, priceTicks: number): void {
    const { levels, orders } = this
    const buy = levels.int32[bid * LEVEL_SIZE + HEAD]
    const sell = levels.int32[ask * LEVEL_SIZE + HEAD]
    const lots = Math.min(orders.shownLots(buy), orders.shownLots(sell))
    const account = orders.int32[buy * ORDER_SIZE + ACCOUNT]
    if (account === 0 || account !== orders.int32[sell * ORDER_SIZE + ACCOUNT]) {
      this.queues.trade(buy, bid, lots)
      this.queues.trade(sell, ask, lots)
      this.listener.onAuctionFill(buy, sell, priceTicks, lots)
      return
    }
    const isBuyNewer = orders.orderId(buy) > orders.orderId(sell)
    const newer = isBuyNewer ? buy : sell
    const older = isBuyNewer ? sell : buy
    const mode = orders.selfTradeMode(newer)
    if (mode === DECREMENT) {
      this.queues.lower(buy, bid, orders.int32[buy * ORDER_SIZE + LEAVES] - lots)
      this.queues.lower(sell, ask, orders.int32[sell * ORDER_SIZE + LEAVES] - lots)
      this.listener.onAuctionSelfTrade(newer, older, lots, lots)
      return
    }
    const newerLots = mode === CANCEL_OLDEST ? 0 : this.withdraw(newer)
    const olderLots = mode === CANCEL_OLDEST || mode === CANCEL_BOTH ? this.withdraw(older) : 0
    this.listener.onAuctionSelfTrade(newer, older, newerLots, olderLots)
  }

  /** Takes an order out of its held level whole. Returns what was left of it. */
  private withdraw(order: number): number {
    const { int32 } = this.orders
    const leaves = int32[order * ORDER_SIZE + LEAVES]
    this.queues.lower(order, int32[order * ORDER_SIZE + LEVEL], 0)
    return leaves
  }

  // ── levels ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Tells of a level that was held and showed this before, and drops it if it is empty. */
  private letGo(side: number, level: number, shownLots: number, orderCount: number): void {
    if (this.levels.int32[level * LEVEL_SIZE + HEAD] === 0) this.levelReduced(side, level)
    else if (this.showsOther(level, shownLots, orderCount)) this.listener.onLevelChanged(side, level)
  }

  /** Whether a level shows something else than this. */
  private showsOther(level: number, shownLots: number, orderCount: number): boolean {
    const { levels } = this
    return levels.totalLots(level) !== shownLots || levels.int32[level * LEVEL_SIZE + ORDER_COUNT] !== orderCount
  }

  /** Tells the listener about a level that lost quantity, and drops it if it is empty. */
  private levelReduced(side: number, level: number): void {
    const { levels, prices } = this
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
    const { levels } = this
    if (side === BUY) {
      if (this.bestBid === 0 || priceTicks > levels.int32[this.bestBid * LEVEL_SIZE + LEVEL_PRICE]) this.bestBid = level
    } else {
      if (this.bestAsk === 0 || priceTicks < levels.int32[this.bestAsk * LEVEL_SIZE + LEVEL_PRICE]) this.bestAsk = level
    }
  }
}

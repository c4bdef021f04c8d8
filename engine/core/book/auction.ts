/**
 * The price of an auction: of the prices from the lowest sell to the highest buy the one at which most would trade,
 * then the one with the smallest imbalance, then by the side that has more, then the nearest to the reference price.
 * Market orders trade at whatever it is, but what they would pay at worst is no opinion of it: only prices between
 * limit prices and the reference price are considered.
 *
 * What could be bought and sold changes only at prices where somebody has an order and right above them, so the prices
 * fall into runs of the same volume and imbalance. Going up, volume first grows and then shrinks and imbalance only
 * shrinks, so the runs that are best lie beside each other, those with more to buy below those with more to sell.
 */
import { enumerations } from '../../../protocol/messages.ts'
import { doubleZero } from '../double-zero.ts'
import { type LevelPool, levelLayout } from './level-pool.ts'
import { type OrderPool, orderLayout } from './order-pool.ts'
import type { PriceIndex } from './price-index.ts'

const { HEAD, LEVEL_PRICE, LEVEL_SIZE } = levelLayout
const { NEXT, ORDER_SIZE } = orderLayout
const { market: MARKET } = enumerations.orderType

export class AuctionPrice {
  private readonly orders: OrderPool
  private readonly levels: LevelPool
  private readonly prices: PriceIndex
  priceTicks = 0
  volumeLots = doubleZero
  /** What could be bought at the price minus what could be sold. */
  imbalanceLots = doubleZero

  /** The prices that are considered. */
  private leastTicks = 0
  private mostTicks = 0
  // The prices that are best so far: from the first to the last; those up to `lastBuyTicks` have more to buy.
  private firstTicks = 0
  private lastTicks = 0
  private lastBuyTicks = 0

  constructor(orders: OrderPool, levels: LevelPool, prices: PriceIndex) {
    this.orders = orders
    this.levels = levels
    this.prices = prices
  }

  /** Finds the price; false, with all figures 0, if the best levels are not there or do not cross. */
  find(bidTree: number, askTree: number, bestBid: number, bestAsk: number, referencePriceTicks: number): boolean {
    this.priceTicks = 0
    this.volumeLots = 0
    this.imbalanceLots = 0
    if (bestBid === 0 || bestAsk === 0) return false
    const highestTicks = this.priceOf(bestBid)
    const lowestTicks = this.priceOf(bestAsk)
    if (highestTicks < lowestTicks) return false
    const { levels, prices } = this
    this.leastTicks = Math.max(lowestTicks, Math.min(highestTicks, referencePriceTicks))
    this.mostTicks = this.leastTicks
    for (let level = bestAsk; level !== 0 && this.priceOf(level) <= highestTicks; ) {
      this.widen(level)
      level = prices.above(askTree, this.priceOf(level))
    }
    let bid = bestBid
    let buyLots = 0
    for (let level = bestBid; level !== 0 && this.priceOf(level) >= lowestTicks; ) {
      this.widen(level)
      bid = level
      buyLots += levels.openLots(level)
      level = prices.below(bidTree, this.priceOf(level))
    }
    // `bid` is the lowest bid at or above the run of prices, `ask` the lowest ask above it.
    let ask = prices.above(askTree, lowestTicks)
    let sellLots = levels.openLots(bestAsk)
    for (let fromTicks = lowestTicks; fromTicks <= highestTicks; ) {
      const bidTicks = this.priceOf(bid)
      const toTicks = ask === 0 ? bidTicks : Math.min(bidTicks, this.priceOf(ask) - 1)
      this.consider(fromTicks, toTicks, buyLots, sellLots)
      fromTicks = toTicks + 1
      if (toTicks === bidTicks) {
        buyLots -= levels.openLots(bid)
        bid = prices.above(bidTree, bidTicks)
      }
      if (ask !== 0 && fromTicks === this.priceOf(ask)) {
        sellLots += levels.openLots(ask)
        ask = prices.above(askTree, fromTicks)
      }
    }
    this.choose(referencePriceTicks)
    return true
  }

  /** Prices are considered as far as to this level if there is a limit order at it. */
  private widen(level: number): void {
    const { orders, levels } = this
    let order = levels.int32[level * LEVEL_SIZE + HEAD]
    while (order !== 0 && orders.orderType(order) === MARKET) order = orders.int32[order * ORDER_SIZE + NEXT]
    if (order === 0) return
    this.leastTicks = Math.min(this.leastTicks, this.priceOf(level))
    this.mostTicks = Math.max(this.mostTicks, this.priceOf(level))
  }

  /** Takes in a run of prices, all of which lie above those before. */
  private consider(runFromTicks: number, runToTicks: number, buyLots: number, sellLots: number): void {
    const fromTicks = Math.max(runFromTicks, this.leastTicks)
    const toTicks = Math.min(runToTicks, this.mostTicks)
    if (fromTicks > toTicks) return
    const volumeLots = Math.min(buyLots, sellLots)
    const surplusLots = Math.abs(buyLots - sellLots)
    if (volumeLots < this.volumeLots) return
    if (volumeLots > this.volumeLots || surplusLots < this.imbalanceLots) {
      this.volumeLots = volumeLots
      this.imbalanceLots = surplusLots
      this.firstTicks = fromTicks
      this.lastBuyTicks = 0
    } else if (surplusLots > this.imbalanceLots) {
      return
    }
    this.lastTicks = toTicks
    if (buyLots > sellLots) this.lastBuyTicks = toTicks
  }

  /** Chooses among the best prices, and gives the imbalance, a bare size until now, its sign. */
  private choose(referencePriceTicks: number): void {
    const { firstTicks, lastTicks, lastBuyTicks, imbalanceLots } = this
    if (lastBuyTicks === lastTicks) this.priceTicks = lastTicks
    else if (imbalanceLots !== 0 && lastBuyTicks === 0) this.priceTicks = firstTicks
    else this.priceTicks = Math.max(firstTicks, Math.min(lastTicks, referencePriceTicks))
    if (this.priceTicks > lastBuyTicks) this.imbalanceLots = 0 - imbalanceLots
  }

  private priceOf(level: number): number {
    return this.levels.int32[level * LEVEL_SIZE + LEVEL_PRICE]
  }
}

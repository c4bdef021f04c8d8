/**
 * The rules of matching, written to be read: one instrument's book with price-time priority, in plain arrays. It is the
 * specification that the fast book is tested against; clarity goes before speed everywhere. Auctions: naive-auction.ts.
 *
 * The book tells its listener everything as it happens. What the listener does about a trade (cancel orders here, even
 * the one that came in) is done before the next match. An order that is gone has no lots left.
 */
import type { Side } from '../../../protocol/messages.ts'
import type { BookListener, BookOrder, PriceRange, Trade } from './naive-order.ts'
import { isBetter, isInReach, isWithin, opposite, shownOf } from './naive-order.ts'

export class NaiveBook {
  /** Resting orders of each side in priority order: best price first, within a price whose turn comes first. */
  readonly resting: Record<Side, BookOrder[]> = { buy: [], sell: [] }
  private readonly listener: BookListener
  /** The levels at which orders are matching: what changes there is told once, when they are done there. */
  private matchingAt: { readonly side: Side; readonly priceTicks: number; readonly shown: string }[] = []

  constructor(listener: BookListener) {
    this.listener = listener
  }

  /** Trades what the order can within the range. @returns whether nothing but the range keeps it from trading on */
  match(order: BookOrder, range: PriceRange): boolean {
    const makers = opposite[order.side]
    while (order.leavesLots > 0 && this.crosses(order)) {
      const { priceTicks } = this.resting[makers][0]
      if (!isWithin(range, priceTicks)) return true
      this.beginAt(makers, priceTicks)
      let goesOn = true
      while (goesOn && order.leavesLots > 0 && this.resting[makers][0]?.priceTicks === priceTicks) {
        const maker = this.resting[makers][0]
        const makerLots = maker.owner === order.owner ? maker.leavesLots : maker.shownLots
        const quantityLots = Math.min(makerLots, order.leavesLots)
        goesOn = this.meet({ resting: maker, incoming: order, aggressor: order.side, priceTicks, quantityLots })
      }
      this.endAt(makers)
      if (!goesOn) this.cancel(order)
    }
    return false
  }

  /** Two orders that are next in line for each other. @returns whether the one that came in goes on, or is to be cancelled */
  meet(trade: Trade): boolean {
    const { resting, incoming, quantityLots } = trade
    if (resting.owner === incoming.owner) return this.preventSelfTrade(resting, incoming, quantityLots)
    for (const order of [resting, incoming]) this.fill(order, quantityLots)
    this.listener.traded(trade)
    return true
  }

  /** Self-trade prevention takes what is left of an order. */
  cancel(order: BookOrder): void {
    this.listener.cancelled(order, 'selfTrade')
    order.leavesLots = 0
    if (this.has(order)) this.remove(order)
  }

  /** Whether the best of the other side is within the order's price. */
  crosses(order: BookOrder): boolean {
    const [best] = this.resting[opposite[order.side]]
    return best !== undefined && isInReach(order, best.priceTicks)
  }

  /** Puts what is left of an order into its queue, behind all of the same price. */
  rest(order: BookOrder): void {
    this.enqueue(order)
    this.changed(order.side, order.priceTicks)
  }

  remove(order: BookOrder): void {
    this.dequeue(order)
    this.changed(order.side, order.priceTicks)
  }

  /** Makes an order smaller, which keeps its place. The hidden part goes first, the shown part last. */
  reduce(order: BookOrder, lots: number): void {
    const before = order.shownLots
    order.quantityLots -= lots
    order.leavesLots -= lots
    order.shownLots = Math.min(before, order.leavesLots)
    if (this.has(order) && order.shownLots !== before) this.changed(order.side, order.priceTicks)
  }

  has(order: BookOrder): boolean {
    return this.resting[order.side].includes(order)
  }

  /** From here on changes of that level are told at the end, once, if it shows something else then. */
  beginAt(side: Side, priceTicks: number): void {
    this.matchingAt.push({ side, priceTicks, shown: this.shownAt(side, priceTicks) })
  }

  endAt(side: Side): void {
    const level = this.matchingAt.find((one) => one.side === side)
    this.matchingAt = this.matchingAt.filter((one) => one !== level)
    if (level && this.shownAt(side, level.priceTicks) !== level.shown) this.changed(side, level.priceTicks)
  }

  private fill(order: BookOrder, lots: number): void {
    order.leavesLots -= lots
    if (!this.has(order)) return
    order.shownLots -= lots
    // The shown part of an iceberg is used up: the next part is shown, at the back of the level.
    if (order.shownLots === 0) this.dequeue(order)
    if (order.shownLots === 0 && order.leavesLots > 0) this.enqueue(order)
    this.changed(order.side, order.priceTicks)
  }

  private preventSelfTrade(resting: BookOrder, incoming: BookOrder, lots: number): boolean {
    const mode = incoming.selfTradePrevention
    if (mode === 'decrement') for (const order of [resting, incoming]) this.decrement(order, lots)
    if (mode === 'cancelOldest' || mode === 'cancelBoth') this.cancel(resting)
    return mode === 'cancelOldest' || mode === 'decrement'
  }

  private decrement(order: BookOrder, lots: number): void {
    if (lots < order.leavesLots) {
      this.reduce(order, lots)
      this.listener.reduced(order, lots)
    } else {
      this.cancel(order)
    }
  }

  private enqueue(order: BookOrder): void {
    order.shownLots = shownOf(order)
    const queue = this.resting[order.side]
    const firstWorse = queue.findIndex((other) => isBetter(order.side, order.priceTicks, other.priceTicks))
    queue.splice(firstWorse === -1 ? queue.length : firstWorse, 0, order)
  }

  private dequeue(order: BookOrder): void {
    const queue = this.resting[order.side]
    queue.splice(queue.indexOf(order), 1)
  }

  private changed(side: Side, priceTicks: number): void {
    if (this.matchingAt.some((level) => level.side === side && level.priceTicks === priceTicks)) return
    this.listener.levelChanged(side, priceTicks)
  }

  /** What everyone sees of a level. */
  private shownAt(side: Side, priceTicks: number): string {
    const orders = this.resting[side].filter((order) => order.priceTicks === priceTicks)
    return `${orders.reduce((sum, order) => sum + order.shownLots, 0)} in ${orders.length}`
  }
}

/**
 * One instrument's book, built from the messages of the `book` channel. Whenever `synchronised` is true, the book is
 * exactly the engine's book after command `sequence`, whatever was dropped, doubled or reordered on the way.
 */
import type { Message, Side } from '../messages.ts'

/**
 * - `applied`: the book changed accordingly.
 * - `stale`: the book already included it; nothing changed.
 * - `gap`: something before it is missing; the book is not synchronised until the next snapshot.
 * - `waiting`: the book is not synchronised, and this is no snapshot.
 */
export type ApplyResult = 'applied' | 'stale' | 'gap' | 'waiting'

/**
 * The levels of one side in three parallel arrays, worst first: the best level is the last element, and most changes,
 * being near the best price, move few elements.
 */
class BookSide {
  /** Factor that makes prices ascend from worst to best: 1 for bids, -1 for asks. */
  private readonly direction: 1 | -1
  prices: number[] = []
  quantities: number[] = []
  orderCounts: number[] = []

  constructor(direction: 1 | -1) {
    this.direction = direction
  }

  clear(): void {
    this.prices = []
    this.quantities = []
    this.orderCounts = []
  }

  set(priceTicks: number, quantityLots: number, orderCount: number): void {
    const index = this.position(priceTicks)
    const exists = this.prices[index] === priceTicks
    if (quantityLots === 0) {
      if (exists) this.remove(index)
    } else if (exists) {
      this.quantities[index] = quantityLots
      this.orderCounts[index] = orderCount
    } else {
      this.prices.splice(index, 0, priceTicks)
      this.quantities.splice(index, 0, quantityLots)
      this.orderCounts.splice(index, 0, orderCount)
    }
  }

  /** Index of the first element that is not worse than the price. */
  private position(priceTicks: number): number {
    let low = 0
    let high = this.prices.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.prices[middle] - priceTicks) * this.direction < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  private remove(index: number): void {
    this.prices.splice(index, 1)
    this.quantities.splice(index, 1)
    this.orderCounts.splice(index, 1)
  }
}

export class BookBuilder {
  private readonly bids = new BookSide(1)
  private readonly asks = new BookSide(-1)
  private isSynchronised = false
  private lastSequence = 0

  /** Whether the book can be relied upon. */
  get synchronised(): boolean {
    return this.isSynchronised
  }

  /** Sequence number of the last command that the book includes. */
  get sequence(): number {
    return this.lastSequence
  }

  apply(message: Message<'bookSnapshot' | 'bookUpdate'>): ApplyResult {
    if (message.type === 'bookSnapshot') return this.applySnapshot(message)
    if (!this.isSynchronised) return 'waiting'
    if (message.sequence <= this.lastSequence) return 'stale'
    // Levels come as they are after `sequence`: an update that begins before what the book has is as good as the next
    // one.
    if (message.previousSequence > this.lastSequence) {
      this.isSynchronised = false
      return 'gap'
    }
    for (const change of message.changes) {
      this.side(change.side as Side).set(change.priceTicks, change.quantityLots, change.orderCount)
    }
    this.lastSequence = message.sequence
    return 'applied'
  }

  /** Forgets everything, for example when the connection is lost. */
  reset(): void {
    this.bids.clear()
    this.asks.clear()
    this.isSynchronised = false
    this.lastSequence = 0
  }

  /** Number of price levels of a side. */
  depth(side: Side): number {
    return this.side(side).prices.length
  }

  /** Best price of a side in ticks, 0 if it is empty. */
  bestPriceTicks(side: Side): number {
    return this.side(side).prices.at(-1) ?? 0
  }

  /** Quantity at the best price of a side in lots, 0 if it is empty. */
  bestQuantityLots(side: Side): number {
    return this.side(side).quantities.at(-1) ?? 0
  }

  /** Price of the level with this rank, from 0 for the best; 0 if there are not so many. */
  priceTicksAt(side: Side, rank: number): number {
    return this.side(side).prices.at(-1 - rank) ?? 0
  }

  /** Quantity of the level with this rank, from 0 for the best; 0 if there are not so many. */
  quantityLotsAt(side: Side, rank: number): number {
    return this.side(side).quantities.at(-1 - rank) ?? 0
  }

  /** Number of orders of the level with this rank, from 0 for the best; 0 if there are not so many. */
  orderCountAt(side: Side, rank: number): number {
    return this.side(side).orderCounts.at(-1 - rank) ?? 0
  }

  private applySnapshot(snapshot: Message<'bookSnapshot'>): ApplyResult {
    if (this.isSynchronised && snapshot.sequence <= this.lastSequence) return 'stale'
    this.bids.clear()
    this.asks.clear()
    // Listed best first; entered worst first, so that each goes to the end.
    for (const level of snapshot.bids.toReversed())
      this.bids.set(level.priceTicks, level.quantityLots, level.orderCount)
    for (const level of snapshot.asks.toReversed())
      this.asks.set(level.priceTicks, level.quantityLots, level.orderCount)
    this.isSynchronised = true
    this.lastSequence = snapshot.sequence
    return 'applied'
  }

  private side(side: Side): BookSide {
    return side === 'buy' ? this.bids : this.asks
  }
}

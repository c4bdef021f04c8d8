/**
 * The generator's own idea of the book: which orders rest, where, and what a taker meets. It exists so that generated
 * cancels hit living orders and so that there is another count of trades to compare with; it is written to be obvious,
 * and runs outside every timed part.
 */
import { enumerations } from '../../protocol/messages.ts'

const { buy, sell } = enumerations.side

interface RestingOrder {
  readonly order: number
  readonly side: number
  readonly priceTicks: number
  readonly participant: number
  leavesLots: number
  /** Where it is in the list of all resting orders. */
  place: number
}

export class GeneratorBook {
  tradeCount = 0
  tradedLots = 0
  private readonly resting: RestingOrder[] = []
  /** Orders by price, oldest first; `levels[buy]` and `levels[sell]`. */
  private readonly levels: Map<number, Set<RestingOrder>>[] = [new Map(), new Map(), new Map()]
  /** Best price by side; it means nothing while the side is empty. */
  private readonly best = [0, 0, 0]

  get orderCount(): number {
    return this.resting.length
  }

  get levelCount(): number {
    return this.levels[buy].size + this.levels[sell].size
  }

  /** The order at a place of an arbitrary but deterministic list of all resting orders. */
  orderAt(place: number): { readonly order: number; readonly priceTicks: number } {
    return this.resting[place]
  }

  /** Best price of a side, or `otherwise` if it is empty. */
  bestPriceTicks(side: number, otherwise: number): number {
    return this.levels[side].size === 0 ? otherwise : this.best[side]
  }

  /** Participants whose orders a taker of this quantity and price would meet. */
  participantsMet(takerSide: number, quantityLots: number, limitTicks: number): Set<number> {
    const met = new Set<number>()
    let wanted = quantityLots
    for (const level of this.levelsMet(takerSide, limitTicks)) {
      for (const maker of level) {
        if (wanted <= 0) return met
        met.add(maker.participant)
        wanted -= maker.leavesLots
      }
    }
    return met
  }

  /** Trades what crosses and returns what is left of the quantity. */
  take(takerSide: number, quantityLots: number, limitTicks: number): number {
    let leavesLots = quantityLots
    for (const level of this.levelsMet(takerSide, limitTicks)) {
      for (const maker of level) {
        if (leavesLots === 0) return 0
        const lots = Math.min(leavesLots, maker.leavesLots)
        leavesLots -= lots
        maker.leavesLots -= lots
        this.tradeCount++
        this.tradedLots += lots
        if (maker.leavesLots === 0) this.remove(maker)
      }
    }
    return leavesLots
  }

  rest(order: number, side: number, priceTicks: number, participant: number, leavesLots: number): void {
    const added = { order, side, priceTicks, participant, leavesLots, place: this.resting.length }
    this.resting.push(added)
    const levels = this.levels[side]
    const level = levels.get(priceTicks)
    if (level !== undefined) {
      level.add(added)
      return
    }
    const better = side === buy ? priceTicks > this.best[buy] : priceTicks < this.best[sell]
    if (levels.size === 0 || better) this.best[side] = priceTicks
    levels.set(priceTicks, new Set([added]))
  }

  /** Removes the order at a place of the list. */
  cancelAt(place: number): void {
    this.remove(this.resting[place])
  }

  /** Levels that a taker at this price meets, best first. */
  private *levelsMet(takerSide: number, limitTicks: number): Generator<Set<RestingOrder>> {
    const makerSide = buy + sell - takerSide
    const worse = worseByOne(makerSide)
    const levels = this.levels[makerSide]
    let left = levels.size
    for (let price = this.best[makerSide]; left > 0 && (limitTicks - price) * worse >= 0; price += worse) {
      const level = levels.get(price)
      if (level === undefined) continue
      left--
      yield level
    }
  }

  private remove(order: RestingOrder): void {
    const { side, priceTicks } = order
    const last = this.resting.pop() as RestingOrder
    if (last !== order) {
      this.resting[order.place] = last
      last.place = order.place
    }
    const levels = this.levels[side]
    const level = levels.get(priceTicks) as Set<RestingOrder>
    level.delete(order)
    if (level.size > 0) return
    levels.delete(priceTicks)
    if (priceTicks !== this.best[side] || levels.size === 0) return
    while (!levels.has(this.best[side])) this.best[side] += worseByOne(side)
  }
}

/** From a price to the next worse one of a side. */
function worseByOne(side: number): number {
  return side === buy ? -1 : 1
}

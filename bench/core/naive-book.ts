/**
 * The generator's own idea of the book: which orders rest, where, and what a taker meets. It exists so that generated
 * cancels hit living orders and so that there is a third count of trades to compare with; it is written to be obvious,
 * not fast, and runs outside every timed part.
 */

export const buy = 1
export const sell = 2

interface RestingOrder {
  readonly order: number
  readonly side: number
  readonly priceTicks: number
  readonly participant: number
  leavesLots: number
}

export class NaiveBook {
  tradeCount = 0
  tradedLots = 0
  private readonly resting: RestingOrder[] = []
  /** Levels by price, oldest order first; `queues[buy]` and `queues[sell]`. */
  private readonly queues: Map<number, RestingOrder[]>[] = [new Map(), new Map(), new Map()]

  get orderCount(): number {
    return this.resting.length
  }

  /** The order at a place of an arbitrary but deterministic list of all resting orders. */
  orderAt(place: number): number {
    return this.resting[place].order
  }

  /** Best price of a side, or `otherwise` if it is empty. */
  bestPriceTicks(side: number, otherwise: number): number {
    const prices = [...this.queues[side].keys()]
    if (prices.length === 0) return otherwise
    return side === buy ? Math.max(...prices) : Math.min(...prices)
  }

  /** Participants whose orders a taker of this quantity and price would meet. */
  participantsMet(takerSide: number, quantityLots: number, priceTicks: number): Set<number> {
    const met = new Set<number>()
    let wanted = quantityLots
    for (const maker of this.makers(takerSide, priceTicks)) {
      if (wanted <= 0) break
      met.add(maker.participant)
      wanted -= maker.leavesLots
    }
    return met
  }

  /** Trades what crosses and returns what is left of the quantity. */
  take(takerSide: number, quantityLots: number, priceTicks: number): number {
    let leavesLots = quantityLots
    for (const maker of this.makers(takerSide, priceTicks)) {
      if (leavesLots === 0) break
      const lots = Math.min(leavesLots, maker.leavesLots)
      leavesLots -= lots
      maker.leavesLots -= lots
      this.tradeCount++
      this.tradedLots += lots
      if (maker.leavesLots === 0) this.remove(maker)
    }
    return leavesLots
  }

  rest(order: number, side: number, priceTicks: number, participant: number, leavesLots: number): void {
    const added = { order, side, priceTicks, participant, leavesLots }
    this.resting.push(added)
    const queue = this.queues[side].get(priceTicks)
    if (queue === undefined) this.queues[side].set(priceTicks, [added])
    else queue.push(added)
  }

  /** Removes the order at a place of the list. */
  cancelAt(place: number): void {
    this.remove(this.resting[place])
  }

  /** What a taker at this price meets, in the order in which it meets it. */
  private makers(takerSide: number, priceTicks: number): RestingOrder[] {
    const makerSide = takerSide === buy ? sell : buy
    const sign = makerSide === sell ? 1 : -1
    return [...this.queues[makerSide].keys()]
      .filter((price) => (priceTicks - price) * sign >= 0)
      .sort((left, right) => (left - right) * sign)
      .flatMap((price) => this.queues[makerSide].get(price) as RestingOrder[])
  }

  private remove(order: RestingOrder): void {
    const queue = this.queues[order.side].get(order.priceTicks) as RestingOrder[]
    queue.splice(queue.indexOf(order), 1)
    if (queue.length === 0) this.queues[order.side].delete(order.priceTicks)
    const last = this.resting.pop() as RestingOrder
    const place = this.resting.indexOf(order)
    if (place >= 0) this.resting[place] = last
  }
}

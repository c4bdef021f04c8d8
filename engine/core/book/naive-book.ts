/**
 * The rules of matching, written to be read: one instrument's book with price-time priority, in plain arrays. It is the
 * specification that the fast book is tested against; clarity goes before speed everywhere.
 *
 * The caller has checked quantities, prices, and that type and time in force go together; it cancels and replaces only
 * orders that rest here.
 */
import type { enumerations, OrderType, Side, TimeInForce } from '../../../protocol/messages.ts'

export interface BookOrder {
  readonly orderId: number
  /** Orders of one owner never trade with each other. */
  readonly owner: number
  readonly side: Side
  /** A market order is a limit order at the worst price that it may trade at. */
  readonly orderType: OrderType
  readonly timeInForce: TimeInForce
  priceTicks: number
  /** Total quantity, the filled part included. */
  quantityLots: number
  /** What is left of it. */
  leavesLots: number
}

export type CancelReason = keyof typeof enumerations.cancelReason

/** One thing that a request did to its order or to the book. Numbers are those of that moment. */
export type Outcome =
  | { kind: 'postOnlyWouldTrade'; bestOppositeTicks: number }
  | { kind: 'replaced'; priorityKept: boolean; leavesLots: number }
  /** A trade with a resting order, at that order's price. */
  | { kind: 'filled'; maker: BookOrder; quantityLots: number; makerLeavesLots: number; leavesLots: number }
  | { kind: 'cancelled'; reason: CancelReason; quantityLots: number }
  | { kind: 'rested' }
  /** A price level as it is now. */
  | { kind: 'levelChanged'; side: Side; priceTicks: number; quantityLots: number; orderCount: number }

export class NaiveBook {
  /** Resting orders of each side in priority order: best price first, within a price oldest first. */
  readonly resting: Record<Side, BookOrder[]> = { buy: [], sell: [] }

  /** A new order: trades what it can, then rests or is cancelled, as its time in force says. */
  submit(order: BookOrder): Outcome[] {
    const [crossed] = this.crossedBy(order, order.priceTicks)
    if (order.orderType === 'postOnly' && crossed) return [postOnlyWouldTrade(crossed)]
    if (order.timeInForce === 'fillOrKill' && this.fillableLots(order) < order.leavesLots) {
      return [cancelled(order, 'fillOrKill')]
    }
    return this.enter(order)
  }

  cancel(order: BookOrder, reason: CancelReason): Outcome[] {
    this.takeOut(order)
    return [cancelled(order, reason), this.level(order.side, order.priceTicks)]
  }

  /**
   * Changes price and total quantity. The same price with no more quantity keeps the place in the queue; anything else
   * takes the order out and lets what is left of it enter again like a new one.
   */
  replace(order: BookOrder, priceTicks: number, quantityLots: number): Outcome[] {
    const leavesLots = quantityLots - (order.quantityLots - order.leavesLots)
    if (leavesLots <= 0) return this.cancel(order, 'replacedBelowFilled')
    const unchanged = priceTicks === order.priceTicks && quantityLots === order.quantityLots
    const priorityKept = priceTicks === order.priceTicks && quantityLots <= order.quantityLots
    const [crossed] = this.crossedBy(order, priceTicks)
    if (!priorityKept && order.orderType === 'postOnly' && crossed) return [postOnlyWouldTrade(crossed)]
    const replaced: Outcome = { kind: 'replaced', priorityKept, leavesLots }
    const oldPriceTicks = order.priceTicks
    if (!priorityKept) this.takeOut(order)
    Object.assign(order, { priceTicks, quantityLots, leavesLots })
    if (unchanged) return [replaced]
    const levelChanged = this.level(order.side, oldPriceTicks)
    return priorityKept ? [replaced, levelChanged] : [replaced, levelChanged, ...this.enter(order)]
  }

  private enter(order: BookOrder): Outcome[] {
    const outcomes: Outcome[] = []
    const crossed = this.crossedBy(order, order.priceTicks)
    for (const [index, maker] of crossed.entries()) {
      // Self-trade prevention: the order that came in is cancelled, the one that was here stays.
      if (maker.owner === order.owner) return [...outcomes, cancelled(order, 'selfTrade')]
      outcomes.push(this.fill(order, maker))
      const next = crossed[index + 1]
      const goesOnHere = order.leavesLots > 0 && next?.priceTicks === maker.priceTicks && next.owner !== order.owner
      if (!goesOnHere) outcomes.push(this.level(maker.side, maker.priceTicks))
      if (order.leavesLots === 0) return outcomes
    }
    if (order.timeInForce !== 'goodTillCancel') return [...outcomes, cancelled(order, 'immediateOrCancel')]
    const queue = this.resting[order.side]
    const firstWorse = queue.findIndex((other) => isBetter(order.side, order.priceTicks, other.priceTicks))
    queue.splice(firstWorse === -1 ? queue.length : firstWorse, 0, order)
    return [...outcomes, { kind: 'rested' }, this.level(order.side, order.priceTicks)]
  }

  private fill(order: BookOrder, maker: BookOrder): Outcome {
    const quantityLots = Math.min(order.leavesLots, maker.leavesLots)
    order.leavesLots -= quantityLots
    maker.leavesLots -= quantityLots
    if (maker.leavesLots === 0) this.takeOut(maker)
    return { kind: 'filled', maker, quantityLots, makerLeavesLots: maker.leavesLots, leavesLots: order.leavesLots }
  }

  /** The resting orders that the order may trade with at that price, in the order in which it meets them. */
  private crossedBy(order: BookOrder, priceTicks: number): BookOrder[] {
    if (order.side === 'buy') return this.resting.sell.filter((maker) => maker.priceTicks <= priceTicks)
    return this.resting.buy.filter((maker) => maker.priceTicks >= priceTicks)
  }

  /** What the order could fill at once, before it would meet an order of its own owner. */
  private fillableLots(order: BookOrder): number {
    const crossed = this.crossedBy(order, order.priceTicks)
    const own = crossed.findIndex((maker) => maker.owner === order.owner)
    return sumOfLeaves(own === -1 ? crossed : crossed.slice(0, own))
  }

  private takeOut(order: BookOrder): void {
    const queue = this.resting[order.side]
    queue.splice(queue.indexOf(order), 1)
  }

  private level(side: Side, priceTicks: number): Outcome {
    const orders = this.resting[side].filter((order) => order.priceTicks === priceTicks)
    return { kind: 'levelChanged', side, priceTicks, quantityLots: sumOfLeaves(orders), orderCount: orders.length }
  }
}

function isBetter(side: Side, priceTicks: number, thanTicks: number): boolean {
  return side === 'buy' ? priceTicks > thanTicks : priceTicks < thanTicks
}

function sumOfLeaves(orders: BookOrder[]): number {
  return orders.reduce((sum, order) => sum + order.leavesLots, 0)
}

function cancelled(order: BookOrder, reason: CancelReason): Outcome {
  return { kind: 'cancelled', reason, quantityLots: order.leavesLots }
}

function postOnlyWouldTrade(crossed: BookOrder): Outcome {
  return { kind: 'postOnlyWouldTrade', bestOppositeTicks: crossed.priceTicks }
}

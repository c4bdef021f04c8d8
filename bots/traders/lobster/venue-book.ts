/**
 * The resting session's orders as the venue has told of them, and nothing else: what `accepted`, `replaced`, `filled` and
 * `cancelled` events add up to. As long as nobody else has orders there, it is the instrument's book.
 */
import type { SessionEvent } from '../../../protocol/client/index.ts'
import type { Message, Side } from '../../../protocol/messages.ts'
import type { Ladder, MarketRow } from './market-row.ts'

export interface VenueOrder {
  readonly ref: number
  readonly side: Side
  readonly priceTicks: number
  leavesLots: number
}

interface VenueLevel {
  lots: number
  readonly orders: Set<VenueOrder>
}

export class VenueBook {
  private readonly levels = { buy: new Map<number, VenueLevel>(), sell: new Map<number, VenueLevel>() }
  private readonly orders = new Map<number, VenueOrder>()

  /** Open orders. */
  get size(): number {
    return this.orders.size
  }

  order(ref: number): VenueOrder | undefined {
    return this.orders.get(ref)
  }

  /** Open orders at a price, in no order. */
  ordersAt(side: Side, priceTicks: number): VenueOrder[] {
    return [...(this.levels[side].get(priceTicks)?.orders ?? [])]
  }

  /** Takes any event of the session; those that do not concern open orders change nothing. */
  apply(event: SessionEvent): void {
    switch (event.type) {
      case 'accepted':
        this.add(event)
        break
      case 'replaced':
        this.setLeaves(event.orderRef, event.leavesLots)
        break
      case 'filled':
        this.setLeaves(event.orderRef, event.leavesLots)
        break
      case 'cancelled':
        this.setLeaves(event.orderRef, 0)
        break
    }
  }

  /** Whether both sides have exactly the levels of an orderbook row. */
  equals(row: MarketRow): boolean {
    return equalsLadder(this.levels.buy, row.buy) && equalsLadder(this.levels.sell, row.sell)
  }

  private add(event: Message<'accepted'>): void {
    const side = event.side as Side
    const { ref, priceTicks, quantityLots } = event
    const order: VenueOrder = { ref, side, priceTicks, leavesLots: quantityLots }
    this.orders.set(ref, order)
    const level = this.levels[side].get(priceTicks)
    if (level === undefined) {
      this.levels[side].set(priceTicks, { lots: quantityLots, orders: new Set([order]) })
    } else {
      level.lots += quantityLots
      level.orders.add(order)
    }
  }

  private setLeaves(ref: number, leavesLots: number): void {
    const order = this.orders.get(ref)
    if (order === undefined) return
    const levels = this.levels[order.side]
    const level = levels.get(order.priceTicks)!
    level.lots += leavesLots - order.leavesLots
    order.leavesLots = leavesLots
    if (leavesLots > 0) return
    this.orders.delete(ref)
    level.orders.delete(order)
    if (level.orders.size === 0) levels.delete(order.priceTicks)
  }
}

function equalsLadder(levels: ReadonlyMap<number, VenueLevel>, ladder: Ladder): boolean {
  const { pricesTicks, quantitiesLots } = ladder
  if (levels.size !== pricesTicks.length) return false
  for (let rank = 0; rank < pricesTicks.length; rank += 1) {
    if (levels.get(pricesTicks[rank])?.lots !== quantitiesLots[rank]) return false
  }
  return true
}

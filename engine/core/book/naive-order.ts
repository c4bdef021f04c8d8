/** What the naive book and its auction work with: orders, trades, the listener that is told, and comparing prices. */
import type { enumerations, OrderType, Side, TimeInForce } from '../../../protocol/messages.ts'

export type CancelReason = keyof typeof enumerations.cancelReason
export type SelfTradePrevention = Exclude<keyof typeof enumerations.selfTradePrevention, 'sessionDefault'>

export interface BookOrder {
  readonly orderId: number
  /** Orders of one owner never trade with each other. */
  readonly owner: number
  readonly side: Side
  orderType: OrderType
  timeInForce: TimeInForce
  readonly selfTradePrevention: SelfTradePrevention
  /** A market order is a limit order at the worst price that it may trade at. */
  priceTicks: number
  /** Total quantity, the filled part included. */
  quantityLots: number
  /** What is left of it; 0 when the order is gone, whatever became of it. */
  leavesLots: number
  /** Whether it may only bring its owner's position nearer to zero; the book counts on it less. */
  readonly reduceOnly: boolean
  /** Most that the book shows of it at a time; 0: all. */
  readonly displayQuantityLots: number
  /** What the book shows of it, while it is there. */
  shownLots: number
}

export interface PriceRange {
  readonly lowest: number
  readonly highest: number
}

/** Two orders that match. In an auction both lie in the book, nobody is the aggressor, the newer one is `incoming`. */
export interface Trade {
  readonly resting: BookOrder
  readonly incoming: BookOrder
  readonly aggressor: Side | 'any'
  readonly priceTicks: number
  readonly quantityLots: number
}

export interface BookListener {
  /** The lots are taken off both orders already. */
  traded(trade: Trade): void
  /** Told while the order still has the lots that it loses. */
  cancelled(order: BookOrder, reason: CancelReason): void
  /** Told when the order has lost them. */
  reduced(order: BookOrder, byLots: number): void
  levelChanged(side: Side, priceTicks: number): void
}

export const bothSides = ['buy', 'sell'] as const
export const opposite = { buy: 'sell', sell: 'buy' } as const

export function isBetter(side: Side, priceTicks: number, thanTicks: number): boolean {
  return side === 'buy' ? priceTicks > thanTicks : priceTicks < thanTicks
}

/** Whether an order may trade at a price of the other side. */
export function isInReach({ side, priceTicks }: BookOrder, otherTicks: number): boolean {
  return side === 'buy' ? otherTicks <= priceTicks : otherTicks >= priceTicks
}

export function isWithin({ lowest, highest }: PriceRange, priceTicks: number): boolean {
  return lowest <= priceTicks && priceTicks <= highest
}

/** What the book shows of an order that comes in, or when its shown part is used up. */
export function shownOf({ displayQuantityLots, leavesLots }: BookOrder): number {
  return displayQuantityLots === 0 ? leavesLots : Math.min(displayQuantityLots, leavesLots)
}

export function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0)
}

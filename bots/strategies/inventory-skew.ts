/**
 * A market maker that leans against its inventory. Both quotes move by a term linear in the position: down when long, so
 * that it sells sooner and buys later, up when short; and the side that would add to the position gets smaller.
 *
 *     reservation price  r = fair − skew · q / Q
 *     bid = r − spread / 2        ask = r + spread / 2
 *     bid size = S · (1 − max(0, q / Q))    ask size = S · (1 + min(0, q / Q))
 *
 * with q the position in lots, positive when long, Q its limit and S the full size. For example fair 100.00, spread 0.10,
 * skew 0.05, position 40 of 100 gives 99.93 / 100.03. A pure function: desired quotes from market state, nothing else.
 */
import type { Quote } from '../runtime/order-manager.ts'

export interface InventorySkewParameters {
  /** Distance between the two quotes, at least one tick. */
  readonly spreadTicks: number
  /** How far both quotes have moved when the position is at its limit. */
  readonly skewTicks: number
  /** Quantity of each quote when nothing is held. */
  readonly sizeLots: number
  /** At this position the side that would add to it is not quoted. */
  readonly maxPositionLots: number
}

export interface QuoteView {
  /** What the strategy takes the instrument to be worth, fractions of a tick included. */
  readonly fairPriceTicks: number
  readonly positionLots: number
  /** Best prices of the others, 0 where there are none. */
  readonly bestBidTicks: number
  readonly bestAskTicks: number
  /** The instrument's price range. */
  readonly minPriceTicks: number
  readonly maxPriceTicks: number
}

/** Keeps a price that is whole but for rounding errors from being rounded away by a tick. */
const roundingSlack = 1e-9

/**
 * The quotes that the strategy wants, at most one a side. Prices are rounded outwards to whole ticks; quotes neither
 * cross each other nor the others' best prices, and stay within the price range.
 */
export function inventorySkewQuotes(view: QuoteView, parameters: InventorySkewParameters): Quote[] {
  const { positionLots, bestBidTicks, bestAskTicks } = view
  const { spreadTicks, skewTicks, sizeLots, maxPositionLots } = parameters
  const reservationTicks = view.fairPriceTicks - (skewTicks * positionLots) / maxPositionLots
  let bidTicks = Math.floor(reservationTicks - spreadTicks / 2 + roundingSlack)
  let askTicks = Math.ceil(reservationTicks + spreadTicks / 2 - roundingSlack)
  if (bestAskTicks > 0) bidTicks = Math.min(bidTicks, bestAskTicks - 1)
  if (bestBidTicks > 0) askTicks = Math.max(askTicks, bestBidTicks + 1)
  bidTicks = Math.min(bidTicks, view.maxPriceTicks)
  askTicks = Math.max(askTicks, view.minPriceTicks)
  const bidLots = sizeToward(positionLots, sizeLots, maxPositionLots)
  const askLots = sizeToward(-positionLots, sizeLots, maxPositionLots)
  const quotes: Quote[] = []
  if (bidLots > 0 && bidTicks >= view.minPriceTicks) {
    quotes.push({ side: 'buy', priceTicks: bidTicks, quantityLots: bidLots })
  }
  if (askLots > 0 && askTicks <= view.maxPriceTicks) {
    quotes.push({ side: 'sell', priceTicks: askTicks, quantityLots: askLots })
  }
  return quotes
}

/** Quantity of the side that adds to `heldLots`: full while nothing is held that way, 0 at the limit, never past it. */
function sizeToward(heldLots: number, sizeLots: number, maxPositionLots: number): number {
  const roomLots = Math.max(0, maxPositionLots - heldLots)
  const skewedLots = Math.ceil(sizeLots * (1 - Math.max(0, heldLots / maxPositionLots)) - roundingSlack)
  return Math.max(0, Math.min(skewedLots, roomLots))
}

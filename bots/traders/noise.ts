/**
 * A trader without any intelligence: limit orders, market orders and cancels arrive at random, with constant rates, on
 * random sides. Limit prices lie at a random distance from the best opposite price, so that a book with a spread and
 * depth comes about by itself. (Daniels, Farmer, Gillemot, Iori and Smith 2003; Cont, Stoikov and Talreja 2010.)
 *
 * `decide` is a function of the view and the random source alone: the same seed and the same views give the same actions.
 */
import type { RandomSource } from '../runtime/random.ts'

export interface NoiseParameters {
  /** Limit orders per second. */
  readonly limitRate: number
  /** Market orders per second. */
  readonly marketRate: number
  /** Cancels per second and open order. */
  readonly cancelRate: number
  /** Mean quantity of an order in lots, 1 or more; quantities are geometric. */
  readonly meanSizeLots: number
  /** Mean distance of a limit price behind the most aggressive price that does not trade, in ticks. */
  readonly meanOffsetTicks: number
  /** At this number a limit order is not sent, but an open one cancelled. */
  readonly maxOpenOrders: number
}

/** What the trader sees when it acts. */
export interface NoiseView {
  readonly openOrders: number
  /** Best prices, 0 where a side is empty. */
  readonly bestBidTicks: number
  readonly bestAskTicks: number
  /** Price to go by while a side is empty. */
  readonly lastPriceTicks: number
  readonly minPriceTicks: number
  readonly maxPriceTicks: number
  /** How much a side may still ask for. */
  readonly buyRoomLots: number
  readonly sellRoomLots: number
}

export type NoiseAction =
  | {
      readonly type: 'limit'
      readonly side: 'buy' | 'sell'
      readonly quantityLots: number
      readonly priceTicks: number
    }
  | { readonly type: 'market'; readonly side: 'buy' | 'sell'; readonly quantityLots: number }
  /** Cancels the open order with this index, oldest first. */
  | { readonly type: 'cancel'; readonly index: number }
  | { readonly type: 'nothing' }

const nothing: NoiseAction = { type: 'nothing' }

/** Time until the next action in milliseconds: the three flows together are one Poisson process. */
export function nextWaitMs(openOrders: number, parameters: NoiseParameters, random: RandomSource): number {
  return random.exponential(1_000 / totalRate(openOrders, parameters))
}

/** Which of the flows the action belongs to, by their rates, and what it is. */
export function decide(view: NoiseView, parameters: NoiseParameters, random: RandomSource): NoiseAction {
  const { limitRate, marketRate, maxOpenOrders } = parameters
  const point = random.uniform() * totalRate(view.openOrders, parameters)
  const isCancel = point >= limitRate + marketRate || (point < limitRate && view.openOrders >= maxOpenOrders)
  if (isCancel) return view.openOrders === 0 ? nothing : { type: 'cancel', index: random.integerBelow(view.openOrders) }
  const side = random.uniform() < 0.5 ? 'buy' : 'sell'
  const sizeLots = 1 + Math.floor(random.exponential(geometricScale(parameters.meanSizeLots)))
  const quantityLots = Math.min(sizeLots, side === 'buy' ? view.buyRoomLots : view.sellRoomLots)
  if (quantityLots <= 0) return nothing
  if (point < limitRate) {
    const offsetTicks = Math.floor(random.exponential(parameters.meanOffsetTicks))
    return { type: 'limit', side, quantityLots, priceTicks: limitPriceTicks(view, side, offsetTicks) }
  }
  const isOppositeEmpty = (side === 'buy' ? view.bestAskTicks : view.bestBidTicks) === 0
  return isOppositeEmpty ? nothing : { type: 'market', side, quantityLots }
}

function totalRate(openOrders: number, { limitRate, marketRate, cancelRate }: NoiseParameters): number {
  return limitRate + marketRate + cancelRate * openOrders
}

/** Mean of the exponential whose whole part, plus one, is geometric with this mean. */
function geometricScale(mean: number): number {
  return mean <= 1 ? 0 : 1 / Math.log(mean / (mean - 1))
}

/** One tick behind the best opposite price, and as much further as the offset says; within the price range. */
function limitPriceTicks(view: NoiseView, side: 'buy' | 'sell', offsetTicks: number): number {
  const priceTicks =
    side === 'buy'
      ? (view.bestAskTicks || view.lastPriceTicks) - 1 - offsetTicks
      : (view.bestBidTicks || view.lastPriceTicks) + 1 + offsetTicks
  return Math.min(Math.max(priceTicks, view.minPriceTicks), view.maxPriceTicks)
}

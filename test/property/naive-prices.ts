/** The prices that orders may have and trade at: the price band, and the bands of volatility. */
import { opposite, type PriceRange } from '../../engine/core/book/naive-order.ts'
import type { Side } from '../../protocol/messages.ts'
import type { Market } from './naive-state.ts'

/** Centre of price bands: the last price, else in continuous trading the middle of the book, else as defined. */
export function referenceTicks({ book, definition, lastPriceTicks, phase }: Market): number {
  const [bid] = book.resting.buy
  const [ask] = book.resting.sell
  const middle = phase === 'continuous' && bid && ask ? Math.floor((bid.priceTicks + ask.priceTicks) / 2) : 0
  return lastPriceTicks || middle || definition.referencePriceTicks
}

/** The prices that orders may have: those of the band, without one those of the instrument's range. */
export function priceBand(market: Market): PriceRange {
  return clamped(rangeAround(referenceTicks(market), market.definition.priceBandBasisPoints), market)
}

/** The worst price that a market order may trade at: the edge of the band. */
export function worstPriceTicks(market: Market, side: Side): number {
  const { lowest, highest } = priceBand(market)
  return side === 'buy' ? highest : lowest
}

/** Where an order that comes in now may trade: within both volatility bands. */
export function volatilityRange(market: Market): PriceRange {
  const { definition, lastPriceTicks, auctionPriceTicks } = market
  const { staticBandBasisPoints, dynamicBandBasisPoints, referencePriceTicks } = definition
  const bands: PriceRange[] = []
  if (staticBandBasisPoints > 0)
    bands.push(rangeAround(auctionPriceTicks || referencePriceTicks, staticBandBasisPoints))
  if (dynamicBandBasisPoints > 0 && lastPriceTicks > 0) bands.push(rangeAround(lastPriceTicks, dynamicBandBasisPoints))
  const edges = bands.map((band) => clamped(band, market))
  return {
    lowest: Math.max(everyPrice.lowest, ...edges.map(({ lowest }) => lowest)),
    highest: Math.min(everyPrice.highest, ...edges.map(({ highest }) => highest)),
  }
}

/** Whether the last price has come to a stop price. */
export function isReached(side: Side, stopPriceTicks: number, { lastPriceTicks }: Market): boolean {
  if (lastPriceTicks === 0) return false
  return side === 'buy' ? lastPriceTicks >= stopPriceTicks : lastPriceTicks <= stopPriceTicks
}

export function bestOppositeTicks({ book }: Market, side: Side): number {
  return book.resting[opposite[side]][0].priceTicks
}

/** Every price if the width is 0. */
export function rangeAround(centreTicks: number, basisPoints: number): PriceRange {
  if (basisPoints === 0) return everyPrice
  const widthTicks = Math.floor((centreTicks * basisPoints) / 10_000)
  return { lowest: centreTicks - widthTicks, highest: centreTicks + widthTicks }
}

const everyPrice = { lowest: Number.NEGATIVE_INFINITY, highest: Number.POSITIVE_INFINITY }

/** An edge outside the instrument's range is the nearest price of it. */
function clamped({ lowest, highest }: PriceRange, { definition }: Market): PriceRange {
  const { minPriceTicks, maxPriceTicks } = definition
  const within = (priceTicks: number) => Math.min(Math.max(priceTicks, minPriceTicks), maxPriceTicks)
  return { lowest: within(lowest), highest: within(highest) }
}

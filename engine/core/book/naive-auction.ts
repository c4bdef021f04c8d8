/** Auctions in a naive book: at which price one would trade, and the trading itself. */
import type { NaiveBook } from './naive-book.ts'
import { type BookOrder, sumOf } from './naive-order.ts'

export interface Auction {
  readonly priceTicks: number
  readonly volumeLots: number
  /** What would be left at that price: positive to buy, negative to sell. */
  readonly imbalanceLots: number
}

/** What would trade if the book were uncrossed now; undefined if nothing would. */
export function auctionOf({ resting: { buy, sell } }: NaiveBook, referencePriceTicks: number): Auction | undefined {
  const highestBuyTicks = buy[0]?.priceTicks ?? 0
  const lowestSellTicks = sell[0]?.priceTicks ?? Number.POSITIVE_INFINITY
  if (highestBuyTicks < lowestSellTicks) return undefined
  // What a market order would pay at worst is no opinion of the price.
  const within = ({ priceTicks }: BookOrder) => lowestSellTicks <= priceTicks && priceTicks <= highestBuyTicks
  const limits = [...buy, ...sell].filter((order) => order.orderType !== 'market' && within(order)).map(priceOf)
  const nearestTicks = Math.max(lowestSellTicks, Math.min(highestBuyTicks, referencePriceTicks))
  const least = Math.min(...limits, nearestTicks)
  const most = Math.max(...limits, nearestTicks)
  // Figures change only at prices of orders, so these stand for all prices between.
  const candidates = [...buy, ...sell].flatMap(({ priceTicks }) => [priceTicks - 1, priceTicks, priceTicks + 1])
  const considered = new Set([...candidates, nearestTicks])
  const auctions = [...considered]
    .filter((priceTicks) => least <= priceTicks && priceTicks <= most)
    .map((priceTicks) => auctionAt(priceTicks, buy, sell))

  const mostLots = Math.max(...auctions.map(({ volumeLots }) => volumeLots))
  const largest = auctions.filter(({ volumeLots }) => volumeLots === mostLots)
  const leastLots = Math.min(...largest.map(({ imbalanceLots }) => Math.abs(imbalanceLots)))
  const best = largest.filter(({ imbalanceLots }) => Math.abs(imbalanceLots) === leastLots)
  const highestFirst = best.toSorted((one, other) => other.priceTicks - one.priceTicks)
  if (best.every(({ imbalanceLots }) => imbalanceLots > 0)) return highestFirst[0]
  if (best.every(({ imbalanceLots }) => imbalanceLots < 0)) return highestFirst.at(-1)
  const distance = ({ priceTicks }: Auction) => Math.abs(priceTicks - referencePriceTicks)
  return highestFirst.toSorted((one, other) => distance(one) - distance(other))[0]
}

/**
 * Trades until the book is no longer crossed.
 *
 * @returns the auction price of the first round, if it was crossed at all
 */
export function uncross(book: NaiveBook, referencePriceTicks: () => number): number | undefined {
  let firstPriceTicks: number | undefined
  for (;;) {
    keepApart(book)
    const auction = auctionOf(book, referencePriceTicks())
    if (!auction) return firstPriceTicks
    firstPriceTicks ??= auction.priceTicks
    uncrossAt(auction.priceTicks, book)
  }
}

/** Orders of one owner do not meet: as long as they are first in line of both sides, self-trade prevention is done. */
function keepApart(book: NaiveBook): void {
  for (;;) {
    const [buy] = book.resting.buy
    const [sell] = book.resting.sell
    if (!buy || !sell || buy.priceTicks < sell.priceTicks || buy.owner !== sell.owner) return
    book.beginAt('buy', buy.priceTicks)
    book.beginAt('sell', sell.priceTicks)
    meetInAuction(book, buy, sell, 0)
    book.endAt('buy')
    book.endAt('sell')
  }
}

/** One round: the first in line of each side meet as long as both are willing to trade at that price. */
function uncrossAt(priceTicks: number, book: NaiveBook): void {
  const { buy: buys, sell: sells } = book.resting
  let buyLevel = 0
  let sellLevel = 0
  while (buys.length > 0 && sells.length > 0) {
    const [[buy], [sell]] = [buys, sells]
    if (buy.priceTicks < priceTicks || sell.priceTicks > priceTicks) break
    if (buy.priceTicks !== buyLevel) book.beginAt('buy', buy.priceTicks)
    if (sell.priceTicks !== sellLevel) book.beginAt('sell', sell.priceTicks)
    buyLevel = buy.priceTicks
    sellLevel = sell.priceTicks
    meetInAuction(book, buy, sell, priceTicks)
    // A level that has no orders left is done.
    if (buys[0]?.priceTicks !== buyLevel) book.endAt('buy')
    if (sells[0]?.priceTicks !== sellLevel) book.endAt('sell')
  }
  book.endAt('buy')
  book.endAt('sell')
}

function meetInAuction(book: NaiveBook, buy: BookOrder, sell: BookOrder, priceTicks: number): void {
  const [resting, incoming] = buy.orderId < sell.orderId ? [buy, sell] : [sell, buy]
  const quantityLots = Math.min(buy.shownLots, sell.shownLots)
  const goesOn = book.meet({ resting, incoming, aggressor: 'any', priceTicks, quantityLots })
  if (!goesOn) book.cancel(incoming)
}

function auctionAt(priceTicks: number, buys: readonly BookOrder[], sells: readonly BookOrder[]): Auction {
  const buyLots = sumOf(buys.filter((order) => order.priceTicks >= priceTicks).map(leavesOf))
  const sellLots = sumOf(sells.filter((order) => order.priceTicks <= priceTicks).map(leavesOf))
  return { priceTicks, volumeLots: Math.min(buyLots, sellLots), imbalanceLots: buyLots - sellLots }
}

function priceOf(order: BookOrder): number {
  return order.priceTicks
}

function leavesOf(order: BookOrder): number {
  return order.leavesLots
}

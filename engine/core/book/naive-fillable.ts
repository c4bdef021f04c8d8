/** What a fill-or-kill order may count on, in a naive book. */
import type { NaiveBook } from './naive-book.ts'
import { type BookOrder, isInReach, isWithin, opposite, type PriceRange, sumOf } from './naive-order.ts'

/**
 * What an order could fill at once: not what lies behind an own order, unless that one would be cancelled, and no
 * reduce-only orders, which may go because of what trades before them.
 */
export function fillableLots(order: BookOrder, { resting }: NaiveBook, range: PriceRange): number {
  const makers = resting[opposite[order.side]]
  const end = makers.findIndex(({ priceTicks }) => !isInReach(order, priceTicks) || !isWithin(range, priceTicks))
  const reach = end === -1 ? makers : makers.slice(0, end)
  const own = reach.find((maker) => maker.owner === order.owner)
  if (!own || order.selfTradePrevention === 'cancelOldest') {
    return sumOf(reach.filter((maker) => maker.owner !== order.owner && stays(maker)).map((maker) => maker.leavesLots))
  }
  // The hidden part of an order beside the own one would come behind it.
  const before = reach.slice(0, reach.indexOf(own))
  return sumOf(
    before.filter(stays).map((maker) => (maker.priceTicks === own.priceTicks ? maker.shownLots : maker.leavesLots)),
  )
}

function stays({ reduceOnly }: BookOrder): boolean {
  return !reduceOnly
}

/** What one participant with very many open orders must not be able to do to the exchange. */
import { expect, it } from 'vitest'
import { Venue } from './exchange-fixture.ts'

it('cancels 150,000 orders of one session at the kill switch', () => {
  const venue = new Venue()
  venue.limitRisk('A', { maxOpenOrders: 200_000 })
  venue.limitRisk('C', { isAdmin: true })
  for (let order = 0; order < 150_000; order++) venue.buy('A', 1, 100)
  venue.control('C', { type: 'blockParticipant', participant: 'A', blocked: true })
  expect(venue.exchange.openOrderCount).toBe(0)
})

it('cancels a reduce-only order at each of 20,000 fills of a participant that has 20,000 of them', () => {
  const venue = new Venue()
  venue.limitRisk('A', { maxOpenOrders: 50_000 })
  venue.sell('B', 20_000, 100)
  venue.buy('A', 20_000, 100)
  for (let order = 0; order < 20_000; order++) venue.sell('A', 1, 500, { reduceOnly: true })
  for (let order = 0; order < 20_000; order++) venue.sell('A', 1, 110)
  venue.buy('B', 19_998, 110)
  expect(venue.ledger('A').positionLots).toBe(2)
  // The oldest two of them, and what was not sold.
  expect(venue.exchange.orders(1, 2).map(({ orderId }) => orderId)).toEqual([40_001, 40_002, 3, 4])
})

it('cancels the newest reduce-only orders first, whatever came, went and was replaced before', () => {
  const venue = new Venue()
  venue.sell('B', 10, 100)
  venue.buy('A', 10, 100)
  for (const price of [201, 202, 203, 204, 205, 206]) venue.sell('A', 1, price, { reduceOnly: true })
  venue.sell('A', 1, 300, { reduceOnly: true, timeInForce: 'atClose' })
  venue.cancel('A', 4)
  venue.replace('A', 3, 1, 250)
  venue.buy('B', 10, 100)
  const sell = (lots: number) => venue.sell('A', lots, 100).filter((line) => line.includes('reduceOnly'))
  // Six lots are reduce-only: with five to hold one of them goes, with three the next two.
  expect(sell(5)).toEqual(['A#8 cancelled: 1, reduceOnly'])
  expect(sell(2)).toEqual(['A#7 cancelled: 1, reduceOnly', 'A#6 cancelled: 1, reduceOnly'])
  expect(venue.queue('sell')).toEqual(['201: 1', '204: 1', '250: 1'])
})

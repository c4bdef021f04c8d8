import { expect, test } from 'vitest'
import { fakeInstrument, positionOf } from '../../protocol/client/fake-engine.ts'
import { BookBuilder } from '../../protocol/client/index.ts'
import { Desk } from './desk.ts'
import { SimulatedVenue } from './simulated-venue.ts'
import { WorkingOrders } from './working-orders.ts'

const limits = { maxPositionLots: 100, stopLossMinor: 1_000, maxSilenceMs: 1_000 }

/** A desk whose book has these levels, each `price x quantity`, and none of them its own yet. */
function stand(bids: [number, number][], asks: [number, number][], maxOrderQuantityLots = 10_000) {
  const book = new BookBuilder()
  const levels = (side: [number, number][]) =>
    side.map(([priceTicks, quantityLots]) => ({ priceTicks, quantityLots, orderCount: 1 }))
  book.apply({
    type: 'bookSnapshot',
    instrument: 1,
    previousSequence: 0,
    sequence: 1,
    engineTimeUs: 1,
    bids: levels(bids),
    asks: levels(asks),
  })
  const venue = new SimulatedVenue()
  const orders = new WorkingOrders(venue)
  venue.listener = orders
  const desk = new Desk({ ...fakeInstrument, maxOrderQuantityLots }, orders, { book: () => book, silenceMs: 0 }, limits)
  const own = (side: 'buy' | 'sell', priceTicks: number, quantityLots: number) =>
    orders.submit({ instrument: 1, side, priceTicks, quantityLots })
  return { desk, venue, orders, own }
}

test("the others' best price leaves out levels that are the bot's own", () => {
  const { desk, venue, own } = stand(
    [
      [100, 10],
      [99, 15],
      [98, 5],
    ],
    [[101, 10]],
  )
  own('buy', 100, 10)
  own('buy', 99, 10)
  own('sell', 101, 10)
  venue.answerAll()
  expect([desk.bestTicks('buy'), desk.othersBestTicks('buy')]).toEqual([100, 99])
  expect([desk.bestTicks('sell'), desk.othersBestTicks('sell')]).toEqual([101, 0])
})

test('an order with a request outstanding counts where it was and where it will be', () => {
  const { desk, venue, orders, own } = stand(
    [
      [100, 10],
      [99, 10],
      [98, 5],
    ],
    [],
  )
  own('buy', 99, 10)
  // The book may show it before the answer is here.
  expect(desk.othersBestTicks('buy')).toBe(100)
  venue.answerAll()
  orders.replace(orders.of(1)[0], 10, 100)
  expect(desk.othersBestTicks('buy')).toBe(98)
})

test('room is bounded by the position limit and by the largest order of the instrument', () => {
  const { desk, own } = stand([], [], 60)
  expect(desk.roomLots('buy')).toBe(60)
  own('buy', 100, 70)
  expect(desk.roomLots('buy')).toBe(30)
})

test('a position is marked at the middle of the book', () => {
  const { desk } = stand([[100, 10]], [[103, 10]])
  desk.position.onPosition(positionOf({ positionLots: 10, cashMinor: 0, feesMinor: 0 }))
  desk.assess(true)
  desk.position.onPosition(positionOf({ positionLots: 20, cashMinor: -1_000, feesMinor: 0 }))
  // Ten lots more for 1,000, worth 101.5 each.
  expect(desk.position.pnlMinor).toBe(15)
})

import { expect, test } from 'vitest'
import { completeRow } from '../../protocol/complete.ts'
import type { Row } from '../../protocol/messages.ts'
import { SimulatedVenue } from './simulated-venue.ts'
import { expectedLeavesLots, leavesLots, WorkingOrders } from './working-orders.ts'

function stand() {
  const venue = new SimulatedVenue()
  const orders = new WorkingOrders(venue)
  venue.listener = orders
  const buy = (quantityLots: number, priceTicks: number) =>
    orders.submit({ instrument: 1, side: 'buy', quantityLots, priceTicks })
  return { venue, orders, buy }
}

test('until a replace is answered, the larger of both quantities may still be filled', () => {
  const { venue, orders, buy } = stand()
  buy(10, 100)
  venue.answerAll()
  const [order] = orders.of(1)
  orders.replace(order, 25, 100)
  expect(orders.worstOpenLots(1, 'buy')).toBe(25)
  venue.answerAll()
  orders.replace(order, 5, 100)
  expect([orders.worstOpenLots(1, 'buy'), expectedLeavesLots(order)]).toEqual([25, 5])
  venue.answerAll()
  expect([orders.worstOpenLots(1, 'buy'), orders.worstOpenLots(1, 'sell')]).toEqual([5, 0])
})

test('a cancel frees nothing until it is answered', () => {
  const { venue, orders, buy } = stand()
  buy(10, 100)
  venue.answerAll()
  const [order] = orders.of(1)
  orders.cancel(order)
  expect([orders.worstOpenLots(1, 'buy'), expectedLeavesLots(order)]).toEqual([10, 0])
  venue.answerAll()
  expect([orders.worstOpenLots(1, 'buy'), orders.count]).toEqual([0, 0])
})

test('fills reduce what is left, also under an outstanding request, and the last one ends the order', () => {
  const { venue, orders, buy } = stand()
  buy(10, 100)
  venue.answerAll()
  const [order] = orders.of(1)
  orders.replace(order, 12, 101)
  venue.fill(1, 4)
  expect([leavesLots(order), expectedLeavesLots(order)]).toEqual([6, 8])
  venue.fill(1, 6)
  expect(orders.count).toBe(0)
  // The replace finds no order any more; there is nothing left to put right.
  venue.answerAll()
  expect(orders.count).toBe(0)
})

test('an order that was reduced is smaller, and one that expired is gone', () => {
  const { venue, orders, buy } = stand()
  buy(10, 100)
  venue.answerAll()
  const [order] = orders.of(1)
  venue.fill(1, 2)
  venue.reduce(1, 3)
  expect([leavesLots(order), expectedLeavesLots(order), orders.worstOpenLots(1, 'buy')]).toEqual([5, 5, 5])
  orders.replace(order, 12, 100)
  venue.reduce(1, 1)
  expect([leavesLots(order), expectedLeavesLots(order)]).toEqual([4, 10])
  venue.answerAll()
  expect(leavesLots(order)).toBe(10)
  venue.expire(1)
  expect(orders.count).toBe(0)
})

test('submitted lots are those of accepted orders and what replaces added, so that never more is filled', () => {
  const { venue, orders, buy } = stand()
  buy(10, 100)
  venue.answerAll()
  buy(10, 99)
  venue.answerNext('reject')
  const [order] = orders.of(1)
  orders.replace(order, 14, 100)
  venue.answerAll()
  orders.replace(order, 3, 100)
  venue.answerAll()
  expect([orders.submittedLots, orders.acceptedOrders]).toEqual([14, 3])
})

test('a mass cancel ends the orders of its instrument only as the engine tells', () => {
  const { venue, orders, buy } = stand()
  buy(10, 100)
  buy(10, 99)
  orders.cancelAll(1)
  orders.cancelAll(1)
  expect(venue.requests.filter((request) => request === 'mass cancel 1').length).toBe(1)
  expect(orders.countOf(1)).toBe(2)
  venue.answerAll()
  expect(orders.countOf(1)).toBe(0)
})

test('a mass cancel that was rejected may be asked for again', () => {
  const { venue, orders, buy } = stand()
  buy(10, 100)
  venue.answerAll()
  orders.cancelAll(1)
  venue.answerNext('reject')
  orders.cancelAll(1)
  venue.answerAll()
  expect(orders.count).toBe(0)
})

test('after a start over nothing is known until the cancellation of all orders is answered', () => {
  const { venue, orders, buy } = stand()
  buy(10, 100)
  venue.answerAll()
  orders.startOver()
  expect([orders.count, orders.areAllKnown]).toEqual([0, false])
  venue.answerNext('reject')
  expect(orders.areAllKnown).toBe(false)
  orders.cancelAll(0)
  venue.answerAll()
  expect(orders.areAllKnown).toBe(true)
  expect(venue.workingQuotes()).toEqual([])
})

const open = (fields: Partial<Row<'openOrder'>>) =>
  completeRow('openOrder', {
    ...{ orderRef: 1, orderId: 1, instrument: 1, side: 'buy', orderType: 'postOnly', timeInForce: 'goodTillCancel' },
    ...{ quantityLots: 10, leavesLots: 10, priceTicks: 100 },
    ...fields,
  } as Row<'openOrder'>)
const tradesAll = () => true

test('orders that are taken over are as told, and what the engine has not processed yet stays outstanding', () => {
  const { venue, orders, buy } = stand()
  buy(10, 100)
  buy(10, 99)
  venue.answerAll()
  orders.replace(orders.of(1)[0], 20, 101)
  buy(5, 98)
  // Order 2 was filled unseen, order 1 in part; of a former process there is order 7. The replace and order 4 are to come.
  orders.takeOver([open({ leavesLots: 4 }), open({ orderRef: 7, side: 'sell', priceTicks: 105 })], tradesAll)
  const seen = orders.of(1).map((order) => [order.ref, order.outstanding, leavesLots(order), expectedLeavesLots(order)])
  expect(seen).toEqual([
    [1, 'replace', 4, 14],
    [7, 'none', 10, 10],
    [4, 'new', 5, 5],
  ])
  expect([orders.worstOpenLots(1, 'buy'), orders.worstOpenLots(1, 'sell')]).toEqual([19, 10])
})

test('a request whose outcome is in what was taken over is outstanding no more, and counted as what it was', () => {
  const { venue, orders, buy } = stand()
  buy(10, 100)
  venue.answerAll()
  const [order] = orders.of(1)
  orders.replace(order, 12, 101)
  buy(5, 99)
  buy(5, 98)
  // The replace and the first of the new orders were carried out; of the second there is no trace.
  const replaced = open({ quantityLots: 12, leavesLots: 12, priceTicks: 101 })
  orders.takeOver([replaced, open({ orderRef: 3, quantityLots: 5, leavesLots: 5, priceTicks: 99 })], tradesAll)
  orders.onUnanswered({ type: 'replaceOrder', ref: 2, orderRef: 1, quantityLots: 12, priceTicks: 101 }, 'unknown')
  const sent = { type: 'newOrder', instrument: 1, side: 'buy', orderType: 'limit', timeInForce: 'day' } as const
  orders.onUnanswered({ ...sent, ref: 3, quantityLots: 5 }, 'open')
  orders.onUnanswered({ ...sent, ref: 4, quantityLots: 5 }, 'unknown')
  expect(orders.of(1)).toMatchObject([
    { ref: 1, outstanding: 'none', quantityLots: 12, priceTicks: 101, wasReplaceRefused: false },
    { ref: 3, outstanding: 'none', priceTicks: 99 },
  ])
  expect([orders.count, orders.acceptedOrders, orders.submittedLots]).toEqual([2, 2, 15])
})

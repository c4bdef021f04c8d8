import { expect, test } from 'vitest'
import { fakeInstrument, positionOf } from '../../protocol/client/fake-engine.ts'
import { completeRow } from '../../protocol/complete.ts'
import { orderTable, positionTable } from './tables.ts'

test('open orders are told by session, with prices as prices and what is not there as a dash', () => {
  const order = completeRow('openOrder', {
    ...{ orderRef: 12, orderId: 40, instrument: 1, side: 'buy', orderType: 'limit', timeInForce: 'goodTillCancel' },
    ...{ quantityLots: 1_500, leavesLots: 900, priceTicks: 9_999, displayQuantityLots: 100 },
  })
  const stop = {
    ...order,
    orderRef: 13,
    orderType: 'stop',
    priceTicks: 0,
    stopPriceTicks: 9_000,
    displayQuantityLots: 0,
  }
  const quote = { ...order, orderRef: 14, isQuote: true, displayQuantityLots: 0 }
  const orders = [
    { ...order, session: 'main' },
    { ...stop, orderType: 'stop' as const, session: 'main' },
    { ...quote, session: 'desk' },
  ]
  expect(orderTable(orders, [fakeInstrument])).toEqual([
    'session  ref  instrument  side  type   time in force   price   stop  quantity  left  shown',
    'main      12  ACME        buy   limit  goodTillCancel  99.99      –     1,500   900    100',
    'main      13  ACME        buy   stop   goodTillCancel      –  90.00     1,500   900      –',
    'desk      14  ACME        buy   quote  goodTillCancel  99.99      –     1,500   900      –',
  ])
})

test('of a position the average price follows from what it cost, and P&L is what is realised and not, less fees', () => {
  // 4 lots for 400.06 in all: 100.015 each.
  const long = { positionLots: 4, costMinor: 40_006, realisedMinor: 250, unrealisedMinor: -6, feesMinor: 44 }
  const positions = [
    positionOf(long),
    positionOf({ positionLots: -4, costMinor: -40_006 }),
    positionOf({ feesMinor: 1 }),
  ]
  expect(positionTable(positions, [fakeInstrument])).toEqual([
    'instrument  position  average price  realised  unrealised  fees    P&L',
    'ACME               4       100.0150      2.50       -0.06  0.44   2.00  USD',
    'ACME              -4       100.0150      0.00        0.00  0.00   0.00  USD',
    'ACME               0              –      0.00        0.00  0.01  -0.01  USD',
  ])
})

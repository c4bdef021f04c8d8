import { expect, test } from 'vitest'
import { fakeInstrument, positionOf } from '../../protocol/client/fake-engine.ts'
import type { Message } from '../../protocol/messages.ts'
import { PositionBook } from './position-book.ts'

function fill(side: 'buy' | 'sell', quantityLots: number, priceTicks: number, feeMinor: number): Message<'filled'> {
  return {
    type: 'filled',
    eventNumber: 1,
    sequence: 1,
    engineTimeUs: 1,
    orderRef: 1,
    orderId: 1,
    tradeId: 1,
    instrument: 1,
    side,
    priceTicks,
    quantityLots,
    leavesLots: 0,
    liquidity: 'maker',
    feeMinor,
  }
}

function bookOf(tickValueMinor = 1): PositionBook {
  return new PositionBook({ ...fakeInstrument, tickValueMinor })
}

test('profit is cash plus the position at the mark, fees included', () => {
  const book = bookOf(5)
  book.start()
  book.onFill(fill('buy', 10, 100, 3), false)
  expect(book.report(0).current).toEqual({ positionLots: 10, cashMinor: -5_003, feesMinor: 3 })
  book.mark(101)
  // 10 lots × 1 tick × 5 minor units, less 3 of fees.
  expect(book.pnlMinor).toBe(47)
  book.onFill(fill('sell', 10, 102, -2), false)
  // Bought at 100, sold at 102: 100, less 3 of fees, plus 2 of rebate.
  expect(book.report(2)).toEqual({
    symbol: 'ACME',
    opening: { positionLots: 0, cashMinor: 0, feesMinor: 0 },
    current: { positionLots: 0, cashMinor: 99, feesMinor: 1 },
    pnlMinor: 99,
    feesMinor: 1,
    openOrders: 2,
  })
})

test('a short position gains when the mark falls, at half a tick too', () => {
  const book = bookOf()
  book.start()
  book.onFill(fill('sell', 4, 100, 0), false)
  book.mark(98.5)
  expect(book.pnlMinor).toBe(6)
})

test('what was held before the bot began is no result of its own', () => {
  const book = bookOf()
  book.onPosition(positionOf({ positionLots: 7, cashMinor: -650, feesMinor: 20 }))
  book.mark(100)
  book.start()
  expect(book.report(0)).toMatchObject({
    current: { positionLots: 7 },
    pnlMinor: 0,
    feesMinor: 0,
    opening: { feesMinor: 20 },
  })
  book.mark(102)
  expect(book.pnlMinor).toBe(14)
})

test('a replayed fill counts as a fill, but the position told at logon has it already', () => {
  const book = bookOf()
  book.start()
  book.onPosition(positionOf({ positionLots: 4, cashMinor: -400, feesMinor: 0 }))
  book.onFill(fill('buy', 4, 100, 0), true)
  expect(book.report(0).current).toEqual({ positionLots: 4, cashMinor: -400, feesMinor: 0 })
  expect([book.fills, book.filledLots]).toEqual([1, 4])
})

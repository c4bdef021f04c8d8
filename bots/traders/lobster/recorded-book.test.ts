/** Rows are written as: what happened, then the bids and the asks that the orderbook file shows after it. */
import { describe, expect, test } from 'vitest'
import type { Side } from '../../../protocol/messages.ts'
import type { Ladder, MarketRow } from './market-row.ts'
import { RecordedBook, type Step } from './recorded-book.ts'

type Levels = readonly (readonly [priceTicks: number, quantityLots: number])[]

function row(
  action: MarketRow['action'],
  [orderId, side, quantityLots, priceTicks]: readonly [number, Side, number, number],
  bids: Levels,
  asks: Levels = [],
): MarketRow {
  const skipReason = action === 'skip' ? 'hiddenExecution' : undefined
  const order = { orderId, side, quantityLots, priceTicks }
  return { line: 1, timeSeconds: 0, action, skipReason, ...order, buy: ladder(bids), sell: ladder(asks) }
}

function ladder(levels: Levels): Ladder {
  return {
    pricesTicks: levels.map(([priceTicks]) => priceTicks),
    quantitiesLots: levels.map(([, quantityLots]) => quantityLots),
  }
}

/** Steps as text, and every submitted order given a ref as the venue would. */
function carryOut(steps: Step[] | undefined): string[] | undefined {
  return steps?.map((step) => {
    const { order, kind } = step
    if (kind === 'submit') order.ref = 1
    const lots = kind === 'reduce' ? step.byLots : order.leavesLots
    return `${kind} ${order.recordedId === 0 ? 'anonymous' : order.recordedId} ${lots} at ${order.priceTicks}`
  })
}

function queue(book: RecordedBook, side: Side, priceTicks: number): (readonly [number, number])[] {
  return book.queue(side, priceTicks).map(({ recordedId, leavesLots }) => [recordedId, leavesLots] as const)
}

const hidden = [0, 'buy', 1, 100] as const

describe('the window', () => {
  test('a level that enters it is seeded as one anonymous order', () => {
    const book = new RecordedBook()
    const steps = book.apply(row('skip', hidden, [[100, 50]], [[102, 30]]))
    expect(carryOut(steps)).toEqual(['submit anonymous 50 at 100', 'submit anonymous 30 at 102'])
  })

  test('what rested before a new order at the same price is seeded first, in front of it', () => {
    const book = new RecordedBook()
    const steps = book.apply(row('add', [7, 'buy', 20, 100], [[100, 50]]))
    expect(carryOut(steps)).toEqual(['submit anonymous 30 at 100', 'submit 7 20 at 100'])
    expect(queue(book, 'buy', 100)).toEqual([
      [0, 30],
      [7, 20],
    ])
  })

  test('a level that leaves it is forgotten, and its orders are cancelled', () => {
    const book = new RecordedBook()
    carryOut(book.apply(row('add', [7, 'buy', 20, 100], [[100, 50]])))
    const steps = book.apply(row('add', [8, 'buy', 5, 101], [[101, 5]]))
    expect(carryOut(steps)).toEqual(['cancel anonymous 0 at 100', 'cancel 7 0 at 100', 'submit 8 5 at 101'])
    expect(queue(book, 'buy', 100)).toEqual([])
  })

  test('a forgotten order that comes back with its level is part of the anonymous one', () => {
    const book = new RecordedBook()
    carryOut(book.apply(row('add', [7, 'buy', 20, 100], [[100, 20]])))
    carryOut(book.apply(row('add', [8, 'buy', 5, 101], [[101, 5]])))
    expect(carryOut(book.apply(row('cancel', [8, 'buy', 5, 101], [[100, 20]])))).toEqual([
      'cancel 8 0 at 101',
      'submit anonymous 20 at 100',
    ])
    expect(book.execute(row('execute', [7, 'buy', 20, 100], []))?.order.recordedId).toBe(0)
  })

  test('a new order outside of it is not submitted', () => {
    const book = new RecordedBook()
    carryOut(book.apply(row('skip', hidden, [[100, 50]])))
    expect(carryOut(book.apply(row('add', [7, 'buy', 5, 99], [[100, 50]])))).toEqual([])
  })

  test('a level whose quantity no row explains is cancelled and seeded anew, and counted', () => {
    const book = new RecordedBook()
    carryOut(book.apply(row('skip', hidden, [[100, 50]])))
    const steps = book.apply(row('skip', hidden, [[100, 60]]))
    expect(carryOut(steps)).toEqual(['cancel anonymous 0 at 100', 'submit anonymous 60 at 100'])
    expect(book.unexplainedLevels).toBe(1)
  })
})

describe('orders', () => {
  const bookWithQueue = () => {
    const book = new RecordedBook()
    carryOut(book.apply(row('skip', hidden, [[100, 50]])))
    carryOut(book.apply(row('add', [7, 'buy', 20, 100], [[100, 70]])))
    carryOut(book.apply(row('add', [8, 'buy', 10, 100], [[100, 80]])))
    return book
  }

  test('a partial cancel takes from the known order', () => {
    const book = bookWithQueue()
    expect(carryOut(book.apply(row('reduce', [7, 'buy', 5, 100], [[100, 75]])))).toEqual(['reduce 7 5 at 100'])
  })

  test('a partial cancel of all that is left is a cancel', () => {
    const book = bookWithQueue()
    expect(carryOut(book.apply(row('reduce', [7, 'buy', 20, 100], [[100, 60]])))).toEqual(['cancel 7 0 at 100'])
  })

  test('a delete of an unknown order takes its size from the anonymous one', () => {
    const book = bookWithQueue()
    expect(carryOut(book.apply(row('cancel', [3, 'buy', 30, 100], [[100, 50]])))).toEqual([
      'reduce anonymous 30 at 100',
    ])
    expect(queue(book, 'buy', 100)).toEqual([
      [0, 20],
      [7, 20],
      [8, 10],
    ])
  })

  test('an execution of an unknown order is due, because the anonymous one is first', () => {
    const execution = bookWithQueue().execute(row('execute', [3, 'buy', 50, 100], [[100, 30]]))
    expect(execution).toMatchObject({ isDue: true, order: { recordedId: 0, leavesLots: 0 } })
  })

  test('an execution of an order that is not first is not due', () => {
    const execution = bookWithQueue().execute(row('execute', [7, 'buy', 5, 100], [[100, 75]]))
    expect(execution).toMatchObject({ isDue: false, order: { recordedId: 7, leavesLots: 15 } })
  })

  test('an order that is neither known nor at a level of the window is unknown', () => {
    const book = bookWithQueue()
    expect(book.apply(row('cancel', [3, 'buy', 30, 99], [[100, 80]]))).toBeUndefined()
    expect(book.execute(row('execute', [3, 'sell', 30, 101], [[100, 80]]))).toBeUndefined()
  })
})

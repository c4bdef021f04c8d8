import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Message, Row } from '../messages.ts'
import { BookBuilder } from './book-builder.ts'

type BookMessage = Message<'bookSnapshot' | 'bookUpdate'>
const level = (priceTicks: number, quantityLots: number, orderCount = 1) => ({ priceTicks, quantityLots, orderCount })

function snapshot(sequence: number, bids: Row<'level'>[], asks: Row<'level'>[]): Message<'bookSnapshot'> {
  return { type: 'bookSnapshot', instrument: 1, previousSequence: 0, sequence, engineTimeUs: sequence, bids, asks }
}

function update(previousSequence: number, sequence: number, changes: Row<'levelChange'>[]): Message<'bookUpdate'> {
  return { type: 'bookUpdate', instrument: 1, previousSequence, sequence, engineTimeUs: sequence, changes }
}

/** Both sides as text, best first. */
function show(book: BookBuilder): string {
  const side = (name: 'buy' | 'sell') =>
    Array.from(
      { length: book.depth(name) },
      (_, rank) => `${book.priceTicksAt(name, rank)}x${book.quantityLotsAt(name, rank)}`,
    )
  return `${side('buy').join(' ')} | ${side('sell').join(' ')}`
}

test('a snapshot and the updates after it give the book, best level first', () => {
  const book = new BookBuilder()
  expect(book.apply(snapshot(5, [level(99, 10), level(98, 20)], [level(101, 7)]))).toBe('applied')
  const changes: Row<'levelChange'>[] = [
    { side: 'buy', ...level(100, 3) },
    { side: 'buy', ...level(99, 0, 0) },
    { side: 'sell', ...level(101, 6) },
    { side: 'sell', ...level(103, 1) },
  ]
  expect(book.apply(update(5, 9, changes))).toBe('applied')
  expect(show(book)).toBe('100x3 98x20 | 101x6 103x1')
  expect([book.bestPriceTicks('buy'), book.bestQuantityLots('buy')]).toEqual([100, 3])
  expect([book.bestPriceTicks('sell'), book.bestQuantityLots('sell')]).toEqual([101, 6])
  expect([book.depth('buy'), book.orderCountAt('buy', 1), book.orderCountAt('buy', 2)]).toEqual([2, 1, 0])
  expect(book.sequence).toBe(9)
})

test('an empty side has price and quantity 0', () => {
  const book = new BookBuilder()
  book.apply(snapshot(1, [], []))
  expect([book.bestPriceTicks('buy'), book.bestQuantityLots('sell'), book.priceTicksAt('sell', 3)]).toEqual([0, 0, 0])
})

test('an update after a missing one leaves the book unsynchronised until the next snapshot', () => {
  const book = new BookBuilder()
  book.apply(snapshot(5, [level(99, 10)], []))
  expect(book.apply(update(7, 8, [{ side: 'buy', ...level(100, 1) }]))).toBe('gap')
  expect(book.synchronised).toBe(false)
  expect(book.apply(update(5, 7, [{ side: 'buy', ...level(99, 9) }]))).toBe('waiting')
  expect(book.apply(snapshot(8, [level(100, 1)], []))).toBe('applied')
  expect([book.synchronised, show(book)]).toEqual([true, '100x1 | '])
})

test('a doubled or late message changes nothing', () => {
  const book = new BookBuilder()
  const first = snapshot(5, [level(99, 10)], [])
  const second = update(5, 6, [{ side: 'buy', ...level(99, 4) }])
  book.apply(first)
  book.apply(second)
  expect(book.apply(second)).toBe('stale')
  expect(book.apply(first)).toBe('stale')
  expect(show(book)).toBe('99x4 | ')
})

test('a synchronised book is the true book at its sequence, whatever was dropped, doubled or reordered', () => {
  const change = fc.record({
    side: fc.constantFrom('buy' as const, 'sell' as const),
    priceTicks: fc.integer({ min: 1, max: 12 }),
    quantityLots: fc.integer({ min: 0, max: 3 }),
  })
  const turn = fc.uniqueArray(change, { minLength: 1, maxLength: 4, selector: (c) => `${c.side} ${c.priceTicks}` })
  const disturbance = fc.constantFrom('keep', 'keep', 'keep', 'drop', 'double', 'swap', 'snapshot')
  fc.assert(
    fc.property(fc.array(fc.tuple(turn, disturbance), { minLength: 1, maxLength: 40 }), (turns) => {
      const truth = new Map<string, number>()
      const trueBooks = new Map<number, string>()
      const messages: BookMessage[] = []
      turns.forEach(([changes, what], index) => {
        for (const { side, priceTicks, quantityLots } of changes) truth.set(`${side} ${priceTicks}`, quantityLots)
        const sequence = index + 1
        const whole = snapshotOf(truth, sequence)
        trueBooks.set(sequence, showSnapshot(whole))
        const next = update(
          index,
          sequence,
          changes.map((c) => ({ ...c, orderCount: c.quantityLots })),
        )
        if (index === 0 || what === 'snapshot') messages.push(whole)
        else if (what === 'double') messages.push(next, next)
        else if (what === 'swap') messages.splice(-1, 0, next)
        else if (what === 'keep') messages.push(next)
      })
      const book = new BookBuilder()
      for (const message of messages) {
        book.apply(message)
        if (book.synchronised) expect(show(book)).toBe(trueBooks.get(book.sequence))
      }
      const last = snapshotOf(truth, turns.length)
      book.apply(last)
      expect([book.synchronised, show(book)]).toEqual([true, showSnapshot(last)])
    }),
    { numRuns: 500 },
  )
})

function snapshotOf(truth: Map<string, number>, sequence: number): Message<'bookSnapshot'> {
  const side = (name: string, direction: number) =>
    [...truth]
      .filter(([key, quantity]) => key.startsWith(name) && quantity > 0)
      .map(([key, quantity]) => level(Number(key.split(' ')[1]), quantity, quantity))
      .sort((a, b) => (a.priceTicks - b.priceTicks) * direction)
  return snapshot(sequence, side('buy', -1), side('sell', 1))
}

function showSnapshot(message: Message<'bookSnapshot'>): string {
  const side = (levels: Row<'level'>[]) => levels.map((row) => `${row.priceTicks}x${row.quantityLots}`).join(' ')
  return `${side(message.bids)} | ${side(message.asks)}`
}

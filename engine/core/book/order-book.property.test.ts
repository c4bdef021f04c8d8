/** The fast book does what the naive one does, whatever comes. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FastOrderBook, NaiveOrderBook, type Terms, type TestedBook } from './order-book-fixture.ts'

const side = fc.constantFrom('buy' as const, 'sell' as const)
const quantityLots = fc.integer({ min: 1, max: 20 })
/** Few prices, so that orders meet; some far away, so that the index of prices has to look for them. */
const priceTicks = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 95, max: 105 }) },
  { weight: 1, arbitrary: fc.constantFrom(1, 1023, 1024, 3_000_000) },
)
const shared = {
  owner: fc.integer({ min: 1, max: 3 }),
  mode: fc.constantFrom('cancelNewest' as const, 'cancelOldest' as const, 'cancelBoth' as const, 'decrement' as const),
}
const resting = fc.record<Terms>({
  ...shared,
  type: fc.constantFrom('limit', 'limit', 'postOnly'),
  timeInForce: fc.constant('goodTillCancel'),
  displayQuantityLots: fc.constantFrom(0, 0, 1, 3, 7),
})
const passing = fc.record<Terms>({
  ...shared,
  type: fc.constantFrom('limit', 'market'),
  timeInForce: fc.constantFrom('immediateOrCancel', 'fillOrKill'),
})

type Step = (book: TestedBook, nextOrderId: number) => string[]
const place: fc.Arbitrary<Step> = fc.tuple(side, quantityLots, priceTicks, resting).map(
  ([side, lots, ticks, terms]) =>
    (book, id) =>
      book.submit(id, side, lots, ticks, terms),
)
const take: fc.Arbitrary<Step> = fc.tuple(side, quantityLots, priceTicks, passing).map(([side, lots, ticks, terms]) => {
  const edgeTicks = side === 'buy' ? 2 ** 30 - 1 : 1
  return (book, id) => book.submit(id, side, lots, terms.type === 'market' ? edgeTicks : ticks, terms)
})
/** Of one of the last thirty orders, which may be open no more. */
const ago = fc.integer({ min: 1, max: 30 })
const cancel: fc.Arbitrary<Step> = ago.map((ago) => (book, id) => book.cancel(id - ago))
const replace: fc.Arbitrary<Step> = fc.tuple(ago, priceTicks, quantityLots).map(
  ([ago, ticks, lots]) =>
    (book, id) =>
      book.replace(id - ago, ticks, lots),
)
const keepPrice: fc.Arbitrary<Step> = fc.tuple(ago, quantityLots).map(([ago, lots]) => (book, id) => {
  const line = [...book.orders('buy'), ...book.orders('sell')].find((line) => line.includes(`#${id - ago} `))
  return line === undefined ? [] : book.replace(id - ago, Number.parseInt(line, 10), lots)
})
const gather: fc.Arbitrary<Step> = fc.constant((book) => {
  book.gather()
  return []
})
const uncross: fc.Arbitrary<Step> = priceTicks.map((ticks) => (book) => book.uncross(ticks))

const step = fc.oneof(
  { weight: 10, arbitrary: place },
  { weight: 3, arbitrary: take },
  { weight: 4, arbitrary: cancel },
  { weight: 2, arbitrary: replace },
  { weight: 2, arbitrary: keepPrice },
  { weight: 1, arbitrary: gather },
  { weight: 2, arbitrary: uncross },
)

describe('the fast book', () => {
  it('tells and holds the same as the naive one after every step', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120, size: 'max' }), priceTicks, (steps, referencePriceTicks) => {
        const fast = new FastOrderBook()
        const naive = new NaiveOrderBook()
        for (const [index, take] of steps.entries()) {
          expect(take(fast, index + 1)).toEqual(take(naive, index + 1))
          expect(stateOf(fast, referencePriceTicks)).toEqual(stateOf(naive, referencePriceTicks))
        }
      }),
      { numRuns: 300 },
    )
  })
})

function stateOf(book: TestedBook, referencePriceTicks: number) {
  return {
    orders: [book.orders('buy'), book.orders('sell')],
    levels: [book.levels('buy'), book.levels('sell')],
    indication: book.indication(referencePriceTicks),
  }
}

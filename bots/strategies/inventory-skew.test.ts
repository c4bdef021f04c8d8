import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type InventorySkewParameters, inventorySkewQuotes, type QuoteView } from './inventory-skew.ts'

const parameters: InventorySkewParameters = { spreadTicks: 10, skewTicks: 5, sizeLots: 10, maxPositionLots: 100 }

function viewOf(change: Partial<QuoteView> = {}): QuoteView {
  return {
    fairPriceTicks: 10_000,
    positionLots: 0,
    bestBidTicks: 0,
    bestAskTicks: 0,
    minPriceTicks: 1,
    maxPriceTicks: 1_000_000,
    ...change,
  }
}

function show(view: QuoteView, given = parameters): string {
  return inventorySkewQuotes(view, given)
    .map((quote) => `${quote.side} ${quote.quantityLots}@${quote.priceTicks}`)
    .join(' ')
}

test('fair 100.00, spread 0.10, skew 0.05, 40 of 100 held gives 99.93 and 100.03, with the bid made smaller', () => {
  expect(show(viewOf({ positionLots: 40 }))).toBe('buy 6@9993 sell 10@10003')
})

test('short by as much it is the mirror image', () => {
  expect(show(viewOf({ positionLots: -40 }))).toBe('buy 10@9997 sell 6@10007')
})

test('prices are rounded outwards to whole ticks', () => {
  expect(show(viewOf({ fairPriceTicks: 10_000.5 }))).toBe('buy 10@9995 sell 10@10006')
})

test('at the limit only the side that reduces the position is quoted', () => {
  expect(show(viewOf({ positionLots: 100 }))).toBe('sell 10@10000')
  expect(show(viewOf({ positionLots: -120 }))).toBe('buy 10@10001')
})

test('just below the limit no more than the room to it is quoted', () => {
  expect(show(viewOf({ positionLots: 99 }), { ...parameters, sizeLots: 500 })).toBe('buy 1@9990 sell 199@10001')
})

test("a quote that would reach the others' best price stays one tick behind it", () => {
  expect(show(viewOf({ bestAskTicks: 9_990 }))).toBe('buy 10@9989 sell 10@10005')
  expect(show(viewOf({ bestBidTicks: 10_010 }))).toBe('buy 10@9995 sell 10@10011')
})

test('no quote outside the price range', () => {
  expect(show(viewOf({ fairPriceTicks: 3 }))).toBe('sell 10@8')
  expect(show(viewOf({ fairPriceTicks: 9_998, maxPriceTicks: 10_000 }))).toBe('buy 10@9993')
})

const anyView = fc.record({
  fairPriceTicks: fc.double({ min: 1_000, max: 2_000, noNaN: true }),
  positionLots: fc.integer({ min: -300, max: 300 }),
  bestBidTicks: fc.oneof(fc.constant(0), fc.integer({ min: 900, max: 2_100 })),
  bestAskTicks: fc.oneof(fc.constant(0), fc.integer({ min: 900, max: 2_100 })),
  minPriceTicks: fc.constant(1),
  maxPriceTicks: fc.constant(1_000_000),
})
const anyParameters = fc.record({
  spreadTicks: fc.integer({ min: 1, max: 50 }),
  skewTicks: fc.integer({ min: 0, max: 50 }),
  sizeLots: fc.integer({ min: 1, max: 100 }),
  maxPositionLots: fc.integer({ min: 1, max: 300 }),
})

function priceOf(view: QuoteView, given: InventorySkewParameters, side: 'buy' | 'sell'): number | undefined {
  return inventorySkewQuotes(view, given).find((quote) => quote.side === side)?.priceTicks
}

test('the more is held, the lower both quotes: longer never raises one', () => {
  fc.assert(
    fc.property(anyView, anyParameters, fc.integer({ min: 1, max: 100 }), (view, given, more) => {
      const longer = { ...view, positionLots: view.positionLots + more }
      for (const side of ['buy', 'sell'] as const) {
        const [before, after] = [priceOf(view, given, side), priceOf(longer, given, side)]
        if (before !== undefined && after !== undefined) expect(after).toBeLessThanOrEqual(before)
      }
    }),
  )
})

test('long by a whole tick of skew or more, both quotes are strictly below those of a flat book', () => {
  fc.assert(
    fc.property(anyView, anyParameters, (view, given) => {
      const open = { ...view, bestBidTicks: 0, bestAskTicks: 0 }
      const movedTicks = (given.skewTicks * open.positionLots) / given.maxPositionLots
      for (const side of ['buy', 'sell'] as const) {
        const [flat, skewed] = [priceOf({ ...open, positionLots: 0 }, given, side), priceOf(open, given, side)]
        if (flat === undefined || skewed === undefined || Math.abs(movedTicks) < 1 + 1e-6) continue
        expect(Math.sign(flat - skewed)).toBe(Math.sign(movedTicks))
      }
    }),
  )
})

test('quotes never cross each other or the others, and never ask for more than the limit allows', () => {
  fc.assert(
    fc.property(anyView, anyParameters, (view, given) => {
      const [bid, ask] = [priceOf(view, given, 'buy'), priceOf(view, given, 'sell')]
      if (bid !== undefined && ask !== undefined) expect(bid).toBeLessThan(ask)
      if (bid !== undefined && view.bestAskTicks > 0) expect(bid).toBeLessThan(view.bestAskTicks)
      if (ask !== undefined && view.bestBidTicks > 0) expect(ask).toBeGreaterThan(view.bestBidTicks)
      for (const { side, quantityLots } of inventorySkewQuotes(view, given)) {
        const held = side === 'buy' ? view.positionLots : -view.positionLots
        expect(quantityLots).toBeGreaterThan(0)
        expect(held + quantityLots).toBeLessThanOrEqual(given.maxPositionLots)
        expect(quantityLots).toBeLessThanOrEqual(given.sizeLots)
      }
    }),
  )
})

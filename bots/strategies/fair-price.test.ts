import { expect, test } from 'vitest'
import { FairPrice } from './fair-price.ts'

const nothing = { bestBidTicks: 0, bestAskTicks: 0, lastTradePriceTicks: 0 }

test('with nothing to go by it is the reference price', () => {
  const fair = new FairPrice(10_000)
  expect([fair.observe(nothing, 0), fair.observe(nothing, 60_000)]).toEqual([10_000, 10_000])
})

test("the first price seen counts in full: the others' middle, else the last trade", () => {
  const book = { bestBidTicks: 9_900, bestAskTicks: 9_911, lastTradePriceTicks: 9_000 }
  expect(new FairPrice(10_000).observe(book, 0)).toBe(9_905.5)
  expect(new FairPrice(10_000).observe({ ...book, bestAskTicks: 0 }, 0)).toBe(9_000)
})

test('it covers half of the way to a new price in five seconds, however often it looks', () => {
  const seldom = new FairPrice(10_000)
  const often = new FairPrice(10_000)
  const book = { bestBidTicks: 10_099, bestAskTicks: 10_101, lastTradePriceTicks: 0 }
  seldom.observe(nothing, 0)
  often.observe(nothing, 0)
  for (let nowMs = 100; nowMs < 5_000; nowMs += 100) often.observe(book, nowMs)
  // The pull to the reference price takes off less than one tick.
  expect(seldom.observe(book, 5_000)).toBeCloseTo(10_049.4, 1)
  expect(often.observe(book, 5_000)).toBeCloseTo(10_049.7, 0)
})

test('two makers that see only each other come back to the reference price', () => {
  const makers = [new FairPrice(10_000), new FairPrice(10_000)]
  const see = (priceTicks: number) => ({ ...nothing, bestBidTicks: priceTicks - 5, bestAskTicks: priceTicks + 5 })
  let prices = makers.map((maker) => maker.observe(see(10_800), 0))
  expect(prices).toEqual([10_800, 10_800])
  for (let nowMs = 100; nowMs <= 300_000; nowMs += 100) {
    const [first, second] = prices
    prices = [makers[0].observe(see(second), nowMs), makers[1].observe(see(first), nowMs)]
  }
  // One half-life of the pull.
  for (const price of prices) expect(price).toBeCloseTo(10_400, 0)
})

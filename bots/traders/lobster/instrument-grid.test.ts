import { describe, expect, test } from 'vitest'
import { InstrumentGrid } from './instrument-grid.ts'

describe('recorded prices, dollars × 10,000', () => {
  test.each([
    { tickSize: '0.01', price: 2_238_100, ticks: 22_381 },
    { tickSize: '0.01', price: 2_238_150, ticks: undefined },
    { tickSize: '0.05', price: 2_238_000, ticks: 4_476 },
    { tickSize: '0.05', price: 2_238_100, ticks: undefined },
    { tickSize: '0.0001', price: 2_238_101, ticks: 2_238_101 },
    { tickSize: '0.00005', price: 2_238_101, ticks: 4_476_202 },
    { tickSize: '1', price: 2_230_000, ticks: 223 },
    { tickSize: '0.01', price: 9_999_999_999, ticks: undefined },
    { tickSize: '0.01', price: 0, ticks: undefined },
    { tickSize: '0.01', price: -1_000_000, ticks: undefined },
  ])('$price at a tick of $tickSize is $ticks ticks', ({ tickSize, price, ticks }) => {
    expect(new InstrumentGrid(tickSize, '1').priceTicks(price)).toBe(ticks)
  })
})

describe('recorded sizes, shares', () => {
  test.each([
    { lotSize: '1', size: 18, lots: 18 },
    { lotSize: '100', size: 300, lots: 3 },
    { lotSize: '100', size: 350, lots: undefined },
    { lotSize: '0.5', size: 3, lots: 6 },
    { lotSize: '1', size: 0, lots: undefined },
  ])('$size at a lot of $lotSize is $lots lots', ({ lotSize, size, lots }) => {
    expect(new InstrumentGrid('0.01', lotSize).quantityLots(size)).toBe(lots)
  })
})

test.each(['0', '0.00', '', '-0.01', '1e-2', 'abc'])('a step of %j is refused', (step) => {
  expect(() => new InstrumentGrid(step, '1')).toThrow('is not a step above zero')
})

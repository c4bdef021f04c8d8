import { describe, expect, it } from 'vitest'
import { ratesPicture } from './rates-picture.ts'

const line = (label: string, ...rates: number[]) => ({
  label,
  colour: '#3b82f6',
  points: rates.map((rate, index) => ({ restingOrders: 1_000 * 10 ** index, rate })),
})

describe('picture of rates', () => {
  it('has equal steps from one power of ten to the next, and its highest rate at the top', () => {
    const picture = ratesPicture('rates', [line('fast', 10e6, 5e6, 0)])
    // Between 50 and 590 from left to right, 44 and 350 from top to bottom.
    expect(picture).toContain('M50.0 44.0L320.0 197.0L590.0 350.0')
  })

  it('keeps the names of lines that end close together apart', () => {
    const picture = ratesPicture('rates', [line('a', 9e6, 1.01e6), line('b', 8e6, 1e6), line('c', 7e6, 0.99e6)])
    const places = ['a', 'b', 'c'].map((name) => Number(new RegExp(`y="([0-9.]+)"[^>]*>${name}<`).exec(picture)?.[1]))
    expect(places[1] - places[0]).toBeGreaterThanOrEqual(18)
    expect(places[2] - places[1]).toBeGreaterThanOrEqual(18)
  })
})

import { describe, expect, it } from 'vitest'
import { median, percentile } from './statistics.ts'

describe('statistics', () => {
  it('takes the middle value, or the mean of the two middle ones, as the median', () => {
    expect(median([5, 1, 3])).toBe(3)
    expect(median([4, 1, 3, 2])).toBe(2.5)
  })

  it('takes the smallest value that the share does not exceed as a percentile', () => {
    const values = Float64Array.from({ length: 1_000 }, (_, index) => 1_000 - index)
    expect([0.5, 0.999, 1].map((share) => percentile(values, share))).toEqual([500, 999, 1_000])
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { feeMinor } from './money.ts'

describe('feeMinor', () => {
  it('takes hundredths of a basis point, rounded half up', () => {
    // 1,000.00 at 0.30 basis points is 0.03.
    expect(feeMinor(100_000, 30)).toBe(3)
    // 1,000.00 at -0.20 basis points is a rebate of 0.02.
    expect(feeMinor(100_000, -20)).toBe(-2)
    // Half a minor unit goes up, which for a rebate means towards zero.
    expect(feeMinor(500_000, 1)).toBe(1)
    expect(feeMinor(500_000, -1)).toBe(0)
    expect(feeMinor(499_999, 1)).toBe(0)
    expect(feeMinor(0, 1_000_000)).toBe(0)
  })

  it('is exact up to the largest notional and rate', () => {
    const notional = fc.integer({ min: 0, max: 2 ** 46 })
    const rate = fc.integer({ min: -1_000_000, max: 1_000_000 })
    fc.assert(
      fc.property(notional, rate, (notionalMinor, feeRate) => {
        const doubled = 2n * BigInt(notionalMinor) * BigInt(feeRate) + 1_000_000n
        const quotient = doubled / 2_000_000n
        const floor = doubled < 0n && doubled % 2_000_000n !== 0n ? quotient - 1n : quotient
        expect(feeMinor(notionalMinor, feeRate)).toBe(Number(floor))
      }),
      { numRuns: 5_000 },
    )
  })
})

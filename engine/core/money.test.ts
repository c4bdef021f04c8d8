import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { feeMinor, multiplyDivide } from './money.ts'

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
    const notional = fc.oneof(fc.integer({ min: 0, max: 2 ** 34 }), fc.integer({ min: 0, max: 2 ** 52 }))
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

describe('multiplyDivide', () => {
  it('rounds down', () => {
    expect(multiplyDivide(301, 1, 3)).toBe(100)
    expect(multiplyDivide(301, 3, 3)).toBe(301)
    expect(multiplyDivide(0, 5, 3)).toBe(0)
  })

  it('is exact where the product does not fit in 53 bits', () => {
    // A third of 2^52 + 2, twice.
    expect(multiplyDivide(2 ** 52 + 2, 2, 3)).toBe(3_002_399_751_580_332)
    const cost = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })
    const part = fc.oneof(fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: 1, max: 2 ** 50 }))
    fc.assert(
      fc.property(cost, part, part, (costMinor, one, other) => {
        const [lots, held] = [Math.min(one, other), Math.max(one, other)]
        const exact = (BigInt(costMinor) * BigInt(lots)) / BigInt(held)
        expect(multiplyDivide(costMinor, lots, held)).toBe(Number(exact))
      }),
      { numRuns: 5_000 },
    )
  })
})

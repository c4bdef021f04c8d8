import { describe, expect, it } from 'vitest'
import { countOf, type Decimal, multiply, parseDecimal } from './decimal.ts'

const decimal = (text: string) => parseDecimal(text) as Decimal

describe('decimals', () => {
  it('are plain numbers of at least 0, nothing else', () => {
    for (const text of ['0', '1', '0.01', '007', '123456789012345.123456789']) expect(parseDecimal(text)).toBeDefined()
    for (const text of ['', '.5', '5.', '-1', '+1', '1e3', '1_000', ' 1', '1,5', 'NaN', '0x10', '0.0000000001']) {
      expect(parseDecimal(text)).toBeUndefined()
    }
  })

  it('count exactly where floating point would not', () => {
    expect(countOf(decimal('585.33'), decimal('0.01'))).toBe(58_533)
    expect(countOf(decimal('0.3'), decimal('0.1'))).toBe(3)
    expect(countOf(decimal('100'), decimal('0.05'))).toBe(2_000)
    expect(countOf(decimal('100.02'), decimal('0.05'))).toBeUndefined()
    expect(countOf(decimal('1'), decimal('0'))).toBeUndefined()
  })

  it('multiply exactly', () => {
    expect(countOf(multiply(decimal('0.01'), decimal('0.001')), decimal('0.00001'))).toBe(1)
  })
})

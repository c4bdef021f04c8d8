import { describe, expect, it } from 'vitest'
import {
  formatCompact,
  formatCount,
  formatDuration,
  formatMeasure,
  formatMicroseconds,
  formatMoney,
  formatShare,
  formatSignedSteps,
  formatSteps,
  sparkline,
} from './format.ts'

describe('prices and money', () => {
  it("shows a price in the decimals of the instrument's tick size", () => {
    expect(formatSteps(10_000, '0.01')).toBe('100.00')
    expect(formatSteps(2_001, '0.05')).toBe('100.05')
    expect(formatSteps(7, '0.0001')).toBe('0.0007')
    expect(formatSteps(1_234_567, '1')).toBe('1,234,567')
    expect(formatSteps(3, '25')).toBe('75')
  })

  it('signs price changes both ways, and no change not at all', () => {
    expect(formatSignedSteps(12, '0.01')).toBe('+0.12')
    expect(formatSignedSteps(-12, '0.01')).toBe('-0.12')
    expect(formatSignedSteps(0, '0.01')).toBe('0.00')
  })

  it('shows money exactly, however large', () => {
    expect(formatMoney(0, 2)).toBe('0.00')
    expect(formatMoney(-5, 2)).toBe('-0.05')
    expect(formatMoney(123_456_789, 2)).toBe('1,234,567.89')
    expect(formatMoney(Number.MAX_SAFE_INTEGER, 2)).toBe('90,071,992,547,409.91')
    expect(formatMoney(-1_234, 0)).toBe('-1,234')
  })
})

describe('counts, rates and times', () => {
  it('keeps counts within five characters', () => {
    expect([0, 9_999, 10_000, 99_949, 99_950, 999_499, 999_500, 4_560_000].map(formatCompact)).toEqual([
      '0',
      '9999',
      '10.0k',
      '99.9k',
      '100k',
      '999k',
      '1.00M',
      '4.56M',
    ])
    expect(formatCompact(-12_340)).toBe('-12.3k')
  })

  it('sets off the thousands of exact counts', () => {
    expect([0, 999, 1_000, -1_234_567].map(formatCount)).toEqual(['0', '999', '1,000', '-1,234,567'])
  })

  it('shows small rates with a decimal', () => {
    expect([0, 3.14, 99.94, 123.4, 45_678].map(formatMeasure)).toEqual(['0.0', '3.1', '99.9', '123', '45.7k'])
  })

  it('chooses the unit of a duration so that three digits are enough', () => {
    expect([3, 999, 999.6, 1_234, 12_340, 123_400, 2_500_000].map(formatMicroseconds)).toEqual([
      '3 µs',
      '999 µs',
      '1.00 ms',
      '1.23 ms',
      '12.3 ms',
      '123 ms',
      '2.50 s',
    ])
  })

  it('shows a run time as a clock does', () => {
    expect([0, 5.9, 754, 3_723].map(formatDuration)).toEqual(['0:00', '0:05', '12:34', '1:02:03'])
  })

  it('shows a share of nothing as nothing', () => {
    expect(formatShare(1, 8)).toBe('12.5%')
    expect(formatShare(4_474, 4_482, 2)).toBe('99.82%')
    expect(formatShare(0, 0)).toBe('–')
  })
})

describe('sparkline', () => {
  it('spans the lowest to the highest value and keeps the newest on the right', () => {
    expect(sparkline([10, 11, 12, 13, 14, 15, 16, 17], 8)).toBe('▁▂▃▄▅▆▇█')
    expect(sparkline([1, 2, 99, 100], 2)).toBe('▁█')
    expect(sparkline([5], 3)).toBe('  ▄')
    expect(sparkline([], 3)).toBe('   ')
  })
})

import { describe, expect, it } from 'vitest'
import { formatTime, isAfter, isBefore, parseLogPoint } from './log-point.ts'
import { UsageError } from './usage-error.ts'

const parse = (text: string) => parseLogPoint(text, '--until')

describe('a place in the log', () => {
  it('is a sequence number, or from 1973 on microseconds since 1970', () => {
    expect(parse('1')).toEqual({ unit: 'sequence', value: 1 })
    expect(parse('99999999999999')).toEqual({ unit: 'sequence', value: 99_999_999_999_999 })
    expect(parse('100000000000000')).toEqual({ unit: 'time', value: 100_000_000_000_000 })
    expect(parse('1774949400123456')).toEqual({ unit: 'time', value: 1_774_949_400_123_456 })
  })

  it.each([
    ['2026-03-31', '2026-03-31T00:00:00.000000Z'],
    ['2026-03-31T09:30', '2026-03-31T09:30:00.000000Z'],
    ['2026-03-31 09:30:07', '2026-03-31T09:30:07.000000Z'],
    ['2026-03-31T09:30:07.5Z', '2026-03-31T09:30:07.500000Z'],
    ['2026-03-31T09:30:07.000001', '2026-03-31T09:30:07.000001Z'],
    ['2024-02-29', '2024-02-29T00:00:00.000000Z'],
  ])('may be a time in UTC: %s', (text, time) => {
    const { unit, value } = parse(text)
    expect([unit, formatTime(value)]).toEqual(['time', time])
  })

  it.each([
    '',
    '0',
    '-1',
    '1.5',
    'noon',
    '2026-02-29',
    '2026-13-01',
    '2026-03-31T24:01',
    '2026-03-31T09:30+02:00',
    '9'.repeat(16),
  ])('is nothing else: "%s"', (text) => {
    expect(() => parse(text)).toThrow(UsageError)
    expect(() => parse(text)).toThrow(`--until cannot be ${text}: `)
  })

  it('is compared by what it is given as, itself neither before nor after itself', () => {
    const command = { sequence: 7, timeUs: 1_774_949_400_000_000 }
    for (const [before, same, after] of [
      ['6', '7', '8'],
      ['2026-03-31T09:29:59.999999', '2026-03-31T09:30', '2026-03-31T09:30:00.000001'],
    ]) {
      expect([before, same, after].map((text) => isAfter(command, parse(text)))).toEqual([true, false, false])
      expect([before, same, after].map((text) => isBefore(command, parse(text)))).toEqual([false, false, true])
    }
  })
})

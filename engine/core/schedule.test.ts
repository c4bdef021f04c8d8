import { describe, expect, it } from 'vitest'
import { enumerations } from '../../protocol/messages.ts'
import { nextChangeUs, nextMidnightUs, parseSchedule, phaseAt, type Schedule } from './schedule.ts'

const { closed, closingAuction, continuous, openingAuction, preOpen } = enumerations.phase

const text = '08:00 preOpen, 08:50 openingAuction, 09:00 continuous, 17:30 closingAuction, 17:35 closed'
const tradingDay = parseSchedule(text) as Schedule

/** Microseconds since the epoch. */
function at(time: string): number {
  return Date.parse(`${time}Z`) * 1_000
}

describe('schedule', () => {
  it('is a list of times of the day with the phase that begins', () => {
    expect(parseSchedule('09:00 continuous, 17:30 closed')).toEqual([
      { timeUs: 9 * 3_600_000_000, phase: continuous },
      { timeUs: 17.5 * 3_600_000_000, phase: closed },
    ])
    expect(parseSchedule('')).toEqual([])
  })

  it.each([
    '9:00 continuous',
    '24:00 closed',
    '09:60 continuous',
    '09:00 lunch',
    '09:00 toString',
    '09:00',
    '09:00 continuous,17:30 closed',
    '09:00 continuous, ',
    ' 09:00 continuous',
    '17:30 closed, 09:00 continuous',
    '09:00 preOpen, 09:00 continuous',
  ])('cannot be %j', (malformed) => {
    expect(parseSchedule(malformed)).toBeUndefined()
  })

  it.each([
    ['2026-03-02T07:59:59.999', closed],
    ['2026-03-02T08:00:00.000', preOpen],
    ['2026-03-02T08:55:00.000', openingAuction],
    ['2026-03-02T17:29:59.999', continuous],
    ['2026-03-02T17:30:00.000', closingAuction],
    ['2026-03-02T23:59:59.999', closed],
    ['2026-03-03T00:00:00.000', closed],
  ])('says for %s phase %i', (time, phase) => {
    expect(phaseAt(tradingDay, at(time))).toBe(phase)
  })

  it.each([
    ['2026-03-02T00:00:00.000', '2026-03-02T08:00:00.000'],
    ['2026-03-02T08:00:00.000', '2026-03-02T08:50:00.000'],
    ['2026-03-02T08:59:59.999', '2026-03-02T09:00:00.000'],
    ['2026-03-02T17:35:00.000', '2026-03-03T08:00:00.000'],
    ['2026-12-31T23:00:00.000', '2027-01-01T08:00:00.000'],
  ])('changes next after %s at %s', (time, next) => {
    expect(nextChangeUs(tradingDay, at(time))).toBe(at(next))
  })

  it('with a single change lasts from day to day', () => {
    const always = parseSchedule('09:00 continuous') as Schedule
    expect(phaseAt(always, at('2026-03-02T03:00:00'))).toBe(continuous)
    expect(nextChangeUs(always, at('2026-03-02T09:00:00'))).toBe(at('2026-03-03T09:00:00'))
  })

  it('begins the next day at midnight, also when it is midnight now', () => {
    expect(nextMidnightUs(at('2026-03-02T00:00:00.000'))).toBe(at('2026-03-03T00:00:00'))
    expect(nextMidnightUs(at('2026-03-02T23:59:59.999'))).toBe(at('2026-03-03T00:00:00'))
  })
})

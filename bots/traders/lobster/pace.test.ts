import { describe, expect, test } from 'vitest'
import { Allowance, RecordedTime } from './pace.ts'

describe('the allowance of a session with 1,000 messages a second', () => {
  test('lets half a second of messages pass at once, then 900 a second', () => {
    const allowance = new Allowance(1_000, 0)
    expect(allowance.waitMs(0, 0)).toBe(0)
    expect(allowance.waitMs(500, 0)).toBe(0)
    expect(allowance.waitMs(590, 0)).toBeCloseTo(100)
    expect(allowance.waitMs(590, 100)).toBeCloseTo(0)
    expect(allowance.waitMs(599, 100)).toBeCloseTo(10)
  })

  test('does not save up more than that in a pause', () => {
    const allowance = new Allowance(1_000, 0)
    expect(allowance.waitMs(500, 60_000)).toBe(0)
    expect(allowance.waitMs(509, 60_000)).toBeCloseTo(10)
  })
})

test('at ten times recorded time a row is due a tenth of its distance from the first one', () => {
  const time = new RecordedTime(10, 1_000)
  expect(time.waitMs(34_200, 1_000)).toBe(0)
  expect(time.waitMs(34_202, 1_000)).toBeCloseTo(200)
  expect(time.waitMs(34_202, 1_150)).toBeCloseTo(50)
  expect(time.waitMs(34_202, 1_300)).toBe(0)
})

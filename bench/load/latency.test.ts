import { describe, expect, it } from 'vitest'
import { LatencyRecorder, Schedule } from './latency.ts'

describe('schedule', () => {
  it('spaces commands evenly from its start on', () => {
    const schedule = new Schedule(1_000, 10_000, 2)
    expect(schedule.total).toBe(20_000)
    expect(schedule.dueMs(0)).toBe(1_000)
    expect(schedule.dueMs(10)).toBe(1_001)
  })

  it('says how many commands are due: none before the start, one at it, all after the end', () => {
    const schedule = new Schedule(1_000, 1_000, 1)
    expect([999, 1_000, 1_000.5, 1_001, 5_000].map((now) => schedule.dueCount(now))).toEqual([0, 1, 1, 2, 1_000])
  })
})

describe('latency recorder', () => {
  it('leaves out commands that were due before the measured time', () => {
    const recorder = new LatencyRecorder(2_000)
    recorder.record(1_999.9, 2_500)
    recorder.record(2_000, 2_001)
    expect(recorder.summary()).toMatchObject({ count: 1, maxUs: 1_000 })
  })

  it('counts a stall of the server against every command that was due during it', () => {
    // 1,000 commands/s for 10 s to a server that answers after 1 ms, but is dead for the whole second from 5 s to 6 s.
    const schedule = new Schedule(0, 1_000, 10)
    const recorder = new LatencyRecorder(0)
    for (let index = 0; index < schedule.total; index++) {
      const dueMs = schedule.dueMs(index)
      const stalled = dueMs >= 5_000 && dueMs < 6_000
      recorder.record(dueMs, stalled ? 6_001 : dueMs + 1)
    }
    const { count, p50Us, p99Us, maxUs } = recorder.summary()
    expect(count).toBe(10_000)
    expect(p50Us / 1_000).toBeCloseTo(1, 1)
    // A tenth of all commands waited, evenly from 1 to 1,001 ms, so one in a hundred waited 901 ms or more. Counted from
    // when a waiting generator got round to sending, only one command in nine thousand would show it.
    expect(p99Us / 1_000).toBeGreaterThan(895)
    expect(p99Us / 1_000).toBeLessThan(905)
    expect(maxUs).toBe(1_001_000)
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Timers, timerKind } from './timers.ts'

const { dayBegins, orderExpires, phaseEnds } = timerKind

/** Takes everything that is due, as text: "time kind subject". */
function take(timers: Timers, timeUs: number): string[] {
  const taken: string[] = []
  while (timers.takeDue(timeUs)) taken.push(`${timers.dueUs} ${timers.kind} ${timers.subject}`)
  return taken
}

describe('Timers', () => {
  it('gives the earliest first, and what is due at the same time in the order in which it was set', () => {
    const timers = new Timers()
    timers.add(300, orderExpires, 1)
    timers.add(100, orderExpires, 2)
    timers.add(300, dayBegins, 0)
    timers.add(200, phaseEnds, 4)
    timers.add(300, orderExpires, 3)
    expect(timers.nextDueUs).toBe(100)
    expect(take(timers, 300)).toEqual(['100 2 2', '200 4 4', '300 2 1', '300 1 0', '300 2 3'])
    expect(timers.nextDueUs).toBe(0)
  })

  it('takes a timer at its time and not a microsecond before', () => {
    const timers = new Timers()
    timers.add(1_790_000_000_000_001, orderExpires, 7)
    expect(take(timers, 1_790_000_000_000_000)).toEqual([])
    expect(take(timers, 1_790_000_000_000_001)).toEqual(['1790000000000001 2 7'])
  })

  it('gives exactly what was set and not removed, as a sorted list would', () => {
    const step = fc.oneof(
      { weight: 8, arbitrary: fc.record({ add: fc.integer({ min: 1, max: 200 }) }) },
      { weight: 5, arbitrary: fc.record({ remove: fc.nat() }) },
      { weight: 1, arbitrary: fc.record({ takeBy: fc.integer({ min: 1, max: 20 }) }) },
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const timers = new Timers(2)
        // Set first stands first, and sorting is stable.
        let model: { dueUs: number; subject: number; timer: number }[] = []
        steps.forEach((step, subject) => {
          if ('add' in step) {
            model.push({ dueUs: step.add, subject, timer: timers.add(step.add, orderExpires, subject) })
            model.sort((first, second) => first.dueUs - second.dueUs)
          } else if ('remove' in step && model.length > 0) {
            const [removed] = model.splice(step.remove % model.length, 1)
            timers.remove(removed.timer)
          } else if ('takeBy' in step) {
            const due = model.filter(({ dueUs }) => dueUs <= step.takeBy)
            model = model.filter(({ dueUs }) => dueUs > step.takeBy)
            expect(take(timers, step.takeBy)).toEqual(due.map(({ dueUs, subject }) => `${dueUs} 2 ${subject}`))
          }
          expect(timers.nextDueUs).toBe(model[0]?.dueUs ?? 0)
        })
        expect(timers.list()).toEqual(model.map(({ dueUs, subject }) => ({ dueUs, kind: orderExpires, subject })))
      }),
      { numRuns: 500 },
    )
  })

  it('keeps the order when what fills a gap belongs further up', () => {
    const timers = new Timers()
    const set = [1, 10, 2, 11, 12, 3, 4, 13, 14, 15, 16, 5, 6, 7, 8].map((dueUs) => timers.add(dueUs, orderExpires, 0))
    timers.remove(set[3])
    expect(take(timers, 20).map((line) => Number.parseInt(line, 10))).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 13, 14, 15, 16,
    ])
  })

  it('uses the place of a timer that is gone again', () => {
    const timers = new Timers(4)
    const keeper = timers.add(50, dayBegins, 0)
    const first = timers.add(60, orderExpires, 1)
    timers.remove(first)
    for (let round = 0; round < 1_000; round++) {
      const timer = timers.add(60 + round, orderExpires, round)
      expect(timer).toBe(first)
      timers.remove(timer)
    }
    expect(timers.list()).toEqual([{ dueUs: 50, kind: dayBegins, subject: 0 }])
    timers.remove(keeper)
    expect(timers.nextDueUs).toBe(0)
  })
})

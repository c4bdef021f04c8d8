/** Schedules: times of the day (UTC) and the phase that begins at each, like "08:00 preOpen, 09:00 continuous". */
import type { Phase } from './surface.ts'

export const dayUs = 86_400_000_000

export interface ScheduledChange {
  readonly timeUs: number
  readonly phase: Phase
}

/** The change that was in force at a time: the last one at or before it, maybe the day before. */
export function lastChange(schedule: string, timeUs: number): ScheduledChange | undefined {
  return changesAround(schedule, timeUs).findLast((change) => change.timeUs <= timeUs)
}

/** The first change after a time. */
export function nextChange(schedule: string, timeUs: number): ScheduledChange | undefined {
  return changesAround(schedule, timeUs).find((change) => change.timeUs > timeUs)
}

export function startOfDayUs(timeUs: number): number {
  return Math.floor(timeUs / dayUs) * dayUs
}

/** Those of the day, of the one before and of the one after, in order. */
function changesAround(schedule: string, timeUs: number): ScheduledChange[] {
  if (schedule === '') return []
  const changes = schedule.split(',').flatMap((entry) => {
    const [time, phase] = entry.trim().split(' ')
    const [hours, minutes] = time.split(':').map(Number)
    const sinceMidnightUs = (hours * 60 + minutes) * 60_000_000
    return [-dayUs, 0, dayUs].map((day) => ({
      timeUs: startOfDayUs(timeUs) + day + sinceMidnightUs,
      phase: phase as Phase,
    }))
  })
  return changes.toSorted((one, other) => one.timeUs - other.timeUs)
}

/**
 * The trading day of an instrument: which phase begins at which time of the day (UTC). Written as text in the
 * definition, like "08:00 preOpen, 08:50 openingAuction, 09:00 continuous"; the last phase lasts until the first of the
 * next day.
 */
import { enumerations } from '../../protocol/messages.ts'

export interface ScheduledChange {
  /** Time of the day, from midnight UTC. */
  readonly timeUs: number
  /** Number of the phase that begins. */
  readonly phase: number
}

/** At least one change, in order of time, each at a time of its own; or none. */
export type Schedule = readonly ScheduledChange[]

const MINUTE_US = 60_000_000
const DAY_US = 1_440 * MINUTE_US

/** Undefined unless the text is a list of times of the day, each later than the one before, with a phase each. */
export function parseSchedule(text: string): Schedule | undefined {
  if (text === '') return []
  const changes: ScheduledChange[] = []
  for (const entry of text.split(', ')) {
    const parts = /^([01]\d|2[0-3]):([0-5]\d) (\w+)$/.exec(entry)
    if (parts === null || !Object.hasOwn(enumerations.phase, parts[3])) return undefined
    const timeUs = (Number(parts[1]) * 60 + Number(parts[2])) * MINUTE_US
    if (changes.length > 0 && timeUs <= changes[changes.length - 1].timeUs) return undefined
    changes.push({ timeUs, phase: enumerations.phase[parts[3] as keyof typeof enumerations.phase] })
  }
  return changes
}

/** The phase that a schedule says for a time: the one that began last, maybe the day before. */
export function phaseAt(schedule: Schedule, timeUs: number): number {
  const timeOfDayUs = timeUs % DAY_US
  let { phase } = schedule[schedule.length - 1]
  for (const change of schedule) {
    if (change.timeUs <= timeOfDayUs) phase = change.phase
  }
  return phase
}

/** When the schedule's next change after this time is. Its phase is `phaseAt` that time. */
export function nextChangeUs(schedule: Schedule, timeUs: number): number {
  const timeOfDayUs = timeUs % DAY_US
  const midnightUs = timeUs - timeOfDayUs
  for (const change of schedule) {
    if (change.timeUs > timeOfDayUs) return midnightUs + change.timeUs
  }
  return midnightUs + DAY_US + schedule[0].timeUs
}

/** The next midnight UTC after this time. */
export function nextMidnightUs(timeUs: number): number {
  return timeUs - (timeUs % DAY_US) + DAY_US
}

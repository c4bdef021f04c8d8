/** Places in the log as people name them, a sequence number or a time, and times as people read them: in UTC. */
import { UsageError } from './usage-error.ts'

/** A sequence number or a time. */
export interface LogPoint {
  readonly unit: 'sequence' | 'time'
  /** The number itself, or microseconds since 1970. */
  readonly value: number
}

/** What has a place in the log. */
export interface Placed {
  readonly sequence: number
  readonly timeUs: number
}

/** Whole numbers from here on are microseconds since 1970, of March 1973 or later; no log has so many commands. */
const firstTimeUs = 1e14

const timePattern = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?)?Z?$/
const rule =
  'it must be a sequence number, a time in microseconds since 1970, or a time in UTC like ' +
  '2026-03-31, 2026-03-31T09:30 or 2026-03-31T09:30:00.123456Z'

/** @throws UsageError if `text`, given with `option`, is neither */
export function parseLogPoint(text: string, option: string): LogPoint {
  if (/^\d+$/.test(text)) {
    const value = Number(text)
    if (!Number.isSafeInteger(value) || value === 0) throw new UsageError(`${option} cannot be ${text}: ${rule}`)
    return { unit: value < firstTimeUs ? 'sequence' : 'time', value }
  }
  const [, day, minutes = '00:00', seconds = '00', fraction = ''] = timePattern.exec(text) ?? []
  const whole = `${day}T${minutes}:${seconds}`
  const milliseconds = Date.parse(`${whole}.000Z`)
  // A day that the month doesn't have comes back as one of the next.
  if (Number.isNaN(milliseconds) || !new Date(milliseconds).toISOString().startsWith(whole)) {
    throw new UsageError(`${option} cannot be ${text}: ${rule}`)
  }
  return { unit: 'time', value: milliseconds * 1_000 + Number(fraction.padEnd(6, '0')) }
}

/** Whether something lies behind a point. */
export function isAfter({ sequence, timeUs }: Placed, point: LogPoint): boolean {
  return (point.unit === 'time' ? timeUs : sequence) > point.value
}

/** Whether something lies before a point. */
export function isBefore({ sequence, timeUs }: Placed, point: LogPoint): boolean {
  return (point.unit === 'time' ? timeUs : sequence) < point.value
}

export function formatLogPoint({ unit, value }: LogPoint): string {
  return unit === 'time' ? formatTime(value) : `command ${value}`
}

/** ISO 8601 in UTC, with microseconds. */
export function formatTime(timeUs: number): string {
  const milliseconds = Math.floor(timeUs / 1_000)
  const microseconds = (timeUs - milliseconds * 1_000).toString().padStart(3, '0')
  return `${new Date(milliseconds).toISOString().slice(0, -1)}${microseconds}Z`
}

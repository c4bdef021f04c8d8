/**
 * Latency under a fixed schedule: each command has a time at which it ought to be sent, whatever became of those before
 * it, and its latency counts from that time, not from when it was really sent. A server that stalls, or a generator that
 * falls behind, shows up in every command that was due meanwhile (no coordinated omission).
 */
import { build } from 'hdr-histogram-js'

/** When each command of an open-loop run is due. Times are milliseconds of one clock. */
export class Schedule {
  readonly total: number
  private readonly startMs: number
  private readonly ratePerSecond: number

  constructor(startMs: number, ratePerSecond: number, seconds: number) {
    this.startMs = startMs
    this.ratePerSecond = ratePerSecond
    this.total = Math.floor(ratePerSecond * seconds)
  }

  /** When command `index`, from 0, is due. */
  dueMs(index: number): number {
    return this.startMs + (index * 1_000) / this.ratePerSecond
  }

  /** How many commands are due by now. */
  dueCount(nowMs: number): number {
    if (nowMs < this.startMs) return 0
    return Math.min(this.total, Math.floor(((nowMs - this.startMs) * this.ratePerSecond) / 1_000) + 1)
  }
}

export interface LatencySummary {
  readonly count: number
  readonly p50Us: number
  readonly p99Us: number
  readonly p999Us: number
  readonly maxUs: number
}

export class LatencyRecorder {
  private readonly fromMs: number
  private readonly histogram = build({ highestTrackableValue: 600_000_000, numberOfSignificantValueDigits: 3 })
  private highestUs = 0

  /** Commands due before `fromMs` are warm-up and are left out. */
  constructor(fromMs: number) {
    this.fromMs = fromMs
  }

  record(dueMs: number, answeredMs: number): void {
    if (dueMs < this.fromMs) return
    const latencyUs = Math.max(0, Math.round((answeredMs - dueMs) * 1_000))
    this.histogram.recordValue(latencyUs)
    if (latencyUs > this.highestUs) this.highestUs = latencyUs
  }

  summary(): LatencySummary {
    return {
      count: this.histogram.totalCount,
      p50Us: this.histogram.getValueAtPercentile(50),
      p99Us: this.histogram.getValueAtPercentile(99),
      p999Us: this.histogram.getValueAtPercentile(99.9),
      maxUs: this.highestUs,
    }
  }
}

/** Carries out a log, up to where somebody wants to know what the exchange was like. */
import { CommandPlayer } from '../command-player.ts'
import { EventBuffer, Exchange } from '../core/index.ts'
import type { LogPosition, LogRecord } from '../log/command-log.ts'
import type { DataFolder } from './data-folder.ts'
import { formatLogPoint, formatTime, isAfter, type LogPoint, type Placed } from './log-point.ts'
import { UsageError } from './usage-error.ts'

export class LogRun {
  readonly exchange: Exchange
  /** Where it begins; undefined if with the first command. */
  readonly start: LogPosition | undefined
  /** How many commands were carried out. */
  commands = 0
  private readonly data: DataFolder
  private stoppedEarly = false

  /**
   * Begins with the newest snapshot that may be used, if one is there; else with the first command, or, if that was
   * deleted, with the oldest snapshot.
   * @throws UsageError if what comes before the first command that is there cannot be had
   */
  constructor(data: DataFolder, mayUse?: (place: Placed) => boolean) {
    this.data = data
    const { firstSequence } = data
    const newest = mayUse && data.newestState(mayUse)
    const saved = newest ?? (firstSequence === 1 ? undefined : data.oldestState())
    if (saved === undefined && firstSequence > 1) {
      throw new UsageError(`the log begins with command ${firstSequence}, and there is no snapshot to begin with`)
    }
    this.start = saved?.position
    this.exchange = saved?.exchange ?? new Exchange()
  }

  /**
   * Carries out all commands up to `until`, or to the end of the log.
   * @param after called after each with what it caused; both are valid during the call
   * @throws LogCorruptError, RecoveryError as recovery does
   */
  play(until: LogPoint | undefined, after?: (record: LogRecord, events: EventBuffer) => void): void {
    const player = new CommandPlayer(this.exchange)
    const events = new EventBuffer()
    if (until !== undefined && this.start !== undefined && isAfter(this.exchange, until)) {
      throw new UsageError(
        `${formatLogPoint(until)} lies before command ${this.start.sequence + 1}, the first that is there`,
      )
    }
    const visit = (record: LogRecord) => {
      if (until !== undefined && isAfter(record, until)) {
        this.stoppedEarly = true
        return false
      }
      player.play(record, events)
      this.commands++
      after?.(record, events)
      events.clear()
      return true
    }
    this.data.read(visit, this.start && { after: this.start })
  }

  /** @throws UsageError if a place that was asked for with `option` lies behind the end of the log */
  refuseBeyondEnd(point: LogPoint | undefined, option: string): void {
    const { sequence, timeUs } = this.exchange
    if (point === undefined || this.stoppedEarly) return
    if (point.value <= (point.unit === 'time' ? timeUs : sequence)) return
    const end = `command ${sequence} of ${formatTime(timeUs)}`
    throw new UsageError(`${option}: ${formatLogPoint(point)} lies behind the end of the log, ${end}`)
  }
}

/** Carries out a log, up to where somebody wants to know what the exchange was like. */
import { CommandPlayer } from '../command-player.ts'
import { EventBuffer, Exchange } from '../core/index.ts'
import type { LogRecord } from '../log/command-log.ts'
import type { DataFolder } from './data-folder.ts'
import { formatLogPoint, formatTime, isAfter, type LogPoint } from './log-point.ts'
import { UsageError } from './usage-error.ts'

export class LogRun {
  readonly exchange = new Exchange()
  /** How many commands were carried out. */
  commands = 0
  private readonly data: DataFolder
  private stoppedEarly = false

  constructor(data: DataFolder) {
    this.data = data
  }

  /**
   * Carries out all commands up to `until`, or to the end of the log.
   * @param after called after each with what it caused; both are valid during the call
   * @throws UsageError if the log is empty
   * @throws LogCorruptError, RecoveryError as recovery does
   */
  play(until: LogPoint | undefined, after?: (record: LogRecord, events: EventBuffer) => void): void {
    const player = new CommandPlayer(this.exchange)
    const events = new EventBuffer()
    this.data.read((record) => {
      if (until !== undefined && isAfter(record, until)) {
        this.stoppedEarly = true
        return false
      }
      player.play(record, events)
      this.commands++
      after?.(record, events)
      events.clear()
      return true
    })
    if (this.exchange.sequence === 0 && !this.stoppedEarly) {
      throw new UsageError(`the log in ${this.data.path} is empty`)
    }
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

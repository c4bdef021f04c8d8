/**
 * A command log that lasts as long as the process: for benchmarks and tests, and for an exchange that need not survive.
 * It keeps nothing by default, so that it never grows; given somewhere to keep its batches, it can be opened again.
 */
import { BatchDecoder } from './batch-decoder.ts'
import { BatchEncoder } from './batch-encoder.ts'
import type { CommandLog, LogPosition, LogRecord, LogWriteError } from './command-log.ts'

export class MemoryLog implements CommandLog {
  private readonly kept: Uint8Array<ArrayBuffer>[] | undefined
  private readonly encoder = new BatchEncoder(0)
  private sequence = 0
  readonly identity = '0'.repeat(32)
  readonly isCommitting = false
  private state: 'new' | 'failed' | 'open' | 'closed' = 'new'

  /** Committed batches are added to `kept`, if given; a log opened with the same array continues it. */
  constructor(kept?: Uint8Array<ArrayBuffer>[]) {
    this.kept = kept
  }

  get position(): LogPosition {
    return { sequence: this.sequence, digest: '0'.repeat(32) }
  }

  replay(visit: (record: LogRecord) => void, after?: LogPosition): void {
    if (this.state !== 'new') throw new Error(`a log is replayed once, right after opening; this one is ${this.state}`)
    this.state = 'failed'
    const decoder = new BatchDecoder((record) => {
      if (record.sequence > (after?.sequence ?? 0)) visit(record)
    })
    for (const batch of this.kept ?? []) {
      const fault = decoder.handOut(batch, new DataView(batch.buffer), 0, batch.length)
      if (fault !== undefined) throw new Error(`the kept batches are not of one log: ${fault}`)
    }
    this.encoder.continueAfter(decoder.lastSequence, decoder.lastTimeUs)
    this.sequence = decoder.lastSequence
    this.state = 'open'
  }

  append(sequence: number, timeUs: number, session: number, bytes: Uint8Array, start: number, end: number): void {
    this.requireOpen()
    this.encoder.append(sequence, timeUs, session, bytes, start, end)
  }

  commit(done: (error?: LogWriteError) => void): void {
    this.requireOpen()
    const { encoder, kept } = this
    if (encoder.recordCount > 0) {
      if (kept !== undefined) {
        encoder.seal()
        kept.push(encoder.bytes.slice(0, encoder.end))
      }
      this.sequence = encoder.firstSequence + encoder.recordCount - 1
      encoder.clear()
    }
    done()
  }

  close(): void {
    this.state = 'closed'
  }

  private requireOpen(): void {
    if (this.state !== 'open')
      throw new Error(`a log takes records between replay and close; this one is ${this.state}`)
  }
}

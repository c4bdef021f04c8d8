/**
 * A command log that lasts as long as the process: for benchmarks and tests, and for an exchange that need not survive.
 * It keeps nothing by default, so that it never grows; given somewhere to keep its batches, it can be opened again.
 */
import { randomBytes } from 'node:crypto'
import { BatchDecoder, beginning } from './batch-decoder.ts'
import { BatchEncoder } from './batch-encoder.ts'
import { getDigest, PREVIOUS_DIGEST } from './batch-format.ts'
import {
  type CommandLog,
  LogCorruptError,
  type LogPosition,
  type LogRecord,
  type LogWriteError,
} from './command-log.ts'

export class MemoryLog implements CommandLog {
  readonly identity: string
  /** Never: a commit is over before it returns. */
  readonly isCommitting = false
  private readonly kept: Uint8Array<ArrayBuffer>[] | undefined
  private readonly encoder = new BatchEncoder(0)
  private state: 'new' | 'failed' | 'open' | 'closed' = 'new'

  /** Committed batches are added to `kept`, if given; a log opened with the same array continues it. */
  constructor(kept?: Uint8Array<ArrayBuffer>[]) {
    this.kept = kept
    const first = kept?.[0]
    this.identity = first ? getDigest(new DataView(first.buffer), PREVIOUS_DIGEST) : randomBytes(16).toString('hex')
  }

  /** Its digest means something only if batches are kept. */
  get position(): LogPosition {
    return this.encoder.position
  }

  replay(visit: (record: LogRecord) => void, after = beginning): void {
    if (this.state !== 'new') throw new Error(`a log is replayed once, right after opening; this one is ${this.state}`)
    this.state = 'failed'
    const decoder = new BatchDecoder(visit, after)
    decoder.beginAt({ sequence: 0, digest: this.identity })
    let fault: string | undefined
    for (const batch of this.kept ?? []) fault ??= decoder.handOut(batch, new DataView(batch.buffer), 0, batch.length)
    fault ??= decoder.faultOfEnd()
    if (fault !== undefined) throw new LogCorruptError('memory', 0, fault)
    this.encoder.continueAfter(decoder.position, decoder.lastTimeUs)
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
      encoder.next()
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

/**
 * The command log in files: segments of batches in one folder (segment-format.ts, batch-format.ts). A commit is one
 * write and, in mode `sync`, one fdatasync; in the event loop or beside it, see disk-pace.ts for which and why. Batches never
 * span segments; to begin another one is done beside the loop always.
 *
 * What must stay true: when a commit is done, the batch is as durable as the mode says; a segment has its name only once its
 * header and first batch are synced; after any failure nothing is written any more. The last because after a failed sync
 * the kernel may drop the data and call the next sync a success.
 */
import { randomBytes } from 'node:crypto'
import { beginning } from './batch-decoder.ts'
import { BatchEncoder } from './batch-encoder.ts'
import type { CommandLog, LogPosition, LogRecord, LogWriteError } from './command-log.ts'
import { DiskPace } from './disk-pace.ts'
import { openEnd } from './journal-opening.ts'
import { type JournalEnd, readJournal, type SegmentEnd } from './journal-reader.ts'
import { FolderStorage, type JournalStorage } from './journal-storage.ts'
import { type RetirementPolicy, retireSegments } from './retirement.ts'
import { continuedMarkBytes, segmentHeaderBytes, segmentName } from './segment-format.ts'
import { removePrepared, SegmentPreparer } from './segment-preparer.ts'
import { SegmentWriter } from './segment-writer.ts'
import { describeFailure, writeFailure } from './write-failure.ts'

export interface FileJournalOptions {
  /** `sync`: commits survive power loss. `os`: they survive the end of the process, not that of the machine. */
  readonly mode: 'sync' | 'os'
  /** Size of a segment file; a multiple of 4,096. Default 64 MiB. */
  readonly segmentBytes?: number
  readonly onWarning?: (warning: JournalWarning) => void
  /** Of a log that is begun, 32 hexadecimal digits. Default: random. */
  readonly newIdentity?: string
  /** Tells how long commits take. Default: performance.now. */
  readonly monotonicMs?: () => number
}

export interface JournalWarning {
  readonly code: 'tornTailCut' | 'preparationFailed' | 'retirementFailed'
  readonly file: string
  /** tornTailCut: where the torn write began and how many bytes of it were there; otherwise 0. */
  readonly offset: number
  readonly bytes: number
  /** The same for people. */
  readonly text: string
}

type Done = (error?: LogWriteError) => void

const defaultSegmentBytes = 64 * 2 ** 20

export class FileJournal implements CommandLog {
  private readonly storage: JournalStorage
  private readonly syncs: boolean
  private readonly onWarning: (warning: JournalWarning) => void
  private readonly newIdentity: string
  private readonly monotonicMs: () => number
  private readonly encoder = new BatchEncoder(segmentHeaderBytes)
  private readonly pace = new DiskPace()
  private readonly preparer: SegmentPreparer
  private segment: SegmentWriter | undefined
  private logIdentity = ''
  private state: 'new' | 'unreadable' | 'open' | 'closed' = 'new'
  private committing = false
  private retirement: Promise<void> = Promise.resolve()
  /** Settles when no segment is being synced but for a commit. */
  private syncing: Promise<unknown> = Promise.resolve()
  private failure: LogWriteError | undefined

  /**
   * Makes the folder if it is missing. `folder` is a path, or the storage itself.
   * @throws LogWriteError if files can't be made there
   */
  constructor(folder: string | JournalStorage, options: FileJournalOptions) {
    const { segmentBytes = defaultSegmentBytes } = options
    if (!Number.isSafeInteger(segmentBytes) || segmentBytes < 4_096 || segmentBytes % 4_096 !== 0) {
      throw new RangeError(`segmentBytes is ${segmentBytes}, must be a multiple of 4096`)
    }
    this.storage = typeof folder === 'string' ? new FolderStorage(folder) : folder
    this.syncs = options.mode === 'sync'
    this.onWarning = options.onWarning ?? (() => {})
    this.newIdentity = options.newIdentity ?? randomBytes(16).toString('hex')
    this.monotonicMs = options.monotonicMs ?? (() => performance.now())
    this.preparer = new SegmentPreparer(this.storage, segmentBytes, (name, error) =>
      this.warn('preparationFailed', name, error),
    )
    this.opening('', () => this.storage.prepareFolder())
  }

  get identity(): string {
    return this.logIdentity
  }

  get position(): LogPosition {
    return this.encoder.position
  }

  get isCommitting(): boolean {
    return this.committing
  }

  replay(visit: (record: LogRecord) => void, after = beginning): void {
    if (this.failure !== undefined) throw this.failure
    if (this.state !== 'new') throw new Error(`a log is replayed once, right after opening; this one is ${this.state}`)
    this.state = 'unreadable'
    const end = readJournal(this.storage, visit, { after })
    this.opening(end.segments.at(-1)?.name ?? '', () => this.continueAfter(end))
    this.state = 'open'
  }

  append(sequence: number, timeUs: number, session: number, bytes: Uint8Array, start: number, end: number): void {
    if (this.state !== 'open' || this.committing || this.failure !== undefined) throw this.whyNotOpen()
    this.encoder.append(sequence, timeUs, session, bytes, start, end)
  }

  commit(done: Done): void {
    if (this.failure !== undefined) {
      done(this.failure)
      return
    }
    if (this.state !== 'open' || this.committing) throw this.whyNotOpen()
    const { encoder, segment } = this
    if (encoder.recordCount === 0) {
      done()
      return
    }
    encoder.seal()
    if (segment === undefined || !segment.hasRoomFor(encoder)) {
      this.finishLater(this.beginSegment(segment), segmentName(encoder.firstSequence), done)
    } else if (this.pace.isSlow) {
      this.finishLater(this.writeInBackground(segment), segment.name, done)
    } else {
      this.writeNow(segment, done)
    }
  }

  /**
   * Puts away the segments of which nothing comes after `before`. Once they are deleted, the log can be replayed only from a
   * position at or after it. A failure is a warning, and leaves them where they are.
   */
  retireSegments(before: number, policy: RetirementPolicy): Promise<void> {
    if (policy === 'keep') return Promise.resolve()
    const retire = () => retireSegments(this.storage, before, policy)
    this.retirement = this.retirement.then(retire).catch((error) => this.warn('retirementFailed', '', error))
    return this.retirement
  }

  /**
   * Makes what was committed so far outlive the machine, in mode `os` too. A segment that ended is durable in either mode.
   * @throws LogWriteError if it could not; that ends the log as a commit that fails does
   */
  async makeDurable(): Promise<void> {
    const { segment } = this
    if (this.syncs || segment === undefined) return
    const synced = segment.sync()
    this.syncing = Promise.allSettled([this.syncing, synced])
    try {
      await synced
    } catch (error) {
      throw this.fail(segment.name, error)
    }
  }

  close(): void {
    if (this.state === 'closed') return
    this.state = 'closed'
    this.preparer.close()
    if (!this.committing) this.closeSegment()
  }

  private writeNow(segment: SegmentWriter, done: Done): void {
    const begunMs = this.monotonicMs()
    try {
      segment.write(this.encoder, this.syncs)
    } catch (error) {
      done(this.fail(segment.name, error))
      return
    }
    this.pace.add(this.monotonicMs() - begunMs)
    this.encoder.next()
    this.prepareInTime()
    done()
  }

  private async writeInBackground(segment: SegmentWriter): Promise<void> {
    const begunMs = this.monotonicMs()
    await segment.writeInBackground(this.encoder, this.syncs)
    this.pace.add(this.monotonicMs() - begunMs)
  }

  /** Nothing of the batch is acknowledged before the mark is durable: a loss of the new segment would go unnoticed. */
  private async beginSegment(former: SegmentWriter | undefined): Promise<void> {
    const { encoder, storage } = this
    const prepared = await this.preparer.take(encoder.end + continuedMarkBytes)
    this.segment = await SegmentWriter.begin(storage, prepared, this.logIdentity, encoder)
    // The former one's file is closed then.
    await this.syncing
    await former?.end(encoder.position)
  }

  private async finishLater(write: Promise<void>, name: string, done: Done): Promise<void> {
    this.committing = true
    try {
      await write
      this.encoder.next()
    } catch (error) {
      this.fail(name, error)
    }
    this.committing = false
    if (this.state === 'closed') this.closeSegment()
    else if (this.failure === undefined) this.prepareInTime()
    done(this.failure)
  }

  private prepareInTime(): void {
    if (this.segment?.isWellUsed) this.preparer.prepare()
  }

  private closeSegment(): void {
    this.segment?.close()
    this.segment = undefined
  }

  private continueAfter(end: JournalEnd): void {
    const { storage } = this
    const last = end.segments.at(-1)
    this.logIdentity = last === undefined ? this.newIdentity : end.identity
    removePrepared(storage)
    this.preparer.continueAfter(this.logIdentity, end.position.sequence)
    if (last === undefined) {
      this.encoder.continueAfter({ sequence: 0, digest: this.logIdentity }, 0)
      this.preparer.prepareNow()
      return
    }
    this.encoder.continueAfter(end.position, end.lastTimeUs)
    this.segment = openEnd(storage, end, this.syncs)
    if (last.tornBytes > 0) this.warnOfTornTail(last)
    this.prepareInTime()
  }

  private warnOfTornTail({ name, position, tornBytes }: SegmentEnd): void {
    const file = this.storage.pathOf(name)
    const text =
      `The last write to the command log was not finished: ${tornBytes} bytes at byte ${position} of ${file} were cut off. ` +
      'Only after a crash of the machine in mode os can anything of it have been acknowledged.'
    this.onWarning({ code: 'tornTailCut', file, offset: position, bytes: tornBytes, text })
  }

  private warn(code: 'preparationFailed' | 'retirementFailed', name: string, error: unknown): void {
    const file = this.storage.pathOf(name)
    const { problem, action } = describeFailure(file, error)
    const what =
      code === 'preparationFailed'
        ? 'The next segment could not be prepared; it is tried again when it is needed'
        : 'Old segments could not be put away; it is tried again after the next snapshot'
    this.onWarning({ code, file, offset: 0, bytes: 0, text: `${what}: ${problem}. ${action}.` })
  }

  private opening(name: string, open: () => void): void {
    try {
      open()
    } catch (error) {
      throw this.fail(name, error)
    }
  }

  private fail(name: string, error: unknown): LogWriteError {
    this.failure = writeFailure(this.storage.pathOf(name), error)
    return this.failure
  }

  private whyNotOpen(): Error {
    if (this.failure !== undefined) return this.failure
    if (this.committing) return new Error('a log takes nothing while a commit is under way')
    return new Error(`a log takes records between replay and close; this one is ${this.state}`)
  }
}

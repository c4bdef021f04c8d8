/**
 * The command log in files: segments of batches in one folder (segment-format.ts, batch-format.ts). A commit is one
 * write and, in mode `sync`, one fdatasync; both block, see journal-storage.ts for why. Batches never span segments.
 *
 * What must stay true: when commit() returns, the batch is as durable as the mode says; a segment has its name only once its
 * header and first batch are synced; after any failure nothing is written any more. The last because after a failed sync
 * the kernel may drop the data and call the next sync a success.
 */
import { BatchEncoder } from './batch-encoder.ts'
import type { CommandLog, LogPosition, LogRecord, LogWriteError } from './command-log.ts'
import { type JournalEnd, readJournal, type SegmentEnd } from './journal-reader.ts'
import { FolderStorage, type JournalStorage } from './journal-storage.ts'
import { segmentHeaderBytes, segmentName, writeSegmentHeader } from './segment-format.ts'
import { SegmentPreparer } from './segment-preparer.ts'
import { writeFailure } from './write-failure.ts'

export interface FileJournalOptions {
  /** `sync`: commits survive power loss. `os`: they survive the end of the process, not that of the machine. */
  readonly mode: 'sync' | 'os'
  /** Size of a segment file; a multiple of 4,096. Default 64 MiB. */
  readonly segmentBytes?: number
  readonly onWarning?: (warning: JournalWarning) => void
}

export interface JournalWarning {
  readonly code: 'tornTailCut' | 'preparationFailed'
  readonly file: string
  /** tornTailCut: where the torn write began and how many bytes of it were there; otherwise 0. */
  readonly offset: number
  readonly bytes: number
  /** The same for people. */
  readonly text: string
}

interface OpenSegment {
  readonly name: string
  readonly file: number
  readonly size: number
  /** Where the next batch goes. */
  position: number
}

const defaultSegmentBytes = 64 * 2 ** 20
const zeros = new Uint8Array(65_536)

export class FileJournal implements CommandLog {
  private readonly storage: JournalStorage
  private readonly syncsEachBatch: boolean
  private readonly warn: (warning: JournalWarning) => void
  private readonly preparer: SegmentPreparer
  private readonly encoder = new BatchEncoder(segmentHeaderBytes)
  private segment: OpenSegment | undefined
  private state: 'new' | 'unreadable' | 'open' | 'closed' = 'new'
  private failure: LogWriteError | undefined
  private sequence = 0
  readonly identity = '0'.repeat(32)
  readonly isCommitting = false

  /**
   * Makes the folder if it is missing. `folder` is a path, or the storage itself.
   * @throws LogWriteError if files can't be made there
   */
  constructor(folder: string | JournalStorage, options: FileJournalOptions) {
    const segmentBytes = options.segmentBytes ?? defaultSegmentBytes
    if (!Number.isSafeInteger(segmentBytes) || segmentBytes < 4_096 || segmentBytes % 4_096 !== 0) {
      throw new RangeError(`segmentBytes is ${segmentBytes}, must be a multiple of 4096`)
    }
    this.storage = typeof folder === 'string' ? new FolderStorage(folder) : folder
    this.syncsEachBatch = options.mode === 'sync'
    this.warn = options.onWarning ?? (() => {})
    this.preparer = new SegmentPreparer(this.storage, segmentBytes, (name, error) => {
      const { message } = writeFailure(this.storage.pathOf(name), error)
      const text = `The next segment could not be prepared; it is tried again when it is needed. ${message}`
      this.warn({ code: 'preparationFailed', file: this.storage.pathOf(name), offset: 0, bytes: 0, text })
    })
    this.writing('', () => this.storage.prepareFolder())
  }

  get position(): LogPosition {
    return { sequence: this.sequence, digest: '0'.repeat(32) }
  }

  replay(visit: (record: LogRecord) => void, after?: LogPosition): void {
    if (this.failure !== undefined) throw this.failure
    if (this.state !== 'new') throw new Error(`a log is replayed once, right after opening; this one is ${this.state}`)
    this.state = 'unreadable'
    const end = readJournal(this.storage, (record) => {
      if (record.sequence > (after?.sequence ?? 0)) visit(record)
    })
    this.writing(end.lastSegment?.name ?? '', () => this.beginAfter(end))
    this.state = 'open'
  }

  append(sequence: number, timeUs: number, session: number, bytes: Uint8Array, start: number, end: number): void {
    if (this.state !== 'open' || this.failure !== undefined) throw this.whyNotOpen()
    this.encoder.append(sequence, timeUs, session, bytes, start, end)
  }

  commit(done: (error?: LogWriteError) => void): void {
    try {
      this.commitNow()
    } catch (error) {
      done(error as LogWriteError)
      return
    }
    done()
  }

  private commitNow(): void {
    if (this.state !== 'open' || this.failure !== undefined) throw this.whyNotOpen()
    const { encoder, segment } = this
    if (encoder.recordCount === 0) return
    encoder.seal()
    const hasRoom = segment !== undefined && segment.position + encoder.length <= segment.size
    try {
      if (hasRoom) this.writeTo(segment)
      else this.writeToNextSegment()
    } catch (error) {
      throw this.fail(hasRoom ? segment.name : segmentName(encoder.firstSequence), error)
    }
    this.sequence = encoder.firstSequence + encoder.recordCount - 1
    encoder.clear()
    this.prepareNextInTime()
  }

  close(): void {
    if (this.state === 'closed') return
    this.state = 'closed'
    this.preparer.close()
    if (this.segment !== undefined) this.storage.close(this.segment.file)
    this.segment = undefined
  }

  private writeTo(segment: OpenSegment): void {
    const { bytes, start, end, length } = this.encoder
    this.storage.write(segment.file, bytes, start, end, segment.position)
    if (this.syncsEachBatch) this.storage.sync(segment.file)
    segment.position += length
  }

  /**
   * The batch goes out with the segment's header in one write. It is synced, then named, then the name is synced, in either
   * mode, so that a file with a segment's name always has both, and a crash in between leaves only a file that doesn't count.
   */
  private writeToNextSegment(): void {
    const { encoder, storage } = this
    const { name: preparedName, file, size } = this.preparer.take(encoder.end)
    const previous = this.segment
    const name = segmentName(encoder.firstSequence)
    this.segment = { name, file, size, position: encoder.end }
    if (previous !== undefined) storage.close(previous.file)
    writeSegmentHeader(encoder.view, encoder.firstSequence, size)
    storage.write(file, encoder.bytes, 0, encoder.end, 0)
    storage.sync(file)
    storage.rename(preparedName, name)
    storage.syncFolder()
  }

  /** Not at once, so that an exchange that sees few orders doesn't write a segment of zeros for nothing; but with time to spare. */
  private prepareNextInTime(): void {
    if (this.segment !== undefined && this.segment.position > this.segment.size / 8) this.preparer.prepareInBackground()
  }

  private beginAfter(end: JournalEnd): void {
    const { lastSegment } = end
    this.encoder.continueAfter(end.lastSequence, end.lastTimeUs)
    this.sequence = end.lastSequence
    this.preparer.removeLeftovers()
    if (lastSegment === undefined) {
      this.preparer.prepareNow()
      return
    }
    const { name, size, position } = lastSegment
    this.segment = { name, size, position, file: this.storage.openForWriting(name) }
    if (lastSegment.tornBytes > 0) this.cut(this.segment.file, lastSegment)
    if (this.syncsEachBatch) this.makeDurable(this.segment.file, end.segments, lastSegment)
    this.prepareNextInTime()
  }

  /** Makes zeros of what a torn write left, so that the segment ends as it would have without it. */
  private cut(file: number, { name, position, tornBytes }: SegmentEnd): void {
    const end = position + tornBytes
    for (let offset = position; offset < end; offset += zeros.length) {
      this.storage.write(file, zeros, 0, Math.min(zeros.length, end - offset), offset)
    }
    this.storage.sync(file)
    const path = this.storage.pathOf(name)
    const text =
      `The last write to the command log was not finished: ${tornBytes} bytes at byte ${position} of ${path} were cut off. ` +
      'Only after a crash of the machine in mode os can anything of it have been acknowledged.'
    this.warn({ code: 'tornTailCut', file: path, offset: position, bytes: tornBytes, text })
  }

  /**
   * What was read is about to be acted upon, so it must be durable, and it need not be: the process before this one may have
   * written in mode `os`, or ended between a write and its sync, or on a failed sync. After the latter the kernel may hold the
   * last batch for synced; so that is written once more.
   */
  private makeDurable(file: number, segments: readonly string[], { lastBatch, position }: SegmentEnd): void {
    const { storage } = this
    const batch = new Uint8Array(position - lastBatch)
    const count = storage.read(file, batch, 0, batch.length, lastBatch)
    if (count !== batch.length) throw new Error('the file became shorter while it was read')
    storage.write(file, batch, 0, batch.length, lastBatch)
    storage.sync(file)
    for (const name of segments.slice(0, -1)) {
      const earlier = storage.openForReading(name)
      try {
        storage.sync(earlier)
      } finally {
        storage.close(earlier)
      }
    }
    storage.syncFolder()
  }

  private writing(name: string, write: () => void): void {
    try {
      write()
    } catch (error) {
      throw this.fail(name, error)
    }
  }

  private fail(name: string, error: unknown): LogWriteError {
    this.failure = writeFailure(this.storage.pathOf(name), error)
    return this.failure
  }

  private whyNotOpen(): Error {
    return this.failure ?? new Error(`a log takes records between replay and close; this one is ${this.state}`)
  }
}

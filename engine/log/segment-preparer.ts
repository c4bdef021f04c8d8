/**
 * Makes segment files ahead of their use, filled (segment-fill.ts) and synced, because a sync into such a file is the
 * cheapest (measured: 88 µs against 118 µs for a file that grows) and cannot run out of disk space. It goes on beside the
 * order path in small writes, each synced, so that no commit ever has to wait behind a large flush. A prepared file is not
 * part of the journal until it is renamed.
 */
import type { JournalStorage } from './journal-storage.ts'
import { fillKey, segmentFill } from './segment-fill.ts'

export interface PreparedSegment {
  readonly name: string
  readonly file: number
  readonly size: number
  readonly fillKey: string
}

const pieceBytes = 262_144
const sizeUnit = 4_096
const preparedPattern = /^prepared-\d+$/

/** Counts over all journals of the process, so that a file that one closes late is never taken for another's. */
let preparedCount = 0

/** Removes what an earlier process prepared and did not use. */
export function removePrepared(storage: JournalStorage): void {
  for (const name of storage.list()) {
    if (preparedPattern.test(name)) storage.remove(name)
  }
}

export class SegmentPreparer {
  private readonly storage: JournalStorage
  private readonly segmentBytes: number
  private identity = ''
  private openedAt = 0
  private madeCount = 0
  private readonly onFailure: (name: string, error: unknown) => void
  /** The segment that is ready, being filled, or could not be made. */
  private next: Promise<PreparedSegment> | undefined
  /** Somebody waits for it: then there is no commit that a large flush could hold up. */
  private awaited = false
  private closed = false

  /** `onFailure` hears of a file that could not be prepared ahead; `take` will try again. */
  constructor(storage: JournalStorage, segmentBytes: number, onFailure: (name: string, error: unknown) => void) {
    this.storage = storage
    this.segmentBytes = segmentBytes
    this.onFailure = onFailure
  }

  /** Says of which log the segments will be, and where that is now. Must be called before one is made. */
  continueAfter(identity: string, sequence: number): void {
    this.identity = identity
    this.openedAt = sequence
  }

  /** Makes a segment ready before it returns. */
  prepareNow(): void {
    const segment = this.create(this.segmentBytes)
    const { file, size } = segment
    try {
      for (let start = 0; start < size; start += pieceBytes) {
        const piece = fillPiece(segment, start)
        this.storage.write(file, piece, 0, piece.length, start)
      }
      this.storage.sync(file)
    } catch (error) {
      this.discard(segment)
      throw error
    }
    this.next = Promise.resolve(segment)
  }

  /** Begins to prepare a segment unless one is ready, on its way, or could not be made. */
  prepare(): void {
    if (this.next !== undefined) return
    const name = this.nextName()
    this.next = this.make(name, this.segmentBytes)
    this.next.catch((error) => {
      if (!this.closed) this.onFailure(name, error)
    })
  }

  /** A segment of at least `size` bytes, ready for its first batch, now the caller's. */
  async take(size: number): Promise<PreparedSegment> {
    this.awaited = true
    try {
      if (size > this.segmentBytes) return await this.make(this.nextName(), Math.ceil(size / sizeUnit) * sizeUnit)
      const { next } = this
      this.next = undefined
      return (await next?.catch(() => undefined)) ?? (await this.make(this.nextName(), this.segmentBytes))
    } finally {
      this.awaited = false
    }
  }

  /** Removes what was prepared, or soon will. */
  close(): void {
    this.closed = true
    this.next?.then(
      (segment) => this.discard(segment),
      () => {},
    )
  }

  /** Stops early, with an error, once the file is no longer wanted. */
  private async make(name: string, size: number): Promise<PreparedSegment> {
    const segment = this.create(size, name)
    const { file } = segment
    try {
      for (let start = 0; start < size; start += pieceBytes) {
        if (this.closed) throw new Error('the journal was closed')
        const piece = fillPiece(segment, start)
        await this.storage.writeInBackground(file, piece, piece.length, start)
        if (!this.awaited || start + piece.length === size) await this.storage.syncInBackground(file)
      }
    } catch (error) {
      this.discard(segment)
      throw error
    }
    return segment
  }

  private nextName(): string {
    preparedCount += 1
    return `prepared-${preparedCount}`
  }

  private create(size: number, name = this.nextName()): PreparedSegment {
    this.madeCount += 1
    const key = fillKey(this.identity, this.openedAt, this.madeCount)
    return { name, file: this.storage.create(name), size, fillKey: key }
  }

  /** Nothing was ever kept in it, so a failure to remove it does no harm: the next start does. */
  private discard({ name, file }: PreparedSegment): void {
    try {
      this.storage.close(file)
      this.storage.remove(name)
    } catch {}
  }
}

function fillPiece({ fillKey, size }: PreparedSegment, start: number): Uint8Array {
  return segmentFill(fillKey, start, Math.min(start + pieceBytes, size))
}

/**
 * A segment file as it is being read into memory: in order, in large reads, only as far as was asked for, so that the
 * kernel reads ahead while the records before are handled. One buffer serves all segments of a journal.
 */
import { align8 } from './batch-format.ts'
import { LogCorruptError } from './command-log.ts'
import type { JournalStorage } from './journal-storage.ts'
import { segmentFill } from './segment-fill.ts'

const readBytes = 2 ** 20
/** The fill is made in pieces of this size, and the latest is kept. */
const fillPieceBytes = 65_536

export class SegmentImage {
  bytes = new Uint8Array(0)
  view = new DataView(this.bytes.buffer)
  name = ''
  /** Size of the file. */
  size = 0
  private words = new Int32Array(0)
  private fillKey = ''
  private fillStart = -1
  private fill = new Uint8Array(0)
  private fillWords = new Int32Array(0)
  private filled = 0
  private file = -1
  private storage: JournalStorage | undefined

  /** Begins with another file. @throws LogCorruptError if it can't be opened */
  open(storage: JournalStorage, name: string): void {
    this.storage = storage
    this.name = name
    this.filled = 0
    try {
      this.file = storage.openForReading(name)
      this.size = storage.sizeOf(this.file)
    } catch (error) {
      throw this.unreadable(error)
    }
    if (this.size <= this.bytes.length) return
    const buffer = new ArrayBuffer(align8(this.size))
    this.bytes = new Uint8Array(buffer)
    this.view = new DataView(buffer)
    this.words = new Int32Array(buffer)
  }

  /** Says what the parts of the file that were never written look like. */
  expectFill(key: string): void {
    this.fillKey = key
    this.fillStart = -1
  }

  close(): void {
    if (this.file !== -1) this.storage?.close(this.file)
    this.file = -1
  }

  /** Reads on until the bytes before `end` are in memory, or the file ends. @throws LogCorruptError if it can't */
  readTo(end: number): void {
    const wanted = Math.min(end, this.size)
    while (this.filled < wanted) {
      const length = Math.min(readBytes, this.size - this.filled)
      const count = this.read(this.bytes, this.filled, length, this.filled)
      if (count === 0) throw this.corrupt(this.filled, `the file ended before its ${this.size} bytes`)
      this.filled += count
    }
  }

  /**
   * Whether what was read from `offset` to `end` is no longer what the file has there; then it will be read again.
   * @throws LogCorruptError if it can't be read
   */
  hasChanged(offset: number, end: number): boolean {
    const now = new Uint8Array(end - offset)
    for (let position = offset; position < end; ) {
      const count = this.read(now, position - offset, end - position, position)
      if (count === 0) return false
      position += count
    }
    if (Buffer.compare(now, this.bytes.subarray(offset, end)) === 0) return false
    this.filled = offset
    return true
  }

  /** Where the last word before `end` that was written ends; `from` if none was from there on. All must have been read. */
  endOfData(from: number, end: number): number {
    let dataEnd = end
    while (dataEnd > from) {
      this.loadFill(dataEnd - 8)
      const start = Math.max(from, this.fillStart)
      const fill = this.fill.subarray(start - this.fillStart, dataEnd - this.fillStart)
      if (Buffer.compare(this.bytes.subarray(start, dataEnd), fill) !== 0) break
      dataEnd = start
    }
    while (dataEnd > from && this.wordIsUnwritten(dataEnd - 8)) dataEnd -= 8
    return dataEnd
  }

  /** Whether some word between two multiples of 8 was never written. Only for what was read. */
  hasUnwrittenWord(start: number, end: number): boolean {
    for (let offset = start; offset < end; offset += 8) {
      if (this.wordIsUnwritten(offset)) return true
    }
    return false
  }

  /** Whether the word of 8 bytes at a multiple of 8 was never written. */
  wordIsUnwritten(offset: number): boolean {
    this.loadFill(offset)
    const word = offset >> 2
    const fill = (offset - this.fillStart) >> 2
    return this.words[word] === this.fillWords[fill] && this.words[word + 1] === this.fillWords[fill + 1]
  }

  corrupt(offset: number, reason: string): LogCorruptError {
    return new LogCorruptError(this.path, offset, reason)
  }

  /** Sees to it that the fill at `offset` is at hand. */
  private loadFill(offset: number): void {
    const start = offset - (offset % fillPieceBytes)
    if (start === this.fillStart) return
    this.fill = segmentFill(this.fillKey, start, Math.min(start + fillPieceBytes, this.size))
    this.fillWords = new Int32Array(this.fill.buffer)
    this.fillStart = start
  }

  private get path(): string {
    return this.storage?.pathOf(this.name) ?? this.name
  }

  private read(target: Uint8Array, offset: number, length: number, position: number): number {
    try {
      return this.storage?.read(this.file, target, offset, length, position) ?? 0
    } catch (error) {
      throw this.unreadable(error)
    }
  }

  private unreadable(error: unknown): LogCorruptError {
    const reason = `it could not be read: ${(error as Error).message}`
    return new LogCorruptError(this.path, this.filled, reason, { cause: error })
  }
}

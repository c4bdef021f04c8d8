/**
 * A segment file as it is being read into memory: in order, in large reads, only as far as was asked for, so that the
 * kernel reads ahead while the records before are handled. One buffer serves all segments of a journal.
 */
import { align8 } from './batch-format.ts'
import { LogCorruptError } from './command-log.ts'
import type { JournalStorage } from './journal-storage.ts'

const readBytes = 2 ** 20

export class SegmentImage {
  bytes = new Uint8Array(0)
  view = new DataView(this.bytes.buffer)
  name = ''
  /** Size of the file. */
  size = 0
  private words = new Int32Array(0)
  private filled = 0
  private file = -1
  private readonly storage: JournalStorage

  constructor(storage: JournalStorage) {
    this.storage = storage
  }

  /** Begins with another file. @throws LogCorruptError if it can't be opened */
  open(name: string): void {
    this.name = name
    this.filled = 0
    try {
      this.file = this.storage.openForReading(name)
      this.size = this.storage.sizeOf(this.file)
    } catch (error) {
      throw this.unreadable(error)
    }
    if (this.size <= this.bytes.length) return
    const buffer = new ArrayBuffer(align8(this.size))
    this.bytes = new Uint8Array(buffer)
    this.view = new DataView(buffer)
    this.words = new Int32Array(buffer)
  }

  close(): void {
    if (this.file !== -1) this.storage.close(this.file)
    this.file = -1
  }

  /** Reads on until the bytes before `end` are in memory, or the file ends. @throws LogCorruptError if it can't */
  readTo(end: number): void {
    const wanted = Math.min(end, this.size)
    while (this.filled < wanted) {
      const length = Math.min(readBytes, this.size - this.filled)
      let count: number
      try {
        count = this.storage.read(this.file, this.bytes, this.filled, length, this.filled)
      } catch (error) {
        throw this.unreadable(error)
      }
      if (count === 0) throw this.corrupt(this.filled, `the file ended before its ${this.size} bytes`)
      this.filled += count
    }
  }

  /** Where the last 8-byte word that is not zero ends; `from` if all from there on are zero. Reads the whole file. */
  endOfData(from: number): number {
    this.readTo(this.size)
    let end = this.size
    while (end > from && this.wordIsZero(end - 8)) end -= 8
    return end
  }

  /** Whether any of the 8-byte words between two multiples of 8 is zero. Only for what was read. */
  hasZeroWord(start: number, end: number): boolean {
    for (let offset = start; offset < end; offset += 8) {
      if (this.wordIsZero(offset)) return true
    }
    return false
  }

  wordIsZero(offset: number): boolean {
    return this.words[offset >> 2] === 0 && this.words[(offset >> 2) + 1] === 0
  }

  corrupt(offset: number, reason: string): LogCorruptError {
    return new LogCorruptError(this.storage.pathOf(this.name), offset, reason)
  }

  private unreadable(error: unknown): LogCorruptError {
    const reason = `it could not be read: ${(error as Error).message}`
    return new LogCorruptError(this.storage.pathOf(this.name), this.filled, reason, { cause: error })
  }
}

/**
 * A segment file as it is being read into memory: in order, in large reads, only as far as was asked for, so that the
 * kernel reads ahead while the records before are handled. One buffer serves all segments of a journal.
 */
import { align8 } from './batch-format.ts'
import { LogCorruptError } from './command-log.ts'
import type { JournalStorage } from './journal-storage.ts'
import { fillBytes, segmentFill } from './segment-fill.ts'

const readBytes = 2 ** 20

export class SegmentImage {
  bytes = new Uint8Array(0)
  view = new DataView(this.bytes.buffer)
  name = ''
  /** Size of the file. */
  size = 0
  private words = new Int32Array(0)
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
  expectFillOf(identity: string): void {
    this.fill = segmentFill(identity)
    this.fillWords = new Int32Array(this.fill.buffer)
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
   * Reads again from `offset` on when it is next asked for, if the `length` bytes there are no longer as they were read.
   * @returns whether that is so
   */
  forgetIfChanged(offset: number, length: number): boolean {
    const end = Math.min(offset + length, this.filled)
    const now = new Uint8Array(end - offset)
    const count = this.read(now, 0, now.length, offset)
    if (count < now.length || Buffer.compare(now, this.bytes.subarray(offset, end)) === 0) return false
    this.filled = offset
    return true
  }

  /** Where the last word before `end` that was written ends; `from` if none was from there on. All must have been read. */
  endOfData(from: number, end: number): number {
    let dataEnd = end
    while (dataEnd > from) {
      const start = Math.max(from, Math.floor((dataEnd - 1) / fillBytes) * fillBytes)
      const fill = this.fill.subarray(start % fillBytes, (start % fillBytes) + dataEnd - start)
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
    const word = offset >> 2
    const fill = (offset % fillBytes) >> 2
    return this.words[word] === this.fillWords[fill] && this.words[word + 1] === this.fillWords[fill + 1]
  }

  corrupt(offset: number, reason: string): LogCorruptError {
    return new LogCorruptError(this.path, offset, reason)
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

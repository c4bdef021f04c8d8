/**
 * Collects the records of a batch in one buffer, ready to be written in one call, and holds callers to the order that the
 * log promises. The buffer is reused and grows; nothing is allocated per record.
 */
import { doubleZero } from '../core/index.ts'
import {
  align8,
  batchCrc,
  batchDigest,
  batchHeaderBytes,
  batchMagic,
  CRC,
  FIRST_SEQUENCE,
  LENGTH,
  LENGTH_INVERTED,
  MAGIC,
  maxBatchBytes,
  PREVIOUS_DIGEST,
  RECORD_COUNT,
  recordHeaderBytes,
  setDigest,
  setUint53,
  TIME_US,
  ZEROS,
} from './batch-format.ts'
import type { LogPosition } from './command-log.ts'

export class BatchEncoder {
  /** The batch, from `start` to `end`. Replaced when it grows. */
  bytes: Uint8Array<ArrayBuffer>
  view: DataView<ArrayBuffer>
  readonly start: number
  end: number
  recordCount = 0
  firstSequence = doubleZero
  private lastSequence = doubleZero
  private lastTimeUs = doubleZero
  /** What the batch continues, and the digest that it has once it is sealed. */
  private previousSequence = doubleZero
  private previousDigest = ''
  private digest = ''

  /** Leaves `start` bytes (a multiple of 8) free before the batch, for a segment header to be written along with it. */
  constructor(start: number) {
    this.bytes = new Uint8Array(65_536)
    this.view = new DataView(this.bytes.buffer)
    this.start = start
    this.end = start + batchHeaderBytes
  }

  /** Byte length of the batch. */
  get length(): number {
    return this.end - this.start
  }

  /** Where the batch begins. */
  get position(): LogPosition {
    return { sequence: this.previousSequence, digest: this.previousDigest }
  }

  /** Says what the log ends with, so that the next record must follow it. */
  continueAfter(position: LogPosition, lastTimeUs: number): void {
    this.lastSequence = position.sequence
    this.lastTimeUs = lastTimeUs
    this.previousSequence = position.sequence
    this.previousDigest = position.digest
    this.digest = position.digest
  }

  /** @throws RangeError as CommandLog.append says */
  append(sequence: number, timeUs: number, session: number, bytes: Uint8Array, start: number, end: number): void {
    if (sequence !== this.lastSequence + 1) {
      throw new RangeError(`sequence ${sequence} does not follow ${this.lastSequence}`)
    }
    if (this.recordCount === 0 ? timeUs < this.lastTimeUs : timeUs !== this.lastTimeUs) {
      throw new RangeError(`time ${timeUs} µs does not go with ${this.lastTimeUs} µs of the record before it`)
    }
    const record = this.end
    const messageStart = record + recordHeaderBytes
    const messageEnd = messageStart + (end - start)
    const recordEnd = align8(messageEnd)
    if (recordEnd > this.bytes.length) this.grow(recordEnd)
    this.view.setUint32(record, end - start, true)
    this.view.setUint32(record + 4, session, true)
    const target = this.bytes
    // Messages are short: copying them byte by byte costs less than a call to set(), and no subarray.
    for (let from = start, to = messageStart; from < end; from += 1, to += 1) target[to] = bytes[from]
    for (let padding = messageEnd; padding < recordEnd; padding += 1) target[padding] = 0
    if (this.recordCount === 0) this.firstSequence = sequence
    this.recordCount += 1
    this.end = recordEnd
    this.lastSequence = sequence
    this.lastTimeUs = timeUs
  }

  /** Writes the batch's header; from then on `bytes` may go out. */
  seal(): void {
    const { view, start, length } = this
    view.setUint32(start + MAGIC, batchMagic, true)
    view.setUint32(start + LENGTH, length, true)
    view.setUint32(start + LENGTH_INVERTED, ~length, true)
    view.setUint32(start + RECORD_COUNT, this.recordCount, true)
    view.setUint32(start + ZEROS, 0, true)
    setUint53(view, start + FIRST_SEQUENCE, this.firstSequence)
    setUint53(view, start + TIME_US, this.lastTimeUs)
    setDigest(view, start + PREVIOUS_DIGEST, this.previousDigest)
    view.setUint32(start + CRC, batchCrc(view, start, length), true)
    this.digest = batchDigest(view, start, length)
  }

  /** Begins the next batch, which continues this one. */
  next(): void {
    this.previousSequence = this.lastSequence
    this.previousDigest = this.digest
    this.recordCount = 0
    this.end = this.start + batchHeaderBytes
  }

  private grow(needed: number): void {
    if (needed > maxBatchBytes) throw new RangeError(`a batch may not pass ${maxBatchBytes} bytes; commit more often`)
    let size = this.bytes.length
    while (size < needed) size *= 2
    const larger = new Uint8Array(size)
    larger.set(this.bytes)
    this.bytes = larger
    this.view = new DataView(larger.buffer)
  }
}

/**
 * Hands out the records of batches that were found intact, and checks that they continue what came before: by sequence,
 * by digest, and time never backwards. A log in memory and one in files read their batches with it.
 */
import {
  align8,
  batchDigest,
  batchHeaderBytes,
  FIRST_SEQUENCE,
  getDigest,
  getUint53,
  PREVIOUS_DIGEST,
  RECORD_COUNT,
  recordHeaderBytes,
  TIME_US,
} from './batch-format.ts'
import type { LogPosition, LogRecord } from './command-log.ts'

/** Where any log begins. */
export const beginning: LogPosition = { sequence: 0, digest: '' }

export class BatchDecoder {
  lastSequence = 0
  lastTimeUs = 0
  private digest = ''
  private readonly visit: (record: LogRecord) => void
  private readonly after: LogPosition
  private readonly record: LogRecord = {
    sequence: 0,
    timeUs: 0,
    session: 0,
    bytes: new Uint8Array(0),
    start: 0,
    end: 0,
  }

  /** Batches up to `after` are only checked. */
  constructor(visit: (record: LogRecord) => void, after: LogPosition) {
    this.visit = visit
    this.after = after
  }

  /** Where the batches so far end. */
  get position(): LogPosition {
    return { sequence: this.lastSequence, digest: this.digest }
  }

  /** Says what the first batch must continue. @returns what is wrong with it, if something is */
  beginAt({ sequence, digest }: LogPosition): string | undefined {
    this.lastSequence = sequence
    this.digest = digest
    return this.faultOfPosition()
  }

  /**
   * Hands out the intact batch of `length` bytes at `offset`.
   * @returns what is wrong with it, if something is; then none of its records was handed out
   */
  handOut(bytes: Uint8Array, view: DataView, offset: number, length: number): string | undefined {
    const count = view.getUint32(offset + RECORD_COUNT, true)
    const firstSequence = getUint53(view, offset + FIRST_SEQUENCE)
    const timeUs = getUint53(view, offset + TIME_US)
    if (firstSequence !== this.lastSequence + 1) {
      return `sequence ${firstSequence} follows ${this.lastSequence}: commands are missing or out of order`
    }
    if (getDigest(view, offset + PREVIOUS_DIGEST) !== this.digest) {
      return `the batch with sequence ${firstSequence} continues another batch than the one before it`
    }
    if (timeUs < this.lastTimeUs) return `time goes backwards, from ${this.lastTimeUs} to ${timeUs} µs`
    if (endOfRecords(view, offset, length, count) !== offset + length) return 'the records do not fill the batch'
    this.lastSequence = firstSequence + count - 1
    this.lastTimeUs = timeUs
    this.digest = batchDigest(view, offset, length)
    if (firstSequence <= this.after.sequence) return this.faultOfPosition()

    const { record, visit } = this
    record.bytes = bytes
    record.timeUs = timeUs
    let position = offset + batchHeaderBytes
    for (let index = 0; index < count; index += 1) {
      record.sequence = firstSequence + index
      record.session = view.getUint32(position + 4, true)
      record.start = position + recordHeaderBytes
      record.end = record.start + view.getUint32(position, true)
      position = align8(record.end)
      visit(record)
    }
    return undefined
  }

  /** Says that there are no more batches. @returns what is wrong with that, if something is */
  faultOfEnd(): string | undefined {
    const { sequence } = this.after
    if (this.lastSequence >= sequence) return undefined
    return `the log ends with sequence ${this.lastSequence}, but it went on to ${sequence} at least: its end is missing`
  }

  /** What keeps the position that was asked for from being one of this log, if the batches so far reach it. */
  private faultOfPosition(): string | undefined {
    const { sequence, digest } = this.after
    if (this.lastSequence < sequence || sequence === 0) return undefined
    if (this.lastSequence > sequence) return `no batch ends with sequence ${sequence}, where reading was to begin`
    if (this.digest !== digest) return `up to sequence ${sequence} the log is not the one that reading was to continue`
    return undefined
  }
}

/** Where the last of `count` records ends; -1 if they pass the batch's end. */
function endOfRecords(view: DataView, offset: number, length: number, count: number): number {
  const end = offset + length
  let position = offset + batchHeaderBytes
  for (let index = 0; index < count; index += 1) {
    if (position + recordHeaderBytes > end) return -1
    const messageLength = view.getUint32(position, true)
    if (messageLength > end - position) return -1
    position = align8(position + recordHeaderBytes + messageLength)
  }
  return position
}

/**
 * Hands out the records of batches that were found intact, and checks that they continue what came before: sequences
 * without a gap, time never backwards. A log in memory and one in files read their batches with it.
 */
import {
  align8,
  batchHeaderBytes,
  FIRST_SEQUENCE,
  getUint53,
  RECORD_COUNT,
  recordHeaderBytes,
  TIME_US,
} from './batch-format.ts'
import type { LogRecord } from './command-log.ts'

export class BatchDecoder {
  lastSequence = 0
  lastTimeUs = 0
  private readonly visit: (record: LogRecord) => void
  private readonly record: LogRecord = {
    sequence: 0,
    timeUs: 0,
    session: 0,
    bytes: new Uint8Array(0),
    start: 0,
    end: 0,
  }

  constructor(visit: (record: LogRecord) => void) {
    this.visit = visit
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
    if (timeUs < this.lastTimeUs) return `time goes backwards, from ${this.lastTimeUs} to ${timeUs} µs`
    if (endOfRecords(view, offset, length, count) !== offset + length) return 'the records do not fill the batch'

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
    this.lastSequence = firstSequence + count - 1
    this.lastTimeUs = timeUs
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

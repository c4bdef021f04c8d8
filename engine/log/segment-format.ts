/**
 * The files of a journal. A segment is a file of a fixed size, made of noise before it is used (segment-fill.ts): a
 * header, then batches one after another, then noise, and at the very end room for a mark. It is named by the sequence
 * number of its first command.
 *
 *     header   magic, 8 bytes · format version u32 · CRC32 u32 of the header without this field · first sequence u64 ·
 *              size of the file u64 · identity of the log, 16 bytes · digest of the batch before the first, 16 bytes ·
 *              key of the noise, 16 bytes
 *     mark     magic, 8 bytes · first sequence of the next segment u64 · digest of the last batch here, 16 bytes
 *
 * The mark is written once the next segment is durable and has its name, and nothing in that one is acknowledged before
 * the mark is durable too: so if the last segment is lost, the one before it tells. All of the mark follows from what comes
 * before it, so it needs no checksum.
 */
import { crc32 } from 'node:zlib'
import { getDigest, getUint53, setDigest, setUint53 } from './batch-format.ts'
import type { LogPosition } from './command-log.ts'

export const segmentHeaderBytes = 80
export const continuedMarkBytes = 32
export const formatVersion = 2
const headerMagic = 'TFJOURNL'
const markMagic = 'TFCONTIN'

const VERSION = 8
const CRC = 12
const FIRST_SEQUENCE = 16
const SEGMENT_BYTES = 24
const IDENTITY = 32
const PREVIOUS_DIGEST = 48
const FILL_KEY = 64

const MARK_NEXT_SEQUENCE = 8
const MARK_DIGEST = 16

const namePattern = /^\d{12,16}\.log$/

export function segmentName(firstSequence: number): string {
  return `${String(firstSequence).padStart(12, '0')}.log`
}

export function firstSequenceOf(name: string): number {
  return Number.parseInt(name, 10)
}

export function isSegmentName(name: string): boolean {
  return namePattern.test(name) && name === segmentName(firstSequenceOf(name))
}

/** What a segment's header says. */
export interface SegmentHeader {
  readonly segmentBytes: number
  readonly identity: string
  /** Where the log was when the segment was begun. */
  readonly begin: LogPosition
  readonly fillKey: string
}

/** Writes a header to the beginning of `view`. */
export function writeSegmentHeader(view: DataView, { segmentBytes, identity, begin, fillKey }: SegmentHeader): void {
  writeText(view, headerMagic)
  view.setUint32(VERSION, formatVersion, true)
  setUint53(view, FIRST_SEQUENCE, begin.sequence + 1)
  setUint53(view, SEGMENT_BYTES, segmentBytes)
  setDigest(view, IDENTITY, identity)
  setDigest(view, PREVIOUS_DIGEST, begin.digest)
  setDigest(view, FILL_KEY, fillKey)
  view.setUint32(CRC, headerCrc(view), true)
}

/**
 * Checks the header at the beginning of `view` against the file that it was read from.
 * @returns what is wrong with it, if something is
 */
export function faultOfSegmentHeader(view: DataView, name: string, fileBytes: number): string | undefined {
  if (fileBytes < segmentHeaderBytes) return `the file ends within its header, after ${fileBytes} bytes`
  for (let index = 0; index < headerMagic.length; index += 1) {
    if (view.getUint8(index) !== headerMagic.charCodeAt(index)) return 'this is not a journal segment'
  }
  // First, for the header of another version may have its checksum over something else.
  const version = view.getUint32(VERSION, true)
  if (version !== formatVersion) return `format version ${version}, but this engine reads version ${formatVersion}`
  if (headerCrc(view) !== view.getUint32(CRC, true)) return "the header's checksum is wrong"
  const firstSequence = getUint53(view, FIRST_SEQUENCE)
  if (firstSequence !== firstSequenceOf(name)) return `the file begins with sequence ${firstSequence}, not as named`
  const segmentBytes = getUint53(view, SEGMENT_BYTES)
  if (segmentBytes !== fileBytes) return `the file has ${fileBytes} bytes but was made with ${segmentBytes}`
  return undefined
}

/** What a header says that was found intact. */
export function readSegmentHeader(view: DataView): SegmentHeader {
  return {
    segmentBytes: getUint53(view, SEGMENT_BYTES),
    identity: getDigest(view, IDENTITY),
    begin: { sequence: getUint53(view, FIRST_SEQUENCE) - 1, digest: getDigest(view, PREVIOUS_DIGEST) },
    fillKey: getDigest(view, FILL_KEY),
  }
}

/** The mark of a segment that ends at `end`, where another one continues. */
export function continuedMark(end: LogPosition): Uint8Array<ArrayBuffer> {
  const mark = new Uint8Array(continuedMarkBytes)
  const view = new DataView(mark.buffer)
  writeText(view, markMagic)
  setUint53(view, MARK_NEXT_SEQUENCE, end.sequence + 1)
  setDigest(view, MARK_DIGEST, end.digest)
  return mark
}

function writeText(view: DataView, text: string): void {
  for (let index = 0; index < text.length; index += 1) view.setUint8(index, text.charCodeAt(index))
}

function headerCrc(view: DataView): number {
  const before = new Uint8Array(view.buffer, view.byteOffset, CRC)
  const after = new Uint8Array(view.buffer, view.byteOffset + CRC + 4, segmentHeaderBytes - CRC - 4)
  return crc32(after, crc32(before))
}

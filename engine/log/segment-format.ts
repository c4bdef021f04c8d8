/**
 * The files of a journal. A segment is a file of a fixed size, made of zeros before it is used: a header, then batches one
 * after another, then zeros. It is named by the sequence number of its first command.
 *
 *     header   magic, 8 bytes · format version u32 · CRC32 u32 of the header without this field ·
 *              first sequence u64 · size of the file u64 · zeros up to 64 bytes
 *
 * The version says how the batches are laid out too; a log with a hash chain, say, will be another version, and has room in
 * the header for the hash that it continues.
 */
import { crc32 } from 'node:zlib'
import { getUint53, setUint53 } from './batch-format.ts'

export const segmentHeaderBytes = 64
export const formatVersion = 1
const magic = 'TFJOURNL'

const VERSION = 8
const CRC = 12
const FIRST_SEQUENCE = 16
const SEGMENT_BYTES = 24
const UNUSED = 32

const namePattern = /^\d{12,16}\.log$/

export function segmentName(firstSequence: number): string {
  return `${String(firstSequence).padStart(12, '0')}.log`
}

/** The segments among the names, in order. */
export function segmentNames(names: readonly string[]): string[] {
  return names.filter((name) => namePattern.test(name)).sort((a, b) => firstSequenceOf(a) - firstSequenceOf(b))
}

export function firstSequenceOf(name: string): number {
  return Number.parseInt(name, 10)
}

/** Writes the header of a segment of `segmentBytes` to the beginning of `view`. */
export function writeSegmentHeader(view: DataView, firstSequence: number, segmentBytes: number): void {
  for (let index = 0; index < magic.length; index += 1) view.setUint8(index, magic.charCodeAt(index))
  view.setUint32(VERSION, formatVersion, true)
  setUint53(view, FIRST_SEQUENCE, firstSequence)
  setUint53(view, SEGMENT_BYTES, segmentBytes)
  for (let offset = UNUSED; offset < segmentHeaderBytes; offset += 1) view.setUint8(offset, 0)
  view.setUint32(CRC, headerCrc(view), true)
}

/**
 * Checks the header at the beginning of `view` against the file that it was read from.
 * @returns what is wrong with it, if something is
 */
export function faultOfSegmentHeader(view: DataView, name: string, fileBytes: number): string | undefined {
  if (fileBytes < segmentHeaderBytes) return `the file ends within its header, after ${fileBytes} bytes`
  for (let index = 0; index < magic.length; index += 1) {
    if (view.getUint8(index) !== magic.charCodeAt(index)) return 'this is not a journal segment'
  }
  if (headerCrc(view) !== view.getUint32(CRC, true)) return "the header's checksum is wrong"
  const version = view.getUint32(VERSION, true)
  if (version !== formatVersion) return `format version ${version}, but this engine reads version ${formatVersion}`
  const firstSequence = getUint53(view, FIRST_SEQUENCE)
  if (firstSequence !== firstSequenceOf(name)) return `the file begins with sequence ${firstSequence}, not as named`
  const segmentBytes = getUint53(view, SEGMENT_BYTES)
  if (segmentBytes !== fileBytes) return `the file has ${fileBytes} bytes but was made with ${segmentBytes}`
  return undefined
}

function headerCrc(view: DataView): number {
  const before = new Uint8Array(view.buffer, view.byteOffset, CRC)
  const after = new Uint8Array(view.buffer, view.byteOffset + CRC + 4, segmentHeaderBytes - CRC - 4)
  return crc32(after, crc32(before))
}

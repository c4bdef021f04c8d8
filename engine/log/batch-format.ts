/**
 * The bytes of a batch: the records that one commit makes durable together. Little endian, every part 8-byte aligned.
 *
 *     batch    magic u32 · CRC32 u32 of all that follows · byte length u32 · the same, bits inverted, u32 ·
 *              record count u32 · ones u32 · first sequence u64 · time u64 (µs) · records
 *     record   message length u32 · session u32 · message · ones up to the next multiple of 8
 *
 * The inverted length makes the length trustworthy by itself: damage elsewhere cannot hide where the batch should end.
 * Unused bytes are ones, so that no 8-byte word of a batch is zero, which tells what was never written from what was written
 * and damaged (see torn-tail.ts). Another layout takes another format version in the segment header.
 */
import { crc32 } from 'node:zlib'

export const batchMagic = 0x31_42_46_54 // "TFB1"
export const batchHeaderBytes = 40
export const recordHeaderBytes = 8
/** Most bytes of one batch; far above what a turn can bring, well below what the length field can hold. */
export const maxBatchBytes = 2 ** 30

export const MAGIC = 0
export const CRC = 4
export const LENGTH = 8
export const LENGTH_INVERTED = 12
export const RECORD_COUNT = 16
export const UNUSED = 20
export const FIRST_SEQUENCE = 24
export const TIME_US = 32
/** The CRC covers the batch from here on. */
const CRC_FROM = LENGTH

/** Rounds up to a multiple of 8. */
export function align8(bytes: number): number {
  return (bytes + 7) & ~7
}

/** Writes a safe integer as u64, without a BigInt. */
export function setUint53(view: DataView, offset: number, value: number): void {
  view.setUint32(offset, value >>> 0, true)
  view.setUint32(offset + 4, Math.floor(value / 2 ** 32), true)
}

export function getUint53(view: DataView, offset: number): number {
  return view.getUint32(offset + 4, true) * 2 ** 32 + view.getUint32(offset, true)
}

/** Byte length of the batch whose header is at `offset`, or 0 if there is none that would end by `limit`. */
export function batchLengthAt(view: DataView, offset: number, limit: number): number {
  if (offset + batchHeaderBytes > limit || view.getUint32(offset + MAGIC, true) !== batchMagic) return 0
  return plausibleLengthAt(view, offset, limit)
}

/** The length field of the header at `offset`, or 0 if it contradicts itself or passes `limit`. */
export function plausibleLengthAt(view: DataView, offset: number, limit: number): number {
  const length = view.getUint32(offset + LENGTH, true)
  if (view.getUint32(offset + LENGTH_INVERTED, true) !== ~length >>> 0) return 0
  if (length < batchHeaderBytes + recordHeaderBytes || length % 8 !== 0 || offset + length > limit) return 0
  return length
}

/** CRC32 of the batch of `length` bytes at `offset`. */
export function batchCrc(view: DataView, offset: number, length: number): number {
  return crc32(new Uint8Array(view.buffer, view.byteOffset + offset + CRC_FROM, length - CRC_FROM))
}

/** Whether a whole and undamaged batch of `length` bytes is at `offset`. */
export function batchIsIntact(view: DataView, offset: number, length: number): boolean {
  return batchCrc(view, offset, length) === view.getUint32(offset + CRC, true)
}

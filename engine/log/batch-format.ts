/**
 * The bytes of a batch: the records that one commit makes durable together. Little endian, every part 8-byte aligned.
 *
 *     batch    magic u32 · CRC32 u32 of all that follows · byte length u32 · the same, bits inverted, u32 ·
 *              record count u32 · zeros u32 · first sequence u64 · time u64 (µs) · digest of the batch before, 16 bytes ·
 *              records
 *     record   message length u32 · session u32 · message · zeros up to the next multiple of 8
 *
 * The inverted length makes the length trustworthy by itself: damage elsewhere cannot hide where the batch should end.
 *
 * A batch's digest is the first 16 bytes of the SHA-256 of what its CRC covers. As that has the digest of the batch before
 * in it, the digests are a chain, and each stands for all of the log up to there. The chain begins with the log's identity.
 * In memory digests and identities are hexadecimal.
 *
 * Another layout takes another format version in the segment header.
 */
import { hash } from 'node:crypto'
import { crc32 } from 'node:zlib'

export const batchMagic = 0x32_42_46_54 // "TFB2"
export const batchHeaderBytes = 56
export const recordHeaderBytes = 8
/** Most bytes of one batch; far above what a turn can bring, well below what the length field can hold. */
export const maxBatchBytes = 2 ** 30

export const MAGIC = 0
export const CRC = 4
export const LENGTH = 8
export const LENGTH_INVERTED = 12
export const RECORD_COUNT = 16
export const ZEROS = 20
export const FIRST_SEQUENCE = 24
export const TIME_US = 32
export const PREVIOUS_DIGEST = 40
/** The CRC and the digest cover the batch from here on. */
const COVERED = LENGTH

const digestBytes = 16

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

/** Writes a digest or an identity. */
export function setDigest(view: DataView, offset: number, digest: string): void {
  Buffer.from(view.buffer, view.byteOffset + offset, digestBytes).write(digest, 'hex')
}

export function getDigest(view: DataView, offset: number): string {
  return Buffer.from(view.buffer, view.byteOffset + offset, digestBytes).toString('hex')
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
  return crc32(coveredPart(view, offset, length))
}

/** Whether a whole and undamaged batch of `length` bytes is at `offset`. */
export function batchIsIntact(view: DataView, offset: number, length: number): boolean {
  return batchCrc(view, offset, length) === view.getUint32(offset + CRC, true)
}

export function batchDigest(view: DataView, offset: number, length: number): string {
  return hash('sha256', coveredPart(view, offset, length)).slice(0, 2 * digestBytes)
}

function coveredPart(view: DataView, offset: number, length: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + offset + COVERED, length - COVERED)
}

/**
 * What a segment is made of before it is used: not zeros but noise that no other file has. So what was never written can be
 * told from all else: from a message of zeros, from a sector that the disk lost and reads as zeros, and from one that strayed
 * from another place or file. A word of 8 bytes takes this value by chance once in 2^64.
 *
 * The noise is the keystream of AES-128 in counter mode, the counter being 0 where the file begins, under a key that the
 * segment's header names.
 */
import { createCipheriv, hash } from 'node:crypto'

/**
 * The key of a file, 32 hexadecimal digits.
 * @param sequence where the log was when it was opened
 * @param number of the file among those made since: one that was made at an earlier opening and used took the log further
 */
export function fillKey(identity: string, sequence: number, number: number): string {
  return hash('sha256', `${identity} ${sequence} ${number}`).slice(0, 32)
}

/** What the file with this key has from `start`, a multiple of 16, to `end`. */
export function segmentFill(key: string, start: number, end: number): Uint8Array<ArrayBuffer> {
  const counter = new Uint8Array(16)
  new DataView(counter.buffer).setBigUint64(8, BigInt(start / 16))
  const cipher = createCipheriv('aes-128-ctr', Buffer.from(key, 'hex'), counter)
  return new Uint8Array(cipher.update(new Uint8Array(end - start)))
}

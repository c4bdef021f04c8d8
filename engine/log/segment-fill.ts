/**
 * What a segment is made of before it is used: not zeros but noise that follows from the log's identity. So what was never
 * written can be told from all else: from a message of zeros, from a sector that a disk lost and reads as zeros, and from
 * one that strayed from another place. A word of 8 bytes takes this value by chance once in 2^64.
 *
 * The noise is the keystream of AES-128 in counter mode, the identity being the key and zero the first counter, repeated
 * from its beginning every `fillBytes`.
 */
import { createCipheriv } from 'node:crypto'

export const fillBytes = 262_144

let latest = { identity: '', fill: new Uint8Array(0) }

/**
 * One period of the fill of the log with this identity, not to be changed. What a file has at an offset is what this has at
 * its remainder.
 */
export function segmentFill(identity: string): Uint8Array<ArrayBuffer> {
  if (latest.identity !== identity) {
    const cipher = createCipheriv('aes-128-ctr', Buffer.from(identity, 'hex'), new Uint8Array(16))
    latest = { identity, fill: new Uint8Array(cipher.update(new Uint8Array(fillBytes))) }
  }
  return latest.fill
}

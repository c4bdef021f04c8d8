import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { BatchDecoder, beginning } from './batch-decoder.ts'
import { BatchEncoder } from './batch-encoder.ts'
import { batchCrc, batchIsIntact, batchLengthAt, CRC, RECORD_COUNT } from './batch-format.ts'
import type { LogPosition } from './command-log.ts'

const identity = '00112233445566778899aabbccddeeff'
const logBegin = { sequence: 0, digest: identity }

/** A sealed batch of messages at one time, continuing a log at a position. */
function batchAfter(position: LogPosition, timeUs: number, ...messages: number[][]): BatchEncoder {
  const encoder = new BatchEncoder(0)
  encoder.continueAfter(position, 0)
  fill(encoder, timeUs, messages)
  return encoder
}

function fill(encoder: BatchEncoder, timeUs: number, messages: readonly number[][]): void {
  const first = encoder.position.sequence + 1
  for (const [index, message] of messages.entries()) {
    encoder.append(first + index, timeUs, 7, Uint8Array.from(message), 0, message.length)
  }
  encoder.seal()
}

function bytesOf(encoder: BatchEncoder): Buffer {
  return Buffer.from(encoder.bytes.subarray(0, encoder.end))
}

/** Where the log is after a batch. */
function positionAfter(encoder: BatchEncoder): LogPosition {
  encoder.next()
  return encoder.position
}

describe('a batch', () => {
  it('has this layout', () => {
    const before = { sequence: 2 ** 32, digest: identity }
    const batch = batchAfter(before, 2 ** 33 + 5, [0x91, 0x04], [1, 2, 3, 4, 5, 6, 7, 8])
    const bytes = bytesOf(batch)
    expect(bytes.length).toBe(88)
    expect(bytes.toString('latin1', 0, 4)).toBe('TFB2')
    expect(bytes.readUInt32LE(4)).toBe(crc32(bytes.subarray(8)))
    expect([8, 12, 16, 20].map((offset) => bytes.readUInt32LE(offset))).toEqual([88, ~88 >>> 0, 2, 0])
    expect(bytes.readBigUInt64LE(24)).toBe(2n ** 32n + 1n)
    expect(bytes.readBigUInt64LE(32)).toBe(2n ** 33n + 5n)
    expect(bytes.toString('hex', 40, 56)).toBe(identity)
    expect([56, 60].map((offset) => bytes.readUInt32LE(offset))).toEqual([2, 7])
    expect([...bytes.subarray(64, 72)]).toEqual([0x91, 0x04, 0, 0, 0, 0, 0, 0])
    expect([72, 76].map((offset) => bytes.readUInt32LE(offset))).toEqual([8, 7])
    expect([...bytes.subarray(80)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  })

  it('has as its digest the first half of the SHA-256 of what its CRC covers, which holds the digest before it', () => {
    const batch = batchAfter(logBegin, 10, [1], [2])
    const digest = createHash('sha256').update(bytesOf(batch).subarray(8)).digest('hex').slice(0, 32)
    expect(positionAfter(batch)).toEqual({ sequence: 2, digest })
    fill(batch, 11, [[3]])
    expect(bytesOf(batch).toString('hex', 40, 56)).toBe(digest)
  })

  it('has the same bytes whatever was in the buffer before', () => {
    const reused = batchAfter(logBegin, 10, Array(100).fill(0xaa))
    const position = positionAfter(reused)
    fill(reused, 20, [[1], [2, 3]])
    expect(bytesOf(reused)).toEqual(bytesOf(batchAfter(position, 20, [1], [2, 3])))
  })

  it('is not seen where its end would pass the limit', () => {
    const { view, length } = batchAfter(logBegin, 10, [1])
    expect(batchLengthAt(view, 0, length)).toBe(length)
    expect(batchLengthAt(view, 0, length - 8)).toBe(0)
  })

  it('is intact only with all its bits', () => {
    const { bytes, view, length } = batchAfter(logBegin, 10, [1], [2, 3])
    expect(batchIsIntact(view, 0, length)).toBe(true)
    for (let bit = 4 * 8; bit < length * 8; bit += 1) {
      bytes[bit >> 3] ^= 1 << (bit & 7)
      expect(batchIsIntact(view, 0, length)).toBe(false)
      bytes[bit >> 3] ^= 1 << (bit & 7)
    }
  })
})

describe('a decoder', () => {
  const first = batchAfter(logBegin, 10, [1])
  const afterFirst = positionAfter(batchAfter(logBegin, 10, [1]))

  it.each([
    ['does not follow in sequence', batchAfter({ ...afterFirst, sequence: 2 }, 10, [1]), 'sequence 3 follows 1'],
    [
      'does not follow in the chain',
      batchAfter({ ...afterFirst, digest: identity }, 10, [1]),
      'continues another batch',
    ],
    ['goes back in time', batchAfter(afterFirst, 9, [1]), 'time goes backwards, from 10 to 9 µs'],
  ])('hands out nothing of a batch that %s', (_, second, fault) => {
    const sequences: number[] = []
    const decoder = new BatchDecoder(({ sequence }) => sequences.push(sequence), beginning)
    expect(decoder.beginAt(logBegin)).toBeUndefined()
    expect(decoder.handOut(first.bytes, first.view, 0, first.length)).toBeUndefined()
    expect(decoder.position).toEqual(afterFirst)
    expect(decoder.handOut(second.bytes, second.view, 0, second.length)).toContain(fault)
    expect(sequences).toEqual([1])
  })

  it.each([1, 3])('hands out nothing of a batch of 2 records that says it has %i', (count) => {
    const { bytes, view, length } = batchAfter(logBegin, 10, [1], [2])
    view.setUint32(RECORD_COUNT, count, true)
    view.setUint32(CRC, batchCrc(view, 0, length), true)
    const decoder = new BatchDecoder(() => expect.unreachable(), beginning)
    decoder.beginAt(logBegin)
    expect(decoder.handOut(bytes, view, 0, length)).toBe('the records do not fill the batch')
  })
})

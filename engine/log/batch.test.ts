import { describe, expect, it } from 'vitest'
import { BatchDecoder } from './batch-decoder.ts'
import { BatchEncoder } from './batch-encoder.ts'
import { batchCrc, batchIsIntact, batchLengthAt, CRC, RECORD_COUNT } from './batch-format.ts'

/** A sealed batch of messages at one time, following `lastSequence`. */
function batchOf(lastSequence: number, timeUs: number, ...messages: number[][]): BatchEncoder {
  const encoder = new BatchEncoder(0)
  encoder.continueAfter(lastSequence, 0)
  fill(encoder, lastSequence, timeUs, messages)
  return encoder
}

function fill(encoder: BatchEncoder, lastSequence: number, timeUs: number, messages: readonly number[][]): void {
  for (const [index, message] of messages.entries()) {
    encoder.append(lastSequence + 1 + index, timeUs, 7, Uint8Array.from(message), 0, message.length)
  }
  encoder.seal()
}

const bytesOf = (encoder: BatchEncoder) => [...encoder.bytes.subarray(0, encoder.end)]

describe('a batch', () => {
  it('has this layout', () => {
    const encoder = batchOf(2 ** 32, 2 ** 33 + 5, [0x91, 0x04], [1, 2, 3, 4, 5, 6, 7, 8])
    const { view } = encoder
    expect(encoder.length).toBe(72)
    expect(Buffer.from(encoder.bytes.subarray(0, 4)).toString('latin1')).toBe('TFB1')
    expect(batchIsIntact(view, 0, 72)).toBe(true)
    expect([8, 12, 16, 20].map((offset) => view.getUint32(offset, true))).toEqual([72, ~72 >>> 0, 2, 0xffff_ffff])
    expect(view.getBigUint64(24, true)).toBe(2n ** 32n + 1n)
    expect(view.getBigUint64(32, true)).toBe(2n ** 33n + 5n)
    expect([40, 44].map((offset) => view.getUint32(offset, true))).toEqual([2, 7])
    expect(bytesOf(encoder).slice(48, 56)).toEqual([0x91, 0x04, 255, 255, 255, 255, 255, 255])
    expect([56, 60].map((offset) => view.getUint32(offset, true))).toEqual([8, 7])
    expect(bytesOf(encoder).slice(64)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  })

  it('has the same bytes whatever was in the buffer before', () => {
    const reused = batchOf(0, 10, Array(100).fill(0xaa))
    reused.clear()
    fill(reused, 1, 20, [[1], [2, 3]])
    expect(bytesOf(reused)).toEqual(bytesOf(batchOf(1, 20, [1], [2, 3])))
  })

  it('has no 8-byte word of zeros where a message is padded', () => {
    const { view, end } = batchOf(0, 10, [0], [1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0])
    for (let offset = 0; offset < end; offset += 8) expect(view.getBigUint64(offset, true)).not.toBe(0n)
  })

  it('is not seen where its end would pass the limit', () => {
    const { view, length } = batchOf(0, 10, [1])
    expect(batchLengthAt(view, 0, length)).toBe(length)
    expect(batchLengthAt(view, 0, length - 8)).toBe(0)
  })
})

describe('a decoder', () => {
  it.each([
    ['does not follow in sequence', batchOf(2, 10, [1]), 'sequence 3 follows 1'],
    ['goes back in time', batchOf(1, 9, [1]), 'time goes backwards, from 10 to 9 µs'],
  ])('hands out nothing of a batch that %s', (_, second, fault) => {
    const sequences: number[] = []
    const decoder = new BatchDecoder(({ sequence }) => sequences.push(sequence))
    const first = batchOf(0, 10, [1])
    expect(decoder.handOut(first.bytes, first.view, 0, first.length)).toBeUndefined()
    expect(decoder.handOut(second.bytes, second.view, 0, second.length)).toContain(fault)
    expect(sequences).toEqual([1])
  })

  it.each([1, 3])('hands out nothing of a batch of 2 records that says it has %i', (count) => {
    const { bytes, view, length } = batchOf(0, 10, [1], [2])
    view.setUint32(RECORD_COUNT, count, true)
    view.setUint32(CRC, batchCrc(view, 0, length), true)
    const decoder = new BatchDecoder(() => expect.unreachable())
    expect(decoder.handOut(bytes, view, 0, length)).toBe('the records do not fill the batch')
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FrameParser, opcodes } from './frame-parser.ts'

/** A server's frame as RFC 6455 writes it. */
function serverFrame(opcode: number, payload: Uint8Array): Buffer {
  const length = payload.length
  const header = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10)
  header[0] = 0x80 | opcode
  if (length < 126) {
    header[1] = length
  } else if (length < 65_536) {
    header[1] = 126
    header.writeUInt16BE(length, 2)
  } else {
    header[1] = 127
    header.writeBigUInt64BE(BigInt(length), 2)
  }
  return Buffer.concat([header, payload])
}

/** Hands the bytes over in pieces that end at the given offsets, each in the same reused buffer, as a socket does. */
function parse(bytes: Buffer, ends: number[], maxFrameBytes?: number): { opcode: number; payload: string }[] {
  const frames: { opcode: number; payload: string }[] = []
  const parser = new FrameParser((opcode, from, start, end) => {
    frames.push({ opcode, payload: from.toString('hex', start, end) })
  }, maxFrameBytes)
  const received = Buffer.alloc(bytes.length + 1)
  let start = 0
  for (const end of [...ends, bytes.length].sort((left, right) => left - right)) {
    const size = bytes.copy(received, 1, start, end)
    parser.push(received, 1, 1 + size)
    received.fill(0xff)
    start = end
  }
  return frames
}

const payloadSizes = [0, 1, 2, 40, 125, 126, 127, 300, 65_535, 65_536, 70_000]

describe('frame parser', () => {
  it('finds the same frames however the bytes are cut', () => {
    const frame = fc.record({
      opcode: fc.constantFrom(...Object.values(opcodes)),
      size: fc.constantFrom(...payloadSizes),
      fill: fc.integer({ min: 0, max: 255 }),
    })
    const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 })
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 8 }), cuts, (frames, shares) => {
        const payloads = frames.map(({ size, fill }) => Buffer.alloc(size, fill))
        const bytes = Buffer.concat(payloads.map((payload, index) => serverFrame(frames[index].opcode, payload)))
        const expected = frames.map(({ opcode }, index) => ({ opcode, payload: payloads[index].toString('hex') }))
        const ends = shares.map((share) => Math.floor(share * bytes.length))
        expect(parse(bytes, ends)).toEqual(expected)
      }),
      { seed: 1, numRuns: 200 },
    )
  })

  it('finds frames of every header size that arrive byte by byte', () => {
    for (const size of [0, 125, 126, 65_536]) {
      const bytes = serverFrame(opcodes.binary, Buffer.alloc(size, 7))
      const everyByte = Array.from({ length: bytes.length }, (_, index) => index)
      expect(parse(bytes, everyByte)).toEqual([{ opcode: opcodes.binary, payload: '07'.repeat(size) }])
    }
  })

  it.each([
    ['fragmented', [0x02, 0x01, 0x00]],
    ['compressed', [0xc2, 0x01, 0x00]],
    ['masked', [0x82, 0x81, 0, 0, 0, 0, 0x00]],
  ])('refuses a %s frame', (_, bytes) => {
    expect(() => parse(Buffer.from(bytes), [])).toThrow()
  })

  it('refuses a frame larger than its bound, whether it arrives whole or in pieces', () => {
    const bytes = serverFrame(opcodes.binary, Buffer.alloc(100))
    expect(parse(bytes, [1], 102)).toHaveLength(1)
    expect(() => parse(bytes, [], 101)).toThrow('102 bytes')
    expect(() => parse(bytes, [1, 50], 101)).toThrow('102 bytes')
  })
})

import { decode, encode } from '@msgpack/msgpack'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { notScalar, WireReader, WireWriter } from './wire.ts'

const safeInteger = fc
  .oneof(
    fc.maxSafeInteger(),
    fc.integer({ min: -70_000, max: 70_000 }),
    fc.constantFrom(
      ...[7, 8, 15, 16, 31, 32, 53].flatMap((bits) => [-1, 0, 1].flatMap((d) => [2 ** bits + d, -(2 ** bits) + d])),
    ),
  )
  .filter(Number.isSafeInteger)

function written(write: (writer: WireWriter) => void): Uint8Array {
  const writer = new WireWriter(64)
  write(writer)
  return writer.bytes.slice(0, writer.position)
}

function readerOf(bytes: Uint8Array): WireReader {
  const reader = new WireReader()
  reader.reset(bytes, 0, bytes.length)
  return reader
}

describe('WireWriter', () => {
  it('writes every safe integer in the shortest integer format, as @msgpack/msgpack does', () => {
    fc.assert(
      fc.property(safeInteger, (value) => {
        expect(written((writer) => writer.int(value))).toEqual(encode(value))
        if (value >= 0) expect(written((writer) => writer.uint(value))).toEqual(encode(value))
      }),
      { numRuns: 2_000 },
    )
  })

  it('writes array headers of every size', () => {
    for (const length of [0, 1, 15, 16, 65_535]) {
      expect(written((writer) => writer.array(length))).toEqual(
        encode(Array(length).fill(0)).subarray(0, -length || undefined),
      )
    }
    expect(written((writer) => writer.array(65_536))).toEqual(new Uint8Array([0xdd, 0, 1, 0, 0]))
  })

  it('keeps what was written when it makes room', () => {
    const writer = new WireWriter(4)
    for (let value = 0; value < 100; value++) {
      writer.reserve(9)
      writer.uint(value)
    }
    expect([...writer.bytes.subarray(0, writer.position)]).toEqual([...Array(100).keys()])
  })
})

describe('WireReader', () => {
  it('reads a safe integer in any format that holds it', () => {
    fc.assert(
      fc.property(safeInteger, (value) => {
        const forms = [encode(value), encode(BigInt(value), { useBigInt64: true }), float64(value)]
        if (Math.fround(value) === value) forms.push(float32(value))
        for (const bytes of forms) {
          expect(readerOf(bytes).int()).toBe(value + 0)
          expect(readerOf(bytes).uint()).toBe(value < 0 ? -1 : value + 0)
          expect(readerOf(bytes).scalar()).toBe(value)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  it('refuses integers beyond 2^53, fractions, infinities and other kinds of value', () => {
    const refused: Uint8Array[] = [
      encode(2n ** 53n, { useBigInt64: true }),
      encode(-(2n ** 60n), { useBigInt64: true }),
    ]
    refused.push(...[0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53].map(float64), float32(1.5))
    refused.push(...[null, true, 'x', [1], { a: 1 }].map((value) => encode(value)), new Uint8Array(0))
    for (const bytes of refused) {
      expect(readerOf(bytes).int()).toBeNaN()
      expect(readerOf(bytes).uint()).toBe(-1)
    }
  })

  it('refuses an integer whose bytes are cut off', () => {
    for (const value of [200, 300, 70_000, 2 ** 40, -5, -200, -70_000, -(2 ** 40)]) {
      const bytes = encode(value)
      for (let length = 0; length < bytes.length; length++) {
        expect(readerOf(bytes.subarray(0, length)).int()).toBeNaN()
      }
    }
  })

  it('passes over any value exactly, and over no part of one that is cut off', () => {
    const value = fc.anything({
      withBigInt: false,
      withNullPrototype: false,
      values: [fc.string(), fc.double(), fc.uint8Array(), fc.boolean(), fc.integer(), fc.constant(null)],
    })
    fc.assert(
      fc.property(value, (any) => {
        const bytes = encode(any, { ignoreUndefined: true })
        const reader = readerOf(new Uint8Array([...bytes, 7]))
        expect(reader.skip()).toBe(true)
        expect(reader.position).toBe(bytes.length)
        expect(readerOf(bytes.subarray(0, -1)).skip()).toBe(false)
      }),
      { numRuns: 1_000 },
    )
  })

  it('passes over long strings, binaries, arrays, maps and extensions', () => {
    for (const length of [31, 32, 255, 256, 65_535, 65_536]) {
      for (const value of ['x'.repeat(length), new Uint8Array(length), Array(length).fill(1)]) {
        const reader = readerOf(encode(value))
        expect(reader.skip()).toBe(true)
        expect(reader.position).toBe(reader.end)
      }
    }
    for (const bytes of [
      [0xd4, 1, 2],
      [0xd8, 1, ...Array(16).fill(0)],
      [0xc7, 3, 1, 0, 0, 0],
      [0xc8, 0, 1, 9, 9],
      [0xc9, 0, 0, 0, 1, 9, 9],
    ]) {
      const reader = readerOf(new Uint8Array(bytes))
      expect(reader.skip()).toBe(true)
      expect(reader.position).toBe(bytes.length)
    }
  })

  it('is not hurt by deep nesting or by headers that promise gigabytes', () => {
    const deep = new Uint8Array(1_000_000).fill(0x91)
    expect(readerOf(deep).skip()).toBe(false)
    deep[deep.length - 1] = 0xc0
    expect(readerOf(deep).skip()).toBe(true)
    for (const tag of [0xc6, 0xc9, 0xdb, 0xdd, 0xdf]) {
      expect(readerOf(new Uint8Array([tag, 0xff, 0xff, 0xff, 0xff, 0, 0, 0])).skip()).toBe(false)
    }
  })

  it('never throws, whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const reader = readerOf(bytes)
        const whole = reader.skip()
        expect(readerOf(bytes).scalar() === undefined).toBe(!whole)
        readerOf(bytes).array()
        readerOf(bytes).uint()
      }),
      { numRuns: 5_000 },
    )
  })

  it('gives scalars as they are, and says so of what is none', () => {
    for (const value of [null, true, false, '', 'ä€', 'x'.repeat(300), 1.5]) {
      expect(readerOf(encode(value)).scalar()).toBe(value)
    }
    for (const value of [[], [1, 2], {}, new Uint8Array(3)]) expect(readerOf(encode(value)).scalar()).toBe(notScalar)
    expect(decode(encode('ä€'))).toBe('ä€')
  })
})

function float64(value: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(9))
  view.setUint8(0, 0xcb)
  view.setFloat64(1, value)
  return new Uint8Array(view.buffer)
}

function float32(value: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(5))
  view.setUint8(0, 0xca)
  view.setFloat32(1, value)
  return new Uint8Array(view.buffer)
}

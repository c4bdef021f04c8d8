/**
 * MessagePack primitives over one reused array of bytes, for the messages that pass by the hundred thousand per second
 * (order-entry-codec.ts, event-codec.ts, market-data-codec.ts). Everything else goes through codec.ts. Nothing here
 * allocates per message, and nothing that a reader is given can make it throw, recurse or loop beyond the bytes it has.
 */

const twoTo32 = 2 ** 32
const scratch = new DataView(new ArrayBuffer(8))
const textDecoder = new TextDecoder()

/**
 * Writes MessagePack into `bytes` from `position` on. The caller sees to it that there is room (`reserve`): writing
 * past the end of a typed array is silent.
 */
export class WireWriter {
  bytes: Uint8Array
  position = 0

  constructor(capacityBytes: number) {
    this.bytes = new Uint8Array(capacityBytes)
  }

  /** Makes room for `byteCount` more bytes; `bytes` may be another array afterwards, with the same content. */
  reserve(byteCount: number): void {
    const needed = this.position + byteCount
    if (needed <= this.bytes.length) return
    const larger = new Uint8Array(Math.max(needed, this.bytes.length * 2))
    larger.set(this.bytes.subarray(0, this.position))
    this.bytes = larger
  }

  /** The header of an array of `length` elements; it takes up to 5 bytes. */
  array(length: number): void {
    const bytes = this.bytes
    let position = this.position
    if (length < 16) {
      bytes[position++] = 0x90 | length
    } else if (length < 0x10000) {
      bytes[position++] = 0xdc
      bytes[position++] = length >>> 8
      bytes[position++] = length
    } else {
      bytes[position++] = 0xdd
      bytes[position++] = length >>> 24
      bytes[position++] = length >>> 16
      bytes[position++] = length >>> 8
      bytes[position++] = length
    }
    this.position = position
  }

  /** A safe integer of at least 0, in the shortest integer format. */
  uint(value: number): void {
    const bytes = this.bytes
    let position = this.position
    if (value < 0x80) {
      bytes[position++] = value
    } else if (value < 0x100) {
      bytes[position++] = 0xcc
      bytes[position++] = value
    } else if (value < 0x10000) {
      bytes[position++] = 0xcd
      bytes[position++] = value >>> 8
      bytes[position++] = value
    } else if (value < twoTo32) {
      bytes[position++] = 0xce
      bytes[position++] = value >>> 24
      bytes[position++] = value >>> 16
      bytes[position++] = value >>> 8
      bytes[position++] = value
    } else {
      bytes[position++] = 0xcf
      this.position = position
      this.eightBytes(Math.floor(value / twoTo32), value)
      return
    }
    this.position = position
  }

  /** A safe integer, in the shortest integer format. */
  int(value: number): void {
    if (value >= 0) {
      this.uint(value)
      return
    }
    const bytes = this.bytes
    let position = this.position
    if (value >= -0x20) {
      bytes[position++] = value
    } else if (value >= -0x80) {
      bytes[position++] = 0xd0
      bytes[position++] = value
    } else if (value >= -0x8000) {
      bytes[position++] = 0xd1
      bytes[position++] = value >>> 8
      bytes[position++] = value
    } else if (value >= -0x80000000) {
      bytes[position++] = 0xd2
      bytes[position++] = value >>> 24
      bytes[position++] = value >>> 16
      bytes[position++] = value >>> 8
      bytes[position++] = value
    } else {
      bytes[position++] = 0xd3
      this.position = position
      this.eightBytes(Math.floor(value / twoTo32), value)
      return
    }
    this.position = position
  }

  boolean(value: boolean): void {
    this.bytes[this.position++] = value ? 0xc3 : 0xc2
  }

  private eightBytes(high: number, low: number): void {
    const bytes = this.bytes
    const position = this.position
    bytes[position] = high >>> 24
    bytes[position + 1] = high >>> 16
    bytes[position + 2] = high >>> 8
    bytes[position + 3] = high
    bytes[position + 4] = low >>> 24
    bytes[position + 5] = low >>> 16
    bytes[position + 6] = low >>> 8
    bytes[position + 7] = low
    this.position = position + 8
  }
}

/** What `scalar` returns for a value that is none: a container, binary or an extension. */
export const notScalar: unique symbol = Symbol('not a scalar')

export type Scalar = number | string | boolean | null | typeof notScalar

/**
 * Reads MessagePack from `position` to `end` of `bytes`. A method that fails returns a value that it cannot return
 * otherwise, and leaves `position` anywhere.
 */
export class WireReader {
  bytes: Uint8Array = new Uint8Array(0)
  position = 0
  end = 0

  reset(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bytes
    this.position = start
    this.end = end
  }

  /** Number of elements of the array that begins here; -1 if none does. */
  array(): number {
    const position = this.position
    if (position >= this.end) return -1
    const tag = this.bytes[position]
    this.position = position + 1
    if (tag >= 0x90 && tag < 0xa0) return tag & 0x0f
    if (tag === 0xdc) return this.unsigned(2)
    if (tag === 0xdd) return this.unsigned(4)
    return -1
  }

  /** A safe integer of at least 0, in any number format that holds it exactly; -1 otherwise. */
  uint(): number {
    const bytes = this.bytes
    const position = this.position
    if (position >= this.end) return -1
    const tag = bytes[position]
    if (tag < 0x80) {
      this.position = position + 1
      return tag
    }
    if (tag === 0xcd && position + 3 <= this.end) {
      this.position = position + 3
      return (bytes[position + 1] << 8) | bytes[position + 2]
    }
    if (tag === 0xce && position + 5 <= this.end) {
      this.position = position + 5
      return (
        bytes[position + 1] * 0x1000000 +
        ((bytes[position + 2] << 16) | (bytes[position + 3] << 8) | bytes[position + 4])
      )
    }
    const value = this.int()
    return value >= 0 ? value : -1
  }

  /** A safe integer, in any number format that holds it exactly; NaN otherwise. */
  int(): number {
    const value = this.number()
    return Number.isSafeInteger(value) ? value + 0 : Number.NaN
  }

  /** 1 for true, 0 for false; -1 if the value here is neither. */
  boolean(): number {
    if (this.position >= this.end) return -1
    const tag = this.bytes[this.position++]
    return tag === 0xc3 ? 1 : tag === 0xc2 ? 0 : -1
  }

  /** Whether the value here is nil; if so, it is passed over. */
  nil(): boolean {
    if (this.position >= this.end || this.bytes[this.position] !== 0xc0) return false
    this.position++
    return true
  }

  /** Any value: scalars as they are, others passed over; undefined if the bytes are not one whole value. */
  scalar(): Scalar | undefined {
    const start = this.position
    if (!this.skip()) return undefined
    const next = this.position
    const tag = this.bytes[start]
    this.position = start
    let value: Scalar = notScalar
    if (tag === 0xc0) value = null
    else if (tag === 0xc2 || tag === 0xc3) value = tag === 0xc3
    else if ((tag >= 0xa0 && tag < 0xc0) || (tag >= 0xd9 && tag <= 0xdb)) {
      const headerBytes = tag < 0xc0 ? 1 : 1 + (1 << (tag - 0xd9))
      value = textDecoder.decode(this.bytes.subarray(start + headerBytes, next))
    } else if (tag < 0x80 || tag >= 0xe0 || (tag >= 0xca && tag <= 0xd3)) value = this.number()
    this.position = next
    return value
  }

  /** Passes over one value of any kind, containers whole; false if the bytes end before it does. */
  skip(): boolean {
    // Counts values still to come instead of recursing; each takes a byte at least, so a header cannot promise more
    // than there are bytes.
    let pending = 1
    while (pending > 0) {
      if (pending > this.end - this.position) return false
      pending--
      const tag = this.bytes[this.position++]
      if (tag < 0x80 || tag >= 0xe0) continue
      if (tag < 0x90) pending += (tag & 0x0f) * 2
      else if (tag < 0xa0) pending += tag & 0x0f
      else if (tag < 0xc0) this.position += tag & 0x1f
      else if (tag >= 0xdc) pending += this.unsigned(tag & 1 ? 4 : 2) * (tag < 0xde ? 1 : 2)
      else if (tag === 0xc1) return false
      else {
        const length = this.unsigned(lengthBytes[tag - 0xc0])
        this.position += payloadBytes[tag - 0xc0] + length
      }
      if (this.position > this.end) return false
    }
    return true
  }

  /** A number in any format, rounded if it is an integer beyond 2^53; NaN if there is none. */
  private number(): number {
    if (this.position >= this.end) return Number.NaN
    const tag = this.bytes[this.position++]
    if (tag < 0x80) return tag
    if (tag >= 0xe0) return tag - 0x100
    if (tag < 0xca || tag > 0xd3) return Number.NaN
    if (this.position + payloadBytes[tag - 0xc0] > this.end) return Number.NaN
    if (tag <= 0xcb) return this.float(tag === 0xca ? 4 : 8)
    const byteCount = 1 << (tag & 3)
    if (byteCount < 8) {
      const value = this.unsigned(byteCount)
      return tag < 0xd0 || value < 2 ** (byteCount * 8 - 1) ? value : value - 2 ** (byteCount * 8)
    }
    const high = this.unsigned(4)
    const low = this.unsigned(4)
    return (tag === 0xcf ? high : high | 0) * twoTo32 + low
  }

  private float(byteCount: number): number {
    for (let index = 0; index < byteCount; index++) scratch.setUint8(index, this.bytes[this.position++])
    return byteCount === 4 ? scratch.getFloat32(0) : scratch.getFloat64(0)
  }

  /** A big-endian number of `byteCount` bytes; what lies beyond the array's end counts as 0. */
  private unsigned(byteCount: number): number {
    let value = 0
    for (let index = 0; index < byteCount; index++) value = value * 256 + (this.bytes[this.position++] ?? 0)
    return value
  }
}

/** Per tag from 0xc0 to 0xdb: bytes that follow whatever the value is, and bytes that hold the length of the rest. */
//                     nil  -  no yes  bin......  ext......  f32 f64  uint.......  int........  fixext..........  str......
const payloadBytes = [0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 4, 8, 1, 2, 4, 8, 1, 2, 4, 8, 2, 3, 5, 9, 17, 0, 0, 0]
const lengthBytes = [0, 0, 0, 0, 1, 2, 4, 1, 2, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 4]

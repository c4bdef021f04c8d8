/**
 * The image of an exchange: its state as bytes, from which it goes on as if nothing had happened. Every class that has
 * state says beside its fields what of it goes into an image (`write`) and takes it back in the same order (`read`).
 * What is large is copied as it lies in memory, free records and all; what can be worked out again, and what only
 * counts while a command is being carried out, is left out.
 *
 * An image is a header, then single numbers, then arrays, each array at a multiple of eight bytes. Numbers are as the
 * machine has them: another byte order shows as another magic number.
 */
import { float64Table, int32Table } from './line-memory.ts'

/** To be raised whenever any class writes other things than before, or in another order. */
export const imageVersion = 3

/** "TFLR", if the lowest byte comes first. */
const MAGIC = 0x524c4654
// The header, in units of 4 bytes; lengths are 64-bit numbers.
const MAGIC_32 = 0
const VERSION_32 = 1
const BYTES_64 = 1
const CHECKSUM_32 = 4
/** How many single numbers there are. From here on everything counts in the checksum. */
const NUMBERS_64 = 3
const HEADER_BYTES = 32
/** An image is a whole number of these, and ends with zeros if it has to: it is checked so much at a time. */
const CHUNK_BYTES = 16

/** A constant, not a function declaration: V8 checks that nobody changed one of those, word by word. */
const mix = (lane: number, word: number): number => {
  const mixed = lane ^ word
  return Math.imul((mixed << 15) | (mixed >>> 17), 0xcc9e2d51)
}

type Value = number | string | boolean

/** Bytes that are no image, or not a whole one of this version. */
export class ImageError extends Error {
  constructor(problem: string) {
    super(`not a usable image of an exchange: ${problem}`)
    this.name = 'ImageError'
  }
}

export class ImageWriter {
  private readonly numbers: number[] = []
  /** Copied at the end only: until then they must not change. */
  private readonly arrays: (Int32Array | Float64Array)[] = []

  number(value: number): void {
    this.numbers.push(value)
  }

  flag(value: boolean): void {
    this.numbers.push(Number(value))
  }

  text(text: string): void {
    this.numbers.push(text.length)
    for (let index = 0; index < text.length; index++) this.numbers.push(text.charCodeAt(index))
  }

  /** A record with the names of its fields. */
  record(record: object): void {
    const fields: [string, Value][] = Object.entries(record)
    this.number(fields.length)
    for (const [name, value] of fields) {
      this.text(name)
      this.number(valueTypes.indexOf(typeof value))
      if (typeof value === 'string') this.text(value)
      else this.number(Number(value))
    }
  }

  /**
   * An array with its room for more.
   *
   * @param used how many of its numbers count; the others come back as 0
   */
  array(array: Int32Array | Float64Array, used = array.length): void {
    this.numbers.push(array.length, used)
    this.arrays.push(array.subarray(0, used))
  }

  arrayList(arrays: readonly (Int32Array | Float64Array)[]): void {
    this.number(arrays.length)
    for (const array of arrays) this.array(array)
  }

  /** @param former memory to write to if it is large enough: touching new memory takes longer than all the rest */
  finish(former?: ArrayBuffer): Uint8Array<ArrayBuffer> {
    let end = HEADER_BYTES + this.numbers.length * 8
    for (const array of this.arrays) end += paddedBytes(array.byteLength)
    const bytes = paddedBytes(end, CHUNK_BYTES)
    const memory = former !== undefined && former.byteLength >= bytes ? former : new ArrayBuffer(bytes)
    const words = new Int32Array(memory, 0, bytes / 4)
    new Float64Array(memory, HEADER_BYTES, this.numbers.length).set(this.numbers)
    let begin = HEADER_BYTES + this.numbers.length * 8
    for (const array of this.arrays) {
      const source = new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
      new Uint8Array(memory, begin, array.byteLength).set(source)
      begin += paddedBytes(array.byteLength)
      if (array.byteLength % 8 !== 0) words[begin / 4 - 1] = 0
    }
    words.fill(0, end / 4)
    const header64 = new Float64Array(memory, 0, HEADER_BYTES / 8)
    words[MAGIC_32] = MAGIC
    words[VERSION_32] = imageVersion
    header64[BYTES_64] = bytes
    header64[NUMBERS_64] = this.numbers.length
    words.set(checksum(words), CHECKSUM_32)
    return new Uint8Array(memory, 0, bytes)
  }
}

export class ImageReader {
  private readonly numbers: Float64Array
  private readonly bytes: Uint8Array
  private nextNumber = 0
  /** Where the next array begins. */
  private begin: number

  /** Throws an ImageError unless the bytes are a whole image of this version. */
  constructor(bytes: Uint8Array) {
    // Numbers can only be read where they are aligned.
    const aligned = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice()
    checkImage(aligned)
    this.bytes = aligned
    const count = new Float64Array(aligned.buffer, aligned.byteOffset, HEADER_BYTES / 8)[NUMBERS_64]
    this.numbers = new Float64Array(aligned.buffer, aligned.byteOffset + HEADER_BYTES, count)
    this.begin = HEADER_BYTES + count * 8
  }

  number(): number {
    if (this.nextNumber === this.numbers.length) throw new ImageError('it holds less than an exchange has')
    return this.numbers[this.nextNumber++]
  }

  flag(): boolean {
    return this.number() === 1
  }

  text(): string {
    const length = this.number()
    let text = ''
    for (let index = 0; index < length; index++) text += String.fromCharCode(this.number())
    return text
  }

  record(): Record<string, Value> {
    const record: Record<string, Value> = {}
    for (let left = this.number(); left > 0; left--) {
      const name = this.text()
      const type = valueTypes[this.number()]
      if (type === 'string') record[name] = this.text()
      else record[name] = type === 'boolean' ? this.flag() : this.number()
    }
    return record
  }

  int32(): Int32Array<ArrayBuffer> {
    const array = int32Table(this.number())
    this.fill(array)
    return array
  }

  float64(): Float64Array<ArrayBuffer> {
    const array = float64Table(this.number())
    this.fill(array)
    return array
  }

  int32List(): Int32Array<ArrayBuffer>[] {
    return Array.from({ length: this.number() }, () => this.int32())
  }

  float64List(): Float64Array<ArrayBuffer>[] {
    return Array.from({ length: this.number() }, () => this.float64())
  }

  /** To be called when all is read. */
  end(): void {
    if (this.nextNumber !== this.numbers.length || paddedBytes(this.begin, CHUNK_BYTES) !== this.bytes.length) {
      throw new ImageError('it holds more than an exchange has')
    }
  }

  private fill(array: Int32Array | Float64Array): void {
    const size = this.number() * array.BYTES_PER_ELEMENT
    if (this.begin + size > this.bytes.length) throw new ImageError('it holds less than an exchange has')
    new Uint8Array(array.buffer, array.byteOffset, array.byteLength).set(
      this.bytes.subarray(this.begin, this.begin + size),
    )
    this.begin += paddedBytes(size)
  }
}

const valueTypes = ['number', 'string', 'boolean']

function paddedBytes(bytes: number, unit = 8): number {
  return Math.ceil(bytes / unit) * unit
}

function checkImage(bytes: Uint8Array): void {
  const { length } = bytes
  if (length < HEADER_BYTES) throw new ImageError(`${length} bytes are too few`)
  const header32 = new Int32Array(bytes.buffer, bytes.byteOffset, HEADER_BYTES / 4)
  const header64 = new Float64Array(bytes.buffer, bytes.byteOffset, HEADER_BYTES / 8)
  const version = header32[VERSION_32]
  if (header32[MAGIC_32] !== MAGIC) throw new ImageError('it begins like something else')
  if (version !== imageVersion) throw new ImageError(`it has version ${version}, not ${imageVersion}`)
  if (header64[BYTES_64] !== length) throw new ImageError(`it has ${length} of ${header64[BYTES_64]} bytes`)
  const [first, second] = checksum(new Int32Array(bytes.buffer, bytes.byteOffset, length / 4))
  if (first !== header32[CHECKSUM_32] || second !== header32[CHECKSUM_32 + 1]) {
    throw new ImageError('its checksum is wrong')
  }
}

/**
 * Two words that any single changed word changes, and almost surely anything else that is not meant to happen. Four
 * lanes side by side, so that none has to wait for its multiplication. Constants: MurmurHash3's.
 */
function checksum(words: Int32Array): [number, number] {
  const header = HEADER_BYTES / 4
  let first = mix(0x9747b28c, words[header - 2])
  let second = mix(0x1b873593, words[header - 1])
  let third = 0x85ebca6b
  let fourth = 0xc2b2ae35
  const { length } = words
  for (let at = header; at + 3 < length; at += CHUNK_BYTES / 4) {
    first = mix(first, words[at])
    second = mix(second, words[at + 1])
    third = mix(third, words[at + 2])
    fourth = mix(fourth, words[at + 3])
  }
  return [mix(first, third), mix(second, fourth)]
}

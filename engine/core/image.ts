/**
 * The image of an exchange: its state as bytes, from which it goes on as if nothing had happened. Every class that has
 * state says beside its fields what of it goes into an image (`write`) and takes it back in the same order (`read`).
 * What is large is copied as it lies in memory, free records and all; what can be worked out again, and what only
 * counts while a command is being carried out, is left out.
 *
 * An image is a header, then single numbers, then arrays, each array at a multiple of eight bytes. Numbers are as the
 * machine has them: another byte order shows as another magic number. There is no checksum: it would
 * take twice as long as all the rest, and orders wait for it. Who keeps images sees to it that they come back unchanged.
 */
import { float64Table, int32Table } from './line-memory.ts'

/** To be raised whenever any class writes other things than before, or in another order. */
export const imageVersion = 4

/** "TFLR", if the lowest byte comes first. */
const MAGIC = 0x524c4654
// The header, in units of 4 bytes; lengths are 64-bit numbers.
const MAGIC_32 = 0
const VERSION_32 = 1
const BYTES_64 = 1
/** How many single numbers there are. */
const NUMBERS_64 = 2
const HEADER_BYTES = 24

type Value = number | string | boolean

interface Field {
  readonly name: string
  /** Index in `valueTypes`. */
  readonly type: number
}

/** Bytes that are no image, or not a whole one of this version. */
export class ImageError extends Error {
  constructor(problem: string, options?: ErrorOptions) {
    super(`not a usable image of an exchange: ${problem}`, options)
    this.name = 'ImageError'
  }
}

export class ImageWriter {
  private readonly numbers: number[] = []
  /** Copied at the end only: until then they must not change. */
  private readonly arrays: (Int32Array | Float64Array)[] = []
  private arrayBytes = 0
  /** Fields of the kinds of records so far. */
  private readonly shapes: (readonly Field[])[] = []

  /** Size of the image. */
  get byteLength(): number {
    return HEADER_BYTES + this.numbers.length * 8 + this.arrayBytes
  }

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

  /** A record. The names of its fields are written with the first of its kind only. */
  record(record: object): void {
    const values: [string, Value][] = Object.entries(record)
    const shape = this.shapes.findIndex((fields) => haveShape(values, fields))
    if (shape >= 0) this.number(shape)
    else this.newShape(values)
    for (const [, value] of values) {
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
    this.arrayBytes += paddedBytes(used * array.BYTES_PER_ELEMENT)
  }

  arrayList(arrays: readonly (Int32Array | Float64Array)[]): void {
    this.number(arrays.length)
    for (const array of arrays) this.array(array)
  }

  /** @param memory to write to if it is large enough: touching new memory takes longer than all the rest */
  finish(memory?: ArrayBuffer): Uint8Array<ArrayBuffer> {
    const { numbers, byteLength } = this
    const target = memory !== undefined && memory.byteLength >= byteLength ? memory : new ArrayBuffer(byteLength)
    const header32 = new Int32Array(target, 0, HEADER_BYTES / 4)
    const header64 = new Float64Array(target, 0, HEADER_BYTES / 8)
    header32[MAGIC_32] = MAGIC
    header32[VERSION_32] = imageVersion
    header64[BYTES_64] = byteLength
    header64[NUMBERS_64] = numbers.length
    new Float64Array(target, HEADER_BYTES, numbers.length).set(numbers)
    const bytes = new Uint8Array(target, 0, byteLength)
    let begin = HEADER_BYTES + numbers.length * 8
    for (const array of this.arrays) {
      const end = begin + paddedBytes(array.byteLength)
      bytes.fill(0, begin + array.byteLength, end)
      bytes.set(bytesOf(array), begin)
      begin = end
    }
    return bytes
  }

  private newShape(values: readonly [string, Value][]): void {
    const fields = values.map(([name, value]) => ({ name, type: valueTypes.indexOf(typeof value) }))
    this.number(this.shapes.length)
    this.number(fields.length)
    for (const { name, type } of fields) {
      this.text(name)
      this.number(type)
    }
    this.shapes.push(fields)
  }
}

export class ImageReader {
  private readonly numbers: Float64Array
  private readonly bytes: Uint8Array
  private readonly shapes: (readonly Field[])[] = []
  private nextNumber = 0
  /** Where the next array begins. */
  private begin: number

  /** Throws an ImageError unless the bytes look like a whole image of this version. */
  constructor(bytes: Uint8Array) {
    // Numbers can only be read where they are aligned.
    const aligned = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice()
    const count = checkedCount(aligned)
    this.bytes = aligned
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
    for (const { name, type } of this.shape()) {
      if (valueTypes[type] === 'string') record[name] = this.text()
      else record[name] = valueTypes[type] === 'boolean' ? this.flag() : this.number()
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
    if (this.nextNumber !== this.numbers.length || this.begin !== this.bytes.length) {
      throw new ImageError('it holds more than an exchange has')
    }
  }

  private shape(): readonly Field[] {
    const shape = this.number()
    if (shape < this.shapes.length) return this.shapes[shape]
    const fields: Field[] = []
    for (let left = this.number(); left > 0; left--) fields.push({ name: this.text(), type: this.number() })
    this.shapes.push(fields)
    return fields
  }

  private fill(array: Int32Array | Float64Array): void {
    const size = this.number() * array.BYTES_PER_ELEMENT
    if (this.begin + size > this.bytes.length) throw new ImageError('it holds less than an exchange has')
    bytesOf(array).set(this.bytes.subarray(this.begin, this.begin + size))
    this.begin += paddedBytes(size)
  }
}

/** Hands the image to `read`, which takes all of it. Throws an ImageError if the bytes are no image. */
export function readImage(bytes: Uint8Array, read: (image: ImageReader) => void): void {
  try {
    const image = new ImageReader(bytes)
    read(image)
    image.end()
  } catch (error) {
    if (error instanceof ImageError) throw error
    throw new ImageError((error as Error).message, { cause: error })
  }
}

const valueTypes = ['number', 'string', 'boolean']

function haveShape(values: readonly [string, Value][], fields: readonly Field[]): boolean {
  return (
    values.length === fields.length &&
    fields.every(({ name, type }, index) => values[index][0] === name && typeof values[index][1] === valueTypes[type])
  )
}

function bytesOf(array: Int32Array | Float64Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
}

function paddedBytes(bytes: number): number {
  return Math.ceil(bytes / 8) * 8
}

/** How many single numbers the image holds. */
function checkedCount(bytes: Uint8Array): number {
  const { length } = bytes
  if (length < HEADER_BYTES) throw new ImageError(`${length} bytes are too few`)
  const header32 = new Int32Array(bytes.buffer, bytes.byteOffset, HEADER_BYTES / 4)
  const header64 = new Float64Array(bytes.buffer, bytes.byteOffset, HEADER_BYTES / 8)
  const version = header32[VERSION_32]
  const count = header64[NUMBERS_64]
  if (header32[MAGIC_32] !== MAGIC) throw new ImageError('it begins like something else')
  if (version !== imageVersion) throw new ImageError(`it has version ${version}, not ${imageVersion}`)
  if (header64[BYTES_64] !== length) throw new ImageError(`it has ${length} of ${header64[BYTES_64]} bytes`)
  if (!Number.isInteger(count) || count < 0 || HEADER_BYTES + count * 8 > length) {
    throw new ImageError(`it cannot hold ${count} numbers`)
  }
  return count
}

/**
 * Memory for tables of records, placed so that a record of 64 bytes is one cache line and not the halves of two.
 *
 * The system gives a large block whole pages and keeps the first 16 bytes for itself. So what is handed out begins 48
 * bytes further on. Nothing but time depends on it: where the guess is wrong, a record lies across two lines.
 */
const LINE_BYTES = 64
const SYSTEM_BYTES = 16

/** All 0. */
export function int32Table(length: number): Int32Array<ArrayBuffer> {
  return new Int32Array(new ArrayBuffer(length * 4 + LINE_BYTES), LINE_BYTES - SYSTEM_BYTES, length)
}

/** All 0. */
export function float64Table(length: number): Float64Array<ArrayBuffer> {
  return new Float64Array(new ArrayBuffer(length * 8 + LINE_BYTES), LINE_BYTES - SYSTEM_BYTES, length)
}

/** The same memory as 64-bit numbers. */
export function asFloat64({ buffer, byteOffset, length }: Int32Array): Float64Array {
  return new Float64Array(buffer, byteOffset, length / 2)
}

/** The same memory as 32-bit integers. */
export function asInt32({ buffer, byteOffset, length }: Float64Array): Int32Array {
  return new Int32Array(buffer, byteOffset, length * 2)
}

/**
 * Terms that few orders have (an expiry, a display quantity, a stop price), kept apart so that the record of a plain
 * order stays one cache line: 32-byte records in one block of memory. Terms 0 are never used and mean none.
 */
import type { ImageReader, ImageWriter } from '../image.ts'
import { asFloat64, int32Table } from '../line-memory.ts'
import { grownRecords } from './pool-growth.ts'

/** Where things are in a record: its size and its 32-bit columns, in units of 4 bytes from its beginning. */
export const termsLayout = {
  TERMS_SIZE: 8,
  /** What an iceberg that rests shows now. */
  SHOWN: 2,
  /** What it shows at most; 0: the order is no iceberg. */
  DISPLAY: 3,
  /** 0: the order is no waiting stop. */
  STOP_PRICE: 4,
  /** A waiting stop order's limit price, while its PRICE is the stop price. */
  LIMIT_PRICE: 5,
  /** Timer of the expiry, 0 if none. */
  TIMER: 6,
} as const

const { TERMS_SIZE, SHOWN, DISPLAY, STOP_PRICE, LIMIT_PRICE, TIMER } = termsLayout
// 64-bit column, in units of 8 bytes from the record's beginning.
const EXPIRE_TIME_64 = 0

export class OrderTerms {
  /** The 32-bit columns: `int32[terms * TERMS_SIZE + COLUMN]`. Replaced when the pool grows. */
  int32: Int32Array
  private float64: Float64Array
  private termsCount = 1
  /** First of the free records, each naming the next in SHOWN. */
  private freeTerms = 0

  constructor(capacity: number) {
    this.int32 = int32Table((capacity + 1) * TERMS_SIZE)
    this.float64 = asFloat64(this.int32)
  }

  /** Takes terms of which every column is 0. */
  allocate(): number {
    let terms = this.freeTerms
    if (terms !== 0) {
      this.freeTerms = this.int32[terms * TERMS_SIZE + SHOWN]
    } else {
      terms = this.termsCount++
      if (this.termsCount * TERMS_SIZE > this.int32.length) this.grow()
    }
    const base = terms * TERMS_SIZE
    this.float64[(base >> 1) + EXPIRE_TIME_64] = 0
    this.int32[base + SHOWN] = 0
    this.int32[base + DISPLAY] = 0
    this.int32[base + STOP_PRICE] = 0
    this.int32[base + LIMIT_PRICE] = 0
    this.int32[base + TIMER] = 0
    return terms
  }

  release(terms: number): void {
    this.int32[terms * TERMS_SIZE + SHOWN] = this.freeTerms
    this.freeTerms = terms
  }

  /** When the order expires, microseconds; 0: never. */
  expireTimeUs(terms: number): number {
    return this.float64[terms * (TERMS_SIZE / 2) + EXPIRE_TIME_64]
  }

  setExpireTimeUs(terms: number, timeUs: number): void {
    this.float64[terms * (TERMS_SIZE / 2) + EXPIRE_TIME_64] = timeUs
  }

  write(image: ImageWriter): void {
    image.array(this.int32, this.termsCount * TERMS_SIZE)
    image.number(this.termsCount)
    image.number(this.freeTerms)
  }

  read(image: ImageReader): void {
    this.int32 = image.int32()
    this.float64 = asFloat64(this.int32)
    this.termsCount = image.number()
    this.freeTerms = image.number()
  }

  private grow(): void {
    const larger = int32Table(grownRecords(this.int32.length / TERMS_SIZE) * TERMS_SIZE)
    larger.set(this.int32)
    this.int32 = larger
    this.float64 = asFloat64(larger)
  }
}

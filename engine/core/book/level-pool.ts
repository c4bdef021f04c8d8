/**
 * Price levels: 32-byte records in one block of memory. A level exists as long as an order rests at its price. Level 0
 * is never used and means none.
 */
import type { ImageReader, ImageWriter } from '../image.ts'
import { asFloat64, int32Table } from '../line-memory.ts'
import { grownRecords } from './pool-growth.ts'

/** Where things are in a record: its size and its 32-bit columns, in units of 4 bytes from its beginning. */
export const levelLayout = {
  LEVEL_SIZE: 8,
  /** As `orderLayout.SLOT_MASK`. */
  LEVEL_MASK: 0xfffffff,
  LEVEL_PRICE: 4,
  /** Oldest order of the queue. */
  HEAD: 5,
  /** Newest order of the queue. */
  TAIL: 6,
  ORDER_COUNT: 7,
} as const

const { LEVEL_SIZE, LEVEL_MASK, LEVEL_PRICE, HEAD, TAIL, ORDER_COUNT } = levelLayout
// 64-bit columns, in units of 8 bytes from the record's beginning.
const TOTAL_64 = 0
const HIDDEN_64 = 1

export class LevelPool {
  /** The 32-bit columns: `int32[level * LEVEL_SIZE + COLUMN]`. Replaced when the pool grows. */
  int32: Int32Array
  private float64: Float64Array
  private levelCount = 1
  /** First of the free levels, each naming the next in HEAD. */
  private freeLevel = 0

  constructor(capacity: number) {
    this.int32 = int32Table((capacity + 1) * LEVEL_SIZE)
    this.float64 = asFloat64(this.int32)
  }

  /** Takes an empty level. */
  allocate(priceTicks: number): number {
    let level = this.freeLevel & LEVEL_MASK
    if (level !== 0) {
      this.freeLevel = this.int32[level * LEVEL_SIZE + HEAD]
    } else {
      level = this.levelCount++ & LEVEL_MASK
      if (this.levelCount * LEVEL_SIZE > this.int32.length) this.grow()
    }
    const base = level * LEVEL_SIZE
    this.float64[(base >> 1) + TOTAL_64] = 0
    this.float64[(base >> 1) + HIDDEN_64] = 0
    this.int32[base + LEVEL_PRICE] = priceTicks
    this.int32[base + HEAD] = 0
    this.int32[base + TAIL] = 0
    this.int32[base + ORDER_COUNT] = 0
    return level
  }

  /** Gives an empty level back. */
  release(level: number): void {
    this.int32[level * LEVEL_SIZE + HEAD] = this.freeLevel
    this.freeLevel = level
  }

  /** What all orders at the level show. A sum of 32-bit quantities, so it needs 64 bits. */
  totalLots(level: number): number {
    return this.float64[level * (LEVEL_SIZE / 2) + TOTAL_64]
  }

  /** Lots that are shown came (positive) or went (negative). */
  addLots(level: number, lots: number): void {
    this.float64[level * (LEVEL_SIZE / 2) + TOTAL_64] += lots
  }

  /** The same of hidden parts of icebergs. */
  addHiddenLots(level: number, lots: number): void {
    this.float64[level * (LEVEL_SIZE / 2) + HIDDEN_64] += lots
  }

  /** Open quantity of all orders at the level, the hidden parts of icebergs included. */
  openLots(level: number): number {
    const base = level * (LEVEL_SIZE / 2)
    return this.float64[base + TOTAL_64] + this.float64[base + HIDDEN_64]
  }

  write(image: ImageWriter): void {
    image.array(this.int32, this.levelCount * LEVEL_SIZE)
    image.number(this.levelCount)
    image.number(this.freeLevel)
  }

  read(image: ImageReader): void {
    this.int32 = image.int32()
    this.float64 = asFloat64(this.int32)
    this.levelCount = image.number()
    this.freeLevel = image.number()
  }

  private grow(): void {
    const larger = int32Table(grownRecords(this.int32.length / LEVEL_SIZE) * LEVEL_SIZE)
    larger.set(this.int32)
    this.int32 = larger
    this.float64 = asFloat64(larger)
  }
}

/**
 * Price levels: 32-byte records in one block of memory. A level exists as long as an order rests at its price. Level 0 is
 * never used and means none.
 */

/** Where things are in a record: how many 32-bit numbers it has, and its 32-bit columns, in units of 4 bytes from its begin. */
export const levelLayout = {
  LEVEL_SIZE: 8,
  LEVEL_PRICE: 2,
  /** Oldest order of the queue. */
  HEAD: 3,
  /** Newest order of the queue. */
  TAIL: 4,
  ORDER_COUNT: 5,
} as const

const { LEVEL_SIZE, LEVEL_PRICE, HEAD, TAIL, ORDER_COUNT } = levelLayout
// 64-bit column, in units of 8 bytes from the record's begin.
const TOTAL_64 = 0

export class LevelPool {
  /** The 32-bit columns: `int32[level * LEVEL_SIZE + COLUMN]`. Replaced when the pool grows. */
  int32: Int32Array
  private float64: Float64Array
  private levelCount = 1
  /** First of the free levels, each naming the next in HEAD. */
  private freeLevel = 0

  constructor(capacity: number) {
    const memory = new ArrayBuffer((capacity + 1) * LEVEL_SIZE * 4)
    this.int32 = new Int32Array(memory)
    this.float64 = new Float64Array(memory)
  }

  /** Takes an empty level. */
  allocate(priceTicks: number): number {
    let level = this.freeLevel
    if (level !== 0) {
      this.freeLevel = this.int32[level * LEVEL_SIZE + HEAD]
    } else {
      level = this.levelCount++
      if (this.levelCount * LEVEL_SIZE > this.int32.length) this.grow()
    }
    const base = level * LEVEL_SIZE
    this.float64[(base >> 1) + TOTAL_64] = 0
    this.int32[base + LEVEL_PRICE] = priceTicks
    this.int32[base + HEAD] = 0
    this.int32[base + TAIL] = 0
    this.int32[base + ORDER_COUNT] = 0
    return level
  }

  release(level: number): void {
    this.int32[level * LEVEL_SIZE + HEAD] = this.freeLevel
    this.freeLevel = level
  }

  /** Open quantity of all orders at the level. A sum of 32-bit quantities, so it needs 64 bits. */
  totalLots(level: number): number {
    return this.float64[level * (LEVEL_SIZE / 2) + TOTAL_64]
  }

  addLots(level: number, lots: number): void {
    this.float64[level * (LEVEL_SIZE / 2) + TOTAL_64] += lots
  }

  private grow(): void {
    const memory = new ArrayBuffer(this.int32.byteLength * 2)
    const larger = new Int32Array(memory)
    larger.set(this.int32)
    this.int32 = larger
    this.float64 = new Float64Array(memory)
  }
}

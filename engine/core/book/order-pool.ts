/**
 * Open orders: 64-byte records in one block of memory, so that touching an order touches one cache line, and an order
 * costs no allocation. A slot number names an order as long as it is open; slot 0 is never used and means none.
 */

/**
 * Where things are in a record: how many 32-bit numbers it has, and its 32-bit columns, in units of 4 bytes from its begin.
 * Whoever uses them takes them out of this object into constants of his own file; `engine/compiler.ts` says why.
 */
export const orderLayout = {
  ORDER_SIZE: 16,
  PRICE: 4,
  QUANTITY: 5,
  LEAVES: 6,
  LEVEL: 7,
  /** Neighbours in the level's queue, 0 at its ends. */
  NEXT: 8,
  PREVIOUS: 9,
  ORDER_SESSION: 10,
  ACCOUNT: 11,
  /** Neighbours among the session's open orders, oldest first, 0 at the ends. */
  SESSION_NEXT: 12,
  SESSION_PREVIOUS: 13,
  ORDER_INSTRUMENT: 14,
  /** Side in the lowest two bits, order type above. */
  KIND: 15,
} as const

const { ORDER_SIZE, LEVEL, NEXT, PREVIOUS, SESSION_NEXT, SESSION_PREVIOUS, KIND } = orderLayout
// 64-bit columns, in units of 8 bytes from the record's begin.
const REF_64 = 0
const ORDER_ID_64 = 1

export class OrderPool {
  /** The 32-bit columns: `int32[slot * ORDER_SIZE + COLUMN]`. Replaced when the pool grows. */
  int32: Int32Array
  private float64: Float64Array
  private slotCount = 1
  /** First of the free slots, each naming the next in NEXT. */
  private freeSlot = 0
  /** Orders in the pool. */
  size = 0

  constructor(capacity: number) {
    const memory = new ArrayBuffer((capacity + 1) * ORDER_SIZE * 4)
    this.int32 = new Int32Array(memory)
    this.float64 = new Float64Array(memory)
  }

  /** Takes a slot; the caller must write every 32-bit column but LEVEL and the neighbours, which are 0. */
  allocate(ref: number, orderId: number): number {
    let slot = this.freeSlot
    if (slot !== 0) {
      this.freeSlot = this.int32[slot * ORDER_SIZE + NEXT]
    } else {
      slot = this.slotCount++
      if (this.slotCount * ORDER_SIZE > this.int32.length) this.grow()
    }
    const base = slot * ORDER_SIZE
    this.float64[(base >> 1) + REF_64] = ref
    this.float64[(base >> 1) + ORDER_ID_64] = orderId
    this.int32[base + LEVEL] = 0
    this.int32[base + NEXT] = 0
    this.int32[base + PREVIOUS] = 0
    this.int32[base + SESSION_NEXT] = 0
    this.int32[base + SESSION_PREVIOUS] = 0
    this.size++
    return slot
  }

  release(slot: number): void {
    this.int32[slot * ORDER_SIZE + NEXT] = this.freeSlot
    this.freeSlot = slot
    this.size--
  }

  ref(slot: number): number {
    return this.float64[slot * (ORDER_SIZE / 2) + REF_64]
  }

  orderId(slot: number): number {
    return this.float64[slot * (ORDER_SIZE / 2) + ORDER_ID_64]
  }

  side(slot: number): number {
    return this.int32[slot * ORDER_SIZE + KIND] & 3
  }

  orderType(slot: number): number {
    return this.int32[slot * ORDER_SIZE + KIND] >> 2
  }

  private grow(): void {
    const memory = new ArrayBuffer(this.int32.byteLength * 2)
    const larger = new Int32Array(memory)
    larger.set(this.int32)
    this.int32 = larger
    this.float64 = new Float64Array(memory)
  }
}

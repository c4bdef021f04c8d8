/**
 * Open orders: 64-byte records in one block of memory, so that touching an order touches one cache line, and an order
 * costs no allocation. A slot number names an order as long as it is open; slot 0 is never used and means none.
 */

import type { ImageReader, ImageWriter } from '../image.ts'
import { asFloat64, int32Table } from '../line-memory.ts'
import { OrderTerms, termsLayout } from './order-terms.ts'
import { grownRecords } from './pool-growth.ts'

/**
 * Where things are in a record: its size and its 32-bit columns, in units of 4 bytes from its beginning. Whoever uses them
 * takes them out of this object into constants of his own file; `engine/compiler.ts` says why.
 */
export const orderLayout = {
  ORDER_SIZE: 16,
  /**
   * No slot has a number above this. The mask changes nothing, but tells V8 that the place of a column cannot overflow:
   * put on where a slot's number comes out of memory.
   */
  SLOT_MASK: 0x7ffffff,
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
  /** Its record in `terms`; 0: a plain order, which has none. */
  TERMS: 14,
  /** What `kindLayout` says. */
  KIND: 15,
} as const

/** What KIND packs: the side in the lowest two bits; three bits each from the shifts on; flags; the instrument. */
export const kindLayout = {
  SIDE_MASK: 0b11,
  ORDER_TYPE_SHIFT: 2,
  TIME_IN_FORCE_SHIFT: 5,
  SELF_TRADE_MODE_SHIFT: 8,
  /** What is left of a three-bit part when it is shifted down. */
  PART_MASK: 0b111,
  REDUCE_ONLY: 1 << 11,
  QUOTE: 1 << 12,
  /** Waits for its stop price, in the instrument's book of stops. */
  WAITING_STOP: 1 << 13,
  /** Waits for the closing auction, in a book of its own as well. */
  WAITING_AT_CLOSE: 1 << 14,
  INSTRUMENT_SHIFT: 16,
} as const

const { ORDER_SIZE, SLOT_MASK, PRICE, LEAVES, LEVEL, NEXT, TERMS, KIND } = orderLayout
const { SIDE_MASK, ORDER_TYPE_SHIFT, TIME_IN_FORCE_SHIFT, SELF_TRADE_MODE_SHIFT, PART_MASK, INSTRUMENT_SHIFT } =
  kindLayout
const { WAITING_STOP } = kindLayout
const { TERMS_SIZE, SHOWN, DISPLAY, LIMIT_PRICE } = termsLayout
// 64-bit columns, in units of 8 bytes from the record's beginning.
const REF_64 = 0
const ORDER_ID_64 = 1

export class OrderPool {
  /** The 32-bit columns: `int32[slot * ORDER_SIZE + COLUMN]`. Replaced when the pool grows. */
  int32: Int32Array
  /** Of orders that have more of them than a plain one. */
  readonly terms: OrderTerms
  private float64: Float64Array
  private slotCount = 1
  /** First of the free slots, each naming the next in NEXT. */
  private freeSlot = 0
  /** Orders in the pool. */
  size = 0

  constructor(capacity: number) {
    this.int32 = int32Table((capacity + 1) * ORDER_SIZE)
    this.float64 = asFloat64(this.int32)
    this.terms = new OrderTerms(Math.ceil(capacity / 16))
  }

  /**
   * Takes a slot; the caller must write every 32-bit column but LEVEL and TERMS, which are 0. The neighbours are
   * whatever they were before: whoever links the order to others writes them.
   */
  allocate(ref: number, orderId: number): number {
    let slot = this.freeSlot & SLOT_MASK
    if (slot !== 0) {
      this.freeSlot = this.int32[slot * ORDER_SIZE + NEXT]
    } else {
      slot = this.slotCount++ & SLOT_MASK
      if (this.slotCount * ORDER_SIZE > this.int32.length) this.grow()
    }
    const base = slot * ORDER_SIZE
    this.float64[(base >> 1) + REF_64] = ref
    this.float64[(base >> 1) + ORDER_ID_64] = orderId
    this.int32[base + LEVEL] = 0
    this.int32[base + TERMS] = 0
    this.size++
    return slot
  }

  /** Gives a slot back, with the order's terms. */
  release(slot: number): void {
    const terms = this.int32[slot * ORDER_SIZE + TERMS]
    if (terms !== 0) this.terms.release(terms)
    this.int32[slot * ORDER_SIZE + NEXT] = this.freeSlot
    this.freeSlot = slot
    if (--this.size > 0) return
    // Empty: orders that come one after the other are to lie one after the other again, and not where the last ones
    // left holes.
    this.freeSlot = 0
    this.slotCount = 1
  }

  ref(slot: number): number {
    return this.float64[slot * (ORDER_SIZE / 2) + REF_64]
  }

  orderId(slot: number): number {
    return this.float64[slot * (ORDER_SIZE / 2) + ORDER_ID_64]
  }

  setRef(slot: number, ref: number): void {
    this.float64[slot * (ORDER_SIZE / 2) + REF_64] = ref
  }

  side(slot: number): number {
    return this.int32[slot * ORDER_SIZE + KIND] & SIDE_MASK
  }

  orderType(slot: number): number {
    return (this.int32[slot * ORDER_SIZE + KIND] >> ORDER_TYPE_SHIFT) & PART_MASK
  }

  timeInForce(slot: number): number {
    return (this.int32[slot * ORDER_SIZE + KIND] >> TIME_IN_FORCE_SHIFT) & PART_MASK
  }

  setOrderType(slot: number, orderType: number): void {
    const kind = this.int32[slot * ORDER_SIZE + KIND] & ~(PART_MASK << ORDER_TYPE_SHIFT)
    this.int32[slot * ORDER_SIZE + KIND] = kind | (orderType << ORDER_TYPE_SHIFT)
  }

  setTimeInForce(slot: number, timeInForce: number): void {
    const kind = this.int32[slot * ORDER_SIZE + KIND] & ~(PART_MASK << TIME_IN_FORCE_SHIFT)
    this.int32[slot * ORDER_SIZE + KIND] = kind | (timeInForce << TIME_IN_FORCE_SHIFT)
  }

  selfTradeMode(slot: number): number {
    return (this.int32[slot * ORDER_SIZE + KIND] >> SELF_TRADE_MODE_SHIFT) & PART_MASK
  }

  instrument(slot: number): number {
    return this.int32[slot * ORDER_SIZE + KIND] >> INSTRUMENT_SHIFT
  }

  /** Its limit price; of a waiting stop, whose PRICE is the stop price, the one that it will have. */
  limitPriceTicks(slot: number): number {
    const base = slot * ORDER_SIZE
    return (this.int32[base + KIND] & WAITING_STOP) === 0
      ? this.int32[base + PRICE]
      : this.terms.int32[this.int32[base + TERMS] * TERMS_SIZE + LIMIT_PRICE]
  }

  /** What a resting order shows: an iceberg only a part of what is left. */
  shownLots(slot: number): number {
    const base = slot * ORDER_SIZE
    const terms = this.int32[base + TERMS] * TERMS_SIZE
    // Terms 0 are all 0.
    return this.terms.int32[terms + DISPLAY] === 0 ? this.int32[base + LEAVES] : this.terms.int32[terms + SHOWN]
  }

  write(image: ImageWriter): void {
    image.array(this.int32, this.slotCount * ORDER_SIZE)
    image.number(this.slotCount)
    image.number(this.freeSlot)
    image.number(this.size)
    this.terms.write(image)
  }

  read(image: ImageReader): void {
    this.int32 = image.int32()
    this.float64 = asFloat64(this.int32)
    this.slotCount = image.number()
    this.freeSlot = image.number()
    this.size = image.number()
    this.terms.read(image)
  }

  private grow(): void {
    const larger = int32Table(grownRecords(this.int32.length / ORDER_SIZE) * ORDER_SIZE)
    larger.set(this.int32)
    this.int32 = larger
    this.float64 = asFloat64(larger)
  }
}

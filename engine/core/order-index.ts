/**
 * Finds an open order by its session and ref: an open-addressing hash table in one block of memory.
 *
 * Refs of a session mostly count up, so the hash keeps runs of sixteen together (an order and its neighbours share
 * cache lines) and scatters the runs (so that they do not pile up where sessions' runs would meet). Each entry holds
 * its hash, so that probing and removing do not have to look at the orders themselves.
 */
import { type OrderPool, orderLayout } from './book/order-pool.ts'
import type { ImageReader, ImageWriter } from './image.ts'
import { int32Table } from './line-memory.ts'

const { ORDER_SESSION, ORDER_SIZE, SLOT_MASK } = orderLayout
/** Above every `mask`: tells V8 that the place of an entry cannot overflow. */
const LARGEST_MASK = 0x3fffffff

/** 32 bits, the lowest four the ref's own. Constants: odd, from the golden ratio and MurmurHash3's finaliser. */
const hashOf = (session: number, ref: number): number => {
  const hash = Math.imul(((ref * 0.0625) | 0) ^ Math.imul(session, 0x85ebca6b), 0x9e3779b1)
  return ((hash ^ (hash >>> 15)) << 4) | (ref & 15)
}

export class OrderIndex {
  private readonly orders: OrderPool
  /** Pairs of slot (0: free) and hash. */
  private table: Int32Array
  /** Number of entries minus one; the number is a power of two. */
  private mask: number
  private size = 0

  /** @param capacity orders expected at most; the table begins smaller, so that few orders take few cache lines */
  constructor(orders: OrderPool, capacity: number) {
    this.orders = orders
    let entries = 1024
    while (entries < capacity / 2) entries *= 2
    this.table = int32Table(entries * 2)
    this.mask = entries - 1
  }

  /** Slot of the order, 0 if the session has no such open order. */
  find(session: number, ref: number): number {
    const hash = hashOf(session, ref)
    const { table, orders } = this
    const mask = this.mask & LARGEST_MASK
    for (let entry = hash & mask; ; entry = (entry + 1) & mask) {
      const slot = table[entry * 2] & SLOT_MASK
      if (slot === 0) return 0
      if (
        table[entry * 2 + 1] === hash &&
        orders.ref(slot) === ref &&
        orders.int32[slot * ORDER_SIZE + ORDER_SESSION] === session
      ) {
        return slot
      }
    }
  }

  /** Adds an order that is not in the table. */
  insert(session: number, ref: number, slot: number): void {
    // At most half full: probes stay short.
    if (++this.size * 2 > this.mask) this.grow()
    this.place(hashOf(session, ref), slot)
  }

  /** Removes an order that is in the table, closing the gap so that no probe is cut short. */
  remove(session: number, ref: number, slot: number): void {
    const { table } = this
    const mask = this.mask & LARGEST_MASK
    let gap = hashOf(session, ref) & mask
    while (table[gap * 2] !== slot) gap = (gap + 1) & mask
    for (let entry = (gap + 1) & mask; table[entry * 2] !== 0; entry = (entry + 1) & mask) {
      const home = table[entry * 2 + 1] & mask
      // An entry may move back into the gap only if that is not before its home.
      if (((entry - home) & mask) < ((entry - gap) & mask)) continue
      table[gap * 2] = table[entry * 2]
      table[gap * 2 + 1] = table[entry * 2 + 1]
      gap = entry
    }
    table[gap * 2] = 0
    this.size--
  }

  write(image: ImageWriter): void {
    image.array(this.table)
    image.number(this.size)
  }

  read(image: ImageReader): void {
    this.table = image.int32()
    this.mask = this.table.length / 2 - 1
    this.size = image.number()
  }

  private place(hash: number, slot: number): void {
    const { table } = this
    const mask = this.mask & LARGEST_MASK
    let entry = hash & mask
    while (table[entry * 2] !== 0) entry = (entry + 1) & mask
    table[entry * 2] = slot
    table[entry * 2 + 1] = hash
  }

  private grow(): void {
    const old = this.table
    this.table = int32Table(old.length * 2)
    this.mask = old.length - 1
    for (let entry = 0; entry < old.length; entry += 2) {
      if (old[entry] !== 0) this.place(old[entry + 1], old[entry])
    }
  }
}

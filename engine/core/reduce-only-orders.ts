/**
 * The open reduce-only orders of every account and side, waiting stops left out: the newest is cancelled first when the
 * position has no room for all. A binary heap for each account and side, the highest order id on top, and each order's
 * place in its heap: every fill may ask, so nothing here may take longer because there are many orders. Worked out
 * again from the open orders when an image is read.
 */
import { type OrderPool, orderLayout } from './book/order-pool.ts'

const { ACCOUNT, ORDER_SIZE } = orderLayout

export class ReduceOnlyOrders {
  private readonly orders: OrderPool
  /** Slots by account and side; the children of place p are at 2p + 1 and 2p + 2. */
  private readonly heaps = new Map<number, number[]>()
  /** By slot: its place in its heap plus one, 0 if it is in none. */
  private places = new Int32Array(256)

  constructor(orders: OrderPool) {
    this.orders = orders
  }

  /** Adds an order that is not in yet. */
  add(order: number): void {
    const key = this.keyOf(order)
    let heap = this.heaps.get(key)
    if (heap === undefined) {
      heap = []
      this.heaps.set(key, heap)
    }
    if (order >= this.places.length) {
      const larger = new Int32Array(Math.max(order + 1, this.places.length * 2))
      larger.set(this.places)
      this.places = larger
    }
    heap.push(order)
    this.rise(heap, heap.length - 1, order)
  }

  /** Takes an order out, if it is in. */
  remove(order: number): void {
    if (order >= this.places.length || this.places[order] === 0) return
    const heap = this.heaps.get(this.keyOf(order))!
    const place = this.places[order] - 1
    this.places[order] = 0
    const last = heap.pop()!
    if (last === order) return
    // What stood last fills the gap, and goes up or down from there.
    this.rise(heap, place, last)
    this.sink(heap, this.places[last] - 1, last)
  }

  /** The one with the highest order id, 0 if there is none. */
  newest(account: number, side: number): number {
    return this.heaps.get(keyOf(account, side))?.[0] ?? 0
  }

  private keyOf(order: number): number {
    return keyOf(this.orders.int32[order * ORDER_SIZE + ACCOUNT], this.orders.side(order))
  }

  /** Puts an order at this place, or above it if it is newer than what is there. */
  private rise(heap: number[], place: number, order: number): void {
    while (place > 0) {
      const above = (place - 1) >> 1
      if (!this.isNewer(order, heap[above])) break
      this.put(heap, place, heap[above])
      place = above
    }
    this.put(heap, place, order)
  }

  /** Puts an order at this place, or below it if it is older than what is there. */
  private sink(heap: number[], place: number, order: number): void {
    while (2 * place + 1 < heap.length) {
      let below = 2 * place + 1
      if (below + 1 < heap.length && this.isNewer(heap[below + 1], heap[below])) below++
      if (!this.isNewer(heap[below], order)) break
      this.put(heap, place, heap[below])
      place = below
    }
    this.put(heap, place, order)
  }

  private isNewer(order: number, other: number): boolean {
    return this.orders.orderId(order) > this.orders.orderId(other)
  }

  private put(heap: number[], place: number, order: number): void {
    heap[place] = order
    this.places[order] = place + 1
  }
}

function keyOf(account: number, side: number): number {
  return account * 4 + side
}

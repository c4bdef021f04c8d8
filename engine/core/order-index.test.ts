import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OrderPool, orderLayout } from './book/order-pool.ts'
import { OrderIndex } from './order-index.ts'

const { ORDER_SESSION, ORDER_SIZE } = orderLayout

/** Refs as clients make them: counting up, with gaps, or from a clock. */
const ref = fc.oneof(
  fc.integer({ min: 1, max: 60 }),
  fc.integer({ min: 1, max: 200 }).map((n) => n * 1024),
  fc.integer({ min: 1, max: 60 }).map((n) => 1_790_000_000_000_000 + n),
  fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
)

describe('OrderIndex', () => {
  it('finds exactly the orders that were added and not removed', () => {
    const step = fc.record({ session: fc.integer({ min: 1, max: 3 }), ref, add: fc.boolean() })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const orders = new OrderPool(4)
        const index = new OrderIndex(orders, 4)
        const model = new Map<string, { session: number; ref: number; slot: number }>()
        for (const { session, ref, add } of steps) {
          const key = `${session}/${ref}`
          const known = model.get(key)
          if (add && known === undefined) {
            const slot = orders.allocate(ref, 1)
            orders.int32[slot * ORDER_SIZE + ORDER_SESSION] = session
            index.insert(session, ref, slot)
            model.set(key, { session, ref, slot })
          } else if (!add && known !== undefined) {
            index.remove(session, ref, known.slot)
            orders.release(known.slot)
            model.delete(key)
          }
          expect(index.find(session, ref)).toBe(model.get(key)?.slot ?? 0)
        }
        for (const { session, ref, slot } of model.values()) expect(index.find(session, ref)).toBe(slot)
      }),
      { numRuns: 300 },
    )
  })

  it('grows with what is in it', () => {
    const orders = new OrderPool(4)
    const index = new OrderIndex(orders, 4)
    const slots = new Map<number, number>()
    for (let ref = 1; ref <= 20_000; ref++) {
      const slot = orders.allocate(ref, ref)
      orders.int32[slot * ORDER_SIZE + ORDER_SESSION] = 7
      index.insert(7, ref, slot)
      slots.set(ref, slot)
    }
    for (const [ref, slot] of slots) expect(index.find(7, ref)).toBe(slot)
    expect(index.find(7, 20_001)).toBe(0)
    expect(index.find(8, 1)).toBe(0)
  })
})

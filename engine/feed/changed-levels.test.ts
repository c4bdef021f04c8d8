import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ChangedLevels } from './changed-levels.ts'

const price = fc.oneof(
  fc.integer({ min: 1, max: 40 }),
  fc.integer({ min: 1, max: 2 ** 30 - 1 }),
  fc.constantFrom(64, 128, 192),
)
const change = fc.record({ side: fc.constantFrom(1, 2), price, quantity: fc.nat(), orders: fc.nat() })

it('holds each level once, as it was set last, in the order in which they first changed', () => {
  fc.assert(
    fc.property(fc.array(fc.array(change, { maxLength: 300 }), { maxLength: 6 }), (turns) => {
      const levels = new ChangedLevels()
      for (const changes of turns) {
        const expected = new Map<string, number[]>()
        for (const { side, price, quantity, orders } of changes) {
          levels.set(side, price, quantity, orders)
          expected.set(`${side}/${price}`, [side, price, quantity, orders])
        }
        expect(levels.count).toBe(expected.size)
        expect([...levels.values.subarray(0, levels.count * 4)]).toEqual([...expected.values()].flat())
        levels.clear()
        expect(levels.count).toBe(0)
      }
    }),
  )
})

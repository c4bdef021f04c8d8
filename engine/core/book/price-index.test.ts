import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PriceIndex } from './price-index.ts'

const highestPrice = 2 ** 30 - 1

/** Prices near each other, near the edges of the tree's nodes, and anywhere. */
const price = fc.oneof(
  fc.integer({ min: 0, max: 40 }),
  fc.constantFrom(31, 32, 1023, 1024, 1025, 2 ** 20 - 1, 2 ** 20, 2 ** 20 + 1, highestPrice - 1, highestPrice),
  fc.integer({ min: 0, max: highestPrice }),
)

describe('PriceIndex', () => {
  it('agrees with a sorted list whatever is added, removed and asked', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(price, fc.boolean()), { maxLength: 200 }), price, (steps, probe) => {
        const index = new PriceIndex()
        const tree = index.createTree()
        const model = new Map<number, number>()
        steps.forEach(([priceTicks, add], step) => {
          if (add && !model.has(priceTicks)) {
            model.set(priceTicks, step + 1)
            index.insert(tree, priceTicks, step + 1)
          } else if (!add && model.has(priceTicks)) {
            model.delete(priceTicks)
            index.remove(tree, priceTicks)
          }
        })
        const sorted = [...model.keys()].sort((a, b) => a - b)
        for (const asked of [probe, ...sorted]) {
          expect(index.find(tree, asked)).toBe(model.get(asked) ?? 0)
          expect(index.above(tree, asked)).toBe(model.get(sorted.find((other) => other > asked) ?? -1) ?? 0)
          expect(index.below(tree, asked)).toBe(model.get(sorted.findLast((other) => other < asked) ?? -1) ?? 0)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('keeps trees apart', () => {
    const index = new PriceIndex()
    const bids = index.createTree()
    const asks = index.createTree()
    index.insert(bids, 100, 1)
    index.insert(asks, 101, 2)
    expect(index.find(asks, 100)).toBe(0)
    expect(index.above(bids, 100)).toBe(0)
    expect(index.below(asks, 101)).toBe(0)
  })

  it('uses the memory of removed prices again: a price that wanders over the whole range needs no more', () => {
    const index = new PriceIndex()
    const tree = index.createTree()
    const sizeOf = () => (index as unknown as { nodes: Int32Array }).nodes.length
    const before = sizeOf()
    for (let priceTicks = 0; priceTicks < highestPrice; priceTicks += 99_991) {
      index.insert(tree, priceTicks, 1)
      index.remove(tree, priceTicks)
    }
    expect(sizeOf()).toBe(before)
  })
})

/**
 * A few thousand simulations of the whole exchange with all that can go wrong around it. What must hold is listed in
 * oracle.ts. `npm run simulate -- --seed S --trace` shows what happened in the seed that a failure names.
 */
import { describe, expect, it } from 'vitest'
import { simulate } from './simulation.ts'

const seeds = 2_000
const seedsPerTest = 250
const timeoutMs = 240_000

describe('nothing is lost, nothing done twice and nothing sent that is not in the log', () => {
  const firsts = Array.from({ length: seeds / seedsPerTest }, (_, index) => 1 + index * seedsPerTest)
  it.each(firsts)(
    `in ${seedsPerTest} simulations from seed %i on`,
    async (first) => {
      for (let seed = first; seed < first + seedsPerTest; seed += 1) {
        const { violation } = await simulate(seed)
        expect({ seed, violation }).toEqual({ seed, violation: undefined })
      }
    },
    timeoutMs,
  )
})

describe('a simulation', () => {
  it('happens again exactly as it did, whether its trace is kept or not', async () => {
    for (const seed of [3, 14, 15, 92, 65]) {
      const first = await simulate(seed)
      const second = await simulate(seed, { keepsTrace: true })
      const { trace: _, ...results } = second
      expect(second.trace.length).toBeGreaterThan(100)
      expect({ ...results, trace: [] }).toEqual(first)
    }
  })

  it('is another one with another seed', async () => {
    expect((await simulate(1)).traceHash).not.toBe((await simulate(2)).traceHash)
  })
})

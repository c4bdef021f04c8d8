import { expect, test } from 'vitest'
import { RandomSource } from './random.ts'

function sample(count: number, draw: () => number): number[] {
  return Array.from({ length: count }, draw)
}

const mean = (numbers: number[]) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length

test('the same seed gives the same numbers, another seed others', () => {
  const first = new RandomSource(7)
  const again = new RandomSource(7)
  const other = new RandomSource(8)
  const numbers = sample(100, () => first.uint32())
  expect(sample(100, () => again.uint32())).toEqual(numbers)
  expect(sample(100, () => other.uint32())).not.toEqual(numbers)
})

test('the numbers of a seed never change, so that old runs can be repeated', () => {
  const random = new RandomSource(1)
  expect(sample(4, () => random.uint32())).toMatchInlineSnapshot(`
    [
      2420951833,
      2513034076,
      3847892949,
      4064752930,
    ]
  `)
})

test('uniform numbers lie in [0, 1) and fill it evenly', () => {
  const random = new RandomSource(1)
  const numbers = sample(100_000, () => random.uniform())
  const tenths = new Array(10).fill(0)
  for (const number of numbers) tenths[Math.floor(number * 10)] += 1
  expect(Math.min(...tenths)).toBeGreaterThan(9_600)
  expect(Math.max(...tenths)).toBeLessThan(10_400)
})

test('exponential numbers have their mean, normal ones mean and standard deviation', () => {
  const random = new RandomSource(2)
  expect(mean(sample(100_000, () => random.exponential(4)))).toBeCloseTo(4, 1)
  const normal = sample(100_000, () => random.normal(10, 2))
  expect(mean(normal)).toBeCloseTo(10, 1)
  expect(Math.sqrt(mean(normal.map((number) => (number - 10) ** 2)))).toBeCloseTo(2, 1)
})

test('pick reaches every element, and nothing else', () => {
  const random = new RandomSource(3)
  expect(new Set(sample(1_000, () => random.pick([5, 6, 7])))).toEqual(new Set([5, 6, 7]))
})

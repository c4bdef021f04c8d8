import { expect, it } from 'vitest'
import { RateLimiter } from './rate-limiter.ts'

function taken(limiter: RateLimiter, nowMs: number, tries: number): number {
  let count = 0
  for (let index = 0; index < tries; index++) if (limiter.take(nowMs)) count++
  return count
}

it('lets one second of messages through at once, then as many as time brings', () => {
  const limiter = new RateLimiter(100)
  expect(taken(limiter, 0, 500)).toBe(100)
  expect(taken(limiter, 10, 500)).toBe(1)
  expect(taken(limiter, 60, 500)).toBe(5)
  expect(taken(limiter, 60, 500)).toBe(0)
})

it('saves up one second of messages at most', () => {
  const limiter = new RateLimiter(100)
  taken(limiter, 0, 100)
  expect(taken(limiter, 3_600_000, 500)).toBe(100)
})

import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { EventWait, silenceTimeoutMs } from './event-wait.ts'
import { ReplayError } from './order-entry.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const silent = () => new EventWait(() => new ReplayError('silence'))

test('a wait ends at the event after which its condition holds', async () => {
  const wait = silent()
  let events = 0
  const waiting = wait.until(() => events === 2)
  let isOver = false
  void waiting.then(() => {
    isOver = true
  })
  events = 1
  wait.wake()
  await Promise.resolve()
  expect(isOver).toBe(false)
  events = 2
  wait.wake()
  await waiting
})

test('a wait for what holds already ends at once', async () => {
  await silent().until(() => true)
})

test('a failure ends the wait and every later one, and the first failure counts', async () => {
  const wait = silent()
  const waiting = wait.until(() => false)
  wait.fail(new Error('first'))
  wait.fail(new Error('second'))
  await expect(waiting).rejects.toThrow('first')
  await expect(wait.until(() => true)).rejects.toThrow('first')
})

test('silence ends the wait, and every event puts that off', async () => {
  const wait = silent()
  const waiting = wait.until(() => false)
  vi.advanceTimersByTime(silenceTimeoutMs - 1)
  wait.wake()
  vi.advanceTimersByTime(silenceTimeoutMs - 1)
  expect(wait.hasFailed).toBe(false)
  vi.advanceTimersByTime(1)
  await expect(waiting).rejects.toThrow('silence')
})

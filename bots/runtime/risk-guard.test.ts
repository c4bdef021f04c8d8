import { expect, test } from 'vitest'
import { RiskGuard, type RiskView } from './risk-guard.ts'

const limits = { maxPositionLots: 100, stopLossMinor: 5_000, maxSilenceMs: 3_000 }
const calm: RiskView = {
  positionLots: 0,
  openBuyLots: 0,
  openSellLots: 0,
  pnlMinor: 0,
  isSessionLive: true,
  areOrdersKnown: true,
  isBookSynchronised: true,
  silenceMs: 0,
}

test('a bot within its limits may trade, up to and including the limits', () => {
  const guard = new RiskGuard(limits)
  expect(guard.check({ ...calm, positionLots: -100, pnlMinor: -4_999, silenceMs: 3_000 })).toBeUndefined()
})

test('the stop-loss halts for good, and says the figures', () => {
  const guard = new RiskGuard(limits)
  const reason = 'stop-loss: lost 5000 of 5000 minor units'
  expect(guard.check({ ...calm, pnlMinor: -5_000 })).toBe(reason)
  expect(guard.check(calm)).toBe(reason)
})

test('a position beyond the limit halts for good', () => {
  const guard = new RiskGuard(limits)
  const reason = 'position limit: holds -101 of 100 lots'
  expect(guard.check({ ...calm, positionLots: -101 })).toBe(reason)
  expect(guard.check(calm)).toBe(reason)
})

test.each([
  ['disconnected: the session is not live', { isSessionLive: false }],
  ['unknown orders: their cancellation is not answered', { areOrdersKnown: false }],
  ['stale market data: the book is incomplete', { isBookSynchronised: false }],
  ['stale market data: nothing came for more than 3 s', { silenceMs: 3_001 }],
])('%s: halts while it lasts', (reason, change) => {
  const guard = new RiskGuard(limits)
  expect(guard.check({ ...calm, ...change })).toBe(reason)
  expect(guard.check(calm)).toBeUndefined()
})

test('room is what the limit leaves if every open order of that side were filled', () => {
  const guard = new RiskGuard(limits)
  const view = { positionLots: 60, openBuyLots: 30, openSellLots: 20 }
  expect(guard.roomLots('buy', view)).toBe(10)
  expect(guard.roomLots('sell', view)).toBe(140)
  expect(guard.roomLots('buy', { ...view, openBuyLots: 50 })).toBe(0)
})

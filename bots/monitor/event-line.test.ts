import { expect, test } from 'vitest'
import { fakeInstrument } from '../../protocol/client/fake-engine.ts'
import type { SessionEvent } from '../../protocol/client/index.ts'
import { completeRow } from '../../protocol/complete.ts'
import { EventLines } from './event-line.ts'

const head = { sequence: 70, engineTimeUs: 1_790_000_000_000_007 }
const accepted = {
  ...{ type: 'accepted', eventNumber: 1, ...head, ref: 7, orderId: 301, instrument: 1, side: 'buy' },
  ...{ orderType: 'limit', timeInForce: 'day', quantityLots: 5, priceTicks: 10_050 },
  ...{ stopPriceTicks: 0, displayQuantityLots: 0, expireTimeUs: 0 },
} as SessionEvent
const replaced = {
  ...{ type: 'replaced', eventNumber: 2, ...head, ref: 8, orderRef: 7, orderId: 301, quantityLots: 4 },
  ...{ priceTicks: 10_049, leavesLots: 4, priorityKept: false, stopPriceTicks: 0 },
} as SessionEvent

test('a line tells when, of which session, and every field that says something, in the units of the instrument', () => {
  const lines = new EventLines([fakeInstrument])
  expect(lines.line('main', accepted)).toBe(
    '2026-09-21T14:13:20.000007Z  main 1  accepted: ref 7, orderId 301, instrument ACME, side buy, orderType limit, ' +
      'timeInForce day, quantity 5, price 100.50',
  )
  const filled = {
    ...{ type: 'filled', eventNumber: 3, ...head, orderRef: 7, orderId: 301, tradeId: 9, instrument: 1, side: 'buy' },
    ...{ priceTicks: 10_050, quantityLots: 5, leavesLots: 0, liquidity: 'taker', feeMinor: -3 },
  } as SessionEvent
  expect(lines.line('main', filled)).toContain('price 100.50, quantity 5, leaves 0, liquidity taker, fee -0.03 USD')
})

test('an event that does not name its instrument is told in the units of the one that its order has', () => {
  const lines = new EventLines([fakeInstrument])
  lines.line('main', accepted)
  expect(lines.line('main', replaced)).toContain('quantity 4, price 100.49, leaves 4')
  const open = completeRow('openOrder', {
    ...{ orderRef: 2, orderId: 302, instrument: 1, side: 'sell', orderType: 'limit', timeInForce: 'day' },
    ...{ quantityLots: 4, leavesLots: 4, priceTicks: 10_060 },
  })
  lines.know([open])
  expect(lines.line('desk', { ...replaced, orderId: 302 } as SessionEvent)).toContain('price 100.49')
})

test('where the instrument is not known, numbers are as they came, with their units', () => {
  const lines = new EventLines([fakeInstrument])
  expect(lines.line('main', replaced)).toContain('quantityLots 4, priceTicks 10049, leavesLots 4, priorityKept false')
})

import { expect, test } from 'vitest'
import { fakeInstrument } from '../../protocol/client/fake-engine.ts'
import type { BotReport } from './report.ts'
import { describeReport } from './run-bot.ts'

const nothing = { positionLots: 0, cashMinor: 0, feesMinor: 0 }
const report: BotReport = {
  type: 'report',
  bot: 'maker-1.main',
  kind: 'market-maker',
  state: 'halted',
  haltReason: 'ACME: position limit: holds -101 of 100 lots',
  positions: [
    {
      symbol: 'ACME',
      opening: nothing,
      current: { ...nothing, positionLots: -101 },
      pnlMinor: -12_345,
      feesMinor: 3,
      openOrders: 0,
    },
  ],
  submittedLots: 400,
  filledLots: 101,
  orders: 12,
  fills: 9,
  rejects: 1,
  ackLatency: { count: 3, p50Us: 310, p99Us: 902, encoded: '' },
}

test('the line for people has money in its currency, shares in percent, and the reason of a halt', () => {
  expect(describeReport(report, [fakeInstrument])).toBe(
    'maker-1.main halted (ACME: position limit: holds -101 of 100 lots) | ACME -101 lots, P&L -123.45 USD | ' +
      '12 orders, 9 fills, 25.3% of lots filled, 1 rejects | acks p50 310 µs, p99 902 µs',
  )
})

test('a second without an answer has no latency', () => {
  const silent = { ...report, ackLatency: { count: 0, p50Us: 0, p99Us: 0, encoded: '' } }
  expect(describeReport(silent, [fakeInstrument])).toMatch(/1 rejects \| no acks$/)
})

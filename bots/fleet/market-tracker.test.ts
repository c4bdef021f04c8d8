import { describe, expect, it } from 'vitest'
import { completeRow } from '../../protocol/complete.ts'
import type { Message } from '../../protocol/messages.ts'
import { MarketTracker } from './market-tracker.ts'
import { RateMeter } from './rate-meter.ts'

const acme = completeRow('instrument', {
  instrument: 1,
  symbol: 'ACME',
  currency: 'USD',
  currencyDecimals: 2,
  tickSize: '0.01',
  lotSize: '1',
  tickValueMinor: 1,
  minPriceTicks: 1,
  maxPriceTicks: 1_000_000,
  maxOrderQuantityLots: 1_000,
  referencePriceTicks: 10_000,
  priceBandBasisPoints: 1_000,
  makerFeeRate: 0,
  takerFeeRate: 0,
})
const head = { instrument: 1, previousSequence: 0, sequence: 1, engineTimeUs: 0 }

function top(bidPriceTicks: number, askPriceTicks: number, askQuantityLots = 10): Message<'top'> {
  return { type: 'top', ...head, bidPriceTicks, bidQuantityLots: 10, askPriceTicks, askQuantityLots }
}

function trade(priceTicks: number, quantityLots: number): Message<'trades'> {
  return { type: 'trades', ...head, trades: [{ tradeId: 1, priceTicks, quantityLots, aggressorSide: 'buy' }] }
}

function status(tradeCount: number, volumeLots: number, commandCount: number, lastPriceTicks = 0): Message<'status'> {
  return { type: 'status', ...head, phase: 'continuous', lastPriceTicks, tradeCount, volumeLots, commandCount }
}

function setUp() {
  const tracker = new MarketTracker()
  tracker.define([acme])
  return { tracker, view: (nowMs: number) => tracker.views(nowMs)[0] }
}

describe('totals of the run', () => {
  it('count from what the engine had when the run began', () => {
    const { tracker, view } = setUp()
    tracker.take(status(500, 9_000, 4_000, 10_010), 0)
    tracker.take(status(502, 9_030, 4_100, 10_012), 1_000)
    expect(view(1_000)).toMatchObject({ tradeCount: 2, volumeLots: 30, orderCount: 100 })
  })

  it('count a trade when it is told, not again in the status, and those missed by the status that follows', () => {
    const { tracker, view } = setUp()
    tracker.take(status(0, 0, 0), 0)
    tracker.take(trade(10_001, 5), 100)
    expect(view(100)).toMatchObject({ tradeCount: 1, volumeLots: 5, lastPriceTicks: 10_001 })
    tracker.take(status(1, 5, 2, 10_001), 1_000)
    expect(view(1_000)).toMatchObject({ tradeCount: 1, volumeLots: 5 })
    tracker.take(status(4, 50, 9, 10_003), 2_000)
    expect(view(2_000)).toMatchObject({ tradeCount: 4, volumeLots: 50, lastPriceTicks: 10_003 })
  })

  it('go on when the engine starts again at 0', () => {
    const { tracker, view } = setUp()
    tracker.take(status(100, 1_000, 1_000), 0)
    tracker.take(status(110, 1_100, 1_200), 1_000)
    tracker.take(status(3, 30, 50), 2_000)
    expect(view(2_000)).toMatchObject({ tradeCount: 13, volumeLots: 130, orderCount: 250 })
  })
})

describe('prices', () => {
  it('mark at the middle of the book; without one at the last price, before it at the reference price', () => {
    const { tracker, view } = setUp()
    expect(view(0).markPriceTicks).toBe(10_000)
    tracker.take(trade(10_020, 1), 0)
    expect(view(0).markPriceTicks).toBe(10_020)
    tracker.take(top(10_010, 10_017), 0)
    expect(view(0).markPriceTicks).toBe(10_013)
  })

  it('mark at the middle that the run ended with, though the fleet takes its quotes away then', () => {
    const { tracker, view } = setUp()
    tracker.take(trade(10_020, 1), 0)
    tracker.take(top(10_010, 10_016), 0)
    tracker.endRun(1_000)
    tracker.take(top(10_010, 0, 0), 1_100)
    expect(view(2_000).markPriceTicks).toBe(10_013)
  })

  it('open at the last price that the run found, else at the reference price', () => {
    const fresh = setUp()
    fresh.tracker.take(status(0, 0, 0), 0)
    expect(fresh.view(0).openingPriceTicks).toBe(10_000)
    const used = setUp()
    used.tracker.take(status(9, 90, 90, 10_500), 0)
    used.tracker.take(status(10, 91, 95, 10_600), 1_000)
    expect(used.view(1_000).openingPriceTicks).toBe(10_500)
  })
})

describe('the mean spread', () => {
  it('is weighted by time, and leaves out the time in which a side was empty', () => {
    const { tracker, view } = setUp()
    expect(view(0).meanSpreadTicks).toBeUndefined()
    tracker.take(top(9_999, 10_001), 0)
    tracker.take(top(9_998, 10_002), 3_000)
    tracker.take(top(9_998, 0, 0), 4_000)
    expect(view(10_000).meanSpreadTicks).toBe(2.5)
    expect(view(10_000).meanSpreadBasisPoints).toBeCloseTo(2.5)
  })

  it('leaves out the time without a connection, and what comes after the run', () => {
    const { tracker, view } = setUp()
    tracker.take(top(9_999, 10_001), 0)
    tracker.disconnected(1_000)
    tracker.take(top(9_999, 10_005), 5_000)
    tracker.endRun(6_000)
    tracker.take(top(9_000, 11_000), 6_500)
    expect(view(9_000).meanSpreadTicks).toBe(4)
  })
})

describe('a rate', () => {
  it('is the growth over the last five seconds', () => {
    const meter = new RateMeter()
    for (let second = 0; second <= 10; second++) meter.add(second * 1_000, second <= 5 ? 0 : (second - 5) * 10)
    expect(meter.perSecond(10_000)).toBe(10)
  })

  it('falls to 0 when no more totals come', () => {
    const meter = new RateMeter()
    meter.add(0, 0)
    meter.add(1_000, 100)
    expect(meter.perSecond(1_000)).toBe(100)
    expect(meter.perSecond(4_000)).toBe(25)
    expect(meter.perSecond(7_000)).toBe(0)
  })

  it('begins anew when the total does', () => {
    const meter = new RateMeter()
    meter.add(0, 1_000)
    meter.add(1_000, 0)
    meter.add(2_000, 30)
    expect(meter.perSecond(2_000)).toBe(30)
  })
})

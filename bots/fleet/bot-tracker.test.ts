import { build, encodeIntoCompressedBase64 } from 'hdr-histogram-js'
import { describe, expect, it } from 'vitest'
import type { BotReport } from '../runtime/report.ts'
import { commandLine } from './bot-process.ts'
import { BotTracker } from './bot-tracker.ts'
import type { BotPlan } from './fleet-file.ts'
import { LatencyTracker } from './latency.ts'
import { instrumentView } from './view-fixture.ts'

const plan: BotPlan = {
  name: 'maker-1',
  kind: 'market-maker',
  participant: 'maker-1',
  session: 'main',
  instruments: ['ACME', 'BOLT'],
  seed: 7,
  options: {},
}
const nothingHeld = { positionLots: 0, cashMinor: 0, feesMinor: 0 }

function latencies(...microseconds: number[]): BotReport['ackLatency'] {
  const histogram = build({ numberOfSignificantValueDigits: 3 })
  for (const value of microseconds) histogram.recordValue(value)
  return {
    count: microseconds.length,
    p50Us: histogram.getValueAtPercentile(50),
    p99Us: histogram.getValueAtPercentile(99),
    encoded: encodeIntoCompressedBase64(histogram),
  }
}

function report(changed: Partial<BotReport> = {}): BotReport {
  return {
    type: 'report',
    bot: 'maker-1.main',
    kind: 'market-maker',
    state: 'live',
    positions: [],
    submittedLots: 0,
    filledLots: 0,
    orders: 0,
    fills: 0,
    rejects: 0,
    ackLatency: latencies(),
    ...changed,
  }
}

function position(opening: typeof nothingHeld, current: typeof nothingHeld): BotReport['positions'][number] {
  return {
    symbol: 'ACME',
    opening,
    current,
    pnlMinor: 0,
    feesMinor: 0,
    openOrders: 2,
  }
}

const acme = instrumentView({ openingPriceTicks: 10_000, markPriceTicks: 10_010 })

describe('profit and loss', () => {
  it('is cash plus position at the mark: bought 10 at 100.00, now 100.10, 5 paid in fees', () => {
    const tracker = new BotTracker(plan)
    tracker.take(
      report({ positions: [position(nothingHeld, { positionLots: 10, cashMinor: -100_005, feesMinor: 5 })] }),
      0,
    )
    const { money, positions } = tracker.view('running', 0, [acme], 0)
    expect(money).toEqual([{ currency: 'USD', currencyDecimals: 2, pnlMinor: 95, feesMinor: 5 }])
    expect(positions).toEqual([{ symbol: 'ACME', positionLots: 10, openOrders: 2 }])
  })

  it('is that of the run: what the account held before counts at the opening price', () => {
    const tracker = new BotTracker(plan)
    const before = { positionLots: 10, cashMinor: -90_000, feesMinor: 100 }
    tracker.take(report({ positions: [position(before, before)] }), 0)
    expect(tracker.view('running', 0, [acme], 0).money).toMatchObject([{ pnlMinor: 100, feesMinor: 0 }])
  })

  it('does not count what the account holds for a gain of the run before the bot has logged on', () => {
    const tracker = new BotTracker(plan)
    tracker.take(report({ state: 'connecting', positions: [position(nothingHeld, nothingHeld)] }), 0)
    const before = { positionLots: 0, cashMinor: 5_000, feesMinor: 0 }
    tracker.take(report({ positions: [position(before, before)] }), 1_000)
    expect(tracker.view('running', 0, [acme], 1_000).money).toMatchObject([{ pnlMinor: 0 }])
  })

  it('goes on over the lives of the process: the opening is that of the first', () => {
    const tracker = new BotTracker(plan)
    const middle = { positionLots: 10, cashMinor: -100_000, feesMinor: 0 }
    tracker.take(report({ positions: [position(nothingHeld, middle)] }), 0)
    tracker.lifeEnded()
    tracker.take(report({ positions: [position(middle, { positionLots: 0, cashMinor: 200, feesMinor: 0 })] }), 0)
    expect(tracker.view('running', 1, [acme], 0).money).toMatchObject([{ pnlMinor: 200 }])
  })
})

describe('totals', () => {
  it('add up over the lives of the process, each of which counts from 0', () => {
    const tracker = new BotTracker(plan)
    tracker.take(report({ orders: 5, fills: 1 }), 0)
    tracker.take(report({ orders: 10, fills: 2 }), 1_000)
    tracker.lifeEnded()
    expect(tracker.view('restarting', 0, [], 1_000)).toMatchObject({ orders: 10, fills: 2 })
    tracker.take(report({ orders: 3, fills: 0 }), 2_000)
    expect(tracker.view('running', 1, [], 2_000)).toMatchObject({ orders: 13, fills: 2, restarts: 1 })
  })
})

describe('the state', () => {
  const stateAt = (tracker: BotTracker, process: 'running' | 'restarting' | 'ended', nowMs: number) => {
    const { state, health } = tracker.view(process, 0, [], nowMs)
    return `${state} ${health}`
  }

  it("is the bot's own while it reports, and silent when it does not", () => {
    const tracker = new BotTracker(plan)
    expect(stateAt(tracker, 'running', 0)).toBe('starting troubled')
    tracker.take(report({ state: 'connecting' }), 1_000)
    expect(stateAt(tracker, 'running', 1_000)).toBe('connecting troubled')
    tracker.take(report(), 2_000)
    expect(stateAt(tracker, 'running', 7_000)).toBe('live well')
    expect(stateAt(tracker, 'running', 7_001)).toBe('silent troubled')
  })

  it('tells a bot that stopped from one that died', () => {
    const tracker = new BotTracker(plan)
    tracker.take(report(), 0)
    tracker.lifeEnded()
    expect(stateAt(tracker, 'restarting', 0)).toBe('restarting dead')
    expect(stateAt(tracker, 'ended', 0)).toBe('dead dead')
    tracker.take(report({ state: 'stopped' }), 0)
    expect(stateAt(tracker, 'ended', 0)).toBe('stopped troubled')
  })

  it('tells the reason of a halt once', () => {
    const tracker = new BotTracker(plan)
    const halted = report({ state: 'halted', haltReason: 'stop-loss' })
    expect([tracker.take(report(), 0), tracker.take(halted, 1), tracker.take(halted, 2)]).toEqual([
      undefined,
      'stop-loss',
      undefined,
    ])
  })
})

describe('order-to-ack times', () => {
  it('add up over reports: half of them at 100 µs, half at 300 µs', () => {
    const tracker = new LatencyTracker()
    tracker.add(latencies(100, 100, 100), 0)
    tracker.add(latencies(300, 300, 300), 1_000)
    expect(tracker.overall()).toEqual({ count: 6, p50Us: 100, p99Us: 300, maxUs: 300 })
  })

  it('of the last seconds leave out what is older than five', () => {
    const tracker = new LatencyTracker()
    tracker.add(latencies(100), 0)
    tracker.add(latencies(300), 4_000)
    expect(tracker.lately(4_999)).toMatchObject({ count: 2 })
    expect(tracker.lately(5_000)).toMatchObject({ count: 1, p50Us: 300 })
    expect(tracker.lately(9_000)).toBeUndefined()
    expect(tracker.overall()).toMatchObject({ count: 2 })
  })
})

describe('the command line of a bot', () => {
  it('holds all of its plan; options in camel case become flags', () => {
    const options = { halfSpreadTicks: 2, passive: true, noisy: false }
    expect(commandLine({ ...plan, options }, 'ws://h:1/v1', 'data').join(' ')).toBe(
      'market-maker --url ws://h:1/v1 --data data --participant maker-1 --session main --instrument ACME --instrument BOLT --seed 7 --half-spread-ticks 2 --passive',
    )
  })
})

/** A fleet as the tests of its views see it: two instruments, three bots, round numbers. */
import type { BotView, FleetView, InstrumentView } from './fleet-view.ts'

export function instrumentView(changed: Partial<InstrumentView> = {}): InstrumentView {
  return {
    symbol: 'ACME',
    currency: 'USD',
    currencyDecimals: 2,
    tickSize: '0.01',
    lotSize: '1',
    tickValueMinor: 1,
    phase: 'continuous',
    bidPriceTicks: 9_999,
    bidQuantityLots: 120,
    askPriceTicks: 10_001,
    askQuantityLots: 80,
    lastPriceTicks: 10_001,
    openingPriceTicks: 10_000,
    markPriceTicks: 10_001,
    tradesPerSecond: 12.34,
    ordersPerSecond: 345.6,
    tradeCount: 740,
    orderCount: 20_736,
    volumeLots: 45_600,
    meanSpreadTicks: 2.25,
    meanSpreadBasisPoints: 2.25,
    priceHistory: [10_000, 10_001, 10_002, 10_001],
    ...changed,
  }
}

export function botView(changed: Partial<BotView> = {}): BotView {
  return {
    name: 'maker-1',
    kind: 'market-maker',
    state: 'live',
    health: 'well',
    positions: [
      { symbol: 'ACME', positionLots: 30, openOrders: 2 },
      { symbol: 'BOLT', positionLots: -10, openOrders: 2 },
    ],
    money: [{ currency: 'USD', currencyDecimals: 2, pnlMinor: 12_345, feesMinor: -50 }],
    submittedLots: 1_000,
    filledLots: 125,
    orders: 500,
    fills: 25,
    rejects: 1,
    ordersPerSecond: 8.3,
    recentAck: { count: 50, p50Us: 300, p99Us: 1_500, maxUs: 2_000 },
    restarts: 0,
    ...changed,
  }
}

/** The noise bots hold the other side of what the market maker holds and lost what it won, fees included. */
export function fleetView(changed: Partial<FleetView> = {}): FleetView {
  const noise = (name: string, acmeLots: number, boltLots: number, pnlMinor: number, feesMinor: number) =>
    botView({
      name,
      kind: 'noise',
      positions: [
        { symbol: 'ACME', positionLots: acmeLots, openOrders: 1 },
        { symbol: 'BOLT', positionLots: boltLots, openOrders: 0 },
      ],
      money: [{ currency: 'USD', currencyDecimals: 2, pnlMinor, feesMinor }],
    })
  return {
    engine: {
      url: 'ws://127.0.0.1:9001/v1',
      own: { logMode: 'sync', restarts: 0 },
      connected: true,
      sequence: 41_234,
      sequencePerSecond: 691.2,
    },
    runningSeconds: 60,
    remainingSeconds: undefined,
    stopping: false,
    instruments: [instrumentView(), instrumentView({ symbol: 'BOLT', tickSize: '0.05', priceHistory: [] })],
    bots: [botView(), noise('noise-1', -20, 10, -10_000, 150), noise('noise-2', -10, 0, -2_645, 200)],
    recentAck: { count: 150, p50Us: 312, p99Us: 1_204, maxUs: 8_200 },
    ack: { count: 41_234, p50Us: 305, p99Us: 1_150, maxUs: 12_345 },
    incidents: [],
    ...changed,
  }
}

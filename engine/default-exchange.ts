/** The exchange that the engine runs when no configuration file is given: what the demo and the recorded data need. */
import { limits } from '../protocol/limits.ts'
import type { ConfigurationFile } from './configuration.ts'

const demoFees = { makerFeeBasisPoints: -0.2, takerFeeBasisPoints: 0.5 }
/** Recorded prices go where they go. */
const recorded = { priceBandBasisPoints: 0 }

const makerLimits = { maxOrderQuantityLots: 1_000, maxPositionLots: 1_000, maxOpenOrders: 500 }
const noiseLimits = { maxOrderQuantityLots: 1_000, maxPositionLots: 5_000, maxOpenOrders: 500, ordersPerSecond: 1_000 }
const replayLimits = {
  maxOrderQuantityLots: limits.maxQuantityLots,
  maxPositionLots: 2 ** 40,
  maxOpenOrders: 1_000_000,
  ordersPerSecond: 1_000_000,
}

export const defaultExchange: ConfigurationFile = {
  instruments: [
    { symbol: 'ACME', tickSize: '0.01', referencePrice: '100.00', maxOrderQuantityLots: 10_000, ...demoFees },
    { symbol: 'BOLT', tickSize: '0.01', referencePrice: '25.00', maxOrderQuantityLots: 50_000, ...demoFees },
    { symbol: 'CRUX', tickSize: '0.05', referencePrice: '640.00', maxOrderQuantityLots: 2_000, ...demoFees },
    { symbol: 'AMZN', tickSize: '0.01', referencePrice: '223.82', ...recorded },
    { symbol: 'AAPL', tickSize: '0.01', referencePrice: '585.33', ...recorded },
  ],
  participants: [
    ...['maker-1', 'maker-2'].map((name) => ({ name, ...makerLimits })),
    ...Array.from({ length: 8 }, (_, index) => ({ name: `noise-${index + 1}`, ...noiseLimits })),
    { name: 'replay-resting', ...replayLimits },
    { name: 'replay-aggressor', ...replayLimits },
    { name: 'trader', maxOrderQuantityLots: 10_000, maxPositionLots: 100_000, ordersPerSecond: 1_000 },
    { name: 'admin', admin: true },
  ],
}

/** The venue of the gateway suite: one instrument, and a participant with one session for each connection of the load. */
import type { VenuePlan } from '../engine-process.ts'
import type { StreamPlace } from '../load/order-stream.ts'

/** Where the load trades. */
export const loadPlace: StreamPlace = { instrument: 1, fairPriceTicks: 10_000 }

/** Checked for every order, and never reached. */
export const loadLimits = {
  maxOrderQuantityLots: 1_000_000,
  maxPositionLots: 1_000_000_000,
  maxOpenOrders: 1_000_000,
  ordersPerSecond: 10_000_000,
} as const

export function loadVenue(connectionCount: number): VenuePlan {
  return {
    instruments: [
      {
        symbol: 'BENCH',
        tickSize: '0.01',
        referencePrice: (loadPlace.fairPriceTicks / 100).toFixed(2),
        makerFeeBasisPoints: -0.2,
        takerFeeBasisPoints: 0.5,
      },
    ],
    participants: Array.from({ length: connectionCount }, (_, index) => ({
      name: `load-${index + 1}`,
      sessions: ['main'],
      limits: loadLimits,
    })),
  }
}

/**
 * The venue of the recovery suite: an instrument for the mixed flow of the core suite, and its participants and
 * sessions; another instrument, and participants, for the kinds of commands that this flow does not have; and participants
 * without orders, for the load.
 */
import { fairPriceTicks, participantOf } from '../core/flow.ts'
import { highLimits } from '../core/high-limits.ts'
import type { VenuePlan } from '../engine-process.ts'
import { loadLimits } from '../gateway/load-venue.ts'

export const flowSessions = 32
export const otherSessions = 2
/** Numbers of the instruments. */
export const flowInstrument = 1
export const otherInstrument = 2
export const otherFairPriceTicks = 10_000

const price = (ticks: number) => (ticks / 100).toFixed(2)

/** Bands are as wide that no flow reaches them, as in the core suite. */
const terms = { tickSize: '0.01', staticBandBasisPoints: 2_000, dynamicBandBasisPoints: 2_000 }
const limits = { ...highLimits, ordersPerSecond: 10_000_000 }

/** Participant and session, by their number in the flow. */
export function flowSessionName(session: number): { readonly participant: string; readonly session: string } {
  return { participant: `flow-${participantOf(session, flowSessions)}`, session: `session-${session}` }
}

export function otherSessionName(session: number): { readonly participant: string; readonly session: string } {
  return { participant: `other-${session}`, session: 'main' }
}

export const isOfLoad = ({ participant }: { readonly participant: string }): boolean => participant.startsWith('load-')

export function recoveryVenue(loadConnections: number): VenuePlan {
  const participants = new Map<string, string[]>()
  const add = ({ participant, session }: { readonly participant: string; readonly session: string }) => {
    participants.set(participant, [...(participants.get(participant) ?? []), session])
  }
  for (let session = 1; session <= flowSessions; session++) add(flowSessionName(session))
  for (let session = 1; session <= otherSessions; session++) add(otherSessionName(session))
  for (let connection = 1; connection <= loadConnections; connection++) {
    add({ participant: `load-${connection}`, session: 'main' })
  }
  return {
    instruments: [
      { symbol: 'FLOW', ...terms, referencePrice: price(fairPriceTicks), maxPrice: price(2 * fairPriceTicks) },
      {
        symbol: 'OTHER',
        ...terms,
        referencePrice: price(otherFairPriceTicks),
        maxPrice: price(2 * otherFairPriceTicks),
      },
    ],
    participants: [...participants].map(([name, sessions]) => ({
      name,
      sessions,
      limits: isOfLoad({ participant: name }) ? loadLimits : limits,
    })),
  }
}

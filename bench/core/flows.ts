/** The flows of the suite, by name. */
import type { Flow } from './flow.ts'
import { type MixedFlowOptions, mixed, mixedFlow } from './mixed-flow.ts'
import { type SweepFlowOptions, sweepFlow } from './sweep-flow.ts'

/** Commands of a flow of bursts. */
const timedCommands = 2_000_000

const mixedFlows = {
  mixed,
  // With ten orders to a level one price in ten is not used: these are 1,000, 10,000 and 100,000 levels.
  mixed10k: { ...mixed, restingOrders: 10_000, levels: 1_100 },
  mixed100k: { ...mixed, restingOrders: 100_000, levels: 11_000 },
  mixed1m: { ...mixed, restingOrders: 1_000_000, levels: 110_000 },
  manyInstruments: { ...mixed, instruments: 1_000, sessions: 128 },
  oneSide: { ...mixed, timedCommands, restingOrders: 5_000, burstLength: 1_000 },
  // Of 436 orders that wait 414 are cancelled: 95 %.
  wandering: {
    ...mixed,
    timedCommands,
    shares: { passive: 436, cancel: 414, crossing: 0 },
    cancelDraws: 4,
    wander: { rangeTicks: 20_000, stepTicks: 250, everyCommands: 10 },
  },
  static: {
    ...mixed,
    timedCommands,
    restingOrders: 40_000,
    levels: 60,
    wander: { ...mixed.wander, rangeTicks: 0 },
  },
} as const satisfies Record<string, MixedFlowOptions>

const ladder = { levels: 10_000, ordersPerLevel: 10 }
const sweepFlows = {
  sweeps: { ...ladder, sweeps: 20 },
  /** Few sweeps, each of which is timed by itself. */
  singleSweeps: { ...ladder, sweeps: 6 },
} as const satisfies Record<string, SweepFlowOptions>

export type FlowName = keyof typeof mixedFlows | keyof typeof sweepFlows

/** @param share how much of its full size the flow has; 1: all */
export function makeFlow(name: FlowName, share = 1): Flow {
  if (name === 'sweeps' || name === 'singleSweeps') {
    const options: SweepFlowOptions = sweepFlows[name]
    return sweepFlow({ ...options, levels: options.levels * share })
  }
  const options: MixedFlowOptions = mixedFlows[name]
  return mixedFlow({
    ...options,
    warmupCommands: options.warmupCommands * share,
    timedCommands: options.timedCommands * share,
    restingOrders: Math.max(mixed.restingOrders, options.restingOrders * share),
    instruments: Math.ceil(options.instruments * share),
  })
}

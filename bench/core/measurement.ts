/** What a measuring thread is asked for, and what it answers. */
import type { FlowName } from './flows.ts'

export type VenueName = 'book' | 'exchange' | 'nodejsOrderBook'

export type Measurement =
  /** Commands per second of each venue, in rounds that take turns. */
  | { readonly kind: 'rates'; readonly flow: FlowName; readonly venues: readonly VenueName[] }
  /** What each single command of the mixed flow takes on the exchange. */
  | { readonly kind: 'singleCommands' }
  /** What each order that sweeps takes on the exchange. */
  | { readonly kind: 'sweeps' }
  /** Memory that the exchange takes for a million orders. */
  | { readonly kind: 'memory' }

/** What a thread is started with. */
export interface Job {
  readonly measurement: Measurement
  /** How long to measure. */
  readonly seconds: number
  /** How much of their full size flows have; 1: all. */
  readonly share: number
}

/** Commands per second of each round, by venue. */
export type VenueRates = Readonly<Partial<Record<VenueName, readonly number[]>>>

export interface Rates {
  readonly rates: VenueRates
  readonly timedCommands: number
  /** What every round did: checked. */
  readonly tradeCount: number
  readonly tradedLots: number
  readonly restingOrders: number
  readonly levelCount: number
}

/** Medians of the rounds, but for the maxima. */
export interface SingleCommands {
  readonly p50Us: number
  readonly p999Us: number
  readonly maxUs: number
  /** What reading the clock twice takes, which is in all of them. */
  readonly clockUs: number
  readonly longestGcPauseMs: number
}

/** Answer by kind of measurement. */
export interface Answers {
  readonly rates: Rates
  readonly singleCommands: SingleCommands
  /** Milliseconds of each sweep. */
  readonly sweeps: readonly number[]
  readonly memory: { readonly bytesPerRestingOrder: number }
}

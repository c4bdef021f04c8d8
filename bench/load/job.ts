/** What the parent process tells the load generator to do, one job at a time, and what it hears back. */
import type { LatencySummary } from './latency.ts'

/** A session of the engine and the private key (PEM) that opens it. */
export interface Credentials {
  readonly participant: string
  readonly session: string
  readonly privateKeyPem: string
}

/** What to load. The echo server speaks WebSocket but knows no logon, and answers every frame with one frame. */
export type Target =
  | { readonly kind: 'engine'; readonly port: number; readonly instrument: number; readonly sessions: Credentials[] }
  | { readonly kind: 'echo'; readonly port: number; readonly instrument: number; readonly connections: number }

export type Job =
  | { readonly type: 'connect'; readonly target: Target }
  | {
      readonly type: 'closedLoop'
      /** Commands that each connection keeps unanswered. */
      readonly window: number
      readonly warmupSeconds: number
      readonly seconds: number
    }
  | {
      readonly type: 'openLoop'
      /** Commands per second over all connections, evenly spaced. */
      readonly ratePerSecond: number
      readonly warmupSeconds: number
      readonly seconds: number
    }

export interface AnswerCounts {
  /** First answers to commands. */
  readonly answered: number
  readonly accepted: number
  readonly cancelled: number
  readonly rejected: number
  /** Fill events: two per trade, since all the participants are ours. */
  readonly fills: number
}

export interface LoadResult {
  /** Within the measured time. */
  readonly counts: AnswerCounts
  readonly seconds: number
  /** Share of one core that the generator used, 0 to 1. */
  readonly generatorCpu: number
  /** Since the connections were opened, warm-up and tail included. */
  readonly answeredInTotal: number
  /** Of an open loop. */
  readonly latency?: LatencySummary
}

export type Reply =
  | { readonly type: 'connected' }
  | { readonly type: 'done'; readonly result: LoadResult }
  | { readonly type: 'failed'; readonly message: string }

/** What the parent process tells the load generator to do, one job at a time, and what it hears back. */
import type { LatencySummary } from './latency.ts'
import type { StreamPlace } from './order-stream.ts'

/** A session of the engine and the private key (PEM) that opens it. */
export interface Credentials {
  readonly participant: string
  readonly session: string
  readonly privateKeyPem: string
}

export interface EngineTarget extends StreamPlace {
  readonly kind: 'engine'
  readonly port: number
  /** One connection for each. */
  readonly sessions: readonly Credentials[]
}

/** The echo server speaks WebSocket but knows no logon, and answers every frame with one frame. */
export interface EchoTarget extends StreamPlace {
  readonly kind: 'echo'
  readonly port: number
  readonly connections: number
}

export type Target = EngineTarget | EchoTarget

export interface ClosedLoop {
  /** Commands that each connection keeps unanswered. */
  readonly window: number
  readonly warmupSeconds: number
  readonly seconds: number
}

export interface OpenLoop {
  /** Commands per second over all connections, evenly spaced. */
  readonly ratePerSecond: number
  readonly warmupSeconds: number
  readonly seconds: number
}

export interface AnswerCounts {
  /** First answers to commands. */
  readonly answered: number
  /** Commands that the engine would not take, because too many waited for the disk; they have no answer and no latency. */
  readonly refused: number
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
  readonly refusedInTotal: number
}

export interface OpenLoopResult extends LoadResult {
  /** From when commands were due to when their answers were read. */
  readonly latency: LatencySummary
  /** From when commands were due to when they were sent: the generator's own part of the latency. */
  readonly lateness: LatencySummary
}

export type Job =
  | { readonly type: 'connect'; readonly target: Target }
  /** Connects, and sends one order over the first connection. */
  | { readonly type: 'firstOrder'; readonly target: Target }
  | ({ readonly type: 'closedLoop' } & ClosedLoop)
  | ({ readonly type: 'openLoop' } & OpenLoop)

/** Answers the job of the same type, or says that something went wrong; `ready` comes before the first job. */
export type Reply =
  | { readonly type: 'ready' }
  | { readonly type: 'connect' }
  /** When the order was acknowledged, milliseconds since 1970. */
  | { readonly type: 'firstOrder'; readonly acknowledgedAtMs: number }
  | { readonly type: 'closedLoop'; readonly result: LoadResult }
  | { readonly type: 'openLoop'; readonly result: OpenLoopResult }
  | { readonly type: 'failed'; readonly message: string }

/**
 * What a bot process and the process that started it tell each other over Node's IPC channel. A bot sends a report every
 * second and a last one when it has stopped; its parent may ask it to stop. The channel's end means the same as `stop`.
 */

/**
 * - `connecting`: not in touch with the engine (yet, or again).
 * - `live`: trading.
 * - `halted`: in touch, but its risk guard pulled all quotes of an instrument, no instrument is in continuous trading, or an
 *   admin blocked the participant; `haltReason` says why.
 * - `stopped`: the last report; quotes are cancelled.
 */
export type BotState = 'connecting' | 'live' | 'halted' | 'stopped'

/** What the participant holds of one instrument, as the engine counts it since the account was opened. */
export interface AccountReport {
  /** Lots held, negative when short. */
  readonly positionLots: number
  /** Money received minus money paid, fees included; in minor units. */
  readonly cashMinor: number
  /** Fees paid, rebates subtracted; in minor units. */
  readonly feesMinor: number
}

export interface PositionReport {
  readonly symbol: string
  /** The account when the bot first logged on, and now: a parent values both at prices of its own, one for all bots. */
  readonly opening: AccountReport
  readonly current: AccountReport
  /** Cash plus position marked at the middle of the book, fees included, since the bot started; in minor units. */
  readonly pnlMinor: number
  /** Fees paid since the bot started, rebates subtracted; in minor units. */
  readonly feesMinor: number
  readonly openOrders: number
}

export interface LatencyReport {
  readonly count: number
  readonly p50Us: number
  readonly p99Us: number
  /** The histogram itself, as hdr-histogram-js encodes it in compressed base64, so that a parent can add many up. */
  readonly encoded: string
}

export interface BotReport {
  readonly type: 'report'
  /** Name of the bot: participant and session. */
  readonly bot: string
  /** The command that it runs: market-maker, noise, … */
  readonly kind: string
  readonly state: BotState
  readonly haltReason?: string
  readonly positions: readonly PositionReport[]
  /** Totals since the bot started. Submitted: lots of accepted orders, and what replaces added to them. */
  readonly submittedLots: number
  readonly filledLots: number
  /** Orders accepted and replaces carried out. */
  readonly orders: number
  readonly fills: number
  /** Requests that had no effect. */
  readonly rejects: number
  /** Order to ack since the last report: from handing a request to the socket until its answer. */
  readonly ackLatency: LatencyReport
}

/** What a parent may send to a bot. */
export interface StopRequest {
  readonly type: 'stop'
}

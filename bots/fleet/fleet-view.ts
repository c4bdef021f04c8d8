/**
 * What is known about a running fleet at one moment, as plain values: made by the supervisor, shown by the console, the
 * plain line and the final report. None of them knows where the values come from.
 */

export interface LatencyView {
  readonly count: number
  readonly p50Us: number
  readonly p99Us: number
  readonly maxUs: number
}

export interface InstrumentView {
  readonly symbol: string
  readonly currency: string
  readonly currencyDecimals: number
  readonly tickSize: string
  readonly lotSize: string
  /** Value of one lot at a price of one tick. */
  readonly tickValueMinor: number
  readonly phase: string
  /** Quantities of 0 mean an empty side. */
  readonly bidPriceTicks: number
  readonly bidQuantityLots: number
  readonly askPriceTicks: number
  readonly askQuantityLots: number
  /** 0 before the first trade. */
  readonly lastPriceTicks: number
  /** The last price when the run began; the reference price if there was none. */
  readonly openingPriceTicks: number
  /** What positions are valued at: the middle of the book, without one the last price, before that the reference price. */
  readonly markPriceTicks: number
  readonly tradesPerSecond: number
  readonly ordersPerSecond: number
  /** Over this run. */
  readonly tradeCount: number
  readonly orderCount: number
  readonly volumeLots: number
  /** Time-weighted over this run, while both sides were there; undefined if they never were. */
  readonly meanSpreadTicks: number | undefined
  readonly meanSpreadBasisPoints: number | undefined
  /** The marks at equal steps of time, the newest last. */
  readonly priceHistory: readonly number[]
}

export interface PositionView {
  readonly symbol: string
  readonly positionLots: number
  readonly openOrders: number
}

export interface MoneyView {
  readonly currency: string
  readonly currencyDecimals: number
  readonly pnlMinor: number
  readonly feesMinor: number
}

export interface BotView {
  readonly name: string
  readonly kind: string
  /** In a word: its own report, or what the supervisor knows better (starting, restarting, stopped). */
  readonly state: string
  readonly health: 'well' | 'troubled' | 'dead'
  readonly positions: readonly PositionView[]
  /** Over this run, per currency: what the bot held at its beginning at opening prices, what it holds now at the marks. */
  readonly money: readonly MoneyView[]
  readonly submittedLots: number
  readonly filledLots: number
  readonly orders: number
  readonly fills: number
  readonly rejects: number
  readonly ordersPerSecond: number
  /** Of the last seconds; undefined without any acknowledgement in them. */
  readonly recentAck: LatencyView | undefined
  readonly restarts: number
}

export interface EngineView {
  readonly url: string
  /** Started by this fleet, with this log mode; undefined if it was there already. */
  readonly own: { readonly logMode: string; readonly restarts: number } | undefined
  readonly connected: boolean
  readonly sequence: number
  readonly sequencePerSecond: number
}

/** Something that happened and that people should know. */
export interface Incident {
  /** Of the day, by the clock of this machine. */
  readonly time: string
  readonly text: string
}

export interface FleetView {
  readonly engine: EngineView
  readonly runningSeconds: number
  /** Undefined if it runs until somebody stops it. */
  readonly remainingSeconds: number | undefined
  readonly stopping: boolean
  readonly instruments: readonly InstrumentView[]
  readonly bots: readonly BotView[]
  /** Order to acknowledgement over all bots: of the last seconds, and of the whole run. */
  readonly recentAck: LatencyView | undefined
  readonly ack: LatencyView | undefined
  /** The last ones, oldest first. */
  readonly incidents: readonly Incident[]
}

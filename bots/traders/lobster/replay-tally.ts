/** What a replay counts while it runs. */
import { type SkipReason, skipReasons } from './market-row.ts'

/** Deviations that are kept in full; the others are only counted. */
const listedDeviations = 10

/** An execution of a known order that the venue carried out otherwise. */
export interface Deviation {
  readonly line: number
  readonly orderId: number
  readonly quantityLots: number
  /** What the venue filled instead. `orderId` 0: the anonymous order of the level. */
  readonly fills: readonly { readonly orderId: number; readonly quantityLots: number }[]
}

export class ReplayTally {
  /** Rows that are sent, answered and checked. */
  rows = 0
  /** Orders, cancels and replaces sent. */
  messages = 0
  /** Executions of orders whose adding the recording showed. */
  executionsChecked = 0
  /** Those of them that filled exactly that order and quantity at the venue. */
  executionsExact = 0
  /** Orderbook rows that the venue's book was compared with; the first one only seeds it. */
  bookRowsChecked = 0
  bookRowsEqual = 0
  /** Levels that were cancelled and submitted anew to make the book equal the recording again. */
  reseededLevels = 0
  readonly skippedRows: Record<SkipReason, number>
  /** The first deviations. */
  readonly deviations: Deviation[] = []

  constructor() {
    const reasons = Object.keys(skipReasons) as SkipReason[]
    this.skippedRows = Object.fromEntries(reasons.map((reason) => [reason, 0])) as Record<SkipReason, number>
  }

  deviation(deviation: Deviation): void {
    if (this.deviations.length < listedDeviations) this.deviations.push(deviation)
  }
}

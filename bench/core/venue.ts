/** What the core suite measures: something that takes a flow and can say afterwards what it did. */
import type { Flow, Outcome } from './flow.ts'

export interface Venue {
  /** Applies the commands from `from` up to, but not including, `to`. */
  apply(flow: Flow, from: number, to: number): void
  /** What came of all commands so far. */
  outcome(): Outcome
}

/** Fails unless the venue did exactly what the flow asks for; a faster venue that does less is not faster. */
export function checkOutcome(name: string, venue: Venue, flow: Flow): void {
  const { expected } = flow
  const actual = venue.outcome()
  for (const key of ['tradeCount', 'tradedLots', 'restingOrders'] as const) {
    if (actual[key] !== expected[key]) {
      throw new Error(
        `${name} did other work than the flow asks for: ${key} ${actual[key]} instead of ${expected[key]}`,
      )
    }
  }
}

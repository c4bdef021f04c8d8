/** What decides: one trader per instrument of a bot. */
import type { Desk } from './desk.ts'
import type { RandomSource } from './random.ts'

export interface Trader {
  /**
   * Acts as it sees fit; called only while the risk guard allows it.
   * @returns milliseconds until it wants to be called again, whatever happens
   */
  act(nowMs: number): number
  /**
   * When something changed at its desk, it is called this long after the last time, in milliseconds; Infinity: changes do
   * not matter to it.
   */
  readonly reactionMs: number
}

export type MakeTrader = (desk: Desk, random: RandomSource) => Trader

/**
 * Sweeps: a ladder of price levels is built on one side, and one order takes all of it; then the same on the other
 * side, again and again.
 */
import { enumerations } from '../../protocol/messages.ts'
import { type Flow, FlowWriter, fairPriceTicks } from './flow.ts'

const { buy, sell } = enumerations.side
const { limit } = enumerations.orderType
const { immediateOrCancel } = enumerations.timeInForce

export interface SweepFlowOptions {
  readonly levels: number
  readonly ordersPerLevel: number
  readonly sweeps: number
}

/** Session of the order that sweeps; the orders of the ladder are of sessions before it, of other participants. */
const sessions = 32
const sweeper = sessions / 2

/** From one order of the ladder to the next, in levels: a prime number, so that levels come in no order that helps. */
const stride = 7_919

const lots = 10

/** The first ladder and its sweep warm up, all others are timed. */
export function sweepFlow({ levels, ordersPerLevel, sweeps }: SweepFlowOptions): Flow {
  const ladder = levels * ordersPerLevel
  const writer = new FlowWriter({
    count: (sweeps + 1) * (ladder + 1),
    timedFrom: ladder + 1,
    instrumentCount: 1,
    sessionCount: sessions,
  })
  for (let sweep = 0; sweep <= sweeps; sweep++) {
    const side = sweep % 2 === 0 ? sell : buy
    const away = side === sell ? 1 : -1
    for (let order = 0; order < ladder; order++) {
      const priceTicks = fairPriceTicks + away * (1 + ((order * stride) % levels))
      writer.passive(1, 1 + (order % (sweeper - 1)), side, lots, priceTicks)
    }
    const worstTicks = fairPriceTicks + away * levels
    writer.taking(1, sweeper, buy + sell - side, limit, immediateOrCancel, ladder * lots, worstTicks)
  }
  return writer.finish()
}

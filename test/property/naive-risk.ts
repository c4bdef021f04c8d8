/** What positions and open orders are worth, and how much of each there is. Sums of money are exact. */
import type { Side } from '../../protocol/messages.ts'
import type { Market, NaiveState, OpenOrder } from './naive-state.ts'

/** An order as far as risk goes; it may be one that is not accepted yet. */
export type Exposure = Pick<OpenOrder, 'owner' | 'instrument' | 'side' | 'leavesLots'>

const revaluationIntervalUs = 100_000

/** What positions are valued at: the last price, before the first trade the defined one. */
export function markOf(market: Market): number {
  return market.lastPriceTicks || market.definition.referencePriceTicks
}

export function openLots(orders: readonly Exposure[], owner: number, instrument: number, side: Side): number {
  return orders
    .filter((order) => order.owner === owner && order.instrument === instrument && order.side === side)
    .reduce((sum, order) => sum + order.leavesLots, 0)
}

/** Over all instruments, the larger of what could be held and what could be owed if the orders of a side filled. */
export function grossExposure(state: NaiveState, participant: number, orders: readonly Exposure[]): bigint {
  return sumOf(
    state.allMarkets.map((market) => {
      const { instrument, tickValueMinor } = market.definition
      const account = state.account(participant, instrument)
      const positionLots = account?.positionLots ?? 0
      const lots = Math.max(
        positionLots + openLots(orders, participant, instrument, 'buy'),
        openLots(orders, participant, instrument, 'sell') - positionLots,
      )
      return BigInt(lots) * BigInt(account?.valuationPriceTicks ?? markOf(market)) * BigInt(tickValueMinor)
    }),
  )
}

export function equity(state: NaiveState, participant: number): bigint {
  const accounts = state.accounts.filter((account) => account.participant === participant)
  return sumOf(
    accounts.map((account) => {
      const { tickValueMinor } = state.market(account).definition
      const { cashMinor, positionLots, valuationPriceTicks } = account
      return BigInt(cashMinor) + BigInt(positionLots) * BigInt(valuationPriceTicks) * BigInt(tickValueMinor)
    }),
  )
}

export function revalue(state: NaiveState, participant: number): void {
  for (const account of state.accounts) {
    if (account.participant === participant) account.valuationPriceTicks = markOf(state.market(account))
  }
  state.participants[participant].revaluedUs = state.timeUs
}

/** Before a participant's order is checked: new marks, if it has a bound on what they are worth. */
export function revalueIfDue(state: NaiveState, participant: number): void {
  const { terms, revaluedUs } = state.participants[participant]
  const isBound = terms.maxGrossExposureMinor > 0 || terms.maxDailyLossMinor > 0
  if (isBound && state.timeUs - revaluedUs >= revaluationIntervalUs) revalue(state, participant)
}

/** Reduce-only orders that take up a part of the position: all but waiting stops. */
export function reduceOnlyOrders(state: NaiveState, owner: number, instrument: number, side: Side): OpenOrder[] {
  return state
    .ordersIn(instrument)
    .filter((order) => order.owner === owner && order.side === side && order.reduceOnly && order.place !== 'stops')
}

/** What a side could bring the position nearer to zero by. */
export function reducibleLots(state: NaiveState, owner: number, instrument: number, side: Side): number {
  const positionLots = state.positionLots(owner, instrument)
  return Math.max(0, side === 'sell' ? positionLots : -positionLots)
}

function sumOf(numbers: readonly bigint[]): bigint {
  return numbers.reduce((sum, number) => sum + number, 0n)
}

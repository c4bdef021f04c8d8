/** All bots of a fleet as if they were one: the last line of the tables. */
import type { BotView, MoneyView, PositionView } from './fleet-view.ts'

type Counts = Pick<
  BotView,
  'submittedLots' | 'filledLots' | 'orders' | 'fills' | 'rejects' | 'ordersPerSecond' | 'restarts'
>

export function sumOf(bots: readonly BotView[]): BotView {
  const counts: { -readonly [Name in keyof Counts]: number } = {
    submittedLots: 0,
    filledLots: 0,
    orders: 0,
    fills: 0,
    rejects: 0,
    ordersPerSecond: 0,
    restarts: 0,
  }
  const positions = new Map<string, PositionView>()
  const money = new Map<string, MoneyView>()
  for (const bot of bots) {
    for (const name of Object.keys(counts) as (keyof Counts)[]) counts[name] += bot[name]
    for (const position of bot.positions) {
      const before = positions.get(position.symbol)
      positions.set(position.symbol, {
        symbol: position.symbol,
        positionLots: (before?.positionLots ?? 0) + position.positionLots,
        openOrders: (before?.openOrders ?? 0) + position.openOrders,
      })
    }
    for (const amount of bot.money) {
      const before = money.get(amount.currency)
      money.set(amount.currency, {
        ...amount,
        pnlMinor: (before?.pnlMinor ?? 0) + amount.pnlMinor,
        feesMinor: (before?.feesMinor ?? 0) + amount.feesMinor,
      })
    }
  }
  const well = bots.filter(({ health }) => health === 'well').length
  return {
    ...counts,
    name: 'all',
    kind: '',
    state: `${well} of ${bots.length}`,
    health: well === bots.length ? 'well' : 'troubled',
    positions: [...positions.values()],
    money: [...money.values()],
    recentAck: undefined,
  }
}

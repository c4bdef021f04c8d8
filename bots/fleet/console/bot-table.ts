/** The console's table of bots: one line each and a last one for all of them together. */
import {
  formatCompact,
  formatMeasure,
  formatMicroseconds,
  formatMoney,
  formatShare,
  formatSteps,
  nothing,
} from '../../format.ts'
import { sumOf } from '../bot-sum.ts'
import type { BotView, FleetView, InstrumentView, LatencyView } from '../fleet-view.ts'
import { type Line, type Span, span } from './spans.ts'
import { type Column, layOutTable } from './table.ts'

/**
 * The title line, a line per bot from `first` on, and the line of sums; at most `height` lines in all, which must be 3 or more.
 */
export function botTable(view: FleetView, width: number, height: number, first: number): Line[] {
  const shown = view.bots.slice(first, first + height - 2)
  return layOutTable(columnsFor(view), [...shown, { ...sumOf(view.bots), recentAck: view.recentAck }], width)
}

/** The first bot to show, so that no space is left below while bots are hidden above. */
export function clampFirst(first: number, botCount: number, height: number): number {
  return Math.max(0, Math.min(first, botCount - (height - 2)))
}

function columnsFor(view: FleetView): Column<BotView>[] {
  const firstCurrencies = view.instruments.map(({ currency, currencyDecimals }) => ({ currency, currencyDecimals }))
  const currencies = firstCurrencies.filter(
    ({ currency }, index) => firstCurrencies.findIndex((other) => other.currency === currency) === index,
  )
  return [
    { title: 'bot', width: 8, align: 'left', expendable: 0, cell: (row) => span(row.name, 'strong') },
    { title: 'kind', width: 12, align: 'left', expendable: 7, cell: (row) => span(row.kind, 'quiet') },
    { title: 'state', width: 10, align: 'left', expendable: 0, cell: state },
    ...view.instruments.map(positionColumn),
    ...currencies.map(({ currency }) => moneyColumn(`P&L ${currency}`, currency, 'pnlMinor', 11, 0)),
    ...currencies.map(({ currency }) => moneyColumn(`fees ${currency}`, currency, 'feesMinor', 9, 6)),
    number('fill rate', 9, 2, (row) => formatShare(row.filledLots, row.submittedLots)),
    number('orders/s', 8, 3, (row) => formatMeasure(row.ordersPerSecond)),
    number('ack p50', 7, 5, (row) => latency(row.recentAck, 'p50Us')),
    number('ack p99', 7, 4, (row) => latency(row.recentAck, 'p99Us')),
    number('restarts', 8, 5, (row) => row.restarts.toString()),
  ]
}

function number(title: string, width: number, expendable: number, text: (row: BotView) => string): Column<BotView> {
  return { title, width, align: 'right', expendable, cell: (row) => value(text(row), row) }
}

/** Numbers of a bot that is not at work are the last ones known, and look so. */
function value(text: string, row: BotView): Span {
  return span(text, text === nothing || row.health === 'dead' ? 'quiet' : 'plain')
}

function state(row: BotView): Span {
  return span(row.state, row.health === 'dead' ? 'alarm' : row.health === 'troubled' ? 'warning' : 'plain')
}

function positionColumn({ symbol, lotSize }: InstrumentView): Column<BotView> {
  return number(symbol, 6, 1, (row) => {
    const position = row.positions.find((candidate) => candidate.symbol === symbol)
    if (position === undefined) return nothing
    const exact = formatSteps(position.positionLots, lotSize)
    return exact.length <= 8 ? exact : formatCompact(position.positionLots * Number(lotSize))
  })
}

function moneyColumn(
  title: string,
  currency: string,
  field: 'pnlMinor' | 'feesMinor',
  width: number,
  expendable: number,
): Column<BotView> {
  const cell = (row: BotView): Span => {
    const money = row.money.find((candidate) => candidate.currency === currency)
    if (money === undefined) return span(nothing, 'quiet')
    const text = formatMoney(money[field], money.currencyDecimals)
    if (field === 'feesMinor' || money[field] === 0 || row.health === 'dead') return value(text, row)
    return span(text, money[field] > 0 ? 'gain' : 'loss')
  }
  return { title, width, align: 'right', expendable, cell }
}

function latency(view: LatencyView | undefined, percentile: 'p50Us' | 'p99Us'): string {
  return view === undefined ? nothing : formatMicroseconds(view[percentile])
}

/**
 * What is printed when a fleet has stopped: the run in figures, per instrument and per bot. All positions in an instrument
 * are valued at one price, so that P&L and fees of all participants add up to nothing.
 */
import {
  formatCount,
  formatDuration,
  formatMeasure,
  formatMicroseconds,
  formatMoney,
  formatShare,
  formatSteps,
  nothing,
} from '../format.ts'
import { sumOf } from './bot-sum.ts'
import { type Line, paint, span } from './console/spans.ts'
import { type Column, layOutTable } from './console/table.ts'
import type { BotView, FleetView, InstrumentView, MoneyView } from './fleet-view.ts'

/** The report as text lines of at most `width` characters where that can be. `failures`: what went wrong, a line each. */
export function finalReport(
  view: FleetView,
  failures: readonly string[],
  width: number,
  coloured: boolean,
): readonly string[] {
  const log = view.engine.own === undefined ? '' : `, log ${view.engine.own.logMode}`
  const lines: Line[] = [
    [span('Final report', 'strong'), span(` after ${formatDuration(view.runningSeconds)} on ${view.engine.url}${log}`)],
    [],
    ...layOutTable(instrumentColumns(view), view.instruments, width),
    [],
    ...layOutTable(botColumns(view), [...view.bots, sumOf(view.bots)], width),
    [],
    [span(acknowledgements(view))],
    ...balance(view).map((text): Line => [span(text)]),
    ...restarts(view).map((text): Line => [span(text, 'warning')]),
    ...failures.map((text): Line => [span(`Failed: ${text}`, 'alarm')]),
  ]
  return lines.map((line) => paint(line, coloured).trimEnd())
}

function text<Row>(title: string, expendable: number, cell: (row: Row) => string): Column<Row> {
  return { title, width: 0, align: 'left', expendable, cell: (row) => span(cell(row)) }
}

function number<Row>(title: string, expendable: number, cell: (row: Row) => string): Column<Row> {
  return { title, width: 0, align: 'right', expendable, cell: (row) => span(cell(row)) }
}

function instrumentColumns({ runningSeconds }: FleetView): Column<InstrumentView>[] {
  const perSecond = (count: number) => formatMeasure(runningSeconds > 0 ? count / runningSeconds : 0)
  return [
    text('instrument', 0, ({ symbol }) => symbol),
    number('trades', 0, ({ tradeCount }) => formatCount(tradeCount)),
    number('volume', 0, ({ volumeLots, lotSize }) => formatSteps(volumeLots, lotSize)),
    number('last', 0, ({ lastPriceTicks, tickSize }) =>
      lastPriceTicks > 0 ? formatSteps(lastPriceTicks, tickSize) : nothing,
    ),
    number('mean spread', 0, ({ meanSpreadTicks: ticks }) =>
      ticks === undefined ? nothing : `${ticks.toFixed(2)} ticks`,
    ),
    number('bp', 1, ({ meanSpreadBasisPoints: points }) => (points === undefined ? nothing : formatMeasure(points))),
    number('orders/s', 0, ({ orderCount }) => perSecond(orderCount)),
    number('trades/s', 0, ({ tradeCount }) => perSecond(tradeCount)),
  ]
}

function botColumns({ instruments, bots }: FleetView): Column<BotView>[] {
  const moneyColumn = (title: string, { currency, currencyDecimals }: MoneyView, field: 'pnlMinor' | 'feesMinor') =>
    number<BotView>(`${title} ${currency}`, 0, ({ money }) => {
      const found = money.find((candidate) => candidate.currency === currency)
      return found === undefined ? nothing : formatMoney(found[field], currencyDecimals)
    })
  const currencies = sumOf(bots).money
  return [
    text('bot', 0, ({ name }) => name),
    text('kind', 2, ({ kind }) => kind),
    ...instruments.map(({ symbol, lotSize }) =>
      number<BotView>(symbol, 0, ({ positions }) => {
        const position = positions.find((candidate) => candidate.symbol === symbol)
        return position === undefined ? nothing : formatSteps(position.positionLots, lotSize)
      }),
    ),
    ...currencies.map((money) => moneyColumn('P&L', money, 'pnlMinor')),
    ...currencies.map((money) => moneyColumn('fees', money, 'feesMinor')),
    number('filled', 0, ({ filledLots, submittedLots }) => formatShare(filledLots, submittedLots)),
    number('orders', 0, ({ orders }) => formatCount(orders)),
    number('fills', 0, ({ fills }) => formatCount(fills)),
    number('rejects', 1, ({ rejects }) => formatCount(rejects)),
  ]
}

function acknowledgements({ ack }: FleetView): string {
  if (ack === undefined) return 'Order to ack: no order was acknowledged.'
  const [p50, p99, max] = [ack.p50Us, ack.p99Us, ack.maxUs].map(formatMicroseconds)
  return `Order to ack: p50 ${p50}, p99 ${p99}, max ${max} over ${formatCount(ack.count)} requests.`
}

function restarts({ engine, bots }: FleetView): string[] {
  const all = [...bots, { name: 'the engine', restarts: engine.own?.restarts ?? 0 }].filter((one) => one.restarts > 0)
  return all.length === 0 ? [] : [`Started again: ${all.map((one) => `${one.name} ${one.restarts}×`).join(', ')}.`]
}

/** Where positions are valued, and whether it adds up. */
function balance({ instruments, bots }: FleetView): string[] {
  const marks = instruments.map(
    ({ symbol, markPriceTicks, tickSize }) => `${symbol} ${formatSteps(markPriceTicks, tickSize)}`,
  )
  const sums = sumOf(bots).money.map(({ currency, currencyDecimals, pnlMinor, feesMinor }) => {
    const amount = `${formatMoney(pnlMinor + feesMinor, currencyDecimals)} ${currency}`
    const rest =
      pnlMinor + feesMinor === 0 ? '' : '; the rest lies with participants outside this fleet or without a last report'
    return `P&L + fees of all bots: ${amount}${rest}.`
  })
  return [`P&L is since the start, with positions valued at the mid prices: ${marks.join(', ')}.`, ...sums]
}

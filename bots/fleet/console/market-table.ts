/** The console's table of instruments: one line each, with a sparkline of the price where there is room for it. */
import { formatCompact, formatMeasure, formatSignedSteps, formatSteps, nothing, sparkline } from '../../format.ts'
import type { InstrumentView } from '../fleet-view.ts'
import { type Line, type Span, span, widthOf } from './spans.ts'
import { type Column, layOutTable } from './table.ts'

/** What its title needs. */
const shortestSparkline = 14
const longestSparkline = 60

export function marketTable(instruments: readonly InstrumentView[], width: number): Line[] {
  const everythingTrades = instruments.every(({ phase }) => phase === 'continuous')
  const shown = everythingTrades ? columns.filter((column) => column !== phase) : columns
  const lines = layOutTable(shown, instruments, width)
  const spare = Math.min(longestSparkline, width - widthOf(lines[0]) - 2)
  if (spare < shortestSparkline) return lines
  return lines.map((line, index) => {
    if (index === 0) return [...line, span(`  ${`mid, last ${spare} s`.padStart(spare)}`, 'title')]
    return [...line, span(`  ${sparkline(instruments[index - 1].priceHistory, spare)}`, 'quiet')]
  })
}

const phase: Column<InstrumentView> = {
  title: 'phase',
  width: 8,
  align: 'left',
  expendable: 0,
  cell: (row) => (row.phase === 'continuous' ? span(row.phase, 'quiet') : span(row.phase, 'alarm')),
}

const columns: readonly Column<InstrumentView>[] = [
  { title: 'symbol', width: 6, align: 'left', expendable: 0, cell: (row) => span(row.symbol, 'strong') },
  phase,
  {
    title: 'bid × size  ',
    width: 14,
    align: 'right',
    expendable: 0,
    cell: (row) => side(row, row.bidPriceTicks, row.bidQuantityLots),
  },
  {
    title: 'ask × size  ',
    width: 14,
    align: 'right',
    expendable: 0,
    cell: (row) => side(row, row.askPriceTicks, row.askQuantityLots),
  },
  {
    title: 'spread',
    width: 6,
    align: 'right',
    expendable: 1,
    cell: (row) => {
      const ticks = spreadTicks(row)
      if (ticks === undefined) return span(nothing, 'quiet')
      return span(formatSteps(ticks, row.tickSize), ticks > 0 ? 'plain' : 'alarm')
    },
  },
  {
    title: 'bp',
    width: 5,
    align: 'right',
    expendable: 4,
    cell: (row) => {
      const ticks = spreadTicks(row)
      if (ticks === undefined) return span(nothing, 'quiet')
      return span(formatMeasure((2e4 * ticks) / (row.bidPriceTicks + row.askPriceTicks)))
    },
  },
  {
    title: 'last',
    width: 7,
    align: 'right',
    expendable: 0,
    cell: (row) =>
      row.lastPriceTicks === 0 ? span(nothing, 'quiet') : span(formatSteps(row.lastPriceTicks, row.tickSize), 'strong'),
  },
  { title: 'change', width: 6, align: 'right', expendable: 3, cell: change },
  {
    title: 'trades/s',
    width: 8,
    align: 'right',
    expendable: 0,
    cell: (row) => span(formatMeasure(row.tradesPerSecond)),
  },
  {
    title: 'orders/s',
    width: 8,
    align: 'right',
    expendable: 0,
    cell: (row) => span(formatMeasure(row.ordersPerSecond)),
  },
  {
    title: 'volume',
    width: 6,
    align: 'right',
    expendable: 5,
    cell: (row) => span(formatCompact(row.volumeLots * Number(row.lotSize))),
  },
]

/** Sizes are padded on their right, so that the prices above each other line up. */
function side(row: InstrumentView, priceTicks: number, quantityLots: number): Span {
  if (quantityLots === 0) return span('empty  ', 'warning')
  const size = formatCompact(quantityLots * Number(row.lotSize))
  return span(`${formatSteps(priceTicks, row.tickSize)} × ${size.padEnd(5)}`)
}

function spreadTicks(row: InstrumentView): number | undefined {
  return row.bidQuantityLots > 0 && row.askQuantityLots > 0 ? row.askPriceTicks - row.bidPriceTicks : undefined
}

function change(row: InstrumentView): Span {
  if (row.lastPriceTicks === 0) return span(nothing, 'quiet')
  const ticks = row.lastPriceTicks - row.openingPriceTicks
  return span(formatSignedSteps(ticks, row.tickSize), ticks > 0 ? 'gain' : ticks < 0 ? 'loss' : 'plain')
}

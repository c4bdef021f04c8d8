/** Open orders and positions as tables for people. */
import type { Row } from '../../protocol/messages.ts'
import { paint, span } from '../fleet/console/spans.ts'
import { type Column, layOutTable } from '../fleet/console/table.ts'
import { formatSteps, nothing } from '../format.ts'
import { averagePriceOf, moneyOf, priceOf } from './instrument-units.ts'

export interface SessionOrder extends Row<'openOrder'> {
  readonly session: string
}

/** Columns that every table needs are never left out, whatever the width. */
const anyWidth = Infinity

export function orderTable(orders: readonly SessionOrder[], instruments: readonly Row<'instrument'>[]): string[] {
  const of = ({ instrument }: SessionOrder) => instrumentOf(instrument, instruments)
  const lots = (count: number, order: SessionOrder) => formatSteps(count, of(order).lotSize)
  return table(orders, [
    text('session', ({ session }) => session),
    number('ref', ({ orderRef }) => orderRef.toString()),
    text('instrument', (order) => of(order).symbol),
    text('side', ({ side }) => side),
    text('type', ({ orderType, isQuote }) => (isQuote ? 'quote' : orderType)),
    text('time in force', ({ timeInForce }) => timeInForce),
    number('price', (order) => priceOf(order.priceTicks, of(order))),
    number('stop', (order) => priceOf(order.stopPriceTicks, of(order))),
    number('quantity', (order) => lots(order.quantityLots, order)),
    number('left', (order) => lots(order.leavesLots, order)),
    number('shown', (order) => (order.displayQuantityLots === 0 ? nothing : lots(order.displayQuantityLots, order))),
  ])
}

export function positionTable(
  positions: readonly Row<'position'>[],
  instruments: readonly Row<'instrument'>[],
): string[] {
  const of = ({ instrument }: Row<'position'>) => instrumentOf(instrument, instruments)
  const money = (title: string, minorOf: (position: Row<'position'>) => number) =>
    number<Row<'position'>>(title, (position) => moneyOf(minorOf(position), of(position)))
  return table(positions, [
    text('instrument', (position) => of(position).symbol),
    number('position', (position) => formatSteps(position.positionLots, of(position).lotSize)),
    number('average price', (position) => averagePriceOf(position, of(position))),
    money('realised', ({ realisedMinor }) => realisedMinor),
    money('unrealised', ({ unrealisedMinor }) => unrealisedMinor),
    money('fees', ({ feesMinor }) => feesMinor),
    money('P&L', ({ realisedMinor, unrealisedMinor, feesMinor }) => realisedMinor + unrealisedMinor - feesMinor),
    text('', (position) => of(position).currency),
  ])
}

function table<Item>(items: readonly Item[], columns: readonly Column<Item>[]): string[] {
  return layOutTable(columns, items, anyWidth).map((line) => paint(line, false).trimEnd())
}

function text<Item>(title: string, cell: (item: Item) => string): Column<Item> {
  return { title, width: 0, align: 'left', expendable: 0, cell: (item) => span(cell(item)) }
}

function number<Item>(title: string, cell: (item: Item) => string): Column<Item> {
  return { title, width: 0, align: 'right', expendable: 0, cell: (item) => span(cell(item)) }
}

/** Every instrument that the engine names is in its list. */
function instrumentOf(number: number, instruments: readonly Row<'instrument'>[]): Row<'instrument'> {
  return instruments.find(({ instrument }) => instrument === number)!
}

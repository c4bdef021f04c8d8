/** A recorded row in the terms of a market: what happened to which order, and the book that the recording shows after it. */
import type { Side } from '../../../protocol/messages.ts'
import type { InstrumentGrid } from './instrument-grid.ts'
import type { RecordedRow } from './recording.ts'

/** Rows that nothing is sent for, and why. */
export const skipReasons = {
  hiddenExecution: 'execution of a hidden order',
  auctionTrade: 'auction trade',
  halt: 'halt message',
  zeroSize: 'size is zero',
  offTick: 'price is not on a tick',
  offLot: 'size is not a whole number of lots',
  unknownOrder: 'order is neither known nor at a price that the orderbook file shows',
} as const

export type SkipReason = keyof typeof skipReasons

/** One side of an orderbook row, best level first. */
export interface Ladder {
  readonly pricesTicks: readonly number[]
  readonly quantitiesLots: readonly number[]
}

export interface MarketRow {
  readonly line: number
  readonly timeSeconds: number
  /** `add` a new order, `reduce` or `cancel` one, `execute` one that rests; `skip`: none of these. */
  readonly action: 'add' | 'reduce' | 'cancel' | 'execute' | 'skip'
  /** Of a `skip`. */
  readonly skipReason: SkipReason | undefined
  readonly orderId: number
  /** The resting order's. */
  readonly side: Side
  readonly priceTicks: number
  /** Added, taken away or executed. */
  readonly quantityLots: number
  readonly buy: Ladder
  readonly sell: Ladder
}

const actions = [undefined, 'add', 'reduce', 'cancel', 'execute'] as const
const typesSkipped: Readonly<Record<number, SkipReason>> = { 5: 'hiddenExecution', 6: 'auctionTrade', 7: 'halt' }

export function toMarketRow(row: RecordedRow, grid: InstrumentGrid): MarketRow {
  const priceTicks = grid.priceTicks(row.price)
  const quantityLots = grid.quantityLots(row.size)
  let skipReason = typesSkipped[row.type]
  if (skipReason === undefined) {
    if (row.size === 0) skipReason = 'zeroSize'
    else if (priceTicks === undefined) skipReason = 'offTick'
    else if (quantityLots === undefined) skipReason = 'offLot'
  }
  return {
    line: row.line,
    timeSeconds: row.timeSeconds,
    action: skipReason === undefined ? actions[row.type]! : 'skip',
    skipReason,
    orderId: row.orderId,
    side: row.direction === 1 ? 'buy' : 'sell',
    priceTicks: priceTicks ?? 0,
    quantityLots: quantityLots ?? 0,
    buy: ladder(row.book, 2, grid),
    sell: ladder(row.book, 0, grid),
  }
}

/** Levels that are empty (size 0, price ±9999999999) or off the grid are left out. */
function ladder(book: readonly number[], offset: number, grid: InstrumentGrid): Ladder {
  const pricesTicks: number[] = []
  const quantitiesLots: number[] = []
  for (let column = offset; column < book.length; column += 4) {
    const priceTicks = grid.priceTicks(book[column])
    const quantityLots = grid.quantityLots(book[column + 1])
    if (priceTicks === undefined || quantityLots === undefined) continue
    pricesTicks.push(priceTicks)
    quantitiesLots.push(quantityLots)
  }
  return { pricesTicks, quantitiesLots }
}

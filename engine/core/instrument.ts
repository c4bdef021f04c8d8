/** One instrument: its definition, its book, and what the rules need to remember about it. */
import type { Row } from '../../protocol/messages.ts'
import { Book, type BookListener, type BookMemory, BUY, SELL } from './book/book.ts'

export type InstrumentDefinition = Row<'instrument'>

/** Basis points of the whole. */
const BASIS_POINTS = 10_000

export class Instrument {
  definition: InstrumentDefinition
  readonly book: Book
  /** Price of the last trade, 0 before the first. */
  lastPriceTicks = 0
  tradeCount = 0
  volumeLots = 0
  /** Order-entry commands that named this instrument or an order in it, whatever came of them. */
  commandCount = 0

  constructor(definition: InstrumentDefinition, memory: BookMemory, listener: BookListener) {
    this.definition = definition
    this.book = new Book(memory, listener)
  }

  /** What price bands are measured from: the last trade, else the middle of the book, else the defined price. */
  referencePriceTicks(): number {
    if (this.lastPriceTicks !== 0) return this.lastPriceTicks
    const bid = this.book.bestPriceTicks(BUY)
    const ask = this.book.bestPriceTicks(SELL)
    return bid !== 0 && ask !== 0 ? Math.floor((bid + ask) / 2) : this.definition.referencePriceTicks
  }

  /** Lowest price that the band allows. Without a band the lowest of the instrument. */
  lowestAllowedPriceTicks(): number {
    const { priceBandBasisPoints, minPriceTicks } = this.definition
    if (priceBandBasisPoints === 0) return minPriceTicks
    const reference = this.referencePriceTicks()
    return Math.max(minPriceTicks, reference - bandWidthTicks(reference, priceBandBasisPoints))
  }

  /** Highest price that the band allows. Without a band the highest of the instrument. */
  highestAllowedPriceTicks(): number {
    const { priceBandBasisPoints, maxPriceTicks } = this.definition
    if (priceBandBasisPoints === 0) return maxPriceTicks
    const reference = this.referencePriceTicks()
    return Math.min(maxPriceTicks, reference + bandWidthTicks(reference, priceBandBasisPoints))
  }
}

function bandWidthTicks(referenceTicks: number, basisPoints: number): number {
  return Math.floor((referenceTicks * basisPoints) / BASIS_POINTS)
}

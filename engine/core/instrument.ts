/** One instrument: its definition, its book, and what the rules need to remember about it. */

import { enumerations, type Row } from '../../protocol/messages.ts'
import { Book, type BookListener, type BookMemory } from './book/book.ts'
import { doubleZero } from './double-zero.ts'

const { buy: BUY, sell: SELL } = enumerations.side

export type InstrumentDefinition = Row<'instrument'>

/** Basis points of the whole. */
const BASIS_POINTS = 10_000

export class Instrument {
  /** Its number: the same as in the definition, which never changes it. */
  readonly number: number
  readonly book: Book
  private currentDefinition: InstrumentDefinition
  private lastPrice = 0
  tradeCount = doubleZero
  volumeLots = doubleZero
  /** Order-entry commands that named this instrument or an order in it, whatever came of them. */
  commandCount = doubleZero
  /** The prices that the band allows, as last worked out. */
  private lowestAllowedTicks = 0
  private highestAllowedTicks = 0

  constructor(definition: InstrumentDefinition, memory: BookMemory, listener: BookListener) {
    this.number = definition.instrument
    this.currentDefinition = definition
    this.book = new Book(memory, listener)
  }

  get definition(): InstrumentDefinition {
    return this.currentDefinition
  }

  redefine(definition: InstrumentDefinition): void {
    this.currentDefinition = definition
    this.placeBand()
  }

  /** Price of the last trade, 0 before the first. */
  get lastPriceTicks(): number {
    return this.lastPrice
  }

  recordTrade(priceTicks: number, lots: number): void {
    this.tradeCount++
    this.volumeLots += lots
    if (priceTicks === this.lastPrice) return
    this.lastPrice = priceTicks
    this.placeBand()
  }

  /** Whether a price is within the bounds of the instrument and of the band. */
  allows(priceTicks: number): boolean {
    if (this.lastPrice === 0) this.placeBand()
    return priceTicks >= this.lowestAllowedTicks && priceTicks <= this.highestAllowedTicks
  }

  /** Lowest price that the band allows. Without a band the lowest of the instrument. */
  lowestAllowedPriceTicks(): number {
    if (this.lastPrice === 0) this.placeBand()
    return this.lowestAllowedTicks
  }

  /** Highest price that the band allows. Without a band the highest of the instrument. */
  highestAllowedPriceTicks(): number {
    if (this.lastPrice === 0) this.placeBand()
    return this.highestAllowedTicks
  }

  /**
   * Works out the band. From the first trade on it changes with the last price only, and is not worked out for every
   * order; before, it follows the book.
   */
  private placeBand(): void {
    const { minPriceTicks, maxPriceTicks, priceBandBasisPoints } = this.currentDefinition
    this.lowestAllowedTicks = minPriceTicks
    this.highestAllowedTicks = maxPriceTicks
    if (priceBandBasisPoints === 0) return
    const reference = this.referencePriceTicks()
    const width = Math.floor((reference * priceBandBasisPoints) / BASIS_POINTS)
    this.lowestAllowedTicks = Math.max(minPriceTicks, reference - width)
    this.highestAllowedTicks = Math.min(maxPriceTicks, reference + width)
  }

  /** What the band is measured from: the last trade, else the middle of the book, else the defined price. */
  private referencePriceTicks(): number {
    if (this.lastPrice !== 0) return this.lastPrice
    const bid = this.book.bestPriceTicks(BUY)
    const ask = this.book.bestPriceTicks(SELL)
    return bid !== 0 && ask !== 0 ? Math.floor((bid + ask) / 2) : this.currentDefinition.referencePriceTicks
  }
}

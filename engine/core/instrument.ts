/** One instrument: its definition, its books, its phase, and what else the rules need to remember about it. */

import { limits } from '../../protocol/limits.ts'
import { enumerations, type Row } from '../../protocol/messages.ts'
import { Book, type BookListener } from './book/book.ts'
import type { BookMemory } from './book/book-memory.ts'
import { doubleZero } from './double-zero.ts'
import type { ImageReader, ImageWriter } from './image.ts'
import { parseSchedule, type Schedule } from './schedule.ts'

const { buy: BUY, sell: SELL } = enumerations.side
const { closingAuction: CLOSING_AUCTION, continuous: CONTINUOUS } = enumerations.phase
const { halted: HALTED, closed: CLOSED } = enumerations.phase
const { atOpen: AT_OPEN, fillOrKill: FOK, immediateOrCancel: IOC } = enumerations.timeInForce

export type InstrumentDefinition = Row<'instrument'>

/** Of the books of waiting orders: nothing trades there, and nobody sees their levels. */
const silentListener: BookListener = {
  onFill() {},
  onSelfTrade() {},
  onAuctionFill() {},
  onAuctionSelfTrade() {},
  onLevelChanged() {},
}

/** Basis points of the whole. */
const BASIS_POINTS = 10_000

export class Instrument {
  /** As in its definition; no later definition changes it. */
  readonly number: number
  readonly book: Book
  private readonly memory: BookMemory
  private stops: Book | undefined
  private atClose: Book | undefined
  private currentDefinition: InstrumentDefinition
  /** As the definition says it. */
  schedule: Schedule
  /** Number of the trading phase. */
  phase: number = CONTINUOUS
  /** Halted by an admin: scheduled changes pass it by. */
  isHeldByAdmin = false
  /** Timers of the next scheduled change and of the end of a halt or an auction, 0 if there is none. */
  scheduleTimer = 0
  phaseTimer = 0
  /** Time in continuous trading since the day began, without the time since it was last entered; and when that was. */
  continuousUs = doubleZero
  continuousSinceUs = doubleZero
  private lastPrice = 0
  /** Price of the last auction, 0 before the first: centre of the static band, instead of the defined reference. */
  private auctionPrice = 0
  tradeCount = doubleZero
  volumeLots = doubleZero
  /** Order-entry commands that named this instrument or an order in it, whatever came of them. */
  commandCount = doubleZero
  /** The last price for which the bands below were worked out; -1 if they were not, or are not to be kept. */
  private bandsAreOfPrice = -1
  /** The prices that orders may have. */
  private lowestAllowed = 0
  private highestAllowed = 0
  /** Whether there are volatility bands, and the lowest and highest price at which they let orders trade. */
  private hasVolatilityBands: boolean
  private lowestTrade = 0
  private highestTrade = 0

  constructor(definition: InstrumentDefinition, memory: BookMemory, listener: BookListener) {
    this.number = definition.instrument
    this.currentDefinition = definition
    this.schedule = scheduleOf(definition)
    this.hasVolatilityBands = hasVolatilityBands(definition)
    this.memory = memory
    this.book = new Book(memory, listener)
  }

  get definition(): InstrumentDefinition {
    return this.currentDefinition
  }

  /** @throws if orders were entered and a lot would be worth something else than it was for them */
  redefine(definition: InstrumentDefinition): void {
    if (definition.tickValueMinor !== this.currentDefinition.tickValueMinor && this.commandCount > 0) {
      throw new Error(`the tick value of instrument ${this.number} cannot change any more`)
    }
    this.currentDefinition = definition
    this.schedule = scheduleOf(definition)
    this.hasVolatilityBands = hasVolatilityBands(definition)
    this.bandsAreOfPrice = -1
  }

  /** Without its definition, which it is made with. */
  write(image: ImageWriter): void {
    this.book.write(image)
    for (const book of [this.stops, this.atClose]) {
      image.flag(book !== undefined)
      book?.write(image)
    }
    image.number(this.phase)
    image.flag(this.isHeldByAdmin)
    image.number(this.scheduleTimer)
    image.number(this.phaseTimer)
    image.number(this.continuousUs)
    image.number(this.continuousSinceUs)
    image.number(this.lastPrice)
    image.number(this.auctionPrice)
    image.number(this.tradeCount)
    image.number(this.volumeLots)
    image.number(this.commandCount)
  }

  read(image: ImageReader): void {
    this.book.read(image)
    if (image.flag()) this.waitingStops().read(image)
    if (image.flag()) this.waitingAtClose().read(image)
    this.phase = image.number()
    this.isHeldByAdmin = image.flag()
    this.scheduleTimer = image.number()
    this.phaseTimer = image.number()
    this.continuousUs = image.number()
    this.continuousSinceUs = image.number()
    this.lastPrice = image.number()
    this.auctionPrice = image.number()
    this.tradeCount = image.number()
    this.volumeLots = image.number()
    this.commandCount = image.number()
  }

  /** Stops that wait for their trigger; made when first needed. */
  waitingStops(): Book {
    this.stops ??= new Book(this.memory, silentListener)
    return this.stops
  }

  /** Orders that wait for the closing auction; made when first needed. */
  waitingAtClose(): Book {
    this.atClose ??= new Book(this.memory, silentListener)
    return this.atClose
  }

  get hasStops(): boolean {
    return this.stops !== undefined && (this.stops.best(BUY) !== 0 || this.stops.best(SELL) !== 0)
  }

  /** Whether orders may be waiting for the closing auction: false only if none ever did. */
  get hasWaitingAtClose(): boolean {
    return this.atClose !== undefined
  }

  /** All books that orders of this instrument may be in. */
  books(): Book[] {
    return this.possibleBooks().filter((book) => book !== undefined)
  }

  /** The book that trades, that of waiting stops, that of orders for the closing auction: if needed yet. */
  possibleBooks(): [Book, Book | undefined, Book | undefined] {
    return [this.book, this.stops, this.atClose]
  }

  get isContinuous(): boolean {
    return this.phase === CONTINUOUS
  }

  /** Whether the phase takes orders of a time in force. */
  takes(timeInForce: number): boolean {
    if (this.phase === CONTINUOUS) return timeInForce !== AT_OPEN
    if (this.phase === HALTED || this.phase === CLOSED) return false
    // An auction, or what comes before it, takes what can wait for its end.
    if (timeInForce === IOC || timeInForce === FOK) return false
    return timeInForce !== AT_OPEN || this.phase !== CLOSING_AUCTION
  }

  /** Changes the phase and nothing else. */
  setPhase(phase: number, timeUs: number): void {
    this.continuousUs = this.tradingUs(timeUs)
    this.continuousSinceUs = timeUs
    this.phase = phase
  }

  /** Time in continuous trading since the day began. */
  tradingUs(timeUs: number): number {
    return this.isContinuous ? this.continuousUs + timeUs - this.continuousSinceUs : this.continuousUs
  }

  beginDay(timeUs: number): void {
    this.continuousUs = doubleZero
    this.continuousSinceUs = timeUs
  }

  /** Price of the last trade, 0 before the first. */
  get lastPriceTicks(): number {
    return this.lastPrice
  }

  /** What positions and auctions go by: the last price, before the first trade the defined reference. */
  markPriceTicks(): number {
    return this.lastPrice !== 0 ? this.lastPrice : this.currentDefinition.referencePriceTicks
  }

  /**
   * What prices of orders go by: the last price, else in continuous trading the middle of the book, else the defined
   * reference. A book that collects orders for an auction may be crossed, and anyone could move its middle.
   */
  referencePriceTicks(): number {
    if (this.lastPrice !== 0) return this.lastPrice
    const bid = this.book.bestPriceTicks(BUY)
    const ask = this.book.bestPriceTicks(SELL)
    const hasMiddle = this.isContinuous && bid !== 0 && ask !== 0
    return hasMiddle ? Math.floor((bid + ask) / 2) : this.currentDefinition.referencePriceTicks
  }

  /** The highest price that such an order may trade at now: a sell gets the best buy price, if that is higher. */
  dearestTicks(side: number, priceTicks: number): number {
    return side === BUY ? priceTicks : Math.max(priceTicks, this.book.bestPriceTicks(BUY))
  }

  /** Price of the last auction, 0 before the first. */
  get auctionPriceTicks(): number {
    return this.auctionPrice
  }

  /** @param priceTicks of an auction */
  setStaticReference(priceTicks: number): void {
    this.auctionPrice = priceTicks
    this.bandsAreOfPrice = -1
  }

  recordTrade(priceTicks: number, lots: number): void {
    this.tradeCount++
    this.volumeLots += lots
    this.lastPrice = priceTicks
  }

  /** Whether an order may have this price: it lies in the instrument's range and within the price band. */
  allows(priceTicks: number): boolean {
    if (this.bandsAreOfPrice !== this.lastPrice) this.placeBands()
    return priceTicks >= this.lowestAllowed && priceTicks <= this.highestAllowed
  }

  /** Lowest price that the price band allows; without one the lowest of the instrument. */
  lowestAllowedPriceTicks(): number {
    if (this.bandsAreOfPrice !== this.lastPrice) this.placeBands()
    return this.lowestAllowed
  }

  /** Highest price that the price band allows; without one the highest of the instrument. */
  highestAllowedPriceTicks(): number {
    if (this.bandsAreOfPrice !== this.lastPrice) this.placeBands()
    return this.highestAllowed
  }

  /** The worst price that the price band allows to a side: that of a market order. */
  worstPriceTicks(side: number): number {
    return side === BUY ? this.highestAllowedPriceTicks() : this.lowestAllowedPriceTicks()
  }

  /**
   * The limit price of an order that comes in now, drawn in as far as the volatility bands ask for. It crosses nothing
   * if already the best opposite price lies outside them.
   */
  withinVolatilityBands(side: number, priceTicks: number): number {
    if (!this.hasVolatilityBands) return priceTicks
    if (this.bandsAreOfPrice !== this.lastPrice) this.placeBands()
    const best = this.book.bestPriceTicks(BUY + SELL - side)
    if (side === BUY) {
      return best !== 0 && best < this.lowestTrade ? 0 : Math.min(priceTicks, this.highestTrade)
    }
    return best > this.highestTrade ? limits.maxPriceTicks + 1 : Math.max(priceTicks, this.lowestTrade)
  }

  /**
   * Works out the bands. From the first trade on they change with the last price, an auction and the definition only,
   * and not every order, nor every trade, costs a division; before, they follow the book.
   */
  private placeBands(): void {
    const { minPriceTicks, maxPriceTicks } = this.currentDefinition
    const { priceBandBasisPoints, staticBandBasisPoints, dynamicBandBasisPoints } = this.currentDefinition
    this.bandsAreOfPrice = this.lastPrice === 0 ? -1 : this.lastPrice
    this.lowestAllowed = minPriceTicks
    this.highestAllowed = maxPriceTicks
    if (priceBandBasisPoints > 0) {
      const reference = this.referencePriceTicks()
      this.lowestAllowed = this.bandEdge(reference, -priceBandBasisPoints)
      this.highestAllowed = this.bandEdge(reference, priceBandBasisPoints)
    }
    // Orders that rest outside a range that was narrowed since may trade there, unless there is a band.
    this.lowestTrade = 1
    this.highestTrade = limits.maxPriceTicks
    if (staticBandBasisPoints > 0) {
      const reference = this.auctionPrice !== 0 ? this.auctionPrice : this.currentDefinition.referencePriceTicks
      this.lowestTrade = this.bandEdge(reference, -staticBandBasisPoints)
      this.highestTrade = this.bandEdge(reference, staticBandBasisPoints)
    }
    if (dynamicBandBasisPoints > 0 && this.lastPrice !== 0) {
      this.lowestTrade = Math.max(this.lowestTrade, this.bandEdge(this.lastPrice, -dynamicBandBasisPoints))
      this.highestTrade = Math.min(this.highestTrade, this.bandEdge(this.lastPrice, dynamicBandBasisPoints))
    }
  }

  /** The price that lies so far from a reference, the distance rounded down; never outside the instrument's range. */
  private bandEdge(referenceTicks: number, basisPoints: number): number {
    const { minPriceTicks, maxPriceTicks } = this.currentDefinition
    const edge = referenceTicks + Math.trunc((referenceTicks * basisPoints) / BASIS_POINTS)
    return Math.max(minPriceTicks, Math.min(maxPriceTicks, edge))
  }
}

function hasVolatilityBands({ staticBandBasisPoints, dynamicBandBasisPoints }: InstrumentDefinition): boolean {
  return staticBandBasisPoints > 0 || dynamicBandBasisPoints > 0
}

function scheduleOf({ instrument, schedule }: InstrumentDefinition): Schedule {
  const parsed = parseSchedule(schedule)
  if (parsed === undefined) throw new Error(`the schedule of instrument ${instrument} is malformed: ${schedule}`)
  return parsed
}

/** Everything that a trader sees and may touch of one instrument. */
import type { BookBuilder } from '../../protocol/client/index.ts'
import type { Message, Row, Side } from '../../protocol/messages.ts'
import { PositionBook } from './position-book.ts'
import { RiskGuard, type RiskLimits } from './risk-guard.ts'
import { leavesLots, type WorkingOrder, type WorkingOrders } from './working-orders.ts'

/** What a desk needs of the connections. */
export interface DeskFeed {
  /** The instrument's book; undefined before its first snapshot. */
  book(instrument: number): BookBuilder | undefined
  /** Time since the last message of the market data, in milliseconds. */
  readonly silenceMs: number
}

export class Desk {
  readonly instrument: Row<'instrument'>
  readonly orders: WorkingOrders
  readonly position: PositionBook
  /** The instrument's trading phase: orders are for continuous trading only. */
  phase: Message<'status'>['phase'] = 'continuous'
  /** 0 before the first trade that the bot saw. */
  lastTradePriceTicks = 0
  private readonly feed: DeskFeed
  private readonly guard: RiskGuard

  constructor(instrument: Row<'instrument'>, orders: WorkingOrders, feed: DeskFeed, limits: RiskLimits) {
    this.instrument = instrument
    this.orders = orders
    this.feed = feed
    this.position = new PositionBook(instrument)
    this.guard = new RiskGuard(limits)
  }

  /** Marks the position at the market and says why the bot must not trade here now, if so. */
  assess(isSessionLive: boolean): string | undefined {
    const book = this.feed.book(this.instrument.instrument)
    const isBookSynchronised = book?.synchronised ?? false
    if (isBookSynchronised && isSessionLive) {
      this.position.mark(this.marketPriceTicks(book!))
      this.position.start()
    }
    const breach = this.guard.check({
      ...this.exposure(),
      pnlMinor: this.position.pnlMinor,
      isSessionLive,
      areOrdersKnown: this.orders.areAllKnown,
      isBookSynchronised,
      silenceMs: this.feed.silenceMs,
    })
    return breach ?? this.phaseReason
  }

  /** What `assess` says while nothing but the instrument's phase is in the way. */
  get phaseReason(): string | undefined {
    return this.phase === 'continuous' ? undefined : `the trading phase is ${this.phase}`
  }

  /** How many more lots one side may ask for, 0 or more, within the position limit and the largest order. */
  roomLots(side: Side): number {
    return Math.min(this.guard.roomLots(side, this.exposure()), this.instrument.maxOrderQuantityLots)
  }

  /** Best price of a side, 0 if it is empty. */
  bestTicks(side: Side): number {
    return this.feed.book(this.instrument.instrument)?.bestPriceTicks(side) ?? 0
  }

  /** Best price of a side without the bot's own orders, 0 if nobody else is there. */
  othersBestTicks(side: Side): number {
    const book = this.feed.book(this.instrument.instrument)
    if (book === undefined) return 0
    const own = this.orders.of(this.instrument.instrument).filter((order) => order.side === side)
    for (let rank = 0; rank < book.depth(side); rank += 1) {
      const priceTicks = book.priceTicksAt(side, rank)
      if (book.quantityLotsAt(side, rank) > ownLotsAt(own, priceTicks)) return priceTicks
    }
    return 0
  }

  private exposure(): { positionLots: number; openBuyLots: number; openSellLots: number } {
    const { instrument } = this.instrument
    return {
      positionLots: this.position.positionLots,
      openBuyLots: this.orders.worstOpenLots(instrument, 'buy'),
      openSellLots: this.orders.worstOpenLots(instrument, 'sell'),
    }
  }

  /** The middle of the book, else the last trade, else the reference price. */
  private marketPriceTicks(book: BookBuilder): number {
    const bidTicks = book.bestPriceTicks('buy')
    const askTicks = book.bestPriceTicks('sell')
    if (bidTicks > 0 && askTicks > 0) return (bidTicks + askTicks) / 2
    return this.lastTradePriceTicks || this.instrument.referencePriceTicks
  }
}

/**
 * Own quantity at a price. Book and answers come over different connections: while a request is outstanding the book may
 * show the order as it was or as it will be, so it counts at both.
 */
function ownLotsAt(own: readonly WorkingOrder[], priceTicks: number): number {
  let lots = 0
  for (const order of own) {
    const confirmed = order.priceTicks === priceTicks ? leavesLots(order) : 0
    const expected = order.expectedPriceTicks === priceTicks ? order.expectedQuantityLots - order.filledLots : 0
    lots += Math.max(confirmed, expected)
  }
  return lots
}

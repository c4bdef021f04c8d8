/**
 * What happens when orders trade: the book says which orders meet, and here trades are numbered, booked, told to both
 * sides, and whatever follows from them is done before the next: reduce-only orders that became too large, quotes whose
 * protection was reached, the volatility halt, stops.
 */
import { enumerations } from '../../protocol/messages.ts'
import type { BookListener } from './book/book.ts'
import { kindLayout, orderLayout } from './book/order-pool.ts'
import type { Command } from './command.ts'
import { doubleZero } from './double-zero.ts'
import type { EventWriter } from './event-writer.ts'
import type { Instrument } from './instrument.ts'
import type { OpenOrders } from './open-orders.ts'
import type { ExchangeState } from './state.ts'
import { Stops } from './stops.ts'

const { ACCOUNT, KIND, LEAVES, ORDER_SESSION, ORDER_SIZE, PRICE, QUANTITY } = orderLayout
const { PART_MASK, QUOTE, REDUCE_ONLY, SELF_TRADE_MODE_SHIFT, SIDE_MASK, TIME_IN_FORCE_SHIFT } = kindLayout
const { any: ANY_SIDE, buy: BUY, sell: SELL } = enumerations.side
const { immediateOrCancel: IOC, fillOrKill: FOK } = enumerations.timeInForce
const {
  fillOrKill: FILL_OR_KILL,
  halted: HALTED,
  immediateOrCancel: IMMEDIATE_OR_CANCEL,
  selfTrade: SELF_TRADE,
} = enumerations.cancelReason
const { auction: IN_AUCTION, maker: MAKER } = enumerations.liquidity

/** What the trading phases are asked for when an order would have traded outside the volatility bands. */
export interface VolatilityHalt {
  haltForVolatility(instrument: Instrument): void
}

/** What quotes are told of. */
export interface QuoteFills {
  /**
   * A quote's order traded; its leaves are already reduced. It may be the one that is trading now
   * (`OpenOrders.trading`).
   * @param isOneMatch whether more fills may follow that count as the same match: then `matched` ends it
   */
  filled(order: number, lots: number, priceTicks: number, isOneMatch: boolean): void
  matched(): void
}

export class Matching implements BookListener {
  private readonly state: ExchangeState
  private readonly events: EventWriter
  private readonly openOrders: OpenOrders
  private readonly stops: Stops
  private volatility!: VolatilityHalt
  private quotes!: QuoteFills

  // The order that is trading. Its slot, if it has one, is `openOrders.trading`.
  private takerInstrument!: Instrument
  private takerSession = 0
  private takerRef = doubleZero
  private takerOrderId = doubleZero
  private takerSide = 0
  private takerAccount = 0
  private takerKind = 0
  private takerPriceTicks = 0
  private takerLeavesLots = doubleZero
  /** What self-trade prevention took from it without ending it. */
  private takerLostLots = doubleZero
  /** Why what is left of it may not rest, 0 if it may. */
  private endReason = 0
  /** Whether it could have traded on, but only outside the volatility bands. */
  private bandReached = false
  private isLookingAtStops = false

  constructor(state: ExchangeState, events: EventWriter, openOrders: OpenOrders) {
    this.state = state
    this.events = events
    this.openOrders = openOrders
    this.stops = new Stops(state, events, openOrders)
  }

  /** Whom to tell of what: both need this to be there first. */
  connect(volatility: VolatilityHalt, quotes: QuoteFills): void {
    this.volatility = volatility
    this.quotes = quotes
  }

  /**
   * The way of a plain new order in continuous trading, which has no slot before it rests: it trades what it can, then
   * rests or is cancelled, as its time in force (GTC, IOC or FOK) says.
   */
  enterNew(
    command: Command,
    instrument: Instrument,
    account: number,
    orderId: number,
    priceTicks: number,
    kind: number,
  ): void {
    const { session, ref, side, quantityLots, timeInForce } = command
    let leavesLots = quantityLots
    const trades = timeInForce === FOK || instrument.book.crosses(side, priceTicks)
    if (trades) {
      leavesLots = this.trade(instrument, session, ref, orderId, kind, priceTicks, quantityLots, account)
    }
    if (leavesLots !== 0) {
      const reason = trades ? this.reasonToEnd(timeInForce) : timeInForce === IOC ? IMMEDIATE_OR_CANCEL : 0
      if (reason !== 0) {
        this.events.takerLost(session, ref, orderId, instrument.number, side, priceTicks, leavesLots, 0, reason)
      } else {
        const { openOrders, state } = this
        const restingLots = trades ? quantityLots - this.takerLostLots : quantityLots
        const order = openOrders.create(session, ref, orderId, account, kind, priceTicks, restingLots, leavesLots)
        state.accounts.addOpenLots(account, side, leavesLots)
        openOrders.instrument = instrument
        instrument.book.add(order, side)
      }
    }
    if (trades) this.settle(instrument)
  }

  /** An order in a slot and in no book comes into the market: it trades what it can, then rests or ends. */
  activate(order: number): void {
    const instrument = this.openOrders.instrumentOf(order)
    if (!instrument.isContinuous || this.tradeSlot(order, instrument)) this.openOrders.rest(order)
  }

  /** Once an order has done all that it can: the halt that it caused, then the stops that its trades triggered. */
  settle(instrument: Instrument): void {
    if (this.bandReached) {
      this.bandReached = false
      this.volatility.haltForVolatility(instrument)
    }
    if (instrument.hasStops) this.lookAtStops(instrument)
  }

  /** Triggers the stops that the last price has reached, one after the other, for as long as there are any. */
  lookAtStops(instrument: Instrument): void {
    // A halt that is over at once comes back here. The loop that it came from goes on: however many stops halt one
    // after the other, the stack stays as it is.
    if (this.isLookingAtStops) return
    this.isLookingAtStops = true
    while (instrument.isContinuous) {
      const order = this.stops.next(instrument)
      if (order === 0) break
      if (this.stops.trigger(order, instrument)) this.activate(order)
      if (this.bandReached) {
        this.bandReached = false
        this.volatility.haltForVolatility(instrument)
      }
    }
    this.isLookingAtStops = false
  }

  /** Lets what crosses in an auction trade, at the auction price. */
  uncross(instrument: Instrument): void {
    const { book } = instrument
    this.takerInstrument = instrument
    this.openOrders.instrument = instrument
    for (let isFirstRound = true; book.isCrossed(); isFirstRound = false) {
      book.keepApart()
      if (!book.findAuctionPrice(instrument.markPriceTicks())) return
      const priceTicks = book.auctionPriceTicks
      if (isFirstRound) instrument.setStaticReference(priceTicks)
      book.uncross(priceTicks)
    }
  }

  // ── from the book ─────────────────────────────────────────────────────────────────────────────────────────────────

  onFill(maker: number, priceTicks: number, lots: number): void {
    const { state, events, takerSide, takerAccount, takerInstrument: instrument } = this
    const { accounts } = state
    const { definition } = instrument
    const notionalMinor = priceTicks * lots * definition.tickValueMinor
    const tradeId = ++state.lastTradeId
    instrument.recordTrade(priceTicks, lots)
    this.takerLeavesLots -= lots
    events.traded(instrument.number, takerSide, priceTicks, lots, tradeId)

    const { int32 } = state.memory.orders
    const base = maker * ORDER_SIZE
    const makerAccount = int32[base + ACCOUNT]
    const makerKind = int32[base + KIND]
    const makerSide = BUY + SELL - takerSide
    const makerFee = accounts.trade(makerAccount, makerSide, lots, notionalMinor, definition.makerFeeRate, lots)
    events.orderFilled(maker, makerSide, priceTicks, lots, tradeId, makerFee, MAKER)

    const takerFee = accounts.trade(takerAccount, takerSide, lots, notionalMinor, definition.takerFeeRate, 0)
    events.takerFilled(
      this.takerSession,
      this.takerRef,
      this.takerOrderId,
      instrument.number,
      takerSide,
      priceTicks,
      lots,
      this.takerLeavesLots,
      tradeId,
      takerFee,
    )
    if (((makerKind | this.takerKind) & (REDUCE_ONLY | QUOTE)) !== 0 || accounts.hasReduceOnly) {
      this.afterFill(maker, makerKind, priceTicks, lots)
    } else if (int32[base + LEAVES] === 0) this.openOrders.forget(maker)
  }

  onSelfTrade(maker: number, lots: number, takerLots: number): void {
    this.loseLots(maker, lots)
    if (takerLots === 0) return
    this.takerLeavesLots -= takerLots
    this.takerLostLots += takerLots
    this.events.takerLost(
      this.takerSession,
      this.takerRef,
      this.takerOrderId,
      this.takerInstrument.number,
      this.takerSide,
      this.takerPriceTicks,
      takerLots,
      this.takerLeavesLots,
      SELF_TRADE,
    )
  }

  onAuctionFill(buy: number, sell: number, priceTicks: number, lots: number): void {
    const { state, events, takerInstrument: instrument } = this
    const { accounts } = state
    const { definition } = instrument
    const notionalMinor = priceTicks * lots * definition.tickValueMinor
    const tradeId = ++state.lastTradeId
    instrument.recordTrade(priceTicks, lots)
    events.traded(instrument.number, ANY_SIDE, priceTicks, lots, tradeId)
    for (let side = BUY; side <= SELL; side++) {
      const order = side === BUY ? buy : sell
      const { int32 } = state.memory.orders
      const account = int32[order * ORDER_SIZE + ACCOUNT]
      const fee = accounts.trade(account, side, lots, notionalMinor, definition.takerFeeRate, lots)
      if ((int32[order * ORDER_SIZE + KIND] & REDUCE_ONLY) !== 0) accounts.addReduceOnlyLots(account, side, -lots)
      events.orderFilled(order, side, priceTicks, lots, tradeId, fee, IN_AUCTION)
    }
    this.afterAuctionFill(buy, sell, priceTicks, lots)
  }

  onAuctionSelfTrade(newer: number, older: number, newerLots: number, olderLots: number): void {
    if (olderLots > 0) this.loseLots(older, olderLots)
    if (newerLots > 0) this.loseLots(newer, newerLots)
  }

  onLevelChanged(side: number, level: number): void {
    this.events.levelChanged(this.openOrders.instrument.number, side, level)
  }

  // ── the order that trades ─────────────────────────────────────────────────────────────────────────────────────────

  /** Lets an order trade as far as limit, volatility bands and self-trade prevention allow; returns the lots left. */
  private trade(
    instrument: Instrument,
    session: number,
    ref: number,
    orderId: number,
    kind: number,
    priceTicks: number,
    lots: number,
    account: number,
  ): number {
    const { book } = instrument
    const side = kind & SIDE_MASK
    const mode = (kind >> SELF_TRADE_MODE_SHIFT) & PART_MASK
    const limitTicks = instrument.withinVolatilityBands(side, priceTicks)
    this.endReason = 0
    const isFillOrKill = ((kind >> TIME_IN_FORCE_SHIFT) & PART_MASK) === FOK
    if (isFillOrKill && !book.canFill(side, limitTicks, lots, account, mode)) {
      this.endReason = FILL_OR_KILL
      return lots
    }
    this.takerInstrument = instrument
    this.openOrders.instrument = instrument
    this.takerSession = session
    this.takerRef = ref
    this.takerOrderId = orderId
    this.takerSide = side
    this.takerKind = kind
    this.takerAccount = account
    this.takerPriceTicks = priceTicks
    this.takerLeavesLots = lots
    this.takerLostLots = 0
    const leavesLots = book.match(side, limitTicks, lots, account, mode)
    if (isFillOrKill) this.quotes.matched()
    if (leavesLots !== 0) {
      if (book.stoppedAtOwnOrder) this.endReason = SELF_TRADE
      else if (limitTicks !== priceTicks && !this.openOrders.tradingEnded)
        this.bandReached = book.crosses(side, priceTicks)
    }
    return leavesLots
  }

  /** The same for an order in a slot. Returns whether what is left of it is to rest; if not, it is gone. */
  private tradeSlot(order: number, instrument: Instrument): boolean {
    const { openOrders, state } = this
    const { orders } = state.memory
    const base = order * ORDER_SIZE
    const kind = orders.int32[base + KIND]
    const priceTicks = orders.int32[base + PRICE]
    const timeInForce = (kind >> TIME_IN_FORCE_SHIFT) & PART_MASK
    if (timeInForce === FOK || instrument.book.crosses(kind & SIDE_MASK, priceTicks)) {
      openOrders.trading = order
      const { int32 } = orders
      const account = int32[base + ACCOUNT]
      const session = int32[base + ORDER_SESSION]
      const lots = int32[base + LEAVES]
      const left = this.trade(
        instrument,
        session,
        orders.ref(order),
        orders.orderId(order),
        kind,
        priceTicks,
        lots,
        account,
      )
      openOrders.trading = 0
      if (openOrders.tradingEnded || left === 0) {
        openOrders.tradingEnded = false
        openOrders.forget(order)
        return false
      }
      int32[base + LEAVES] = left
      int32[base + QUANTITY] -= this.takerLostLots
    } else this.endReason = 0
    const reason = this.reasonToEnd(timeInForce)
    if (reason === 0) return true
    this.events.cancelled(order, 0, reason)
    openOrders.forget(order)
    return false
  }

  /** Why what is left of an order that is done trading may not rest, 0 if it may. */
  private reasonToEnd(timeInForce: number): number {
    if (this.endReason !== 0) return this.endReason
    if (timeInForce !== IOC) return 0
    return this.bandReached ? HALTED : IMMEDIATE_OR_CANCEL
  }

  /** What a fill of an order with more than plain terms causes, or one where an account has reduce-only orders. */
  private afterFill(maker: number, makerKind: number, priceTicks: number, lots: number): void {
    const { openOrders, state, takerAccount, takerKind } = this
    const { int32 } = state.memory.orders
    const makerAccount = int32[maker * ORDER_SIZE + ACCOUNT]
    const { trading } = openOrders
    if (trading !== 0) int32[trading * ORDER_SIZE + LEAVES] = this.takerLeavesLots
    if ((makerKind & REDUCE_ONLY) !== 0) {
      state.accounts.addReduceOnlyLots(makerAccount, makerKind & SIDE_MASK, -lots)
    }
    openOrders.trimReduceOnly(makerAccount)
    openOrders.trimReduceOnly(takerAccount)
    const isFillOrKill = ((takerKind >> TIME_IN_FORCE_SHIFT) & PART_MASK) === FOK
    if ((makerKind & QUOTE) !== 0) this.quotes.filled(maker, lots, priceTicks, isFillOrKill)
    if ((takerKind & QUOTE) !== 0) this.quotes.filled(trading, lots, priceTicks, false)
    if (int32[maker * ORDER_SIZE + LEAVES] === 0) openOrders.forget(maker)
  }

  private afterAuctionFill(buy: number, sell: number, priceTicks: number, lots: number): void {
    const { openOrders, state } = this
    const { int32 } = state.memory.orders
    if (state.accounts.hasReduceOnly) {
      openOrders.trimReduceOnly(int32[buy * ORDER_SIZE + ACCOUNT])
      openOrders.trimReduceOnly(int32[sell * ORDER_SIZE + ACCOUNT])
    }
    for (const order of [buy, sell]) {
      if ((int32[order * ORDER_SIZE + KIND] & QUOTE) !== 0) this.quotes.filled(order, lots, priceTicks, false)
    }
    for (const order of [buy, sell]) {
      if (int32[order * ORDER_SIZE + LEAVES] === 0) openOrders.forget(order)
    }
  }

  /** Self-trade prevention took open quantity of a resting order; the book knows already. */
  private loseLots(order: number, lots: number): void {
    const { events, openOrders, state } = this
    const base = order * ORDER_SIZE
    const { int32 } = state.memory.orders
    const isGone = int32[base + LEAVES] === 0
    openOrders.countLots(order, -lots)
    if (!isGone) int32[base + QUANTITY] -= lots
    events.orderLost(order, lots, SELF_TRADE)
    if (isGone) openOrders.forget(order)
    else if ((int32[base + KIND] & QUOTE) !== 0) state.quotes.orderReduced(order)
  }
}

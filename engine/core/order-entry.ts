/**
 * What the order-entry commands do: check, match, rest, change, cancel, and keep accounts and counters right while doing
 * so. Each command either is rejected and changes nothing but the session's counters, or is carried out whole.
 */

import { errors } from '../../protocol/errors.ts'
import { enumerations } from '../../protocol/messages.ts'
import type { BookListener } from './book/book.ts'
import { kindLayout, orderLayout } from './book/order-pool.ts'
import type { Command } from './command.ts'
import { doubleZero } from './double-zero.ts'
import type { EventWriter } from './event-writer.ts'
import type { Instrument } from './instrument.ts'
import { Risk } from './risk.ts'
import type { ExchangeState } from './state.ts'

const { ACCOUNT, KIND, LEAVES, ORDER_SESSION, ORDER_SIZE, PRICE, QUANTITY, SESSION_NEXT } = orderLayout
const { INSTRUMENT_SHIFT, ORDER_TYPE_SHIFT, SELF_TRADE_MODE_SHIFT, TIME_IN_FORCE_SHIFT } = kindLayout
const { cancelReason, field, orderType, timeInForce } = enumerations
const { any: ANY_SIDE, buy: BUY, sell: SELL } = enumerations.side

export class OrderEntry implements BookListener {
  private readonly state: ExchangeState
  private readonly events: EventWriter
  private readonly risk: Risk

  // What the book's reports are about: the instrument whose book is being changed, and the order that is matching.
  private instrument!: Instrument
  private takerSession = 0
  private takerRef = doubleZero
  private takerOrderId = doubleZero
  private takerSide = 0
  private takerAccount = 0
  private takerLeavesLots = doubleZero

  constructor(state: ExchangeState, events: EventWriter) {
    this.state = state
    this.events = events
    this.risk = new Risk(state.participants, state.accounts)
  }

  newOrder(command: Command): void {
    const instrument = this.state.instruments[command.instrument]
    if (instrument === undefined) {
      this.events.rejected(command.session, command.ref, errors.unknownInstrument.number, field.instrument, 0)
      return
    }
    instrument.commandCount++
    const { risk, state } = this
    const isMarket = command.orderType === orderType.market
    const priceTicks = isMarket ? worstPriceTicks(instrument, command.side) : command.priceTicks
    const participant = state.sessions.participant(command.session)
    let code = this.checkTerms(command, participant, instrument, priceTicks, isMarket)
    if (code !== 0) {
      this.events.rejected(command.session, command.ref, code, risk.field, risk.bound)
      return
    }
    let account = state.accounts.find(participant, instrument.number)
    code = risk.checkPosition(participant, account, command.side === BUY, command.quantityLots)
    if (code === 0 && command.orderType === orderType.postOnly) {
      code = risk.checkPostOnly(instrument, command.side, priceTicks)
    }
    if (code !== 0) {
      this.events.rejected(command.session, command.ref, code, risk.field, risk.bound)
      return
    }
    if (account === 0) account = state.accounts.open(participant, instrument.number)
    const orderId = ++state.lastOrderId
    this.events.accepted(command, orderId, priceTicks)
    this.enter(command, instrument, participant, account, orderId, priceTicks | 0)
  }

  cancelOrder(command: Command): void {
    const order = this.state.index.find(command.session, command.orderRef)
    if (order === 0) {
      this.events.rejected(command.session, command.ref, errors.unknownOrder.number, field.orderRef, 0)
      return
    }
    const instrument = this.instrumentOf(order)
    instrument.commandCount++
    this.cancel(order, instrument, command.ref, cancelReason.requested)
  }

  replaceOrder(command: Command): void {
    const { session, ref, quantityLots, priceTicks } = command
    const order = this.state.index.find(session, command.orderRef)
    if (order === 0) {
      this.events.rejected(session, ref, errors.unknownOrder.number, field.orderRef, 0)
      return
    }
    const instrument = this.instrumentOf(order)
    instrument.commandCount++
    const base = order * ORDER_SIZE
    const { int32 } = this.state.memory.orders
    let code = this.checkNewTerms(command, instrument, int32[base + PRICE])
    const filledLots = int32[base + QUANTITY] - int32[base + LEAVES]
    if (code === 0 && quantityLots <= filledLots) {
      this.cancel(order, instrument, ref, cancelReason.replacedBelowFilled)
      return
    }
    const keepsPriority = priceTicks === int32[base + PRICE] && quantityLots <= int32[base + QUANTITY]
    if (code === 0 && !keepsPriority) {
      code = this.checkReentry(order, instrument, session, priceTicks, quantityLots - filledLots)
    }
    if (code !== 0) this.events.rejected(session, ref, code, this.risk.field, this.risk.bound)
    else if (keepsPriority) this.reduce(order, instrument, ref, quantityLots, quantityLots - filledLots)
    else this.reenter(order, instrument, ref, priceTicks, quantityLots, quantityLots - filledLots)
  }

  massCancel(command: Command): void {
    const { session, ref, instrument, side } = command
    if (instrument !== 0 && this.state.instruments[instrument] === undefined) {
      this.events.rejected(session, ref, errors.unknownInstrument.number, field.instrument, 0)
    } else if (side !== ANY_SIDE && side !== BUY && side !== SELL) {
      this.events.rejected(session, ref, errors.invalidSide.number, field.side, 0)
    } else {
      const orderCount = this.cancelAll(session, ref, instrument, side, cancelReason.massCancel)
      this.events.massCancelled(session, ref, orderCount)
    }
  }

  /**
   * Cancels a session's open orders, oldest first, of one instrument (0: all) and one side (0: both). Returns how many.
   */
  cancelAll(session: number, ref: number, instrument: number, side: number, reason: number): number {
    const { orders } = this.state.memory
    let cancelled = 0
    for (let order = this.state.sessions.oldestOrder(session); order !== 0; ) {
      const next = orders.int32[order * ORDER_SIZE + SESSION_NEXT]
      const matches =
        (instrument === 0 || orders.instrument(order) === instrument) &&
        (side === ANY_SIDE || orders.side(order) === side)
      if (matches) {
        this.cancel(order, this.instrumentOf(order), ref, reason)
        cancelled++
      }
      order = next
    }
    return cancelled
  }

  /** From the book: a resting order traded with the one that is matching. */
  onFill(maker: number, priceTicks: number, lots: number): void {
    const { state, instrument, takerSide } = this
    const { definition } = instrument
    const isTakerBuy = takerSide === BUY
    const notionalMinor = priceTicks * lots * definition.tickValueMinor
    const tradeId = ++state.lastTradeId
    instrument.recordTrade(priceTicks, lots)
    this.takerLeavesLots -= lots
    this.events.traded(instrument.number, takerSide, priceTicks, lots, tradeId)

    const { int32 } = state.memory.orders
    const base = maker * ORDER_SIZE
    const makerAccount = int32[base + ACCOUNT]
    const makerFee = state.accounts.trade(makerAccount, !isTakerBuy, lots, notionalMinor, definition.makerFeeRate)
    state.accounts.addOpenLots(makerAccount, BUY + SELL - takerSide, -lots)
    this.events.makerFilled(maker, BUY + SELL - takerSide, priceTicks, lots, tradeId, makerFee)
    if (int32[base + LEAVES] === 0) this.forget(maker)

    const takerFee = state.accounts.trade(this.takerAccount, isTakerBuy, lots, notionalMinor, definition.takerFeeRate)
    this.events.takerFilled(
      this.takerSession,
      this.takerRef,
      this.takerOrderId,
      definition.instrument,
      takerSide,
      priceTicks,
      lots,
      this.takerLeavesLots,
      tradeId,
      takerFee,
    )
  }

  // From the book: nothing that asks for it comes in yet.
  onSelfTrade(): void {}
  onAuctionFill(): void {}
  onAuctionSelfTrade(): void {}

  /** From the book. */
  onLevelChanged(side: number, level: number): void {
    this.events.levelChanged(this.instrument.number, side, level)
  }

  // ── checks ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Everything about a new order that does not depend on its account. Returns 0 or an error number. */
  private checkTerms(
    command: Command,
    participant: number,
    instrument: Instrument,
    priceTicks: number,
    isMarket: boolean,
  ): number {
    const { risk } = this
    return (
      risk.checkKind(command) ||
      risk.checkQuantity(participant, instrument, command.quantityLots) ||
      // A market order's price is the band's own edge.
      (isMarket || instrument.allows(priceTicks)
        ? 0
        : risk.checkPriceRange(instrument, priceTicks) || risk.checkPriceBand(instrument, priceTicks)) ||
      risk.checkNotional(participant, instrument, command.quantityLots, priceTicks) ||
      risk.checkOpenOrders(participant)
    )
  }

  private checkNewTerms(command: Command, instrument: Instrument, oldPriceTicks: number): number {
    const { risk } = this
    const { quantityLots, priceTicks } = command
    const participant = this.state.sessions.participant(command.session)
    return (
      risk.checkQuantity(participant, instrument, quantityLots) ||
      risk.checkPriceRange(instrument, priceTicks) ||
      // An order that stays where it is may do so even if the market has moved away.
      (priceTicks === oldPriceTicks ? 0 : risk.checkPriceBand(instrument, priceTicks)) ||
      risk.checkNotional(participant, instrument, quantityLots, priceTicks)
    )
  }

  private checkReentry(
    order: number,
    instrument: Instrument,
    session: number,
    priceTicks: number,
    newLeavesLots: number,
  ): number {
    const { orders } = this.state.memory
    const side = orders.side(order)
    const addedLots = newLeavesLots - orders.int32[order * ORDER_SIZE + LEAVES]
    if (addedLots > 0) {
      const account = orders.int32[order * ORDER_SIZE + ACCOUNT]
      const participant = this.state.sessions.participant(session)
      const code = this.risk.checkPosition(participant, account, side === BUY, addedLots)
      if (code !== 0) return code
    }
    return orders.orderType(order) === orderType.postOnly ? this.risk.checkPostOnly(instrument, side, priceTicks) : 0
  }

  // ── the way into the book, within it, and out of it ───────────────────────────────────────────────────────────────

  /** Matches an accepted order and rests or cancels what is left of it. */
  private enter(
    command: Command,
    instrument: Instrument,
    participant: number,
    account: number,
    orderId: number,
    priceTicks: number,
  ): void {
    const { session, ref, side } = command
    // The checks bounded it: telling V8 that it is an integer spares a conversion at every use. `newOrder` does it to the price.
    const quantityLots = command.quantityLots | 0
    const { book } = instrument
    let leaves = quantityLots
    let reason = 0
    if (command.timeInForce === timeInForce.fillOrKill && !book.canFill(side, priceTicks, leaves, account, 1)) {
      reason = cancelReason.fillOrKill
    } else if (book.crosses(side, priceTicks)) {
      leaves = this.match(instrument, session, ref, orderId, side, priceTicks, leaves, account)
      if (leaves === 0) return
      if (book.stoppedAtOwnOrder) reason = cancelReason.selfTrade
    }
    if (reason === 0 && command.timeInForce !== timeInForce.goodTillCancel) reason = cancelReason.immediateOrCancel
    if (reason !== 0) {
      this.events.remainderCancelled(command, orderId, priceTicks, leaves, reason)
      return
    }
    const { orders } = this.state.memory
    const order = orders.allocate(ref, orderId)
    const base = order * ORDER_SIZE
    orders.int32[base + PRICE] = priceTicks
    orders.int32[base + QUANTITY] = quantityLots
    orders.int32[base + LEAVES] = leaves
    orders.int32[base + ORDER_SESSION] = session
    orders.int32[base + ACCOUNT] = account
    orders.int32[base + KIND] =
      side |
      (command.orderType << ORDER_TYPE_SHIFT) |
      (command.timeInForce << TIME_IN_FORCE_SHIFT) |
      (1 << SELF_TRADE_MODE_SHIFT) |
      (instrument.number << INSTRUMENT_SHIFT)
    this.state.index.insert(session, ref, order)
    this.state.sessions.linkOrder(order)
    this.state.participants.addOpenOrders(participant, 1)
    this.state.accounts.addOpenLots(account, side, leaves)
    this.instrument = instrument
    book.add(order, side)
  }

  /** Lets an order trade with the other side; returns the lots that are left. */
  private match(
    instrument: Instrument,
    session: number,
    ref: number,
    orderId: number,
    side: number,
    priceTicks: number,
    lots: number,
    account: number,
  ): number {
    this.instrument = instrument
    this.takerSession = session
    this.takerRef = ref
    this.takerOrderId = orderId
    this.takerSide = side
    this.takerAccount = account
    this.takerLeavesLots = lots
    return instrument.book.match(side, priceTicks, lots, account, 1)
  }

  /** Less quantity at the same price: the order keeps its place. */
  private reduce(order: number, instrument: Instrument, ref: number, quantityLots: number, leavesLots: number): void {
    const { orders } = this.state.memory
    const base = order * ORDER_SIZE
    const side = orders.side(order)
    this.events.replaced(order, ref, side, orders.int32[base + PRICE], quantityLots, leavesLots, true)
    const removedLots = orders.int32[base + LEAVES] - leavesLots
    orders.int32[base + QUANTITY] = quantityLots
    if (removedLots === 0) return
    this.state.accounts.addOpenLots(orders.int32[base + ACCOUNT], side, -removedLots)
    this.instrument = instrument
    instrument.book.reduce(order, side, leavesLots)
  }

  /** A new price or more quantity: the order leaves the book and comes in again, keeping its ref, its id and its slot. */
  private reenter(
    order: number,
    instrument: Instrument,
    ref: number,
    priceTicks: number,
    quantityLots: number,
    newLeavesLots: number,
  ): void {
    const { orders } = this.state.memory
    const { accounts } = this.state
    const { book } = instrument
    const base = order * ORDER_SIZE
    const side = orders.side(order)
    const account = orders.int32[base + ACCOUNT]
    const session = orders.int32[base + ORDER_SESSION]
    this.events.replaced(order, ref, side, priceTicks, quantityLots, newLeavesLots, false)
    this.instrument = instrument
    accounts.addOpenLots(account, side, -orders.int32[base + LEAVES])
    book.remove(order, side)
    orders.int32[base + PRICE] = priceTicks
    orders.int32[base + QUANTITY] = quantityLots
    let leaves = newLeavesLots
    if (book.crosses(side, priceTicks)) {
      const orderRef = orders.ref(order)
      leaves = this.match(instrument, session, orderRef, orders.orderId(order), side, priceTicks, leaves, account)
      orders.int32[base + LEAVES] = leaves
      if (leaves === 0) {
        this.forget(order)
        return
      }
      if (book.stoppedAtOwnOrder) {
        this.events.cancelled(order, 0, cancelReason.selfTrade)
        this.forget(order)
        return
      }
    }
    orders.int32[base + LEAVES] = leaves
    accounts.addOpenLots(account, side, leaves)
    book.add(order, side)
  }

  private cancel(order: number, instrument: Instrument, ref: number, reason: number): void {
    const { orders } = this.state.memory
    const base = order * ORDER_SIZE
    const side = orders.side(order)
    this.events.cancelled(order, ref, reason)
    this.state.accounts.addOpenLots(orders.int32[base + ACCOUNT], side, -orders.int32[base + LEAVES])
    this.instrument = instrument
    instrument.book.remove(order, side)
    this.forget(order)
  }

  /** Drops an order that has left the book from everything else that knows it. */
  private forget(order: number): void {
    const { state } = this
    const { orders } = state.memory
    const session = orders.int32[order * ORDER_SIZE + ORDER_SESSION]
    state.index.remove(session, orders.ref(order), order)
    state.sessions.unlinkOrder(order)
    state.participants.addOpenOrders(state.sessions.participant(session), -1)
    orders.release(order)
  }

  private instrumentOf(order: number): Instrument {
    // An open order is always of an instrument that exists.
    return this.state.instruments[this.state.memory.orders.instrument(order)]!
  }
}

/** The worst price that a market order may trade at: the edge of the price band. */
function worstPriceTicks(instrument: Instrument, side: number): number {
  return side === BUY ? instrument.highestAllowedPriceTicks() : instrument.lowestAllowedPriceTicks()
}

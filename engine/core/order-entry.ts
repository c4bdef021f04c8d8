/**
 * What new orders and cancels do: checks first, then the order's way into the market or out of it. Each command either
 * is rejected and changes nothing but what counts messages, or is carried out whole.
 */

import { errors } from '../../protocol/errors.ts'
import { enumerations } from '../../protocol/messages.ts'
import { levelLayout } from './book/level-pool.ts'
import { kindLayout, orderLayout } from './book/order-pool.ts'
import { termsLayout } from './book/order-terms.ts'
import type { Command } from './command.ts'
import type { EventWriter } from './event-writer.ts'
import type { Instrument } from './instrument.ts'
import type { Matching } from './matching.ts'
import type { OpenOrders } from './open-orders.ts'
import { isStop, type Risk } from './risk.ts'
import type { ExchangeState } from './state.ts'
import { timerKind } from './timers.ts'

const { LEVEL_MASK, LEVEL_SIZE } = levelLayout
const { ACCOUNT, LEVEL, ORDER_SIZE, PRICE, TERMS } = orderLayout
const { INSTRUMENT_SHIFT, ORDER_TYPE_SHIFT, REDUCE_ONLY, SELF_TRADE_MODE_SHIFT, TIME_IN_FORCE_SHIFT } = kindLayout
const { DISPLAY, LIMIT_PRICE, STOP_PRICE, TERMS_SIZE, TIMER } = termsLayout
const { field } = enumerations
const { any: ANY_SIDE, buy: BUY, sell: SELL } = enumerations.side
const { market: MARKET, postOnly: POST_ONLY, stop: STOP, stopLimit: STOP_LIMIT } = enumerations.orderType
const { fillOrKill: FOK, goodTillDate: GTD, atClose: AT_CLOSE } = enumerations.timeInForce
const { closingAuction: CLOSING_AUCTION } = enumerations.phase
const { massCancel: MASS_CANCEL, requested: REQUESTED } = enumerations.cancelReason
const UNKNOWN_INSTRUMENT = errors.unknownInstrument.number
const UNKNOWN_ORDER = errors.unknownOrder.number

export class OrderEntry {
  private readonly state: ExchangeState
  private readonly risk: Risk
  private readonly events: EventWriter
  private readonly openOrders: OpenOrders
  private readonly matching: Matching
  /** Means nothing: the section "memory" says why it is there. */
  askedFor = 0

  constructor(state: ExchangeState, risk: Risk, events: EventWriter, openOrders: OpenOrders, matching: Matching) {
    this.state = state
    this.risk = risk
    this.events = events
    this.openOrders = openOrders
    this.matching = matching
  }

  newOrder(command: Command): void {
    const { state, events, risk } = this
    const { session, ref, side } = command
    const instrument = state.instruments[command.instrument]
    if (instrument === undefined) {
      state.valuation.revalueIfDue(state.sessions.participant(session), command.timeUs)
      events.rejected(session, ref, UNKNOWN_INSTRUMENT, field.instrument, 0)
      return
    }
    instrument.commandCount++
    const participant = state.sessions.participant(session)
    const priceTicks = this.acceptedPriceTicks(command, instrument)
    const account = state.accounts.find(participant, instrument.number)
    // Of a thousand instruments' accounts this one is far away: it is on its way while other things are checked.
    const worstPositionLots = state.accounts.worstPositionLots(account, side, 0)
    this.askForLevel(instrument, side, command.priceTicks)
    let code = this.checkTerms(command, participant, instrument, priceTicks)
    let quantityLots = command.quantityLots | 0
    if (code === 0 && command.reduceOnly !== 0) {
      quantityLots = this.reducedLots(command, account)
      if (quantityLots === 0) code = risk.fail(errors.reduceOnly.number, field.reduceOnly, 0)
    }
    code ||= risk.checkExposure(
      participant,
      account,
      instrument,
      side,
      quantityLots,
      worstPositionLots + quantityLots,
      command.reduceOnly !== 0,
    )
    if (code === 0 && command.orderType === POST_ONLY && instrument.isContinuous) {
      code = risk.checkPostOnly(instrument, side, priceTicks)
    }
    if (code !== 0) {
      events.rejected(session, ref, code, risk.field, risk.bound)
      return
    }
    this.accept(command, instrument, participant, account, priceTicks | 0, quantityLots)
  }

  cancelOrder(command: Command): void {
    const order = this.state.index.find(command.session, command.orderRef)
    if (order === 0) {
      this.events.rejected(command.session, command.ref, UNKNOWN_ORDER, field.orderRef, 0)
      return
    }
    this.askAround(order)
    this.openOrders.instrumentOf(order).commandCount++
    this.openOrders.cancel(order, command.ref, REQUESTED)
  }

  massCancel(command: Command): void {
    const { session, ref, instrument, side } = command
    if (instrument !== 0 && this.state.instruments[instrument] === undefined) {
      this.events.rejected(session, ref, UNKNOWN_INSTRUMENT, field.instrument, 0)
    } else if (side !== ANY_SIDE && side !== BUY && side !== SELL) {
      this.events.rejected(session, ref, errors.invalidSide.number, field.side, 0)
    } else {
      const orders = this.openOrders.ordersOfSession(session, instrument, side)
      for (const order of orders) this.openOrders.cancel(order, ref, MASS_CANCEL)
      this.events.massCancelled(session, ref, orders.length)
    }
  }

  // ── memory ────────────────────────────────────────────────────────────────────────────────────────────────────────
  // Of many orders everything is far away, and waiting for one thing after the other takes longer than all that is done
  // with them. So what is going to be needed is asked for as soon as it is known where it lies, and is on its way while
  // other things are done. V8 leaves out what has no effect, so a bit of what was read is kept.

  /** The level that a new order may come to. Nothing of the order was checked yet. */
  private askForLevel(instrument: Instrument, side: number, priceTicks: number): void {
    this.askedFor = instrument.book.newestNear(side, priceTicks | 0) & 1
  }

  /** The level and the account of an order that is about to go. */
  private askAround(order: number): void {
    const { memory, accounts } = this.state
    const { int32 } = memory.orders
    const level = int32[order * ORDER_SIZE + LEVEL] & LEVEL_MASK
    const account = int32[order * ORDER_SIZE + ACCOUNT]
    this.askedFor = (memory.levels.int32[level * LEVEL_SIZE] ^ accounts.participant(account)) & 1
  }

  // ── checks ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Everything about a new order that does not depend on its account. Returns 0 or an error number. */
  private checkTerms(command: Command, participant: number, instrument: Instrument, priceTicks: number): number {
    const { risk } = this
    const { orderType, quantityLots } = command
    const notionalTicks =
      orderType === STOP ? command.stopPriceTicks : instrument.dearestTicks(command.side, priceTicks)
    return (
      risk.checkParticipant(participant, command.timeUs) ||
      risk.checkKind(command, instrument) ||
      risk.checkPhase(instrument, command.timeInForce) ||
      risk.checkQuantity(participant, instrument, quantityLots) ||
      // A market order's price is the band's own edge, and a stop has none yet.
      (orderType === MARKET || orderType === STOP
        ? 0
        : risk.checkPrice(participant, instrument, priceTicks, orderType !== STOP_LIMIT)) ||
      risk.checkNotional(participant, instrument, quantityLots, notionalTicks) ||
      risk.checkDuplicate(participant, command, priceTicks) ||
      risk.checkOpenOrders(participant)
    )
  }

  // ── the way of a new order ────────────────────────────────────────────────────────────────────────────────────────

  private acceptedPriceTicks(command: Command, instrument: Instrument): number {
    const { orderType } = command
    if (orderType === MARKET) return instrument.worstPriceTicks(command.side)
    return orderType === STOP ? 0 : command.priceTicks
  }

  /** The quantity that a reduce-only order is accepted with; a stop is lowered at its trigger only. */
  private reducedLots(command: Command, account: number): number {
    if (isStop(command.orderType)) return command.quantityLots
    return Math.min(command.quantityLots, this.state.accounts.reducibleLots(account, command.side))
  }

  private accept(
    command: Command,
    instrument: Instrument,
    participant: number,
    existingAccount: number,
    priceTicks: number,
    quantityLots: number,
  ): void {
    const { state } = this
    const account = existingAccount !== 0 ? existingAccount : state.accounts.open(participant, instrument)
    const orderId = ++state.lastOrderId
    this.events.accepted(command, orderId, priceTicks, quantityLots)
    const kind =
      command.side |
      (command.orderType << ORDER_TYPE_SHIFT) |
      (command.timeInForce << TIME_IN_FORCE_SHIFT) |
      (this.selfTradeMode(command) << SELF_TRADE_MODE_SHIFT) |
      (command.reduceOnly !== 0 ? REDUCE_ONLY : 0) |
      (instrument.number << INSTRUMENT_SHIFT)
    if (this.isPlain(command, instrument, quantityLots)) {
      this.matching.enterNew(command, instrument, account, orderId, priceTicks, kind)
    } else this.enterWithTerms(command, instrument, account, orderId, priceTicks, kind, quantityLots)
  }

  private selfTradeMode(command: Command): number {
    const { selfTradePrevention } = command
    return selfTradePrevention !== 0 ? selfTradePrevention : this.state.sessions.selfTradeMode(command.session)
  }

  /** Whether an order needs no slot before it rests: it is GTC, IOC or FOK and has no further terms. */
  private isPlain(command: Command, instrument: Instrument, quantityLots: number): boolean {
    return (
      instrument.isContinuous &&
      command.timeInForce <= FOK &&
      command.orderType <= POST_ONLY &&
      command.reduceOnly === 0 &&
      (command.displayQuantityLots === 0 || command.displayQuantityLots >= quantityLots)
    )
  }

  private enterWithTerms(
    command: Command,
    instrument: Instrument,
    account: number,
    orderId: number,
    priceTicks: number,
    kind: number,
    quantityLots: number,
  ): void {
    const { openOrders, matching } = this
    const { session, ref } = command
    const order = openOrders.create(session, ref, orderId, account, kind, priceTicks, quantityLots, quantityLots)
    this.setTerms(command, order, priceTicks, quantityLots)
    if (isStop(command.orderType)) openOrders.waitForStop(order)
    else if (command.timeInForce === AT_CLOSE && instrument.phase !== CLOSING_AUCTION) openOrders.waitForClose(order)
    else matching.activate(order)
    matching.settle(instrument)
  }

  private setTerms(command: Command, order: number, priceTicks: number, quantityLots: number): void {
    const { displayQuantityLots, expireTimeUs, stopPriceTicks, timeInForce } = command
    const { memory, timers } = this.state
    const { orders } = memory
    const isIceberg = displayQuantityLots > 0 && displayQuantityLots < quantityLots
    if (!isIceberg && stopPriceTicks === 0 && timeInForce !== GTD) return
    const slot = orders.terms.allocate()
    const terms = slot * TERMS_SIZE
    orders.int32[order * ORDER_SIZE + TERMS] = slot
    if (isIceberg) orders.terms.int32[terms + DISPLAY] = displayQuantityLots
    if (stopPriceTicks !== 0) {
      orders.terms.int32[terms + STOP_PRICE] = stopPriceTicks
      orders.terms.int32[terms + LIMIT_PRICE] = priceTicks
      orders.int32[order * ORDER_SIZE + PRICE] = stopPriceTicks
    }
    if (timeInForce === GTD) {
      orders.terms.setExpireTimeUs(slot, expireTimeUs)
      orders.terms.int32[terms + TIMER] = timers.add(expireTimeUs, timerKind.orderExpires, order)
    }
  }
}

/**
 * What a replacement does: the same checks as for a new order where they apply, then the order keeps its place with
 * less quantity, or leaves it and comes in again, or goes on waiting on other terms.
 */
import { errors } from '../../protocol/errors.ts'
import { enumerations } from '../../protocol/messages.ts'
import { kindLayout, orderLayout } from './book/order-pool.ts'
import { termsLayout } from './book/order-terms.ts'
import type { Command } from './command.ts'
import type { EventWriter } from './event-writer.ts'
import type { Instrument } from './instrument.ts'
import type { Matching } from './matching.ts'
import { type OpenOrders, stopLadder } from './open-orders.ts'
import type { Risk } from './risk.ts'
import type { ExchangeState } from './state.ts'

const { ACCOUNT, KIND, LEAVES, ORDER_SIZE, PRICE, QUANTITY, TERMS } = orderLayout
const { REDUCE_ONLY, SIDE_MASK, WAITING_AT_CLOSE, WAITING_STOP } = kindLayout
const { DISPLAY, LIMIT_PRICE, STOP_PRICE, TERMS_SIZE } = termsLayout
const { field } = enumerations
const { postOnly: POST_ONLY, stop: STOP } = enumerations.orderType
const { replacedBelowFilled: REPLACED_BELOW_FILLED } = enumerations.cancelReason
const UNKNOWN_ORDER = errors.unknownOrder.number

export class Replacement {
  private readonly state: ExchangeState
  private readonly risk: Risk
  private readonly events: EventWriter
  private readonly openOrders: OpenOrders
  private readonly matching: Matching

  constructor(state: ExchangeState, risk: Risk, events: EventWriter, openOrders: OpenOrders, matching: Matching) {
    this.state = state
    this.risk = risk
    this.events = events
    this.openOrders = openOrders
    this.matching = matching
  }

  /** Carries a replacement out, or rejects it. */
  replaceOrder(command: Command): void {
    const { state, events, openOrders } = this
    const { session, ref } = command
    const order = state.index.find(session, command.orderRef)
    if (order === 0) {
      state.valuation.revalueIfDue(state.sessions.participant(session), command.timeUs)
      events.rejected(session, ref, UNKNOWN_ORDER, field.orderRef, 0)
      return
    }
    const instrument = openOrders.instrumentOf(order)
    instrument.commandCount++
    const { int32 } = state.memory.orders
    const base = order * ORDER_SIZE
    const isWaitingStop = (int32[base + KIND] & WAITING_STOP) !== 0
    let code = this.checkNewTerms(command, order, instrument, isWaitingStop)
    const filledLots = int32[base + QUANTITY] - int32[base + LEAVES]
    if (code === 0 && command.quantityLots <= filledLots) {
      openOrders.cancel(order, ref, REPLACED_BELOW_FILLED)
      return
    }
    const addedLots = command.quantityLots - int32[base + QUANTITY]
    if (code === 0 && addedLots > 0) code = this.checkAddedLots(order, instrument, addedLots)
    const keepsPriority = command.priceTicks === int32[base + PRICE] && addedLots <= 0
    if (code === 0 && !keepsPriority && !isWaitingStop) code = this.checkReentry(command, order, instrument)
    if (code !== 0) events.rejected(session, ref, code, this.risk.field, this.risk.bound)
    else if (isWaitingStop) this.replaceStop(command, order, instrument)
    else if (keepsPriority) this.reduce(command, order, instrument)
    else this.reenter(command, order, instrument)
  }

  // ── checks ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** What a replacement states, by itself. */
  private checkNewTerms(command: Command, order: number, instrument: Instrument, isWaitingStop: boolean): number {
    const { risk } = this
    const { sessions, memory } = this.state
    const { orders } = memory
    const { quantityLots, priceTicks } = command
    const participant = sessions.participant(command.session)
    const type = orders.orderType(order)
    const hasNoPrice = isWaitingStop && type === STOP
    const notionalTicks = hasNoPrice
      ? this.stopPriceTicks(command, order)
      : instrument.dearestTicks(orders.side(order), priceTicks)
    return (
      risk.checkParticipant(participant, command.timeUs) ||
      // A phase takes waiting stops and at-close orders unless it is halted or closed: what waits has no rule of its
      // own.
      risk.checkPhase(instrument, orders.timeInForce(order)) ||
      risk.checkQuantity(participant, instrument, quantityLots) ||
      risk.checkNewStopPrice(instrument, isWaitingStop, command.stopPriceTicks) ||
      (hasNoPrice ? 0 : this.checkNewPrice(participant, order, instrument, priceTicks, isWaitingStop)) ||
      risk.checkNotional(participant, instrument, quantityLots, notionalTicks)
    )
  }

  private checkNewPrice(
    participant: number,
    order: number,
    instrument: Instrument,
    priceTicks: number,
    isWaitingStop: boolean,
  ): number {
    const { orders } = this.state.memory
    const base = order * ORDER_SIZE
    const oldPriceTicks = isWaitingStop
      ? orders.terms.int32[orders.int32[base + TERMS] * TERMS_SIZE + LIMIT_PRICE]
      : orders.int32[base + PRICE]
    // An order that stays where it is may do so even if the market has moved away.
    if (priceTicks === oldPriceTicks) return this.risk.checkPriceRange(instrument, priceTicks)
    return this.risk.checkPrice(participant, instrument, priceTicks, !isWaitingStop)
  }

  private checkAddedLots(order: number, instrument: Instrument, addedLots: number): number {
    const { risk } = this
    const { memory, accounts } = this.state
    const { int32 } = memory.orders
    const base = order * ORDER_SIZE
    if ((int32[base + KIND] & REDUCE_ONLY) !== 0) return risk.fail(errors.reduceOnly.number, field.reduceOnly, 0)
    // Terms 0 are all 0.
    const displayLots = memory.terms.int32[int32[base + TERMS] * TERMS_SIZE + DISPLAY]
    const code = risk.checkIcebergParts(displayLots, int32[base + QUANTITY] + addedLots)
    if (code !== 0) return code
    const account = int32[base + ACCOUNT]
    const participant = accounts.participant(account)
    const side = int32[base + KIND] & SIDE_MASK
    const worstPositionLots = accounts.worstPositionLots(account, side, addedLots)
    return risk.checkExposure(participant, account, instrument, side, addedLots, worstPositionLots, false)
  }

  private checkReentry(command: Command, order: number, instrument: Instrument): number {
    const { orders } = this.state.memory
    if (orders.orderType(order) !== POST_ONLY || !instrument.isContinuous) return 0
    return this.risk.checkPostOnly(instrument, orders.side(order), command.priceTicks)
  }

  // ── what becomes of the order ─────────────────────────────────────────────────────────────────────────────────────

  /** The stop price that a waiting stop will have. */
  private stopPriceTicks(command: Command, order: number): number {
    if (command.stopPriceTicks !== 0) return command.stopPriceTicks
    return this.state.memory.orders.int32[order * ORDER_SIZE + PRICE]
  }

  /** No more quantity at the same price: the order keeps its place. */
  private reduce(command: Command, order: number, instrument: Instrument): void {
    const { openOrders } = this
    const { orders } = this.state.memory
    const base = order * ORDER_SIZE
    const { quantityLots } = command
    const removedLots = orders.int32[base + QUANTITY] - quantityLots
    const leavesLots = orders.int32[base + LEAVES] - removedLots
    const side = orders.side(order)
    this.events.replaced(order, command.ref, side, orders.int32[base + PRICE], quantityLots, leavesLots, true, 0)
    orders.int32[base + QUANTITY] = quantityLots
    if (removedLots === 0) return
    openOrders.countLots(order, -removedLots)
    openOrders.instrument = instrument
    const isWaiting = (orders.int32[base + KIND] & WAITING_AT_CLOSE) !== 0
    const book = isWaiting ? instrument.waitingAtClose() : instrument.book
    book.reduce(order, side, leavesLots)
  }

  /** A new price or more quantity: the order leaves the book and comes in again with its ref, id and slot. */
  private reenter(command: Command, order: number, instrument: Instrument): void {
    const { openOrders, matching } = this
    const { orders } = this.state.memory
    const base = order * ORDER_SIZE
    const { priceTicks, quantityLots } = command
    const leavesLots = quantityLots - (orders.int32[base + QUANTITY] - orders.int32[base + LEAVES])
    this.events.replaced(order, command.ref, orders.side(order), priceTicks, quantityLots, leavesLots, false, 0)
    const isWaiting = (orders.int32[base + KIND] & WAITING_AT_CLOSE) !== 0
    openOrders.takeOut(order)
    orders.int32[base + PRICE] = priceTicks
    orders.int32[base + QUANTITY] = quantityLots
    orders.int32[base + LEAVES] = leavesLots
    if (isWaiting) openOrders.waitForClose(order)
    else {
      matching.activate(order)
      matching.settle(instrument)
    }
  }

  /** A waiting stop keeps its place among the stops unless its stop price changes or its quantity grows. */
  private replaceStop(command: Command, order: number, instrument: Instrument): void {
    const { openOrders, matching } = this
    const { orders } = this.state.memory
    const base = order * ORDER_SIZE
    const terms = orders.int32[base + TERMS] * TERMS_SIZE
    const { quantityLots } = command
    const side = orders.side(order)
    const limitTicks = orders.orderType(order) === STOP ? 0 : command.priceTicks
    const stopTicks = this.stopPriceTicks(command, order)
    const leavesLots = quantityLots - (orders.int32[base + QUANTITY] - orders.int32[base + LEAVES])
    const removedLots = orders.int32[base + LEAVES] - leavesLots
    const keepsPlace = stopTicks === orders.int32[base + PRICE] && removedLots >= 0
    this.events.replaced(order, command.ref, side, limitTicks, quantityLots, leavesLots, keepsPlace, stopTicks)
    orders.terms.int32[terms + LIMIT_PRICE] = limitTicks
    orders.int32[base + QUANTITY] = quantityLots
    if (keepsPlace) {
      if (removedLots === 0) return
      openOrders.countLots(order, -removedLots)
      instrument.waitingStops().reduce(order, stopLadder(side), leavesLots)
      return
    }
    openOrders.takeOut(order)
    orders.int32[base + LEAVES] = leavesLots
    orders.int32[base + PRICE] = stopTicks
    orders.terms.int32[terms + STOP_PRICE] = stopTicks
    openOrders.waitForStop(order)
    matching.settle(instrument)
  }
}

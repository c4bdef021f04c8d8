/**
 * The trading phases of all instruments, and whatever else happens at a time of its own: scheduled changes, the end of
 * halts and auctions, orders that expire, the day that begins.
 *
 * An instrument has at most two timers: one for its next scheduled change, and one for the end of the halt or auction
 * that it is in. Whoever changes the phase from outside, the schedule or an admin, takes the second one away.
 */
import { enumerations } from '../../protocol/messages.ts'
import { orderLayout } from './book/order-pool.ts'
import { termsLayout } from './book/order-terms.ts'
import type { EventWriter } from './event-writer.ts'
import type { Instrument } from './instrument.ts'
import { nextChangeUs, nextMidnightUs, phaseAt } from './schedule.ts'
import type { ExchangeState } from './state.ts'
import { timerKind } from './timers.ts'

const { ORDER_SIZE, PRICE, TERMS } = orderLayout
const { TERMS_SIZE, TIMER } = termsLayout
const { closed, closingAuction, continuous, halted, openingAuction } = enumerations.phase
const { market } = enumerations.orderType
const { atClose, atOpen, day } = enumerations.timeInForce
const { auctionOver } = enumerations.cancelReason

const MICROSECONDS_PER_MS = 1_000

/** What phases do with open orders. */
export interface PhaseOrders {
  /** Open orders of an instrument that `isMeant` picks, waiting ones included, lowest order id first. */
  ordersOf(instrument: Instrument, isMeant: (order: number) => boolean): number[]
  /** Orders that wait for the closing auction, in the order in which they enter its book. */
  waitingAtClose(instrument: Instrument): number[]
  cancel(order: number, ref: number, reason: number): void
  expire(order: number): void
  /** Takes an order out of where it is, and puts one into its instrument's book. */
  takeOut(order: number): void
  rest(order: number): void
}

/** What phases let happen in the market. */
export interface PhaseMarket {
  /** Lets what crosses trade at the auction price. */
  uncross(instrument: Instrument): void
  lookAtStops(instrument: Instrument): void
}

export class Phases {
  private readonly state: ExchangeState
  private readonly events: EventWriter
  private readonly orders: PhaseOrders
  private readonly market: PhaseMarket

  constructor(state: ExchangeState, events: EventWriter, orders: PhaseOrders, market: PhaseMarket) {
    this.state = state
    this.events = events
    this.orders = orders
    this.market = market
  }

  /**
   * Lets the time of the exchange come to that of a command, and everything happen that is due by then. What is due
   * happens at its own time: what follows from it counts from there. Nothing but the time changes unless that has
   * reached `timers.nextDueUs`, which is 0 before the first command only.
   */
  advance(timeUs: number): void {
    const { state } = this
    const { timers } = state
    if (timers.nextDueUs === 0) timers.add(nextMidnightUs(timeUs), timerKind.dayBegins, 0)
    while (timers.takeDue(timeUs)) {
      state.timeUs = timers.dueUs
      this.happen(timers.kind, timers.subject)
    }
    state.timeUs = timeUs
  }

  /** An instrument was defined: a new one begins in its schedule's phase, another one stays in the phase it has. */
  defined(instrument: Instrument, isNew: boolean): void {
    const { timers, timeUs } = this.state
    const { schedule } = instrument
    if (isNew) {
      if (schedule.length > 0) instrument.setPhase(phaseAt(schedule, timeUs), timeUs)
      instrument.beginDay(timeUs)
    }
    if (instrument.scheduleTimer !== 0) timers.remove(instrument.scheduleTimer)
    instrument.scheduleTimer = 0
    if (schedule.length > 0) this.awaitChange(instrument)
    this.state.quotes.instrumentChanged(instrument.number)
  }

  /** An admin sets the phase. A halt lasts until an admin ends it, an opening auction as the definition says. */
  changeByAdmin(instrument: Instrument, phase: number): void {
    this.dropPhaseTimer(instrument)
    instrument.isHeldByAdmin = phase === halted
    this.enter(instrument, phase)
    if (phase === openingAuction) this.endIn(instrument, instrument.definition.auctionDurationMs)
  }

  /** An order that is done now would have traded outside the volatility bands. */
  haltForVolatility(instrument: Instrument): void {
    const { auctionDurationMs, haltDurationMs } = instrument.definition
    this.enter(instrument, halted)
    if (haltDurationMs > 0) this.endIn(instrument, haltDurationMs)
    else if (auctionDurationMs > 0) this.end(instrument)
    // No auction was announced since continuous trading, which has no at-open orders: every order may cause such a
    // halt, and is not to cost a walk over all others.
    else this.enter(instrument, continuous, false)
  }

  private happen(kind: number, subject: number): void {
    if (kind === timerKind.orderExpires) {
      const { orders } = this.state.memory
      // The timer is gone, and is not to be removed with the order.
      orders.terms.int32[orders.int32[subject * ORDER_SIZE + TERMS] * TERMS_SIZE + TIMER] = 0
      this.orders.expire(subject)
    } else if (kind === timerKind.dayBegins) {
      this.beginDay()
    } else {
      const instrument = this.state.instruments[subject]!
      if (kind === timerKind.phaseScheduled) this.changeBySchedule(instrument)
      else {
        instrument.phaseTimer = 0
        this.end(instrument)
      }
    }
  }

  private beginDay(): void {
    const { instruments, quotes, timers, timeUs, valuation } = this.state
    timers.add(nextMidnightUs(timeUs), timerKind.dayBegins, 0)
    for (const instrument of instruments) {
      if (instrument !== undefined && instrument.schedule.length === 0) this.expireDayOrders(instrument)
    }
    for (const instrument of instruments) instrument?.beginDay(timeUs)
    valuation.beginDay(timeUs)
    quotes.beginDay()
  }

  private changeBySchedule(instrument: Instrument): void {
    this.awaitChange(instrument)
    if (instrument.isHeldByAdmin) return
    this.dropPhaseTimer(instrument)
    this.enter(instrument, phaseAt(instrument.schedule, this.state.timeUs))
  }

  /** The end of a volatility halt, or of an opening auction that the schedule did not begin. */
  private end(instrument: Instrument): void {
    const { auctionDurationMs } = instrument.definition
    if (instrument.phase === halted && auctionDurationMs > 0) {
      this.enter(instrument, openingAuction)
      this.endIn(instrument, auctionDurationMs)
    } else this.enter(instrument, continuous)
  }

  /**
   * Enters a phase. The order of what happens is a rule of the market.
   *
   * @param mayEndAuction false if no order can be open that takes part in an auction only
   */
  private enter(instrument: Instrument, phase: number, mayEndAuction = true): void {
    const before = instrument.phase
    if (phase === before) return
    if (phase === continuous || (phase === closed && before === closingAuction)) this.market.uncross(instrument)
    if (mayEndAuction && (phase === continuous || phase === closingAuction || phase === closed)) {
      this.cancelAuctionOrders(instrument, phase === closed)
    }
    instrument.setPhase(phase, this.state.timeUs)
    this.state.quotes.instrumentChanged(instrument.number)
    this.events.phaseChanged(instrument.number, phase)
    if (phase === closingAuction) this.enterWaitingAtClose(instrument)
    else if (phase === closed) this.expireDayOrders(instrument)
    else if (phase === continuous) this.market.lookAtStops(instrument)
  }

  private cancelAuctionOrders(instrument: Instrument, isClosing: boolean): void {
    const pool = this.state.memory.orders
    const isOver = (order: number) => {
      const timeInForce = pool.timeInForce(order)
      return timeInForce === atOpen || (isClosing && timeInForce === atClose)
    }
    for (const order of this.orders.ordersOf(instrument, isOver)) this.orders.cancel(order, 0, auctionOver)
  }

  private enterWaitingAtClose(instrument: Instrument): void {
    const pool = this.state.memory.orders
    for (const order of this.orders.waitingAtClose(instrument)) {
      this.orders.takeOut(order)
      // What the price band allowed when it was accepted may be far from where the market is now.
      if (pool.orderType(order) === market) {
        pool.int32[order * ORDER_SIZE + PRICE] = instrument.worstPriceTicks(pool.side(order))
      }
      this.orders.rest(order)
    }
  }

  private expireDayOrders(instrument: Instrument): void {
    const pool = this.state.memory.orders
    const isOver = (order: number) => pool.timeInForce(order) === day
    for (const order of this.orders.ordersOf(instrument, isOver)) this.orders.expire(order)
  }

  /** Sets the timer of the schedule's next change. */
  private awaitChange(instrument: Instrument): void {
    const dueUs = nextChangeUs(instrument.schedule, this.state.timeUs)
    instrument.scheduleTimer = this.state.timers.add(dueUs, timerKind.phaseScheduled, instrument.number)
  }

  /** The phase that an instrument is in ends after this time; after 0 it does not end by itself. */
  private endIn(instrument: Instrument, durationMs: number): void {
    if (durationMs === 0) return
    const dueUs = this.state.timeUs + durationMs * MICROSECONDS_PER_MS
    instrument.phaseTimer = this.state.timers.add(dueUs, timerKind.phaseEnds, instrument.number)
  }

  /** The phase that an instrument is in will not end by itself. */
  private dropPhaseTimer(instrument: Instrument): void {
    if (instrument.phaseTimer !== 0) this.state.timers.remove(instrument.phaseTimer)
    instrument.phaseTimer = 0
  }
}

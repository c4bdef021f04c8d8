/**
 * The whole exchange as a model: the same commands in and the same event records out as `Exchange`, by the shortest way
 * that can be read and believed. Written from engine/core/README.md, one file for each part of it; how orders match is
 * in engine/core/book/naive-book.ts. This file is the front door, and what is due at a time.
 */
import { NaiveBook } from '../../engine/core/book/naive-book.ts'
import type { BookListener } from '../../engine/core/book/naive-order.ts'
import { type Command, commandType, type EventBuffer, eventType } from '../../engine/core/index.ts'
import { enumerations } from '../../protocol/messages.ts'
import type { Reject } from './naive-checks.ts'
import { control } from './naive-control.ts'
import { carryOut } from './naive-orders.ts'
import { thaw } from './naive-protection.ts'
import { NaiveQueries } from './naive-queries.ts'
import { massQuote } from './naive-quotes.ts'
import { equity, revalue } from './naive-risk.ts'
import { dayUs, lastChange, nextChange, startOfDayUs } from './naive-schedule.ts'
import type { Market, OpenOrder } from './naive-state.ts'
import { cancel, forget, tellCancelled, tellReduced, trade } from './naive-trades.ts'
import { enterPhase, expireDayOrders } from './naive-trading.ts'
import type { Control, Definition, ExchangeSurface, InstrumentDefinition, ParticipantDefinition } from './surface.ts'

const { side, errorCode, field, selfTradePrevention } = enumerations

export class NaiveExchange extends NaiveQueries implements ExchangeSurface {
  apply(command: Command, out: EventBuffer): void {
    this.begin(command.sequence, command.timeUs, out)
    this.answer(command.session, command.ref, () =>
      command.type === commandType.massQuote ? massQuote(this.state, command) : carryOut(this.state, command),
    )
  }

  applyControl(message: Control, sequence: number, timeUs: number, session: number, out: EventBuffer): void {
    this.begin(sequence, timeUs, out)
    const { ref } = message
    this.answer(session, ref, () => {
      const rejected = control(this.state, message, session)
      if (!rejected) this.state.send(session, { type: eventType.carriedOut, ref })
      return rejected
    })
  }

  applyDefinition(definition: Definition, sequence: number, timeUs: number, session: number, out: EventBuffer): void {
    this.begin(sequence, timeUs, out)
    const { sessions } = this.state
    switch (definition.type) {
      case 'timeAdvanced':
        return
      case 'instrumentDefined':
        for (const row of definition.instruments) this.defineInstrument(row)
        return
      case 'participantDefined': {
        const { type: _, ...terms } = definition
        this.defineParticipant(terms)
        return
      }
      case 'sessionDefined': {
        const { type: _, ...named } = definition
        const head = { ...named, selfTradePrevention: selfTradePrevention[named.selfTradePrevention] }
        const counters = { lastRef: 0, nextEvent: 1, connected: false, cancelOnDisconnect: false }
        sessions[head.session] = { ...counters, ...sessions[head.session], ...head }
        return
      }
      case 'sessionConnected':
        Object.assign(sessions[session], { connected: true, cancelOnDisconnect: definition.cancelOnDisconnect })
        return
      case 'sessionDisconnected':
        sessions[session].connected = false
        if (!sessions[session].cancelOnDisconnect) return
        for (const order of this.state.ordersOf(session)) cancel(this.state, order, 'disconnected')
    }
  }

  /** Lets happen what is due, earliest first; then it is the time of the command. */
  private begin(sequence: number, timeUs: number, out: EventBuffer): void {
    const { state } = this
    if (state.sequence === 0) this.awaitMidnight(timeUs)
    Object.assign(state, { sequence, out, commandTimeUs: timeUs })
    for (let due = state.timers.earliest; due && due.timeUs <= timeUs; due = state.timers.earliest) {
      this.passTime(due.timeUs)
      state.timers.drop(due)
      due.action()
    }
    this.passTime(timeUs)
  }

  /** A command of a session is carried out once, and answered. */
  private answer(session: number, ref: number, carryOutCommand: () => Reject | undefined): void {
    const { state } = this
    const { lastRef } = state.sessions[session]
    if (ref <= lastRef) {
      state.write({ type: eventType.duplicateRef, session, ref, detail3: lastRef })
      return
    }
    state.sessions[session].lastRef = ref
    const rejected = carryOutCommand()
    if (!rejected) return
    const { code, bound } = rejected
    const detail = { detail1: errorCode[code], detail2: field[rejected.field], detail3: bound }
    state.send(session, { type: eventType.rejected, ref, ...detail })
  }

  /** Counts continuous trading and for each quote how long it was as its obligation asks, and thaws what is to thaw. */
  private passTime(timeUs: number): void {
    const { state } = this
    const passedUs = timeUs - state.timeUs
    for (const market of state.allMarkets) if (market.phase === 'continuous') market.tradingUs += passedUs
    for (const obligation of state.obligations) if (this.isMet(obligation)) obligation.metUs += passedUs
    for (const protection of state.protections) {
      if (protection.thawTimeUs > 0 && protection.thawTimeUs <= timeUs) thaw(protection)
    }
    state.timeUs = timeUs
  }

  private awaitMidnight(timeUs: number): void {
    const midnightUs = startOfDayUs(timeUs) + dayUs
    this.state.timers.set(midnightUs, () => {
      this.awaitMidnight(midnightUs)
      this.beginDay()
    })
  }

  private beginDay(): void {
    const { state } = this
    for (const market of state.allMarkets) {
      if (market.definition.schedule === '') expireDayOrders(state, market)
      market.tradingUs = 0
    }
    for (const { terms } of state.participants.filter((one) => one !== undefined)) {
      revalue(state, terms.participant)
      state.participants[terms.participant].dayStartEquityMinor = Number(equity(state, terms.participant))
    }
    for (const obligation of state.obligations) obligation.metUs = 0
  }

  private defineInstrument(definition: InstrumentDefinition): void {
    const { state } = this
    state.markets[definition.instrument] ??= this.marketOf(definition)
    const market = state.markets[definition.instrument]
    market.definition = definition
    this.awaitScheduledChange(market)
  }

  private marketOf(definition: InstrumentDefinition): Market {
    return {
      definition,
      book: new NaiveBook(this.listenerOf(definition.instrument)),
      phase: lastChange(definition.schedule, this.state.timeUs)?.phase ?? 'continuous',
      isHaltedByAdmin: false,
      ...{ lastPriceTicks: 0, auctionPriceTicks: 0, tradeCount: 0, volumeLots: 0, commandCount: 0, tradingUs: 0 },
      phaseTimer: undefined,
      scheduleTimer: undefined,
    }
  }

  private awaitScheduledChange(market: Market): void {
    const { state } = this
    state.timers.drop(market.scheduleTimer)
    const next = nextChange(market.definition.schedule, state.timeUs)
    market.scheduleTimer =
      next &&
      state.timers.set(next.timeUs, () => {
        this.awaitScheduledChange(market)
        if (!market.isHaltedByAdmin) enterPhase(state, market, next.phase, 'schedule')
      })
  }

  /** A limit that an admin changed stays so until the definition of it changes. */
  private defineParticipant(configured: ParticipantDefinition): void {
    const { participants } = this.state
    const known = participants[configured.participant]
    if (known) {
      for (const name of Object.keys(configured) as (keyof ParticipantDefinition)[]) {
        const isNew = configured[name] !== known.configured[name]
        if (isNew) known.terms = { ...known.terms, [name]: configured[name] }
      }
      known.configured = configured
      return
    }
    participants[configured.participant] = {
      ...{ terms: configured, configured },
      ...{ isBlocked: false, revaluedUs: 0, dayStartEquityMinor: 0 },
      second: { beginUs: 0, messageCount: 0 },
      repetition: { order: '', beginUs: 0, count: 0 },
    }
  }

  /** What a book tells. Only this exchange puts orders into its books, and all of them are open orders of a session. */
  private listenerOf(instrument: number): BookListener {
    const { state } = this
    return {
      traded: (what) => trade(state, what),
      cancelled: (order, reason) => {
        tellCancelled(state, order as OpenOrder, reason)
        forget(state, order as OpenOrder)
      },
      reduced: (order, byLots) => tellReduced(state, order as OpenOrder, byLots, 'selfTrade'),
      levelChanged: (of, priceTicks) => {
        const level = this.levels(instrument, side[of]).find((one) => one.priceTicks === priceTicks)
        const { quantityLots = 0, orderCount = 0 } = level ?? {}
        const told = { instrument, side: side[of], priceTicks, quantityLots, detail1: orderCount }
        state.write({ type: eventType.levelChanged, ...told })
      },
    }
  }
}

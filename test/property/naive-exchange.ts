/**
 * The whole exchange as a model: the same commands in and the same event records out as `Exchange`, by the shortest way
 * that can be read and believed. What it knows is in naive-state.ts, which orders it takes in naive-checks.ts, and how
 * orders match in engine/core/book/naive-book.ts.
 */
import { type CancelReason, NaiveBook, type Outcome } from '../../engine/core/book/naive-book.ts'
import { type Command, commandType, type EventBuffer, eventType } from '../../engine/core/index.ts'
import { enumerations, type OrderType, type Side, type TimeInForce } from '../../protocol/messages.ts'
import { checkKind, checkNewOrder, checkReplacement, type Reject, reject, worstPriceTicks } from './naive-checks.ts'
import { type EventRecord, writeRecord } from './naive-records.ts'
import { NaiveState, type OpenOrder, type Session } from './naive-state.ts'
import type { Definition, ExchangeSurface, InstrumentDefinition } from './surface.ts'

const { side, orderType, timeInForce, liquidity, cancelReason, errorCode, field } = enumerations

/** Cancellations that no command asked for. */
const unsolicited: readonly CancelReason[] = ['immediateOrCancel', 'fillOrKill', 'selfTrade', 'disconnected']

export class NaiveExchange extends NaiveState implements ExchangeSurface {
  private lastOrderId = 0
  private lastTradeId = 0
  private out!: EventBuffer

  apply(command: Command, out: EventBuffer): void {
    this.begin(command.sequence, command.timeUs, out)
    const session = this.sessions[command.session]
    if (command.ref <= session.lastRef) {
      const about = { session: command.session, ref: command.ref, detail3: session.lastRef }
      this.write({ type: eventType.duplicateRef, ...about })
      return
    }
    session.lastRef = command.ref
    const rejected = this.carryOut(command, session)
    if (!rejected) return
    this.send(session.session, {
      type: eventType.rejected,
      ref: command.ref,
      detail1: errorCode[rejected.code],
      detail2: field[rejected.field],
      detail3: rejected.bound,
    })
  }

  applyDefinition(definition: Definition, sequence: number, timeUs: number, session: number, out: EventBuffer): void {
    this.begin(sequence, timeUs, out)
    switch (definition.type) {
      case 'instrumentDefined':
        for (const row of definition.instruments) this.defineInstrument(row)
        return
      case 'participantDefined': {
        const { type: _, ...participant } = definition
        this.participants[participant.participant] = participant
        return
      }
      case 'sessionDefined': {
        const { type: _, ...head } = definition
        const counters = { lastRef: 0, nextEvent: 1, connected: false, cancelOnDisconnect: true }
        this.sessions[head.session] = { ...head, ...counters }
        return
      }
      case 'sessionConnected':
        this.sessions[session].connected = true
        this.sessions[session].cancelOnDisconnect = definition.cancelOnDisconnect
        return
      case 'sessionDisconnected':
        this.sessions[session].connected = false
        if (!this.sessions[session].cancelOnDisconnect) return
        for (const order of this.ordersOf(session)) this.cancel(order, 0, 'disconnected')
    }
  }

  private carryOut(command: Command, session: Session): Reject | undefined {
    if (command.type === commandType.newOrder) return this.newOrder(command, session)
    if (command.type === commandType.massCancel) return this.massCancel(command)
    const order = this.ordersOf(command.session).find(({ ref }) => ref === command.orderRef)
    if (!order) return reject('unknownOrder', 'orderRef')
    this.markets[order.instrument].commandCount += 1
    if (command.type === commandType.replaceOrder) return this.replaceOrder(command, order)
    this.cancel(order, command.ref, 'requested')
    return undefined
  }

  private newOrder(command: Command, session: Session): Reject | undefined {
    const market = this.markets[command.instrument]
    if (!market) return reject('unknownInstrument', 'instrument')
    market.commandCount += 1
    const invalid = checkKind(command)
    if (invalid) return invalid
    const orderSide = nameOf(side, command.side) as Side
    const at = this.circumstances(command.instrument, session.participant, orderSide)
    const isMarket = command.orderType === orderType.market
    const priceTicks = isMarket ? worstPriceTicks(command.side, at) : command.priceTicks
    const broken = checkNewOrder(command, priceTicks, at)
    if (broken) return broken
    const order: OpenOrder = {
      orderId: this.lastOrderId + 1,
      owner: session.participant,
      session: session.session,
      ref: command.ref,
      instrument: command.instrument,
      side: orderSide,
      orderType: nameOf(orderType, command.orderType) as OrderType,
      timeInForce: nameOf(timeInForce, command.timeInForce) as TimeInForce,
      priceTicks,
      quantityLots: command.quantityLots,
      leavesLots: command.quantityLots,
    }
    const outcomes = market.book.submit(order)
    if (outcomes[0]?.kind === 'postOnlyWouldTrade') return postOnlyWouldTrade(outcomes[0].bestOppositeTicks)
    this.lastOrderId += 1
    this.sendOf(order, {
      type: eventType.accepted,
      ref: order.ref,
      priceTicks,
      quantityLots: order.quantityLots,
      leavesLots: order.quantityLots,
      detail1: command.orderType,
      detail2: command.timeInForce,
    })
    this.report(order, outcomes, 0)
    return undefined
  }

  private replaceOrder(command: Command, order: OpenOrder): Reject | undefined {
    const at = this.circumstances(order.instrument, order.owner, order.side)
    const broken = checkReplacement(command, order, at)
    if (broken) return broken
    const outcomes = this.markets[order.instrument].book.replace(order, command.priceTicks, command.quantityLots)
    if (outcomes[0].kind === 'postOnlyWouldTrade') return postOnlyWouldTrade(outcomes[0].bestOppositeTicks)
    this.report(order, outcomes, command.ref)
    return undefined
  }

  private massCancel(command: Command): Reject | undefined {
    if (command.instrument !== 0 && !this.markets[command.instrument]) return reject('unknownInstrument', 'instrument')
    if (nameOf(side, command.side) === undefined) return reject('invalidSide', 'side')
    const orders = this.ordersOf(command.session)
      .filter((order) => command.instrument === 0 || order.instrument === command.instrument)
      .filter((order) => command.side === side.any || side[order.side] === command.side)
    for (const order of orders) this.cancel(order, command.ref, 'massCancel')
    this.send(command.session, { type: eventType.massCancelled, ref: command.ref, detail1: orders.length })
    return undefined
  }

  private cancel(order: OpenOrder, ref: number, reason: CancelReason): void {
    this.report(order, this.markets[order.instrument].book.cancel(order, reason), ref)
  }

  /** Books and reports what matching did with an order. `ref` is the command's that asked for a change or cancellation. */
  private report(order: OpenOrder, outcomes: Outcome[], ref: number): void {
    for (const outcome of outcomes) {
      switch (outcome.kind) {
        case 'filled':
          this.reportFill(order, outcome.maker as OpenOrder, outcome)
          break
        case 'replaced':
          this.sendOf(order, {
            type: eventType.replaced,
            ref,
            priceTicks: order.priceTicks,
            quantityLots: order.quantityLots,
            leavesLots: outcome.leavesLots,
            detail1: outcome.priorityKept ? 1 : 0,
          })
          break
        case 'cancelled':
          this.sendOf(order, {
            type: eventType.cancelled,
            ref: unsolicited.includes(outcome.reason) ? 0 : ref,
            priceTicks: order.priceTicks,
            quantityLots: outcome.quantityLots,
            detail1: cancelReason[outcome.reason],
          })
          this.close(order)
          break
        case 'rested':
          if (!this.openOrders.includes(order)) this.openOrders.push(order)
          break
        case 'levelChanged': {
          const { priceTicks, quantityLots, orderCount } = outcome
          const level = { instrument: order.instrument, side: side[outcome.side], priceTicks, quantityLots }
          this.write({ type: eventType.levelChanged, ...level, detail1: orderCount })
        }
      }
    }
  }

  private reportFill(taker: OpenOrder, maker: OpenOrder, fill: Outcome & { kind: 'filled' }): void {
    const market = this.markets[taker.instrument]
    const { quantityLots } = fill
    const { priceTicks } = maker
    this.lastTradeId += 1
    market.lastPriceTicks = priceTicks
    market.tradeCount += 1
    market.volumeLots += quantityLots
    const trade = { priceTicks, quantityLots }
    const about = { instrument: taker.instrument, side: side[taker.side], detail1: this.lastTradeId }
    this.write({ type: eventType.traded, ...about, ...trade })
    for (const [order, role, leavesLots] of [
      [maker, 'maker', fill.makerLeavesLots],
      [taker, 'taker', fill.leavesLots],
    ] as const) {
      const feeMinor = this.settle(order, role, priceTicks, quantityLots)
      const detail = { detail1: liquidity[role], detail2: this.lastTradeId, detail3: feeMinor }
      this.sendOf(order, { type: eventType.filled, ...trade, leavesLots, ...detail })
      if (leavesLots === 0) this.close(order)
    }
  }

  /** Books one side of a trade. @returns the fee in minor units */
  private settle(order: OpenOrder, role: 'maker' | 'taker', priceTicks: number, quantityLots: number): number {
    const { tickValueMinor, makerFeeRate, takerFeeRate } = this.definitions[order.instrument]
    const notionalMinor = priceTicks * quantityLots * tickValueMinor
    const feeMinor = feeOf(notionalMinor, role === 'maker' ? makerFeeRate : takerFeeRate)
    const sign = order.side === 'buy' ? 1 : -1
    const account = this.account(order.owner, order.instrument)
    account.positionLots += sign * quantityLots
    account.cashMinor -= sign * notionalMinor + feeMinor
    account.feesMinor += feeMinor
    return feeMinor
  }

  private close(order: OpenOrder): void {
    this.openOrders = this.openOrders.filter((other) => other !== order)
  }

  private defineInstrument(definition: InstrumentDefinition): void {
    this.definitions[definition.instrument] = definition
    const counters = { lastPriceTicks: 0, tradeCount: 0, volumeLots: 0, commandCount: 0 }
    this.markets[definition.instrument] ??= { book: new NaiveBook(), ...counters }
  }

  private begin(sequence: number, timeUs: number, out: EventBuffer): void {
    this.sequence = sequence
    this.timeUs = timeUs
    this.out = out
  }

  /** An event about an order, to the session that sent it. */
  private sendOf(order: OpenOrder, record: EventRecord): void {
    const { ref: orderRef, orderId, instrument } = order
    this.send(order.session, { orderRef, orderId, instrument, side: side[order.side], ...record })
  }

  private send(session: number, record: EventRecord): void {
    const eventNumber = this.sessions[session].nextEvent
    this.sessions[session].nextEvent += 1
    this.write({ session, eventNumber, ...record })
  }

  private write(record: EventRecord): void {
    writeRecord(this.out, { sequence: this.sequence, timeUs: this.timeUs, ...record })
  }
}

/** Rate in millionths, rounded half up, exact. */
function feeOf(notionalMinor: number, rate: number): number {
  const halves = 2n * BigInt(notionalMinor) * BigInt(rate) + 1_000_000n
  const quotient = halves / 2_000_000n
  const isBelowQuotient = halves % 2_000_000n < 0n
  return Number(isBelowQuotient ? quotient - 1n : quotient)
}

function nameOf(enumeration: Readonly<Record<string, number>>, value: number): string | undefined {
  return Object.keys(enumeration).find((name) => enumeration[name] === value)
}

function postOnlyWouldTrade(bestOppositeTicks: number): Reject {
  return reject('postOnlyWouldTrade', 'priceTicks', bestOppositeTicks)
}

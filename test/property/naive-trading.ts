/**
 * What makes an instrument trade: orders that come in, stops that trigger, phases that begin. Each of them can lead to
 * the others: a trade triggers a stop, which halts the instrument, which reopens with an auction.
 */

import { uncross } from '../../engine/core/book/naive-auction.ts'
import { fillableLots } from '../../engine/core/book/naive-fillable.ts'
import { bothSides } from '../../engine/core/book/naive-order.ts'
import { eventType } from '../../engine/core/index.ts'
import { enumerations, type Side } from '../../protocol/messages.ts'
import { isReached, priceBand, volatilityRange, worstPriceTicks } from './naive-prices.ts'
import { markOf, reduceOnlyOrders, reducibleLots } from './naive-risk.ts'
import type { Market, NaiveState, OpenOrder } from './naive-state.ts'
import { cancel, expire, tellReduced } from './naive-trades.ts'
import type { Phase } from './surface.ts'

const { phase: phases } = enumerations

/** Why a phase begins: an admin wants it, the schedule says so, or a volatility halt or auction takes its course. */
export type PhaseCause = 'admin' | 'schedule' | 'volatility'

/** An accepted order comes in and does all that it can; then stops are looked at. */
export function comeIn(state: NaiveState, order: OpenOrder): void {
  const market = state.market(order)
  if (order.stopPriceTicks > 0) {
    const reached = market.phase === 'continuous' && isReached(order.side, order.stopPriceTicks, market)
    if (reached) trigger(state, order)
    else waitForStop(state, order)
  } else if (order.timeInForce === 'atClose' && order.place !== 'book' && market.phase !== 'closingAuction') {
    order.place = 'untilClose'
    state.untilClose = [...state.untilClose.filter((other) => other !== order), order]
  } else {
    enter(state, order)
  }
  lookAtStops(state, market)
}

/** Matches, where there is matching, and rests or is cancelled. */
function enter(state: NaiveState, order: OpenOrder): void {
  const market = state.market(order)
  const { book } = market
  const isFillOrKill = order.timeInForce === 'fillOrKill'
  let isOutsideBands = false
  if (market.phase === 'continuous') {
    const range = volatilityRange(market)
    if (isFillOrKill && fillableLots(order, book, range) < order.leavesLots) {
      cancel(state, order, 'fillOrKill')
      return
    }
    isOutsideBands = book.match(order, range) && !isFillOrKill
    for (const act of state.afterMatch.splice(0)) act()
  }
  if (order.leavesLots > 0) {
    if (order.timeInForce !== 'immediateOrCancel') restInBook(state, order)
    else cancel(state, order, isOutsideBands ? 'halted' : 'immediateOrCancel')
  }
  if (isOutsideBands) enterPhase(state, market, 'halted', 'volatility')
}

function restInBook(state: NaiveState, order: OpenOrder): void {
  order.place = 'book'
  state.market(order).book.rest(order)
}

// ── stops ───────────────────────────────────────────────────────────────────────────────────────────────────────────

function waitForStop(state: NaiveState, order: OpenOrder): void {
  order.place = 'stops'
  state.stops = [...state.stops.filter((other) => other !== order), order]
}

/** Waiting stops of a side in the order in which they would trigger. */
export function stopsInOrder(state: NaiveState, instrument: number, of: Side): OpenOrder[] {
  const sign = of === 'buy' ? 1 : -1
  return state.stops
    .filter((order) => order.instrument === instrument && order.side === of)
    .toSorted((one, other) => sign * (one.stopPriceTicks - other.stopPriceTicks))
}

function lookAtStops(state: NaiveState, market: Market): void {
  while (market.phase === 'continuous') {
    const inOrder = bothSides.flatMap((of) => stopsInOrder(state, market.definition.instrument, of))
    const next = inOrder.find((order) => isReached(order.side, order.stopPriceTicks, market))
    if (!next) return
    trigger(state, next)
  }
}

/** A stop becomes a market order, a stop-limit order a limit order. */
function trigger(state: NaiveState, order: OpenOrder): void {
  const market = state.market(order)
  state.stops = state.stops.filter((other) => other !== order)
  order.place = 'entering'
  order.stopPriceTicks = 0
  if (order.orderType === 'stop') {
    order.priceTicks = worstPriceTicks(market, order.side)
    order.timeInForce = 'immediateOrCancel'
  }
  order.orderType = order.orderType === 'stop' ? 'market' : 'limit'
  state.sendOf(order, { type: eventType.triggered, quantityLots: order.quantityLots, leavesLots: order.leavesLots })
  const { lowest, highest } = priceBand(market)
  if (order.orderType === 'limit' && (order.priceTicks < lowest || order.priceTicks > highest)) {
    cancel(state, order, 'priceBand')
    return
  }
  if (order.reduceOnly) lower(state, order)
  if (order.leavesLots > 0) enter(state, order)
}

/** Makes a reduce-only order as small as what the position leaves it. */
function lower(state: NaiveState, order: OpenOrder): void {
  const { owner, instrument, leavesLots } = order
  const others = reduceOnlyOrders(state, owner, instrument, order.side).filter((other) => other !== order)
  const othersLots = others.reduce((sum, other) => sum + other.leavesLots, 0)
  const lots = Math.min(leavesLots, reducibleLots(state, owner, instrument, order.side) - othersLots)
  if (lots <= 0) {
    cancel(state, order, 'reduceOnly')
  } else if (lots < leavesLots) {
    state.market(order).book.reduce(order, leavesLots - lots)
    tellReduced(state, order, leavesLots - lots, 'reduceOnly')
  }
}

// ── phases ──────────────────────────────────────────────────────────────────────────────────────────────────────────

export function enterPhase(state: NaiveState, market: Market, phase: Phase, cause: PhaseCause): void {
  const { instrument } = market.definition
  state.timers.drop(market.phaseTimer)
  if (phase === market.phase) {
    hold(state, market, cause)
    return
  }
  const isAuctionOver = phase === 'continuous' || (phase === 'closed' && market.phase === 'closingAuction')
  if (isAuctionOver) {
    market.auctionPriceTicks = uncross(market.book, () => markOf(market)) ?? market.auctionPriceTicks
  }
  const over = { continuous: ['atOpen'], closingAuction: ['atOpen'], closed: ['atOpen', 'atClose'] } as const
  for (const order of state.ordersIn(instrument)) {
    const isOver = phase in over && over[phase as keyof typeof over].some((inForce) => inForce === order.timeInForce)
    if (isOver) cancel(state, order, 'auctionOver')
  }
  market.phase = phase
  state.write({ type: eventType.phaseChanged, instrument, detail1: phases[phase] })
  if (phase === 'closingAuction') {
    for (const order of untilCloseInOrder(state, instrument)) {
      if (order.orderType === 'market') order.priceTicks = worstPriceTicks(market, order.side)
      restInBook(state, order)
    }
  }
  if (phase === 'closed') expireDayOrders(state, market)
  hold(state, market, cause)
  lookAtStops(state, market)
}

/** How long the phase lasts: volatility halts and opening auctions that the schedule did not begin end themselves. */
function hold(state: NaiveState, market: Market, cause: PhaseCause): void {
  const { haltDurationMs, auctionDurationMs } = market.definition
  market.isHaltedByAdmin = market.phase === 'halted' && cause === 'admin'
  const goOn = () => {
    const isAuctionNext = market.phase === 'halted' && market.definition.auctionDurationMs > 0
    enterPhase(state, market, isAuctionNext ? 'openingAuction' : 'continuous', 'volatility')
  }
  if (market.phase === 'halted' && cause === 'volatility') {
    if (haltDurationMs === 0) goOn()
    else market.phaseTimer = state.timers.set(state.timeUs + haltDurationMs * 1_000, goOn)
  } else if (market.phase === 'openingAuction' && cause !== 'schedule' && auctionDurationMs > 0) {
    market.phaseTimer = state.timers.set(state.timeUs + auctionDurationMs * 1_000, goOn)
  }
}

/** Orders that wait for the closing auction: buys, then sells, by price, then in the order in which they came to it. */
function untilCloseInOrder(state: NaiveState, instrument: number): OpenOrder[] {
  const waiting = state.untilClose.filter((order) => order.place === 'untilClose' && order.instrument === instrument)
  return bothSides.flatMap((of) => {
    const sign = of === 'buy' ? -1 : 1
    const ofSide = waiting.filter((order) => order.side === of)
    return ofSide.toSorted((one, other) => sign * (one.priceTicks - other.priceTicks))
  })
}

export function expireDayOrders(state: NaiveState, market: Market): void {
  for (const order of state.ordersIn(market.definition.instrument)) {
    if (order.timeInForce === 'day') expire(state, order)
  }
}

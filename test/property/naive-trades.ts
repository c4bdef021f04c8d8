/** What happens to orders that are in the market: they trade, become smaller, are cancelled, expire. */

import { type BookOrder, bothSides, type CancelReason, type Trade } from '../../engine/core/book/naive-order.ts'
import { eventType } from '../../engine/core/index.ts'
import { enumerations } from '../../protocol/messages.ts'
import { bookFill, feeOf } from './naive-ledger.ts'
import { isTriggered, type Protection } from './naive-protection.ts'
import { reduceOnlyOrders, reducibleLots } from './naive-risk.ts'
import type { Account, NaiveState, OpenOrder } from './naive-state.ts'

const { side, liquidity, cancelReason } = enumerations

/** @param ref of the command that asked for it */
export function cancel(state: NaiveState, order: OpenOrder, reason: CancelReason, ref = 0): void {
  tellCancelled(state, order, reason, ref)
  leave(state, order)
}

/** What is told of a cancellation, while the order is still there. */
export function tellCancelled(state: NaiveState, order: OpenOrder, reason: CancelReason, ref = 0): void {
  const quantityLots = order.leavesLots
  state.sendOf(order, { type: eventType.cancelled, ref, quantityLots, detail1: cancelReason[reason] })
}

export function expire(state: NaiveState, order: OpenOrder): void {
  state.sendOf(order, { type: eventType.expired, quantityLots: order.leavesLots })
  leave(state, order)
}

/** Takes an order out of wherever it is. */
export function leave(state: NaiveState, order: OpenOrder): void {
  const { book } = state.market(order)
  forget(state, order)
  if (book.has(order)) book.remove(order)
}

/** Drops an order that is gone from all lists but the book's, which drops it itself. */
export function forget(state: NaiveState, order: OpenOrder): void {
  order.leavesLots = 0
  state.timers.drop(order.expiry)
  state.openOrders = state.openOrders.filter((other) => other !== order)
  state.stops = state.stops.filter((other) => other !== order)
  state.untilClose = state.untilClose.filter((other) => other !== order)
}

export function tellReduced(state: NaiveState, order: OpenOrder, byLots: number, reason: CancelReason): void {
  const { leavesLots } = order
  state.sendOf(order, { type: eventType.reduced, quantityLots: byLots, leavesLots, detail1: cancelReason[reason] })
}

/** Books and tells a trade, and does what it causes. */
export function trade(state: NaiveState, { resting, incoming, aggressor, priceTicks, quantityLots }: Trade): void {
  const orders = [resting, incoming].map((order: BookOrder) => order as OpenOrder)
  const market = state.market(orders[0])
  state.lastTradeId += 1
  market.lastPriceTicks = priceTicks
  market.tradeCount += 1
  market.volumeLots += quantityLots
  const { instrument } = market.definition
  const told = { instrument, side: side[aggressor], priceTicks, quantityLots, detail1: state.lastTradeId }
  state.write({ type: eventType.traded, ...told })

  // Maker before taker; in an auction buyer before seller.
  const first = orders.find((order) => (aggressor === 'any' ? order.side === 'buy' : order === resting))
  if (first !== orders[0]) orders.reverse()
  for (const order of orders) {
    const role = order !== resting ? 'taker' : 'maker'
    fill(state, order, aggressor === 'any' ? 'auction' : role, priceTicks, quantityLots)
  }
  for (const order of orders) if (order.leavesLots === 0) forget(state, order)
  for (const order of orders) keepReducing(state, order.owner, order.instrument)
  // The fills of an order that trades whole or not at all are one match.
  const isOneMatch = aggressor !== 'any' && incoming.timeInForce === 'fillOrKill'
  for (const order of orders) {
    if (!order.isQuote || !countFill(state, order, priceTicks, quantityLots)) continue
    if (isOneMatch) state.afterMatch.push(() => pullQuotes(state, order))
    else pullQuotes(state, order)
  }
}

/** Books and tells one side of a trade. */
function fill(
  state: NaiveState,
  order: OpenOrder,
  role: keyof typeof liquidity,
  priceTicks: number,
  quantityLots: number,
): void {
  const { tickValueMinor, makerFeeRate, takerFeeRate } = state.market(order).definition
  const priceMinor = priceTicks * tickValueMinor
  const feeMinor = feeOf(quantityLots * priceMinor, role === 'maker' ? makerFeeRate : takerFeeRate)
  bookFill(accountOf(state, order), { side: order.side, quantityLots, priceMinor, feeMinor })
  const detail = { detail1: liquidity[role], detail2: state.lastTradeId, detail3: feeMinor }
  state.sendOf(order, { type: eventType.filled, priceTicks, quantityLots, leavesLots: order.leavesLots, ...detail })
}

/** Cancels reduce-only orders, newest first, until the position is large enough for the rest. */
function keepReducing(state: NaiveState, owner: number, instrument: number): void {
  for (const orderSide of bothSides) {
    const orders = reduceOnlyOrders(state, owner, instrument, orderSide)
    const sum = () => orders.reduce((lots, order) => lots + order.leavesLots, 0)
    while (sum() > reducibleLots(state, owner, instrument, orderSide)) cancel(state, orders.pop()!, 'reduceOnly')
  }
}

/** Counts a quote's fill. @returns whether that is as much as the protection of its group allows: then it is frozen */
function countFill(state: NaiveState, order: OpenOrder, priceTicks: number, quantityLots: number): boolean {
  const protection = protectionOf(state, order)
  if (!protection || protection.isFrozen || protection.terms.intervalMs === 0) return false
  const signedLots = order.side === 'buy' ? quantityLots : -quantityLots
  const notionalMinor = quantityLots * priceTicks * state.market(order).definition.tickValueMinor
  protection.fills.push({ timeUs: state.timeUs, signedLots, notionalMinor })
  if (!isTriggered(protection, state.timeUs)) return false
  const { freezeMs } = protection.terms
  protection.isFrozen = true
  protection.thawTimeUs = freezeMs === 0 ? 0 : state.timeUs + freezeMs * 1_000
  return true
}

/** Takes out all quotes of the group of the order whose fill made its protection reach a bound. */
function pullQuotes(state: NaiveState, order: OpenOrder): void {
  const { owner: participant, group } = order
  const thawTimeUs = protectionOf(state, order)!.thawTimeUs
  const open = state.openOrders.filter((one) => one.isQuote && one.owner === participant && one.group === group)
  for (const quote of open) cancel(state, quote, 'protection')

  const { quoting } = state
  const isQuoting = quoting?.group === group && state.sessions[quoting.session].participant === participant
  const sessions = [order, ...open].map((quote) => quote.session)
  if (isQuoting) sessions.push(quoting.session)
  for (const session of [...new Set(sessions)].toSorted((one, other) => one - other)) {
    state.send(session, { type: eventType.protectionTriggered, detail1: group, detail2: thawTimeUs })
  }
}

function protectionOf(state: NaiveState, { owner, group }: OpenOrder): Protection | undefined {
  return state.protections.find((one) => one.participant === owner && one.group === group)
}

/** Every accepted order has an account. */
function accountOf(state: NaiveState, order: OpenOrder): Account {
  return state.account(order.owner, order.instrument)!
}

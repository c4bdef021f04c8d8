/** The order-entry commands: new order, cancel, replace, mass cancel. What they return is why they are rejected. */
import { type Command, commandType, eventType } from '../../engine/core/index.ts'
import { limits } from '../../protocol/limits.ts'
import { enumerations, type OrderType, type Side, type TimeInForce } from '../../protocol/messages.ts'
import {
  type Candidate,
  checkKind,
  checkNotional,
  checkOpenOrders,
  checkPhase,
  checkPriceBands,
  checkPriceRange,
  checkQuantity,
  checkRisk,
  checkStopPrice,
  type Reject,
  reject,
  wrongPhase,
} from './naive-checks.ts'
import { countMessage, countRepetition } from './naive-counts.ts'
import { bestOppositeTicks, worstPriceTicks } from './naive-prices.ts'
import { markOf, reduceOnlyOrders, reducibleLots, revalueIfDue } from './naive-risk.ts'
import type { Market, NaiveState, OpenOrder, Session } from './naive-state.ts'
import { cancel, expire } from './naive-trades.ts'
import { comeIn } from './naive-trading.ts'

const { side, orderType, timeInForce, selfTradePrevention } = enumerations

export function carryOut(state: NaiveState, command: Command): Reject | undefined {
  switch (command.type) {
    case commandType.newOrder:
      return newOrder(state, command)
    case commandType.replaceOrder:
      return replaceOrder(state, command)
    case commandType.cancelOrder:
      return cancelOrder(state, command)
    default:
      return massCancel(state, command)
  }
}

export function newOrder(state: NaiveState, command: Command): Reject | undefined {
  const session = state.sessions[command.session]
  const participant = state.participants[session.participant]
  revalueIfDue(state, session.participant)
  const market = state.markets[command.instrument]
  if (!market) return reject('unknownInstrument', 'instrument')
  market.commandCount += 1
  const invalid = checkMessage(state, session.participant) ?? checkKind(command, market, state.timeUs)
  if (invalid) return invalid

  const terms = termsOf(command, market)
  const reduceOnly = command.reduceOnly === 1
  const candidate: Candidate = {
    ...{ state, market, participant, ...terms, reduceOnly, quantityLots: command.quantityLots },
    ...{ openOrders: state.openOrders, priceField: 'priceTicks', quantityField: 'quantityLots' },
  }
  const isPriced = terms.orderType !== 'market' && terms.orderType !== 'stop'
  const signature = [
    command.instrument,
    command.side,
    command.orderType,
    terms.priceTicks,
    command.quantityLots,
    command.stopPriceTicks,
  ]
  const broken =
    checkPhase(market, terms.orderType, terms.timeInForce) ??
    checkQuantity(candidate) ??
    (isPriced ? (checkPriceRange(candidate) ?? checkPriceBands(candidate)) : undefined) ??
    checkNotional(candidate) ??
    countRepetition(participant, signature.join(' '), state.timeUs) ??
    checkOpenOrders(candidate)
  if (broken) return broken

  const quantityLots = Math.min(command.quantityLots, reduceOnly ? lotsToReduce(candidate) : Number.POSITIVE_INFINITY)
  if (quantityLots <= 0) return reject('reduceOnly', 'reduceOnly')
  const order = orderOf(state, command, session, { ...terms, quantityLots })
  const refused = checkRisk(candidate, quantityLots) ?? checkPostOnly(market, order)
  if (refused) return refused
  accept(state, order)
  state.sendOf(order, {
    type: eventType.accepted,
    ref: order.ref,
    orderRef: order.expireTimeUs,
    quantityLots,
    leavesLots: order.displayQuantityLots,
    detail1: command.orderType,
    detail2: command.timeInForce,
    detail3: command.stopPriceTicks,
  })
  comeIn(state, order)
  return undefined
}

/** The order is open from here on. */
export function accept(state: NaiveState, order: OpenOrder): void {
  const { owner: participant, instrument } = order
  state.lastOrderId = order.orderId
  state.openOrders.push(order)
  if (!state.account(participant, instrument)) {
    const ledger = { positionLots: 0, cashMinor: 0, feesMinor: 0, costMinor: 0, realisedMinor: 0 }
    state.accounts.push({ participant, instrument, ...ledger, valuationPriceTicks: markOf(state.market(order)) })
  }
  if (order.expireTimeUs > 0) order.expiry = state.timers.set(order.expireTimeUs, () => expire(state, order))
}

function cancelOrder(state: NaiveState, { session, orderRef, ref }: Command): Reject | undefined {
  const order = find(state, session, orderRef)
  if (!order) return reject('unknownOrder', 'orderRef')
  state.market(order).commandCount += 1
  cancel(state, order, 'requested', ref)
  return undefined
}

function massCancel(state: NaiveState, command: Command): Reject | undefined {
  if (command.instrument !== 0 && !state.markets[command.instrument]) return reject('unknownInstrument', 'instrument')
  if (nameOf(side, command.side) === undefined) return reject('invalidSide', 'side')
  const orders = state
    .ordersOf(command.session)
    .filter((order) => command.instrument === 0 || order.instrument === command.instrument)
    .filter((order) => command.side === side.any || side[order.side] === command.side)
  for (const order of orders) cancel(state, order, 'massCancel', command.ref)
  state.send(command.session, { type: eventType.massCancelled, ref: command.ref, detail1: orders.length })
  return undefined
}

function replaceOrder(state: NaiveState, command: Command): Reject | undefined {
  const { quantityLots, stopPriceTicks } = command
  const { participant } = state.sessions[command.session]
  revalueIfDue(state, participant)
  const order = find(state, command.session, command.orderRef)
  if (!order) return reject('unknownOrder', 'orderRef')
  const market = state.market(order)
  market.commandCount += 1
  const isStop = order.orderType === 'stop'
  const priceTicks = isStop ? order.priceTicks : command.priceTicks
  const candidate: Candidate = {
    ...{ state, market, participant: state.participants[participant], side: order.side, orderType: order.orderType },
    ...{
      priceTicks,
      quantityLots,
      stopPriceTicks: stopPriceTicks || order.stopPriceTicks,
      reduceOnly: order.reduceOnly,
    },
    ...{ openOrders: state.openOrders, priceField: 'priceTicks', quantityField: 'quantityLots' },
  }
  const broken =
    checkMessage(state, participant) ??
    (market.phase === 'halted' || market.phase === 'closed' ? wrongPhase(market) : undefined) ??
    checkQuantity(candidate) ??
    (stopPriceTicks > 0 ? checkStopPrice(stopPriceTicks, order.place === 'stops', market.definition) : undefined) ??
    (isStop ? undefined : checkPriceRange(candidate)) ??
    (priceTicks === order.priceTicks ? undefined : checkPriceBands(candidate)) ??
    checkNotional(candidate)
  if (broken) return broken

  const leavesLots = quantityLots - (order.quantityLots - order.leavesLots)
  if (leavesLots <= 0) {
    cancel(state, order, 'replacedBelowFilled', command.ref)
    return undefined
  }
  const changed = { priceTicks, quantityLots, leavesLots, stopPriceTicks: candidate.stopPriceTicks }
  const refused = checkChange(candidate, order, changed)
  if (refused) return refused
  change(state, order, changed, command.ref)
  return undefined
}

type Change = Pick<OpenOrder, 'priceTicks' | 'quantityLots' | 'leavesLots' | 'stopPriceTicks'>

function checkChange(candidate: Candidate, order: OpenOrder, changed: Change): Reject | undefined {
  const addedLots = changed.quantityLots - order.quantityLots
  if (addedLots > 0 && order.reduceOnly) return reject('reduceOnly', 'reduceOnly')
  const mostLots = order.displayQuantityLots * limits.maxIcebergParts
  if (addedLots > 0 && mostLots > 0 && changed.quantityLots > mostLots) {
    return reject('invalidDisplayQuantity', 'quantityLots', mostLots)
  }
  const atRisk = addedLots > 0 ? checkRisk(candidate, addedLots) : undefined
  return atRisk ?? (keepsPlace(order, changed) ? undefined : checkPostOnly(candidate.market, { ...order, ...changed }))
}

/** Whether the order stays where it is in its queue. */
function keepsPlace(order: OpenOrder, changed: Change): boolean {
  if (changed.quantityLots > order.quantityLots) return false
  if (order.place === 'stops') return changed.stopPriceTicks === order.stopPriceTicks
  return changed.priceTicks === order.priceTicks
}

function change(state: NaiveState, order: OpenOrder, changed: Change, ref: number): void {
  const { book } = state.market(order)
  const priorityKept = keepsPlace(order, changed)
  state.sendOf(order, {
    ...{ type: eventType.replaced, ref, priceTicks: changed.priceTicks, quantityLots: changed.quantityLots },
    ...{ leavesLots: changed.leavesLots, detail1: priorityKept ? 1 : 0, detail2: changed.stopPriceTicks },
  })
  const isInBook = order.place === 'book'
  if (isInBook && priorityKept) {
    const removedLots = order.quantityLots - changed.quantityLots
    if (removedLots > 0) book.reduce(order, removedLots)
    return
  }
  if (isInBook) book.remove(order)
  Object.assign(order, changed)
  if (!priorityKept) comeIn(state, order)
}

/** What every new order, replacement and mass quote is asked of its participant. */
export function checkMessage(state: NaiveState, participant: number): Reject | undefined {
  if (state.participants[participant].isBlocked) return reject('participantBlocked', 'none')
  return countMessage(state.participants[participant], state.timeUs)
}

function checkPostOnly(market: Market, order: OpenOrder): Reject | undefined {
  if (order.orderType !== 'postOnly' || market.phase !== 'continuous' || !market.book.crosses(order)) return undefined
  return reject('postOnlyWouldTrade', 'priceTicks', bestOppositeTicks(market, order.side))
}

/** What the position leaves a reduce-only order; a stop finds out when it triggers. */
function lotsToReduce({ state, market, participant, side: of, orderType: type }: Candidate): number {
  if (type === 'stop' || type === 'stopLimit') return Number.POSITIVE_INFINITY
  const owner = participant.terms.participant
  const { instrument } = market.definition
  const others = reduceOnlyOrders(state, owner, instrument, of)
  return reducibleLots(state, owner, instrument, of) - others.reduce((sum, order) => sum + order.leavesLots, 0)
}

interface OrderTerms {
  readonly side: Side
  readonly orderType: OrderType
  readonly timeInForce: TimeInForce
  readonly priceTicks: number
  readonly stopPriceTicks: number
}

function termsOf(command: Command, market: Market): OrderTerms {
  const of = nameOf(side, command.side) as Side
  const type = nameOf(orderType, command.orderType) as OrderType
  const priceTicks = { market: worstPriceTicks(market, of), stop: 0 }[type as string] ?? command.priceTicks
  const inForce = nameOf(timeInForce, command.timeInForce) as TimeInForce
  return { side: of, orderType: type, timeInForce: inForce, priceTicks, stopPriceTicks: command.stopPriceTicks }
}

function orderOf(
  state: NaiveState,
  command: Command,
  session: Session,
  terms: OrderTerms & { readonly quantityLots: number },
): OpenOrder {
  const mode = nameOf(selfTradePrevention, command.selfTradePrevention) as keyof typeof selfTradePrevention
  return {
    ...newOrderOf(state, session, mode),
    ...terms,
    ref: command.ref,
    instrument: command.instrument,
    leavesLots: terms.quantityLots,
    displayQuantityLots: command.displayQuantityLots < terms.quantityLots ? command.displayQuantityLots : 0,
    expireTimeUs: command.expireTimeUs,
    reduceOnly: command.reduceOnly === 1,
    isQuote: false,
    group: 0,
  }
}

/** What any order begins with. */
export function newOrderOf(state: NaiveState, session: Session, mode: keyof typeof selfTradePrevention) {
  const ofSession = nameOf(selfTradePrevention, session.selfTradePrevention) as typeof mode
  const stated = mode === 'sessionDefault' ? ofSession : mode
  return {
    orderId: state.lastOrderId + 1,
    owner: session.participant,
    session: session.session,
    selfTradePrevention: stated === 'sessionDefault' ? 'cancelNewest' : stated,
    shownLots: 0,
    place: 'entering',
    expiry: undefined,
  } as const
}

function find(state: NaiveState, session: number, orderRef: number): OpenOrder | undefined {
  return state.ordersOf(session).find((order) => order.ref === orderRef && !order.isQuote)
}

function nameOf(enumeration: Readonly<Record<string, number>>, value: number): string | undefined {
  return Object.keys(enumeration).find((name) => enumeration[name] === value)
}

/** Mass quotes: every row is checked and takes the place of the old quote, then the new orders enter the book. */
import { bothSides } from '../../engine/core/book/naive-order.ts'
import { type Command, eventType, quoteLayout } from '../../engine/core/index.ts'
import { limits } from '../../protocol/limits.ts'
import { enumerations, type Row, type Side } from '../../protocol/messages.ts'
import {
  type Candidate,
  checkNotional,
  checkOpenOrders,
  checkPhase,
  checkPriceBands,
  checkPriceRange,
  checkQuantity,
  checkRisk,
  type Reject,
  reject,
} from './naive-checks.ts'
import { accept, checkMessage, newOrderOf } from './naive-orders.ts'
import { type Exposure, revalueIfDue } from './naive-risk.ts'
import type { NaiveState, OpenOrder } from './naive-state.ts'
import { cancel, leave } from './naive-trades.ts'
import { comeIn } from './naive-trading.ts'

const { errorCode, field } = enumerations
const { INSTRUMENT, BID_PRICE_TICKS, BID_QUANTITY_LOTS, ASK_PRICE_TICKS, ASK_QUANTITY_LOTS, QUOTE_WIDTH } = quoteLayout

type Quote = Row<'quote'>

export function massQuote(state: NaiveState, command: Command): Reject | undefined {
  const { session, group, ref } = command
  const { participant } = state.sessions[session]
  revalueIfDue(state, participant)
  const refused = checkMessage(state, participant) ?? checkGroup(group) ?? checkFrozen(state, participant, group)
  if (refused) return refused

  state.quoting = { session, group }
  const rows = rowsOf(command)
  const entering: OpenOrder[] = []
  let rejectedCount = 0
  for (const [index, row] of rows.entries()) {
    const isRepeated = rows.slice(0, index).some(({ instrument }) => instrument === row.instrument)
    const market = state.markets[row.instrument]
    if (market) market.commandCount += 1
    const broken = checkQuote(state, session, row, isRepeated)
    if (broken) {
      rejectedCount += 1
      const detail = { detail1: errorCode[broken.code], detail2: field[broken.field], detail3: broken.bound }
      state.send(session, { type: eventType.quoteRejected, ref, instrument: row.instrument, ...detail })
      const old = isRepeated ? [] : state.quoteOf(session, row.instrument)
      for (const order of old) cancel(state, order, 'quoteReplaced')
    } else {
      entering.push(...acceptQuote(state, command, row))
    }
  }
  // Protection may have cancelled some of them before their turn.
  for (const order of entering) if (order.leavesLots > 0) comeIn(state, order)
  state.quoting = undefined
  const counts = { detail1: rows.length - rejectedCount, detail2: rejectedCount }
  state.send(session, { type: eventType.massQuoted, ref, ...counts })
  return undefined
}

export function checkGroup(group: number): Reject | undefined {
  const bound = limits.maxProtectionGroup
  return group < 1 || group > bound ? reject('invalidGroup', 'group', bound) : undefined
}

function checkFrozen(state: NaiveState, participant: number, group: number): Reject | undefined {
  const frozen = state.protections.find((one) => one.participant === participant && one.group === group && one.isFrozen)
  return frozen ? reject('groupFrozen', 'group', frozen.thawTimeUs) : undefined
}

function checkQuote(state: NaiveState, session: number, row: Quote, isRepeated: boolean): Reject | undefined {
  const market = state.markets[row.instrument]
  if (!market) return reject('unknownInstrument', 'instrument')
  if (isRepeated) return reject('repeatedQuote', 'instrument')
  const closed = checkPhase(market, 'limit', 'goodTillCancel')
  if (closed) return closed
  const isTwoSided = row.bidQuantityLots > 0 && row.askQuantityLots > 0
  if (isTwoSided && row.bidPriceTicks >= row.askPriceTicks) return reject('crossedQuote', 'bidPriceTicks')

  // Each side is checked as if the old quote were gone, and the sell as if the new buy were there.
  const old = state.quoteOf(session, row.instrument)
  const openOrders: Exposure[] = state.openOrders.filter((order) => !old.includes(order))
  const participant = state.participantOf(session)
  for (const side of bothSides) {
    const { priceTicks, quantityLots, priceField, quantityField } = sideOf(row, side)
    if (quantityLots === 0) continue
    const candidate: Candidate = {
      ...{ state, market, participant, side, orderType: 'limit', priceTicks, stopPriceTicks: 0, quantityLots },
      ...{ reduceOnly: false, openOrders, priceField, quantityField },
    }
    const broken =
      checkQuantity(candidate) ??
      checkPriceRange(candidate) ??
      checkPriceBands(candidate) ??
      checkNotional(candidate) ??
      checkOpenOrders(candidate) ??
      checkRisk(candidate, quantityLots)
    if (broken) return broken
    const owner = participant.terms.participant
    openOrders.push({ owner, instrument: row.instrument, side, leavesLots: quantityLots })
  }
  return undefined
}

/** Puts a quote in the place of the old one. @returns the new orders, which are to enter the book */
function acceptQuote(state: NaiveState, { session, ref, group }: Command, row: Quote): OpenOrder[] {
  const old = state.quoteOf(session, row.instrument)
  const kept = old.filter((order) => {
    const { priceTicks, quantityLots } = sideOf(row, order.side)
    return quantityLots > 0 && priceTicks === order.priceTicks && quantityLots <= order.leavesLots
  })
  const entering = bothSides
    .filter((side) => sideOf(row, side).quantityLots > 0 && !kept.some((order) => order.side === side))
    .map((side) => {
      const order = quoteOrder(state, session, { ref, group, side, row })
      accept(state, order)
      return order
    })
  const idOf = (side: Side) => [...kept, ...entering].find((order) => order.side === side)?.orderId ?? 0
  const [bid, ask] = bothSides.map((side) => sideOf(row, side))
  state.send(session, {
    ...{ type: eventType.quoteAccepted, ref, instrument: row.instrument },
    ...{ orderId: idOf('buy'), priceTicks: bid.told, quantityLots: bid.quantityLots },
    ...{ detail1: idOf('sell'), detail2: ask.told, detail3: ask.quantityLots },
  })
  for (const order of old.toSorted((one, other) => bothSides.indexOf(one.side) - bothSides.indexOf(other.side))) {
    if (kept.includes(order)) {
      const removedLots = order.leavesLots - sideOf(row, order.side).quantityLots
      Object.assign(order, { ref, group })
      if (removedLots > 0) state.market(order).book.reduce(order, removedLots)
    } else {
      leave(state, order)
    }
  }
  remember(state, session, row)
  return entering
}

/** From its first quote on a session has an obligation in the instrument. */
function remember(state: NaiveState, session: number, { instrument, bidQuantityLots, askQuantityLots }: Quote): void {
  const isKnown = state.obligations.some((one) => one.session === session && one.instrument === instrument)
  const hasSide = bidQuantityLots > 0 || askQuantityLots > 0
  if (hasSide && !isKnown) state.obligations.push({ session, instrument, metUs: 0 })
}

function quoteOrder(
  state: NaiveState,
  session: number,
  { ref, group, side, row }: { ref: number; group: number; side: Side; row: Quote },
): OpenOrder {
  const { priceTicks, quantityLots } = sideOf(row, side)
  return {
    ...newOrderOf(state, state.sessions[session], 'sessionDefault'),
    ...{ ref, group, side, instrument: row.instrument, priceTicks, quantityLots, leavesLots: quantityLots },
    ...{ orderType: 'limit', timeInForce: 'goodTillCancel', stopPriceTicks: 0, displayQuantityLots: 0 },
    ...{ expireTimeUs: 0, reduceOnly: false, isQuote: true },
  }
}

/** `told`: the price as events state it, 0 if there is no order. */
function sideOf(row: Quote, side: Side) {
  const { bidPriceTicks, bidQuantityLots, askPriceTicks, askQuantityLots } = row
  const [priceTicks, quantityLots] =
    side === 'buy' ? [bidPriceTicks, bidQuantityLots] : [askPriceTicks, askQuantityLots]
  const fields =
    side === 'buy'
      ? ({ priceField: 'bidPriceTicks', quantityField: 'bidQuantityLots' } as const)
      : ({ priceField: 'askPriceTicks', quantityField: 'askQuantityLots' } as const)
  return { priceTicks, quantityLots, told: quantityLots > 0 ? priceTicks : 0, ...fields }
}

function rowsOf({ quotes, quoteCount }: Command): Quote[] {
  return Array.from({ length: quoteCount }, (_, index) => {
    const columns = quotes.subarray(index * QUOTE_WIDTH, (index + 1) * QUOTE_WIDTH)
    return {
      instrument: columns[INSTRUMENT],
      bidPriceTicks: columns[BID_PRICE_TICKS],
      bidQuantityLots: columns[BID_QUANTITY_LOTS],
      askPriceTicks: columns[ASK_PRICE_TICKS],
      askQuantityLots: columns[ASK_QUANTITY_LOTS],
    }
  })
}

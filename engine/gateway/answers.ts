/** What the exchange knows of a session and its participant, as the messages that say it. The exchange must be as it was released. */
import { limits } from '../../protocol/limits.ts'
import { enumerations, type Message, type OutgoingMessage, type Row } from '../../protocol/messages.ts'
import type { AccountState, Exchange, OrderState } from '../core/index.ts'

const { maxOpenOrdersPerMessage } = limits
const sideOf = namesOf(enumerations.side)
const orderTypeOf = namesOf(enumerations.orderType)
const timeInForceOf = namesOf(enumerations.timeInForce)

export function orderStatus(exchange: Exchange, session: number, orderRef: number): Message<'orderStatus'> {
  const order = exchange.openOrder(session, orderRef)
  const { lastRef } = exchange.session(session)!
  const state = order !== undefined ? 'open' : orderRef <= lastRef ? 'notOpen' : 'notProcessed'
  return { type: 'orderStatus', orderRef, state, lastRef, orders: order === undefined ? [] : [openOrderOf(order)] }
}

/** One message at least, the last of them marked. `instrument`: only of this one; 0: of all. */
export function openOrders(exchange: Exchange, session: number, instrument = 0): Message<'openOrders'>[] {
  const orders = exchange.openOrdersOf(session, instrument)
  const messages: Message<'openOrders'>[] = []
  for (let start = 0; start === 0 || start < orders.length; start += maxOpenOrdersPerMessage) {
    const end = start + maxOpenOrdersPerMessage
    messages.push({
      type: 'openOrders',
      orders: orders.slice(start, end).map(openOrderOf),
      last: end >= orders.length,
    })
  }
  return messages
}

/** The participant's session of this name, by number; undefined if it has none. */
export function sessionNamed(exchange: Exchange, participant: number, name: string): number | undefined {
  for (let number = 1; number <= exchange.sessionCount; number++) {
    const session = exchange.session(number)!
    if (session.participant === participant && session.name === name) return number
  }
  return undefined
}

/** Of the participant, one for each instrument that it has used. */
export function positions(exchange: Exchange, participant: number): Row<'position'>[] {
  return exchange.accountsOf(participant).map(positionOf)
}

export function instrumentList(exchange: Exchange): OutgoingMessage<'instrumentList'> {
  const instruments = exchange.instruments.filter((instrument) => instrument !== undefined)
  return { type: 'instrumentList', instruments }
}

function openOrderOf(order: OrderState): Row<'openOrder'> {
  const { ref, orderId, instrument, quantityLots, leavesLots, priceTicks } = order
  const { stopPriceTicks, displayQuantityLots, expireTimeUs, reduceOnly, isQuote } = order
  return {
    orderRef: ref,
    orderId,
    instrument,
    side: sideOf[order.side],
    orderType: orderTypeOf[order.orderType],
    timeInForce: timeInForceOf[order.timeInForce],
    quantityLots,
    leavesLots,
    priceTicks,
    stopPriceTicks,
    displayQuantityLots,
    expireTimeUs,
    reduceOnly,
    isQuote,
  }
}

function positionOf(account: AccountState): Row<'position'> {
  const { instrument, positionLots, cashMinor, feesMinor, costMinor, realisedMinor, unrealisedMinor } = account
  return { instrument, positionLots, cashMinor, feesMinor, costMinor, realisedMinor, unrealisedMinor }
}

/** Names of an enumeration's values by their numbers. */
function namesOf<Name extends string>(values: Readonly<Record<Name, number>>): readonly Name[] {
  const names: Name[] = []
  for (const name of Object.keys(values) as Name[]) names[values[name]] = name
  return names
}

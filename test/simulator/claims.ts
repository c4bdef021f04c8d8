/** What messages of the engine say of the exchange's state, and whether it is so. */
import type { Exchange, OrderState } from '../../engine/core/index.ts'
import { enumerations, type Message, type Row } from '../../protocol/messages.ts'

const { buy, sell } = enumerations.side
const bothSides = { buy, sell }

type Check = (exchange: Exchange) => string | undefined

/** Open orders of a session, oldest first. */
function openOrders(exchange: Exchange, session: number): OrderState[] {
  const orders: OrderState[] = []
  for (let instrument = 1; instrument < exchange.instruments.length; instrument += 1) {
    for (const side of [buy, sell]) {
      orders.push(...exchange.orders(instrument, side), ...exchange.stops(instrument, side))
    }
    orders.push(...exchange.waitingAtClose(instrument))
  }
  return orders.filter((order) => order.session === session).sort((one, other) => one.orderId - other.orderId)
}

export function logonClaim({ lastRef, nextEvent }: Message<'logonResult'>, session: number): Check {
  return (exchange) => {
    const state = exchange.session(session)
    if (state?.lastRef === lastRef && state.nextEvent === nextEvent) return undefined
    return `session ${session} was told lastRef ${lastRef} and nextEvent ${nextEvent}, not ${state?.lastRef} and ${state?.nextEvent}`
  }
}

type Position = Omit<Message<'position'>, 'type'>

export function positionsClaim(positions: readonly Position[], participant: number): Check {
  return (exchange) => {
    for (const told of positions) {
      const account = exchange
        .accounts()
        .find((one) => one.participant === participant && one.instrument === told.instrument)
      const isSame =
        account !== undefined &&
        account.positionLots === told.positionLots &&
        account.cashMinor === told.cashMinor &&
        account.feesMinor === told.feesMinor &&
        account.costMinor === told.costMinor &&
        account.realisedMinor === told.realisedMinor
      if (!isSame) {
        return `participant ${participant} was told ${JSON.stringify(told)}, but the account is ${JSON.stringify(account)}`
      }
    }
    return undefined
  }
}

/** All open orders of a session, or all those of one instrument: a query may ask for either. */
export function openOrdersClaim(told: readonly Row<'openOrder'>[], session: number): Check {
  return (exchange) => {
    const said = told.map((row) => `${row.orderRef} ${row.orderId} ${row.leavesLots} at ${row.priceTicks}`).join()
    const open = openOrders(exchange, session)
    const isSame = exchange.instruments.some((_, instrument) => {
      const asked = open.filter((order) => instrument === 0 || order.instrument === instrument)
      return (
        asked.map((order) => `${order.ref} ${order.orderId} ${order.leavesLots} at ${order.priceTicks}`).join() === said
      )
    })
    return isSame
      ? undefined
      : `session ${session} was told of the open orders ${said}, but has ${JSON.stringify(open)}`
  }
}

export function orderStatusClaim({ orderRef, state, lastRef, orders }: Message<'orderStatus'>, session: number): Check {
  return (exchange) => {
    const known = exchange.session(session)
    if (known === undefined) return `there was no session ${session}`
    const open = openOrders(exchange, session).filter((order) => order.ref === orderRef && !order.isQuote)
    const expected = open.length > 0 ? 'open' : orderRef <= known.lastRef ? 'notOpen' : 'notProcessed'
    const isSame = state === expected && lastRef === known.lastRef && orders[0]?.leavesLots === open[0]?.leavesLots
    return isSame ? undefined : `session ${session} was told that order ${orderRef} is ${state}, not ${expected}`
  }
}

/** The levels that a book message names; all of them if it is a snapshot. */
export function bookClaim(message: Message<'bookUpdate'> | Message<'bookSnapshot'>): Check {
  const { instrument } = message
  return (exchange) => {
    const book = { buy: exchange.levels(instrument, buy), sell: exchange.levels(instrument, sell) }
    if (message.type === 'bookSnapshot') {
      const isSame = sameLevels(message.bids, book.buy) && sameLevels(message.asks, book.sell)
      return isSame ? undefined : `the book of instrument ${instrument} was sent otherwise than it is`
    }
    for (const { side, priceTicks, quantityLots, orderCount } of message.changes) {
      const level = book[side as 'buy' | 'sell'].find((one) => one.priceTicks === priceTicks)
      if ((level?.quantityLots ?? 0) === quantityLots && (level?.orderCount ?? 0) === orderCount) continue
      return `${side} ${priceTicks} of instrument ${instrument} was sent with ${quantityLots} lots, not ${level?.quantityLots ?? 0}`
    }
    return undefined
  }
}

function sameLevels(
  told: readonly { readonly priceTicks: number; readonly quantityLots: number }[],
  is: readonly { readonly priceTicks: number; readonly quantityLots: number }[],
): boolean {
  const sameAt = (index: number) =>
    told[index].priceTicks === is[index].priceTicks && told[index].quantityLots === is[index].quantityLots
  return told.length === is.length && told.every((_, index) => sameAt(index))
}

export function topClaim(top: Message<'top'>): Check {
  return (exchange) => {
    const { instrument } = top
    for (const [name, side] of Object.entries(bothSides)) {
      const told = name === 'buy' ? top.bidPriceTicks : top.askPriceTicks
      const lots = name === 'buy' ? top.bidQuantityLots : top.askQuantityLots
      const price = exchange.bestPriceTicks(instrument, side)
      if (told !== price || lots !== exchange.bestQuantityLots(instrument, side)) {
        return `the best ${name} of instrument ${instrument} was sent as ${told}, not ${price}`
      }
    }
    return undefined
  }
}

export function statusClaim(status: Message<'status'>): Check {
  return (exchange) => {
    const { instrument, tradeCount, commandCount } = status
    const isSame = exchange.tradeCount(instrument) === tradeCount && exchange.commandCount(instrument) === commandCount
    return isSame ? undefined : `the status of instrument ${instrument} was sent otherwise than it is`
  }
}

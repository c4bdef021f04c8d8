/** What clients of a crash test ask for: every kind of command, drawn so that orders meet, rest and leave again. */
import type { RandomSource } from '../../bots/runtime/random.ts'
import type { ClientSession } from '../../protocol/client/index.ts'
import type { Request } from '../../protocol/client/session-types.ts'
import type { KnownOrder } from './session-knowledge.ts'

/** `trader`: plain orders; `stopTrader`: stops, icebergs, orders with an end; `maker`: quotes; `admin`: halts, limits. */
export type Role = 'trader' | 'stopTrader' | 'maker' | 'admin'

export const fairPriceTicks = 10_000
const instrumentCount = 2
/** Open orders above which more are cancelled than entered. */
const restingOrders = 40
/** Whom the admin blocks now and then, and whose limits it changes. */
const victim = 'gamma'

/** One request of the role. @returns its ref */
export function request(
  role: Role,
  session: ClientSession,
  orders: ReadonlyMap<number, KnownOrder>,
  random: RandomSource,
): number {
  if (role === 'maker') return quote(session, random)
  if (role === 'admin') return administrate(session, random)
  const draw = random.integerBelow(100)
  const orderRef = orders.size === 0 ? 0 : random.pick([...orders.keys()])
  if (draw === 0) return session.massCancel(random.integerBelow(instrumentCount + 1))
  if (orderRef !== 0 && orders.size > restingOrders && draw < 60) return session.cancelOrder(orderRef)
  if (orderRef !== 0 && draw < 8) return session.cancelOrder(orderRef)
  if (orderRef !== 0 && draw < 25) return replace(session, orderRef, orders.get(orderRef)!, random)
  return role === 'trader' ? enter(session, random) : enterRareOrder(session, random)
}

/** Sends what another life of the client had sent, and has no answer to. */
export function repeat(session: ClientSession, sent: Request): number {
  const { ref: _, ...request } = sent
  switch (request.type) {
    case 'newOrder':
      return session.newOrder({ ...request, side: request.side as 'buy' | 'sell' })
    case 'cancelOrder':
      return session.cancelOrder(request.orderRef)
    case 'replaceOrder':
      return session.replaceOrder(request.orderRef, request.quantityLots, request.priceTicks, request.stopPriceTicks)
    case 'massCancel':
      return session.massCancel(request.instrument, request.side)
    case 'massQuote':
      return session.massQuote(request.group, request.quotes)
    default:
      return session.control(request)
  }
}

function replace(session: ClientSession, orderRef: number, order: KnownOrder, random: RandomSource): number {
  const stopPriceTicks = order.isStop && random.integerBelow(2) === 0 ? price(random) : 0
  return session.replaceOrder(orderRef, quantity(random), price(random), stopPriceTicks)
}

function enter(session: ClientSession, random: RandomSource): number {
  const terms = random.pick([
    {},
    {},
    {},
    { timeInForce: 'immediateOrCancel' },
    { timeInForce: 'fillOrKill' },
    { timeInForce: 'day' },
    { orderType: 'postOnly' },
    { orderType: 'market', timeInForce: 'immediateOrCancel' },
    { selfTradePrevention: 'decrement' },
  ] as const)
  return session.newOrder({ ...common(random), ...terms })
}

function enterRareOrder(session: ClientSession, random: RandomSource): number {
  const order = common(random)
  const soon = { timeInForce: 'goodTillDate', expireTimeUs: Date.now() * 1_000 + random.integerBelow(200_000) } as const
  switch (random.integerBelow(7)) {
    case 0:
      return session.newOrder({ ...order, orderType: 'stop', stopPriceTicks: price(random) })
    case 1:
      return session.newOrder({ ...order, orderType: 'stopLimit', stopPriceTicks: price(random) })
    case 2:
      return session.newOrder({ ...order, quantityLots: 60, displayQuantityLots: 1 + random.integerBelow(10) })
    case 3:
      return session.newOrder({ ...order, ...soon })
    case 4:
      return session.newOrder({ ...order, reduceOnly: true })
    case 5:
      return session.newOrder({ ...order, selfTradePrevention: random.pick(['cancelOldest', 'cancelBoth']) })
    default:
      return session.newOrder(order)
  }
}

function quote(session: ClientSession, random: RandomSource): number {
  const group = 1 + random.integerBelow(2)
  const draw = random.integerBelow(40)
  if (draw === 0) {
    const bounds = { maxLots: 200 + random.integerBelow(200), maxNotionalMinor: 0, maxFills: 30, maxNetLots: 0 }
    return session.control({ type: 'setProtection', group, intervalMs: 20, freezeMs: 10, ...bounds })
  }
  if (draw === 1) return session.control({ type: 'resetProtection', group })
  if (draw === 2) return session.massCancel()
  const middle = fairPriceTicks - 3 + random.integerBelow(7)
  const instruments = [1, 2].slice(0, 1 + random.integerBelow(instrumentCount))
  const quotes = instruments.map((instrument) => ({
    instrument,
    bidPriceTicks: middle - 1 - random.integerBelow(4),
    bidQuantityLots: random.integerBelow(8) === 0 ? 0 : quantity(random),
    askPriceTicks: middle + 1 + random.integerBelow(4),
    askQuantityLots: quantity(random),
  }))
  return session.massQuote(group, quotes)
}

/** Most of it undoes what the rest does. */
function administrate(session: ClientSession, random: RandomSource): number {
  const instrument = 1 + random.integerBelow(instrumentCount)
  switch (random.integerBelow(12)) {
    case 0:
      return session.control({ type: 'changePhase', instrument, phase: 'halted' })
    case 1:
      return session.control({ type: 'changePhase', instrument, phase: 'openingAuction' })
    case 2:
      return session.control({ type: 'changePhase', instrument: 0, phase: 'halted' })
    case 3:
      return session.control({ type: 'blockParticipant', participant: victim, blocked: true })
    case 4:
    case 5:
      return session.control({ type: 'blockParticipant', participant: victim, blocked: false })
    case 6: {
      const value = random.pick([30, 1_000])
      return session.control({ type: 'changeLimit', participant: victim, limit: 'maxOrderQuantityLots', value })
    }
    default:
      return session.control({ type: 'changePhase', instrument, phase: 'continuous' })
  }
}

function common(random: RandomSource) {
  return {
    instrument: 1 + random.integerBelow(instrumentCount),
    side: random.integerBelow(2) === 0 ? ('buy' as const) : ('sell' as const),
    quantityLots: quantity(random),
    priceTicks: price(random),
  }
}

function quantity(random: RandomSource): number {
  return 1 + random.integerBelow(50)
}

function price(random: RandomSource): number {
  return fairPriceTicks - 10 + random.integerBelow(21)
}

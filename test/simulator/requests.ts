/** What traders ask for: requests of all kinds, near enough to the price that they meet. */
import type { RandomSource } from '../../bots/runtime/random.ts'
import type { ClientSession } from '../../protocol/client/index.ts'
import type { Request, WithoutRef } from '../../protocol/client/session-types.ts'
import { instrumentDefinitions } from './exchange-setup.ts'

/** A request as it is made up, before it has a ref. */
export type Wish = WithoutRef<Request>

const spreadTicks = 8

/** @param openRefs orders that may be open */
export function drawWish(random: RandomSource, openRefs: readonly number[], nowUs: number, isAdmin: boolean): Wish {
  const draw = random.integerBelow(100)
  const instrument = 1 + random.integerBelow(instrumentDefinitions.length)
  if (isAdmin && draw < 40) return adminWish(random, instrument)
  const orderRef = openRefs[random.integerBelow(Math.max(1, openRefs.length))]
  if (orderRef !== undefined && draw < 18) return { type: 'cancelOrder', orderRef }
  if (orderRef !== undefined && draw < 33) {
    const quantityLots = 1 + random.integerBelow(20)
    return { type: 'replaceOrder', orderRef, quantityLots, priceTicks: priceNear(random, instrument) }
  }
  if (draw < 36) {
    return {
      type: 'massCancel',
      instrument: random.integerBelow(3),
      side: random.pick(['any', 'buy', 'sell'] as const),
    }
  }
  if (draw < 44) return quoteWish(random, instrument)
  if (draw < 46) return protectionWish(random)
  return orderWish(random, instrument, nowUs)
}

function orderWish(random: RandomSource, instrument: number, nowUs: number): Wish {
  const side = random.pick(['buy', 'sell'] as const)
  const order = { type: 'newOrder' as const, instrument, side, quantityLots: 1 + random.integerBelow(20) }
  const priceTicks = priceNear(random, instrument)
  const limit = { ...order, orderType: 'limit' as const, priceTicks }
  switch (random.integerBelow(14)) {
    case 0:
      return { ...limit, timeInForce: 'immediateOrCancel' }
    case 1:
      return { ...limit, timeInForce: 'fillOrKill' }
    case 2:
      return { ...order, orderType: 'market', timeInForce: 'immediateOrCancel' }
    case 3:
      return { ...limit, orderType: 'postOnly', timeInForce: 'goodTillCancel' }
    case 4: {
      const expireTimeUs = nowUs + random.integerBelow(4_000_000)
      return { ...limit, timeInForce: 'goodTillDate', expireTimeUs }
    }
    case 5:
      return { ...order, orderType: 'stop', timeInForce: 'goodTillCancel', stopPriceTicks: priceTicks }
    case 6:
      return { ...limit, timeInForce: 'goodTillCancel', quantityLots: 30, displayQuantityLots: 4 }
    case 7:
      return { ...limit, timeInForce: 'day', reduceOnly: random.integerBelow(2) === 0 }
    default:
      return { ...limit, timeInForce: 'goodTillCancel' }
  }
}

function quoteWish(random: RandomSource, instrument: number): Wish {
  const middle = priceNear(random, instrument)
  const quote = {
    instrument,
    ...{ bidPriceTicks: middle - 1 - random.integerBelow(3), bidQuantityLots: random.integerBelow(8) },
    ...{ askPriceTicks: middle + 1 + random.integerBelow(3), askQuantityLots: random.integerBelow(8) },
  }
  return { type: 'massQuote', group: 1 + random.integerBelow(2), quotes: [quote] }
}

function protectionWish(random: RandomSource): Wish {
  const group = 1 + random.integerBelow(2)
  if (random.integerBelow(3) === 0) return { type: 'resetProtection', group }
  const bounds = { maxLots: 30, maxNotionalMinor: 0, maxFills: 0, maxNetLots: 0 }
  return { type: 'setProtection', group, intervalMs: 2_000, ...bounds, freezeMs: 500 }
}

function adminWish(random: RandomSource, instrument: number): Wish {
  const phase = random.pick(['halted', 'continuous', 'continuous', 'openingAuction'] as const)
  return { type: 'changePhase', instrument, phase }
}

function priceNear(random: RandomSource, instrument: number): number {
  const { referencePriceTicks } = instrumentDefinitions[instrument - 1]
  return referencePriceTicks - spreadTicks + random.integerBelow(2 * spreadTicks + 1)
}

/** Asks for it and returns its ref. */
export function submit(session: ClientSession, wish: Wish): number {
  switch (wish.type) {
    case 'newOrder': {
      const { type: _, side, ...order } = wish
      return session.newOrder({ ...order, side: side as 'buy' | 'sell' })
    }
    case 'cancelOrder':
      return session.cancelOrder(wish.orderRef)
    case 'replaceOrder':
      return session.replaceOrder(wish.orderRef, wish.quantityLots, wish.priceTicks)
    case 'massCancel':
      return session.massCancel(wish.instrument, wish.side)
    case 'massQuote':
      return session.massQuote(wish.group, wish.quotes)
    default:
      return session.control(wish)
  }
}

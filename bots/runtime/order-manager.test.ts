import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Side } from '../../protocol/messages.ts'
import { OrderManager, type Quote } from './order-manager.ts'
import { SimulatedVenue } from './simulated-venue.ts'
import { leavesLots, WorkingOrders } from './working-orders.ts'

const unlimited = () => Number.MAX_SAFE_INTEGER

function stand(room: (side: Side) => number = unlimited) {
  const venue = new SimulatedVenue()
  const orders = new WorkingOrders(venue)
  venue.listener = orders
  return { venue, orders, manager: new OrderManager(orders, 1, room) }
}

const buy = (priceTicks: number, quantityLots: number): Quote => ({ side: 'buy', priceTicks, quantityLots })
const sell = (priceTicks: number, quantityLots: number): Quote => ({ side: 'sell', priceTicks, quantityLots })

/** The working orders as text, in an order that does not depend on how they came about. */
function show(quotes: Iterable<Quote>): string[] {
  return [...quotes].map((quote) => `${quote.side} ${quote.quantityLots}@${quote.priceTicks}`).sort()
}

function working(orders: WorkingOrders): string[] {
  return show(
    orders.of(1).map((order) => ({
      side: order.side,
      priceTicks: order.priceTicks,
      quantityLots: leavesLots(order),
    })),
  )
}

test('wanted quotes without orders become new post-only orders', () => {
  const { venue, orders, manager } = stand()
  expect(manager.reconcile([buy(99, 10), sell(101, 10)])).toBe(2)
  expect(venue.requests).toEqual(['new buy 10@99 postOnly', 'new sell 10@101 postOnly'])
  venue.answerAll()
  expect(working(orders)).toEqual(['buy 10@99', 'sell 10@101'])
})

test('what is right is left alone, also while it is in flight', () => {
  const { venue, manager } = stand()
  manager.reconcile([buy(99, 10)])
  expect(manager.reconcile([buy(99, 10)])).toBe(0)
  venue.answerAll()
  expect(manager.reconcile([buy(99, 10)])).toBe(0)
})

test('less quantity at the same price is one replace, which keeps the place in the queue', () => {
  const { venue, manager } = stand()
  manager.reconcile([buy(99, 10)])
  venue.answerAll()
  expect(manager.reconcile([buy(99, 6)])).toBe(1)
  expect(venue.requests.at(-1)).toBe('replace 1 to 6@99')
})

test('with several levels the order at the wanted price is kept and only the other one moves', () => {
  const { venue, manager } = stand()
  manager.reconcile([buy(99, 10), buy(98, 10)])
  venue.answerAll()
  venue.requests.length = 0
  manager.reconcile([buy(98, 10), buy(97, 10)])
  expect(venue.requests).toEqual(['replace 1 to 10@97'])
})

test('a new price is one replace; a quote not wanted any more is one cancel', () => {
  const { venue, manager } = stand()
  manager.reconcile([buy(99, 10), sell(101, 10)])
  venue.answerAll()
  venue.requests.length = 0
  manager.reconcile([buy(98, 10)])
  expect(venue.requests).toEqual(['cancel 2', 'replace 1 to 10@98'])
})

test('the total of a replace includes what was filled', () => {
  const { venue, manager } = stand()
  manager.reconcile([buy(99, 10)])
  venue.answerAll()
  venue.fill(1, 4)
  manager.reconcile([buy(98, 10)])
  expect(venue.requests.at(-1)).toBe('replace 1 to 14@98')
})

test('an order with a request outstanding gets no second one', () => {
  const { venue, manager } = stand()
  manager.reconcile([buy(99, 10)])
  expect(manager.reconcile([buy(98, 10)])).toBe(0)
  expect(manager.reconcile([])).toBe(0)
  venue.answerAll()
  expect(manager.reconcile([buy(98, 10)])).toBe(1)
})

test('both quotes move up without meeting each other: the ask goes first', () => {
  const { venue, manager } = stand()
  manager.reconcile([buy(99, 10), sell(101, 10)])
  venue.answerAll()
  venue.requests.length = 0
  manager.reconcile([buy(102, 10), sell(104, 10)])
  expect(venue.requests).toEqual(['replace 2 to 10@104', 'replace 1 to 10@102'])
})

test('a quote that would meet an own order in flight waits for it', () => {
  const { venue, orders, manager } = stand()
  manager.reconcile([sell(101, 10)])
  expect(manager.reconcile([buy(102, 10), sell(104, 10)])).toBe(0)
  venue.answerAll()
  expect(manager.reconcile([buy(102, 10), sell(104, 10)])).toBe(2)
  venue.answerAll()
  expect(working(orders)).toEqual(['buy 10@102', 'sell 10@104'])
})

test('a rejected order is forgotten, a rejected replace leaves the order as it was', () => {
  const { venue, orders, manager } = stand()
  manager.reconcile([buy(99, 10), sell(101, 10)])
  venue.answerNext('reject')
  venue.answerAll()
  expect(working(orders)).toEqual(['sell 10@101'])
  manager.reconcile([sell(102, 10)])
  venue.answerNext('reject')
  expect(working(orders)).toEqual(['sell 10@101'])
})

test('an order whose replace was rejected is cancelled, and its quote comes as a new order at the next call', () => {
  const { venue, orders, manager } = stand()
  manager.reconcile([buy(99, 10)])
  venue.answerAll()
  manager.reconcile([buy(98, 10)])
  venue.answerNext('reject')
  venue.requests.length = 0
  expect(manager.reconcile([buy(99, 10)])).toBe(0)
  manager.reconcile([buy(98, 10)])
  manager.reconcile([buy(98, 10)])
  expect(venue.requests).toEqual(['cancel 1', 'new buy 10@98 postOnly'])
  venue.answerAll()
  expect(working(orders)).toEqual(['buy 10@98'])
})

test('quantity is cut to the room that is left, and that is not tried again and again', () => {
  const { venue, orders, manager } = stand((side) => (side === 'buy' ? 15 - orders.worstOpenLots(1, side) : 100))
  manager.reconcile([buy(99, 10), buy(98, 10)])
  venue.answerAll()
  expect(working(orders)).toEqual(['buy 10@99', 'buy 5@98'])
  expect(manager.reconcile([buy(99, 10), buy(98, 10)])).toBe(0)
})

const levels = fc.uniqueArray(
  fc.record({ distance: fc.integer({ min: 1, max: 5 }), quantityLots: fc.integer({ min: 1, max: 9 }) }),
  { maxLength: 3, selector: (level) => level.distance },
)
const quotes = fc
  .record({ middle: fc.integer({ min: 90, max: 110 }), buys: levels, sells: levels })
  .map(({ middle, buys, sells }) => [
    ...buys.map((level) => buy(middle - level.distance, level.quantityLots)),
    ...sells.map((level) => sell(middle + level.distance, level.quantityLots)),
  ])

test('once everything is answered, one call needs the fewest messages possible and gives exactly the wanted quotes', () => {
  fc.assert(
    fc.property(fc.array(quotes, { minLength: 1, maxLength: 8 }), (wishes) => {
      const { venue, orders, manager } = stand()
      for (const wanted of wishes) {
        const before = working(orders)
        const sent = manager.reconcile(wanted)
        expect(sent).toBe(fewestMessages(before, show(wanted)))
        venue.answerAll()
        expect(working(orders)).toEqual(show(wanted))
        expect(venue.selfTrades).toBe(0)
      }
    }),
    { numRuns: 500 },
  )
})

/** Each side needs a message for every order that is not wanted or every quote that is not there, whichever are more. */
function fewestMessages(before: string[], after: string[]): number {
  return ['buy', 'sell'].reduce((sum, side) => {
    const orders = before.filter((text) => text.startsWith(side))
    const wanted = after.filter((text) => text.startsWith(side))
    const equal = orders.filter((text) => wanted.includes(text)).length
    return sum + Math.max(orders.length, wanted.length) - equal
  }, 0)
}

test('orders that stand across from each other, because a cancel was refused, do not wait for each other', () => {
  const { venue, orders, manager } = stand()
  manager.reconcile([buy(93, 1)])
  venue.answerAll()
  manager.reconcile([sell(91, 1)])
  venue.answerNext('reject')
  venue.answerAll()
  expect(working(orders)).toEqual(show([buy(93, 1), sell(91, 1)]))
  const last = [buy(91, 1), sell(93, 1)]
  for (let round = 0; round < 3; round++) {
    manager.reconcile(last)
    venue.answerAll()
  }
  expect(working(orders)).toEqual(show(last))
})

test('with fills, rejects and answers at any time it never asks twice, never passes its bound, and gets there', () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('want' as const), quotes }),
    fc.record({ do: fc.constantFrom('answer' as const, 'reject' as const) }),
    fc.record({ do: fc.constant('fill' as const), which: fc.nat(20), lots: fc.integer({ min: 1, max: 5 }) }),
  )
  // Above the 27 lots that three quotes of one side are at most, so that none is cut when nothing is held.
  const bound = 30
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), quotes, (steps, last) => {
      const { venue, orders, manager } = stand((side) => {
        const held = side === 'buy' ? venue.positionLots : -venue.positionLots
        return Math.max(0, bound - held - orders.worstOpenLots(1, side))
      })
      for (const action of steps) {
        if (action.do === 'want') manager.reconcile(action.quotes)
        else if (action.do === 'fill') venue.fillAny(action.which, action.lots)
        else venue.answerNext(action.do === 'reject' ? 'reject' : 'carry out')
        expect(Math.abs(venue.positionLots)).toBeLessThanOrEqual(bound)
        expect(venue.doubleRequests).toBe(0)
      }
      venue.positionLots = 0
      let rounds = 0
      do {
        venue.answerAll()
        rounds += 1
      } while (manager.reconcile(last) > 0 && rounds < 10)
      expect(working(orders)).toEqual(show(last))
      expect(venue.workingQuotes()).toEqual(working(orders))
      // Only a reject can leave an order in the way of another.
      if (!steps.some((action) => action.do === 'reject')) expect(venue.selfTrades).toBe(0)
    }),
    { numRuns: 500 },
  )
})

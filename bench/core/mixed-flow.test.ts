import { describe, expect, it } from 'vitest'
import { enumerations, messages } from '../../protocol/messages.ts'
import { BookVenue } from './book-venue.ts'
import { ExchangeVenue } from './exchange-venue.ts'
import type { Flow } from './flow.ts'
import { makeFlow } from './flows.ts'
import { mixed, mixedFlow } from './mixed-flow.ts'
import { NodejsOrderBookVenue, orderIds } from './nodejs-order-book-venue.ts'
import { sweepFlow } from './sweep-flow.ts'
import { checkOutcome } from './venue.ts'

const { timeInForce, orderType } = enumerations
const small = { ...mixed, warmupCommands: 10_000, timedCommands: 40_000 }
const flow = mixedFlow(small)

/** Share of the timed commands. */
function share(of: Flow, matches: (index: number) => boolean): number {
  let count = 0
  for (let index = of.timedFrom; index < of.count; index++) if (matches(index)) count++
  return count / of.timedCount
}

describe('mixed flow', () => {
  it('is 47 : 45 : 5 : 3, and about a thousand orders rest on a hundred levels', () => {
    const immediate = (index: number) => flow.timeInForce[index] === timeInForce.immediateOrCancel
    expect(share(flow, (index) => flow.type[index] === messages.cancelOrder.number)).toBeCloseTo(0.45, 1.7)
    expect(share(flow, (index) => flow.timeInForce[index] === timeInForce.goodTillCancel)).toBeCloseTo(0.52, 1.7)
    expect(share(flow, immediate)).toBeCloseTo(0.03, 2)
    expect(share(flow, (index) => flow.orderType[index] === orderType.market)).toBeCloseTo(0.01, 2)
    expect(flow.expected.restingOrders).toBeGreaterThan(900)
    expect(flow.expected.restingOrders).toBeLessThan(1_100)
    expect(flow.levelCount).toBeGreaterThan(80)
    expect(flow.levelCount).toBeLessThan(120)
  })

  it('numbers the commands of every session without gaps', () => {
    const lastRef = new Array(flow.sessionCount + 1).fill(0)
    for (let index = 0; index < flow.count; index++) {
      expect(flow.ref[index]).toBe(lastRef[flow.session[index]] + 1)
      lastRef[flow.session[index]]++
    }
  })

  it('is the same for the same seed, and another for another', () => {
    const fingerprint = (other: Flow) => other.expected.tradedLots
    expect(fingerprint(mixedFlow(small))).toBe(fingerprint(flow))
    expect(fingerprint(mixedFlow({ ...small, seed: 2 }))).not.toBe(fingerprint(flow))
  })

  it('with 10,000 orders is ten of them on each of about 1,000 levels', () => {
    const { expected, levelCount } = makeFlow('mixed10k')
    expect(Math.abs(expected.restingOrders - 10_000)).toBeLessThan(100)
    expect(Math.abs(levelCount - 1_000)).toBeLessThan(50)
  })
})

describe('flows of bursts', () => {
  it('static: about 40,000 orders on 60 levels', () => {
    const { expected, levelCount } = makeFlow('static')
    expect(Math.abs(expected.restingOrders - 40_000)).toBeLessThan(100)
    expect(levelCount).toBe(60)
  })

  it('wandering: over 40,000 ticks, 95 % of the orders that wait are cancelled, 15 % of the commands are IOC', () => {
    const wandering = makeFlow('wandering')
    const cancels = share(wandering, (index) => wandering.type[index] === messages.cancelOrder.number)
    const waiting = share(wandering, (index) => wandering.timeInForce[index] === timeInForce.goodTillCancel)
    expect(cancels / waiting).toBeCloseTo(0.95, 2)
    expect(1 - cancels - waiting).toBeCloseTo(0.15, 2)
    const prices = wandering.priceTicks.filter((priceTicks) => priceTicks > 0)
    const range = prices.reduce((a, b) => Math.max(a, b)) - prices.reduce((a, b) => Math.min(a, b))
    expect(range).toBeGreaterThan(39_000)
    expect(range).toBeLessThan(41_000)
  })

  it('one side: new orders change sides at most every thousand commands', () => {
    const oneSide = makeFlow('oneSide')
    let changes = 0
    let last = 0
    for (let index = oneSide.timedFrom; index < oneSide.count; index++) {
      if (oneSide.side[index] === 0) continue
      if (oneSide.side[index] !== last) changes++
      last = oneSide.side[index]
    }
    expect(changes).toBeGreaterThan(500)
    expect(changes).toBeLessThan(2_000)
  })

  it('sweeps: each takes all that rests', () => {
    const { expected, count } = sweepFlow({ levels: 100, ordersPerLevel: 3, sweeps: 4 })
    expect(count).toBe(5 * 301)
    expect(expected).toEqual({ tradeCount: 1_500, tradedLots: 15_000, restingOrders: 0 })
  })
})

describe('venues', () => {
  const bursts = { ...small, burstLength: 1_000, cancelDraws: 4 }
  it.each([
    ['mixed', flow],
    ['one side, wandering', mixedFlow({ ...bursts, wander: { rangeTicks: 900, stepTicks: 90, everyCommands: 50 } })],
    ['sweeps', sweepFlow({ levels: 500, ordersPerLevel: 3, sweeps: 4 })],
  ])('trade the same and keep the same orders: %s', (_, same) => {
    for (const venue of [new BookVenue(), new ExchangeVenue(same), new NodejsOrderBookVenue(orderIds(same))]) {
      venue.apply(same, 0, same.count)
      checkOutcome(venue.constructor.name, venue, same)
    }
    expect(same.expected.tradeCount).toBeGreaterThan(1_000)
  })

  it('the exchange does so in many instruments, with many participants', () => {
    const many = mixedFlow({ ...small, restingOrders: 200, instruments: 30, sessions: 128 })
    const venue = new ExchangeVenue(many)
    venue.apply(many, 0, many.count)
    checkOutcome('exchange', venue, many)
    expect(many.expected.tradeCount).toBeGreaterThan(1_000)
  })

  it('that did less do not pass', () => {
    const venue = new ExchangeVenue(flow)
    venue.apply(flow, 0, flow.count - 1_000)
    expect(() => checkOutcome('venue', venue, flow)).toThrow('tradeCount')
  })
})

import { describe, expect, it } from 'vitest'
import { enumerations, messages } from '../../protocol/messages.ts'
import { ExchangeVenue } from './exchange-venue.ts'
import { MixedFlow, sessionCount } from './mixed-flow.ts'
import { NodejsOrderBookVenue, orderIds } from './nodejs-order-book-venue.ts'
import { checkOutcome } from './venue.ts'

const filling = 1_000
const flow = new MixedFlow(51_000, 1)

function share(matches: (index: number) => boolean): number {
  let count = 0
  for (let index = filling; index < flow.count; index++) if (matches(index)) count++
  return count / (flow.count - filling)
}

describe('mixed flow', () => {
  it('is 47 : 45 : 5 : 3, and about a thousand orders rest', () => {
    const { timeInForce, orderType } = enumerations
    const immediate = (index: number) => flow.timeInForce[index] === timeInForce.immediateOrCancel
    expect(share((index) => flow.type[index] === messages.cancelOrder.number)).toBeCloseTo(0.45, 1.7)
    expect(share((index) => flow.timeInForce[index] === timeInForce.goodTillCancel)).toBeCloseTo(0.52, 1.7)
    expect(share(immediate)).toBeCloseTo(0.03, 2)
    expect(share((index) => flow.orderType[index] === orderType.market)).toBeCloseTo(0.01, 2)
    expect(flow.expected.restingOrders).toBeGreaterThan(900)
    expect(flow.expected.restingOrders).toBeLessThan(1_100)
  })

  it('numbers the commands of every session without gaps', () => {
    const lastRef = new Array(sessionCount + 1).fill(0)
    for (let index = 0; index < flow.count; index++) {
      expect(flow.ref[index]).toBe(lastRef[flow.session[index]] + 1)
      lastRef[flow.session[index]]++
    }
  })

  it('is the same for the same seed, and another for another', () => {
    const fingerprint = (other: MixedFlow) => other.expected.tradedLots
    expect(fingerprint(new MixedFlow(51_000, 1))).toBe(fingerprint(flow))
    expect(fingerprint(new MixedFlow(51_000, 2))).not.toBe(fingerprint(flow))
  })

  it('causes the same trades and leaves the same orders on every venue', () => {
    for (const venue of [new ExchangeVenue(), new NodejsOrderBookVenue(orderIds(flow))]) {
      venue.apply(flow, 0, flow.count)
      checkOutcome(venue.constructor.name, venue, flow)
    }
    expect(flow.expected.tradeCount).toBeGreaterThan(1_000)
  })

  it('is not passed by a venue that did less', () => {
    const venue = new ExchangeVenue()
    venue.apply(flow, 0, flow.count - 1_000)
    expect(() => checkOutcome('venue', venue, flow)).toThrow('tradeCount')
  })
})

/** What a mass quote does to orders, in which order: told by a market that only writes down what it is asked to do. */
import { beforeEach, describe, expect, it } from 'vitest'
import { enumerations } from '../../protocol/messages.ts'
import { QuietMarket, type Quote } from './quotes-fixture.ts'

const { buy: BUY, sell: SELL } = enumerations.side
const { continuous, halted } = enumerations.phase

let market: QuietMarket
beforeEach(() => {
  market = new QuietMarket()
})

describe('a mass quote', () => {
  it('takes all of its old orders out before the first new one enters', () => {
    expect(
      market.quote(1, [
        [1, 98, 10, 102, 10],
        [2, 48, 10, 52, 10],
      ]),
    ).toBe('create 1, create 2, create 3, create 4, enter 1, enter 2, enter 3, enter 4')
    expect(
      market.quote(1, [
        [1, 97, 10, 101, 10],
        [2, 47, 10, 51, 10],
      ]),
    ).toBe('create 5, create 6, end 1, end 2, create 7, create 8, end 3, end 4, enter 5, enter 6, enter 7, enter 8')
  })

  it('keeps the order of a side whose price is the same and whose quantity is no more than what is open', () => {
    market.quote(1, [[1, 98, 10, 102, 10]])
    market.fill(1, 4)
    expect(market.quote(1, [[1, 98, 6, 102, 9]])).toBe('keep 1, keep 2')
    // More than the 6 that are open is a new order; another price too.
    expect(market.quote(1, [[1, 98, 7, 103, 9]])).toBe('create 3, create 4, end 1, end 2, enter 3, enter 4')
  })

  it('counts neither the old quote nor anything twice: two quotes use up a bound of four orders again and again', () => {
    market.boundOpenOrders(4)
    const both: Quote[] = [
      [1, 98, 100, 102, 100],
      [2, 48, 100, 52, 100],
    ]
    market.quote(1, both)
    expect(market.openOrderCount()).toBe(4)
    both[0] = [1, 97, 100, 103, 100]
    expect(market.quote(1, both)).toBe('create 5, create 6, end 1, end 2, keep 3, keep 4, enter 5, enter 6')
    expect(market.openOrderCount()).toBe(4)
  })

  it('counts what its earlier rows opened: the fifth order of four is rejected', () => {
    market.boundOpenOrders(4)
    market.quote(2, [[1, 90, 1, 110, 1]])
    // Two open already, two more by row 1; the buy of row 2 is one too many.
    expect(
      market.quote(1, [
        [1, 98, 1, 102, 1],
        [2, 48, 1, 52, 1],
      ]),
    ).toBe('create 3, create 4, enter 3, enter 4')
    // As the old quote counts as gone, a sell alone takes no more room than the two sides before.
    expect(
      market.quote(1, [
        [1, 98, 0, 102, 1],
        [2, 0, 0, 52, 1],
      ]),
    ).toContain('create 5')
  })

  it('cancels the old quote of a row that is rejected', () => {
    market.quote(1, [[1, 98, 10, 102, 10]])
    expect(market.quote(1, [[1, 103, 10, 102, 10]])).toBe('cancel 1, cancel 2')
    expect(market.openOrderCount()).toBe(0)
  })

  it('leaves the quote of an earlier row alone when a later row repeats its instrument', () => {
    expect(
      market.quote(1, [
        [1, 98, 10, 102, 10],
        [1, 97, 10, 103, 10],
      ]),
    ).toBe('create 1, create 2, enter 1, enter 2')
    // In the next message the instrument may be named again.
    expect(market.quote(1, [[1, 97, 10, 102, 10]])).toBe('create 3, end 1, keep 2, enter 3')
  })
})

describe('the protection of a group', () => {
  beforeEach(() => {
    const { protection } = market.state
    const terms = { intervalMs: 1_000, maxLots: 10, maxNotionalMinor: 0, maxFills: 0, maxNetLots: 0, freezeMs: 0 }
    protection.set(protection.open(1, 1), terms)
  })

  it('cancels its quotes in all instruments and sessions, lowest order id first, and no others', () => {
    market.quote(2, [[2, 48, 20, 52, 20]])
    market.quote(1, [[1, 98, 20, 102, 20]])
    market.quote(2, [[1, 90, 20, 110, 20]], 2)
    // A buy that came later than the sell beside it.
    market.quote(2, [[2, 47, 20, 52, 20]])
    expect(market.fill(4, 9)).toBe('')
    expect(market.fill(3, 1)).toBe('cancel 2, cancel 3, cancel 4, cancel 7')
    expect(market.state.quotes.state(2, 1)).toEqual({ group: 2, bidOrderId: 5, askOrderId: 6 })
  })

  it('cancels also what its message has not entered yet', () => {
    market.onEnter = (orderId) => {
      if (orderId === 1) market.fill(1, 10)
    }
    market.quote(1, [
      [1, 98, 15, 102, 15],
      [2, 48, 15, 52, 15],
    ])
    // What is told since the fill: the rest of the order that traded, and three that will never enter.
    expect(market.done.join(', ')).toBe('cancel 1, cancel 2, cancel 3, cancel 4')
    expect(market.openOrderCount()).toBe(0)
  })

  it('cancels nothing of an order that traded to its end', () => {
    market.quote(1, [[1, 98, 10, 102, 10]])
    expect(market.fill(1, 10)).toBe('cancel 2')
  })

  it('is told to the sessions that had quotes in it or quoted it in the running message, lowest first', () => {
    market.quote(2, [[2, 48, 20, 52, 20]])
    market.fill(2, 5)
    // Nothing is left of session 1's only order when session 2's makes the bound of 10: 5 + 4 + 1.
    market.onEnter = () => {
      market.fill(3, 4)
      market.fill(2, 1)
    }
    market.quote(1, [[1, 98, 4, 0, 0]])
    expect(market.sessionsTold()).toEqual([1, 2])
  })

  it('follows a quote into another group', () => {
    market.quote(1, [[1, 98, 20, 102, 20]])
    market.quote(1, [[1, 98, 20, 102, 20]], 2)
    expect(market.fill(1, 15)).toBe('')
    market.quote(1, [[1, 98, 5, 102, 20]], 1)
    expect(market.fill(2, 10)).toBe('cancel 1, cancel 2')
  })

  it('takes no quotes into a frozen group', () => {
    market.quote(1, [[1, 98, 10, 102, 10]])
    market.fill(1, 10)
    expect(market.quote(1, [[2, 48, 10, 52, 10]])).toBe('')
    expect(market.quote(1, [[2, 48, 10, 52, 10]], 2)).toBe('create 3, create 4, enter 3, enter 4')
  })
})

describe('the obligation of an instrument: at most 4 ticks between buy and sell, at least 5 lots on each', () => {
  beforeEach(() => {
    market.state.timeUs = 1_000
  })

  const metAfter = (us: number) => {
    market.state.timeUs += us
    return market.metUs()
  }

  it('counts the time of a quote that is as it asks', () => {
    market.quote(1, [[1, 98, 5, 102, 5]])
    expect(metAfter(100)).toBe(100)
    market.quote(1, [[1, 98, 5, 103, 5]])
    expect(metAfter(100)).toBe(100)
    market.quote(1, [[1, 99, 5, 103, 5]])
    expect(metAfter(100)).toBe(200)
    market.quote(1, [[1, 99, 4, 103, 5]])
    expect(metAfter(100)).toBe(200)
  })

  it('does not count while one side is filled below the least quantity, or gone', () => {
    market.quote(1, [[1, 98, 6, 102, 6]])
    market.fill(1, 1)
    expect(metAfter(100)).toBe(100)
    market.fill(2, 2)
    expect(metAfter(100)).toBe(100)
    market.quote(1, [[1, 98, 5, 102, 5]])
    expect(metAfter(100)).toBe(200)
    market.fill(1, 5)
    expect(metAfter(100)).toBe(200)
  })

  it('does not count outside continuous trading', () => {
    market.quote(1, [[1, 98, 5, 102, 5]])
    metAfter(100)
    market.setPhase(halted)
    expect(metAfter(100)).toBe(100)
    market.setPhase(continuous)
    expect(metAfter(100)).toBe(200)
  })

  it('begins at zero with the day, quotes that are there included', () => {
    market.quote(1, [[1, 98, 5, 102, 5]])
    metAfter(100)
    market.state.quotes.beginDay()
    expect(metAfter(30)).toBe(30)
  })

  it('is told of instruments that ask for one and that the session quoted', () => {
    expect(market.state.quotes.obligations(1)).toEqual([])
    market.quote(1, [[2, 48, 10, 52, 10]])
    expect(market.state.quotes.obligations(1)).toEqual([])
    market.quote(1, [[1, 98, 5, 102, 5]])
    market.state.timeUs += 50
    expect(market.state.quotes.obligations(1)).toEqual([{ instrument: 1, metUs: 50, tradingUs: 1_050 }])
    expect(market.state.quotes.obligations(2)).toEqual([])
  })
})

it('a quote is the session’s own, and there is none of a side without lots', () => {
  market.quote(1, [[1, 98, 10, 0, 0]])
  expect(market.state.quotes.state(1, 1)).toEqual({ group: 1, bidOrderId: 1, askOrderId: 0 })
  expect(market.state.quotes.state(2, 1)).toBeUndefined()
  expect(market.quote(1, [[1, 98, 0, 102, 0]])).toBe('end 1')
  expect(market.state.quotes.state(1, 1)).toBeUndefined()
  expect([BUY, SELL].map((side) => market.state.accounts.worstPositionLots(1, side, 0))).toEqual([0, 0])
})

it('records tell of every quote, of one without orders that its clock stands', () => {
  market.quote(2, [[1, 98, 10, 102, 10]], 3)
  market.quote(1, [[2, 48, 10, 0, 0]], 2)
  market.state.timeUs += 40
  market.quote(2, [[1, 98, 0, 102, 0]], 3)
  // Session, instrument, group, order ids of both sides, time as the instrument asks, whether it is so now.
  expect(market.state.quotes.records()).toEqual([
    [1, 2, 2, 3, 0, 0, 0],
    [2, 1, 0, 0, 0, 40, 0],
  ])
})

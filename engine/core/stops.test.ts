/** Stop and stop-limit orders: how they wait, trigger (when, in what order, into what) and are replaced. */
import { describe, expect, it } from 'vitest'
import { enumerations } from '../../protocol/messages.ts'
import { Venue } from './exchange-fixture.ts'

const { orderType, timeInForce, side } = enumerations

const stop = (stopPriceTicks: number) => ({ type: 'stop', stopPriceTicks }) as const
const stopLimit = (stopPriceTicks: number) => ({ type: 'stopLimit', stopPriceTicks }) as const

/** A venue whose last price is this. */
function lastAt(priceTicks: number, terms: ConstructorParameters<typeof Venue>[0] = {}): Venue {
  const venue = new Venue(terms)
  venue.sell('A', 1, priceTicks)
  venue.buy('B', 1, priceTicks)
  return venue
}

describe('a waiting stop', () => {
  it('is not in the book, and triggers a buy when the last price is at or above its stop price', () => {
    const venue = new Venue()
    venue.sell('A', 1, 100)
    venue.sell('A', 1, 101)
    venue.sell('A', 5, 102)
    expect(venue.buy('B', 3, 0, stop(101))).toEqual(['B#1 accepted: buy 3 @ 0'])
    expect([venue.levels('buy'), venue.stops('buy')]).toEqual([[], ['B#1: 3 at 101']])
    expect(venue.buy('C', 1, 100).at(-1)).toBe('asks 100: 0 in 0')
    expect(venue.buy('C', 1, 101)).toEqual([
      'C#2 accepted: buy 1 @ 101',
      'traded: 1 @ 101, trade 2, aggressor buy',
      'A#2 filled: 1 @ 101, 0 left, maker',
      'C#2 filled: 1 @ 101, 0 left, taker',
      'asks 101: 0 in 0',
      'B#1 triggered: 3 @ 1000',
      'traded: 3 @ 102, trade 3, aggressor buy',
      'A#3 filled: 3 @ 102, 2 left, maker',
      'B#1 filled: 3 @ 102, 0 left, taker',
      'asks 102: 2 in 1',
    ])
  })

  it('triggers a sell when the last price is at or below its stop price', () => {
    const venue = lastAt(100)
    venue.buy('A', 1, 99)
    venue.buy('A', 5, 98)
    venue.sell('B', 3, 0, stop(99))
    expect(venue.sell('C', 1, 99).slice(-5)).toEqual([
      'B#2 triggered: 3 @ 1',
      'traded: 3 @ 98, trade 3, aggressor sell',
      'A#3 filled: 3 @ 98, 2 left, maker',
      'B#2 filled: 3 @ 98, 0 left, taker',
      'bids 98: 2 in 1',
    ])
  })

  it('does not trigger before the first trade, whatever the book and the reference price are', () => {
    const venue = new Venue({ referencePriceTicks: 100 })
    venue.sell('A', 1, 100)
    expect(venue.buy('B', 1, 0, stop(50))).toEqual(['B#1 accepted: buy 1 @ 0'])
  })

  it('whose stop price is reached when it is accepted triggers at once', () => {
    const venue = lastAt(100)
    venue.sell('A', 5, 103)
    expect(venue.buy('B', 2, 0, stop(100))).toEqual([
      'B#2 accepted: buy 2 @ 0',
      'B#2 triggered: 2 @ 1000',
      'traded: 2 @ 103, trade 2, aggressor buy',
      'A#2 filled: 2 @ 103, 3 left, maker',
      'B#2 filled: 2 @ 103, 0 left, taker',
      'asks 103: 3 in 1',
    ])
    expect(venue.buy('B', 2, 0, stop(104))).toEqual(['B#3 accepted: buy 2 @ 0'])
  })

  it('is cancelled and expires without a word about levels', () => {
    const venue = lastAt(100)
    venue.buy('B', 2, 0, stop(110))
    expect(venue.cancel('B', 2)).toEqual(['B#2 cancelled: 2, requested'])
    const expireTimeUs = venue.exchange.timeUs + 1_000
    venue.buy('B', 2, 0, { ...stop(110), timeInForce: 'goodTillDate', expireTimeUs })
    expect(venue.advanceTo(expireTimeUs)).toEqual(['B#4 expired: 2'])
    venue.buy('B', 2, 0, stop(110))
    venue.sell('B', 2, 0, stop(90))
    expect(venue.massCancel('B', 0, 'sell')).toEqual(['B#6 cancelled: 2, massCancel', 'B mass cancelled: 1'])
    expect(venue.disconnect('B')).toEqual(['B#5 cancelled: 2, disconnected'])
  })

  it('is only looked at in continuous trading', () => {
    const venue = lastAt(100)
    venue.enterPhase('preOpen')
    expect(venue.buy('B', 2, 105, stopLimit(99))).toEqual(['B#2 accepted: buy 2 @ 105'])
    expect(venue.enterPhase('openingAuction')).toEqual(['phase: openingAuction'])
    expect(venue.enterPhase('continuous')).toEqual(['phase: continuous', 'B#2 triggered: 2 @ 105', 'bids 105: 2 in 1'])
  })
})

describe('several stops', () => {
  it('trigger buys first, lowest stop price first, then sells, highest first, oldest first at the same price', () => {
    const venue = new Venue()
    venue.sell('A', 1, 0, stop(101))
    venue.sell('A', 2, 0, stop(102))
    venue.buy('A', 3, 0, stop(99))
    venue.buy('A', 4, 0, stop(98))
    venue.sell('A', 5, 0, stop(102))
    venue.buy('A', 6, 0, stop(98))
    expect(venue.stops('buy')).toEqual(['A#4: 4 at 98', 'A#6: 6 at 98', 'A#3: 3 at 99'])
    expect(venue.stops('sell')).toEqual(['A#2: 2 at 102', 'A#5: 5 at 102', 'A#1: 1 at 101'])
    venue.buy('B', 1, 100)
    expect(venue.sell('C', 1, 100).slice(5)).toEqual([
      'A#4 triggered: 4 @ 1000',
      'A#4 cancelled: 4, immediateOrCancel',
      'A#6 triggered: 6 @ 1000',
      'A#6 cancelled: 6, immediateOrCancel',
      'A#3 triggered: 3 @ 1000',
      'A#3 cancelled: 3, immediateOrCancel',
      'A#2 triggered: 2 @ 1',
      'A#2 cancelled: 2, immediateOrCancel',
      'A#5 triggered: 5 @ 1',
      'A#5 cancelled: 5, immediateOrCancel',
      'A#1 triggered: 1 @ 1',
      'A#1 cancelled: 1, immediateOrCancel',
    ])
  })

  it('trigger one another, each doing all that it can, moving the last price, before the next is looked at', () => {
    const venue = new Venue()
    venue.sell('A', 1, 100)
    venue.sell('A', 1, 101)
    venue.sell('A', 1, 103)
    venue.buy('B', 1, 0, stop(100))
    // Reached by the trade at 100, but buys come first, and those take the last price to 103.
    venue.sell('B', 1, 0, stop(100))
    venue.buy('B', 1, 0, stop(102))
    expect(venue.buy('C', 1, 100).slice(4)).toEqual([
      'asks 100: 0 in 0',
      'B#1 triggered: 1 @ 1000',
      'traded: 1 @ 101, trade 2, aggressor buy',
      'A#2 filled: 1 @ 101, 0 left, maker',
      'B#1 filled: 1 @ 101, 0 left, taker',
      'asks 101: 0 in 0',
    ])
    expect(venue.stops('buy')).toEqual(['B#3: 1 at 102'])
    venue.sell('A', 1, 102)
    // 102 triggers the second buy, which trades at 103.
    expect(venue.buy('C', 1, 102).slice(5, 8)).toEqual([
      'B#3 triggered: 1 @ 1000',
      'traded: 1 @ 103, trade 4, aggressor buy',
      'A#3 filled: 1 @ 103, 0 left, maker',
    ])
    expect(venue.stops('sell')).toEqual(['B#2: 1 at 100'])
  })

  it('that the triggered order before moved out of reach keep waiting', () => {
    const venue = new Venue()
    venue.buy('B', 1, 0, stop(100))
    venue.buy('B', 1, 0, stop(101))
    venue.sell('B', 1, 0, stop(99))
    venue.sell('A', 1, 105)
    venue.sell('A', 1, 100)
    const triggered = venue.buy('C', 1, 100).filter((line) => line.includes('triggered'))
    // The first buy trades at 105, which triggers the second; 105 is not at or below 99.
    expect(triggered).toEqual(['B#1 triggered: 1 @ 1000', 'B#2 triggered: 1 @ 1000'])
    expect(venue.stops('sell')).toEqual(['B#3: 1 at 99'])
  })

  it('of other instruments are not looked at', () => {
    const venue = new Venue()
    venue.defineInstrument({ instrument: 2 })
    venue.buy('B', 1, 0, { ...stop(100), instrument: 2 })
    venue.sell('A', 1, 100)
    expect(venue.buy('C', 1, 100)).toHaveLength(5)
  })
})

describe('a triggered order', () => {
  it('that was a stop is a market order from then on, at the worst price that the band allows then', () => {
    const venue = lastAt(100, { priceBandBasisPoints: 1_000 })
    venue.sell('A', 2, 105)
    venue.sell('A', 1, 110)
    venue.buy('B', 5, 0, stop(105))
    // A tenth of 105 are 10 whole ticks: up to 115. What cannot trade is cancelled.
    expect(venue.buy('C', 2, 105).slice(5)).toEqual([
      'B#2 triggered: 5 @ 115',
      'traded: 1 @ 110, trade 3, aggressor buy',
      'A#3 filled: 1 @ 110, 0 left, maker',
      'B#2 filled: 1 @ 110, 4 left, taker',
      'asks 110: 0 in 0',
      'B#2 cancelled: 4, immediateOrCancel',
    ])
  })

  it('that was a stop-limit is a limit order from then on: what is left rests, and is replaced like one', () => {
    const venue = lastAt(100)
    venue.sell('A', 1, 101)
    venue.buy('B', 5, 103, stopLimit(101))
    expect(venue.buy('C', 1, 101).slice(5)).toEqual(['B#2 triggered: 5 @ 103', 'bids 103: 5 in 1'])
    const [order] = venue.exchange.orders(1, side.buy)
    expect(order).toMatchObject({
      orderType: orderType.limit,
      timeInForce: timeInForce.goodTillCancel,
      stopPriceTicks: 0,
    })
    expect(venue.replace('B', 2, 5, 103, 104)).toEqual(['B rejected: invalidStopPrice, stopPriceTicks, 0'])
    expect(venue.replace('B', 2, 4, 103)[0]).toBe('B#2 replaced: 4 @ 103, 4 left, keeps priority')
  })

  it('that finds its limit price outside the price band is cancelled', () => {
    const venue = lastAt(100, { priceBandBasisPoints: 1_000 })
    // A limit of 130 is outside the band of now, and not asked yet; at 105 the band goes up to 115.
    expect(venue.buy('B', 5, 130, stopLimit(105))).toEqual(['B#2 accepted: buy 5 @ 130'])
    venue.sell('A', 1, 105)
    expect(venue.buy('C', 1, 105).slice(5)).toEqual(['B#2 triggered: 5 @ 130', 'B#2 cancelled: 5, priceBand'])
  })

  it('keeps its expiry', () => {
    const venue = lastAt(100)
    const expireTimeUs = venue.exchange.timeUs + 1_000
    venue.buy('B', 2, 90, { ...stopLimit(100), timeInForce: 'goodTillDate', expireTimeUs })
    expect(venue.levels('buy')).toEqual(['90: 2 in 1'])
    expect(venue.advanceTo(expireTimeUs)).toEqual(['B#2 expired: 2', 'bids 90: 0 in 0'])
  })
})

describe('the replacement of a waiting stop', () => {
  /** Two buys wait at 110, B's first. */
  function waiting(): Venue {
    const venue = lastAt(100)
    venue.buy('B', 5, 0, stop(110))
    venue.buy('C', 5, 120, stopLimit(110))
    return venue
  }

  it('keeps its place while the stop price stays and the quantity does not grow, and ignores the price of a stop', () => {
    const venue = waiting()
    expect(venue.replace('B', 2, 4, 777)).toEqual(['B#2 replaced: 4 @ 0, 4 left, keeps priority'])
    expect(venue.replace('B', 2, 3, 0, 110)).toEqual(['B#2 replaced: 3 @ 0, 3 left, keeps priority'])
    expect(venue.stops('buy')).toEqual(['B#2: 3 at 110', 'C#1: 5 at 110'])
    expect(venue.account('B')).toMatchObject({ openBuyLots: 3 })
  })

  it('goes behind the others with more quantity', () => {
    const venue = waiting()
    expect(venue.replace('B', 2, 8, 0)).toEqual(['B#2 replaced: 8 @ 0, 8 left, loses priority'])
    expect(venue.stops('buy')).toEqual(['C#1: 5 at 110', 'B#2: 8 at 110'])
    expect(venue.account('B')).toMatchObject({ openBuyLots: 8 })
  })

  it('changes the limit price of a stop-limit', () => {
    const venue = waiting()
    expect(venue.replace('C', 1, 5, 125)).toEqual(['C#1 replaced: 5 @ 125, 5 left, keeps priority'])
    expect(venue.exchange.stops(1, side.buy)[1]).toMatchObject({ priceTicks: 125, stopPriceTicks: 110 })
  })

  it('is a newcomer at another stop price, also when it comes back', () => {
    const venue = waiting()
    expect(venue.replace('B', 2, 5, 0, 111)).toEqual(['B#2 replaced: 5 @ 0, 5 left, loses priority'])
    expect(venue.stops('buy')).toEqual(['C#1: 5 at 110', 'B#2: 5 at 111'])
    venue.replace('B', 2, 5, 0, 110)
    expect(venue.stops('buy')).toEqual(['C#1: 5 at 110', 'B#2: 5 at 110'])
  })

  it('triggers at once if the new stop price is reached already', () => {
    const venue = waiting()
    expect(venue.replace('C', 1, 6, 99, 100)).toEqual([
      'C#1 replaced: 6 @ 99, 6 left, loses priority',
      'C#1 triggered: 6 @ 99',
      'bids 99: 6 in 1',
    ])
  })

  it('is possible in every phase but halted and closed', () => {
    const venue = waiting()
    for (const phase of ['preOpen', 'openingAuction', 'closingAuction'] as const) {
      venue.enterPhase(phase)
      expect(venue.replace('B', 2, 5, 0)[0]).toBe('B#2 replaced: 5 @ 0, 5 left, keeps priority')
    }
    for (const phase of ['halted', 'closed'] as const) {
      venue.enterPhase(phase)
      expect(venue.replace('B', 2, 5, 0)[0]).toMatch(/^B rejected: wrongPhase/)
    }
    expect(venue.cancel('B', 2)).toEqual(['B#2 cancelled: 5, requested'])
  })
})

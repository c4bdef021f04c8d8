/** The matching rules, one test each, with numbers to check by hand. */
import { describe, expect, it } from 'vitest'
import { Venue } from './exchange-fixture.ts'

const immediateOrCancel = { timeInForce: 'immediateOrCancel' } as const
const fillOrKill = { timeInForce: 'fillOrKill' } as const
const postOnly = { type: 'postOnly' } as const
const marketOrder = { type: 'market', timeInForce: 'immediateOrCancel' } as const

describe('price-time priority', () => {
  it('rests an order that crosses nothing and tells its level', () => {
    const venue = new Venue()
    expect(venue.buy('A', 10, 99)).toEqual(['A#1 accepted: buy 10 @ 99', 'bids 99: 10 in 1'])
    expect(venue.buy('B', 5, 99)).toEqual(['B#1 accepted: buy 5 @ 99', 'bids 99: 15 in 2'])
    expect(venue.buy('B', 1, 100)).toEqual(['B#2 accepted: buy 1 @ 100', 'bids 100: 1 in 1'])
    expect(venue.queue('buy')).toEqual(['100: 1', '99: 10+5'])
  })

  it('trades at the resting price, best price first, oldest first, and tells each level once', () => {
    const venue = new Venue()
    venue.sell('A', 5, 102)
    venue.sell('A', 3, 101)
    venue.sell('B', 4, 101)
    expect(venue.buy('C', 9, 103)).toEqual([
      'C#1 accepted: buy 9 @ 103',
      'traded: 3 @ 101, trade 1, aggressor buy',
      'A#2 filled: 3 @ 101, 0 left, maker',
      'C#1 filled: 3 @ 101, 6 left, taker',
      'traded: 4 @ 101, trade 2, aggressor buy',
      'B#1 filled: 4 @ 101, 0 left, maker',
      'C#1 filled: 4 @ 101, 2 left, taker',
      'asks 101: 0 in 0',
      'traded: 2 @ 102, trade 3, aggressor buy',
      'A#1 filled: 2 @ 102, 3 left, maker',
      'C#1 filled: 2 @ 102, 0 left, taker',
      'asks 102: 3 in 1',
    ])
  })

  it('stops at the limit price and rests what is left there', () => {
    const venue = new Venue()
    venue.buy('A', 5, 100)
    venue.buy('A', 5, 98)
    expect(venue.sell('B', 8, 99)).toEqual([
      'B#1 accepted: sell 8 @ 99',
      'traded: 5 @ 100, trade 1, aggressor sell',
      'A#1 filled: 5 @ 100, 0 left, maker',
      'B#1 filled: 5 @ 100, 3 left, taker',
      'bids 100: 0 in 0',
      'asks 99: 3 in 1',
    ])
  })

  it('finds the next price however far away it is', () => {
    const venue = new Venue({ maxPriceTicks: 1_000_000_000 })
    venue.sell('A', 1, 1_000_000_000)
    venue.sell('A', 1, 2)
    venue.buy('B', 2, 1_000_000_000)
    expect(venue.exchange.lastPriceTicks(1)).toBe(1_000_000_000)
    expect(venue.queue('sell')).toEqual([])
  })
})

describe('time in force', () => {
  it('cancels what an immediate-or-cancel order cannot fill', () => {
    const venue = new Venue()
    venue.sell('A', 5, 100)
    expect(venue.buy('B', 8, 100, immediateOrCancel).slice(3)).toEqual([
      'B#1 filled: 5 @ 100, 3 left, taker',
      'asks 100: 0 in 0',
      'B#1 cancelled: 3, immediateOrCancel',
    ])
    expect(venue.queue('buy')).toEqual([])
  })

  it('cancels a fill-or-kill order whole when one lot is missing, and fills it when none is', () => {
    const venue = new Venue()
    venue.sell('A', 5, 100)
    venue.sell('A', 5, 101)
    expect(venue.buy('B', 11, 101, fillOrKill)).toEqual(['B#1 accepted: buy 11 @ 101', 'B#1 cancelled: 11, fillOrKill'])
    expect(venue.buy('B', 6, 100, fillOrKill)).toEqual(['B#2 accepted: buy 6 @ 100', 'B#2 cancelled: 6, fillOrKill'])
    expect(venue.queue('sell')).toEqual(['100: 5', '101: 5'])
    expect(venue.buy('B', 10, 101, fillOrKill)).toContain('B#3 filled: 5 @ 101, 0 left, taker')
  })

  it('kills a fill-or-kill order that would meet an order of its own participant first', () => {
    const venue = new Venue()
    venue.sell('B', 5, 100)
    venue.sell('A', 5, 100)
    venue.sell('B', 5, 101)
    expect(venue.buy('A', 6, 101, fillOrKill)).toEqual(['A#2 accepted: buy 6 @ 101', 'A#2 cancelled: 6, fillOrKill'])
    expect(venue.buy('A', 5, 101, fillOrKill)).toContain('A#3 filled: 5 @ 100, 0 left, taker')
  })
})

describe('order types', () => {
  it('lets a post-only order rest beside the other side and rejects it where it would trade', () => {
    const venue = new Venue()
    venue.sell('A', 5, 100)
    expect(venue.buy('B', 1, 99, postOnly)).toEqual(['B#1 accepted: buy 1 @ 99', 'bids 99: 1 in 1'])
    expect(venue.buy('B', 1, 100, postOnly)).toEqual(['B rejected: postOnlyWouldTrade, priceTicks, 100'])
  })

  it('bounds a market order by the band around the last trade and cancels what is beyond', () => {
    // 5 % of 100 are 5 ticks.
    const venue = new Venue({ priceBandBasisPoints: 500 })
    venue.sell('A', 1, 100)
    venue.buy('B', 1, 100)
    venue.sell('A', 2, 104)
    venue.sell('A', 2, 105)
    // 106 is beyond the band and can only be placed while there is none.
    venue.defineInstrument({ priceBandBasisPoints: 0 })
    venue.sell('A', 2, 106)
    venue.defineInstrument({ priceBandBasisPoints: 500 })
    const events = venue.buy('B', 9, 0, marketOrder)
    expect(events[0]).toBe('B#2 accepted: buy 9 @ 105')
    expect(events.slice(-1)).toEqual(['B#2 cancelled: 5, immediateOrCancel'])
    expect(venue.queue('sell')).toEqual(['106: 2'])
  })

  it('measures the band from the middle of the book before the first trade, and from the defined price in an empty one', () => {
    // 10 % of 100 are 10 ticks; of the middle between 95 and 108, rounded down to 101, as well.
    const venue = new Venue({ priceBandBasisPoints: 1_000 })
    expect(venue.sell('A', 1, 0, marketOrder)[0]).toBe('A#1 accepted: sell 1 @ 90')
    venue.buy('A', 1, 95)
    expect(venue.sell('B', 1, 0, { type: 'market', timeInForce: 'fillOrKill' })[0]).toBe('B#1 accepted: sell 1 @ 90')
    const other = new Venue({ priceBandBasisPoints: 1_000 })
    other.buy('A', 1, 95)
    other.sell('A', 1, 108)
    expect(other.sell('B', 1, 0, marketOrder)[0]).toBe('B#1 accepted: sell 1 @ 91')
    expect(other.buy('B', 1, 0, marketOrder)[0]).toBe('B#2 accepted: buy 1 @ 104')
  })

  it('lets a market order go to the end of the price range where there is no band', () => {
    const venue = new Venue()
    venue.sell('A', 1, 1_000)
    expect(venue.buy('B', 1, 0, marketOrder)).toContain('B#1 filled: 1 @ 1000, 0 left, taker')
    expect(venue.sell('B', 1, 0, marketOrder)).toEqual([
      'B#2 accepted: sell 1 @ 1',
      'B#2 cancelled: 1, immediateOrCancel',
    ])
  })
})

describe('cancel', () => {
  it('takes what is left of an order out of the book', () => {
    const venue = new Venue()
    venue.buy('A', 10, 100)
    venue.sell('B', 4, 100)
    expect(venue.cancel('A', 1)).toEqual(['A#1 cancelled: 6, requested', 'bids 100: 0 in 0'])
  })
})

describe('replace', () => {
  it('keeps the place in the queue when the quantity shrinks at the same price', () => {
    const venue = new Venue()
    venue.buy('A', 10, 100)
    venue.buy('B', 5, 100)
    expect(venue.replace('A', 1, 7, 100)).toEqual([
      'A#1 replaced: 7 @ 100, 7 left, keeps priority',
      'bids 100: 12 in 2',
    ])
    expect(venue.queue('buy')).toEqual(['100: 7+5'])
  })

  it('says that nothing changed without telling the level again', () => {
    const venue = new Venue()
    venue.buy('A', 10, 100)
    expect(venue.replace('A', 1, 10, 100)).toEqual(['A#1 replaced: 10 @ 100, 10 left, keeps priority'])
  })

  it('goes to the back of the queue when the quantity grows', () => {
    const venue = new Venue()
    venue.buy('A', 10, 100)
    venue.buy('B', 5, 100)
    expect(venue.replace('A', 1, 11, 100)).toEqual([
      'A#1 replaced: 11 @ 100, 11 left, loses priority',
      'bids 100: 5 in 1',
      'bids 100: 16 in 2',
    ])
    expect(venue.queue('buy')).toEqual(['100: 5+11'])
  })

  it('goes to the back of the queue of a new price, and does not get its old place back', () => {
    const venue = new Venue()
    venue.buy('A', 10, 100)
    venue.buy('B', 5, 100)
    venue.replace('A', 1, 10, 99)
    venue.replace('A', 1, 10, 100)
    expect(venue.queue('buy')).toEqual(['100: 5+10'])
  })

  it('states the total with the executed part, so that a fill in flight cannot overfill it', () => {
    const venue = new Venue()
    venue.buy('A', 10, 100)
    venue.sell('B', 4, 100)
    // Four of ten are done; a total of eight leaves four.
    expect(venue.replace('A', 1, 8, 100)).toEqual(['A#1 replaced: 8 @ 100, 4 left, keeps priority', 'bids 100: 4 in 1'])
  })

  it('cancels an order whose new total is executed already', () => {
    const venue = new Venue()
    venue.buy('A', 10, 100)
    venue.sell('B', 4, 100)
    expect(venue.replace('A', 1, 4, 100)).toEqual(['A#1 cancelled: 6, replacedBelowFilled', 'bids 100: 0 in 0'])
  })

  it('trades when the new price crosses', () => {
    const venue = new Venue()
    venue.sell('B', 4, 102)
    venue.buy('A', 10, 100)
    expect(venue.replace('A', 1, 10, 102)).toEqual([
      'A#1 replaced: 10 @ 102, 10 left, loses priority',
      'bids 100: 0 in 0',
      'traded: 4 @ 102, trade 1, aggressor buy',
      'B#1 filled: 4 @ 102, 0 left, maker',
      'A#1 filled: 4 @ 102, 6 left, taker',
      'asks 102: 0 in 0',
      'bids 102: 6 in 1',
    ])
  })

  it('leaves a post-only order as it was when the new price would trade', () => {
    const venue = new Venue()
    venue.sell('B', 4, 102)
    venue.buy('A', 10, 100, postOnly)
    expect(venue.replace('A', 1, 10, 102)).toEqual(['A rejected: postOnlyWouldTrade, priceTicks, 102'])
    expect(venue.queue('buy')).toEqual(['100: 10'])
  })
})

describe('self-trade prevention', () => {
  it('cancels what came in and keeps what was there', () => {
    const venue = new Venue()
    venue.sell('A', 5, 100)
    expect(venue.buy('A', 3, 100)).toEqual(['A#2 accepted: buy 3 @ 100', 'A#2 cancelled: 3, selfTrade'])
    expect(venue.queue('sell')).toEqual(['100: 5'])
  })

  it('goes by participant, not by session, and lets trades with others before it stand', () => {
    const venue = new Venue()
    venue.sell('B', 2, 100)
    venue.sell('A', 5, 100)
    venue.sell('C', 5, 100)
    expect(venue.buy('A2', 9, 100)).toEqual([
      'A2#1 accepted: buy 9 @ 100',
      'traded: 2 @ 100, trade 1, aggressor buy',
      'B#1 filled: 2 @ 100, 0 left, maker',
      'A2#1 filled: 2 @ 100, 7 left, taker',
      'asks 100: 10 in 2',
      'A2#1 cancelled: 7, selfTrade',
    ])
  })

  it('cancels a replaced order that would meet its own participant', () => {
    const venue = new Venue()
    venue.sell('A2', 5, 101)
    venue.buy('A', 3, 100)
    expect(venue.replace('A', 1, 3, 101)).toEqual([
      'A#1 replaced: 3 @ 101, 3 left, loses priority',
      'bids 100: 0 in 0',
      'A#1 cancelled: 3, selfTrade',
    ])
  })
})

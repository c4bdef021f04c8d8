/** Self-trade prevention: what happens instead of a trade of one participant's orders, also in auctions. */
import { describe, expect, it } from 'vitest'
import { type SelfTradePrevention, Venue } from './exchange-fixture.ts'

const by = (selfTradePrevention: SelfTradePrevention) => ({ selfTradePrevention })

/** A sells 5 at 100, B behind it 4, and A 3 at 101. */
function venueWithOwnOrders(): Venue {
  const venue = new Venue()
  venue.sell('A', 5, 100)
  venue.sell('B', 4, 100)
  venue.sell('A', 3, 101)
  return venue
}

describe('when the next order in line is of the same participant', () => {
  it('cancelNewest cancels what is left of the order that came in', () => {
    const venue = venueWithOwnOrders()
    expect(venue.buy('A', 6, 101, by('cancelNewest'))).toEqual([
      'A#3 accepted: buy 6 @ 101',
      'A#3 cancelled: 6, selfTrade',
    ])
    expect(venue.queue('sell')).toEqual(['100: 5+4', '101: 3'])
  })

  it('cancelOldest cancels the resting order, and matching goes on', () => {
    const venue = venueWithOwnOrders()
    expect(venue.buy('A', 6, 101, by('cancelOldest'))).toEqual([
      'A#3 accepted: buy 6 @ 101',
      'A#1 cancelled: 5, selfTrade',
      'traded: 4 @ 100, trade 1, aggressor buy',
      'B#1 filled: 4 @ 100, 0 left, maker',
      'A#3 filled: 4 @ 100, 2 left, taker',
      'asks 100: 0 in 0',
      'A#2 cancelled: 3, selfTrade',
      'asks 101: 0 in 0',
      'bids 101: 2 in 1',
    ])
    expect(venue.account('A')).toMatchObject({ positionLots: 4, openBuyLots: 2, openSellLots: 0 })
  })

  it('cancelBoth cancels the resting order first, then the one that came in', () => {
    const venue = venueWithOwnOrders()
    expect(venue.buy('A', 6, 101, by('cancelBoth'))).toEqual([
      'A#3 accepted: buy 6 @ 101',
      'A#1 cancelled: 5, selfTrade',
      'asks 100: 4 in 1',
      'A#3 cancelled: 6, selfTrade',
    ])
    expect(venue.queue('sell')).toEqual(['100: 4', '101: 3'])
  })

  it('decrement takes the smaller open quantity from both: the resting order goes, and the other goes on', () => {
    const venue = venueWithOwnOrders()
    expect(venue.buy('A', 11, 101, by('decrement'))).toEqual([
      'A#3 accepted: buy 11 @ 101',
      'A#1 cancelled: 5, selfTrade',
      'A#3 reduced: by 5, 6 left, selfTrade',
      'traded: 4 @ 100, trade 1, aggressor buy',
      'B#1 filled: 4 @ 100, 0 left, maker',
      'A#3 filled: 4 @ 100, 2 left, taker',
      'asks 100: 0 in 0',
      'A#2 reduced: by 2, 1 left, selfTrade',
      'A#3 cancelled: 2, selfTrade',
      'asks 101: 1 in 1',
    ])
    expect(venue.account('A')).toMatchObject({ positionLots: 4, openBuyLots: 0, openSellLots: 1 })
  })

  it('decrement makes the total smaller, so that what is lost cannot come back by a replacement', () => {
    const venue = venueWithOwnOrders()
    venue.buy('A', 2, 100, by('decrement'))
    // Five lots less two: a total of three is what it has, and four are more.
    expect(venue.replace('A', 1, 3, 100)).toEqual(['A#1 replaced: 3 @ 100, 3 left, keeps priority'])
    expect(venue.replace('A', 1, 4, 100)[0]).toBe('A#1 replaced: 4 @ 100, 4 left, loses priority')
  })

  it('decrement makes the total of the order that came in smaller as well, if it rests', () => {
    for (const timeInForce of ['goodTillCancel', 'day'] as const) {
      const venue = new Venue()
      venue.sell('A', 5, 100)
      expect(venue.buy('A', 8, 100, { timeInForce, ...by('decrement') })).toEqual([
        'A#2 accepted: buy 8 @ 100',
        'A#1 cancelled: 5, selfTrade',
        'A#2 reduced: by 5, 3 left, selfTrade',
        'asks 100: 0 in 0',
        'bids 100: 3 in 1',
      ])
      expect(venue.replace('A', 2, 3, 100)).toEqual(['A#2 replaced: 3 @ 100, 3 left, keeps priority'])
    }
  })

  it('decrement counts the hidden part of an iceberg and takes it first', () => {
    const venue = new Venue()
    venue.sell('A', 10, 100, { displayQuantityLots: 3 })
    expect(venue.buy('A', 6, 100, by('decrement'))).toEqual([
      'A#2 accepted: buy 6 @ 100',
      'A#1 reduced: by 6, 4 left, selfTrade',
      'A#2 cancelled: 6, selfTrade',
    ])
    expect(venue.levels('sell')).toEqual(['100: 3 in 1'])
  })
})

describe('the mode', () => {
  it('is that of the order that came in, not of the one that rests', () => {
    const venue = new Venue()
    venue.sell('A', 5, 100, by('cancelOldest'))
    expect(venue.buy('A', 1, 100, by('cancelNewest')).at(-1)).toBe('A#2 cancelled: 1, selfTrade')
    expect(venue.queue('sell')).toEqual(['100: 5'])
  })

  it("is its session's default where the order states none; orders of another session have that session's", () => {
    const venue = new Venue()
    venue.defineSession('A2', 'cancelOldest')
    venue.sell('A', 5, 100)
    expect(venue.buy('A', 1, 100).at(-1)).toBe('A#2 cancelled: 1, selfTrade')
    expect(venue.buy('A2', 1, 100)).toEqual([
      'A2#1 accepted: buy 1 @ 100',
      'A#1 cancelled: 5, selfTrade',
      'asks 100: 0 in 0',
      'bids 100: 1 in 1',
    ])
  })

  it('that was the default when the order came is its own: a later default does not change it', () => {
    const venue = new Venue()
    venue.defineSession('A', 'cancelOldest')
    venue.buy('A', 1, 90)
    venue.defineSession('A', 'cancelNewest')
    venue.sell('A2', 5, 100)
    expect(venue.replace('A', 1, 1, 100)).toContain('A2#1 cancelled: 5, selfTrade')
  })

  it('of a replaced order or a triggered stop is the one that it was accepted with', () => {
    const venue = new Venue()
    venue.sell('A2', 5, 101)
    venue.buy('A', 1, 0, { type: 'stop', stopPriceTicks: 100, ...by('cancelBoth') })
    venue.sell('B', 1, 100)
    expect(venue.buy('C', 1, 100).slice(5)).toEqual([
      'A#1 triggered: 1 @ 1000',
      'A2#1 cancelled: 5, selfTrade',
      'asks 101: 0 in 0',
      'A#1 cancelled: 1, selfTrade',
    ])
  })
})

describe('fill-or-kill', () => {
  const fillOrKill = (mode: SelfTradePrevention) => ({ timeInForce: 'fillOrKill', ...by(mode) }) as const

  it('counts on what lies before the first own order', () => {
    for (const mode of ['cancelNewest', 'cancelBoth', 'decrement'] as const) {
      const venue = new Venue()
      venue.sell('B', 4, 100)
      venue.sell('A', 5, 100)
      venue.sell('B', 3, 101)
      expect(venue.buy('A', 5, 101, fillOrKill(mode))).toContain('A#2 cancelled: 5, fillOrKill')
      expect(venue.buy('A', 4, 101, fillOrKill(mode))).toContain('A#3 filled: 4 @ 100, 0 left, taker')
      expect(venue.queue('sell')).toEqual(['100: 5', '101: 3'])
    }
  })

  it('counts with cancelOldest on what lies behind, too', () => {
    const venue = venueWithOwnOrders()
    expect(venue.buy('A', 5, 101, fillOrKill('cancelOldest'))).toContain('A#3 cancelled: 5, fillOrKill')
    expect(venue.queue('sell'), 'nothing happened').toEqual(['100: 5+4', '101: 3'])
    expect(venue.buy('A', 4, 101, fillOrKill('cancelOldest'))).toContain('A#4 filled: 4 @ 100, 0 left, taker')
    expect(venue.queue('sell')).toEqual(['101: 3'])
  })
})

describe('in an auction', () => {
  /** A sells 5 at 100 and then buys 3 there, as this mode says; B buys 4 behind it. */
  function uncross(mode: SelfTradePrevention): string[] {
    const venue = new Venue()
    venue.enterPhase('openingAuction')
    venue.sell('A', 5, 100, by('cancelNewest'))
    venue.buy('A2', 3, 100, by(mode))
    venue.buy('B', 4, 100)
    const events = venue.enterPhase('continuous')
    expect(events.pop()).toBe('phase: continuous')
    return events
  }

  it('cancelNewest cancels the order with the higher id', () => {
    expect(uncross('cancelNewest')).toEqual([
      'A2#1 cancelled: 3, selfTrade',
      'bids 100: 4 in 1',
      'traded: 4 @ 100, trade 1, aggressor any',
      'B#1 filled: 4 @ 100, 0 left, auction',
      'A#1 filled: 4 @ 100, 1 left, auction',
      'bids 100: 0 in 0',
      'asks 100: 1 in 1',
    ])
  })

  it('it is the same where the sell is the newer one', () => {
    const venue = new Venue()
    venue.enterPhase('openingAuction')
    venue.buy('A', 5, 100)
    venue.sell('A2', 3, 100)
    expect(venue.enterPhase('continuous')).toEqual([
      'A2#1 cancelled: 3, selfTrade',
      'asks 100: 0 in 0',
      'phase: continuous',
    ])
    expect(venue.queue('buy')).toEqual(['100: 5'])
  })

  it('cancelOldest cancels the order with the lower id', () => {
    expect(uncross('cancelOldest')).toEqual(['A#1 cancelled: 5, selfTrade', 'asks 100: 0 in 0'])
  })

  it('cancelBoth cancels both, the older first', () => {
    expect(uncross('cancelBoth')).toEqual([
      'A#1 cancelled: 5, selfTrade',
      'A2#1 cancelled: 3, selfTrade',
      'bids 100: 4 in 1',
      'asks 100: 0 in 0',
    ])
  })

  it('decrement takes what both show from both, the older told first', () => {
    expect(uncross('decrement')).toEqual([
      'A#1 reduced: by 3, 2 left, selfTrade',
      'A2#1 cancelled: 3, selfTrade',
      'bids 100: 4 in 1',
      'asks 100: 2 in 1',
      'traded: 2 @ 100, trade 1, aggressor any',
      'B#1 filled: 2 @ 100, 2 left, auction',
      'A#1 filled: 2 @ 100, 0 left, auction',
      'asks 100: 0 in 0',
      'bids 100: 2 in 1',
    ])
  })

  it('begins again with a new price while the book is still crossed', () => {
    const venue = new Venue()
    venue.enterPhase('openingAuction')
    venue.sell('A2', 10, 100)
    venue.sell('B', 3, 100)
    venue.buy('A', 20, 105)
    venue.buy('B', 3, 101)
    // 13 trade at any price; from 102 up 7 are left to buy, and 105 is the highest. But A's buy goes, and then at 100
    // and 101 three trade, ten being left to sell: the lowest.
    expect(venue.exchange.indication(1)).toEqual({ priceTicks: 105, volumeLots: 13, imbalanceLots: 7 })
    expect(venue.enterPhase('continuous')).toEqual([
      'A#1 cancelled: 20, selfTrade',
      'bids 105: 0 in 0',
      'traded: 3 @ 100, trade 1, aggressor any',
      'B#2 filled: 3 @ 100, 0 left, auction',
      'A2#1 filled: 3 @ 100, 7 left, auction',
      'bids 101: 0 in 0',
      'asks 100: 10 in 2',
      'phase: continuous',
    ])
  })
})

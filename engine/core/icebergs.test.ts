/** Icebergs: what the book shows of them, how the next part comes, and where the hidden part counts. */
import { describe, expect, it } from 'vitest'
import { enumerations } from '../../protocol/messages.ts'
import { Venue } from './exchange-fixture.ts'

const { side } = enumerations
const showing = (displayQuantityLots: number) => ({ displayQuantityLots })
const fillOrKill = { timeInForce: 'fillOrKill' } as const

/** A sells 10 at 100 and shows 3, B behind it 4. */
function venueWithIceberg(): Venue {
  const venue = new Venue()
  venue.sell('A', 10, 100, showing(3))
  venue.sell('B', 4, 100)
  return venue
}

describe('an iceberg', () => {
  it('shows at most its display quantity', () => {
    const venue = new Venue()
    expect(venue.sell('A', 10, 100, showing(3))).toEqual(['A#1 accepted: sell 10 @ 100', 'asks 100: 3 in 1'])
    expect(venue.exchange.bestQuantityLots(1, side.sell)).toBe(3)
    expect(venue.exchange.orders(1, side.sell)[0]).toMatchObject({
      leavesLots: 10,
      shownLots: 3,
      displayQuantityLots: 3,
    })
    expect(venue.account('A')).toMatchObject({ openSellLots: 10 })
  })

  it('shows the next part at the back of the level', () => {
    const venue = venueWithIceberg()
    expect(venue.buy('C', 5, 100)).toEqual([
      'C#1 accepted: buy 5 @ 100',
      'traded: 3 @ 100, trade 1, aggressor buy',
      'A#1 filled: 3 @ 100, 7 left, maker',
      'C#1 filled: 3 @ 100, 2 left, taker',
      'traded: 2 @ 100, trade 2, aggressor buy',
      'B#1 filled: 2 @ 100, 2 left, maker',
      'C#1 filled: 2 @ 100, 0 left, taker',
      'asks 100: 5 in 2',
    ])
    expect(venue.queue('sell')).toEqual(['100: 2+7'])
  })

  it('keeps its place while something of the shown part is left', () => {
    const venue = venueWithIceberg()
    expect(venue.buy('C', 2, 100).at(-1)).toBe('asks 100: 5 in 2')
    expect(venue.queue('sell')).toEqual(['100: 8+4'])
  })

  it('is met again by an aggressor that still has lots', () => {
    const venue = venueWithIceberg()
    // 3 of A, 4 of B, 3 of A and 2 of its next 3; it has two left and shows one.
    const trades = venue.buy('C', 12, 100).filter((line) => line.startsWith('traded'))
    expect(trades.map((line) => line.split(',')[0])).toEqual([
      'traded: 3 @ 100',
      'traded: 4 @ 100',
      'traded: 3 @ 100',
      'traded: 2 @ 100',
    ])
    expect([venue.queue('sell'), venue.levels('sell')]).toEqual([['100: 2'], ['100: 1 in 1']])
  })

  it('trades with its whole quantity when it comes in, and hides of what rests', () => {
    const venue = new Venue()
    venue.buy('B', 6, 100)
    const events = venue.sell('A', 10, 100, showing(3))
    expect(events[1]).toBe('traded: 6 @ 100, trade 1, aggressor sell')
    expect(events.at(-1)).toBe('asks 100: 3 in 1')
    expect(venue.queue('sell')).toEqual(['100: 4'])
  })

  it('of a display quantity of at least its quantity is an ordinary order', () => {
    const venue = new Venue()
    venue.sell('A', 10, 100, showing(10))
    expect(venue.levels('sell')).toEqual(['100: 10 in 1'])
    expect(venue.exchange.orders(1, side.sell)[0].displayQuantityLots).toBe(0)
  })

  it('may be post-only, or a stop-limit that shows its part once it has triggered', () => {
    const venue = new Venue()
    expect(venue.sell('A', 10, 105, { type: 'postOnly', ...showing(4) }).at(-1)).toBe('asks 105: 4 in 1')
    venue.buy('B', 8, 90, { type: 'stopLimit', stopPriceTicks: 105, ...showing(3) })
    expect(venue.buy('C', 1, 105).slice(-2)).toEqual(['B#1 triggered: 8 @ 90', 'bids 90: 3 in 1'])
  })
})

describe('a replacement of an iceberg', () => {
  it('with less quantity takes from the hidden part first, from the shown part last', () => {
    const venue = venueWithIceberg()
    // Nobody else hears of what was hidden.
    expect(venue.replace('A', 1, 5, 100)).toEqual(['A#1 replaced: 5 @ 100, 5 left, keeps priority'])
    expect(venue.replace('A', 1, 2, 100)).toEqual(['A#1 replaced: 2 @ 100, 2 left, keeps priority', 'asks 100: 6 in 2'])
    expect(venue.queue('sell')).toEqual(['100: 2+4'])
  })

  it('with less quantity leaves a shown part that has traded already as it is', () => {
    const venue = venueWithIceberg()
    venue.buy('C', 1, 100)
    // Of 10 one is filled and two are shown; a total of 4 leaves three, one of them hidden.
    expect(venue.replace('A', 1, 4, 100)).toEqual(['A#1 replaced: 4 @ 100, 3 left, keeps priority'])
    expect(venue.levels('sell')).toEqual(['100: 6 in 2'])
    expect(venue.exchange.orders(1, side.sell)[0]).toMatchObject({ leavesLots: 3, shownLots: 2 })
  })

  it('with more quantity goes to the back and shows a whole part, as large as before', () => {
    const venue = venueWithIceberg()
    venue.buy('C', 1, 100)
    expect(venue.replace('A', 1, 20, 100).at(-1)).toBe('asks 100: 7 in 2')
    expect(venue.queue('sell')).toEqual(['100: 4+19'])
  })
})

describe('the hidden part', () => {
  it('counts for fill-or-kill', () => {
    const venue = venueWithIceberg()
    expect(venue.buy('C', 15, 100, fillOrKill).at(-1)).toBe('C#1 cancelled: 15, fillOrKill')
    expect(venue.buy('C', 14, 100, fillOrKill).at(-1)).toBe('asks 100: 0 in 0')
    expect(venue.account('C')).toMatchObject({ positionLots: 14 })
  })

  it('does not count for fill-or-kill in front of an own order of that level: it would queue up behind', () => {
    const venue = venueWithIceberg()
    expect(venue.buy('B', 4, 100, fillOrKill)).toEqual(['B#2 accepted: buy 4 @ 100', 'B#2 cancelled: 4, fillOrKill'])
    expect(venue.buy('B', 3, 100, fillOrKill)).toContain('B#3 filled: 3 @ 100, 0 left, taker')
  })

  it('counts in auctions, where it trades what it shows, turn by turn', () => {
    const venue = new Venue()
    venue.enterPhase('openingAuction')
    venue.sell('A', 10, 100, showing(3))
    venue.sell('B', 4, 100)
    venue.buy('C', 8, 100)
    expect(venue.exchange.indication(1)).toEqual({ priceTicks: 100, volumeLots: 8, imbalanceLots: -6 })
    expect(venue.enterPhase('continuous')).toEqual([
      'traded: 3 @ 100, trade 1, aggressor any',
      'C#2 filled: 3 @ 100, 5 left, auction',
      'A#1 filled: 3 @ 100, 7 left, auction',
      'traded: 4 @ 100, trade 2, aggressor any',
      'C#2 filled: 4 @ 100, 1 left, auction',
      'B#1 filled: 4 @ 100, 0 left, auction',
      'traded: 1 @ 100, trade 3, aggressor any',
      'C#2 filled: 1 @ 100, 0 left, auction',
      'A#1 filled: 1 @ 100, 6 left, auction',
      'bids 100: 0 in 0',
      'asks 100: 2 in 1',
      'phase: continuous',
    ])
  })
})

describe('an iceberg of very many parts', () => {
  it('is not taken: it shows at least a hundredth of its quantity', () => {
    const venue = new Venue()
    expect(venue.buy('A', 101, 100, { displayQuantityLots: 1 })).toEqual([
      'A rejected: invalidDisplayQuantity, displayQuantityLots, 2',
    ])
    expect(venue.buy('A', 100, 100, { displayQuantityLots: 1 })).toContain('A#2 accepted: buy 100 @ 100')
    expect(venue.replace('A', 2, 101, 100)).toEqual(['A rejected: invalidDisplayQuantity, quantityLots, 100'])
  })
})

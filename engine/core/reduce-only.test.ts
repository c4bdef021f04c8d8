/** Reduce-only orders: lowered to what there is to reduce, cancelled when that becomes too little, also as stops. */
import { describe, expect, it } from 'vitest'
import { enumerations } from '../../protocol/messages.ts'
import { Venue } from './exchange-fixture.ts'

const { side } = enumerations
const reduceOnly = { reduceOnly: true } as const

/** A holds 10 lots that B sold at 100; A's next ref is 2, B's too. */
function venueWithPosition(): Venue {
  const venue = new Venue()
  venue.buy('A', 10, 100)
  venue.sell('B', 10, 100)
  return venue
}

describe('a reduce-only order', () => {
  it('is lowered to the position when it is accepted', () => {
    const venue = venueWithPosition()
    expect(venue.sell('A', 12, 110, reduceOnly)).toEqual(['A#2 accepted: sell 10 @ 110', 'asks 110: 10 in 1'])
    expect(venue.exchange.orders(1, side.sell)[0]).toMatchObject({ quantityLots: 10, reduceOnly: true })
    // B is short of 10, so that its buys reduce.
    expect(venue.buy('B', 11, 90, reduceOnly)[0]).toBe('B#2 accepted: buy 10 @ 90')
  })

  it("has what the account's other reduce-only orders of the side leave, and no other orders count", () => {
    const venue = venueWithPosition()
    venue.sell('A', 10, 120)
    venue.sell('A', 4, 110, reduceOnly)
    expect(venue.sell('A2', 12, 111, reduceOnly)[0]).toBe('A2#1 accepted: sell 6 @ 111')
    expect(venue.sell('A', 1, 112, reduceOnly)).toEqual(['A rejected: reduceOnly, reduceOnly, 0'])
  })

  it('closes the position and goes no further', () => {
    const venue = venueWithPosition()
    venue.buy('C', 30, 99)
    expect(venue.sell('A', 30, 99, reduceOnly).slice(0, 2)).toEqual([
      'A#2 accepted: sell 10 @ 99',
      'traded: 10 @ 99, trade 2, aggressor sell',
    ])
    expect(venue.account('A')).toMatchObject({ positionLots: 0 })
  })

  it('as an iceberg that is lowered to its display quantity is an ordinary order', () => {
    const venue = venueWithPosition()
    venue.sell('A', 20, 110, { ...reduceOnly, displayQuantityLots: 10 })
    expect(venue.exchange.orders(1, side.sell)[0]).toMatchObject({ leavesLots: 10, displayQuantityLots: 0 })
  })

  it('takes no more quantity by a replacement, but a new price and less', () => {
    const venue = venueWithPosition()
    venue.sell('A', 5, 110, reduceOnly)
    expect(venue.replace('A', 2, 6, 110)).toEqual(['A rejected: reduceOnly, reduceOnly, 0'])
    expect(venue.replace('A', 2, 5, 111)[0]).toBe('A#2 replaced: 5 @ 111, 5 left, loses priority')
    expect(venue.replace('A', 2, 4, 111)[0]).toBe('A#2 replaced: 4 @ 111, 4 left, keeps priority')
    // What was given up may be taken again by another one: 10 less 4.
    expect(venue.sell('A', 9, 112, reduceOnly)[0]).toBe('A#6 accepted: sell 6 @ 112')
  })
})

describe('when the position becomes too small', () => {
  it('orders are cancelled, newest first, until the rest fits', () => {
    const venue = venueWithPosition()
    venue.sell('A', 4, 110, reduceOnly)
    venue.sell('A', 3, 111, reduceOnly)
    venue.sell('A2', 3, 112, reduceOnly)
    venue.buy('C', 5, 99)
    // An ordinary sell of 5 leaves 5: the order of 3 at 112 and then that at 111 go; the 4 at 110 fit.
    expect(venue.sell('A', 5, 99)).toEqual([
      'A#4 accepted: sell 5 @ 99',
      'traded: 5 @ 99, trade 2, aggressor sell',
      'C#1 filled: 5 @ 99, 0 left, maker',
      'A#4 filled: 5 @ 99, 0 left, taker',
      'A2#1 cancelled: 3, reduceOnly',
      'asks 112: 0 in 0',
      'A#3 cancelled: 3, reduceOnly',
      'asks 111: 0 in 0',
      'bids 99: 0 in 0',
    ])
  })

  it('a replaced order is as old as it was: age is by order id', () => {
    const venue = venueWithPosition()
    venue.sell('A', 5, 110, reduceOnly)
    venue.sell('A', 5, 111, reduceOnly)
    venue.replace('A', 2, 5, 112)
    venue.buy('C', 1, 99)
    const events = venue.sell('A', 1, 99)
    expect(events).toContain('A#3 cancelled: 5, reduceOnly')
    expect(venue.queue('sell')).toEqual(['112: 5'])
  })

  it('by fills of ordinary orders that rest, it is the same', () => {
    const venue = venueWithPosition()
    venue.sell('A', 10, 110, reduceOnly)
    venue.sell('A', 1, 101)
    expect(venue.buy('C', 1, 101)).toEqual([
      'C#1 accepted: buy 1 @ 101',
      'traded: 1 @ 101, trade 2, aggressor buy',
      'A#3 filled: 1 @ 101, 0 left, maker',
      'C#1 filled: 1 @ 101, 0 left, taker',
      'A#2 cancelled: 10, reduceOnly',
      'asks 110: 0 in 0',
      'asks 101: 0 in 0',
    ])
  })

  it('an order behind at the level that trades is gone before the next match, and the level is told once', () => {
    const venue = venueWithPosition()
    venue.sell('A', 2, 101)
    venue.sell('A', 9, 101, reduceOnly)
    venue.sell('C', 3, 101)
    expect(venue.buy('B', 4, 101)).toEqual([
      'B#2 accepted: buy 4 @ 101',
      'traded: 2 @ 101, trade 2, aggressor buy',
      'A#2 filled: 2 @ 101, 0 left, maker',
      'B#2 filled: 2 @ 101, 2 left, taker',
      'A#3 cancelled: 9, reduceOnly',
      'traded: 2 @ 101, trade 3, aggressor buy',
      'C#1 filled: 2 @ 101, 1 left, maker',
      'B#2 filled: 2 @ 101, 0 left, taker',
      'asks 101: 1 in 1',
    ])
  })

  it('reduce-only fills of their own cancel nothing: what they take is what they had', () => {
    const venue = venueWithPosition()
    venue.sell('A', 4, 101, reduceOnly)
    venue.sell('A', 6, 102, reduceOnly)
    expect(venue.buy('C', 7, 102).filter((line) => line.includes('cancelled'))).toEqual([])
    expect(venue.queue('sell')).toEqual(['102: 3'])
    expect(venue.account('A')).toMatchObject({ positionLots: 3, openSellLots: 3 })
  })

  it('through a trade that turns it, all of that side go', () => {
    const venue = venueWithPosition()
    venue.sell('A', 1, 110, reduceOnly)
    venue.buy('C', 15, 99)
    expect(venue.sell('A', 15, 99)).toContain('A#2 cancelled: 1, reduceOnly')
    expect(venue.buy('A', 9, 90, reduceOnly)[0]).toBe('A#4 accepted: buy 5 @ 90')
  })

  it('in an auction it is the same, the buyer first', () => {
    const venue = venueWithPosition()
    venue.sell('A', 10, 110, reduceOnly)
    venue.buy('B', 10, 90, reduceOnly)
    venue.enterPhase('openingAuction')
    venue.sell('A', 1, 100)
    venue.buy('B', 1, 100)
    expect(venue.enterPhase('continuous').slice(0, 7)).toEqual([
      'traded: 1 @ 100, trade 2, aggressor any',
      'B#3 filled: 1 @ 100, 0 left, auction',
      'A#3 filled: 1 @ 100, 0 left, auction',
      'B#2 cancelled: 10, reduceOnly',
      'bids 90: 0 in 0',
      'A#2 cancelled: 10, reduceOnly',
      'asks 110: 0 in 0',
    ])
  })
})

describe('a reduce-only stop', () => {
  const stopAt = (stopPriceTicks: number) => ({ ...reduceOnly, type: 'stop', stopPriceTicks }) as const

  it('is neither rejected nor lowered when it is accepted, and takes nothing from other reduce-only orders', () => {
    const venue = new Venue()
    expect(venue.sell('A', 20, 0, stopAt(95))).toEqual(['A#1 accepted: sell 20 @ 0'])
    venue.buy('A', 10, 100)
    venue.sell('B', 10, 100)
    expect(venue.sell('A', 10, 110, reduceOnly)[0]).toBe('A#3 accepted: sell 10 @ 110')
  })

  it('is lowered at its trigger to what there is then', () => {
    const venue = venueWithPosition()
    venue.sell('A', 20, 0, stopAt(95))
    venue.sell('A', 4, 110, reduceOnly)
    venue.buy('C', 1, 95)
    venue.buy('C', 50, 94)
    expect(venue.sell('B', 1, 95).slice(5)).toEqual([
      'A#2 triggered: 20 @ 1',
      'A#2 reduced: by 14, 6 left, reduceOnly',
      'traded: 6 @ 94, trade 3, aggressor sell',
      'C#2 filled: 6 @ 94, 44 left, maker',
      'A#2 filled: 6 @ 94, 0 left, taker',
      'bids 94: 44 in 1',
    ])
    expect(venue.account('A')).toMatchObject({ positionLots: 4, openSellLots: 4 })
  })

  it('is cancelled at its trigger if nothing is left to reduce', () => {
    const venue = venueWithPosition()
    venue.sell('A', 20, 0, stopAt(95))
    venue.sell('A', 10, 110, reduceOnly)
    venue.buy('C', 1, 95)
    expect(venue.sell('B', 1, 95).slice(5)).toEqual(['A#2 triggered: 20 @ 1', 'A#2 cancelled: 20, reduceOnly'])
  })

  it('that waits is not cancelled when the position becomes too small, though it is the newest', () => {
    const venue = venueWithPosition()
    venue.sell('A', 10, 110, reduceOnly)
    venue.sell('A', 10, 0, stopAt(95))
    venue.buy('C', 1, 99)
    expect(venue.sell('A', 1, 99)).toContain('A#2 cancelled: 10, reduceOnly')
    expect(venue.stops('sell')).toEqual(['A#3: 10 at 95'])
  })

  it('that rests as a limit order counts from then on', () => {
    const venue = venueWithPosition()
    venue.sell('A', 8, 98, { ...reduceOnly, type: 'stopLimit', stopPriceTicks: 100 })
    expect(venue.queue('sell')).toEqual(['98: 8'])
    expect(venue.sell('A', 8, 99, reduceOnly)[0]).toBe('A#3 accepted: sell 2 @ 99')
  })
})

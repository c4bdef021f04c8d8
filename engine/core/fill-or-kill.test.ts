/** A fill-or-kill order trades whole or not at all, whatever its own trades take out of the book. */
import { beforeEach, describe, expect, it } from 'vitest'
import { Venue } from './exchange-fixture.ts'

const fillOrKill = { timeInForce: 'fillOrKill' } as const

let venue: Venue
beforeEach(() => {
  venue = new Venue()
})

describe('a fill-or-kill order', () => {
  it('trades with all the quotes of a group before its protection pulls the rest', () => {
    const bounds = { maxLots: 5, maxNotionalMinor: 0, maxFills: 0, maxNetLots: 0 }
    venue.control('A', { type: 'setProtection', group: 1, intervalMs: 1_000, ...bounds, freezeMs: 0 })
    venue.defineInstrument({ instrument: 2, symbol: 'BETA' })
    venue.quote('A', [
      [1, 98, 10, 101, 10],
      [2, 98, 10, 101, 10],
    ])
    venue.sell('C', 10, 102)
    expect(venue.buy('B', 15, 102, fillOrKill)).toEqual([
      'B#1 accepted: buy 15 @ 102',
      'traded: 10 @ 101, trade 1, aggressor buy',
      'A#2 filled: 10 @ 101, 0 left, maker',
      'B#1 filled: 10 @ 101, 5 left, taker',
      'asks 101: 0 in 0',
      'traded: 5 @ 102, trade 2, aggressor buy',
      'C#1 filled: 5 @ 102, 5 left, maker',
      'B#1 filled: 5 @ 102, 0 left, taker',
      'asks 102: 5 in 1',
      'A#2 cancelled: 10, protection',
      'bids 98: 0 in 0',
      'A#2 cancelled: 10, protection',
      'bids 98: 0 in 0',
      'A#2 cancelled: 10, protection',
      'asks 101: 0 in 0',
      'A protection triggered: group 1, thaws 0',
    ])
  })

  it('does not count on a reduce-only order, which goes when another order of its participant closes the position', () => {
    venue.sell('C', 10, 100)
    venue.buy('A', 10, 100)
    venue.sell('A', 10, 101)
    venue.sell('A', 10, 102, { reduceOnly: true })
    expect(venue.buy('B', 20, 102, fillOrKill)).toEqual(['B#1 accepted: buy 20 @ 102', 'B#1 cancelled: 20, fillOrKill'])
    expect(venue.buy('B', 10, 102, fillOrKill)).toContain('B#2 filled: 10 @ 101, 0 left, taker')
    expect(venue.queue('sell')).toEqual([])
  })
})

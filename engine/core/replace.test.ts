/** Replacements beyond plain limit orders: in which phases, of orders without a price, and what is checked. */
import { describe, expect, it } from 'vitest'
import { enumerations } from '../../protocol/messages.ts'
import { Venue } from './exchange-fixture.ts'

const { phase, side } = enumerations
const atOpen = { timeInForce: 'atOpen' } as const
const atClose = { timeInForce: 'atClose' } as const
const market = { type: 'market' } as const

describe('a replacement', () => {
  it('is taken wherever the order’s like would be taken', () => {
    const venue = new Venue()
    venue.enterPhase('preOpen')
    venue.buy('A', 5, 100)
    venue.buy('A', 5, 100, atOpen)
    for (const taking of ['preOpen', 'openingAuction'] as const) {
      venue.enterPhase(taking)
      for (const order of [1, 2]) expect(venue.replace('A', order, 5, 100)[0]).toMatch(/ replaced: 5 @ 100/)
    }
    venue.enterPhase('halted')
    for (const order of [1, 2]) {
      expect(venue.replace('A', order, 5, 99)).toEqual([`A rejected: wrongPhase, instrument, ${phase.halted}`])
      expect(venue.replace('A', order, 4, 100), 'less, too').toEqual([
        `A rejected: wrongPhase, instrument, ${phase.halted}`,
      ])
    }
    venue.enterPhase('closingAuction')
    expect(venue.replace('A', 1, 5, 101)[0]).toBe('A#1 replaced: 5 @ 101, 5 left, loses priority')
    venue.enterPhase('closed')
    expect(venue.replace('A', 1, 4, 101)).toEqual([`A rejected: wrongPhase, instrument, ${phase.closed}`])
  })

  it('matches nothing outside continuous trading, not even a post-only order’s check', () => {
    const venue = new Venue()
    venue.enterPhase('preOpen')
    venue.sell('B', 5, 100)
    venue.buy('A', 5, 90, { type: 'postOnly' })
    expect(venue.replace('A', 1, 5, 105)).toEqual([
      'A#1 replaced: 5 @ 105, 5 left, loses priority',
      'bids 90: 0 in 0',
      'bids 105: 5 in 1',
    ])
  })

  it('of a market order in the book is that of a limit order', () => {
    const venue = new Venue()
    venue.buy('A', 5, 0, { ...market, ...atClose })
    venue.enterPhase('closingAuction')
    expect(venue.queue('buy')).toEqual(['1000: 5'])
    expect(venue.replace('A', 1, 4, 1_000)[0]).toBe('A#1 replaced: 4 @ 1000, 4 left, keeps priority')
    expect(venue.replace('A', 1, 4, 101)[0]).toBe('A#1 replaced: 4 @ 101, 4 left, loses priority')
    expect(venue.replace('A', 1, 4, 1_001)).toEqual(['A rejected: priceOutOfRange, priceTicks, 1000'])
    expect(venue.queue('buy')).toEqual(['101: 4'])
  })

  it('of what was partly filled, twice, always states the total', () => {
    const venue = new Venue()
    venue.buy('A', 10, 100)
    venue.sell('B', 4, 100)
    // 12 in all are 8 more, at the back and another price; 3 of them trade at once.
    venue.sell('B', 3, 101)
    const events = venue.replace('A', 1, 12, 101)
    expect(events[0]).toBe('A#1 replaced: 12 @ 101, 8 left, loses priority')
    expect(events).toContain('A#1 filled: 3 @ 101, 5 left, taker')
    expect(venue.exchange.orders(1, side.buy)[0]).toMatchObject({ quantityLots: 12, leavesLots: 5 })
    expect(venue.replace('A', 1, 8, 101)[0]).toBe('A#1 replaced: 8 @ 101, 1 left, keeps priority')
    expect(venue.replace('A', 1, 7, 101)).toEqual(['A#1 cancelled: 1, replacedBelowFilled', 'bids 101: 0 in 0'])
  })

  it('below what is filled cancels even if the new price would trade', () => {
    const venue = new Venue()
    venue.buy('A', 10, 100)
    venue.sell('B', 4, 100)
    venue.sell('B', 4, 101)
    expect(venue.replace('A', 1, 3, 101)).toEqual(['A#1 cancelled: 6, replacedBelowFilled', 'bids 100: 0 in 0'])
  })

  it('of an unchanged price is not asked for the bands of now, with more lots neither', () => {
    const venue = new Venue({ priceBandBasisPoints: 1_000 })
    venue.buy('A', 5, 91)
    venue.sell('B', 1, 108)
    venue.buy('C', 1, 108)
    // 108 allows 98 and more: the order stays where it is, and may grow there, but may not go to 92.
    expect(venue.replace('A', 1, 6, 91)[0]).toBe('A#1 replaced: 6 @ 91, 6 left, loses priority')
    expect(venue.replace('A', 1, 6, 92)).toEqual(['A rejected: priceBand, priceTicks, 98'])
  })

  it('that is rejected leaves the order where it is', () => {
    const venue = new Venue()
    venue.buy('A', 5, 100)
    venue.buy('B', 5, 100)
    venue.limitRisk('A', { maxPositionLots: 5 })
    expect(venue.replace('A', 1, 6, 100)).toEqual(['A rejected: positionLimit, quantityLots, 5'])
    expect(venue.queue('buy')).toEqual(['100: 5+5'])
    expect(venue.exchange.orders(1, side.buy)[0].session).toBe(1)
  })

  it('finds its order by ref within its session, also one that was replaced before', () => {
    const venue = new Venue()
    venue.buy('A', 5, 100)
    venue.replace('A', 1, 5, 101)
    expect(venue.replace('A', 2, 5, 102), 'the ref of a replacement is no order').toEqual([
      'A rejected: unknownOrder, orderRef, 0',
    ])
    expect(venue.replace('A', 1, 5, 102)[0]).toBe('A#1 replaced: 5 @ 102, 5 left, loses priority')
    expect(venue.replace('A2', 1, 5, 102)).toEqual(['A2 rejected: unknownOrder, orderRef, 0'])
  })
})

/** Times in force from beginning to end: which phases take them, where they wait, when they end. */
import { describe, expect, it } from 'vitest'
import { enumerations } from '../../protocol/messages.ts'
import { type Phase, Venue } from './exchange-fixture.ts'

const { phase: phases } = enumerations
const day = { timeInForce: 'day' } as const
const atOpen = { timeInForce: 'atOpen' } as const
const atClose = { timeInForce: 'atClose' } as const
const market = { type: 'market' } as const
const hourUs = 3_600_000_000
const dayUs = 24 * hourUs

/** Whether a phase takes an order, by what its first event says. */
function isTaken(phase: Phase, send: (venue: Venue) => string[]): boolean {
  const venue = new Venue()
  venue.enterPhase(phase)
  const [first] = send(venue)
  if (!first.includes('accepted')) expect(first).toBe(`A rejected: wrongPhase, instrument, ${phases[phase]}`)
  return first.includes('accepted')
}

/** The phases that take an order. */
function taking(send: (venue: Venue) => string[]): Phase[] {
  return (Object.keys(phases) as Phase[]).filter((phase) => isTaken(phase, send))
}

describe('a phase', () => {
  const auctions: Phase[] = ['continuous', 'preOpen', 'openingAuction', 'closingAuction']

  it('takes orders that can rest unless it is halted or closed', () => {
    for (const timeInForce of ['goodTillCancel', 'day'] as const) {
      expect(taking((venue) => venue.buy('A', 1, 100, { timeInForce }))).toEqual(auctions)
    }
    expect(taking((venue) => venue.buy('A', 1, 100, { timeInForce: 'goodTillDate', expireTimeUs: dayUs }))).toEqual(
      auctions,
    )
    expect(taking((venue) => venue.buy('A', 1, 100, { type: 'postOnly' }))).toEqual(auctions)
    expect(taking((venue) => venue.buy('A', 1, 0, { type: 'stop', stopPriceTicks: 100 }))).toEqual(auctions)
  })

  it('takes orders that trade at once in continuous trading only', () => {
    for (const timeInForce of ['immediateOrCancel', 'fillOrKill'] as const) {
      expect(taking((venue) => venue.buy('A', 1, 100, { timeInForce }))).toEqual(['continuous'])
      expect(taking((venue) => venue.buy('A', 1, 0, { ...market, timeInForce }))).toEqual(['continuous'])
    }
  })

  it('takes at-open orders before and in the opening auction, at-close orders up to the end of the closing auction', () => {
    expect(taking((venue) => venue.buy('A', 1, 100, atOpen))).toEqual(['preOpen', 'openingAuction'])
    expect(taking((venue) => venue.buy('A', 1, 0, { ...market, ...atOpen }))).toEqual(['preOpen', 'openingAuction'])
    expect(taking((venue) => venue.buy('A', 1, 100, atClose))).toEqual(auctions)
  })

  it('without matching lets the book be crossed, by post-only orders as well', () => {
    const venue = new Venue()
    venue.enterPhase('preOpen')
    venue.sell('A', 1, 100)
    expect(venue.buy('B', 1, 105, { type: 'postOnly' })).toEqual(['B#1 accepted: buy 1 @ 105', 'bids 105: 1 in 1'])
  })
})

describe('a day order', () => {
  it('of an instrument without a schedule expires at midnight UTC', () => {
    const venue = new Venue()
    venue.waitUntil(dayUs - 1_000)
    venue.buy('A', 5, 100, day)
    venue.buy('A', 5, 101)
    venue.sell('A', 5, 0, { ...day, type: 'stop', stopPriceTicks: 90 })
    expect(venue.advanceTo(dayUs - 1)).toEqual([])
    expect(venue.advanceTo(dayUs)).toEqual(['A#1 expired: 5', 'bids 100: 0 in 0', 'A#3 expired: 5'])
    expect(venue.queue('buy')).toEqual(['101: 5'])
  })

  it('of an instrument with a schedule expires when it closes, not at midnight', () => {
    const venue = new Venue({ schedule: '12:00 closed, 18:00 continuous' })
    venue.waitUntil(20 * hourUs)
    expect(venue.buy('A', 5, 100, day)).toEqual([
      'phase: closed',
      'phase: continuous',
      'A#1 accepted: buy 5 @ 100',
      'bids 100: 5 in 1',
    ])
    expect(venue.advanceTo(36 * hourUs - 1)).toEqual([])
    expect(venue.advanceTo(36 * hourUs)).toEqual(['phase: closed', 'A#1 expired: 5', 'bids 100: 0 in 0'])
  })

  it('expires when an admin closes the instrument, in order of ids', () => {
    const venue = new Venue()
    venue.buy('B', 1, 99, day)
    venue.buy('A', 2, 100, day)
    venue.buy('A', 3, 98)
    expect(venue.enterPhase('closed')).toEqual([
      'phase: closed',
      'B#1 expired: 1',
      'bids 99: 0 in 0',
      'A#1 expired: 2',
      'bids 100: 0 in 0',
    ])
    expect(venue.queue('buy')).toEqual(['98: 3'])
  })
})

describe('a good-till-date order', () => {
  it('ends at its time, before what the command of that time does', () => {
    const venue = new Venue()
    const expireTimeUs = venue.exchange.timeUs + 1_000
    venue.sell('A', 5, 100, { timeInForce: 'goodTillDate', expireTimeUs })
    venue.waitUntil(expireTimeUs - 1)
    expect(venue.buy('B', 1, 100), 'a microsecond before').toContain('A#1 filled: 1 @ 100, 4 left, maker')
    venue.waitUntil(expireTimeUs)
    expect(venue.buy('B', 1, 100)).toEqual([
      'A#1 expired: 4',
      'asks 100: 0 in 0',
      'B#2 accepted: buy 1 @ 100',
      'bids 100: 1 in 1',
    ])
  })

  it('keeps its time when it is replaced', () => {
    const venue = new Venue()
    const expireTimeUs = venue.exchange.timeUs + 1_000
    venue.sell('A', 5, 100, { timeInForce: 'goodTillDate', expireTimeUs })
    venue.replace('A', 1, 6, 101)
    expect(venue.exchange.nextTimerUs).toBe(expireTimeUs)
    expect(venue.advanceTo(expireTimeUs)).toEqual(['A#1 expired: 6', 'asks 101: 0 in 0'])
  })

  it('ends in any phase, and leaves no timer behind if it ends otherwise', () => {
    const venue = new Venue()
    const expireTimeUs = venue.exchange.timeUs + 1_000
    venue.sell('A', 5, 100, { timeInForce: 'goodTillDate', expireTimeUs })
    venue.sell('A', 5, 101, { timeInForce: 'goodTillDate', expireTimeUs: expireTimeUs + 500 })
    venue.enterPhase('closed')
    expect(venue.advanceTo(expireTimeUs)).toEqual(['A#1 expired: 5', 'asks 100: 0 in 0'])
    venue.cancel('A', 2)
    expect(venue.exchange.nextTimerUs).toBe(dayUs)
  })
})

describe('an at-open order', () => {
  it('takes part in the opening auction, and what is left of it is cancelled when continuous trading begins', () => {
    const venue = new Venue()
    venue.enterPhase('preOpen')
    expect(venue.buy('A', 5, 101, atOpen)).toEqual(['A#1 accepted: buy 5 @ 101', 'bids 101: 5 in 1'])
    venue.enterPhase('openingAuction')
    expect(venue.sell('B', 3, 0, { ...market, ...atOpen })).toEqual(['B#1 accepted: sell 3 @ 1', 'asks 1: 3 in 1'])
    // From 1 to 101 three trade and two are left to buy: the highest price.
    expect(venue.enterPhase('continuous')).toEqual([
      'traded: 3 @ 101, trade 1, aggressor any',
      'A#1 filled: 3 @ 101, 2 left, auction',
      'B#1 filled: 3 @ 101, 0 left, auction',
      'asks 1: 0 in 0',
      'bids 101: 2 in 1',
      'A#1 cancelled: 2, auctionOver',
      'bids 101: 0 in 0',
      'phase: continuous',
    ])
  })

  it('is cancelled as well if the day goes on without continuous trading', () => {
    for (const phase of ['closingAuction', 'closed'] as const) {
      const venue = new Venue()
      venue.enterPhase('preOpen')
      venue.buy('A', 5, 101, atOpen)
      expect(venue.enterPhase(phase)).toEqual(['A#1 cancelled: 5, auctionOver', 'bids 101: 0 in 0', `phase: ${phase}`])
    }
  })

  it('stays through a halt', () => {
    const venue = new Venue()
    venue.enterPhase('preOpen')
    venue.buy('A', 5, 101, atOpen)
    expect(venue.enterPhase('halted')).toEqual(['phase: halted'])
    expect(venue.queue('buy')).toEqual(['101: 5'])
  })
})

describe('an at-close order', () => {
  it('waits unseen, then enters the closing auction, buys first and best price first, and ends with it', () => {
    const venue = new Venue()
    expect(venue.sell('A', 5, 99, atClose)).toEqual(['A#1 accepted: sell 5 @ 99'])
    expect(venue.buy('B', 3, 0, { ...market, ...atClose })).toEqual(['B#1 accepted: buy 3 @ 1000'])
    venue.sell('A', 2, 98, atClose)
    expect([venue.levels('buy'), venue.levels('sell')]).toEqual([[], []])
    expect(venue.account('A')).toMatchObject({ openSellLots: 7 })
    expect(venue.enterPhase('closingAuction')).toEqual([
      'phase: closingAuction',
      'bids 1000: 3 in 1',
      'asks 98: 2 in 1',
      'asks 99: 5 in 1',
    ])
    // From 99 up three trade and four are left to sell: the lowest price.
    expect(venue.enterPhase('closed')).toEqual([
      'traded: 2 @ 99, trade 1, aggressor any',
      'B#1 filled: 2 @ 99, 1 left, auction',
      'A#2 filled: 2 @ 99, 0 left, auction',
      'asks 98: 0 in 0',
      'traded: 1 @ 99, trade 2, aggressor any',
      'B#1 filled: 1 @ 99, 0 left, auction',
      'A#1 filled: 1 @ 99, 4 left, auction',
      'bids 1000: 0 in 0',
      'asks 99: 4 in 1',
      'A#1 cancelled: 4, auctionOver',
      'asks 99: 0 in 0',
      'phase: closed',
    ])
  })

  it('may be cancelled and replaced while it waits, and stands behind the others if that loses its place', () => {
    const venue = new Venue()
    venue.sell('A', 5, 99, atClose)
    venue.sell('B', 5, 99, atClose)
    expect(venue.replace('A', 1, 4, 99)).toEqual(['A#1 replaced: 4 @ 99, 4 left, keeps priority'])
    expect(venue.replace('A', 1, 6, 98)).toEqual(['A#1 replaced: 6 @ 98, 6 left, loses priority'])
    expect(venue.replace('A', 1, 6, 99)).toEqual(['A#1 replaced: 6 @ 99, 6 left, loses priority'])
    venue.enterPhase('closingAuction')
    expect(venue.queue('sell')).toEqual(['99: 5+6'])
    const other = new Venue()
    other.sell('A', 5, 99, atClose)
    expect(other.cancel('A', 1)).toEqual(['A#1 cancelled: 5, requested'])
  })

  it('that came in stays in the book, whatever the phases between, until the instrument closes', () => {
    const venue = new Venue()
    venue.sell('A', 5, 99, atClose)
    venue.enterPhase('closingAuction')
    expect(venue.enterPhase('continuous')).toEqual(['phase: continuous'])
    expect(venue.buy('B', 2, 99)).toContain('A#1 filled: 2 @ 99, 3 left, maker')
    expect(venue.enterPhase('closed')).toEqual(['A#1 cancelled: 3, auctionOver', 'asks 99: 0 in 0', 'phase: closed'])
  })
})

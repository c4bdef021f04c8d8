import { describe, expect, it } from 'vitest'
import { enumerations } from '../../protocol/messages.ts'
import { Venue } from './exchange-fixture.ts'

const { closed, halted, openingAuction } = enumerations.phase

const second = 1_000_000
/** The dynamic band is a tenth of the last price. */
const volatile = { dynamicBandBasisPoints: 1_000, haltDurationMs: 30_000, auctionDurationMs: 60_000 }

/** A venue in which 5 lots traded at 100, with C an admin. */
function tradedAt100(terms: ConstructorParameters<typeof Venue>[0] = {}): Venue {
  const venue = new Venue(terms)
  venue.limitRisk('C', { isAdmin: true })
  venue.sell('A', 5, 100)
  venue.buy('B', 5, 100)
  return venue
}

describe('a volatility halt', () => {
  it('begins when an order that could trade beyond the band is done; what is left of it rests', () => {
    const venue = tradedAt100(volatile)
    venue.sell('A', 3, 105)
    venue.sell('A', 4, 110)
    venue.sell('A', 5, 111)
    // The band reaches from 90 to 110, and stays there while the order moves the last price.
    expect(venue.buy('B', 20, 120)).toEqual([
      'B#2 accepted: buy 20 @ 120',
      'traded: 3 @ 105, trade 2, aggressor buy',
      'A#2 filled: 3 @ 105, 0 left, maker',
      'B#2 filled: 3 @ 105, 17 left, taker',
      'asks 105: 0 in 0',
      'traded: 4 @ 110, trade 3, aggressor buy',
      'A#3 filled: 4 @ 110, 0 left, maker',
      'B#2 filled: 4 @ 110, 13 left, taker',
      'asks 110: 0 in 0',
      'bids 120: 13 in 1',
      'phase: halted',
    ])
    expect([venue.queue('buy'), venue.queue('sell')]).toEqual([['120: 13'], ['111: 5']])
  })

  it('takes no orders, then collects them, and ends with an auction', () => {
    const venue = tradedAt100(volatile)
    venue.sell('A', 5, 111)
    venue.buy('B', 8, 120)
    expect(venue.sell('A', 1, 100)).toEqual([`A rejected: wrongPhase, instrument, ${halted}`])
    venue.wait(30 * second)
    expect(venue.sell('A', 2, 112)).toEqual(['phase: openingAuction', 'A#4 accepted: sell 2 @ 112', 'asks 112: 2 in 1'])
    expect(venue.exchange.indication(1)).toEqual({ priceTicks: 120, volumeLots: 7, imbalanceLots: 1 })
    expect(venue.exchange.phase(1)).toBe(openingAuction)
    venue.wait(60 * second)
    expect(venue.buy('B', 1, 90)).toEqual([
      'traded: 5 @ 120, trade 2, aggressor any',
      'B#2 filled: 5 @ 120, 3 left, auction',
      'A#2 filled: 5 @ 120, 0 left, auction',
      'asks 111: 0 in 0',
      'traded: 2 @ 120, trade 3, aggressor any',
      'B#2 filled: 2 @ 120, 1 left, auction',
      'A#4 filled: 2 @ 120, 0 left, auction',
      'asks 112: 0 in 0',
      'bids 120: 1 in 1',
      'phase: continuous',
      'B#3 accepted: buy 1 @ 90',
      'bids 90: 1 in 1',
    ])
  })

  it('is not caused by an order that has nothing left, nor by a fill-or-kill order', () => {
    const venue = tradedAt100(volatile)
    venue.sell('A', 3, 105)
    venue.sell('A', 5, 111)
    expect(venue.buy('B', 3, 120).at(-1)).toBe('asks 105: 0 in 0')
    // The last price is 105 now, and the band reaches to 115.
    venue.sell('A', 5, 116)
    expect(venue.buy('B', 6, 120, { timeInForce: 'fillOrKill' }).at(-1)).toBe('B#3 cancelled: 6, fillOrKill')
  })

  it('cancels what is left of an order that cannot rest', () => {
    const venue = tradedAt100(volatile)
    venue.sell('A', 5, 111)
    expect(venue.buy('B', 8, 120, { timeInForce: 'immediateOrCancel' })).toEqual([
      'B#2 accepted: buy 8 @ 120',
      'B#2 cancelled: 8, halted',
      'phase: halted',
    ])
  })

  it('keeps a stop waiting until continuous trading begins again', () => {
    const venue = tradedAt100({ ...volatile, auctionDurationMs: 0 })
    venue.sell('A', 5, 111)
    venue.buy('A2', 1, 112, { type: 'stopLimit', stopPriceTicks: 111 })
    venue.buy('B', 5, 111)
    venue.wait(30 * second)
    expect(venue.cancel('C', 99)).toEqual([
      'traded: 5 @ 111, trade 2, aggressor any',
      'B#2 filled: 5 @ 111, 0 left, auction',
      'A#2 filled: 5 @ 111, 0 left, auction',
      'bids 111: 0 in 0',
      'asks 111: 0 in 0',
      'phase: continuous',
      'A2#1 triggered: 1 @ 112',
      'bids 112: 1 in 1',
      'C rejected: unknownOrder, orderRef, 0',
    ])
  })
})

describe('the closing auction', () => {
  it('lets orders in that waited for it, trades, and the day is over', () => {
    const venue = tradedAt100()
    venue.buy('B', 6, 120)
    expect(venue.sell('A', 2, 0, { type: 'market', timeInForce: 'atClose' })).toEqual(['A#2 accepted: sell 2 @ 1'])
    venue.sell('A', 3, 130, { timeInForce: 'atClose' })
    venue.sell('A', 1, 500, { timeInForce: 'day' })
    expect(venue.control('C', { type: 'changePhase', instrument: 1, phase: 'closingAuction' })).toEqual([
      'phase: closingAuction',
      'asks 1: 2 in 1',
      'asks 130: 3 in 1',
      'C carried out',
    ])
    // At every price from 1 to 120 there are 2 to sell and 6 to buy, so the highest is chosen.
    expect(venue.control('C', { type: 'changePhase', instrument: 1, phase: 'closed' })).toEqual([
      'traded: 2 @ 120, trade 2, aggressor any',
      'B#2 filled: 2 @ 120, 4 left, auction',
      'A#2 filled: 2 @ 120, 0 left, auction',
      'asks 1: 0 in 0',
      'bids 120: 4 in 1',
      'A#3 cancelled: 3, auctionOver',
      'asks 130: 0 in 0',
      'phase: closed',
      'A#4 expired: 1',
      'asks 500: 0 in 0',
      'C carried out',
    ])
    expect(venue.exchange.phase(1)).toBe(closed)
  })
})

describe('time', () => {
  it('lets a good-till-date order expire before the first command of its time', () => {
    const venue = tradedAt100()
    venue.buy('B', 4, 90, { timeInForce: 'goodTillDate', expireTimeUs: 10 * second })
    expect(venue.exchange.nextTimerUs).toBe(10 * second)
    venue.wait(10 * second)
    expect(venue.sell('A', 4, 90)).toEqual([
      'B#2 expired: 4',
      'bids 90: 0 in 0',
      'A#2 accepted: sell 4 @ 90',
      'asks 90: 4 in 1',
    ])
  })

  it('does not wait for an order that is gone', () => {
    const venue = tradedAt100()
    venue.buy('B', 4, 90, { timeInForce: 'goodTillDate', expireTimeUs: 10 * second })
    venue.cancel('B', 2)
    expect(venue.exchange.nextTimerUs).toBe(86_400 * second)
  })
})

describe('a market-wide halt', () => {
  it('halts what is not closed, and when it ends every instrument is where its schedule says', () => {
    const venue = new Venue()
    venue.defineInstrument({ instrument: 2, symbol: 'BETA', schedule: '00:00 continuous, 00:10 closingAuction' })
    venue.limitRisk('C', { isAdmin: true })
    const halt = venue.control('C', { type: 'changePhase', instrument: 0, phase: 'halted' })
    expect(halt).toEqual(['phase: halted', 'phase: halted', 'C carried out'])
    // The schedule passes by.
    venue.wait(20 * 60_000_000)
    venue.control('C', { type: 'changePhase', instrument: 0, phase: 'continuous' })
    expect(venue.exchange.phase(1)).toBe(enumerations.phase.continuous)
    expect(venue.exchange.phase(2)).toBe(enumerations.phase.closingAuction)
  })

  it('when it ends leaves alone what was not halted', () => {
    const venue = new Venue()
    venue.enterPhase('closingAuction')
    expect(venue.control('C', { type: 'changePhase', instrument: 0, phase: 'continuous' })).toEqual(['C carried out'])
  })
})

describe('the price band before the first trade', () => {
  it('is around the defined reference while orders are collected: nobody can move it with a crossed book', () => {
    const venue = new Venue({ priceBandBasisPoints: 1_000 })
    venue.enterPhase('preOpen')
    venue.buy('A', 1, 110)
    venue.sell('B', 1, 0, { type: 'market', timeInForce: 'atOpen' })
    expect(venue.sell('B', 1, 0, { type: 'market', timeInForce: 'atOpen' })[0]).toContain('sell 1 @ 90')
    expect(venue.buy('A', 1, 111)).toEqual(['A rejected: priceBand, priceTicks, 110'])
  })
})

describe('a market order for the close', () => {
  it('takes part at the worst price that the band allows when the closing auction begins', () => {
    const venue = new Venue({ priceBandBasisPoints: 500 })
    venue.sell('B', 1, 100)
    venue.buy('A', 1, 100)
    expect(venue.buy('A', 5, 0, { type: 'market', timeInForce: 'atClose' })).toEqual(['A#2 accepted: buy 5 @ 105'])
    for (const price of [105, 110, 115]) {
      venue.sell('B', 1, price)
      venue.buy('A', 1, price)
    }
    // 5 % of 115 are 5 whole ticks.
    expect(venue.enterPhase('closingAuction')).toContain('bids 120: 5 in 1')
  })
})

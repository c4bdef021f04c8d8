/** The bands within which orders trade, the halt beyond them, the way back; the halt of a whole market. */
import { describe, expect, it } from 'vitest'
import { enumerations } from '../../protocol/messages.ts'
import { Venue } from './exchange-fixture.ts'

const { phase } = enumerations
const immediateOrCancel = { timeInForce: 'immediateOrCancel' } as const
const msUs = 1_000

/** A venue in which B bought a lot of A at this price; a halt lasts 30 ms. */
function tradedAt(priceTicks: number, terms: ConstructorParameters<typeof Venue>[0]): Venue {
  const venue = new Venue({ haltDurationMs: 30, ...terms })
  venue.sell('A', 1, priceTicks)
  venue.buy('B', 1, priceTicks)
  expect(venue.exchange.lastPriceTicks(1)).toBe(priceTicks)
  return venue
}

const isHalted = (events: readonly string[]) => events.includes('phase: halted')

describe('the static band', () => {
  it('lies around the defined reference before the first auction, whatever the last price is', () => {
    // 5 % of 100 are 5 ticks: from 95 to 105.
    const venue = tradedAt(104, { staticBandBasisPoints: 500 })
    venue.sell('A', 1, 105)
    venue.sell('A', 1, 106)
    expect(venue.buy('B', 1, 120).at(-1), 'nothing is left of it').toBe('asks 105: 0 in 0')
    expect(isHalted(venue.buy('B', 1, 120))).toBe(true)
  })

  it('lies around the last auction’s price from then on', () => {
    const venue = tradedAt(100, { staticBandBasisPoints: 500 })
    venue.enterPhase('openingAuction')
    venue.sell('A', 1, 200)
    venue.buy('B', 1, 200)
    venue.enterPhase('continuous')
    // 5 % of 200 are 10 ticks: from 190 to 210.
    venue.sell('A', 1, 210)
    venue.sell('A', 1, 211)
    expect(isHalted(venue.buy('B', 1, 210))).toBe(false)
    expect(isHalted(venue.buy('B', 1, 210)), 'does not reach beyond').toBe(false)
    expect(isHalted(venue.buy('B', 1, 211))).toBe(true)
  })

  it('is not set by an auction in which self-trade prevention left nothing to trade', () => {
    const venue = new Venue({ staticBandBasisPoints: 500 })
    venue.enterPhase('openingAuction')
    venue.sell('A2', 1, 200)
    venue.buy('A', 1, 200)
    expect(venue.enterPhase('continuous')[0]).toBe('A#1 cancelled: 1, selfTrade')
    // It is still around the defined reference, 100.
    expect(isHalted(venue.buy('B', 1, 200))).toBe(true)
  })

  it('lies around the price of the first round of an auction that began again', () => {
    const venue = new Venue({ staticBandBasisPoints: 500, haltDurationMs: 30 })
    venue.enterPhase('openingAuction')
    venue.sell('A2', 10, 100)
    venue.buy('B', 1, 106)
    venue.buy('A', 20, 105)
    venue.buy('B', 10, 101)
    // At 105 B buys 1, then A's buy meets A's own sell and goes; what is left of that trades with B at 101.
    const events = venue.enterPhase('continuous')
    expect(events[0]).toBe('traded: 1 @ 105, trade 1, aggressor any')
    expect(events).toContain('A#1 cancelled: 20, selfTrade')
    expect(venue.exchange.lastPriceTicks(1)).toBe(101)
    // 5 % of 105 are 5 whole ticks: up to 110, where a reference of 101 would end at 106.
    venue.sell('A', 2, 110)
    expect(isHalted(venue.buy('B', 1, 110))).toBe(false)
  })

  it('is rounded down to whole ticks', () => {
    // 5.9 % of 100 are 5 whole ticks.
    const venue = tradedAt(100, { staticBandBasisPoints: 590 })
    venue.buy('A', 1, 94)
    expect(isHalted(venue.sell('B', 1, 94))).toBe(true)
  })
})

describe('the dynamic band', () => {
  it('lies around the last price as it was when the order came in, and does not move with the order', () => {
    // 3 % of 100 are 3 ticks.
    const venue = tradedAt(100, { dynamicBandBasisPoints: 300 })
    for (const price of [102, 103, 104]) venue.sell('A', 1, price)
    expect(venue.buy('B', 3, 104).slice(-2)).toEqual(['bids 104: 1 in 1', 'phase: halted'])
    expect([venue.queue('buy'), venue.queue('sell')]).toEqual([['104: 1'], ['104: 1']])
  })

  it('follows the last price from order to order', () => {
    const venue = tradedAt(100, { dynamicBandBasisPoints: 300 })
    for (const price of [102, 103, 104]) venue.sell('A', 1, price)
    for (const price of [102, 103, 104]) expect(isHalted(venue.buy('B', 1, price))).toBe(false)
  })

  it('is none before the first trade', () => {
    const venue = new Venue({ dynamicBandBasisPoints: 300 })
    venue.sell('A', 1, 500)
    expect(isHalted(venue.buy('B', 1, 500))).toBe(false)
  })

  it('lies around the last price that the order before left: each triggered stop is an order of its own', () => {
    const venue = tradedAt(100, { dynamicBandBasisPoints: 300 })
    for (const price of [103, 106, 110]) venue.sell('A', 1, price)
    venue.buy('B', 1, 0, { type: 'stop', stopPriceTicks: 103 })
    venue.buy('B', 1, 0, { type: 'stop', stopPriceTicks: 106 })
    // 103 lets the first stop trade at 106 (3 % of 103 are 3), and 106 the second up to 109: 110 halts.
    const events = venue.buy('C', 1, 103)
    expect(events.filter((line) => line.startsWith('traded')).map((line) => line.split(',')[0])).toEqual([
      'traded: 1 @ 103',
      'traded: 1 @ 106',
    ])
    expect(events.slice(-3)).toEqual(['B#3 triggered: 1 @ 1000', 'B#3 cancelled: 1, halted', 'phase: halted'])
  })
})

describe('beyond a band', () => {
  it('of two the nearer edge counts', () => {
    const venue = tradedAt(104, { staticBandBasisPoints: 500, dynamicBandBasisPoints: 300 })
    // Statically from 95 to 105, dynamically from 101 to 107.
    venue.sell('A', 1, 105)
    venue.sell('A', 1, 106)
    venue.buy('A', 1, 100)
    expect(isHalted(venue.buy('B', 1, 105))).toBe(false)
    expect(isHalted(venue.buy('B', 1, 106))).toBe(true)
  })

  it('an order does not trade if the best opposite price is better than the band allows', () => {
    const venue = tradedAt(100, { staticBandBasisPoints: 500 })
    venue.enterPhase('preOpen')
    venue.sell('A', 1, 90)
    venue.enterPhase('halted')
    // An admin's way into continuous trading uncrosses nothing: there are no buys.
    venue.enterPhase('continuous')
    expect(venue.buy('B', 1, 100)).toEqual(['B#2 accepted: buy 1 @ 100', 'bids 100: 1 in 1', 'phase: halted'])
  })

  it('what is left of an order that cannot rest is cancelled; a fill-or-kill order halts nothing', () => {
    const venue = tradedAt(100, { dynamicBandBasisPoints: 300 })
    venue.sell('A', 1, 103)
    venue.sell('A', 1, 104)
    expect(venue.buy('B', 2, 104, { timeInForce: 'fillOrKill' })).toEqual([
      'B#2 accepted: buy 2 @ 104',
      'B#2 cancelled: 2, fillOrKill',
    ])
    const events = venue.buy('B', 2, 0, { type: 'market', ...immediateOrCancel })
    expect(events.slice(-3)).toEqual(['asks 103: 0 in 0', 'B#3 cancelled: 1, halted', 'phase: halted'])
  })

  it('an order that could not trade on anyway halts nothing', () => {
    const venue = tradedAt(100, { dynamicBandBasisPoints: 300 })
    venue.sell('A', 1, 103)
    venue.sell('A', 1, 105)
    expect(venue.buy('B', 2, 104).at(-1)).toBe('bids 104: 1 in 1')
    expect(venue.exchange.phase(1)).toBe(phase.continuous)
  })

  it('an order that met its own participant first halts nothing', () => {
    const venue = tradedAt(100, { dynamicBandBasisPoints: 300 })
    venue.sell('B', 1, 103)
    venue.sell('A', 1, 104)
    expect(venue.buy('B', 2, 104).at(-1)).toBe('B#3 cancelled: 2, selfTrade')
  })

  it('an own order is not looked at: the price comes first', () => {
    const venue = tradedAt(100, { dynamicBandBasisPoints: 300 })
    venue.sell('B', 1, 104)
    expect(venue.buy('B', 2, 104).slice(-2)).toEqual(['bids 104: 2 in 1', 'phase: halted'])
  })

  it('a replaced order halts like a new one', () => {
    const venue = tradedAt(100, { dynamicBandBasisPoints: 300 })
    venue.sell('A', 1, 104)
    venue.buy('B', 2, 99)
    expect(venue.replace('B', 2, 2, 104).slice(-2)).toEqual(['bids 104: 2 in 1', 'phase: halted'])
  })

  it("no edge lies outside the instrument's range", () => {
    // 30 % of 100 are 30 ticks, but prices go from 90 to 110 only.
    const venue = tradedAt(100, { dynamicBandBasisPoints: 3_000, minPriceTicks: 90, maxPriceTicks: 110 })
    venue.sell('A', 1, 110)
    expect(isHalted(venue.buy('B', 2, 110))).toBe(false)
  })
})

describe('a halt', () => {
  const durations = { dynamicBandBasisPoints: 300, haltDurationMs: 30, auctionDurationMs: 60 }

  /** Halted by B, whose buy at 104 crosses A's sell. Returns the time of the halt too. */
  function halted(terms: ConstructorParameters<typeof Venue>[0] = durations) {
    const venue = tradedAt(100, terms)
    venue.sell('A', 1, 104)
    const events = venue.buy('B', 3, 104)
    return { venue, events, haltUs: venue.exchange.timeUs }
  }

  it('lasts haltDurationMs, its auction auctionDurationMs', () => {
    const { venue, haltUs } = halted()
    const auctionUs = haltUs + 30 * msUs
    expect(venue.advanceTo(auctionUs - 1)).toEqual([])
    expect(venue.advanceTo(auctionUs)).toEqual(['phase: openingAuction'])
    expect(venue.exchange.indication(1)).toEqual({ priceTicks: 104, volumeLots: 1, imbalanceLots: 2 })
    expect(venue.advanceTo(auctionUs + 60 * msUs - 1)).toEqual([])
    expect(venue.advanceTo(auctionUs + 60 * msUs)).toEqual([
      'traded: 1 @ 104, trade 2, aggressor any',
      'B#2 filled: 1 @ 104, 2 left, auction',
      'A#2 filled: 1 @ 104, 0 left, auction',
      'asks 104: 0 in 0',
      'bids 104: 2 in 1',
      'phase: continuous',
    ])
  })

  it('of 0 is announced and over at once, an auction of 0 is skipped', () => {
    const traded = [
      'traded: 1 @ 104, trade 2, aggressor any',
      'B#2 filled: 1 @ 104, 2 left, auction',
      'A#2 filled: 1 @ 104, 0 left, auction',
      'asks 104: 0 in 0',
      'bids 104: 2 in 1',
      'phase: continuous',
    ]
    const both = halted({ dynamicBandBasisPoints: 300, haltDurationMs: 0 })
    expect(both.events.slice(1)).toEqual(['bids 104: 3 in 1', 'phase: halted', ...traded])
    const noHalt = halted({ ...durations, haltDurationMs: 0 })
    expect(noHalt.events.slice(1)).toEqual(['bids 104: 3 in 1', 'phase: halted', 'phase: openingAuction'])
    const noAuction = halted({ ...durations, auctionDurationMs: 0 })
    expect(noAuction.venue.advanceTo(noAuction.haltUs + 30 * msUs)).toEqual(traded)
  })

  it('of 0 may follow upon another, however many stops cause one each', () => {
    const venue = tradedAt(100, { dynamicBandBasisPoints: 1, haltDurationMs: 0, maxPriceTicks: 2 ** 20 })
    for (const trader of ['A', 'B'] as const) venue.limitRisk(trader, { maxOpenOrders: 100_000 })
    const count = 10_000
    // Each stop is triggered by the price of one sell, and wants to buy the next one, a tick beyond what is allowed.
    for (let index = 0; index < count; index++) {
      venue.sell('A', 1, 200 + index)
      venue.buy('B', 1, 201 + index, { type: 'stopLimit', stopPriceTicks: 200 + index })
    }
    venue.buy('B', 1, 200)
    expect(venue.exchange.tradeCount(1)).toBe(1 + count)
    expect(venue.exchange.lastPriceTicks(1)).toBe(200 + count - 1)
    expect(venue.queue('buy')).toEqual([`${200 + count}: 1`])
  })

  it('ends as an admin says, and does not end again', () => {
    const { venue, haltUs } = halted()
    expect(venue.enterPhase('continuous').at(-1)).toBe('phase: continuous')
    expect(venue.advanceTo(haltUs + 100 * msUs)).toEqual([])
  })

  it('of an admin does not end by itself', () => {
    const { venue, haltUs } = halted()
    expect(venue.enterPhase('halted'), 'it is halted already').toEqual([])
    expect(venue.advanceTo(haltUs + 1_000 * msUs)).toEqual([])
    expect(venue.exchange.phase(1)).toBe(phase.halted)
  })

  it('takes no orders, replacements or quotes, but cancels', () => {
    const { venue } = halted()
    expect(venue.buy('A', 1, 90)).toEqual([`A rejected: wrongPhase, instrument, ${phase.halted}`])
    expect(venue.replace('B', 2, 1, 104)).toEqual([`B rejected: wrongPhase, instrument, ${phase.halted}`])
    expect(venue.quote('A', [[1, 90, 1, 110, 1]])[0]).toMatch(/^A quote 1 rejected: wrongPhase/)
    expect(venue.cancel('B', 2)).toEqual(['B#2 cancelled: 3, requested', 'bids 104: 0 in 0'])
  })
})

describe('a halt of the whole market', () => {
  it('halts every instrument that is not closed, and is ended the same way', () => {
    const venue = new Venue()
    for (const instrument of [2, 3]) venue.defineInstrument({ instrument })
    venue.limitRisk('C', { isAdmin: true })
    const setAll = (to: 'halted' | 'continuous') =>
      venue.control('C', { type: 'changePhase', instrument: 0, phase: to })
    venue.control('C', { type: 'changePhase', instrument: 2, phase: 'closed' })
    expect(setAll('halted')).toEqual(['phase: halted', 'phase: halted', 'C carried out'])
    expect([1, 2, 3].map((instrument) => venue.exchange.phase(instrument))).toEqual([
      phase.halted,
      phase.closed,
      phase.halted,
    ])
    expect(venue.buy('A', 1, 100, { instrument: 3 })[0]).toMatch(/rejected: wrongPhase/)
    expect(setAll('continuous')).toEqual(['phase: continuous', 'phase: continuous', 'C carried out'])
    expect(venue.exchange.phase(2)).toBe(phase.closed)
  })

  it('is not ended by the schedule', () => {
    const venue = new Venue({ schedule: '00:00 continuous, 12:00 preOpen' })
    expect(venue.enterPhase('halted')).toEqual(['phase: halted'])
    expect(venue.advanceTo(13 * 3_600_000_000)).toEqual([])
    expect(venue.enterPhase('preOpen')).toEqual(['phase: preOpen'])
    expect(venue.advanceTo(24 * 3_600_000_000)).toEqual(['phase: continuous'])
  })
})

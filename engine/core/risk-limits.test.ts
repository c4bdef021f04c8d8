/** Limits on the whole exchange: changed while orders are open, exposure and loss, the kill switch. */
import { describe, expect, it } from 'vitest'
import type { Message } from '../../protocol/messages.ts'
import { Venue } from './exchange-fixture.ts'

const intervalUs = 100_000
const dayUs = 86_400_000_000

/** A venue with C as an admin, whom no limit concerns. */
function venueOfAdmin(terms: ConstructorParameters<typeof Venue>[0] = {}): Venue {
  const venue = new Venue(terms)
  venue.limitRisk('C', { isAdmin: true })
  return venue
}

function changeLimit(venue: Venue, limit: Message<'changeLimit'>['limit'], value: number): string[] {
  return venue.control('C', { type: 'changeLimit', participant: 'A', limit, value })
}

/** Moves the last price by a trade of B and C. */
function trade(venue: Venue, priceTicks: number): void {
  venue.sell('C', 1, priceTicks)
  venue.buy('B', 1, priceTicks)
  expect(venue.exchange.lastPriceTicks(1)).toBe(priceTicks)
}

describe('a limit changed by an admin', () => {
  it('holds from the next command on, and leaves open orders alone', () => {
    const venue = venueOfAdmin()
    venue.buy('A', 10, 100)
    expect(changeLimit(venue, 'maxPositionLots', 5)).toEqual(['C carried out'])
    expect(venue.queue('buy')).toEqual(['100: 10'])
    expect(venue.buy('A', 1, 99)).toEqual(['A rejected: positionLimit, quantityLots, 5'])
    expect(venue.replace('A', 1, 9, 100)[0]).toBe('A#1 replaced: 9 @ 100, 9 left, keeps priority')
    expect(venue.sell('B', 9, 100), 'and they trade').toContain('A#1 filled: 9 @ 100, 0 left, maker')
    expect(venue.sell('A', 9, 110)[0]).toBe('A#4 accepted: sell 9 @ 110')
  })

  it('is each of the ten', () => {
    const venue = venueOfAdmin()
    const codes: [Message<'changeLimit'>['limit'], number, string][] = [
      ['maxOrderQuantityLots', 1, 'quantityOutOfRange, quantityLots, 1'],
      ['maxOrderNotionalMinor', 199, 'orderNotional, quantityLots, 199'],
      ['maxPositionLots', 1, 'positionLimit, quantityLots, 1'],
      ['maxOpenOrders', 0, 'openOrderLimit, none, 0'],
      ['maxGrossExposureMinor', 199, 'grossExposure, quantityLots, 199'],
      ['maxPriceDistanceBasisPoints', 99, 'priceDistance, priceTicks, 100'],
    ]
    for (const [limit, value, code] of codes) {
      const before = venue.exchange.participant(1)![limit]
      changeLimit(venue, limit, value)
      expect(venue.buy('A', 2, limit === 'maxPriceDistanceBasisPoints' ? 101 : 100)).toEqual([`A rejected: ${code}`])
      changeLimit(venue, limit, before)
    }
    changeLimit(venue, 'maxDuplicateOrders', 1)
    changeLimit(venue, 'duplicateWindowMs', 1_000)
    venue.buy('A', 2, 100)
    venue.buy('A', 2, 100)
    expect(venue.buy('A', 2, 100)).toEqual(['A rejected: duplicateOrders, none, 1'])
    changeLimit(venue, 'maxDuplicateOrders', 0)
    changeLimit(venue, 'maxMessagesPerSecond', 1)
    venue.buy('A', 2, 100)
    expect(venue.buy('A', 2, 100)).toEqual(['A rejected: messageRate, none, 1'])
    changeLimit(venue, 'maxMessagesPerSecond', 0)
    // Bought at 100, worth 98 once the last price is: four lots lost 8, which the next look sees.
    venue.sell('B', 6, 100)
    trade(venue, 98)
    changeLimit(venue, 'maxDailyLossMinor', 7)
    venue.wait(intervalUs)
    expect(venue.buy('A', 1, 98)).toEqual(['A rejected: dailyLoss, none, 7'])
  })

  it('outlives a definition in which it is as it was before, and ends with one in which it differs', () => {
    const venue = venueOfAdmin()
    changeLimit(venue, 'maxPositionLots', 5)
    venue.limitRisk('A', {})
    expect(venue.buy('A', 6, 100)).toEqual(['A rejected: positionLimit, quantityLots, 5'])
    venue.limitRisk('A', { maxPositionLots: 7 })
    expect(venue.buy('A', 6, 100)[0]).toBe('A#2 accepted: buy 6 @ 100')
  })
})

describe('gross exposure', () => {
  it('is the larger of position + open buys and open sells − position, over all instruments', () => {
    const venue = venueOfAdmin()
    venue.defineInstrument({ instrument: 2, referencePriceTicks: 50 })
    venue.buy('A', 10, 100)
    venue.sell('B', 10, 100)
    venue.buy('A', 5, 90)
    venue.sell('A', 22, 110)
    venue.sell('A', 4, 60, { instrument: 2 })
    // 10 + 5 to the one side, 22 − 10 to the other: 15 × 100; and 4 × 50.
    expect(venue.exchange.participant(1)!.grossExposureMinor).toBe(1_700)
    venue.sell('A', 4, 110)
    expect(venue.exchange.participant(1)!.grossExposureMinor, '16 × 100 + 4 × 50').toBe(1_800)
  })

  it('goes by the valuation price, which follows the mark at most every 100 ms, and only where there is a bound', () => {
    const venue = venueOfAdmin()
    venue.limitRisk('A', { maxGrossExposureMinor: 2_000 })
    venue.buy('A', 10, 100)
    venue.sell('B', 10, 100)
    trade(venue, 150)
    const exposureMinor = () => venue.exchange.participant(1)!.grossExposureMinor
    expect(venue.buy('A', 10, 90)[0], 'still at 100').toBe('A#2 accepted: buy 10 @ 90')
    expect(exposureMinor()).toBe(2_000)
    venue.cancel('A', 2)
    venue.wait(intervalUs)
    expect(venue.buy('A', 4, 90)).toEqual(['A rejected: grossExposure, quantityLots, 2000'])
    expect(exposureMinor(), '10 × 150').toBe(1_500)
    expect(venue.buy('A', 3, 90)[0]).toBe('A#5 accepted: buy 3 @ 90')
    // B has no bound: its short position is still valued at 100, with which its account was opened.
    venue.wait(intervalUs)
    venue.buy('B', 1, 10)
    expect(venue.exchange.accounts().find((account) => account.participant === 2)!.valuationPriceTicks).toBe(100)
  })

  it('lets pass what makes the smaller side larger', () => {
    const venue = venueOfAdmin()
    venue.limitRisk('A', { maxGrossExposureMinor: 1_000 })
    venue.buy('A', 10, 100)
    venue.sell('B', 10, 100)
    expect(venue.sell('A', 20, 110)[0]).toBe('A#2 accepted: sell 20 @ 110')
    expect(venue.sell('A', 1, 110)).toEqual(['A rejected: grossExposure, quantityLots, 1000'])
    expect(venue.buy('A', 1, 90)).toEqual(['A rejected: grossExposure, quantityLots, 1000'])
  })
})

describe('the loss of the day', () => {
  /** A holds ten lots bought at 100, and may lose 50. */
  function venueWithPosition(): Venue {
    const venue = venueOfAdmin()
    venue.limitRisk('A', { maxDailyLossMinor: 50 })
    venue.buy('A', 10, 100)
    venue.sell('B', 10, 100)
    return venue
  }

  it('counts what positions are worth, and rejects what is not reduce-only once it is above the bound', () => {
    const venue = venueWithPosition()
    venue.wait(intervalUs)
    trade(venue, 95)
    expect(venue.sell('A', 1, 110)[0], '50 are not above 50').toBe('A#2 accepted: sell 1 @ 110')
    venue.wait(intervalUs)
    trade(venue, 94)
    expect(venue.sell('A', 1, 110)).toEqual(['A rejected: dailyLoss, none, 50'])
    expect(venue.exchange.participant(1)).toMatchObject({ equityMinor: -60, dayStartEquityMinor: 0 })
    expect(venue.sell('A', 5, 110, { reduceOnly: true })[0]).toBe('A#4 accepted: sell 5 @ 110')
  })

  it('rejects replacements that add lots, and quotes', () => {
    const venue = venueWithPosition()
    venue.sell('A', 2, 110)
    venue.wait(intervalUs)
    trade(venue, 90)
    expect(venue.replace('A', 2, 3, 110)).toEqual(['A rejected: dailyLoss, none, 50'])
    expect(venue.replace('A', 2, 2, 109)[0]).toBe('A#2 replaced: 2 @ 109, 2 left, loses priority')
    expect(venue.quote('A', [[1, 80, 1, 120, 1]])[0]).toBe('A quote 1 rejected: dailyLoss, none, 50')
  })

  it('ends when the market comes back', () => {
    const venue = venueWithPosition()
    venue.wait(intervalUs)
    trade(venue, 90)
    expect(venue.sell('A', 1, 110)).toEqual(['A rejected: dailyLoss, none, 50'])
    trade(venue, 99)
    expect(venue.sell('A', 1, 110), 'not looked at again yet').toEqual(['A rejected: dailyLoss, none, 50'])
    venue.wait(intervalUs)
    expect(venue.sell('A', 1, 110)[0]).toBe('A#4 accepted: sell 1 @ 110')
  })

  it('counts fees and what was realised', () => {
    // A hundredth of 1,000 is 10 as taker. A sells at 96 what it bought at 100: 40, and 10 twice (1 % of 960 is 9.6).
    const venue = venueOfAdmin({ takerFeeRate: 10_000 })
    venue.limitRisk('A', { maxDailyLossMinor: 59 })
    venue.sell('B', 10, 100)
    venue.buy('A', 10, 100)
    venue.buy('B', 10, 96)
    venue.sell('A', 10, 96)
    expect(venue.exchange.participant(1)!.equityMinor).toBe(-60)
    expect(venue.buy('A', 1, 90)).toEqual(['A rejected: dailyLoss, none, 59'])
  })

  it('begins at zero at midnight, from the equity at the marks of then', () => {
    const venue = venueWithPosition()
    trade(venue, 90)
    venue.advanceTo(dayUs - 20)
    expect(venue.buy('A', 1, 80)).toEqual(['A rejected: dailyLoss, none, 50'])
    venue.advanceTo(dayUs)
    expect(venue.exchange.participant(1)).toMatchObject({ equityMinor: -100, dayStartEquityMinor: -100 })
    expect(venue.buy('A', 1, 80)[0]).toBe('A#3 accepted: buy 1 @ 80')
  })
})

describe('the kill switch', () => {
  const block = (venue: Venue, blocked: boolean) =>
    venue.control('C', { type: 'blockParticipant', participant: 'A', blocked })

  it('cancels all orders of a participant, of every kind and session and in every instrument, in order of ids', () => {
    const venue = venueOfAdmin()
    venue.defineInstrument({ instrument: 2 })
    venue.quote('A', [[1, 90, 1, 110, 2]])
    venue.sell('A2', 3, 120, { instrument: 2 })
    venue.buy('A', 4, 0, { type: 'stop', stopPriceTicks: 130 })
    venue.buy('B', 9, 80)
    venue.sell('A', 5, 100, { timeInForce: 'atClose' })
    venue.buy('A2', 6, 85)
    expect(block(venue, true)).toEqual([
      'A#1 cancelled: 1, killSwitch',
      'bids 90: 0 in 0',
      'A#1 cancelled: 2, killSwitch',
      'asks 110: 0 in 0',
      'A2#1 cancelled: 3, killSwitch',
      'asks 120: 0 in 0',
      'A#2 cancelled: 4, killSwitch',
      'A#3 cancelled: 5, killSwitch',
      'A2#2 cancelled: 6, killSwitch',
      'bids 85: 0 in 0',
      'C carried out',
    ])
    expect(venue.queue('buy')).toEqual(['80: 9'])
  })

  it('rejects new orders and quotes, and leaves what needs no market', () => {
    const venue = venueOfAdmin()
    block(venue, true)
    for (const trader of ['A', 'A2'] as const) {
      expect(venue.buy(trader, 1, 100)).toEqual([`${trader} rejected: participantBlocked, none, 0`])
    }
    expect(venue.quote('A', [[1, 90, 1, 110, 1]])).toEqual(['A rejected: participantBlocked, none, 0'])
    expect(venue.massCancel('A')).toEqual(['A mass cancelled: 0'])
    expect(venue.control('A', { type: 'resetProtection', group: 1 })).toEqual(['A carried out'])
    expect(venue.buy('B', 1, 100)[0], 'others go on').toBe('B#1 accepted: buy 1 @ 100')
  })

  it('holds over a new connection and a new definition, until the participant is unblocked', () => {
    const venue = venueOfAdmin()
    block(venue, true)
    venue.disconnect('A')
    venue.connect('A', true)
    venue.limitRisk('A', { maxPositionLots: 5 })
    expect(venue.buy('A', 1, 100)).toEqual(['A rejected: participantBlocked, none, 0'])
    expect(block(venue, false)).toEqual(['C carried out'])
    expect(venue.buy('A', 1, 100)[0]).toBe('A#2 accepted: buy 1 @ 100')
  })

  it('may be an admin’s own end: it still may unblock itself', () => {
    const venue = venueOfAdmin()
    venue.limitRisk('A', { isAdmin: true })
    block(venue, true)
    expect(venue.control('A', { type: 'blockParticipant', participant: 'A', blocked: false })).toEqual([
      'A carried out',
    ])
  })
})

describe('the bound on notional', () => {
  it('counts a sell at the best buy price if that is higher than its own', () => {
    const venue = new Venue()
    venue.limitRisk('A', { maxOrderNotionalMinor: 1_000 })
    venue.buy('B', 20, 500)
    expect(venue.sell('A', 3, 1)).toEqual(['A rejected: orderNotional, quantityLots, 1000'])
    expect(venue.sell('A', 3, 0, { type: 'market', timeInForce: 'immediateOrCancel' })).toEqual([
      'A rejected: orderNotional, quantityLots, 1000',
    ])
    expect(venue.sell('A', 2, 1)).toContain('A#3 filled: 2 @ 500, 0 left, taker')
  })
})

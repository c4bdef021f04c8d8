/** Auctions on the whole exchange: the price, one example for each rule that decides it, and what uncrossing does. */
import { describe, expect, it } from 'vitest'
import { enumerations } from '../../protocol/messages.ts'
import { Venue } from './exchange-fixture.ts'

const { phase } = enumerations

/** An opening auction with these orders, as [lots, price]; A buys and B sells. */
function auctionOf(
  buys: readonly [number, number][],
  sells: readonly [number, number][],
  terms: ConstructorParameters<typeof Venue>[0] = {},
): Venue {
  const venue = new Venue(terms)
  venue.enterPhase('openingAuction')
  for (const [lots, priceTicks] of buys) venue.buy('A', lots, priceTicks)
  for (const [lots, priceTicks] of sells) venue.sell('B', lots, priceTicks)
  return venue
}

/** Prices of the trades of an uncrossing. */
function tradePrices(events: readonly string[]): string[] {
  return events.filter((line) => line.startsWith('traded')).map((line) => line.split(',')[0].slice('traded: '.length))
}

describe('market orders in an auction', () => {
  it('trade at the price that limit orders make, not at what they would pay at worst', () => {
    const venue = new Venue()
    venue.enterPhase('openingAuction')
    venue.buy('A', 100, 0, { type: 'market', timeInForce: 'atOpen' })
    venue.sell('B', 10, 101)
    // There is more to buy at every price up to 1,000.
    expect(venue.exchange.indication(1)).toEqual({ priceTicks: 101, volumeLots: 10, imbalanceLots: 90 })
  })

  it('trade at the reference price where there is no limit order', () => {
    const venue = new Venue()
    venue.enterPhase('openingAuction')
    venue.buy('A', 10, 0, { type: 'market', timeInForce: 'atOpen' })
    venue.sell('B', 7, 0, { type: 'market', timeInForce: 'atOpen' })
    expect(venue.exchange.indication(1)).toEqual({ priceTicks: 100, volumeLots: 7, imbalanceLots: 3 })
  })
})

describe('the auction price', () => {
  it('is that at which most trades', () => {
    // At 101: 7 to buy, 4 to sell. At 102 and 103: 5 to buy, 9 to sell. At 104: 2 to buy, 9 to sell.
    const venue = auctionOf(
      [
        [2, 104],
        [3, 103],
        [2, 101],
      ],
      [
        [4, 101],
        [5, 102],
      ],
      { referencePriceTicks: 101 },
    )
    expect(venue.exchange.indication(1)).toEqual({ priceTicks: 102, volumeLots: 5, imbalanceLots: -4 })
    expect(tradePrices(venue.enterPhase('continuous'))).toEqual(['2 @ 102', '2 @ 102', '1 @ 102'])
  })

  it('is, where as much trades at several, that with the smallest imbalance', () => {
    // Five trade from 100 to 103. Up to 102 there are 8 to buy and 5 to sell, at 103 the buyer of 3 is gone, and 1 more
    // sells.
    const venue = auctionOf(
      [
        [5, 103],
        [3, 102],
      ],
      [
        [5, 100],
        [1, 103],
      ],
    )
    expect(venue.exchange.indication(1)).toEqual({ priceTicks: 103, volumeLots: 5, imbalanceLots: -1 })
  })

  it('is, where the imbalance is as small at several, the highest if all have more to buy', () => {
    const venue = auctionOf([[9, 110]], [[5, 100]], { referencePriceTicks: 101 })
    expect(venue.exchange.indication(1)).toEqual({ priceTicks: 110, volumeLots: 5, imbalanceLots: 4 })
  })

  it('is the lowest if all have more to sell', () => {
    const venue = auctionOf([[5, 110]], [[9, 100]], { referencePriceTicks: 109 })
    expect(venue.exchange.indication(1)).toEqual({ priceTicks: 100, volumeLots: 5, imbalanceLots: -4 })
  })

  it('is else the nearest to the reference, which is the definition’s before the first trade', () => {
    for (const [reference, price] of [
      [104, 104],
      [99, 100],
      [111, 110],
    ]) {
      const venue = auctionOf([[5, 110]], [[5, 100]], { referencePriceTicks: reference })
      expect(venue.exchange.indication(1)).toEqual({ priceTicks: price, volumeLots: 5, imbalanceLots: 0 })
    }
  })

  it('is nearest to the last price once there is one', () => {
    const venue = new Venue({ referencePriceTicks: 102 })
    venue.sell('B', 1, 107)
    venue.buy('A', 1, 107)
    venue.enterPhase('closingAuction')
    venue.buy('A', 5, 110)
    venue.sell('B', 5, 100)
    expect(venue.exchange.indication(1).priceTicks).toBe(107)
  })

  it('is the nearest, too, where some have as much more to buy as others to sell', () => {
    // Up to 103 there are 8 to buy and 5 to sell, from 104 on 5 to buy and 8 to sell.
    for (const [reference, price] of [
      [102, 102],
      [104, 104],
      [99, 100],
    ]) {
      const venue = auctionOf(
        [
          [5, 110],
          [3, 103],
        ],
        [
          [5, 100],
          [3, 104],
        ],
        { referencePriceTicks: reference },
      )
      expect(venue.exchange.indication(1)).toMatchObject({ priceTicks: price, volumeLots: 5 })
    }
  })

  it('is 0 where nothing would trade', () => {
    const venue = auctionOf([[5, 99]], [[5, 100]])
    expect(venue.exchange.indication(1)).toEqual({ priceTicks: 0, volumeLots: 0, imbalanceLots: 0 })
    expect(venue.enterPhase('continuous')).toEqual(['phase: continuous'])
  })

  it('may lie outside the bands: an auction halts nothing', () => {
    const venue = auctionOf([[5, 200]], [[5, 150]], { staticBandBasisPoints: 100, dynamicBandBasisPoints: 100 })
    expect(tradePrices(venue.enterPhase('continuous'))).toEqual(['5 @ 150'])
    expect(venue.exchange.phase(1)).toBe(phase.continuous)
  })
})

describe('uncrossing', () => {
  it('goes by price, then time, at one price, and both sides pay the taker fee', () => {
    // A hundredth of 98 × 5 × 10 are 49; the maker rate is not asked.
    const venue = new Venue({ tickValueMinor: 10, takerFeeRate: 10_000, makerFeeRate: -5_000 })
    venue.enterPhase('openingAuction')
    venue.sell('A2', 5, 98)
    venue.sell('A', 5, 98)
    venue.buy('B', 1, 90)
    venue.buy('B', 5, 100)
    expect(venue.exchange.indication(1)).toEqual({ priceTicks: 98, volumeLots: 5, imbalanceLots: -5 })
    expect(venue.enterPhase('continuous')).toEqual([
      'traded: 5 @ 98, trade 1, aggressor any',
      'B#2 filled: 5 @ 98, 0 left, auction, fee 49',
      'A2#1 filled: 5 @ 98, 0 left, auction, fee 49',
      'bids 100: 0 in 0',
      'asks 98: 5 in 1',
      'phase: continuous',
    ])
    expect(venue.ledger('A')).toMatchObject({ positionLots: -5, cashMinor: 4_900 - 49, feesMinor: 49 })
  })

  it('leaves no one who would still trade', () => {
    const venue = auctionOf(
      [
        [5, 105],
        [5, 103],
      ],
      [
        [4, 101],
        [4, 102],
      ],
    )
    venue.enterPhase('continuous')
    expect([venue.queue('buy'), venue.queue('sell')]).toEqual([['103: 2'], []])
  })

  it('happens on entering continuous trading from any phase, and closed from the closing auction only', () => {
    const crossed = () => auctionOf([[5, 100]], [[5, 100]])
    for (const before of ['preOpen', 'openingAuction', 'halted', 'closingAuction', 'closed'] as const) {
      const venue = crossed()
      venue.enterPhase(before)
      expect(tradePrices(venue.enterPhase('continuous')), before).toEqual(['5 @ 100'])
    }
    for (const before of ['preOpen', 'openingAuction', 'halted', 'closingAuction'] as const) {
      const venue = crossed()
      venue.enterPhase(before)
      const trades = before === 'closingAuction' ? ['5 @ 100'] : []
      expect(tradePrices(venue.enterPhase('closed')), before).toEqual(trades)
    }
  })

  it('sets the last price, and so what is reached of stops, which are looked at once trading is continuous', () => {
    const venue = auctionOf([[5, 105]], [[5, 105]])
    venue.buy('A', 1, 0, { type: 'stop', stopPriceTicks: 104 })
    venue.sell('B', 2, 108)
    expect(venue.enterPhase('continuous').slice(-6)).toEqual([
      'phase: continuous',
      'A#2 triggered: 1 @ 1000',
      'traded: 1 @ 108, trade 2, aggressor buy',
      'B#2 filled: 1 @ 108, 1 left, maker',
      'A#2 filled: 1 @ 108, 0 left, taker',
      'asks 108: 1 in 1',
    ])
  })

  it('takes orders of every kind that can rest, replaced and cancelled while it is gathered', () => {
    const venue = auctionOf([[5, 100]], [[5, 100]])
    expect(venue.replace('A', 1, 8, 102)).toEqual([
      'A#1 replaced: 8 @ 102, 8 left, loses priority',
      'bids 100: 0 in 0',
      'bids 102: 8 in 1',
    ])
    expect(venue.exchange.indication(1)).toEqual({ priceTicks: 102, volumeLots: 5, imbalanceLots: 3 })
    venue.cancel('B', 1)
    expect(venue.exchange.indication(1).volumeLots).toBe(0)
    expect([venue.queue('buy'), venue.queue('sell')]).toEqual([['102: 8'], []])
  })
})

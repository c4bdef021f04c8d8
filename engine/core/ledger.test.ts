/** The ledger on the whole exchange: each figure, what is always conserved, the range that nothing leaves. */
import { describe, expect, it } from 'vitest'
import { type Trader, Venue } from './exchange-fixture.ts'

/** A buys from B, or sells to it if the lots are negative, as the one that comes in. */
function trade(venue: Venue, lots: number, priceTicks: number): void {
  if (lots > 0) {
    venue.sell('B', lots, priceTicks)
    venue.buy('A', lots, priceTicks)
  } else {
    venue.buy('B', -lots, priceTicks)
    venue.sell('A', -lots, priceTicks)
  }
}

describe('the ledger of a long position', () => {
  it('holds cost, realised and unrealised profit as these trades make them', () => {
    // Each tick of a lot is worth 10.
    const venue = new Venue({ tickValueMinor: 10 })
    trade(venue, 10, 100)
    expect(venue.ledger('A')).toMatchObject({ positionLots: 10, costMinor: 10_000, unrealisedMinor: 0 })
    trade(venue, 20, 106)
    // 10 × 1,000 + 20 × 1,060 are 31,200: 104 ticks on average. At 106 the 30 lots are worth 31,800.
    expect(venue.ledger('A')).toEqual({
      positionLots: 30,
      costMinor: 31_200,
      realisedMinor: 0,
      unrealisedMinor: 600,
      cashMinor: -31_200,
      feesMinor: 0,
    })
    trade(venue, -15, 110)
    // Half of it goes with half of the cost, 15,600, for 16,500.
    expect(venue.ledger('A')).toEqual({
      positionLots: 15,
      costMinor: 15_600,
      realisedMinor: 900,
      unrealisedMinor: 900,
      cashMinor: -14_700,
      feesMinor: 0,
    })
    trade(venue, -15, 90)
    // The rest goes for 13,500, 2,100 less than it cost.
    expect(venue.ledger('A')).toEqual({
      positionLots: 0,
      costMinor: 0,
      realisedMinor: -1_200,
      unrealisedMinor: 0,
      cashMinor: -1_200,
      feesMinor: 0,
    })
    // B has the other side of everything.
    expect(venue.ledger('B')).toMatchObject({ positionLots: 0, realisedMinor: 1_200, cashMinor: 1_200 })
  })

  it('goes through zero in one trade: it closes at what it cost and opens at the new price', () => {
    const venue = new Venue()
    trade(venue, 10, 100)
    trade(venue, -25, 108)
    // 10 lots bring 80; 15 are short at 108.
    expect(venue.ledger('A')).toEqual({
      positionLots: -15,
      costMinor: -1_620,
      realisedMinor: 80,
      unrealisedMinor: 0,
      cashMinor: 1_700,
      feesMinor: 0,
    })
    trade(venue, 1, 110)
    // A fifteenth of 1,620 are 108: bought back at 110 it loses 2. The other 14 cost 1,512 and are worth 1,540.
    expect(venue.ledger('A')).toMatchObject({
      positionLots: -14,
      costMinor: -1_512,
      realisedMinor: 78,
      unrealisedMinor: -28,
    })
  })

  it('takes a share of the cost rounded down, and leaves the rest of it with the position', () => {
    const venue = new Venue()
    trade(venue, 2, 100)
    trade(venue, 1, 101)
    // A third of 301 is 100.33: 100 go.
    trade(venue, -1, 105)
    expect(venue.ledger('A')).toMatchObject({ positionLots: 2, costMinor: 201, realisedMinor: 5 })
    trade(venue, -2, 105)
    expect(venue.ledger('A')).toMatchObject({ positionLots: 0, costMinor: 0, realisedMinor: 14, cashMinor: 14 })
  })

  it('has its fees in the cash and not in the profit', () => {
    // A hundredth as taker: 10 of 1,000 and 11 of 1,100.
    const venue = new Venue({ takerFeeRate: 10_000, makerFeeRate: -1_000 })
    trade(venue, 10, 100)
    trade(venue, -10, 110)
    expect(venue.ledger('A')).toMatchObject({ realisedMinor: 100, feesMinor: 21, cashMinor: 79 })
    // A thousandth as maker, received: 1 of 1,000 and 1.1 of 1,100.
    expect(venue.ledger('B')).toMatchObject({ realisedMinor: -100, feesMinor: -2, cashMinor: -98 })
  })

  it('marks at the last price, whoever made it', () => {
    const venue = new Venue()
    trade(venue, 10, 100)
    venue.sell('B', 1, 93)
    venue.buy('C', 1, 93)
    expect(venue.ledger('A')).toMatchObject({ unrealisedMinor: -70 })
    expect(venue.ledger('C')).toMatchObject({ unrealisedMinor: 0 })
  })
})

describe('after every command', () => {
  /** Positions, and cash with fees, over all accounts; and how often cash was not realised − fees − cost. */
  function sums(venue: Venue) {
    const accounts = venue.exchange.accounts()
    return {
      positionLots: accounts.reduce((sum, account) => sum + account.positionLots, 0),
      cashAndFeesMinor: accounts.reduce((sum, account) => sum + account.cashMinor + account.feesMinor, 0),
      unequal: accounts.filter(
        ({ cashMinor, realisedMinor, feesMinor, costMinor }) => cashMinor !== realisedMinor - feesMinor - costMinor,
      ).length,
    }
  }

  it('positions sum to zero, cash and fees too, and cash is realised − fees − cost', () => {
    const venue = new Venue({ tickValueMinor: 7, makerFeeRate: -33, takerFeeRate: 777, dynamicBandBasisPoints: 2_000 })
    const traders: Trader[] = ['A', 'B', 'C', 'A2']
    const commands: ((trader: Trader, lots: number, priceTicks: number) => string[])[] = [
      (trader, lots, price) => venue.buy(trader, lots, price),
      (trader, lots, price) => venue.sell(trader, lots, price, { displayQuantityLots: 2 }),
      (trader, lots, price) => venue.sell(trader, lots, price, { timeInForce: 'immediateOrCancel' }),
      (trader, lots, price) => venue.buy(trader, lots, price, { selfTradePrevention: 'decrement' }),
      (trader, lots, price) => venue.buy(trader, lots, 0, { type: 'stop', stopPriceTicks: price }),
      (trader, lots, price) => venue.sell(trader, lots, price, { reduceOnly: true }),
      (trader, lots, price) => venue.quote(trader, [[1, price - 3, lots, price + 2, lots]]),
      (trader) => venue.massCancel(trader),
    ]
    const nothingLost = { positionLots: 0, cashAndFeesMinor: 0, unequal: 0 }
    for (let step = 0; step < 2_000; step++) {
      // Strides without a common factor: every command comes with every trader, quantity and price.
      const command = commands[(step * 5) % commands.length]
      command(traders[(step * 7) % 4], 1 + ((step * 11) % 13), 90 + ((step * 17) % 23))
      if (step % 500 === 250) venue.enterPhase('openingAuction')
      if (step % 500 === 300) venue.enterPhase('continuous')
      expect(sums(venue)).toEqual(nothingLost)
    }
    expect(venue.exchange.tradeCount(1)).toBeGreaterThan(500)
  })
})

describe('the range of the ledger', () => {
  it('leaves nothing that could still fill at any price without room: 2 × lots × highest price × tick value', () => {
    // 2 × 8 × 1,000 × 2^39 are 8.796 × 10^15; with a ninth lot they are 9.896 × 10^15, above 2^53 = 9.007 × 10^15.
    const venue = new Venue({ tickValueMinor: 2 ** 39 })
    expect(venue.buy('A', 9, 1)).toEqual(['A rejected: ledgerRange, quantityLots, 0'])
    expect(venue.buy('A', 5, 1)[0]).toBe('A#2 accepted: buy 5 @ 1')
    expect(venue.sell('A', 3, 2)[0]).toBe('A#3 accepted: sell 3 @ 2')
    expect(venue.sell('A', 1, 2), 'sells count beside buys').toEqual(['A rejected: ledgerRange, quantityLots, 0'])
    expect(venue.buy('A', 1, 0, { type: 'stop', stopPriceTicks: 2 })).toEqual([
      'A rejected: ledgerRange, quantityLots, 0',
    ])
    expect(venue.quote('A', [[1, 1, 1, 0, 0]])[0]).toBe('A quote 1 rejected: ledgerRange, bidQuantityLots, 0')
    expect(venue.replace('A', 2, 6, 1)).toEqual(['A rejected: ledgerRange, quantityLots, 0'])
    expect(venue.replace('A', 2, 5, 2)[0], 'no lots are added').toMatch(/^A#2 replaced: 5 @ 2/)
  })

  it('counts the position and the money that is booked', () => {
    // In units of 2^39 there are 16,384 to use, and 2 × 1,020 of them go for each lot: eight lots are 16,320.
    const venue = new Venue({ tickValueMinor: 2 ** 39, maxPriceTicks: 1_020 })
    venue.sell('B', 3, 32)
    venue.buy('A', 3, 32)
    // Three lots are held and 96 were paid: with five more it would be 16,416.
    expect(venue.buy('A', 5, 1)).toEqual(['A rejected: ledgerRange, quantityLots, 0'])
    expect(venue.buy('A', 4, 1)[0]).toBe('A#3 accepted: buy 4 @ 1')
    venue.cancel('A', 3)
    venue.buy('B', 3, 2)
    venue.sell('A', 3, 2)
    // Flat, having lost 90, which count as cash and as realised: 16,320 + 180 are too much, 14,280 + 180 are not.
    expect(venue.ledger('A')).toMatchObject({ positionLots: 0, realisedMinor: -90 * 2 ** 39 })
    expect(venue.buy('A', 8, 1)).toEqual(['A rejected: ledgerRange, quantityLots, 0'])
    expect(venue.buy('A', 7, 1)[0]).toBe('A#7 accepted: buy 7 @ 1')
  })
})

it('may not take cash beyond what is counted exactly, even at prices above a range that was narrowed since', () => {
  const highest = 2 ** 30 - 1
  const venue = new Venue({ maxPriceTicks: highest, referencePriceTicks: highest })
  // 2^46 each: with a rebate of as much again, 64 of them are 2^53.
  for (const trader of ['A', 'C'] as const) for (let order = 0; order < 60; order++) venue.buy(trader, 2 ** 16, highest)
  venue.defineInstrument({ maxPriceTicks: 100, takerFeeRate: -1_000_000 })
  venue.limitRisk('B', { maxPositionLots: 2 ** 40 })
  const answers = Array.from({ length: 64 }, () => venue.sell('B', 2 ** 16, 100)[0])
  expect(answers[0]).toMatch(/accepted/)
  expect(answers.at(-1)).toBe('B rejected: ledgerRange, quantityLots, 0')
  for (const { cashMinor } of venue.exchange.accounts()) expect(Number.isSafeInteger(cashMinor)).toBe(true)
})

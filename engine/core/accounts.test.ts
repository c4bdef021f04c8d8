import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { enumerations } from '../../protocol/messages.ts'
import { Ledger } from './ledger-fixture.ts'

const { buy, sell } = enumerations.side

/** The figures of an account that a trade changes. */
function figures(ledger: Ledger, index = 0) {
  const { positionLots, cashMinor, feesMinor, costMinor, realisedMinor, unrealisedMinor } = ledger.accounts.list(
    ledger.instruments,
  )[index]
  return { positionLots, cashMinor, feesMinor, costMinor, realisedMinor, unrealisedMinor }
}

describe('the ledger', () => {
  it('adds what a growing position was bought for to its cost', () => {
    const ledger = new Ledger()
    const account = ledger.account(1)
    ledger.trade(account, buy, 3, 100)
    ledger.trade(account, buy, 1, 104)
    ledger.mark(110)
    // 300 + 104 paid for 4 lots, which are worth 440.
    expect(figures(ledger)).toEqual({
      positionLots: 4,
      cashMinor: -404,
      feesMinor: 0,
      costMinor: 404,
      realisedMinor: 0,
      unrealisedMinor: 36,
    })
  })

  it('takes a share of the cost, rounded down, out with what is sold and realises the difference', () => {
    const ledger = new Ledger()
    const account = ledger.account(1)
    ledger.trade(account, buy, 2, 100)
    ledger.trade(account, buy, 1, 101)
    // Cost 301; one third of it is 100.33. Sold for 110: 10 realised.
    ledger.trade(account, sell, 1, 110)
    expect(figures(ledger)).toMatchObject({ positionLots: 2, costMinor: 201, realisedMinor: 10, cashMinor: -191 })
  })

  it('keeps the cost of a short position negative, rounding its size down too', () => {
    const ledger = new Ledger()
    const account = ledger.account(1)
    ledger.trade(account, sell, 2, 100)
    ledger.trade(account, sell, 1, 101)
    expect(figures(ledger)).toMatchObject({ positionLots: -3, costMinor: -301, cashMinor: 301 })
    // A third of the proceeds is 100; bought back for 90: 10 realised.
    ledger.trade(account, buy, 1, 90)
    ledger.mark(95)
    expect(figures(ledger)).toMatchObject({ positionLots: -2, costMinor: -201, realisedMinor: 10, unrealisedMinor: 11 })
  })

  it('closes and opens in one trade that goes through zero', () => {
    const ledger = new Ledger()
    const account = ledger.account(1)
    ledger.trade(account, buy, 2, 100)
    ledger.trade(account, sell, 5, 103)
    expect(figures(ledger)).toMatchObject({ positionLots: -3, costMinor: -309, realisedMinor: 6, cashMinor: 315 })
  })

  it('takes fees out of the cash and leaves the realised profit without them', () => {
    const ledger = new Ledger()
    const account = ledger.account(1)
    // 1 % of 100 × 5.
    expect(ledger.trade(account, buy, 5, 100, 1, 10_000)).toBe(5)
    expect(ledger.trade(account, sell, 5, 100, 1, -10_000)).toBe(-5)
    expect(ledger.trade(account, sell, 1, 100, 1, 10_000)).toBe(1)
    expect(figures(ledger)).toMatchObject({ cashMinor: 99, feesMinor: 1, realisedMinor: 0, costMinor: -100 })
  })

  it('is what arithmetic without bounds says, after any trades', () => {
    const trade = fc.record({
      side: fc.constantFrom(buy, sell),
      lots: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 2 ** 20 })),
      priceTicks: fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 2 ** 24 })),
      feeRate: fc.integer({ min: -1_000_000, max: 1_000_000 }),
    })
    const check = fc.property(fc.array(trade, { maxLength: 20 }), (trades) => {
      const ledger = new Ledger()
      const account = ledger.account(1)
      const model = { position: 0n, cash: 0n, fees: 0n, cost: 0n, realised: 0n }
      for (const { side, lots, priceTicks, feeRate } of trades) {
        ledger.trade(account, side, lots, priceTicks, 1, feeRate)
        bookByHand(model, side === buy, BigInt(lots), BigInt(priceTicks), BigInt(feeRate))
        expect(model.cash).toBe(model.realised - model.fees - model.cost)
      }
      const { unrealisedMinor: _, ...booked } = figures(ledger)
      expect(booked).toEqual({
        positionLots: Number(model.position),
        cashMinor: Number(model.cash),
        feesMinor: Number(model.fees),
        costMinor: Number(model.cost),
        realisedMinor: Number(model.realised),
      })
    })
    fc.assert(check, { numRuns: 1_000 })
  })
})

describe('gross exposure and equity', () => {
  it('count the larger side of a position and its open orders at the valuation price', () => {
    const ledger = new Ledger()
    const account = ledger.account(1)
    ledger.trade(account, buy, 4, 90)
    ledger.accounts.addOpenLots(account, buy, 6)
    ledger.accounts.addOpenLots(account, sell, 10)
    // Long 10 or short 6 at 100; 4 lots that cost 360 are worth 400.
    expect(ledger.participants.state(1)).toMatchObject({ grossExposureMinor: 1_000, equityMinor: 40 })
    ledger.accounts.addOpenLots(account, sell, 5)
    expect(ledger.participants.grossExposureMinor(1)).toBe(1_100)
  })

  it('do not follow the last price before a revaluation', () => {
    const ledger = new Ledger()
    ledger.trade(ledger.account(1), buy, 4, 100)
    ledger.mark(130)
    expect(ledger.participants.state(1)).toMatchObject({ grossExposureMinor: 400, equityMinor: 0 })
    ledger.valuation.beginDay(0)
    expect(ledger.participants.state(1)).toMatchObject({
      grossExposureMinor: 520,
      equityMinor: 120,
      dayStartEquityMinor: 120,
    })
  })

  it('are what counting from scratch gives, after any trades, orders and revaluations', () => {
    const step = fc.record({
      participant: fc.integer({ min: 1, max: 2 }),
      instrument: fc.integer({ min: 1, max: 2 }),
      side: fc.constantFrom(buy, sell),
      lots: fc.integer({ min: 1, max: 2 ** 20 }),
      priceTicks: fc.integer({ min: 1, max: 2 ** 28 }),
      does: fc.constantFrom('trades', 'rests', 'fills', 'marks'),
    })
    const check = fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const ledger = new Ledger()
      const resting = new Map<string, number>()
      for (const { participant, instrument, side, lots, priceTicks, does } of steps) {
        const account = ledger.account(participant, instrument)
        const key = `${account}/${side}`
        const open = resting.get(key) ?? 0
        if (does === 'trades') ledger.trade(account, side, lots, priceTicks, instrument)
        if (does === 'rests') {
          ledger.accounts.addOpenLots(account, side, lots)
          resting.set(key, open + lots)
        }
        if (does === 'fills' && open > 0) {
          const filled = Math.min(open, lots)
          ledger.accounts.trade(account, side, filled, priceTicks * filled, 100, filled)
          resting.set(key, open - filled)
        }
        if (does === 'marks') {
          ledger.mark(priceTicks, instrument)
          ledger.valuation.beginDay(0)
        }
        expectCountedFromScratch(ledger)
      }
    })
    fc.assert(check, { numRuns: 300 })
  })

  it('stay exact where all accounts together are beyond the numbers of one', () => {
    const price = 2 ** 30 - 1
    const ledger = new Ledger({ maxPriceTicks: price, referencePriceTicks: price })
    const lots = 2 ** 22
    for (let instrument = 1; instrument <= 3; instrument++) {
      ledger.trade(ledger.account(1, instrument), buy, lots, 1, instrument)
      ledger.trade(ledger.account(2, instrument), sell, lots, 1, instrument)
    }
    // Three times nearly 2^52, of which 53 bits hold only every second number.
    expectCountedFromScratch(ledger)
    expect(ledger.participants.lossOfDayMinor(1)).toBe(-3 * lots * (price - 1))
    ledger.valuation.beginDay(0)
    expect(ledger.participants.lossOfDayMinor(1)).toBe(0)
    // 11 lots sold for 1 tick each.
    ledger.trade(ledger.account(1, 2), sell, 11, 1, 2)
    expect(ledger.participants.lossOfDayMinor(1)).toBe(11 * (price - 1))
    expectCountedFromScratch(ledger)
  })
})

describe('reduce-only orders', () => {
  it('may take what the position leaves beside those that are open', () => {
    const ledger = new Ledger()
    const account = ledger.account(1)
    ledger.trade(account, buy, 10, 100)
    ledger.accounts.addReduceOnlyLots(account, sell, 4)
    expect(ledger.accounts.reducibleLots(account, sell)).toBe(6)
    expect(ledger.accounts.reducibleLots(account, buy)).toBe(0)
    ledger.trade(account, sell, 8, 100)
    // 2 lots are left to reduce, and 4 are open.
    expect(ledger.accounts.reducibleLots(account, sell)).toBe(0)
    expect(ledger.accounts.excessReduceOnlyLots(account, sell)).toBe(2)
    ledger.trade(account, sell, 3, 100)
    expect(ledger.accounts.excessReduceOnlyLots(account, sell)).toBe(4)
    expect(ledger.accounts.reducibleLots(account, buy)).toBe(1)
  })
})

interface Book {
  position: bigint
  cash: bigint
  fees: bigint
  cost: bigint
  realised: bigint
}

/** The rule of the ledger, lot by lot in the open: shares of the cost leave it, the rest opens. */
function bookByHand(account: Book, isBuy: boolean, lots: bigint, price: bigint, feeRate: bigint): void {
  const doubled = 2n * price * lots * feeRate + 1_000_000n
  const fee = doubled / 2_000_000n - (doubled < 0n && doubled % 2_000_000n !== 0n ? 1n : 0n)
  const sign = isBuy ? 1n : -1n
  account.cash -= sign * price * lots + fee
  account.fees += fee
  const held = account.position * sign < 0n ? account.position * -sign : 0n
  const closed = lots < held ? lots : held
  if (closed > 0n) {
    const size = account.cost < 0n ? -account.cost : account.cost
    const share = (size * closed) / held
    account.realised += sign * (share - price * closed)
    account.cost += sign * share
  }
  account.cost += sign * price * (lots - closed)
  account.position += sign * lots
}

function expectCountedFromScratch(ledger: Ledger): void {
  for (let participant = 1; participant <= 2; participant++) {
    let exposure = 0n
    let equity = 0n
    for (const account of ledger.accounts.list(ledger.instruments)) {
      if (account.participant !== participant) continue
      const price = BigInt(account.valuationPriceTicks)
      const position = BigInt(account.positionLots)
      const long = position + BigInt(account.openBuyLots)
      const short = BigInt(account.openSellLots) - position
      exposure += (long > short ? long : short) * price
      equity += BigInt(account.cashMinor) + position * price
    }
    expect(ledger.participants.grossExposureMinor(participant)).toBe(Number(exposure))
    expect(ledger.participants.equityMinor(participant)).toBe(Number(equity))
  }
}

/** fast-check's generators of the exchange that a stream of steps meets. */
import fc from 'fast-check'
import { limits } from '../../protocol/limits.ts'
import type { Crowd, Flow } from './flows.ts'
import type { RiskLimits, SelfTradePrevention, Setup } from './steps.ts'

/** In turn: instruments with few prices, with many, and with all that there are. */
const priceRanges = [
  { minPriceTicks: 90, maxPriceTicks: 110, referencePriceTicks: 100 },
  { minPriceTicks: 1, maxPriceTicks: 5_000, referencePriceTicks: 1_000 },
  { minPriceTicks: 1, maxPriceTicks: limits.maxPriceTicks, referencePriceTicks: 2 ** 27 },
]

/** The first instrument with all prices that there are. */
export const widestInstrument = priceRanges.length

/** Streams begin at 22:13:20. */
const schedules = [
  '22:14 preOpen, 22:15 openingAuction, 22:16 continuous, 23:30 closingAuction, 23:40 closed',
  '00:00 continuous, 08:00 closingAuction, 08:10 closed, 22:30 preOpen, 23:00 openingAuction',
  '09:00 continuous, 22:14 closed',
]

const rates = fc.constantFrom(-1_000, -25, 0, 1, 100, 250, 3_333)

export function instrumentTerms({ bandsOutOfTen, schedulesOutOfTen }: Flow) {
  const band = weighted([10 - bandsOutOfTen, fc.constant(0)], [bandsOutOfTen, fc.constantFrom(100, 300, 800)])
  return fc.record({
    tickValueMinor: fc.constantFrom(1, 5, 100),
    maxOrderQuantityLots: mostlyWide(limits.maxQuantityLots, 15),
    priceBandBasisPoints: fc.constantFrom(0, 0, 300, 1_000, 20_000),
    makerFeeRate: rates,
    takerFeeRate: rates,
    staticBandBasisPoints: band,
    dynamicBandBasisPoints: band,
    haltDurationMs: fc.constantFrom(0, 1, 1_000),
    auctionDurationMs: fc.constantFrom(0, 1, 5_000),
    schedule: weighted([10 - schedulesOutOfTen, fc.constant('')], [schedulesOutOfTen, fc.constantFrom(...schedules)]),
    quoteMaxSpreadTicks: fc.constantFrom(0, 4, 10),
    quoteMinQuantityLots: fc.constantFrom(0, 5),
  })
}

export const riskLimits: fc.Arbitrary<RiskLimits> = fc.record({
  maxOrderQuantityLots: mostlyWide(limits.maxQuantityLots, 12),
  maxOrderNotionalMinor: mostlyWide(limits.maxNotionalMinor, 200_000),
  maxPositionLots: mostlyWide(2 ** 40, 60),
  maxOpenOrders: mostlyWide(400, 4),
  maxGrossExposureMinor: mostlyWide(0, 60_000),
  maxDailyLossMinor: mostlyWide(0, 300),
  maxMessagesPerSecond: mostlyWide(0, 60),
  maxPriceDistanceBasisPoints: mostlyWide(0, 250),
  maxDuplicateOrders: fc.constantFrom(0, 1, 2),
  duplicateWindowMs: fc.constantFrom(1_000, 1, 0),
  isAdmin: fc.constant(false),
})

const modes: readonly SelfTradePrevention[] = ['cancelNewest', 'cancelOldest', 'cancelBoth', 'decrement']

export function setupOf(flow: Flow, { sessions, instrumentCount, admin }: Crowd): fc.Arbitrary<Setup> {
  const participantCount = Math.max(...sessions)
  return fc
    .record({
      terms: fc.array(instrumentTerms(flow), { minLength: instrumentCount, maxLength: instrumentCount }),
      participants: fc.array(riskLimits, { minLength: participantCount, maxLength: participantCount }),
      stated: fc.array(fc.constantFrom(...modes), { minLength: sessions.length, maxLength: sessions.length }),
    })
    .map(({ terms, participants, stated }) => ({
      instruments: terms.map((chosen, index) => ({
        ...nameplate(index + 1),
        ...priceRanges[index % priceRanges.length],
        ...chosen,
      })),
      participants: participants.map((bounds, index) => ({ ...bounds, isAdmin: index + 1 === admin })),
      sessions: sessions.map((participant, index) => ({ participant, selfTradePrevention: stated[index] })),
    }))
}

/** Choices of weight 0 are never taken. */
export function weighted<Value>(...choices: [weight: number, arbitrary: fc.Arbitrary<Value>][]): fc.Arbitrary<Value> {
  const possible = choices.filter(([weight]) => weight > 0)
  return fc.oneof(...possible.map(([weight, arbitrary]) => ({ weight, arbitrary })))
}

export function mostlyWide(wide: number, narrow: number): fc.Arbitrary<number> {
  return weighted([9, fc.constant(wide)], [1, fc.constant(narrow)])
}

function nameplate(number: number) {
  const display = { currency: 'USD', currencyDecimals: 2, tickSize: '0.01', lotSize: '1' }
  return { instrument: number, symbol: `I${number}`, ...display }
}

import { describe, expect, it } from 'vitest'
import { limits } from '../../protocol/limits.ts'
import { enumerations } from '../../protocol/messages.ts'
import { BookMemory } from './book/book-memory.ts'
import { kindLayout, orderLayout } from './book/order-pool.ts'
import { Instrument, type InstrumentDefinition } from './instrument.ts'
import { deafListener, plainDefinition } from './instrument-fixture.ts'

const { KIND, LEAVES, ORDER_SIZE, PRICE } = orderLayout
const { INSTRUMENT_SHIFT } = kindLayout
const { buy, sell } = enumerations.side
const { continuous, halted } = enumerations.phase

const definition = { ...plainDefinition, minPriceTicks: 500, maxPriceTicks: 2_000, referencePriceTicks: 1_000 }

interface Listing {
  readonly instrument: Instrument
  rest(side: number, priceTicks: number): void
}

function list(terms: Partial<InstrumentDefinition>): Listing {
  const memory = new BookMemory(16)
  const instrument = new Instrument({ ...definition, ...terms }, memory, deafListener)
  const rest = (side: number, priceTicks: number) => {
    const order = memory.orders.allocate(1, 1)
    memory.orders.int32[order * ORDER_SIZE + PRICE] = priceTicks
    memory.orders.int32[order * ORDER_SIZE + LEAVES] = 1
    memory.orders.int32[order * ORDER_SIZE + KIND] = side | (1 << INSTRUMENT_SHIFT)
    instrument.book.add(order, side)
  }
  return { instrument, rest }
}

/** The lowest price that a sell and the highest that a buy may trade at, whatever their limits. */
function tradeRange(instrument: Instrument): [number, number] {
  return [
    instrument.withinVolatilityBands(sell, 1),
    Math.min(instrument.withinVolatilityBands(buy, limits.maxPriceTicks), limits.maxPriceTicks),
  ]
}

function allowedRange(instrument: Instrument): [number, number] {
  return [instrument.worstPriceTicks(sell), instrument.worstPriceTicks(buy)]
}

describe('price band', () => {
  it('lies around the defined reference, then the middle of the book, then the last price', () => {
    const { instrument, rest } = list({ priceBandBasisPoints: 1_000 })
    expect(allowedRange(instrument)).toEqual([900, 1_100])
    rest(buy, 1_099)
    rest(sell, 1_102)
    // The middle is 1,100.5: 1,100 in whole ticks.
    expect(allowedRange(instrument)).toEqual([990, 1_210])
    instrument.recordTrade(1_209, 1)
    // A tenth of 1,209 is 120.9: 120 whole ticks.
    expect(allowedRange(instrument)).toEqual([1_089, 1_329])
    expect(instrument.allows(1_088)).toBe(false)
    expect(instrument.allows(1_089)).toBe(true)
    expect(instrument.allows(1_329)).toBe(true)
    expect(instrument.allows(1_330)).toBe(false)
  })

  it("does not reach beyond the instrument's range, and is its nearest price when it lies outside", () => {
    const { instrument } = list({ priceBandBasisPoints: 6_000 })
    expect(allowedRange(instrument)).toEqual([500, 1_600])
    instrument.recordTrade(600, 1)
    instrument.redefine({ ...definition, priceBandBasisPoints: 1_000, minPriceTicks: 900 })
    expect(allowedRange(instrument)).toEqual([900, 900])
  })

  it('follows a changed definition at once', () => {
    const { instrument } = list({ priceBandBasisPoints: 1_000 })
    instrument.recordTrade(1_000, 1)
    expect(allowedRange(instrument)).toEqual([900, 1_100])
    instrument.redefine({ ...definition, priceBandBasisPoints: 500 })
    expect(allowedRange(instrument)).toEqual([950, 1_050])
    instrument.redefine({ ...definition, priceBandBasisPoints: 0 })
    expect(allowedRange(instrument)).toEqual([500, 2_000])
  })
})

describe('a definition', () => {
  it('may change the worth of a tick only before there were orders', () => {
    const { instrument } = list({ tickValueMinor: 1 })
    instrument.redefine({ ...instrument.definition, tickValueMinor: 5 })
    instrument.commandCount++
    const other = { ...instrument.definition, tickValueMinor: 1 }
    expect(() => instrument.redefine(other)).toThrow('the tick value of instrument 1 cannot change any more')
  })
})

describe('volatility bands', () => {
  it('leave a limit price alone where the definition has none', () => {
    const { instrument } = list({})
    instrument.recordTrade(1_000, 1)
    expect(tradeRange(instrument)).toEqual([1, limits.maxPriceTicks])
  })

  it('have the static one around the defined reference until an auction, then around its price', () => {
    const { instrument } = list({ staticBandBasisPoints: 1_000 })
    expect(tradeRange(instrument)).toEqual([900, 1_100])
    instrument.recordTrade(1_050, 1)
    expect(tradeRange(instrument)).toEqual([900, 1_100])
    instrument.setStaticReference(1_200)
    expect(tradeRange(instrument)).toEqual([1_080, 1_320])
  })

  it('have the dynamic one around the last price, and none before the first trade', () => {
    const { instrument } = list({ dynamicBandBasisPoints: 200 })
    expect(tradeRange(instrument)).toEqual([1, limits.maxPriceTicks])
    instrument.recordTrade(1_049, 1)
    // A fiftieth of 1,049 is 20.98: 20 whole ticks.
    expect(tradeRange(instrument)).toEqual([1_029, 1_069])
  })

  it('hold together, each on the side on which it is the narrower', () => {
    const { instrument } = list({ staticBandBasisPoints: 1_000, dynamicBandBasisPoints: 500 })
    instrument.recordTrade(1_080, 1)
    expect(tradeRange(instrument)).toEqual([1_026, 1_100])
  })

  it('draw in a limit price that reaches beyond them, and no other', () => {
    const { instrument } = list({ staticBandBasisPoints: 1_000 })
    expect(instrument.withinVolatilityBands(buy, 1_099)).toBe(1_099)
    expect(instrument.withinVolatilityBands(buy, 1_101)).toBe(1_100)
    expect(instrument.withinVolatilityBands(sell, 901)).toBe(901)
    expect(instrument.withinVolatilityBands(sell, 899)).toBe(900)
  })

  it('let nothing trade when the best opposite price is better than they allow', () => {
    const cheap = list({ staticBandBasisPoints: 1_000 })
    cheap.rest(sell, 890)
    expect(cheap.instrument.book.crosses(buy, cheap.instrument.withinVolatilityBands(buy, 1_000))).toBe(false)
    const dear = list({ staticBandBasisPoints: 1_000 })
    dear.rest(buy, 1_110)
    expect(dear.instrument.book.crosses(sell, dear.instrument.withinVolatilityBands(sell, 1_000))).toBe(false)
  })
})

describe('time in continuous trading', () => {
  it('runs while the phase is continuous and begins anew with the day', () => {
    const { instrument } = list({})
    instrument.beginDay(100)
    expect(instrument.tradingUs(130)).toBe(30)
    instrument.setPhase(halted, 150)
    expect(instrument.tradingUs(180)).toBe(50)
    instrument.setPhase(continuous, 200)
    expect(instrument.tradingUs(210)).toBe(60)
    instrument.beginDay(220)
    expect(instrument.tradingUs(225)).toBe(5)
  })
})

describe('definition', () => {
  it('must have a schedule that can be read', () => {
    expect(() => list({ schedule: '9 continuous' })).toThrow('schedule of instrument 1 is malformed')
  })
})

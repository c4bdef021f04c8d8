/** fast-check's generators of steps and of the exchange that they meet. */
import fc from 'fast-check'
import { limits } from '../../protocol/limits.ts'
import { enumerations } from '../../protocol/messages.ts'
import type { Relative, RiskLimits, Setup, Step } from './steps.ts'

const { orderType, timeInForce } = enumerations

/** What kind of order flow to generate. */
export interface Flow {
  /** One value in so many is one that no sensible client would send. */
  readonly wildOneIn: number
  /** One step in so many cancels a whole session's orders or changes a definition. */
  readonly upheavalOneIn: number
  /** Of ten orders, so many are priced away from the other side. */
  readonly passiveOutOfTen: number
  /** Of ten steps, so many cancel one order. */
  readonly cancelsOutOfTen: number
}

/** Everything that can go wrong, in small books. */
export const roughFlow: Flow = { wildOneIn: 60, upheavalOneIn: 20, passiveOutOfTen: 2, cancelsOutOfTen: 2 }
/** Books with hundreds of orders on many levels. */
export const deepFlow: Flow = { wildOneIn: 5_000, upheavalOneIn: 2_000, passiveOutOfTen: 9, cancelsOutOfTen: 1 }

/** Who and what there is. */
export interface Crowd {
  /** The participant of each session. */
  readonly sessions: readonly number[]
  readonly instrumentCount: number
}

/** Participants 1 and 2 have two sessions, so that orders of one participant meet across sessions. */
export const fewTraders: Crowd = { sessions: [1, 1, 2, 2, 3, 4], instrumentCount: 3 }
/** More of everything than the exchange has memory for at first. */
export const manyTraders: Crowd = {
  sessions: Array.from({ length: 140 }, (_, index) => 1 + (index % 70)),
  instrumentCount: 20,
}

/** In turn: instruments with few prices, with many, and with all that there are. */
const priceRanges = [
  { minPriceTicks: 90, maxPriceTicks: 110, referencePriceTicks: 100 },
  { minPriceTicks: 1, maxPriceTicks: 5_000, referencePriceTicks: 1_000 },
  { minPriceTicks: 1, maxPriceTicks: limits.maxPriceTicks, referencePriceTicks: 2 ** 27 },
]

const wild = fc.constantFrom(0, 1, 2 ** 30 - 1, 2 ** 30, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 1)
const rates = fc.constantFrom(-1_000, -25, 0, 1, 100, 250, 3_333)

const instrumentTerms = fc.record({
  tickValueMinor: fc.constantFrom(1, 5, 100),
  maxOrderQuantityLots: mostlyWide(limits.maxQuantityLots, 15),
  priceBandBasisPoints: fc.constantFrom(0, 0, 300, 1_000, 20_000),
  makerFeeRate: rates,
  takerFeeRate: rates,
})

const riskLimits: fc.Arbitrary<RiskLimits> = fc.record({
  maxOrderQuantityLots: mostlyWide(limits.maxQuantityLots, 12),
  maxOrderNotionalMinor: mostlyWide(Number.MAX_SAFE_INTEGER, 200_000),
  maxPositionLots: mostlyWide(2 ** 40, 60),
  maxOpenOrders: mostlyWide(400, 4),
})

export function setupOf({ sessions, instrumentCount }: Crowd): fc.Arbitrary<Setup> {
  const participantCount = Math.max(...sessions)
  return fc
    .record({
      terms: fc.array(instrumentTerms, { minLength: instrumentCount, maxLength: instrumentCount }),
      participants: fc.array(riskLimits, { minLength: participantCount, maxLength: participantCount }),
    })
    .map(({ terms, participants }) => ({
      instruments: terms.map((chosen, index) => ({
        ...nameplate(index + 1),
        ...priceRanges[index % priceRanges.length],
        ...chosen,
      })),
      participants,
      sessions,
    }))
}

const kind = weighted<[type: number, inForce: number]>(
  [8, fc.constant([orderType.limit, timeInForce.goodTillCancel])],
  [2, fc.constant([orderType.limit, timeInForce.immediateOrCancel])],
  [2, fc.constant([orderType.limit, timeInForce.fillOrKill])],
  [3, fc.constant([orderType.postOnly, timeInForce.goodTillCancel])],
  [1, fc.constant([orderType.market, timeInForce.immediateOrCancel])],
  [1, fc.constant([orderType.market, timeInForce.fillOrKill])],
)

const changeOfQuantity = weighted<Relative>(
  [2, fc.constant({ from: 'order', plus: 0 })],
  [3, fc.record({ from: fc.constant('order' as const), plus: fc.integer({ min: -9, max: 9 }) })],
  [1, fc.record({ from: fc.constant('filled' as const), plus: fc.integer({ min: -1, max: 1 }) })],
)

export function stepOf(flow: Flow, crowd: Crowd): fc.Arbitrary<Step> {
  const mostly = <Value>(usual: fc.Arbitrary<Value>, rare: fc.Arbitrary<Value>) =>
    weighted([flow.wildOneIn - 1, usual], [1, rare])
  const session = fc.integer({ min: 1, max: crowd.sessions.length })
  const refPlus = mostly(fc.constant(1), fc.constantFrom(0, -1, -5, 2, 70, 4_097, 2 ** 31))
  const target = mostly(fc.nat(60), fc.constantFrom(-1, -2, -7, -(2 ** 32)))
  const instrument = fc.integer({ min: 1, max: crowd.instrumentCount })
  const price = mostly(near('reference', flow), wild.map(absolute))
  const command = { session, refPlus }

  const newOrder = fc
    .record({
      do: fc.constant('newOrder' as const),
      ...command,
      instrument: mostly(instrument, fc.constantFrom(0, crowd.instrumentCount + 1, 2 ** 32 + 1)),
      side: mostly(fc.constantFrom(1, 2), fc.constantFrom(0, 3, 2 ** 32 + 1)),
      kind: mostly(kind, fc.tuple(weighted([2, fc.nat(4)], [1, wild]), weighted([2, fc.nat(4)], [1, wild]))),
      quantityLots: mostly(
        fc.integer({ min: 1, max: 20 }),
        weighted([3, wild], [1, fc.constant(limits.maxQuantityLots)]),
      ),
      price,
    })
    .map(({ kind: [type, inForce], ...rest }): Step => ({ ...rest, orderType: type, timeInForce: inForce }))
  const cancelOrder = fc.record({ do: fc.constant('cancelOrder' as const), ...command, target })
  const replaceOrder = fc.record({
    do: fc.constant('replaceOrder' as const),
    ...command,
    target,
    quantity: mostly(changeOfQuantity, wild.map(absolute)),
    price: weighted([2, fc.constant<Relative>({ from: 'order', plus: 0 })], [2, near('order', flow)], [1, price]),
  })
  return weighted<Step>(
    [flow.upheavalOneIn * (8 - flow.cancelsOutOfTen), newOrder],
    [flow.upheavalOneIn * flow.cancelsOutOfTen, cancelOrder],
    [flow.upheavalOneIn * 2, replaceOrder],
    [10, upheaval(crowd, session, refPlus)],
  )
}

/** Close to a price, so that much trades; now and then far, so that the book has to look for its next level. */
function near(from: Relative['from'], flow: Flow): fc.Arbitrary<Relative> {
  const plus = weighted(
    [12, fc.integer({ min: -5, max: 5 })],
    [6, fc.integer({ min: -60, max: 60 })],
    [1, fc.constantFrom(-70_000, -4_096, -1_024, 1_024, 4_096, 70_000, 2 ** 26, 2 ** 29)],
  )
  const passive = weighted([flow.passiveOutOfTen, fc.constant(true)], [10 - flow.passiveOutOfTen, fc.constant(false)])
  return fc.record({ from: fc.constant(from), plus, passive })
}

/** Few are needed to shake everything. */
function upheaval(crowd: Crowd, session: fc.Arbitrary<number>, refPlus: fc.Arbitrary<number>): fc.Arbitrary<Step> {
  const massCancel = fc.record({
    do: fc.constant('massCancel' as const),
    session,
    refPlus,
    instrument: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: crowd.instrumentCount + 1 })),
    side: fc.constantFrom(0, 0, 1, 2, 3),
  })
  const connect = fc.record({ do: fc.constant('connect' as const), session, cancelOnDisconnect: fc.boolean() })
  const disconnect = fc.record({ do: fc.constant('disconnect' as const), session })
  const instrument = fc.integer({ min: 1, max: crowd.instrumentCount })
  const terms = fc.record({ do: fc.constant('redefineInstrument' as const), instrument, change: instrumentTerms })
  const minPriceTicks = fc.integer({ min: 80, max: 99 })
  const maxPriceTicks = fc.integer({ min: 101, max: 120 })
  const range = fc.record({
    do: fc.constant('redefineInstrument' as const),
    instrument: fc.constant(1),
    change: fc.record({ minPriceTicks, maxPriceTicks }),
  })
  const participant = fc.integer({ min: 1, max: Math.max(...crowd.sessions) })
  const risk = fc.record({ do: fc.constant('redefineParticipant' as const), participant, limits: riskLimits })
  return fc.oneof(massCancel, massCancel, connect, disconnect, terms, range, risk)
}

function weighted<Value>(...choices: [weight: number, arbitrary: fc.Arbitrary<Value>][]): fc.Arbitrary<Value> {
  return fc.oneof(...choices.map(([weight, arbitrary]) => ({ weight, arbitrary })))
}

function mostlyWide(wide: number, narrow: number): fc.Arbitrary<number> {
  return weighted([6, fc.constant(wide)], [1, fc.constant(narrow)])
}

function absolute(plus: number): Relative {
  return { from: 'zero', plus, passive: false }
}

function nameplate(number: number) {
  const display = { currency: 'USD', currencyDecimals: 2, tickSize: '0.01', lotSize: '1' }
  return { instrument: number, symbol: `I${number}`, ...display }
}

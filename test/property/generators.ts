/** fast-check's generators of steps; setups.ts has those of the exchange that they meet. */
import fc from 'fast-check'
import { limits } from '../../protocol/limits.ts'
import { enumerations } from '../../protocol/messages.ts'
import type { Crowd, Flow } from './flows.ts'
import { instrumentTerms, mostlyWide, riskLimits, weighted, widestInstrument } from './setups.ts'
import type { ControlTerms, Relative, Step } from './steps.ts'

const { orderType, timeInForce, phase, riskLimit } = enumerations
const { goodTillCancel, immediateOrCancel, fillOrKill, day, goodTillDate, atOpen, atClose } = timeInForce

const wild = fc.constantFrom(0, 1, 2 ** 30 - 1, 2 ** 30, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 1)
const groups = fc.integer({ min: 1, max: 3 })
const noPrice: Relative = { from: 'zero', plus: 0 }
const ownPrice: Relative = { from: 'own', plus: 0 }

/** Much of something cheap whose price could rise very far: more than the ledger could count then. */
const hugeTerms = {
  ...{ instrument: widestInstrument, orderType: orderType.limit, timeInForce: goodTillCancel },
  ...{ quantityLots: limits.maxQuantityLots, price: absolute(5), stopPrice: noPrice },
  ...{ displayQuantityLots: 0, expiresInUs: 0, reduceOnly: 0 },
}

export function stepOf(flow: Flow, crowd: Crowd): fc.Arbitrary<Step> {
  const parts = partsOf(flow, crowd)
  const { weights } = flow
  return weighted<Step>(
    [weights.newOrder, newOrderStep(flow, crowd, parts)],
    [weights.cancel, fc.record({ do: fc.constant('cancelOrder'), ...parts.command, target: parts.target })],
    [weights.replace, replaceStep(flow, parts)],
    [weights.quote, quoteStep(flow, parts)],
    [weights.time, timeStep],
    [weights.admin, adminStep(crowd, parts)],
    [weights.upheaval, upheavalStep(flow, crowd, parts)],
  )
}

/** What many kinds of steps are made of. */
function partsOf(flow: Flow, crowd: Crowd) {
  const mostly = <Value>(usual: fc.Arbitrary<Value>, rare: fc.Arbitrary<Value>) =>
    weighted([flow.wildOneIn - 1, usual], [1, rare])
  const session = fc.integer({ min: 1, max: crowd.sessions.length })
  const refPlus = mostly(fc.constant(1), fc.constantFrom(0, -1, -5, 2, 70, 4_097, 2 ** 31))
  return {
    mostly,
    session,
    command: { session, refPlus },
    instrument: fc.integer({ min: 1, max: crowd.instrumentCount }),
    price: mostly(near('reference', flow), wild.map(absolute)),
    quantity: mostly(
      fc.integer({ min: 1, max: 20 }),
      weighted([3, wild], [1, fc.constantFrom(limits.maxQuantityLots, 100_000)]),
    ),
    target: mostly(fc.nat(60), fc.constantFrom(-1, -2, -7, -(2 ** 32))),
  }
}

type Parts = ReturnType<typeof partsOf>

function newOrderStep(flow: Flow, crowd: Crowd, { mostly, command, instrument, price, quantity }: Parts) {
  const { kinds } = flow
  const inForce = weighted<number>(
    [8, fc.constant(goodTillCancel)],
    [2, fc.constantFrom(day, goodTillDate)],
    [kinds.auction, fc.constantFrom(atOpen, atClose)],
    [3, fc.constantFrom(immediateOrCancel, fillOrKill)],
  )
  const resting = weighted<number>([3, fc.constant(goodTillCancel)], [1, fc.constantFrom(day, goodTillDate)])
  const atOnce = weighted<number>(
    [4, fc.constantFrom(immediateOrCancel, fillOrKill)],
    [kinds.auction, fc.constantFrom(atOpen, atClose)],
  )
  const kind = weighted<[type: number, inForce: number]>(
    [11, fc.tuple(fc.constant(orderType.limit), inForce)],
    [2, fc.tuple(fc.constant(orderType.postOnly), resting)],
    [2, fc.tuple(fc.constant(orderType.market), atOnce)],
    [kinds.stop, fc.tuple(fc.constantFrom(orderType.stop, orderType.stopLimit), resting)],
  )
  const wildKind = fc.tuple(weighted([2, fc.nat(6)], [1, wild]), weighted([2, fc.nat(8)], [1, wild]))
  const terms = fc.record({
    ...command,
    instrument: mostly(instrument, fc.constantFrom(0, crowd.instrumentCount + 1, 2 ** 32 + 1)),
    side: mostly(fc.constantFrom(1, 2), fc.constantFrom(0, 3, 2 ** 32 + 1)),
    quantityLots: quantity,
    price,
    selfTradePrevention: weighted([1, fc.constant(0)], [1, fc.integer({ min: 0, max: 4 })]),
    reduceOnly: weighted([20 - kinds.reduceOnly, fc.constant(0)], [kinds.reduceOnly, fc.constant(1)]),
  })
  const options = fc.record({
    kind: mostly(kind, wildKind),
    displayLots: weighted([20 - kinds.iceberg, fc.constant(0)], [kinds.iceberg, fc.integer({ min: 1, max: 5 })]),
    stop: near('last', flow),
    expiresInUs: fc.constantFrom(7, 8, 500, 100_000, 1_000_000, 3_600_000_000),
    isMisplaced: mostly(fc.constant(false), fc.constant(true)),
    isHuge: mostly(fc.constant(false), fc.constant(true)),
  })
  return fc.tuple(terms, options).map(
    ([
      rest,
      {
        kind: [type, forced],
        displayLots,
        stop,
        expiresInUs,
        isMisplaced,
        isHuge,
      },
    ]): Step => {
      const isStop = type === orderType.stop || type === orderType.stopLimit
      const mayRest = forced === goodTillCancel || forced === day || forced === goodTillDate
      return {
        do: 'newOrder',
        ...rest,
        ...{ orderType: type, timeInForce: forced },
        // Now and then an option that does not belong there, or one that is missing.
        stopPrice: isStop !== isMisplaced ? stop : noPrice,
        displayQuantityLots:
          (mayRest && type !== orderType.stop && type !== orderType.market) || isMisplaced ? displayLots : 0,
        expiresInUs: (forced === goodTillDate) !== isMisplaced ? expiresInUs : 0,
        ...(isHuge ? hugeTerms : {}),
      }
    },
  )
}

function replaceStep(flow: Flow, { mostly, command, target, price }: Parts) {
  const quantity = weighted<Relative>(
    [2, fc.constant({ from: 'own', plus: 0 })],
    [3, fc.record({ from: fc.constant('own' as const), plus: fc.integer({ min: -9, max: 9 }) })],
    [1, fc.record({ from: fc.constant('filled' as const), plus: fc.integer({ min: -1, max: 1 }) })],
  )
  return fc.record({
    do: fc.constant('replaceOrder' as const),
    ...command,
    target,
    quantity: mostly(quantity, wild.map(absolute)),
    price: weighted([2, fc.constant(ownPrice)], [2, near('own', flow)], [1, price]),
    stopPrice: mostly(weighted([2, fc.constant(ownPrice)], [2, near('last', flow)]), wild.map(absolute)),
  })
}

function quoteStep(flow: Flow, { mostly, command, instrument, price, quantity }: Parts): fc.Arbitrary<Step> {
  const quantityLots = weighted([5, quantity], [1, fc.constant(0)])
  const sideOf = (sign: number) => {
    const plus = fc.integer({ min: -1, max: 6 }).map((ticks) => sign * ticks)
    const close = fc.record({ from: fc.constantFrom('reference' as const, 'last' as const), plus })
    const usual = weighted<Relative>([3, fc.constant(ownPrice)], [5, close], [1, near('own', flow)])
    return fc.record({ price: mostly(usual, price), quantityLots })
  }
  const row = fc.record({
    instrument: mostly(instrument, fc.constantFrom(0, 2 ** 32 + 1)),
    bid: sideOf(-1),
    ask: sideOf(1),
  })
  const quotes = mostly(
    fc.uniqueArray(row, { maxLength: 5, selector: ({ instrument: number }) => number }),
    fc.array(row, { maxLength: 5 }),
  )
  const group = mostly(groups, fc.constantFrom(0, 65_535, 65_536, 2 ** 53 - 1))
  const massQuote = fc.record({ do: fc.constant('massQuote' as const), ...command, group, quotes })
  const small = mostlyWide(0, 3)
  const protection = fc.record({
    type: fc.constant('setProtection' as const),
    group,
    intervalMs: fc.constantFrom(1, 50, 1_000, 0),
    maxLots: fc.constantFrom(0, 5, 30),
    maxNotionalMinor: mostlyWide(0, 3_000),
    maxFills: small,
    maxNetLots: mostlyWide(0, 8),
    freezeMs: fc.constantFrom(0, 0, 1, 100),
  })
  const reset = fc.record({ type: fc.constant('resetProtection' as const), group })
  const message = weighted<ControlTerms>([1, protection], [2, reset])
  const control = fc.record({ do: fc.constant('control' as const), ...command, message })
  return weighted<Step>([6, massQuote], [1, control])
}

const timeStep: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('passTime' as const),
  us: weighted(
    [4, fc.constantFrom(50, 1_000, 100_000, 500_000)],
    [2, fc.constantFrom(1_000_000, 5_000_000, 60_000_000)],
    [1, fc.constantFrom(600_000_000, 3_600_000_000, 20_000_000_000, 86_400_000_000)],
  ),
  toTimer: fc.boolean(),
  told: fc.boolean(),
})

/** Most of it by sessions of an admin. */
function adminStep(crowd: Crowd, { mostly, command, instrument, session }: Parts): fc.Arbitrary<Step> {
  const adminSessions = crowd.sessions.flatMap((participant, index) => (participant === crowd.admin ? [index + 1] : []))
  const known = fc.integer({ min: 1, max: Math.max(...crowd.sessions) }).map((number) => `p${number}`)
  const participant = weighted([19, known], [1, fc.constant('nobody')])
  const names = Object.keys(phase) as (keyof typeof phase)[]
  const changePhase = fc.record({
    type: fc.constant('changePhase' as const),
    instrument: weighted([9, instrument], [1, fc.constantFrom(0, 0, crowd.instrumentCount + 1)]),
    phase: mostly(
      weighted([3, fc.constantFrom(...names)], [3, fc.constant('continuous' as const)]),
      fc.constant('lunch' as 'closed'),
    ),
  })
  const limit = fc.constantFrom(...(Object.keys(riskLimit) as (keyof typeof riskLimit)[]))
  const changeLimit = weighted<[limit: keyof typeof riskLimit, value: number]>(
    [3, limit.map((which) => [which, neededLimits.has(which) ? 100_000 : 0])],
    [2, limit.map((which) => [which, neededLimits.has(which) ? 400 : 50_000])],
    [1, fc.tuple(limit, wild)],
    [1, fc.tuple(fc.constant('patience' as 'maxOpenOrders'), wild)],
  )
  const limitMessage = fc
    .tuple(changeLimit, participant)
    .map(([[which, value], name]) => ({ type: 'changeLimit' as const, participant: name, limit: which, value }))
  const block = fc.record({
    type: fc.constant('blockParticipant' as const),
    participant,
    blocked: weighted([1, fc.constant(true)], [4, fc.constant(false)]),
  })
  const message = weighted<ControlTerms>([8, changePhase], [2, limitMessage], [1, block])
  const sender = mostly(fc.constantFrom(...adminSessions), session)
  return fc.record({ do: fc.constant('control' as const), ...command, session: sender, message })
}

/** A bound of 0 on these would end all trading of the participant. */
const neededLimits: ReadonlySet<string> = new Set([
  'maxOrderQuantityLots',
  'maxOrderNotionalMinor',
  'maxPositionLots',
  'maxOpenOrders',
])

/** Few are needed to shake everything. */
function upheavalStep(flow: Flow, crowd: Crowd, { command, session, instrument }: Parts): fc.Arbitrary<Step> {
  const massCancel = fc.record({
    do: fc.constant('massCancel' as const),
    ...command,
    instrument: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: crowd.instrumentCount + 1 })),
    side: fc.constantFrom(0, 0, 1, 2, 3),
  })
  const repeatOrder = fc.record({ do: fc.constant('repeatOrder' as const), refPlus: command.refPlus })
  const connect = fc.record({ do: fc.constant('connect' as const), session, cancelOnDisconnect: fc.boolean() })
  const disconnect = fc.record({ do: fc.constant('disconnect' as const), session })
  const change = instrumentTerms(flow).map(({ tickValueMinor: _, ...rest }) => rest)
  const terms = fc.record({ do: fc.constant('redefineInstrument' as const), instrument, change })
  const range = fc.record({
    do: fc.constant('redefineInstrument' as const),
    instrument: fc.constant(1),
    change: fc.record({
      minPriceTicks: fc.integer({ min: 80, max: 99 }),
      maxPriceTicks: fc.integer({ min: 101, max: 120 }),
    }),
  })
  const participant = fc.integer({ min: 1, max: Math.max(...crowd.sessions) })
  const isAdmin = (number: number) => number === crowd.admin
  const risk = fc
    .tuple(participant, riskLimits)
    .map(([number, bounds]) => ({ participant: number, limits: { ...bounds, isAdmin: isAdmin(number) } }))
    .map((what) => ({ do: 'redefineParticipant' as const, ...what }))
  return weighted<Step>(
    [2, massCancel],
    [5, repeatOrder],
    [1, connect],
    [1, disconnect],
    [1, terms],
    [1, range],
    [1, risk],
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

function absolute(plus: number): Relative {
  return { from: 'zero', plus, passive: false }
}

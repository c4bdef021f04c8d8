/** Every reject code, one test each: what causes it, its field and bound, and that nothing else changes. */
import { describe, expect, it } from 'vitest'
import { errors } from '../../protocol/errors.ts'
import { limits } from '../../protocol/limits.ts'
import { enumerations } from '../../protocol/messages.ts'
import { commandType } from './command.ts'
import { Venue } from './exchange-fixture.ts'

const { side, orderType, timeInForce, phase } = enumerations
const validOrder = {
  type: commandType.newOrder,
  instrument: 1,
  side: side.buy,
  orderType: orderType.limit,
  timeInForce: timeInForce.goodTillCancel,
  quantityLots: 1,
  priceTicks: 100,
}
const ioc = { timeInForce: 'immediateOrCancel' } as const
const protection = { group: 7, intervalMs: 1_000, maxLots: 5, maxNotionalMinor: 0, maxFills: 0, maxNetLots: 0 }

/** Expects a command to be rejected with this code, field and bound, and to leave everything as it was. */
function expectReject(venue: Venue, code: string, send: () => string[]): void {
  const before = venue.everything()
  expect(send().map((line) => line.replace(/^A2? rejected: /, ''))).toEqual([code])
  expect(venue.everything()).toEqual(before)
}

/** A venue in which A is an admin. */
function venueOfAdmin(): Venue {
  const venue = new Venue()
  venue.limitRisk('A', { isAdmin: true })
  return venue
}

const tests: Record<string, () => void> = {
  unknownInstrument() {
    const venue = venueOfAdmin()
    const code = 'unknownInstrument, instrument, 0'
    expectReject(venue, code, () => venue.buy('A', 1, 100, { instrument: 2 }))
    expectReject(venue, code, () => venue.massCancel('A', 2))
    expectReject(venue, code, () => venue.control('A', { type: 'changePhase', instrument: 2, phase: 'halted' }))
    expect(venue.quote('A', [[2, 99, 1, 101, 1]])[0]).toBe(`A quote 2 rejected: ${code}`)
  },

  invalidSide() {
    const venue = new Venue()
    for (const unknown of [side.any, 3]) {
      expectReject(venue, 'invalidSide, side, 0', () => venue.send('A', { ...validOrder, side: unknown }))
    }
    expectReject(venue, 'invalidSide, side, 0', () => venue.send('A', { type: commandType.massCancel, side: 3 }))
  },

  invalidOrderType() {
    const venue = new Venue()
    for (const unknown of [0, 6]) {
      const code = 'invalidOrderType, orderType, 0'
      expectReject(venue, code, () => venue.send('A', { ...validOrder, orderType: unknown }))
    }
  },

  invalidTimeInForce() {
    const venue = new Venue()
    const { goodTillCancel, immediateOrCancel, fillOrKill, day, goodTillDate, atOpen, atClose } = timeInForce
    const notResting = [immediateOrCancel, fillOrKill, atOpen, atClose]
    for (const [type, wrong] of [
      [orderType.limit, [0, 8]],
      [orderType.market, [goodTillCancel, day, goodTillDate]],
      [orderType.postOnly, notResting],
      [orderType.stop, notResting],
      [orderType.stopLimit, notResting],
    ] as const) {
      for (const inForce of wrong) {
        const fields = { ...validOrder, orderType: type, timeInForce: inForce }
        expectReject(venue, 'invalidTimeInForce, timeInForce, 0', () => venue.send('A', fields))
      }
    }
  },

  invalidDisplayQuantity() {
    const venue = new Venue()
    const code = 'invalidDisplayQuantity, displayQuantityLots, 0'
    for (const terms of [ioc, { timeInForce: 'atClose' }, { type: 'stop', stopPriceTicks: 100 }] as const) {
      expectReject(venue, code, () => venue.buy('A', 10, 100, { ...terms, displayQuantityLots: 1 }))
    }
    expectReject(venue, code, () => venue.buy('A', 10, 0, { ...ioc, type: 'market', displayQuantityLots: 10 }))
  },

  invalidStopPrice() {
    const venue = new Venue({ minPriceTicks: 50 })
    const code = 'invalidStopPrice, stopPriceTicks'
    expectReject(venue, `${code}, 0`, () => venue.buy('A', 1, 0, { type: 'stop' }))
    expectReject(venue, `${code}, 0`, () => venue.buy('A', 1, 100, { stopPriceTicks: 100 }))
    expectReject(venue, `${code}, 50`, () => venue.buy('A', 1, 100, { type: 'stopLimit', stopPriceTicks: 49 }))
    expectReject(venue, `${code}, 1000`, () => venue.buy('A', 1, 0, { type: 'stop', stopPriceTicks: 1_001 }))
    // A replacement may name one of a waiting stop only.
    venue.buy('A', 1, 90)
    venue.buy('A', 1, 0, { type: 'stop', stopPriceTicks: 120 })
    expectReject(venue, `${code}, 0`, () => venue.replace('A', 5, 1, 90, 120))
    expectReject(venue, `${code}, 1000`, () => venue.replace('A', 6, 1, 0, 1_001))
  },

  invalidExpireTime() {
    const venue = new Venue()
    const code = 'invalidExpireTime, expireTimeUs'
    expectReject(venue, `${code}, 0`, () => venue.buy('A', 1, 100, { expireTimeUs: 5_000 }))
    // Commands are 10 µs apart: the next one is of this time, and an order lasts until a later one.
    const now = venue.exchange.timeUs + 10
    const goodTill = (expireTimeUs: number) => ({ timeInForce: 'goodTillDate', expireTimeUs }) as const
    expectReject(venue, `${code}, ${now}`, () => venue.buy('A', 1, 100, goodTill(now)))
    expect(venue.buy('A', 1, 100, goodTill(now + 11))[0]).toBe('A#3 accepted: buy 1 @ 100')
  },

  wrongPhase() {
    const venue = new Venue()
    const code = `wrongPhase, instrument, ${phase.continuous}`
    expectReject(venue, code, () => venue.buy('A', 1, 100, { timeInForce: 'atOpen' }))
    venue.buy('A', 1, 100)
    venue.enterPhase('halted')
    expectReject(venue, `wrongPhase, instrument, ${phase.halted}`, () => venue.buy('A', 1, 100))
    expectReject(venue, `wrongPhase, instrument, ${phase.halted}`, () => venue.replace('A', 2, 1, 99))
    expect(venue.quote('A', [[1, 99, 1, 101, 1]])[0]).toBe(
      `A quote 1 rejected: wrongPhase, instrument, ${phase.halted}`,
    )
  },

  participantBlocked() {
    const venue = venueOfAdmin()
    venue.control('A', { type: 'blockParticipant', participant: 'A', blocked: true })
    const code = 'participantBlocked, none, 0'
    expectReject(venue, code, () => venue.buy('A', 1, 100))
    expectReject(venue, code, () => venue.quote('A', [[1, 99, 1, 101, 1]]))
  },

  messageRate() {
    const venue = new Venue()
    venue.limitRisk('A', { maxMessagesPerSecond: 2 })
    const code = 'messageRate, none, 2'
    venue.buy('A', 1, 100)
    venue.replace('A', 1, 2, 100)
    expectReject(venue, code, () => venue.buy('A2', 1, 100))
    expectReject(venue, code, () => venue.replace('A', 1, 1, 100))
    expectReject(venue, code, () => venue.quote('A', [[1, 99, 1, 101, 1]]))
    // Cancels are not counted; the second began with the first order, 60 µs before this one.
    expect(venue.cancel('A', 1)[0]).toBe('A#1 cancelled: 2, requested')
    venue.wait(1_000_000 - 61)
    expectReject(venue, code, () => venue.buy('A', 1, 100))
    expect(venue.buy('A', 1, 100)[0]).toBe('A#7 accepted: buy 1 @ 100')
  },

  quantityOutOfRange() {
    const venue = new Venue({ maxOrderQuantityLots: 50 })
    const code = 'quantityOutOfRange, quantityLots'
    for (const lots of [0, 51]) expectReject(venue, `${code}, 50`, () => venue.buy('A', lots, 100))
    expect(venue.buy('A', 50, 100)).toContain('A#3 accepted: buy 50 @ 100')
    for (const lots of [0, 51]) expectReject(venue, `${code}, 50`, () => venue.replace('A', 3, lots, 100))
    // The smaller of the instrument's and the participant's bound counts.
    venue.limitRisk('A', { maxOrderQuantityLots: 20 })
    expectReject(venue, `${code}, 20`, () => venue.buy('A', 21, 100))
  },

  priceOutOfRange() {
    const venue = new Venue({ minPriceTicks: 90, maxPriceTicks: 110 })
    const code = 'priceOutOfRange, priceTicks'
    expectReject(venue, `${code}, 90`, () => venue.buy('A', 1, 89))
    expectReject(venue, `${code}, 110`, () => venue.buy('A', 1, 111))
    expect(venue.buy('A', 1, 90)).toContain('A#3 accepted: buy 1 @ 90')
    expectReject(venue, `${code}, 110`, () => venue.replace('A', 3, 1, 111))
  },

  priceBand() {
    // 3.5 % of 100 are 3 whole ticks.
    const venue = new Venue({ priceBandBasisPoints: 350 })
    const code = 'priceBand, priceTicks'
    expectReject(venue, `${code}, 97`, () => venue.buy('A', 1, 96))
    expectReject(venue, `${code}, 103`, () => venue.buy('A', 1, 104))
    expect(venue.buy('A', 1, 97)).toContain('A#3 accepted: buy 1 @ 97')
    expectReject(venue, `${code}, 97`, () => venue.replace('A', 3, 1, 96))
    // An order that the band has left behind may still be made smaller where it is.
    venue.defineInstrument({ priceBandBasisPoints: 100 })
    expect(venue.replace('A', 3, 1, 97)).toEqual(['A#3 replaced: 1 @ 97, 1 left, keeps priority'])
  },

  priceDistance() {
    // 2 % of 100 are 2 ticks.
    const venue = new Venue()
    venue.limitRisk('A', { maxPriceDistanceBasisPoints: 200 })
    const code = 'priceDistance, priceTicks'
    expectReject(venue, `${code}, 102`, () => venue.sell('A', 1, 103))
    expectReject(venue, `${code}, 98`, () => venue.sell('A', 1, 97))
    expect(venue.sell('A', 1, 98)[0]).toBe('A#3 accepted: sell 1 @ 98')
    expectReject(venue, `${code}, 102`, () => venue.replace('A', 3, 1, 103))
    // It is the participant's own.
    expect(venue.sell('B', 1, 103)[0]).toBe('B#1 accepted: sell 1 @ 103')
  },

  orderNotional() {
    // 10 lots at 100 ticks of 5 minor units are 5,000.
    const venue = new Venue({ tickValueMinor: 5 })
    venue.limitRisk('A', { maxOrderNotionalMinor: 5_000 })
    const code = 'orderNotional, quantityLots, 5000'
    expectReject(venue, code, () => venue.buy('A', 11, 100))
    expect(venue.buy('A', 10, 100)).toContain('A#2 accepted: buy 10 @ 100')
    expectReject(venue, code, () => venue.replace('A', 2, 10, 101))
    // A market order counts at the worst price that it may trade at: 2 × 1,000 × 5 are 10,000; a stop at its stop
    // price.
    expectReject(venue, code, () => venue.buy('A', 2, 0, { ...ioc, type: 'market' }))
    expectReject(venue, code, () => venue.buy('A', 10, 0, { type: 'stop', stopPriceTicks: 101 }))
    expect(venue.buy('A', 10, 0, { type: 'stop', stopPriceTicks: 100 })[0]).toBe('A#6 accepted: buy 10 @ 0')
  },

  duplicateOrders() {
    const venue = new Venue()
    venue.limitRisk('A', { maxDuplicateOrders: 1, duplicateWindowMs: 5 })
    expect(venue.buy('A', 1, 100)[0]).toBe('A#1 accepted: buy 1 @ 100')
    expect(venue.buy('A2', 1, 100)[0], 'again').toBe('A2#1 accepted: buy 1 @ 100')
    expectReject(venue, 'duplicateOrders, none, 1', () => venue.buy('A', 1, 100))
    expect(venue.buy('A', 2, 100)[0], 'another one').toBe('A#3 accepted: buy 2 @ 100')
    venue.buy('A', 2, 100)
    expectReject(venue, 'duplicateOrders, none, 1', () => venue.buy('A', 2, 100))
    // The first of them was sent 30 µs before.
    venue.wait(5_000 - 30)
    expect(venue.buy('A', 2, 100)[0]).toBe('A#6 accepted: buy 2 @ 100')
  },

  openOrderLimit() {
    const venue = new Venue()
    venue.limitRisk('A', { maxOpenOrders: 2 })
    const code = 'openOrderLimit, none, 2'
    venue.buy('A', 1, 100)
    venue.buy('A2', 1, 0, { type: 'stop', stopPriceTicks: 200 })
    expectReject(venue, code, () => venue.buy('A', 1, 100))
    expectReject(venue, code, () => venue.buy('A', 1, 100, ioc))
    expect(venue.quote('A', [[1, 99, 1, 0, 0]])[0]).toBe(`A quote 1 rejected: ${code}`)
    venue.sell('B', 1, 100)
    expect(venue.buy('A', 1, 100)).toContain('A#5 accepted: buy 1 @ 100')
  },

  reduceOnly() {
    const venue = new Venue()
    const code = 'reduceOnly, reduceOnly, 0'
    expectReject(venue, code, () => venue.sell('A', 1, 100, { reduceOnly: true }))
    venue.buy('A', 5, 100)
    venue.sell('B', 5, 100)
    expectReject(venue, code, () => venue.buy('A', 1, 100, { reduceOnly: true }))
    venue.sell('A', 5, 110, { reduceOnly: true })
    expectReject(venue, code, () => venue.sell('A2', 1, 110, { reduceOnly: true }))
    expectReject(venue, code, () => venue.replace('A', 4, 6, 110))
  },

  positionLimit() {
    const venue = new Venue()
    venue.limitRisk('A', { maxPositionLots: 10 })
    const code = 'positionLimit, quantityLots, 10'
    venue.buy('A', 4, 100)
    venue.sell('B', 4, 100)
    venue.buy('A', 5, 99)
    // A position of 4 and open orders of 5 leave room for 1.
    expectReject(venue, code, () => venue.buy('A', 2, 98))
    expectReject(venue, code, () => venue.replace('A', 2, 7, 99))
    expect(venue.replace('A', 2, 6, 99)).toContain('A#2 replaced: 6 @ 99, 6 left, loses priority')
    // The other way there is room for 14, in all sessions of the participant together.
    expect(venue.sell('A2', 14, 200)).toContain('A2#1 accepted: sell 14 @ 200')
    expectReject(venue, code, () => venue.sell('A', 1, 200))
    // A new price without more quantity adds nothing, even beyond a limit that was lowered.
    venue.limitRisk('A', { maxPositionLots: 1 })
    expect(venue.replace('A2', 1, 14, 201)).toContain('A2#1 replaced: 14 @ 201, 14 left, loses priority')
  },

  grossExposure() {
    // Valued at the reference of 100: ten lots are 1,000.
    const venue = new Venue()
    venue.defineInstrument({ instrument: 2 })
    venue.limitRisk('A', { maxGrossExposureMinor: 1_000 })
    const code = 'grossExposure, quantityLots, 1000'
    venue.buy('A', 6, 90)
    venue.sell('A', 3, 120, { instrument: 2 })
    expectReject(venue, code, () => venue.buy('A', 2, 90))
    expectReject(venue, code, () => venue.replace('A', 1, 8, 90))
    // The larger side of each instrument counts: six to sell beside six to buy are nothing more.
    expect(venue.sell('A', 6, 110)[0]).toBe('A#5 accepted: sell 6 @ 110')
    expect(venue.buy('A', 1, 90)[0]).toBe('A#6 accepted: buy 1 @ 90')
  },

  dailyLoss() {
    // Ten lots bought at 110 are worth 100 less at the reference of 100, with which the account was opened.
    const venue = new Venue()
    venue.limitRisk('A', { maxDailyLossMinor: 99 })
    venue.buy('A', 10, 110)
    venue.sell('B', 10, 110)
    expectReject(venue, 'dailyLoss, none, 99', () => venue.sell('A', 1, 120))
    expect(venue.sell('A', 1, 120, { reduceOnly: true })[0]).toBe('A#3 accepted: sell 1 @ 120')
    venue.limitRisk('A', { maxDailyLossMinor: 100 })
    expect(venue.sell('A', 1, 120)[0]).toBe('A#4 accepted: sell 1 @ 120')
  },

  ledgerRange() {
    // 2 × 45,035 × 1,000 × 10^8 are 9.007 × 10^15, and 2^53 − 1 are 9.0072 × 10^15: one lot more is too much.
    const venue = new Venue({ tickValueMinor: 100_000_000 })
    const code = 'ledgerRange, quantityLots, 0'
    expectReject(venue, code, () => venue.buy('A', 45_036, 1))
    expect(venue.buy('A', 45_035, 1)[0]).toBe('A#2 accepted: buy 45035 @ 1')
    expectReject(venue, code, () => venue.sell('A', 1, 2))
    expectReject(venue, code, () => venue.replace('A', 2, 45_036, 1))
  },

  postOnlyWouldTrade() {
    const venue = new Venue()
    venue.buy('B', 1, 100)
    const code = 'postOnlyWouldTrade, priceTicks, 100'
    expectReject(venue, code, () => venue.sell('A', 1, 99, { type: 'postOnly' }))
    venue.sell('A', 1, 101, { type: 'postOnly' })
    expectReject(venue, code, () => venue.replace('A', 2, 1, 100))
    // An order of its own participant counts as well: it would be cancelled at once.
    venue.cancel('B', 1)
    venue.buy('A', 1, 100)
    expectReject(venue, code, () => venue.sell('A', 1, 99, { type: 'postOnly' }))
  },

  unknownOrder() {
    const venue = new Venue()
    const code = 'unknownOrder, orderRef, 0'
    expectReject(venue, code, () => venue.cancel('A', 1))
    venue.buy('A', 1, 100)
    venue.sell('B', 1, 100)
    expectReject(venue, code, () => venue.cancel('A', 2))
    venue.buy('A', 1, 100)
    venue.cancel('A', 4)
    expectReject(venue, code, () => venue.replace('A', 4, 2, 100))
    // Refs are a session's own, and a quote has none.
    venue.buy('A2', 1, 100)
    expectReject(venue, code, () => venue.cancel('A', 1))
    venue.quote('A', [[1, 99, 1, 101, 1]])
    expectReject(venue, code, () => venue.cancel('A', 8))
  },

  repeatedQuote() {
    const venue = new Venue()
    const row = [1, 99, 1, 101, 1] as const
    const events = venue.quote('A', [row, row])
    expect(events).toContain('A quote 1 rejected: repeatedQuote, instrument, 0')
    expect([venue.queue('buy'), venue.queue('sell')]).toEqual([['99: 1'], ['101: 1']])
  },

  crossedQuote() {
    const venue = new Venue()
    expect(venue.quote('A', [[1, 100, 1, 100, 1]])).toEqual([
      'A quote 1 rejected: crossedQuote, bidPriceTicks, 0',
      'A mass quoted: 0 accepted, 1 rejected',
    ])
  },

  invalidGroup() {
    const venue = new Venue()
    for (const group of [0, limits.maxProtectionGroup + 1]) {
      const code = `invalidGroup, group, ${limits.maxProtectionGroup}`
      expectReject(venue, code, () => venue.quote('A', [[1, 99, 1, 101, 1]], group))
      const terms = { ...protection, group, freezeMs: 0 }
      expectReject(venue, code, () => venue.control('A', { type: 'setProtection', ...terms }))
      expectReject(venue, code, () => venue.control('A', { type: 'resetProtection', group }))
    }
  },

  groupFrozen() {
    const venue = new Venue()
    venue.control('A', { type: 'setProtection', ...protection, freezeMs: 3 })
    venue.quote('A', [[1, 99, 5, 101, 5]], 7)
    venue.sell('B', 5, 99)
    // It thaws 3 ms after the fill that froze it.
    const thawUs = venue.exchange.timeUs + 3_000
    expectReject(venue, `groupFrozen, group, ${thawUs}`, () => venue.quote('A', [[1, 99, 5, 101, 5]], 7))
    venue.control('A', { type: 'setProtection', ...protection, group: 8, freezeMs: 0 })
    venue.quote('A', [[1, 99, 5, 101, 5]], 8)
    venue.sell('B', 5, 99)
    expectReject(venue, 'groupFrozen, group, 0', () => venue.quote('A', [[1, 99, 5, 101, 5]], 8))
  },

  notAuthorized() {
    const venue = new Venue()
    for (const command of [
      { type: 'changePhase', instrument: 1, phase: 'halted' },
      { type: 'changeLimit', participant: 'B', limit: 'maxOpenOrders', value: 0 },
      { type: 'blockParticipant', participant: 'B', blocked: true },
    ] as const) {
      expectReject(venue, 'notAuthorized, none, 0', () => venue.control('A', command))
    }
  },

  unknownParticipant() {
    const venue = venueOfAdmin()
    const code = 'unknownParticipant, participant, 0'
    const nobody = { participant: 'nobody' }
    expectReject(venue, code, () => venue.control('A', { type: 'blockParticipant', ...nobody, blocked: true }))
    const limit = { limit: 'maxOpenOrders', value: 0 } as const
    expectReject(venue, code, () => venue.control('A', { type: 'changeLimit', ...nobody, ...limit }))
  },

  invalidPhase() {
    const venue = venueOfAdmin()
    // No encoding lets it in; the core does not count on that.
    const unknown = 'holiday' as 'halted'
    const command = { type: 'changePhase', instrument: 1, phase: unknown } as const
    expectReject(venue, 'invalidPhase, phase, 0', () => venue.control('A', command))
  },

  invalidLimit() {
    const venue = venueOfAdmin()
    for (const [limit, largest] of [
      ['maxOrderQuantityLots', limits.maxQuantityLots],
      ['maxOrderNotionalMinor', limits.maxNotionalMinor],
    ] as const) {
      const command = { type: 'changeLimit', participant: 'B', limit, value: largest + 1 } as const
      expectReject(venue, `invalidLimit, value, ${largest}`, () => venue.control('A', command))
    }
  },
}

describe('rejects', () => {
  for (const [code, test] of Object.entries(tests)) it(code, test)

  it('are all here', () => {
    const codes = Object.entries(errors).filter(([, error]) => error.answer === 'reject')
    expect(Object.keys(tests).sort()).toEqual(codes.map(([name]) => name).sort())
  })

  it('use up the ref and change nothing else', () => {
    const venue = new Venue()
    expect(venue.buy('A', 0, 100)).toHaveLength(1)
    expect(venue.exchange.session(1)).toMatchObject({ lastRef: 1, nextEvent: 2, openOrderCount: 0 })
    expect(venue.buy('A', 1, 100)).toContain('A#2 accepted: buy 1 @ 100')
    expect(venue.exchange.orders(1, side.buy)[0].orderId).toBe(1)
  })
})

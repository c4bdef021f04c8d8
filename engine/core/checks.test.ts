/** The order of the checks: of all the rules that a command breaks, its reject names the first. */
import { describe, expect, it } from 'vitest'
import { limits } from '../../protocol/limits.ts'
import { enumerations } from '../../protocol/messages.ts'
import { type Command, commandType } from './command.ts'
import { type RiskLimits, Venue } from './exchange-fixture.ts'

const { side, orderType, timeInForce } = enumerations

/** What was rejected, as "code". */
function codeOf(events: readonly string[]): string {
  return events[0].replace(/.* rejected: (\w+),.*/, '$1')
}

/** A's bounds are all too narrow; each step makes one wide again, by its name. */
const narrow: Partial<RiskLimits> = {
  maxMessagesPerSecond: 1,
  maxPriceDistanceBasisPoints: 1_000,
  maxOrderNotionalMinor: 600 * 2 ** 36,
  maxDuplicateOrders: 1,
  duplicateWindowMs: 60_000,
  maxOpenOrders: 0,
  maxPositionLots: 50,
  maxGrossExposureMinor: 1,
  maxDailyLossMinor: 1,
}

/** A lost a tick on a lot, worth 2^36; the last price is 10, and the band reaches from 8 to 12. B sells at 11. */
function venueWithLoss(): Venue {
  const venue = new Venue({ tickValueMinor: 2 ** 36, referencePriceTicks: 10, priceBandBasisPoints: 2_000 })
  venue.limitRisk('C', { isAdmin: true })
  venue.buy('A', 1, 11)
  venue.sell('B', 1, 11)
  venue.buy('B', 1, 10)
  venue.sell('A', 1, 10)
  venue.sell('B', 1, 11)
  return venue
}

describe('checks', () => {
  it('of a new order go from instrument and participant over its own terms to limits and the book', () => {
    const venue = venueWithLoss()
    const risk = { ...narrow }
    venue.limitRisk('A', risk)
    venue.enterPhase('halted')
    venue.control('C', { type: 'blockParticipant', participant: 'A', blocked: true })
    const order: Partial<Command> = {
      type: commandType.newOrder,
      instrument: 2,
      side: side.any,
      orderType: 9,
      timeInForce: timeInForce.immediateOrCancel,
      quantityLots: 0,
      priceTicks: 1_001,
      stopPriceTicks: 5,
      displayQuantityLots: 5,
      expireTimeUs: 5,
      reduceOnly: 1,
    }
    const correct = (fields: Partial<Command>) => () => Object.assign(order, fields)
    const widen = (limit: keyof RiskLimits, value = 0) => {
      return () => venue.limitRisk('A', Object.assign(risk, { [limit]: value }))
    }
    const steps: [string, () => unknown][] = [
      ['unknownInstrument', correct({ instrument: 1 })],
      ['participantBlocked', () => venue.control('C', { type: 'blockParticipant', participant: 'A', blocked: false })],
      // The first message of the second is the one that comes as far as the next check.
      ['invalidSide', () => {}],
      ['messageRate', widen('maxMessagesPerSecond')],
      ['invalidSide', correct({ side: side.buy })],
      ['invalidOrderType', correct({ orderType: orderType.postOnly })],
      ['invalidTimeInForce', correct({ timeInForce: timeInForce.atClose, orderType: orderType.limit })],
      ['invalidDisplayQuantity', correct({ displayQuantityLots: 0 })],
      ['invalidStopPrice', correct({ stopPriceTicks: 0 })],
      ['invalidExpireTime', correct({ expireTimeUs: 0 })],
      ['wrongPhase', () => venue.enterPhase('continuous')],
      ['quantityOutOfRange', correct({ quantityLots: 70 })],
      ['priceOutOfRange', correct({ priceTicks: 13 })],
      ['priceBand', correct({ priceTicks: 12 })],
      ['priceDistance', correct({ priceTicks: 11 })],
      ['orderNotional', widen('maxOrderNotionalMinor', limits.maxNotionalMinor)],
      // Only what comes as far as the repetitions is one.
      ['openOrderLimit', () => {}],
      ['openOrderLimit', () => {}],
      ['duplicateOrders', widen('maxDuplicateOrders')],
      ['openOrderLimit', widen('maxOpenOrders', 1)],
      ['reduceOnly', correct({ reduceOnly: 0 })],
      ['positionLimit', widen('maxPositionLots', 1_000)],
      ['grossExposure', widen('maxGrossExposureMinor')],
      ['dailyLoss', widen('maxDailyLossMinor')],
      // 2 × 70 × 1,000 × 2^36 are more than 2^53, 2 × 60 × 1,000 × 2^36 are not.
      [
        'ledgerRange',
        correct({ quantityLots: 60, orderType: orderType.postOnly, timeInForce: timeInForce.goodTillCancel }),
      ],
      ['postOnlyWouldTrade', correct({ priceTicks: 10 })],
    ]
    for (const [code, makeRight] of steps) {
      expect(codeOf(venue.send('A', order))).toBe(code)
      makeRight()
    }
    expect(venue.send('A', order)[0]).toMatch(/accepted: buy 60 @ 10$/)
  })

  it('of a replacement go in the same order, with a total that is filled already before what concerns added lots', () => {
    const venue = venueWithLoss()
    venue.buy('A', 2, 9)
    venue.sell('C', 1, 9)
    const orderRef = venue.exchange.session(1)!.lastRef
    const risk = { ...narrow, maxPriceDistanceBasisPoints: 1_200 }
    venue.limitRisk('A', risk)
    venue.enterPhase('halted')
    const replacement: Partial<Command> = {
      type: commandType.replaceOrder,
      orderRef: 999,
      quantityLots: 0,
      priceTicks: 1_001,
      stopPriceTicks: 5,
    }
    const correct = (fields: Partial<Command>) => () => Object.assign(replacement, fields)
    const widen = (limit: keyof RiskLimits, value = 0) => {
      return () => venue.limitRisk('A', Object.assign(risk, { [limit]: value }))
    }
    // The last price is 9 now: the band reaches from 8 to 10, the participant's distance too.
    const steps: [string, () => unknown][] = [
      ['unknownOrder', correct({ orderRef })],
      // A participant that is blocked has no order to replace.
      ['wrongPhase', () => {}],
      ['messageRate', widen('maxMessagesPerSecond')],
      ['wrongPhase', () => venue.enterPhase('continuous')],
      ['quantityOutOfRange', correct({ quantityLots: 71 })],
      ['invalidStopPrice', correct({ stopPriceTicks: 0 })],
      ['priceOutOfRange', correct({ priceTicks: 11 })],
      ['priceBand', () => venue.defineInstrument({ tickValueMinor: 2 ** 36 })],
      ['priceDistance', widen('maxPriceDistanceBasisPoints', 5_000)],
      ['orderNotional', widen('maxOrderNotionalMinor', limits.maxNotionalMinor)],
      ['positionLimit', widen('maxPositionLots', 1_000)],
      ['grossExposure', widen('maxGrossExposureMinor')],
      ['dailyLoss', widen('maxDailyLossMinor')],
      ['ledgerRange', correct({ quantityLots: 1 })],
    ]
    for (const [code, makeRight] of steps) {
      expect(codeOf(venue.send('A', replacement))).toBe(code)
      makeRight()
    }
    // One lot of two is filled: the narrow limits are not asked.
    venue.limitRisk('A', { maxPositionLots: 0, maxDailyLossMinor: 1 })
    expect(venue.send('A', replacement)[0]).toMatch(/cancelled: 1, replacedBelowFilled$/)
  })

  it('of a mass quote concern the message first, then each row', () => {
    const venue = new Venue()
    venue.limitRisk('C', { isAdmin: true })
    const terms = { intervalMs: 1_000, maxLots: 1, maxNotionalMinor: 0, maxFills: 0, maxNetLots: 0, freezeMs: 0 }
    venue.control('A', { type: 'setProtection', group: 1, ...terms })
    venue.quote('A', [[1, 99, 1, 0, 0]])
    venue.sell('B', 1, 99)
    venue.limitRisk('A', { maxMessagesPerSecond: 1 })
    venue.control('C', { type: 'blockParticipant', participant: 'A', blocked: true })
    const quote = (group: number) => codeOf(venue.quote('A', [[9, 0, 0, 0, 0]], group))
    expect(quote(0)).toBe('participantBlocked')
    venue.control('C', { type: 'blockParticipant', participant: 'A', blocked: false })
    expect(quote(0), 'the first of its second').toBe('invalidGroup')
    expect(quote(0)).toBe('messageRate')
    venue.limitRisk('A', {})
    expect(quote(1)).toBe('groupFrozen')
    expect(quote(2)).toBe('unknownInstrument')
  })

  it('of a row of a mass quote concern the row first, then its buy, then its sell', () => {
    const venue = new Venue({ maxOrderQuantityLots: 50, maxPriceTicks: 200, priceBandBasisPoints: 1_000 })
    const risk: Partial<RiskLimits> = { ...narrow, maxOrderNotionalMinor: 1_000 }
    venue.limitRisk('A', { ...risk, maxMessagesPerSecond: 0 })
    const rowOf = (bidTicks: number, bidLots: number, askTicks: number, askLots: number) => {
      const rows = [[1, bidTicks, bidLots, askTicks, askLots] as const]
      return venue.quote('A', rows)[0].replace(/.* rejected: (\w+), (\w+),.*/, '$1 $2')
    }
    venue.enterPhase('halted')
    expect(rowOf(201, 60, 201, 60)).toBe('wrongPhase instrument')
    venue.enterPhase('continuous')
    expect(rowOf(201, 60, 201, 60)).toBe('crossedQuote bidPriceTicks')
    expect(rowOf(201, 60, 202, 60)).toBe('quantityOutOfRange bidQuantityLots')
    expect(rowOf(201, 40, 202, 60)).toBe('priceOutOfRange bidPriceTicks')
    expect(rowOf(111, 40, 202, 60)).toBe('priceBand bidPriceTicks')
    venue.limitRisk('A', { ...risk, maxMessagesPerSecond: 0, maxPriceDistanceBasisPoints: 500 })
    expect(rowOf(106, 40, 202, 60)).toBe('priceDistance bidPriceTicks')
    expect(rowOf(100, 40, 202, 60)).toBe('orderNotional bidQuantityLots')
    expect(rowOf(100, 10, 202, 60)).toBe('openOrderLimit none')
    const open = { ...risk, maxMessagesPerSecond: 0, maxOpenOrders: 1, maxPositionLots: 9 }
    venue.limitRisk('A', open)
    expect(rowOf(100, 10, 202, 60)).toBe('positionLimit bidQuantityLots')
    expect(rowOf(100, 9, 202, 60)).toBe('grossExposure bidQuantityLots')
    venue.limitRisk('A', { ...open, maxGrossExposureMinor: 0 })
    // The buy is right now; with it there is no room for a second order.
    expect(rowOf(100, 9, 202, 60)).toBe('quantityOutOfRange askQuantityLots')
    expect(rowOf(100, 9, 202, 9)).toBe('priceOutOfRange askPriceTicks')
    expect(rowOf(100, 9, 111, 9)).toBe('priceBand askPriceTicks')
    expect(rowOf(100, 9, 110, 10)).toBe('orderNotional askQuantityLots')
    expect(rowOf(100, 9, 110, 9)).toBe('openOrderLimit none')
    venue.limitRisk('A', { ...open, maxGrossExposureMinor: 0, maxOpenOrders: 2 })
    expect(venue.quote('A', [[1, 100, 9, 110, 9]])[0]).toBe('A quote 1 accepted: 9 @ 100, 9 @ 110')
  })

  it('of an instrument come before that of a repetition: one that does not exist was never named before', () => {
    const venue = new Venue()
    const rows = [
      [9, 99, 1, 101, 1],
      [9, 99, 1, 101, 1],
    ] as const
    expect(venue.quote('A', rows).slice(0, 2)).toEqual([
      'A quote 9 rejected: unknownInstrument, instrument, 0',
      'A quote 9 rejected: unknownInstrument, instrument, 0',
    ])
  })

  it("of an admin's command begin with the authority, then go by instrument or participant, then by value", () => {
    const venue = new Venue()
    const phase = { type: 'changePhase', instrument: 9, phase: 'holiday' as 'halted' } as const
    const limit = { type: 'changeLimit', participant: 'nobody', limit: 'maxOrderQuantityLots', value: 2 ** 40 } as const
    expect(codeOf(venue.control('A', phase))).toBe('notAuthorized')
    expect(codeOf(venue.control('A', limit))).toBe('notAuthorized')
    venue.limitRisk('A', { isAdmin: true })
    expect(codeOf(venue.control('A', phase))).toBe('unknownInstrument')
    expect(codeOf(venue.control('A', { ...phase, instrument: 1 }))).toBe('invalidPhase')
    expect(codeOf(venue.control('A', limit))).toBe('unknownParticipant')
    expect(codeOf(venue.control('A', { ...limit, participant: 'A' }))).toBe('invalidLimit')
  })

  it('hold where a number is as large as the wire allows', () => {
    const venue = new Venue()
    const largest = Number.MAX_SAFE_INTEGER
    expect(venue.buy('A', largest, 100)).toEqual(['A rejected: quantityOutOfRange, quantityLots, 1000000'])
    expect(venue.buy('A', 1, largest)).toEqual(['A rejected: priceOutOfRange, priceTicks, 1000'])
    expect(venue.cancel('A', largest)).toEqual(['A rejected: unknownOrder, orderRef, 0'])
    expect(venue.buy('A', 1, 100, { instrument: largest })).toEqual(['A rejected: unknownInstrument, instrument, 0'])
    expect(venue.massCancel('A', largest)).toEqual(['A rejected: unknownInstrument, instrument, 0'])
    const stop = { type: 'stop', stopPriceTicks: largest } as const
    expect(venue.buy('A', 1, 0, stop)).toEqual(['A rejected: invalidStopPrice, stopPriceTicks, 1000'])
    expect(venue.quote('A', [[largest, 1, 1, 2, 1]])[0]).toMatch(/rejected: unknownInstrument/)
    expect(venue.quote('A', [[1, 1, largest, 2, largest]])[0]).toMatch(/rejected: quantityOutOfRange, bidQuantityLots/)
    venue.limitRisk('A', { maxOrderNotionalMinor: largest })
    venue.defineInstrument({ instrument: 2, symbol: 'BETA', tickValueMinor: 2 ** 40 })
    const rejected = `A rejected: orderNotional, quantityLots, ${limits.maxNotionalMinor}`
    expect(venue.buy('A', 1_000_000, 1_000, { instrument: 2 })).toEqual([rejected])
  })
})

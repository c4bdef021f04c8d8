/** Every reject code, one test each: what brings it about, the field that it names and the bound. */
import { describe, expect, it } from 'vitest'
import { errors } from '../../protocol/errors.ts'
import { limits } from '../../protocol/limits.ts'
import { enumerations } from '../../protocol/messages.ts'
import { commandType } from './command.ts'
import { Venue } from './exchange-fixture.ts'

const { side, orderType, timeInForce } = enumerations
const validOrder = {
  type: commandType.newOrder,
  instrument: 1,
  side: side.buy,
  orderType: orderType.limit,
  timeInForce: timeInForce.goodTillCancel,
  quantityLots: 1,
  priceTicks: 100,
}

const tests: Record<string, () => void> = {
  unknownInstrument() {
    const venue = new Venue()
    expect(venue.buy('A', 1, 100, { instrument: 2 })).toEqual(['A rejected: unknownInstrument, instrument, 0'])
    expect(venue.massCancel('A', 2)).toEqual(['A rejected: unknownInstrument, instrument, 0'])
  },

  invalidSide() {
    const venue = new Venue()
    expect(venue.send('A', { ...validOrder, side: side.any })).toEqual(['A rejected: invalidSide, side, 0'])
    expect(venue.send('A', { ...validOrder, side: 3 })).toEqual(['A rejected: invalidSide, side, 0'])
    expect(venue.send('A', { type: commandType.massCancel, side: 3 })).toEqual(['A rejected: invalidSide, side, 0'])
  },

  invalidOrderType() {
    const venue = new Venue()
    for (const unknown of [0, 4]) {
      const events = venue.send('A', { ...validOrder, orderType: unknown })
      expect(events).toEqual(['A rejected: invalidOrderType, orderType, 0'])
    }
  },

  invalidTimeInForce() {
    const venue = new Venue()
    const { goodTillCancel, immediateOrCancel, fillOrKill } = timeInForce
    for (const [type, inForce] of [
      [orderType.limit, 0],
      [orderType.limit, 4],
      [orderType.market, goodTillCancel],
      [orderType.postOnly, immediateOrCancel],
      [orderType.postOnly, fillOrKill],
    ]) {
      const events = venue.send('A', { ...validOrder, orderType: type, timeInForce: inForce })
      expect(events).toEqual(['A rejected: invalidTimeInForce, timeInForce, 0'])
    }
  },

  quantityOutOfRange() {
    const venue = new Venue({ maxOrderQuantityLots: 50 })
    expect(venue.buy('A', 0, 100)).toEqual(['A rejected: quantityOutOfRange, quantityLots, 50'])
    expect(venue.buy('A', 51, 100)).toEqual(['A rejected: quantityOutOfRange, quantityLots, 50'])
    expect(venue.buy('A', 50, 100)).toContain('A#3 accepted: buy 50 @ 100')
    expect(venue.replace('A', 3, 51, 100)).toEqual(['A rejected: quantityOutOfRange, quantityLots, 50'])
    // The smaller of the instrument's and the participant's bound counts.
    venue.limitRisk('A', { maxOrderQuantityLots: 20 })
    expect(venue.buy('A', 21, 100)).toEqual(['A rejected: quantityOutOfRange, quantityLots, 20'])
  },

  priceOutOfRange() {
    const venue = new Venue({ minPriceTicks: 90, maxPriceTicks: 110 })
    expect(venue.buy('A', 1, 89)).toEqual(['A rejected: priceOutOfRange, priceTicks, 90'])
    expect(venue.buy('A', 1, 111)).toEqual(['A rejected: priceOutOfRange, priceTicks, 110'])
    expect(venue.buy('A', 1, 90)).toContain('A#3 accepted: buy 1 @ 90')
    expect(venue.replace('A', 3, 1, 111)).toEqual(['A rejected: priceOutOfRange, priceTicks, 110'])
  },

  priceBand() {
    // 3.5 % of 100 are 3 whole ticks.
    const venue = new Venue({ priceBandBasisPoints: 350 })
    expect(venue.buy('A', 1, 96)).toEqual(['A rejected: priceBand, priceTicks, 97'])
    expect(venue.buy('A', 1, 104)).toEqual(['A rejected: priceBand, priceTicks, 103'])
    expect(venue.buy('A', 1, 97)).toContain('A#3 accepted: buy 1 @ 97')
    expect(venue.replace('A', 3, 1, 96)).toEqual(['A rejected: priceBand, priceTicks, 97'])
    // An order that the band has left behind may still be made smaller where it is.
    venue.defineInstrument({ priceBandBasisPoints: 100 })
    expect(venue.replace('A', 3, 1, 97)).toEqual(['A#3 replaced: 1 @ 97, 1 left, keeps priority'])
  },

  orderNotional() {
    // 10 lots at 100 ticks of 5 minor units are 5,000.
    const venue = new Venue({ tickValueMinor: 5 })
    venue.limitRisk('A', { maxOrderNotionalMinor: 5_000 })
    expect(venue.buy('A', 11, 100)).toEqual(['A rejected: orderNotional, quantityLots, 5000'])
    expect(venue.buy('A', 10, 100)).toContain('A#2 accepted: buy 10 @ 100')
    expect(venue.replace('A', 2, 10, 101)).toEqual(['A rejected: orderNotional, quantityLots, 5000'])
    // A market order counts at the worst price that it may trade at: 6 × 1,000 × 5 are 30,000.
    const market = { type: 'market', timeInForce: 'immediateOrCancel' } as const
    expect(venue.buy('A', 6, 0, market)).toEqual(['A rejected: orderNotional, quantityLots, 5000'])
  },

  positionLimit() {
    const venue = new Venue()
    venue.limitRisk('A', { maxPositionLots: 10 })
    venue.buy('A', 4, 100)
    venue.sell('B', 4, 100)
    venue.buy('A', 5, 99)
    // A position of 4 and open orders of 5 leave room for 1.
    expect(venue.buy('A', 2, 98)).toEqual(['A rejected: positionLimit, quantityLots, 10'])
    expect(venue.replace('A', 2, 7, 99)).toEqual(['A rejected: positionLimit, quantityLots, 10'])
    expect(venue.replace('A', 2, 6, 99)).toContain('A#2 replaced: 6 @ 99, 6 left, loses priority')
    // The other way there is room for 14, in all sessions of the participant together.
    expect(venue.sell('A2', 14, 200)).toContain('A2#1 accepted: sell 14 @ 200')
    expect(venue.sell('A', 1, 200)).toEqual(['A rejected: positionLimit, quantityLots, 10'])
    // A new price without more quantity adds nothing, even beyond a limit that was lowered.
    venue.limitRisk('A', { maxPositionLots: 1 })
    expect(venue.replace('A2', 1, 14, 201)).toContain('A2#1 replaced: 14 @ 201, 14 left, loses priority')
  },

  openOrderLimit() {
    const venue = new Venue()
    venue.limitRisk('A', { maxOpenOrders: 2 })
    venue.buy('A', 1, 100)
    venue.buy('A2', 1, 100)
    expect(venue.buy('A', 1, 100)).toEqual(['A rejected: openOrderLimit, none, 2'])
    expect(venue.buy('A', 1, 100, { timeInForce: 'immediateOrCancel' })).toEqual([
      'A rejected: openOrderLimit, none, 2',
    ])
    venue.sell('B', 1, 100)
    expect(venue.buy('A', 1, 100)).toContain('A#4 accepted: buy 1 @ 100')
  },

  postOnlyWouldTrade() {
    const venue = new Venue()
    venue.buy('A', 1, 100)
    expect(venue.sell('B', 1, 99, { type: 'postOnly' })).toEqual(['B rejected: postOnlyWouldTrade, priceTicks, 100'])
    // An order of its own participant counts as well: it would be cancelled at once.
    expect(venue.sell('A', 1, 99, { type: 'postOnly' })).toEqual(['A rejected: postOnlyWouldTrade, priceTicks, 100'])
  },

  unknownOrder() {
    const venue = new Venue()
    const rejected = ['A rejected: unknownOrder, orderRef, 0']
    expect(venue.cancel('A', 1)).toEqual(rejected)
    venue.buy('A', 1, 100)
    venue.sell('B', 1, 100)
    expect(venue.cancel('A', 2), 'filled').toEqual(rejected)
    venue.buy('A', 1, 100)
    venue.cancel('A', 4)
    expect(venue.replace('A', 4, 2, 100), 'cancelled').toEqual(rejected)
    venue.buy('A2', 1, 100)
    expect(venue.cancel('A', 1), 'of another session').toEqual(rejected)
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

  it('name the first rule broken: kind, quantity, price, notional, number of orders, position', () => {
    const venue = new Venue({ maxPriceTicks: 200, priceBandBasisPoints: 1_000 })
    const narrow = { maxOrderQuantityLots: 9, maxOrderNotionalMinor: 500, maxPositionLots: 3, maxOpenOrders: 0 }
    venue.limitRisk('A', narrow)
    const codeOf = (events: string[]) => events[0].split(/[:,] /)[1]
    const everythingWrong = { ...validOrder, side: 0, orderType: 9, timeInForce: 9, quantityLots: 10, priceTicks: 201 }
    const corrections = [
      { side: side.buy },
      { orderType: orderType.limit },
      { timeInForce: timeInForce.goodTillCancel },
      { quantityLots: 6 },
      { priceTicks: 199 },
      { priceTicks: 100 },
      { quantityLots: 5 },
    ]
    const codes = corrections.map((_, index) =>
      codeOf(venue.send('A', Object.assign({ ...everythingWrong }, ...corrections.slice(0, index)))),
    )
    codes.push(codeOf(venue.send('A', Object.assign({ ...everythingWrong }, ...corrections))))
    venue.limitRisk('A', { ...narrow, maxOpenOrders: 1 })
    codes.push(codeOf(venue.send('A', Object.assign({ ...everythingWrong }, ...corrections))))
    expect(codes).toEqual([
      'invalidSide',
      'invalidOrderType',
      'invalidTimeInForce',
      'quantityOutOfRange',
      'priceOutOfRange',
      'priceBand',
      'orderNotional',
      'openOrderLimit',
      'positionLimit',
    ])
  })

  it('hold where a number is as large as the wire allows', () => {
    const venue = new Venue()
    const largest = Number.MAX_SAFE_INTEGER
    expect(venue.buy('A', largest, 100)).toEqual(['A rejected: quantityOutOfRange, quantityLots, 1000000'])
    expect(venue.buy('A', 1, largest)).toEqual(['A rejected: priceOutOfRange, priceTicks, 1000'])
    expect(venue.cancel('A', largest)).toEqual(['A rejected: unknownOrder, orderRef, 0'])
    expect(venue.buy('A', 1, 100, { instrument: largest })).toEqual(['A rejected: unknownInstrument, instrument, 0'])
    venue.limitRisk('A', { maxOrderNotionalMinor: largest })
    venue.defineInstrument({ tickValueMinor: 2 ** 40 })
    const rejected = `A rejected: orderNotional, quantityLots, ${limits.maxNotionalMinor}`
    expect(venue.buy('A', 1_000_000, 1_000)).toEqual([rejected])
  })
})

it('a reject opens no account, even one that only the position limit causes', () => {
  const venue = new Venue()
  venue.limitRisk('A', { maxPositionLots: 5 })
  expect(venue.buy('A', 6, 100)).toEqual(['A rejected: positionLimit, quantityLots, 5'])
  expect(venue.exchange.accounts()).toEqual([])
})

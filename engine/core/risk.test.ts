import { describe, expect, it } from 'vitest'
import { errorNameOf } from '../../protocol/errors.ts'
import { enumerations } from '../../protocol/messages.ts'
import { Command } from './command.ts'
import { Ledger } from './ledger-fixture.ts'

const { buy, sell } = enumerations.side
const { orderType, riskLimit, timeInForce } = enumerations
const MS = 1_000

/** What a check says: its error, field and bound as text, '' if it passed. */
function told({ risk }: Ledger, code: number): string {
  if (code === 0) return ''
  const field = Object.entries(enumerations.field).find(([, number]) => number === risk.field)?.[0]
  return `${errorNameOf[code]}, ${field}, ${risk.bound}`
}

const plain = { side: buy, orderType: orderType.limit, timeInForce: timeInForce.goodTillCancel, instrument: 1 }

function order(terms: Partial<Command>): Command {
  return Object.assign(new Command(), { ...plain, quantityLots: 10, priceTicks: 100, timeUs: 1_000 }, terms)
}

function kind(terms: Partial<Command>): string {
  const ledger = new Ledger()
  return told(ledger, ledger.risk.checkKind(order(terms), ledger.instrument(1)))
}

describe('the kind of an order', () => {
  it('is a side, a type and a time in force that goes with it', () => {
    expect(kind({ side: 0 })).toBe('invalidSide, side, 0')
    expect(kind({ side: 3 })).toBe('invalidSide, side, 0')
    expect(kind({ orderType: 0 })).toBe('invalidOrderType, orderType, 0')
    expect(kind({ orderType: 6 })).toBe('invalidOrderType, orderType, 0')
    const stopPrices = { stop: 100, stopLimit: 100 } as Record<string, number>
    const taken = Object.entries(orderType).map(([type, number]) => {
      const inForce = [0, 1, 2, 3, 4, 5, 6, 7, 8, 33].filter((time) => {
        const expireTimeUs = time === timeInForce.goodTillDate ? 2_000 : 0
        const stopPriceTicks = stopPrices[type] ?? 0
        return kind({ orderType: number, timeInForce: time, expireTimeUs, stopPriceTicks }) === ''
      })
      return `${type}: ${inForce.join(' ')}`
    })
    expect(taken).toEqual([
      'limit: 1 2 3 4 5 6 7',
      'market: 2 3 6 7',
      'postOnly: 1 4 5',
      'stop: 1 4 5',
      'stopLimit: 1 4 5',
    ])
  })

  it('has a display quantity only where it can rest at a price', () => {
    const invalid = 'invalidDisplayQuantity, displayQuantityLots, 0'
    expect(kind({ displayQuantityLots: 3 })).toBe('')
    expect(kind({ displayQuantityLots: 3, orderType: orderType.postOnly, timeInForce: timeInForce.day })).toBe('')
    expect(kind({ displayQuantityLots: 3, orderType: orderType.stopLimit, stopPriceTicks: 100 })).toBe('')
    expect(kind({ displayQuantityLots: 3, timeInForce: timeInForce.immediateOrCancel })).toBe(invalid)
    expect(kind({ displayQuantityLots: 3, timeInForce: timeInForce.atClose })).toBe(invalid)
    expect(kind({ displayQuantityLots: 3, orderType: orderType.stop, stopPriceTicks: 100 })).toBe(invalid)
  })

  it('has a stop price within the range of the instrument if and only if it is a stop', () => {
    const field = 'invalidStopPrice, stopPriceTicks'
    expect(kind({ stopPriceTicks: 100 })).toBe(`${field}, 0`)
    expect(kind({ orderType: orderType.stop })).toBe(`${field}, 0`)
    expect(kind({ orderType: orderType.stopLimit, stopPriceTicks: 1_001 })).toBe(`${field}, 1000`)
    const { risk, ...ledger } = new Ledger({ minPriceTicks: 50 })
    const stop = order({ orderType: orderType.stop, stopPriceTicks: 49 })
    risk.checkKind(stop, ledger.instruments[1]!)
    expect(risk.bound).toBe(50)
  })

  it('expires later than now if and only if it is good till a date', () => {
    const goodTillDate = { timeInForce: timeInForce.goodTillDate }
    expect(kind({ ...goodTillDate, expireTimeUs: 1_001 })).toBe('')
    expect(kind({ ...goodTillDate, expireTimeUs: 1_000 })).toBe('invalidExpireTime, expireTimeUs, 1000')
    expect(kind(goodTillDate)).toBe('invalidExpireTime, expireTimeUs, 1000')
    expect(kind({ expireTimeUs: 2_000 })).toBe('invalidExpireTime, expireTimeUs, 0')
  })

  it('is checked in the order display quantity, stop price, expiry', () => {
    const wrong = { orderType: orderType.stop, displayQuantityLots: 1, expireTimeUs: 5 }
    expect(kind(wrong)).toContain('invalidDisplayQuantity')
    expect(kind({ ...wrong, displayQuantityLots: 0 })).toContain('invalidStopPrice')
    expect(kind({ ...wrong, displayQuantityLots: 0, stopPriceTicks: 100 })).toContain('invalidExpireTime')
  })
})

describe('the stop price of a replacement', () => {
  it('is 0, or in range and of a waiting stop', () => {
    const ledger = new Ledger()
    const check = (isWaiting: boolean, stopPriceTicks: number) =>
      told(ledger, ledger.risk.checkNewStopPrice(ledger.instrument(1), isWaiting, stopPriceTicks))
    expect([check(false, 0), check(true, 0), check(true, 1_000)]).toEqual(['', '', ''])
    expect(check(false, 100)).toBe('invalidStopPrice, stopPriceTicks, 0')
    expect(check(true, 1_001)).toBe('invalidStopPrice, stopPriceTicks, 1000')
  })
})

describe('a participant', () => {
  const check = (ledger: Ledger, timeUs: number) => told(ledger, ledger.risk.checkParticipant(1, timeUs))

  it('that is blocked may send nothing', () => {
    const ledger = new Ledger()
    expect(check(ledger, 5)).toBe('')
    ledger.participants.setBlocked(1, true)
    expect(check(ledger, 5)).toBe('participantBlocked, none, 0')
    ledger.participants.setBlocked(1, false)
    expect(check(ledger, 5)).toBe('')
  })

  it('may send so many messages in the second that its first one begins, rejected ones counted', () => {
    const ledger = new Ledger()
    ledger.define(1, { maxMessagesPerSecond: 2 })
    const sent = [100, 100, 200, 1_000_099, 1_000_100, 1_000_101, 2_000_099].map((timeUs) => check(ledger, timeUs))
    const tooMany = 'messageRate, none, 2'
    expect(sent).toEqual(['', '', tooMany, tooMany, '', '', tooMany])
    expect(told(ledger, ledger.risk.checkParticipant(2, 2_000_099)), 'another one').toBe('')
  })

  it('does not count what it sends while there is no bound', () => {
    const ledger = new Ledger()
    check(ledger, 100)
    check(ledger, 100)
    ledger.participants.setLimit(1, riskLimit.maxMessagesPerSecond, 1)
    expect([check(ledger, 100), check(ledger, 100)]).toEqual(['', 'messageRate, none, 1'])
  })

  it('is revalued when it sends something, at most every 100 ms, if a bound depends on it', () => {
    const ledger = new Ledger()
    ledger.trade(ledger.account(1), buy, 10, 100)
    ledger.mark(101)
    check(ledger, 1_000 * MS)
    expect(ledger.participants.equityMinor(1), 'no bound').toBe(0)
    ledger.participants.setLimit(1, riskLimit.maxDailyLossMinor, 5)
    check(ledger, 1_000 * MS)
    expect(ledger.participants.equityMinor(1)).toBe(10)
    ledger.mark(102)
    check(ledger, 1_100 * MS - 1)
    expect(ledger.participants.equityMinor(1)).toBe(10)
    check(ledger, 1_100 * MS)
    expect(ledger.participants.equityMinor(1)).toBe(20)
    // A blocked one too, as long as it is.
    ledger.mark(103)
    ledger.participants.setBlocked(1, true)
    check(ledger, 1_150 * MS)
    expect(ledger.participants.equityMinor(1)).toBe(20)
    check(ledger, 1_200 * MS)
    expect(ledger.participants.equityMinor(1)).toBe(30)
  })
})

describe('prices', () => {
  it('are within a distance of the reference, rounded down to whole ticks', () => {
    const ledger = new Ledger()
    const check = (priceTicks: number) =>
      told(ledger, ledger.risk.checkPriceDistance(1, ledger.instrument(1), priceTicks))
    expect(check(1_000)).toBe('')
    // 3.5 % of 100 are 3 ticks.
    ledger.participants.setLimit(1, riskLimit.maxPriceDistanceBasisPoints, 350)
    expect([check(97), check(103)]).toEqual(['', ''])
    expect(check(96)).toBe('priceDistance, priceTicks, 97')
    expect(check(104)).toBe('priceDistance, priceTicks, 103')
    ledger.mark(200)
    expect(check(207)).toBe('')
    expect(check(208)).toBe('priceDistance, priceTicks, 207')
  })
})

describe('the same order again', () => {
  const check = (ledger: Ledger, terms: Partial<Command>) =>
    told(ledger, ledger.risk.checkDuplicate(1, order(terms), terms.priceTicks ?? 100))
  const tooOften = 'duplicateOrders, none, 1'

  it('may come so often within the window of the first', () => {
    const ledger = new Ledger()
    ledger.define(1, { maxDuplicateOrders: 1, duplicateWindowMs: 2 })
    const sent = [0, 10, 20, 2 * MS - 1, 2 * MS, 2 * MS + 1, 2 * MS + 2].map((timeUs) => check(ledger, { timeUs }))
    expect(sent).toEqual(['', '', tooOften, tooOften, '', '', tooOften])
  })

  it('is another one with any other side, type, price, stop price, quantity or instrument', () => {
    const others: Partial<Command>[] = [
      { side: sell },
      { orderType: orderType.postOnly },
      { priceTicks: 101 },
      { stopPriceTicks: 99 },
      { quantityLots: 11 },
      { instrument: 2 },
    ]
    for (const other of others) {
      const ledger = new Ledger()
      ledger.define(1, { maxDuplicateOrders: 1, duplicateWindowMs: 2 })
      const sent = [{}, {}, other, {}, {}, {}].map((terms) => check(ledger, terms))
      expect(sent).toEqual(['', '', '', '', '', tooOften])
    }
  })

  it('is not counted while there is no bound', () => {
    const ledger = new Ledger()
    ledger.define(1, { maxDuplicateOrders: 1, duplicateWindowMs: 2 })
    check(ledger, {})
    check(ledger, {})
    ledger.participants.setLimit(1, riskLimit.maxDuplicateOrders, 0)
    expect(check(ledger, {})).toBe('')
    ledger.participants.setLimit(1, riskLimit.maxDuplicateOrders, 1)
    expect(check(ledger, {}), 'the third').toBe(tooOften)
  })
})

describe('gross exposure', () => {
  const check = (ledger: Ledger, instrument: number, side: number, lots: number) => {
    const account = ledger.accounts.find(1, instrument)
    return told(ledger, ledger.risk.checkGrossExposure(1, account, ledger.instrument(instrument), side, lots))
  }

  it('is bounded over all instruments, orders that reduce for free', () => {
    const ledger = new Ledger({ tickValueMinor: 2 })
    ledger.define(1, { maxGrossExposureMinor: 2_000 })
    ledger.trade(ledger.account(1), buy, 6, 100)
    // 1,200 used by instrument 1, 200 a lot in instrument 2, which has no account yet.
    expect(check(ledger, 2, sell, 4)).toBe('')
    expect(check(ledger, 2, sell, 5)).toBe('grossExposure, quantityLots, 2000')
    // 6 long may become 10 short.
    expect(check(ledger, 1, sell, 16)).toBe('')
    expect(check(ledger, 1, sell, 17)).toBe('grossExposure, quantityLots, 2000')
    expect(check(ledger, 1, buy, 5)).toBe('grossExposure, quantityLots, 2000')
    ledger.participants.setLimit(1, riskLimit.maxGrossExposureMinor, 0)
    expect(check(ledger, 1, buy, 5)).toBe('')
  })
})

describe('the loss of the day', () => {
  it('is measured from the equity with which the day began', () => {
    const ledger = new Ledger()
    ledger.define(1, { maxDailyLossMinor: 50 })
    const check = () => told(ledger, ledger.risk.checkDailyLoss(1))
    const account = ledger.account(1)
    // Worth 100 a lot: 5 and 6 lots bought for 110 lose 50 and 60.
    ledger.trade(account, buy, 5, 110)
    expect(check()).toBe('')
    ledger.trade(account, buy, 1, 110)
    expect(check()).toBe('dailyLoss, none, 50')
    ledger.valuation.beginDay(0)
    expect(check()).toBe('')
    // 6 lots that lose 9 more each.
    ledger.mark(91)
    ledger.risk.checkParticipant(1, 100 * MS)
    expect(check()).toBe('dailyLoss, none, 50')
  })
})

describe('the range of the ledger', () => {
  it('leaves room for every open order at the highest price, with fees of all of it', () => {
    const ledger = new Ledger({ maxPriceTicks: 2 ** 20, tickValueMinor: 2 ** 10 })
    const account = ledger.account(1)
    const check = (lots: number) => told(ledger, ledger.risk.checkLedgerRange(account, ledger.instrument(1), lots))
    // 2 × lots × 2^30 is below 2^53 for less than 2^22 lots.
    expect(check(2 ** 22 - 1)).toBe('')
    expect(check(2 ** 22)).toBe('ledgerRange, quantityLots, 0')
    ledger.accounts.addOpenLots(account, buy, 2 ** 20)
    ledger.accounts.addOpenLots(account, sell, 2 ** 20)
    expect(check(2 ** 21 - 1)).toBe('')
    expect(check(2 ** 21)).toBe('ledgerRange, quantityLots, 0')
  })

  it('counts what is booked', () => {
    const ledger = new Ledger({ maxPriceTicks: 2 ** 20 })
    const account = ledger.account(1)
    ledger.trade(account, buy, 2 ** 20, 2 ** 20)
    ledger.trade(account, sell, 2 ** 20, 1)
    // Cash and realised loss are each 2^40 - 2^20.
    const room = Number.MAX_SAFE_INTEGER - 2 * (2 ** 40 - 2 ** 20)
    const lots = Math.floor(room / 2 ** 21)
    expect(ledger.risk.checkLedgerRange(account, ledger.instrument(1), lots)).toBe(0)
    expect(ledger.risk.checkLedgerRange(account, ledger.instrument(1), lots + 1)).not.toBe(0)
  })

  it('bounds the volume of the instrument', () => {
    const ledger = new Ledger({ maxPriceTicks: 1 })
    ledger.instrument(1).recordTrade(1, 2 ** 52 - 10)
    const check = (lots: number) => ledger.risk.checkLedgerRange(ledger.account(1), ledger.instrument(1), lots)
    expect(check(10)).toBe(0)
    expect(check(11)).not.toBe(0)
  })
})

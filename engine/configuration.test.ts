import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { limits } from '../protocol/limits.ts'
import { checkConfiguration, readConfiguration } from './configuration.ts'
import { defaultExchange } from './default-exchange.ts'

const acme = { symbol: 'ACME', tickSize: '0.01', referencePrice: '100.00' }

/** The problems that the configuration is refused for, one line each. */
function problems(content: unknown): string[] {
  try {
    checkConfiguration(content, 'exchange.json')
  } catch (error) {
    return (error as Error).message.split('\n')
  }
  return []
}

describe('a configuration', () => {
  it('states prices and sizes as decimals, of which ticks, tick value and fee rates follow', () => {
    const { instruments } = checkConfiguration(
      {
        instruments: [
          {
            symbol: 'COIN',
            currency: 'EUR',
            currencyDecimals: 4,
            tickSize: '0.05',
            lotSize: '0.1',
            minPrice: '1',
            maxPrice: '5000',
            referencePrice: '120.05',
            maxOrderQuantityLots: 50,
            priceBandBasisPoints: 500,
            makerFeeBasisPoints: -0.2,
            takerFeeBasisPoints: 0.55,
            staticBandBasisPoints: 1_000,
            dynamicBandBasisPoints: 300,
            haltDurationMs: 60_000,
            auctionDurationMs: 30_000,
            schedule: '08:00 preOpen, 09:00 continuous',
            quoteMaxSpreadTicks: 20,
            quoteMinQuantityLots: 5,
          },
        ],
      },
      'test',
    )
    expect(instruments).toEqual([
      {
        symbol: 'COIN',
        currency: 'EUR',
        currencyDecimals: 4,
        tickSize: '0.05',
        lotSize: '0.1',
        tickValueMinor: 50,
        minPriceTicks: 20,
        maxPriceTicks: 100_000,
        referencePriceTicks: 2_401,
        maxOrderQuantityLots: 50,
        priceBandBasisPoints: 500,
        makerFeeRate: -20,
        takerFeeRate: 55,
        staticBandBasisPoints: 1_000,
        dynamicBandBasisPoints: 300,
        haltDurationMs: 60_000,
        auctionDurationMs: 30_000,
        schedule: '08:00 preOpen, 09:00 continuous',
        quoteMaxSpreadTicks: 20,
        quoteMinQuantityLots: 5,
      },
    ])
  })

  it('may leave out what has a default', () => {
    const key = `MCowBQYDK2VwAyEA${'A'.repeat(43)}=`
    const configuration = checkConfiguration(
      {
        instruments: [acme],
        participants: [{ name: 'one' }, { name: 'two', sessions: ['x', { name: 'y', publicKey: key }] }],
      },
      'test',
    )
    expect(configuration.participants[0]).toMatchObject({
      name: 'one',
      sessions: [{ name: 'main' }],
      maxOpenOrders: 10_000,
      maxGrossExposureMinor: 0,
      maxDailyLossMinor: 0,
      admin: false,
      selfTradePrevention: 'cancelNewest',
    })
    expect(configuration.participants[1].sessions).toEqual([{ name: 'x' }, { name: 'y', publicKey: key }])
    expect(configuration.instruments[0]).toMatchObject({ minPriceTicks: 1, schedule: '', haltDurationMs: 0 })
    expect(configuration.reconnectGraceMs).toBe(5_000)
  })

  it('that states no highest price allows a thousand times the reference price, as far as prices go', () => {
    const highest = (referencePrice: string) =>
      checkConfiguration({ instruments: [{ ...acme, referencePrice }] }, 'test').instruments[0].maxPriceTicks
    expect(highest('100.00')).toBe(10_000_000)
    expect(highest('20000.00')).toBe(limits.maxPriceTicks)
  })

  it('is refused with the field, the value and the rule of each problem', () => {
    expect(problems({ instruments: [{ ...acme, tickSize: '0.0' }] })).toEqual([
      'exchange.json: instruments[0].tickSize "0.0": must be above 0',
    ])
    expect(problems({ instruments: [{ ...acme, referencePrice: '100.001' }, acme] })).toEqual([
      'exchange.json: instruments[1].symbol "ACME": must not occur twice',
      'exchange.json: instruments[0].referencePrice "100.001": must be a multiple of tickSize 0.01, from 1 to 1073741823 ticks',
    ])
    expect(problems({ instruments: [{ ...acme, lotSize: '0.5' }] })).toEqual([
      'exchange.json: instruments[0].tickSize "0.01": times lotSize 0.5 must be a whole number of the smallest unit of money, which currencyDecimals 2 makes 10^-2 USD',
    ])
    expect(problems({ instruments: [{ ...acme, minPrice: '200' }] })).toEqual([
      'exchange.json: instruments[0].referencePrice "100.00": must not be below minPrice 200',
    ])
    expect(problems({ instruments: [{ ...acme, maxPrice: '50' }] })).toEqual([
      'exchange.json: instruments[0].referencePrice "100.00": must not be above maxPrice 50',
    ])
    expect(problems({ instruments: [{ ...acme, minPrice: '200', maxPrice: '100' }] })).toEqual([
      'exchange.json: instruments[0].minPrice "200": must not be above maxPrice 100',
    ])
    expect(
      problems({ instruments: [{ ...acme, makerFeeBasisPoints: 0.123 }], participants: [{ name: 'a b' }] }),
    ).toEqual([
      'exchange.json: instruments[0].makerFeeBasisPoints 0.123: must have at most 2 decimals',
      'exchange.json: participants[0].name "a b": must be 1 to 32 of A-Z a-z 0-9 . _ -',
    ])
    expect(problems({ instruments: [{ ...acme, tick: 1 }], participants: [{ name: 'a', maxOpenOrders: 0 }] })).toEqual([
      'exchange.json: instruments[0].tick: is not a field of the configuration',
      'exchange.json: participants[0].maxOpenOrders 0: must be at least 1',
    ])
    const scheduleRule =
      'must be times of the day (UTC), each later than the one before, and one of continuous, preOpen, openingAuction, ' +
      'halted, closingAuction, closed at each, like "08:00 preOpen, 08:50 openingAuction, 09:00 continuous"'
    const wrongEntries = { '': '9 closed', '09:00 continuous, ': '08:00 preOpen', '09:00 closed, ': '10:00 open' }
    for (const [before, wrong] of Object.entries(wrongEntries)) {
      expect(problems({ instruments: [{ ...acme, schedule: `${before}${wrong}, 23:59 closed` }] })).toEqual([
        `exchange.json: instruments[0].schedule "${before}${wrong}, 23:59 closed": ${scheduleRule}; "${wrong}" is wrong`,
      ])
    }
    expect(problems({ instruments: [{ ...acme, quoteMinQuantityLots: 5 }] })).toEqual([
      'exchange.json: instruments[0].quoteMaxSpreadTicks 0: must be above 0 where quoteMinQuantityLots is',
    ])
    const participants = [{ name: 'a', selfTradePrevention: 'none' }]
    expect(problems({ instruments: [acme], participants })).toEqual([
      'exchange.json: participants[0].selfTradePrevention "none": must be one of cancelNewest, cancelOldest, cancelBoth, decrement',
    ])
    expect(problems({ instruments: [acme], participants: [{ name: 'a', maxDuplicateOrders: 2 }] })).toEqual([
      'exchange.json: participants[0].duplicateWindowMs 0: must be above 0 where maxDuplicateOrders is',
    ])
    expect(problems({})).toEqual(['exchange.json: instruments: is missing; must be a list of instruments'])
    expect(problems([])).toEqual(['exchange.json: the file: must be an object'])
  })

  it('names the field inside a session, too', () => {
    const withSessions = (...sessions: unknown[]) => ({ instruments: [acme], participants: [{ name: 'a', sessions }] })
    expect(problems(withSessions('main', 'main'))).toEqual([
      'exchange.json: participants[0].sessions[1].name "main": must not occur twice',
    ])
    expect(problems(withSessions({ name: 'main', publicKey: 'abc' }))).toEqual([
      'exchange.json: participants[0].sessions[0].publicKey "abc": must be an Ed25519 public key: SPKI DER in base64',
    ])
    expect(problems(withSessions('a b'))).toEqual([
      'exchange.json: participants[0].sessions[0] "a b": must be 1 to 32 of A-Z a-z 0-9 . _ -',
    ])
    expect(problems(withSessions(7))).toEqual([
      'exchange.json: participants[0].sessions[0] 7: must be a name, or an object with name and publicKey',
    ])
    expect(problems(withSessions())).toEqual([
      'exchange.json: participants[0].sessions: must name at least one session',
    ])
  })

  it('that cannot be read is refused with the file and the reason', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tradefloor-'))
    const path = join(folder, 'exchange.json')
    try {
      expect(() => readConfiguration(path)).toThrow(`${path}: there is no such file`)
      expect(() => readConfiguration(folder)).toThrow(`${folder}: cannot be read (EISDIR)`)
      writeFileSync(path, '{"instruments": [}')
      expect(() => readConfiguration(path)).toThrow(`${path}: is not valid JSON: `)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('of the demo is valid, and has what the demo and the recorded data need', () => {
    const { instruments, participants } = checkConfiguration(defaultExchange, 'the default exchange')
    expect(instruments.map(({ symbol }) => symbol)).toEqual(['ACME', 'BOLT', 'CRUX', 'AMZN', 'AAPL'])
    expect(instruments[3]).toMatchObject({ referencePriceTicks: 22_382, priceBandBasisPoints: 0, tickValueMinor: 1 })
    expect(participants.map(({ name }) => name)).toContain('replay-aggressor')
  })
})

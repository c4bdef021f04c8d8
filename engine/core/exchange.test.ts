/** Sessions, accounts and determinism of the whole exchange, with numbers to check by hand. */
import { describe, expect, it } from 'vitest'
import { commandType } from './command.ts'
import { EventBuffer, eventLayout } from './events.ts'
import { Exchange } from './exchange.ts'
import { Venue } from './exchange-fixture.ts'

const { EVENT_NUMBER, SEQUENCE, TIME_US } = eventLayout

describe('refs', () => {
  it('are not applied again at or below the last one processed, and gaps are fine', () => {
    const venue = new Venue()
    venue.buy('A', 1, 100)
    expect(venue.send('A', { type: commandType.cancelOrder, ref: 7, orderRef: 1 })).toHaveLength(2)
    const state = venue.exchange.session(1)
    expect(venue.send('A', { type: commandType.cancelOrder, ref: 7, orderRef: 1 })).toEqual([
      'A duplicate ref 7, last 7',
    ])
    expect(venue.send('A', { type: commandType.massCancel, ref: 6 })).toEqual(['A duplicate ref 6, last 7'])
    expect(venue.exchange.session(1)).toEqual(state)
    expect(venue.buy('A', 1, 100)).toContain('A#8 accepted: buy 1 @ 100')
  })

  it('are a matter of their session: the same number in another one is another order', () => {
    const venue = new Venue()
    venue.buy('A', 1, 100)
    venue.buy('A2', 2, 99)
    expect(venue.cancel('A2', 1)).toEqual(['A2#1 cancelled: 2, requested', 'bids 99: 0 in 0'])
    expect(venue.queue('buy')).toEqual(['100: 1'])
  })
})

describe('events', () => {
  it('are numbered per session without gaps, whoever caused them', () => {
    const venue = new Venue()
    venue.buy('A', 10, 100)
    venue.sell('B', 1, 100)
    venue.sell('B', 1, 100)
    // A: accepted, two fills. B: twice accepted and a fill.
    expect(venue.exchange.session(1)).toMatchObject({ nextEvent: 4 })
    expect(venue.exchange.session(2)).toMatchObject({ nextEvent: 5 })
    venue.cancel('A', 1)
    expect(venue.columnOfEvents(EVENT_NUMBER)).toEqual([4, 0])
  })

  it('carry the sequence and the time of the command that caused them', () => {
    const venue = new Venue()
    venue.buy('A', 10, 100)
    const { sequence, timeUs } = venue.exchange
    expect(venue.columnOfEvents(SEQUENCE)).toEqual([sequence, sequence])
    expect(venue.columnOfEvents(TIME_US)).toEqual([timeUs, timeUs])
  })
})

describe('mass cancel', () => {
  it("cancels the session's orders, oldest accepted first, and nobody else's", () => {
    const venue = new Venue()
    venue.buy('A', 1, 98)
    venue.sell('A', 2, 102)
    venue.buy('A2', 3, 98)
    // A replaced order stays as old as it was.
    venue.replace('A', 1, 4, 99)
    expect(venue.massCancel('A')).toEqual([
      'A#1 cancelled: 4, massCancel',
      'bids 99: 0 in 0',
      'A#2 cancelled: 2, massCancel',
      'asks 102: 0 in 0',
      'A mass cancelled: 2',
    ])
    expect(venue.queue('buy')).toEqual(['98: 3'])
  })

  it('takes only one side or one instrument if asked to', () => {
    const venue = new Venue()
    venue.defineInstrument({ instrument: 2 })
    venue.buy('A', 1, 98)
    venue.sell('A', 2, 102)
    venue.buy('A', 3, 98, { instrument: 2 })
    expect(venue.massCancel('A', 1, 'sell')).toEqual([
      'A#2 cancelled: 2, massCancel',
      'asks 102: 0 in 0',
      'A mass cancelled: 1',
    ])
    expect(venue.massCancel('A', 2).at(-1)).toBe('A mass cancelled: 1')
    expect(venue.massCancel('A', 2)).toEqual(['A mass cancelled: 0'])
    expect(venue.queue('buy')).toEqual(['98: 1'])
  })
})

describe('disconnect', () => {
  it("cancels the session's orders where that was asked for at logon", () => {
    const venue = new Venue()
    venue.buy('A', 1, 100)
    venue.buy('A2', 2, 100)
    expect(venue.disconnect('A')).toEqual(['A#1 cancelled: 1, disconnected', 'bids 100: 2 in 1'])
    expect(venue.exchange.session(1)).toMatchObject({ connected: false, openOrderCount: 0 })
    expect(venue.exchange.session(4)).toMatchObject({ connected: true, openOrderCount: 1 })
  })

  it('keeps them where it was not', () => {
    const venue = new Venue()
    venue.connect('A', false)
    venue.buy('A', 1, 100)
    expect(venue.disconnect('A')).toEqual([])
    expect(venue.queue('buy')).toEqual(['100: 1'])
  })
})

describe('accounts', () => {
  it('hold position, cash and fees of both sides of a trade', () => {
    // 10 lots at 100 ticks of 5 minor units are 5,000; 0.1 % of it are 5, 0.02 % are 1.
    const venue = new Venue({ tickValueMinor: 5, makerFeeRate: -200, takerFeeRate: 1_000 })
    venue.buy('A', 10, 100)
    const events = venue.sell('B', 10, 100)
    expect(events).toContain('A#1 filled: 10 @ 100, 0 left, maker, fee -1')
    expect(events).toContain('B#1 filled: 10 @ 100, 0 left, taker, fee 5')
    const flat = { openBuyLots: 0, openSellLots: 0 }
    expect(venue.account('A')).toEqual({ positionLots: 10, cashMinor: -4_999, feesMinor: -1, ...flat })
    expect(venue.account('B')).toEqual({ positionLots: -10, cashMinor: 4_995, feesMinor: 5, ...flat })
  })

  it('round fees half up, rebates too', () => {
    // 150 at 1 % are 1.5; 149 are 1.49.
    const venue = new Venue({ makerFeeRate: -10_000, takerFeeRate: 10_000 })
    venue.buy('A', 1, 150)
    expect(venue.sell('B', 1, 150).slice(2, 4)).toEqual([
      'A#1 filled: 1 @ 150, 0 left, maker, fee -1',
      'B#1 filled: 1 @ 150, 0 left, taker, fee 2',
    ])
    venue.buy('A', 1, 149)
    expect(venue.sell('B', 1, 149).slice(2, 4)).toEqual([
      'A#2 filled: 1 @ 149, 0 left, maker, fee -1',
      'B#2 filled: 1 @ 149, 0 left, taker, fee 1',
    ])
  })

  it('count what is open on each side through fills, replacements and cancellations', () => {
    const venue = new Venue()
    const open = () => {
      const { openBuyLots, openSellLots } = venue.account('A')
      return [openBuyLots, openSellLots]
    }
    venue.buy('A', 10, 99)
    venue.sell('A2', 7, 101)
    expect(open()).toEqual([10, 7])
    venue.sell('B', 4, 99)
    expect(open()).toEqual([6, 7])
    venue.replace('A', 1, 12, 98)
    expect(open()).toEqual([8, 7])
    venue.replace('A2', 1, 5, 101)
    expect(open()).toEqual([8, 5])
    venue.cancel('A', 1)
    expect(open()).toEqual([0, 5])
  })

  it('are of a participant, not of a session', () => {
    const venue = new Venue()
    venue.buy('A', 1, 100)
    venue.buy('A2', 2, 100)
    venue.sell('B', 3, 100)
    expect(venue.account('A')).toMatchObject({ positionLots: 3, cashMinor: -300 })
  })

  it('survive a trade of every participant with every other without losing a minor unit', () => {
    const venue = new Venue({ makerFeeRate: -33, takerFeeRate: 77 })
    for (const [maker, taker] of [
      ['A', 'B'],
      ['B', 'C'],
      ['C', 'A'],
    ] as const) {
      venue.sell(maker, 777, 913)
      venue.buy(taker, 777, 913)
    }
    const accounts = venue.exchange.accounts()
    expect(accounts.map((account) => account.positionLots)).toEqual([0, 0, 0])
    expect(accounts.reduce((sum, account) => sum + account.cashMinor + account.feesMinor, 0)).toBe(0)
  })
})

describe('definitions', () => {
  it('may change while orders are open, which stay as they are', () => {
    const venue = new Venue()
    venue.buy('A', 10, 100)
    expect(venue.defineInstrument({ minPriceTicks: 101, maxOrderQuantityLots: 5 })).toEqual([])
    expect(venue.limitRisk('A', { maxOpenOrders: 0 })).toEqual([])
    expect(venue.queue('buy')).toEqual(['100: 10'])
    expect(venue.cancel('A', 1)).toHaveLength(2)
  })

  it('set the fees of the trades that follow', () => {
    const venue = new Venue()
    venue.buy('A', 2, 100)
    venue.sell('B', 1, 100)
    venue.defineInstrument({ makerFeeRate: 10_000 })
    expect(venue.sell('B', 1, 100)).toContain('A#1 filled: 1 @ 100, 0 left, maker, fee 1')
  })
})

describe('state hash', () => {
  /** Something of everything, then the hash. */
  function hashAfter(last: (venue: Venue) => void = () => {}): string {
    const venue = new Venue({ takerFeeRate: 100 })
    venue.buy('A', 10, 99)
    venue.sell('B', 3, 99)
    venue.sell('C', 5, 103)
    venue.replace('A', 1, 9, 98)
    last(venue)
    return venue.exchange.stateHash()
  }

  it('is the same after the same commands', () => {
    expect(hashAfter()).toBe(hashAfter())
  })

  it('differs when the state does, however little', () => {
    const changes: ((venue: Venue) => void)[] = [
      (venue) => venue.buy('C', 1, 90),
      (venue) => venue.buy('C', 0, 90),
      (venue) => venue.cancel('C', 1),
      (venue) => venue.disconnect('A2'),
      (venue) => venue.connect('A2', false),
      (venue) => venue.defineInstrument({ takerFeeRate: 101 }),
      (venue) => venue.limitRisk('A', { maxOpenOrders: 999 }),
    ]
    const hashes = [hashAfter(), ...changes.map(hashAfter)]
    expect(new Set(hashes).size).toBe(hashes.length)
  })

  it('does not depend on the order in which a definition happens to list its fields', () => {
    const row = new Venue().exchange.instruments[1]!
    const reversed = Object.fromEntries(Object.entries(row).reverse()) as typeof row
    const [hash, hashOfReversed] = [row, reversed].map((instrument) => {
      const exchange = new Exchange()
      const definition = { type: 'instrumentDefined' as const, instruments: [instrument] }
      exchange.applyDefinition(definition, 1, 1, 0, new EventBuffer())
      return exchange.stateHash()
    })
    expect(hash).toBe(hashOfReversed)
  })
})

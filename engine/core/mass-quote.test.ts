/** Quotes in the market: what their owner is told, what they trade, what protects and what obliges them. */
import { beforeEach, describe, expect, it } from 'vitest'
import type { Message } from '../../protocol/messages.ts'
import { Venue } from './exchange-fixture.ts'

let venue: Venue
beforeEach(() => {
  venue = new Venue()
  venue.defineInstrument({ instrument: 2, symbol: 'BETA' })
})

function protect(terms: Partial<Message<'setProtection'>>): string[] {
  const unbounded = { intervalMs: 1_000, maxLots: 0, maxNotionalMinor: 0, maxFills: 0, maxNetLots: 0, freezeMs: 0 }
  return venue.control('A', { type: 'setProtection', group: 1, ...unbounded, ...terms })
}

describe('a mass quote', () => {
  it('puts both sides of each row into the book', () => {
    expect(venue.quote('A', [[1, 98, 10, 102, 20]])).toEqual([
      'A quote 1 accepted: 10 @ 98, 20 @ 102',
      'bids 98: 10 in 1',
      'asks 102: 20 in 1',
      'A mass quoted: 1 accepted, 0 rejected',
    ])
    expect(venue.exchange.quote(1, 1)).toEqual({ group: 1, bidOrderId: 1, askOrderId: 2 })
  })

  it('replaces all at once: every old order is gone before the first new one trades', () => {
    venue.quote('A', [
      [1, 98, 10, 102, 10],
      [2, 98, 10, 102, 10],
    ])
    venue.sell('B', 10, 99)
    expect(
      venue.quote('A', [
        [1, 99, 10, 103, 10],
        [2, 97, 10, 101, 10],
      ]),
    ).toEqual([
      'A quote 1 accepted: 10 @ 99, 10 @ 103',
      'bids 98: 0 in 0',
      'asks 102: 0 in 0',
      'A quote 2 accepted: 10 @ 97, 10 @ 101',
      'bids 98: 0 in 0',
      'asks 102: 0 in 0',
      'traded: 10 @ 99, trade 1, aggressor buy',
      'B#1 filled: 10 @ 99, 0 left, maker',
      'A#2 filled: 10 @ 99, 0 left, taker',
      'asks 99: 0 in 0',
      'asks 103: 10 in 1',
      'bids 97: 10 in 1',
      'asks 101: 10 in 1',
      'A mass quoted: 2 accepted, 0 rejected',
    ])
  })

  it('keeps the place of a side with the same price and no more than what is open', () => {
    venue.quote('A', [[1, 98, 10, 102, 10]])
    venue.buy('B', 5, 98)
    expect(venue.quote('A', [[1, 98, 7, 102, 10]])).toEqual([
      'A quote 1 accepted: 7 @ 98, 10 @ 102',
      'bids 98: 12 in 2',
      'A mass quoted: 1 accepted, 0 rejected',
    ])
    expect(venue.queue('buy')).toEqual(['98: 7+5'])
    // Its fills name the mass quote that stated it last.
    expect(venue.sell('C', 1, 98)).toContain('A#2 filled: 1 @ 98, 6 left, maker')
    venue.quote('A', [[1, 98, 7, 102, 10]])
    expect(venue.queue('buy')).toEqual(['98: 5+7'])
  })

  it('takes a side of 0 lots out without a word', () => {
    venue.quote('A', [[1, 98, 10, 102, 10]])
    expect(venue.quote('A', [[1, 0, 0, 102, 10]])).toEqual([
      'A quote 1 accepted: 0 @ 0, 10 @ 102',
      'bids 98: 0 in 0',
      'A mass quoted: 1 accepted, 0 rejected',
    ])
    venue.quote('A', [[1, 0, 0, 0, 0]])
    expect(venue.exchange.quote(1, 1)).toBeUndefined()
    expect(venue.exchange.openOrderCount).toBe(0)
  })

  it('cancels the old quote of a row that breaks a rule, and carries out the others', () => {
    venue.quote('A', [[1, 98, 10, 102, 10]])
    expect(
      venue.quote('A', [
        [1, 102, 10, 102, 10],
        [2, 98, 10, 102, 10],
        [3, 1, 1, 2, 1],
      ]),
    ).toEqual([
      'A quote 1 rejected: crossedQuote, bidPriceTicks, 0',
      'A#1 cancelled: 10, quoteReplaced',
      'bids 98: 0 in 0',
      'A#1 cancelled: 10, quoteReplaced',
      'asks 102: 0 in 0',
      'A quote 2 accepted: 10 @ 98, 10 @ 102',
      'A quote 3 rejected: unknownInstrument, instrument, 0',
      'bids 98: 10 in 1',
      'asks 102: 10 in 1',
      'A mass quoted: 1 accepted, 2 rejected',
    ])
  })

  it('rejects a row whose instrument came before in the message', () => {
    const events = venue.quote('A', [
      [1, 98, 10, 102, 10],
      [1, 97, 10, 103, 10],
    ])
    expect(events).toContain('A quote 1 rejected: repeatedQuote, instrument, 0')
    expect(venue.queue('buy')).toEqual(['98: 10'])
  })

  it('names the field of the side that breaks a rule, the buy first', () => {
    const rejects = (quote: [number, number, number, number]) => venue.quote('A', [[1, ...quote]])[0]
    expect(rejects([0, 10, 0, 10])).toBe('A quote 1 rejected: crossedQuote, bidPriceTicks, 0')
    expect(rejects([0, 10, 1_001, 10])).toBe('A quote 1 rejected: priceOutOfRange, bidPriceTicks, 1')
    expect(rejects([98, 10, 1_001, 10])).toBe('A quote 1 rejected: priceOutOfRange, askPriceTicks, 1000')
    expect(rejects([98, 10, 102, 2_000_000])).toBe('A quote 1 rejected: quantityOutOfRange, askQuantityLots, 1000000')
  })

  it('checks limits as if the old quote were gone, and the new buy there for the sell', () => {
    venue.limitRisk('A', { maxOpenOrders: 2, maxPositionLots: 10 })
    venue.quote('A', [[1, 98, 10, 102, 10]])
    expect(venue.quote('A', [[1, 97, 10, 103, 10]])[0]).toBe('A quote 1 accepted: 10 @ 97, 10 @ 103')
    venue.limitRisk('A', { maxOpenOrders: 1, maxPositionLots: 10 })
    expect(venue.quote('A', [[1, 97, 10, 0, 0]])[0]).toBe('A quote 1 accepted: 10 @ 97, 0 @ 0')
    expect(venue.quote('A', [[1, 97, 10, 103, 10]])[0]).toBe('A quote 1 rejected: openOrderLimit, none, 1')
    expect(venue.quote('A', [[1, 97, 11, 0, 0]])[0]).toBe('A quote 1 rejected: positionLimit, bidQuantityLots, 10')
  })

  it('leaves no account and no quote behind when it is rejected', () => {
    const events = venue.quote('A', [[1, 103, 10, 102, 10]])
    expect(events).toEqual([
      'A quote 1 rejected: crossedQuote, bidPriceTicks, 0',
      'A mass quoted: 0 accepted, 1 rejected',
    ])
    expect(venue.exchange.accounts()).toEqual([])
  })

  it('is rejected whole for a group that is none', () => {
    expect(venue.quote('A', [[1, 98, 10, 102, 10]], 0)).toEqual(['A rejected: invalidGroup, group, 65535'])
    expect(venue.quote('A', [[1, 98, 10, 102, 10]], 65_536)).toEqual(['A rejected: invalidGroup, group, 65535'])
  })

  it('cannot be cancelled or replaced by ref, but goes with a mass cancel and with the connection', () => {
    venue.quote('A', [[1, 98, 10, 102, 10]])
    expect(venue.cancel('A', 1)).toEqual(['A rejected: unknownOrder, orderRef, 0'])
    expect(venue.massCancel('A')).toContain('A mass cancelled: 2')
    venue.quote('A', [[1, 98, 10, 102, 10]])
    expect(venue.disconnect('A')).toContain('A#4 cancelled: 10, disconnected')
    expect(venue.exchange.quote(1, 1)).toBeUndefined()
  })

  it('is one per session: another session of the participant has its own', () => {
    venue.quote('A', [[1, 98, 10, 102, 10]])
    venue.quote('A2', [[1, 97, 5, 103, 5]])
    expect(venue.queue('buy')).toEqual(['98: 10', '97: 5'])
    expect(venue.quote('A2', [[1, 0, 0, 0, 0]])).toHaveLength(4)
    expect(venue.queue('buy')).toEqual(['98: 10'])
  })
})

describe('protection', () => {
  it('pulls the quotes of the group before the next match, and tells every session that had some', () => {
    expect(protect({ maxLots: 15, freezeMs: 5 })).toEqual(['A carried out'])
    venue.quote('A', [
      [1, 98, 10, 102, 10],
      [2, 98, 10, 102, 10],
    ])
    venue.quote('A2', [[1, 97, 10, 103, 10]])
    // 10 lots at 102, then 10 at 103: that makes 20, beyond the bound.
    venue.buy('B', 10, 102)
    const { timeUs } = venue.exchange
    expect(venue.buy('B', 15, 103)).toEqual([
      'B#2 accepted: buy 15 @ 103',
      'traded: 10 @ 103, trade 2, aggressor buy',
      'A2#1 filled: 10 @ 103, 0 left, maker',
      'B#2 filled: 10 @ 103, 5 left, taker',
      'A#2 cancelled: 10, protection',
      'bids 98: 0 in 0',
      'A#2 cancelled: 10, protection',
      'bids 98: 0 in 0',
      'A#2 cancelled: 10, protection',
      'asks 102: 0 in 0',
      'A2#1 cancelled: 10, protection',
      'bids 97: 0 in 0',
      `A protection triggered: group 1, thaws ${timeUs + 10 + 5_000}`,
      `A2 protection triggered: group 1, thaws ${timeUs + 10 + 5_000}`,
      'asks 103: 0 in 0',
      'bids 103: 5 in 1',
    ])
  })

  it('leaves an aggressor nothing more of the group to trade with', () => {
    protect({ maxFills: 2 })
    venue.quote('A', [[1, 98, 10, 102, 10]])
    venue.quote('A2', [[1, 97, 10, 103, 10]])
    venue.sell('C', 5, 104)
    venue.buy('B', 10, 102)
    venue.quote('A', [[1, 98, 10, 102, 10]])
    // The second fill pulls A2's quote at 103: the aggressor goes on to C's order at 104.
    const events = venue.buy('B', 30, 104)
    expect(events.filter((line) => line.startsWith('traded'))).toEqual([
      'traded: 10 @ 102, trade 2, aggressor buy',
      'traded: 5 @ 104, trade 3, aggressor buy',
    ])
    expect(venue.queue('buy')).toEqual(['104: 15'])
  })

  it('ends what is left of a quote that trades as it comes in, and what has not come in yet', () => {
    protect({ maxNotionalMinor: 490 })
    venue.sell('B', 5, 98)
    venue.sell('B', 5, 98)
    // 5 × 98 = 490: the second sell of B is not reached.
    expect(
      venue.quote('A', [
        [1, 98, 20, 102, 10],
        [2, 50, 10, 60, 10],
      ]),
    ).toEqual([
      'A quote 1 accepted: 20 @ 98, 10 @ 102',
      'A quote 2 accepted: 10 @ 50, 10 @ 60',
      'traded: 5 @ 98, trade 1, aggressor buy',
      'B#1 filled: 5 @ 98, 0 left, maker',
      'A#2 filled: 5 @ 98, 15 left, taker',
      'A#2 cancelled: 15, protection',
      'A#2 cancelled: 10, protection',
      'A#2 cancelled: 10, protection',
      'A#2 cancelled: 10, protection',
      'A protection triggered: group 1, thaws 0',
      'asks 98: 5 in 1',
      'A mass quoted: 2 accepted, 0 rejected',
    ])
    expect(venue.account('A')).toMatchObject({ positionLots: 5, openBuyLots: 0, openSellLots: 0 })
    expect(venue.exchange.openOrderCount).toBe(1)
  })

  it('by net lots counts what was bought against what was sold', () => {
    protect({ maxNetLots: 10 })
    venue.quote('A', [[1, 98, 100, 102, 100]])
    venue.sell('B', 9, 98)
    venue.buy('B', 18, 102)
    venue.sell('B', 18, 98)
    expect(venue.exchange.protection(1, 1)).toMatchObject({ frozen: false, tradedLots: 45, fills: 3, netLots: 9 })
    venue.sell('B', 1, 98)
    expect(venue.exchange.protection(1, 1)).toMatchObject({ frozen: true, netLots: 10 })
  })

  it('forgets a fill that is as old as the interval', () => {
    protect({ maxLots: 10, intervalMs: 1 })
    venue.quote('A', [[1, 98, 100, 102, 100]])
    venue.sell('B', 9, 98)
    venue.wait(990)
    venue.sell('B', 9, 98)
    expect(venue.exchange.protection(1, 1)).toMatchObject({ frozen: false, tradedLots: 9 })
    venue.wait(989)
    venue.sell('B', 1, 98)
    expect(venue.exchange.protection(1, 1)).toMatchObject({ frozen: true, tradedLots: 10 })
  })

  it('counts fills of an auction', () => {
    venue.limitRisk('C', { isAdmin: true })
    venue.control('C', { type: 'changePhase', instrument: 1, phase: 'openingAuction' })
    protect({ maxLots: 10 })
    venue.quote('A', [[1, 98, 20, 102, 20]])
    venue.sell('B', 10, 98)
    const events = venue.control('C', { type: 'changePhase', instrument: 1, phase: 'continuous' })
    expect(events.filter((line) => line.startsWith('A'))).toEqual([
      'A#2 filled: 10 @ 98, 10 left, auction',
      'A#2 cancelled: 10, protection',
      'A#2 cancelled: 20, protection',
      'A protection triggered: group 1, thaws 0',
    ])
  })

  it('is of one participant and one group', () => {
    protect({ maxLots: 10 })
    venue.quote('A', [[1, 98, 10, 102, 10]], 2)
    venue.quote('C', [[1, 97, 10, 103, 10]], 1)
    expect(venue.sell('B', 20, 97).filter((line) => line.includes('protection'))).toEqual([])
  })

  it('freezes the group: its mass quotes are rejected whole until it thaws', () => {
    protect({ maxLots: 10, freezeMs: 1 })
    venue.quote('A', [[1, 98, 10, 102, 10]])
    venue.sell('B', 10, 98)
    const thawTimeUs = venue.exchange.timeUs + 1_000
    expect(venue.quote('A2', [[1, 98, 10, 102, 10]])).toEqual([`A2 rejected: groupFrozen, group, ${thawTimeUs}`])
    expect(venue.quote('A', [[1, 98, 10, 102, 10]], 2)).toContain('A mass quoted: 1 accepted, 0 rejected')
    venue.wait(969)
    expect(venue.quote('A', [[1, 98, 10, 102, 10]])).toEqual([`A rejected: groupFrozen, group, ${thawTimeUs}`])
    expect(venue.quote('A', [[1, 98, 10, 102, 10]])).toContain('A mass quoted: 1 accepted, 0 rejected')
    // What was traded before the freeze does not count any more.
    expect(venue.exchange.protection(1, 1)).toMatchObject({ frozen: false, tradedLots: 0 })
  })

  it('without a time to thaw is frozen until it is reset', () => {
    protect({ maxLots: 10 })
    venue.quote('A', [[1, 98, 10, 102, 10]])
    venue.sell('B', 10, 98)
    venue.wait(86_400_000_000)
    expect(venue.quote('A', [[1, 98, 10, 102, 10]])).toEqual(['A rejected: groupFrozen, group, 0'])
    expect(venue.control('A2', { type: 'resetProtection', group: 1 })).toEqual(['A2 carried out'])
    expect(venue.quote('A', [[1, 98, 10, 102, 10]])).toContain('A mass quoted: 1 accepted, 0 rejected')
  })
})

describe('obligations', () => {
  const metUs = () => venue.exchange.obligations(1).map((row) => row.metUs)

  beforeEach(() => {
    venue.defineInstrument({ quoteMaxSpreadTicks: 4, quoteMinQuantityLots: 5 })
  })

  it('count the time in continuous trading during which both sides were there, close and large enough', () => {
    const tradingBefore = venue.exchange.timeUs
    venue.quote('A', [[1, 98, 10, 102, 10]])
    venue.wait(90)
    // 100 µs at 4 ticks; then 5 of the 10 lots are sold: still enough; then one more: too few.
    venue.sell('B', 5, 98)
    venue.wait(40)
    venue.sell('B', 1, 98)
    expect(metUs()).toEqual([150])
    venue.wait(90)
    venue.quote('A', [[1, 98, 10, 103, 10]])
    expect(metUs()).toEqual([150])
    venue.wait(190)
    venue.quote('A', [[1, 98, 10, 102, 10]])
    venue.wait(30)
    venue.massCancel('A')
    expect(metUs()).toEqual([190])
    const [row] = venue.exchange.obligations(1)
    expect(row!.tradingUs).toBeGreaterThan(venue.exchange.timeUs - tradingBefore)
  })

  it('do not count once self-trade prevention has taken too much of a side', () => {
    venue.quote('A', [[1, 98, 10, 102, 10]])
    venue.wait(90)
    // 10 lots lose 6 to the other session's order.
    venue.sell('A2', 6, 98, { selfTradePrevention: 'decrement' })
    venue.wait(90)
    venue.sell('B', 1, 500)
    expect(metUs()).toEqual([100])
  })

  it('do not count outside continuous trading, nor does the instrument’s time', () => {
    venue.limitRisk('C', { isAdmin: true })
    venue.quote('A', [[1, 98, 10, 102, 10]])
    venue.control('C', { type: 'changePhase', instrument: 1, phase: 'halted' })
    const [atHalt] = venue.exchange.obligations(1)
    expect(atHalt!.metUs).toBe(10)
    venue.wait(1_000)
    venue.control('C', { type: 'changePhase', instrument: 1, phase: 'continuous' })
    expect(venue.exchange.obligations(1)).toEqual([atHalt])
    venue.wait(90)
    venue.sell('B', 1, 500)
    expect(venue.exchange.obligations(1)).toEqual([{ instrument: 1, metUs: 110, tradingUs: atHalt!.tradingUs + 100 }])
  })

  it('begin at zero at midnight', () => {
    venue.quote('A', [[1, 98, 10, 102, 10]])
    venue.wait(86_400_000_000)
    venue.sell('B', 1, 500)
    const sinceMidnight = venue.exchange.timeUs - 86_400_000_000
    expect(venue.exchange.obligations(1)).toEqual([{ instrument: 1, metUs: sinceMidnight, tradingUs: sinceMidnight }])
  })

  it('count again when the instrument asks for less', () => {
    venue.quote('A', [[1, 98, 10, 103, 10]])
    venue.wait(90)
    venue.defineInstrument({ quoteMaxSpreadTicks: 5, quoteMinQuantityLots: 5 })
    venue.wait(90)
    venue.sell('B', 1, 500)
    expect(metUs()).toEqual([100])
  })
})

describe('the hash of the state', () => {
  const hashAfter = (group: number, terms: Partial<Message<'setProtection'>>) => {
    venue = new Venue()
    protect(terms)
    venue.quote('A', [[1, 98, 10, 102, 10]], group)
    return venue.exchange.stateHash()
  }

  it('knows the group of a quote', () => {
    expect(hashAfter(1, {})).toBe(hashAfter(1, {}))
    expect(hashAfter(2, {})).not.toBe(hashAfter(1, {}))
  })

  it('knows the terms of a protection', () => {
    expect(hashAfter(1, { maxLots: 100 })).not.toBe(hashAfter(1, { maxLots: 99 }))
  })
})

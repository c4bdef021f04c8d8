/** What the hash of a state is made of, seen from within: nothing outside could change one number alone. */
import { describe, expect, it } from 'vitest'
import { orderLayout } from './book/order-pool.ts'
import { termsLayout } from './book/order-terms.ts'
import { Venue } from './exchange-fixture.ts'
import { EventBuffer, Exchange } from './index.ts'
import type { ExchangeState } from './state.ts'
import { hashState } from './state-hash.ts'
import { applyStream, commandStream } from './stream-fixture.ts'

const { KIND, LEAVES, ORDER_SESSION, ORDER_SIZE, PRICE, QUANTITY } = orderLayout
const { DISPLAY, LIMIT_PRICE, SHOWN, STOP_PRICE, TERMS_SIZE } = termsLayout

type Fields = Record<string, unknown>
type Numbers = Float64Array | Int32Array

function stateOf(exchange: Exchange): ExchangeState {
  return (exchange as unknown as { state: ExchangeState }).state
}

/** An exchange that has something of everything. */
function richState(): ExchangeState {
  const exchange = new Exchange(1)
  applyStream(exchange, commandStream(5, 2_000), new EventBuffer())
  return stateOf(exchange)
}

/** The hash that a state would have if one of its numbers were another. */
function hashWithout(state: ExchangeState, numbers: Numbers, index: number): string {
  const before = numbers[index]
  numbers[index] = Number.isFinite(before) ? before + 1 : 7
  const hash = hashState(state)
  numbers[index] = before
  return hash
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}

describe('the hash changes with', () => {
  const state = richState()
  const hash = hashState(state)
  const parts = state as unknown as Record<string, Fields>

  it.each<[field: string, owner: unknown]>([
    ...['sequence', 'timeUs', 'lastOrderId', 'lastTradeId'].map((field): [string, unknown] => [field, state]),
    ...[
      'phase',
      'isHeldByAdmin',
      'continuousUs',
      'lastPrice',
      'auctionPrice',
      'tradeCount',
      'volumeLots',
      'commandCount',
    ].map((field): [string, unknown] => [field, state.instruments[1]]),
  ])('%s', (field, owner) => {
    const fields = owner as Fields
    const before = fields[field]
    fields[field] = typeof before === 'boolean' ? !before : Number(before) + 1
    expect(hashState(state)).not.toBe(hash)
    fields[field] = before
    expect(hashState(state)).toBe(hash)
  })

  it.each<[what: string, numbers: unknown, first: number, columns: number[]]>([
    ['every number that the checks of participant 2 go by', parts.participants.data, 2 * 32, range(0, 31)],
    ['every number of the first account', parts.accounts.data, 16, [...range(0, 6), ...range(8, 15)]],
    ['last ref and next event of session 3', parts.sessions.counters, 3 * 2, [0, 1]],
    ['participant and self-trade prevention of session 3', parts.sessions.links, 3 * 8, [0, 4]],
    ['the clock of the first quote', parts.quotes.times, 2, [0]],
    ['terms, state and sums of the first group', parts.protection.data, 17, range(0, 14)],
    ['the time at which the first timer is due', parts.timers.times, 2, [0]],
  ])('%s', (_, numbers, first, columns) => {
    const counting = columns.filter((column) => hashWithout(state, numbers as Numbers, first + column) !== hash)
    expect(counting).toEqual(columns)
  })

  it('everything about orders and their rare terms but where they lie', () => {
    const { orders } = state.memory
    const ofOrder = new Set<number>()
    const ofTerms = new Set<number>()
    for (const book of state.instruments.flatMap((instrument) => instrument?.books() ?? [])) {
      book.forEachOrder((order) => {
        for (const column of [PRICE, QUANTITY, LEAVES, ORDER_SESSION, KIND]) {
          if (hashWithout(state, orders.int32, order * ORDER_SIZE + column) !== hash) ofOrder.add(column)
        }
        const terms = orders.int32[order * ORDER_SIZE + orderLayout.TERMS]
        if (terms === 0) return
        for (const column of [SHOWN, DISPLAY, STOP_PRICE, LIMIT_PRICE]) {
          if (hashWithout(state, orders.terms.int32, terms * TERMS_SIZE + column) !== hash) ofTerms.add(column)
        }
      })
    }
    expect([...ofOrder]).toEqual([PRICE, QUANTITY, LEAVES, ORDER_SESSION, KIND])
    expect([...ofTerms].sort()).toEqual([SHOWN, DISPLAY, STOP_PRICE, LIMIT_PRICE])
  })
})

describe('the hash stays the same', () => {
  it('wherever in memory orders, their terms and timers lie', () => {
    const terms = { timeInForce: 'goodTillDate', expireTimeUs: 1_000_000, displayQuantityLots: 1 } as const
    function hashIfCancelled(...refs: number[]): string {
      const venue = new Venue()
      venue.buy('A', 5, 90, terms)
      venue.buy('A', 5, 90, terms)
      for (const ref of refs) venue.cancel('A', ref)
      // These take the places of the ones before, the last one that became free first.
      venue.buy('B', 5, 90, terms)
      venue.buy('B', 5, 91, terms)
      return venue.exchange.stateHash()
    }
    expect(hashIfCancelled(1, 2)).toBe(hashIfCancelled(2, 1))
  })

  it('whoever asks for stops, orders waiting for the close and protection', () => {
    const { exchange } = new Venue()
    const hash = hashState(stateOf(exchange))
    exchange.stops(1, 1)
    exchange.waitingAtClose(1)
    exchange.protection(1, 1)
    expect(hashState(stateOf(exchange))).toBe(hash)
  })
})

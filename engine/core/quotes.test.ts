/** What a mass quote does to orders, in which order: told by a market that only writes down what it is asked to do. */
import { beforeEach, describe, expect, it } from 'vitest'
import { limits } from '../../protocol/limits.ts'
import { enumerations } from '../../protocol/messages.ts'
import { kindLayout, orderLayout } from './book/order-pool.ts'
import { Command } from './command.ts'
import { EventWriter } from './event-writer.ts'
import { EventBuffer } from './events.ts'
import type { Instrument, InstrumentDefinition } from './instrument.ts'
import { type QuoteActions, Quotes } from './quotes.ts'
import { Risk } from './risk.ts'
import { ExchangeState } from './state.ts'
import { Valuation } from './valuation.ts'

const { ACCOUNT, KIND, LEAVES, ORDER_SESSION, ORDER_SIZE, PRICE } = orderLayout
const { INSTRUMENT_SHIFT, QUOTE } = kindLayout
const { buy: BUY, sell: SELL } = enumerations.side
const { continuous, halted } = enumerations.phase
const { cancelNewest: CANCEL_NEWEST } = enumerations.selfTradePrevention

/** A row: instrument, then price and quantity of the buy, then of the sell. */
type Quote = readonly [number, number, number, number, number]

/** Two instruments; sessions 1 and 2 of participant 1. No order ever meets another: a test says what is filled. */
class QuietMarket implements QuoteActions {
  readonly state = new ExchangeState(64)
  readonly quotes: Quotes
  readonly done: string[] = []
  /** Called when an order has entered. */
  onEnter: (orderId: number) => void = () => {}
  private readonly events: EventWriter

  constructor() {
    const { state } = this
    const { participants, accounts, sessions, instruments } = state
    participants.define({
      participant: 1,
      name: 'A',
      maxOrderQuantityLots: 1_000,
      maxOrderNotionalMinor: limits.maxNotionalMinor,
      maxPositionLots: 100,
      maxOpenOrders: 100,
      maxGrossExposureMinor: 0,
      maxDailyLossMinor: 0,
      maxMessagesPerSecond: 0,
      maxPriceDistanceBasisPoints: 0,
      maxDuplicateOrders: 0,
      duplicateWindowMs: 0,
      isAdmin: false,
    })
    sessions.define(1, 1, 'A1', CANCEL_NEWEST)
    sessions.define(2, 1, 'A2', CANCEL_NEWEST)
    const silent = { onFill() {}, onSelfTrade() {}, onAuctionFill() {}, onAuctionSelfTrade() {}, onLevelChanged() {} }
    for (let instrument = 1; instrument <= 2; instrument++) state.defineInstrument(definitionOf(instrument), silent)
    this.events = new EventWriter(state.memory, sessions)
    this.quotes = new Quotes(
      state,
      this.events,
      new Risk(participants, accounts, new Valuation(participants, accounts, instruments)),
      this,
    )
  }

  /** Sends a mass quote and tells what it made happen. */
  quote(session: number, rows: readonly Quote[], group = 1): string {
    const { state } = this
    state.sequence++
    this.events.begin(new EventBuffer(), state.sequence, state.timeUs)
    const command = Object.assign(new Command(), {
      sequence: state.sequence,
      timeUs: state.timeUs,
      session,
      ref: state.sequence,
      group,
      quoteCount: rows.length,
    })
    command.quotes.set(rows.flat())
    this.done.length = 0
    this.quotes.massQuote(command)
    return this.done.join(', ')
  }

  /** Fills some lots of the open order of this id. */
  fill(orderId: number, lots: number): string {
    const { orders } = this.state.memory
    const order = this.orderOf(orderId)
    orders.int32[order * ORDER_SIZE + LEAVES] -= lots
    this.done.length = 0
    this.quotes.filled(order, lots, orders.int32[order * ORDER_SIZE + PRICE])
    if (orders.int32[order * ORDER_SIZE + LEAVES] === 0) this.forget(order)
    return this.done.join(', ')
  }

  /** Of session 1 in instrument 1. */
  metUs(): number | undefined {
    return this.state.quotes.obligations(1)[0]?.metUs
  }

  setPhase(phase: number): void {
    this.state.instruments[1]!.setPhase(phase, this.state.timeUs)
    this.state.quotes.instrumentChanged(1)
  }

  boundOpenOrders(count: number): void {
    this.state.participants.setLimit(1, enumerations.riskLimit.maxOpenOrders, count)
  }

  openOrderCount(): number {
    return this.state.participants.openOrderCount(1)
  }

  takesQuotes(instrument: Instrument): boolean {
    return instrument.phase !== halted
  }

  create(session: number, ref: number, instrument: Instrument, side: number, priceTicks: number, lots: number): number {
    const { accounts, memory, participants } = this.state
    const order = memory.orders.allocate(ref, ++this.state.lastOrderId)
    const base = order * ORDER_SIZE
    const account = accounts.find(1, instrument.number) || accounts.open(1, instrument)
    memory.orders.int32[base + PRICE] = priceTicks
    memory.orders.int32[base + LEAVES] = lots
    memory.orders.int32[base + ORDER_SESSION] = session
    memory.orders.int32[base + ACCOUNT] = account
    memory.orders.int32[base + KIND] = side | QUOTE | (instrument.number << INSTRUMENT_SHIFT)
    participants.addOpenOrders(1, 1)
    accounts.addOpenLots(account, side, lots)
    this.tell('create', order)
    return order
  }

  enter(order: number): void {
    this.tell('enter', order)
    this.onEnter(this.state.memory.orders.orderId(order))
  }

  keep(order: number, _ref: number, lots: number): void {
    this.tell('keep', order)
    const { accounts, memory } = this.state
    const base = order * ORDER_SIZE
    accounts.addOpenLots(
      memory.orders.int32[base + ACCOUNT],
      memory.orders.side(order),
      lots - memory.orders.int32[base + LEAVES],
    )
    memory.orders.int32[base + LEAVES] = lots
  }

  end(order: number): void {
    this.tell('end', order)
    this.forget(order)
  }

  cancel(order: number): void {
    this.tell('cancel', order)
    this.forget(order)
  }

  private forget(order: number): void {
    const { accounts, memory, participants, quotes } = this.state
    const { int32 } = memory.orders
    const base = order * ORDER_SIZE
    accounts.addOpenLots(int32[base + ACCOUNT], memory.orders.side(order), -int32[base + LEAVES])
    participants.addOpenOrders(1, -1)
    quotes.orderGone(order)
    memory.orders.release(order)
  }

  private orderOf(orderId: number): number {
    const { orders } = this.state.memory
    const slots = Array.from({ length: 64 }, (_, slot) => slot)
    return slots.findLast((slot) => orders.orderId(slot) === orderId)!
  }

  /** Orders by their ids. */
  private tell(what: string, order: number): void {
    this.done.push(`${what} ${this.state.memory.orders.orderId(order)}`)
  }
}

function definitionOf(instrument: number): InstrumentDefinition {
  return {
    instrument,
    symbol: `I${instrument}`,
    currency: 'USD',
    currencyDecimals: 2,
    tickSize: '0.01',
    lotSize: '1',
    tickValueMinor: 1,
    minPriceTicks: 1,
    maxPriceTicks: 1_000,
    maxOrderQuantityLots: 1_000,
    referencePriceTicks: 100,
    priceBandBasisPoints: 0,
    makerFeeRate: 0,
    takerFeeRate: 0,
    staticBandBasisPoints: 0,
    dynamicBandBasisPoints: 0,
    haltDurationMs: 0,
    auctionDurationMs: 0,
    schedule: '',
    quoteMaxSpreadTicks: instrument === 1 ? 4 : 0,
    quoteMinQuantityLots: 5,
  }
}

let market: QuietMarket
beforeEach(() => {
  market = new QuietMarket()
})

describe('a mass quote', () => {
  it('takes all of its old orders out before the first new one enters', () => {
    expect(
      market.quote(1, [
        [1, 98, 10, 102, 10],
        [2, 48, 10, 52, 10],
      ]),
    ).toBe('create 1, create 2, create 3, create 4, enter 1, enter 2, enter 3, enter 4')
    expect(
      market.quote(1, [
        [1, 97, 10, 101, 10],
        [2, 47, 10, 51, 10],
      ]),
    ).toBe('create 5, create 6, end 1, end 2, create 7, create 8, end 3, end 4, enter 5, enter 6, enter 7, enter 8')
  })

  it('keeps the order of a side whose price is the same and whose quantity is no more than what is open', () => {
    market.quote(1, [[1, 98, 10, 102, 10]])
    market.fill(1, 4)
    expect(market.quote(1, [[1, 98, 6, 102, 9]])).toBe('keep 1, keep 2')
    // More than the 6 that are open is a new order; another price too.
    expect(market.quote(1, [[1, 98, 7, 103, 9]])).toBe('create 3, create 4, end 1, end 2, enter 3, enter 4')
  })

  it('counts neither the old quote nor anything twice: two quotes use up a bound of four orders again and again', () => {
    market.boundOpenOrders(4)
    const both: Quote[] = [
      [1, 98, 100, 102, 100],
      [2, 48, 100, 52, 100],
    ]
    market.quote(1, both)
    expect(market.openOrderCount()).toBe(4)
    both[0] = [1, 97, 100, 103, 100]
    expect(market.quote(1, both)).toBe('create 5, create 6, end 1, end 2, keep 3, keep 4, enter 5, enter 6')
    expect(market.openOrderCount()).toBe(4)
  })

  it('counts what its earlier rows opened: the fifth order of four is rejected', () => {
    market.boundOpenOrders(4)
    market.quote(2, [[1, 90, 1, 110, 1]])
    // Two open already, two more by row 1; the buy of row 2 is one too many.
    expect(
      market.quote(1, [
        [1, 98, 1, 102, 1],
        [2, 48, 1, 52, 1],
      ]),
    ).toBe('create 3, create 4, enter 3, enter 4')
    // As the old quote counts as gone, a sell alone takes no more room than the two sides before.
    expect(
      market.quote(1, [
        [1, 98, 0, 102, 1],
        [2, 0, 0, 52, 1],
      ]),
    ).toContain('create 5')
  })

  it('cancels the old quote of a row that is rejected', () => {
    market.quote(1, [[1, 98, 10, 102, 10]])
    expect(market.quote(1, [[1, 103, 10, 102, 10]])).toBe('cancel 1, cancel 2')
    expect(market.openOrderCount()).toBe(0)
  })

  it('leaves the quote of an earlier row alone when a later row repeats its instrument', () => {
    expect(
      market.quote(1, [
        [1, 98, 10, 102, 10],
        [1, 97, 10, 103, 10],
      ]),
    ).toBe('create 1, create 2, enter 1, enter 2')
    // In the next message the instrument may be named again.
    expect(market.quote(1, [[1, 97, 10, 102, 10]])).toBe('create 3, end 1, keep 2, enter 3')
  })
})

describe('the protection of a group', () => {
  beforeEach(() => {
    const { protection } = market.state
    const terms = { intervalMs: 1_000, maxLots: 10, maxNotionalMinor: 0, maxFills: 0, maxNetLots: 0, freezeMs: 0 }
    protection.set(protection.open(1, 1), terms)
  })

  it('cancels its quotes in all instruments and sessions, lowest order id first, and no others', () => {
    market.quote(2, [[2, 48, 20, 52, 20]])
    market.quote(1, [[1, 98, 20, 102, 20]])
    market.quote(2, [[1, 90, 20, 110, 20]], 2)
    // A buy that came later than the sell beside it.
    market.quote(2, [[2, 47, 20, 52, 20]])
    expect(market.fill(4, 9)).toBe('')
    expect(market.fill(3, 1)).toBe('cancel 2, cancel 3, cancel 4, cancel 7')
    expect(market.state.quotes.state(2, 1)).toEqual({ group: 2, bidOrderId: 5, askOrderId: 6 })
  })

  it('cancels also what its message has not entered yet', () => {
    market.onEnter = (orderId) => {
      if (orderId === 1) market.fill(1, 10)
    }
    market.quote(1, [
      [1, 98, 15, 102, 15],
      [2, 48, 15, 52, 15],
    ])
    // What is told since the fill: the rest of the order that traded, and three that will never enter.
    expect(market.done.join(', ')).toBe('cancel 1, cancel 2, cancel 3, cancel 4')
    expect(market.openOrderCount()).toBe(0)
  })

  it('cancels nothing of an order that traded to its end', () => {
    market.quote(1, [[1, 98, 10, 102, 10]])
    expect(market.fill(1, 10)).toBe('cancel 2')
  })

  it('follows a quote into another group', () => {
    market.quote(1, [[1, 98, 20, 102, 20]])
    market.quote(1, [[1, 98, 20, 102, 20]], 2)
    expect(market.fill(1, 15)).toBe('')
    market.quote(1, [[1, 98, 5, 102, 20]], 1)
    expect(market.fill(2, 10)).toBe('cancel 1, cancel 2')
  })

  it('takes no quotes into a frozen group', () => {
    market.quote(1, [[1, 98, 10, 102, 10]])
    market.fill(1, 10)
    expect(market.quote(1, [[2, 48, 10, 52, 10]])).toBe('')
    expect(market.quote(1, [[2, 48, 10, 52, 10]], 2)).toBe('create 3, create 4, enter 3, enter 4')
  })
})

describe('the obligation of an instrument: at most 4 ticks between buy and sell, at least 5 lots on each', () => {
  beforeEach(() => {
    market.state.timeUs = 1_000
  })

  const metAfter = (us: number) => {
    market.state.timeUs += us
    return market.metUs()
  }

  it('counts the time of a quote that is as it asks', () => {
    market.quote(1, [[1, 98, 5, 102, 5]])
    expect(metAfter(100)).toBe(100)
    market.quote(1, [[1, 98, 5, 103, 5]])
    expect(metAfter(100)).toBe(100)
    market.quote(1, [[1, 99, 5, 103, 5]])
    expect(metAfter(100)).toBe(200)
    market.quote(1, [[1, 99, 4, 103, 5]])
    expect(metAfter(100)).toBe(200)
  })

  it('does not count while one side is filled below the least quantity, or gone', () => {
    market.quote(1, [[1, 98, 6, 102, 6]])
    market.fill(1, 1)
    expect(metAfter(100)).toBe(100)
    market.fill(2, 2)
    expect(metAfter(100)).toBe(100)
    market.quote(1, [[1, 98, 5, 102, 5]])
    expect(metAfter(100)).toBe(200)
    market.fill(1, 5)
    expect(metAfter(100)).toBe(200)
  })

  it('does not count outside continuous trading', () => {
    market.quote(1, [[1, 98, 5, 102, 5]])
    metAfter(100)
    market.setPhase(halted)
    expect(metAfter(100)).toBe(100)
    market.setPhase(continuous)
    expect(metAfter(100)).toBe(200)
  })

  it('begins at zero with the day, quotes that are there included', () => {
    market.quote(1, [[1, 98, 5, 102, 5]])
    metAfter(100)
    market.state.quotes.beginDay()
    expect(metAfter(30)).toBe(30)
  })

  it('is told of instruments that ask for one and that the session quoted', () => {
    expect(market.state.quotes.obligations(1)).toEqual([])
    market.quote(1, [[2, 48, 10, 52, 10]])
    expect(market.state.quotes.obligations(1)).toEqual([])
    market.quote(1, [[1, 98, 5, 102, 5]])
    market.state.timeUs += 50
    expect(market.state.quotes.obligations(1)).toEqual([{ instrument: 1, metUs: 50, tradingUs: 1_050 }])
    expect(market.state.quotes.obligations(2)).toEqual([])
  })
})

it('a quote is the session’s own, and there is none of a side without lots', () => {
  market.quote(1, [[1, 98, 10, 0, 0]])
  expect(market.state.quotes.state(1, 1)).toEqual({ group: 1, bidOrderId: 1, askOrderId: 0 })
  expect(market.state.quotes.state(2, 1)).toBeUndefined()
  expect(market.quote(1, [[1, 98, 0, 102, 0]])).toBe('end 1')
  expect(market.state.quotes.state(1, 1)).toBeUndefined()
  expect([BUY, SELL].map((side) => market.state.accounts.worstPositionLots(1, side, 0))).toEqual([0, 0])
})

it('records tell of every quote, of one without orders that its clock stands', () => {
  market.quote(2, [[1, 98, 10, 102, 10]], 3)
  market.quote(1, [[2, 48, 10, 0, 0]], 2)
  market.state.timeUs += 40
  market.quote(2, [[1, 98, 0, 102, 0]], 3)
  // Session, instrument, group, order ids of both sides, time as the instrument asks, whether it is so now.
  expect(market.state.quotes.records()).toEqual([
    [1, 2, 2, 3, 0, 0, 0],
    [2, 1, 0, 0, 0, 40, 0],
  ])
})

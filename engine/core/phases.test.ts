import { describe, expect, it } from 'vitest'
import { enumerations } from '../../protocol/messages.ts'
import { kindLayout, orderLayout } from './book/order-pool.ts'
import { termsLayout } from './book/order-terms.ts'
import { EventWriter } from './event-writer.ts'
import { EventBuffer, eventLayout, eventType, eventWidth } from './events.ts'
import type { Instrument, InstrumentDefinition } from './instrument.ts'
import { deafListener, plainDefinition } from './instrument-fixture.ts'
import { type PhaseMarket, type PhaseOrders, Phases } from './phases.ts'
import { ExchangeState } from './state.ts'
import { timerKind } from './timers.ts'

const { KIND, ORDER_SIZE, TERMS } = orderLayout
const { INSTRUMENT_SHIFT, TIME_IN_FORCE_SHIFT, WAITING_AT_CLOSE } = kindLayout
const { TERMS_SIZE, TIMER } = termsLayout
const { DETAIL_1, INSTRUMENT, TYPE } = eventLayout
const { cancelReason, phase: phases, timeInForce: timesInForce } = enumerations

type PhaseName = keyof typeof phases
type TimeInForce = keyof typeof timesInForce

const tradingDay = '08:00 preOpen, 08:50 openingAuction, 09:00 continuous, 17:30 closingAuction, 17:35 closed'

/** Phases of instruments whose orders and matching only write down what is asked of them. */
class Floor implements PhaseOrders, PhaseMarket {
  readonly state = new ExchangeState(64)
  private readonly out = new EventBuffer()
  readonly phases: Phases
  private readonly orders: number[] = []
  private sequence = 0
  private lines: string[] = []
  /** What a look at stops does, once. */
  whenStopsAreLookedAt: ((instrument: Instrument) => void) | undefined

  /** @param time the first instrument is defined then, "HH:MM" of 2 March 2026 or a whole date */
  constructor(time: string, terms: Partial<InstrumentDefinition> = {}) {
    const events = new EventWriter(this.state.memory, this.state.sessions)
    this.phases = new Phases(this.state, events, this, this)
    events.begin(this.out, 1, at(time))
    this.pass(time)
    this.define(terms)
  }

  define(terms: Partial<InstrumentDefinition>): void {
    const row = { ...plainDefinition, ...terms }
    const isNew = this.state.instruments[row.instrument] === undefined
    this.phases.defined(this.state.defineInstrument(row, deafListener), isNew)
  }

  instrument(number = 1): Instrument {
    return this.state.instruments[number]!
  }

  phase(number = 1): PhaseName {
    return nameOf(this.instrument(number).phase)
  }

  /** Lets time pass and returns what happened. */
  pass(time: string): string[] {
    return this.happens(() => this.phases.advance(at(time)))
  }

  admin(phase: PhaseName, number = 1): string[] {
    return this.happens(() => this.phases.changeByAdmin(this.instrument(number), phases[phase]))
  }

  haltForVolatility(): string[] {
    return this.happens(() => this.phases.haltForVolatility(this.instrument()))
  }

  /** A new open order; ids begin at 1. Returns its slot. */
  order(timeInForce: TimeInForce, instrument = 1, flags = 0): number {
    const { orders } = this.state.memory
    const order = orders.allocate(1, ++this.sequence)
    orders.int32[order * ORDER_SIZE + KIND] =
      (timesInForce[timeInForce] << TIME_IN_FORCE_SHIFT) | (instrument << INSTRUMENT_SHIFT) | flags
    this.orders.push(order)
    return order
  }

  ordersOf(instrument: Instrument, isMeant: (order: number) => boolean): number[] {
    const { orders } = this.state.memory
    return this.orders.filter((order) => orders.instrument(order) === instrument.number && isMeant(order))
  }

  waitingAtClose(instrument: Instrument): number[] {
    const { int32 } = this.state.memory.orders
    const isWaiting = (order: number) => (int32[order * ORDER_SIZE + KIND] & WAITING_AT_CLOSE) !== 0
    return this.ordersOf(instrument, isWaiting).reverse()
  }

  cancel(order: number, ref: number, reason: number): void {
    const [name] = Object.entries(cancelReason).find(([, number]) => number === reason)!
    this.write(`cancel ${this.idOf(order)} ${name}${ref === 0 ? '' : ` for ${ref}`}`)
    this.orders.splice(this.orders.indexOf(order), 1)
  }

  expire(order: number): void {
    this.write(`expire ${this.idOf(order)}`)
    this.orders.splice(this.orders.indexOf(order), 1)
  }

  takeOut(order: number): void {
    this.write(`take out ${this.idOf(order)}`)
    this.state.memory.orders.int32[order * ORDER_SIZE + KIND] &= ~WAITING_AT_CLOSE
  }

  rest(order: number): void {
    this.write(`rest ${this.idOf(order)}`)
  }

  uncross(instrument: Instrument): void {
    this.write(`uncross ${instrument.number}`)
  }

  lookAtStops(instrument: Instrument): void {
    this.write(`stops ${instrument.number}`)
    const act = this.whenStopsAreLookedAt
    this.whenStopsAreLookedAt = undefined
    act?.(instrument)
  }

  private happens(act: () => void): string[] {
    this.lines = []
    act()
    this.readEvents()
    return this.lines
  }

  private write(line: string): void {
    this.readEvents()
    this.lines.push(line)
  }

  private readEvents(): void {
    const { data } = this.out
    for (let base = 0; base < this.out.length; base += eventWidth(data[base + TYPE])) {
      expect(data[base + TYPE]).toBe(eventType.phaseChanged)
      this.lines.push(`phase ${data[base + INSTRUMENT]} ${nameOf(data[base + DETAIL_1])}`)
    }
    this.out.clear()
  }

  private idOf(order: number): number {
    return this.state.memory.orders.orderId(order)
  }
}

/** Microseconds since the epoch. */
function at(time: string): number {
  return Date.parse(time.length > 12 ? `${time}Z` : `2026-03-02T${time}Z`) * 1_000
}

function nameOf(phase: number): PhaseName {
  return (Object.keys(phases) as PhaseName[]).find((name) => phases[name] === phase)!
}

describe('entering a phase', () => {
  it('continuous: uncrosses, cancels at-open orders, announces the phase, looks at stops', () => {
    const floor = new Floor('08:55', { schedule: tradingDay })
    for (const timeInForce of ['atOpen', 'goodTillCancel', 'atClose', 'atOpen', 'day'] as const)
      floor.order(timeInForce)
    expect(floor.pass('09:00')).toEqual([
      'uncross 1',
      'cancel 1 auctionOver',
      'cancel 4 auctionOver',
      'phase 1 continuous',
      'stops 1',
    ])
  })

  it('closing auction: cancels at-open orders, then lets those in that waited for it, in their order', () => {
    const floor = new Floor('08:00')
    floor.admin('preOpen')
    floor.order('atClose', 1, WAITING_AT_CLOSE)
    floor.order('atOpen')
    floor.order('atClose', 1, WAITING_AT_CLOSE)
    expect(floor.admin('closingAuction')).toEqual([
      'cancel 2 auctionOver',
      'phase 1 closingAuction',
      'take out 3',
      'rest 3',
      'take out 1',
      'rest 1',
    ])
  })

  it('closed from the closing auction: uncrosses, cancels at-close orders, then day orders expire', () => {
    const floor = new Floor('17:32', { schedule: tradingDay })
    for (const timeInForce of ['day', 'atClose', 'goodTillDate', 'atClose', 'day'] as const) floor.order(timeInForce)
    expect(floor.pass('17:35')).toEqual([
      'uncross 1',
      'cancel 2 auctionOver',
      'cancel 4 auctionOver',
      'phase 1 closed',
      'expire 1',
      'expire 5',
    ])
  })

  it('closed from another phase: does not uncross, and ends at-open and at-close orders in one order of ids', () => {
    const floor = new Floor('08:00')
    floor.admin('preOpen')
    for (const timeInForce of ['atClose', 'atOpen', 'atClose'] as const) floor.order(timeInForce)
    expect(floor.admin('closed')).toEqual([
      'cancel 1 auctionOver',
      'cancel 2 auctionOver',
      'cancel 3 auctionOver',
      'phase 1 closed',
    ])
  })

  it('halted, pre-open or opening auction: nothing but the phase changes', () => {
    const floor = new Floor('08:00')
    for (const timeInForce of ['atClose', 'day', 'goodTillCancel'] as const) floor.order(timeInForce)
    expect(floor.admin('halted')).toEqual(['phase 1 halted'])
    expect(floor.admin('preOpen')).toEqual(['phase 1 preOpen'])
    expect(floor.admin('openingAuction')).toEqual(['phase 1 openingAuction'])
  })

  it('that the instrument is in already: nothing', () => {
    const floor = new Floor('08:00')
    floor.order('day')
    for (const phase of ['continuous', 'closed', 'openingAuction', 'closingAuction'] as const) {
      floor.admin(phase)
      expect(floor.admin(phase)).toEqual([])
    }
  })
})

describe('phases', () => {
  it.each<[PhaseName, TimeInForce[]]>([
    ['preOpen', ['goodTillCancel', 'day', 'goodTillDate', 'atOpen', 'atClose']],
    ['openingAuction', ['goodTillCancel', 'day', 'goodTillDate', 'atOpen', 'atClose']],
    ['continuous', ['goodTillCancel', 'immediateOrCancel', 'fillOrKill', 'day', 'goodTillDate', 'atClose']],
    ['closingAuction', ['goodTillCancel', 'day', 'goodTillDate', 'atClose']],
    ['halted', []],
    ['closed', []],
  ])('%s takes %j', (phase, expected) => {
    const floor = new Floor('08:00')
    floor.admin(phase)
    const taken = Object.entries(timesInForce).filter(([, number]) => floor.instrument().takes(number))
    expect(taken.map(([name]) => name)).toEqual(expected)
  })
})

describe('schedule', () => {
  it('says the first phase of a new instrument, without an announcement; without one it is continuous', () => {
    const floor = new Floor('12:00', { schedule: tradingDay })
    floor.define({ instrument: 2, schedule: '09:00 preOpen, 18:00 closed' })
    floor.define({ instrument: 3 })
    expect([floor.phase(1), floor.phase(2), floor.phase(3)]).toEqual(['continuous', 'preOpen', 'continuous'])
    expect(floor.pass('12:00')).toEqual([])
  })

  it('changes the phase at its time, instruments in the order in which they were defined', () => {
    const floor = new Floor('07:00', { schedule: tradingDay })
    floor.define({ instrument: 2, schedule: tradingDay })
    expect(floor.pass('07:59:59.999')).toEqual([])
    expect(floor.pass('08:00')).toEqual(['phase 1 preOpen', 'phase 2 preOpen'])
    expect(floor.pass('08:50')).toEqual(['phase 1 openingAuction', 'phase 2 openingAuction'])
  })

  it('makes up for what was missed, one change after the other, also over days', () => {
    const floor = new Floor('07:00', { schedule: '09:00 continuous, 17:00 closed' })
    floor.order('day')
    expect(floor.pass('2026-03-03T10:00')).toEqual([
      'uncross 1',
      'phase 1 continuous',
      'stops 1',
      'phase 1 closed',
      'expire 1',
      'uncross 1',
      'phase 1 continuous',
      'stops 1',
    ])
  })

  it('that is new takes effect from its next change on', () => {
    const floor = new Floor('12:00', { schedule: tradingDay })
    floor.define({ schedule: '10:00 closed, 13:00 preOpen' })
    expect(floor.phase()).toBe('continuous')
    expect(floor.pass('12:59')).toEqual([])
    expect(floor.pass('13:00')).toEqual(['phase 1 preOpen'])
    // 17:30 was a change of the old schedule.
    expect(floor.pass('18:00')).toEqual([])
  })

  it('that is taken away leaves the phase as it is', () => {
    const floor = new Floor('08:10', { schedule: tradingDay })
    floor.define({})
    expect(floor.pass('2026-03-04T12:00')).toEqual([])
    expect(floor.phase()).toBe('preOpen')
  })
})

describe('an admin', () => {
  it('halts an instrument until an admin changes its phase: scheduled changes pass it by', () => {
    const floor = new Floor('12:00', { schedule: tradingDay })
    floor.admin('halted')
    expect(floor.pass('17:32')).toEqual([])
    expect(floor.admin('closingAuction')).toEqual(['phase 1 closingAuction'])
    expect(floor.pass('17:35')).toEqual(['uncross 1', 'phase 1 closed'])
  })

  it('may change the phase between two scheduled changes', () => {
    const floor = new Floor('12:00', { schedule: tradingDay })
    expect(floor.admin('preOpen')).toEqual(['phase 1 preOpen'])
    expect(floor.pass('17:30')).toEqual(['phase 1 closingAuction'])
  })

  it('begins an opening auction that ends by itself after auctionDurationMs', () => {
    const floor = new Floor('12:00', { auctionDurationMs: 60_000 })
    expect(floor.admin('openingAuction')).toEqual(['phase 1 openingAuction'])
    expect(floor.pass('12:00:59.999')).toEqual([])
    expect(floor.pass('12:01')).toEqual(['uncross 1', 'phase 1 continuous', 'stops 1'])
  })

  it('has to end an opening auction whose duration is 0', () => {
    const floor = new Floor('12:00')
    floor.admin('openingAuction')
    expect(floor.pass('23:59')).toEqual([])
    expect(floor.admin('continuous')).toEqual(['uncross 1', 'phase 1 continuous', 'stops 1'])
  })

  it('takes the place of the end of an auction', () => {
    const floor = new Floor('12:00', { auctionDurationMs: 60_000 })
    floor.admin('openingAuction')
    floor.admin('preOpen')
    expect(floor.pass('12:30')).toEqual([])
    expect(floor.phase()).toBe('preOpen')
  })
})

describe('a volatility halt', () => {
  const volatile = { haltDurationMs: 30_000, auctionDurationMs: 60_000 }

  it('lasts haltDurationMs, then the opening auction lasts auctionDurationMs', () => {
    const floor = new Floor('12:00', volatile)
    expect(floor.haltForVolatility()).toEqual(['phase 1 halted'])
    expect(floor.pass('12:00:29.999')).toEqual([])
    expect(floor.pass('12:00:30')).toEqual(['phase 1 openingAuction'])
    expect(floor.pass('12:01:29.999')).toEqual([])
    expect(floor.pass('12:01:30')).toEqual(['uncross 1', 'phase 1 continuous', 'stops 1'])
    // What is over does not have to be taken away: the day still begins.
    floor.admin('halted')
    expect(floor.state.timers.list().map(({ kind }) => kind)).toEqual([timerKind.dayBegins])
  })

  it('and its auction last from when they were due, not from when a command came', () => {
    const floor = new Floor('12:00', volatile)
    floor.haltForVolatility()
    expect(floor.pass('12:01:29')).toEqual(['phase 1 openingAuction'])
    expect(floor.pass('12:01:30')).toEqual(['uncross 1', 'phase 1 continuous', 'stops 1'])
  })

  it.each<[string, Partial<InstrumentDefinition>, string[], string[]]>([
    ['halt', { ...volatile, haltDurationMs: 0 }, ['phase 1 halted', 'phase 1 openingAuction'], ['12:01:00']],
    ['auction', { ...volatile, auctionDurationMs: 0 }, ['phase 1 halted'], ['12:00:30']],
  ])('skips the %s if its duration is 0', (_, terms, atOnce, [end]) => {
    const floor = new Floor('12:00', terms)
    expect(floor.haltForVolatility()).toEqual(atOnce)
    expect(floor.pass(end)).toEqual(['uncross 1', 'phase 1 continuous', 'stops 1'])
  })

  it('is over at once if both durations are 0, having uncrossed the book', () => {
    const floor = new Floor('12:00')
    expect(floor.haltForVolatility()).toEqual(['phase 1 halted', 'uncross 1', 'phase 1 continuous', 'stops 1'])
    expect(floor.instrument().phaseTimer).toBe(0)
  })

  it('gives way to a scheduled change', () => {
    const floor = new Floor('17:29:50', { ...volatile, schedule: tradingDay })
    floor.haltForVolatility()
    expect(floor.pass('17:30')).toEqual(['phase 1 closingAuction'])
    expect(floor.pass('17:34')).toEqual([])
  })

  it('becomes one without an end when an admin halts the instrument', () => {
    const floor = new Floor('12:00', { ...volatile, schedule: tradingDay })
    floor.haltForVolatility()
    expect(floor.admin('halted')).toEqual([])
    expect(floor.pass('2026-03-03T12:00')).toEqual([])
  })

  it('may begin while stops are looked at, as continuous trading begins', () => {
    const floor = new Floor('08:59', { ...volatile, schedule: tradingDay })
    floor.whenStopsAreLookedAt = (instrument) => floor.phases.haltForVolatility(instrument)
    expect(floor.pass('09:00')).toEqual(['uncross 1', 'phase 1 continuous', 'stops 1', 'phase 1 halted'])
    expect(floor.pass('09:00:30')).toEqual(['phase 1 openingAuction'])
  })
})

describe('time', () => {
  it('lets an order expire at its time, and its timer is forgotten', () => {
    const floor = new Floor('12:00')
    const { memory, timers } = floor.state
    const order = floor.order('goodTillDate')
    const terms = memory.orders.terms.allocate()
    memory.orders.int32[order * ORDER_SIZE + TERMS] = terms
    memory.orders.terms.int32[terms * TERMS_SIZE + TIMER] = timers.add(at('12:30'), timerKind.orderExpires, order)
    expect(floor.pass('12:29:59.999')).toEqual([])
    expect(floor.pass('12:30')).toEqual(['expire 1'])
    expect(memory.orders.terms.int32[terms * TERMS_SIZE + TIMER]).toBe(0)
  })

  it('begins a day at midnight UTC: day orders of instruments without a schedule expire, by instrument, then by id', () => {
    const floor = new Floor('12:00')
    floor.define({ instrument: 2, schedule: '00:00 continuous' })
    floor.define({ instrument: 3 })
    for (const instrument of [3, 1, 2, 3, 1]) floor.order('day', instrument)
    floor.order('goodTillCancel')
    expect(floor.pass('23:59:59.999')).toEqual([])
    expect(floor.pass('2026-03-03T00:00')).toEqual(['expire 2', 'expire 5', 'expire 1', 'expire 4'])
  })

  it('begins every day, also those that were missed', () => {
    const floor = new Floor('12:00')
    floor.pass('2026-03-05T12:00')
    expect(floor.state.timers.list()).toEqual([
      { dueUs: at('2026-03-06T00:00'), kind: timerKind.dayBegins, subject: 0 },
    ])
    floor.order('day')
    expect(floor.pass('2026-03-06T00:00')).toEqual(['expire 1'])
  })

  it('in continuous trading counts from midnight, or from when the phase was due', () => {
    const floor = new Floor('08:59', { schedule: '09:00 continuous, 17:00 closed' })
    floor.pass('09:05')
    expect(floor.instrument().tradingUs(at('09:05'))).toBe(5 * 60_000_000)
    floor.pass('18:00')
    expect(floor.instrument().tradingUs(at('18:00'))).toBe(8 * 3_600_000_000)
    floor.pass('2026-03-03T09:01')
    expect(floor.instrument().tradingUs(at('2026-03-03T09:01'))).toBe(60_000_000)
  })

  it('is that of what happens while it happens', () => {
    const floor = new Floor('08:59', { schedule: '09:00 continuous, 17:00 closed' })
    let timeUs = 0
    floor.whenStopsAreLookedAt = () => {
      timeUs = floor.state.timeUs
    }
    floor.pass('09:05')
    expect(timeUs).toBe(at('09:00'))
    expect(floor.state.timeUs).toBe(at('09:05'))
  })
})

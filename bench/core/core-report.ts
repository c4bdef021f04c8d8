/** What the core suite measured, as figures, tables and a picture. */
import { formatNumber } from '../report.ts'
import { median } from '../statistics.ts'
import type { Figure, Report, Table } from '../suite.ts'
import type { Answers, Rates, SingleCommands, VenueName, VenueRates } from './measurement.ts'
import { type Line, ratesPicture } from './rates-picture.ts'

/** The mixed flow at one size of the book. */
export interface BySize {
  readonly restingOrders: number
  readonly levelCount: number
  /** nodejs-order-book is not there at every size. */
  readonly rates: VenueRates
}

export interface Measured {
  /** Smallest first. */
  readonly bySize: readonly BySize[]
  /** The book alone. */
  readonly bursts: Readonly<Record<'oneSide' | 'sweeps' | 'wandering' | 'static', Rates>>
  readonly manyInstruments: Rates
  readonly singleCommands: SingleCommands
  readonly sweeps: Answers['sweeps']
  readonly memory: Answers['memory']
}

export function composeReport(measured: Measured): Report {
  const { bySize, bursts, manyInstruments, singleCommands, sweeps, memory } = measured
  const smallest = bySize[0].rates
  const applyMixed = rateOf(smallest, 'exchange')
  const reference = rateOf(smallest, 'nodejsOrderBook')
  const burstRates = {
    bookBurstsOneSide: rateOf(bursts.oneSide.rates, 'book'),
    bookBurstsSweeps: rateOf(bursts.sweeps.rates, 'book'),
    bookBurstsWandering: rateOf(bursts.wandering.rates, 'book'),
    bookBurstsStatic: rateOf(bursts.static.rates, 'book'),
  }
  const rates = {
    bookMixed: rateOf(smallest, 'book'),
    bookBursts: Math.min(...Object.values(burstRates)),
    ...burstRates,
    applyMixed,
    applyDeep: rateOf(bySize[bySize.length - 1].rates, 'exchange'),
    applyManyInstruments: rateOf(manyInstruments.rates, 'exchange'),
    ...ratesBySize('bookAt', bySize, 'book'),
    ...ratesBySize('applyAt', bySize, 'exchange'),
  }
  return {
    method: [
      'Mixed flow: 47 passive limit orders : 45 cancels : 5 crossing limit orders : 3 immediate-or-cancel or market orders; about',
      '1,000 resting orders on 100 price levels and 16 participants with 2 sessions each, unless stated otherwise. Each measurement in a thread of its own.',
    ],
    tables: [
      mixedTable(bySize[0], reference),
      sizeTable(bySize),
      otherFlowsTable(measured),
      singleTable(singleCommands, sweeps, memory.bytesPerRestingOrder),
    ],
    caveats: [
      'Trades, traded lots and resting orders of every round of every venue were those of the generator: a round that does other work ends the run.',
      'No network, no log. With V8 as the engine sets it up. The exchange writes its events to a buffer that is emptied every 64 commands.',
      'The book alone, and nodejs-order-book, check no limits, keep no ledger and write no events.',
      'Run it on an otherwise idle machine; the spread between rounds shows how idle it was.',
    ],
    results: {
      ...figures(rates, 'commands/s'),
      bytesPerRestingOrder: { value: memory.bytesPerRestingOrder, unit: 'bytes' },
      sweep100kMs: { value: median(sweeps), unit: 'ms' },
      applyP999Us: { value: singleCommands.p999Us, unit: 'µs' },
      longestGcPauseMs: { value: singleCommands.longestGcPauseMs, unit: 'ms' },
    },
    reference: {
      nodejsOrderBookMixed: { value: reference, unit: 'commands/s' },
      ...figures(ratesBySize('nodejsOrderBookAt', bySize, 'nodejsOrderBook'), 'commands/s'),
    },
    ratios: { applyMixedToNodejsOrderBook: applyMixed / reference },
  }
}

export function picture(bySize: readonly BySize[]): string {
  const line = (label: string, colour: string, venue: VenueName): Line => ({
    label,
    colour,
    points: bySize
      .filter(({ rates }) => rates[venue] !== undefined)
      .map(({ restingOrders, rates }) => ({ restingOrders, rate: rateOf(rates, venue) })),
  })
  return ratesPicture('Mixed flow: million commands per second, by size of the book', [
    line('OrderBook: matching', '#3b82f6', 'book'),
    line('Exchange.apply: everything', '#d97706', 'exchange'),
    line('nodejs-order-book: matching', '#7d8590', 'nodejsOrderBook'),
  ])
}

/** The median round of a venue that took part. */
function rateOf(rates: VenueRates, venue: VenueName): number {
  const rounds = rates[venue]
  if (rounds === undefined) throw new Error(`${venue} took no part`)
  return median(rounds)
}

function ratesBySize(prefix: string, bySize: readonly BySize[], venue: VenueName): Record<string, number> {
  const present = bySize.filter(({ rates }) => rates[venue] !== undefined)
  return Object.fromEntries(
    present.map(({ restingOrders, rates }) => [`${prefix}${restingOrders}`, rateOf(rates, venue)]),
  )
}

function figures(values: Readonly<Record<string, number>>, unit: string): Record<string, Figure> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value, unit }]))
}

const rateColumns = ['median', 'slowest round', 'fastest round']

function rateCells(rounds: readonly number[] = []): string[] {
  return [median(rounds), Math.min(...rounds), Math.max(...rounds)].map(formatNumber)
}

function mixedTable({ rates }: BySize, reference: number): Table {
  const row = (name: string, venue: VenueName) => [
    name,
    ...rateCells(rates[venue]),
    formatNumber(rateOf(rates, venue) / reference),
  ]
  return {
    title: 'Mixed flow, commands per second',
    columns: ['', ...rateColumns, 'to reference'],
    rows: [
      row('OrderBook: matching only', 'book'),
      row('Exchange.apply: sessions, risk, ledger, matching, events', 'exchange'),
      row('nodejs-order-book, the reference: matching only', 'nodejsOrderBook'),
    ],
  }
}

function sizeTable(bySize: readonly BySize[]): Table {
  const cell = (rates: VenueRates, venue: VenueName) =>
    rates[venue] === undefined ? '–' : formatNumber(rateOf(rates, venue))
  return {
    title: 'Mixed flow by size of the book, commands per second',
    columns: ['resting orders', 'price levels', 'OrderBook', 'Exchange.apply', 'nodejs-order-book'],
    rows: bySize.map(({ restingOrders, levelCount, rates }) => [
      ...[restingOrders, levelCount].map((count) => count.toLocaleString('en-US')),
      ...(['book', 'exchange', 'nodejsOrderBook'] as const).map((venue) => cell(rates, venue)),
    ]),
  }
}

function otherFlowsTable({ bursts, manyInstruments }: Measured): Table {
  const row = (name: string, { rates, timedCommands, tradeCount }: Rates, venue: VenueName) => [
    name,
    ...rateCells(rates[venue]),
    formatNumber(timedCommands),
    formatNumber(tradeCount),
  ]
  return {
    title: 'Other flows, commands per second',
    columns: ['', ...rateColumns, 'commands', 'trades'],
    rows: [
      row('OrderBook: bursts of new orders on one side, 5,000 resting', bursts.oneSide, 'book'),
      row('OrderBook: sweeps of 10,000 levels × 10 orders', bursts.sweeps, 'book'),
      row('OrderBook: wandering over 40,000 ticks, 95 % cancelled, 15 % IOC', bursts.wandering, 'book'),
      row('OrderBook: static price, 40,000 resting on 60 levels', bursts.static, 'book'),
      row('Exchange.apply: 1,000 instruments, 1,000 resting in each', manyInstruments, 'exchange'),
    ],
  }
}

function singleTable(single: SingleCommands, sweeps: readonly number[], bytesPerRestingOrder: number): Table {
  const row = (name: string, value: number, unit: string) => [name, formatNumber(value), unit]
  return {
    title: 'Exchange.apply, one by one',
    columns: ['', 'median of the rounds', ''],
    rows: [
      row('one command of the mixed flow, p50', single.p50Us, 'µs'),
      row('the same, p99.9', single.p999Us, 'µs'),
      row('the same, longest of all rounds', single.maxUs, 'µs'),
      row('of which reading the clock', single.clockUs, 'µs'),
      row('longest pause for garbage in all rounds', single.longestGcPauseMs, 'ms'),
      row('one order that sweeps 100,000 resting orders', median(sweeps), 'ms'),
      row('memory of a resting order, a million on 100,000 levels', bytesPerRestingOrder, 'bytes'),
    ],
  }
}

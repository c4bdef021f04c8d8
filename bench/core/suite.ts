/**
 * The core suite: the exchange alone, in this process, beside nodejs-order-book on the same flow. Rounds of the two
 * alternate, each on a fresh venue that was filled and warmed by the same commands; the figure is the median round.
 */
import { performance } from 'node:perf_hooks'
import { formatNumber } from '../report.ts'
import { median, percentile } from '../statistics.ts'
import type { Report, SuiteContext } from '../suite.ts'
import { ExchangeVenue } from './exchange-venue.ts'
import { longestGcPauseMs } from './gc-pauses.ts'
import { MixedFlow } from './mixed-flow.ts'
import { NodejsOrderBookVenue, orderIds } from './nodejs-order-book-venue.ts'
import { checkOutcome, type Venue } from './venue.ts'

const seed = 20_260
const warmupCommands = 50_000
const timedCommands = 500_000
const minimumRounds = 3

export async function runCoreSuite(context: SuiteContext): Promise<Report> {
  context.progress('generating the flow')
  const flow = new MixedFlow(warmupCommands + timedCommands, seed)
  const ids = orderIds(flow)

  // The first round of each only warms the compiler.
  round('exchange', new ExchangeVenue(), flow)
  round('nodejs-order-book', new NodejsOrderBookVenue(ids), flow)

  const exchangeRates: number[] = []
  const referenceRates: number[] = []
  const deadline = performance.now() + context.seconds * 1_000
  while (exchangeRates.length < minimumRounds || performance.now() < deadline) {
    context.signal.throwIfAborted()
    context.progress(`round ${exchangeRates.length + 1}`)
    exchangeRates.push(round('exchange', new ExchangeVenue(), flow))
    referenceRates.push(round('nodejs-order-book', new NodejsOrderBookVenue(ids), flow))
    // Lets Ctrl-C and other events in between two rounds.
    await new Promise((resolve) => setImmediate(resolve))
  }

  context.progress('latency of single commands')
  const single = await singleApply(flow)
  return report(flow, exchangeRates, referenceRates, single)
}

/** One round: commands per second of the timed part. */
function round(name: string, venue: Venue, flow: MixedFlow): number {
  venue.apply(flow, 0, warmupCommands)
  const start = performance.now()
  venue.apply(flow, warmupCommands, flow.count)
  const seconds = (performance.now() - start) / 1_000
  checkOutcome(name, venue, flow)
  return timedCommands / seconds
}

interface SingleApply {
  readonly p50Us: number
  readonly p999Us: number
  readonly maxUs: number
  readonly clockUs: number
  readonly longestGcPauseMs: number
}

/** Times every single command, in a round of its own because reading the clock costs about as much as a command. */
async function singleApply(flow: MixedFlow): Promise<SingleApply> {
  const venue = new ExchangeVenue()
  venue.apply(flow, 0, warmupCommands)
  const durations = new Float64Array(timedCommands)
  const pauseMs = await longestGcPauseMs(() => {
    for (let index = 0; index < timedCommands; index++) {
      venue.clearEvents()
      const start = performance.now()
      venue.applyOne(flow, warmupCommands + index)
      durations[index] = performance.now() - start
    }
  })
  checkOutcome('exchange', venue, flow)
  const clock = Float64Array.from({ length: 10_000 }, () => -performance.now() + performance.now())
  return {
    p50Us: percentile(durations, 0.5) * 1_000,
    p999Us: percentile(durations, 0.999) * 1_000,
    maxUs: percentile(durations, 1) * 1_000,
    clockUs: percentile(clock, 0.5) * 1_000,
    longestGcPauseMs: pauseMs,
  }
}

function report(flow: MixedFlow, exchangeRates: number[], referenceRates: number[], single: SingleApply): Report {
  const applyMixed = median(exchangeRates)
  const reference = median(referenceRates)
  const rate = (name: string, values: number[]) => [
    name,
    formatNumber(median(values)),
    formatNumber(Math.min(...values)),
    formatNumber(Math.max(...values)),
    formatNumber(median(values) / reference),
  ]
  const { tradeCount, tradedLots, restingOrders } = flow.expected
  return {
    method: [
      'Mixed flow: 47 passive limit orders : 45 cancels : 5 crossing limit orders : 3 immediate-or-cancel or market orders;',
      `about 1,000 resting orders on 100 price levels, 16 participants with 2 sessions each; ${formatNumber(timedCommands)} commands a round, ${exchangeRates.length} alternating rounds.`,
    ],
    tables: [
      {
        title: 'Commands per second',
        columns: ['', 'median', 'slowest round', 'fastest round', 'to reference'],
        rows: [
          rate('Exchange.apply: sessions, risk, ledger, matching, events', exchangeRates),
          rate('nodejs-order-book: matching only', referenceRates),
        ],
      },
      {
        title: 'A single command',
        columns: ['', 'p50 µs', 'p99.9 µs', 'max µs', 'clock µs, included', 'longest GC pause ms'],
        rows: [
          [
            'Exchange.apply',
            ...[single.p50Us, single.p999Us, single.maxUs, single.clockUs, single.longestGcPauseMs].map(formatNumber),
          ],
        ],
      },
    ],
    caveats: [
      `Same work checked after every round, on both: ${formatNumber(tradeCount)} trades, ${formatNumber(tradedLots)} lots traded, ${formatNumber(restingOrders)} orders left resting.`,
      'In this process, one thread, both with the inlining budget that the engine gives V8: no network, no log. The reference checks no limits, keeps no ledger and writes no events.',
      'Run it on an otherwise idle machine; the spread between rounds shows how idle it was.',
    ],
    results: {
      applyMixed: { value: applyMixed, unit: 'commands/s' },
      applyP999Us: { value: single.p999Us, unit: 'µs' },
      longestGcPauseMs: { value: single.longestGcPauseMs, unit: 'ms' },
    },
    reference: { nodejsOrderBookMixed: { value: reference, unit: 'commands/s' } },
    ratios: { applyMixedToNodejsOrderBook: applyMixed / reference },
  }
}

/**
 * One measurement in a thread of its own: its code is compiled for this measurement alone, as it would be in a process
 * that does nothing else, and nothing but it takes memory. Started by the suite; the answer is its only message.
 */
import { performance } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { parentPort, workerData } from 'node:worker_threads'
import { enumerations, messages } from '../../protocol/messages.ts'
import { median, percentile } from '../statistics.ts'
import { BookVenue } from './book-venue.ts'
import { ExchangeVenue } from './exchange-venue.ts'
import type { Flow } from './flow.ts'
import { makeFlow } from './flows.ts'
import { longestGcPauseMs } from './gc-pauses.ts'
import type { Answers, Job, Rates, SingleCommands, VenueName } from './measurement.ts'
import { NodejsOrderBookVenue, orderIds } from './nodejs-order-book-venue.ts'
import { checkOutcome, type Venue } from './venue.ts'

const { immediateOrCancel } = enumerations.timeInForce

const minimumRounds = 3
const { seconds, share, measurement } = workerData as Job

setFlagsFromString('--expose-gc')
/** Collects all garbage, so that no round pays for what came before it. */
const collectGarbage = runInNewContext('gc') as () => void

parentPort?.postMessage(await answer())

async function answer(): Promise<Answers[keyof Answers]> {
  switch (measurement.kind) {
    case 'rates':
      return rates(makeFlow(measurement.flow, share), measurement.venues)
    case 'singleCommands':
      return singleCommands(makeFlow('mixed', share))
    case 'sweeps':
      return sweeps(makeFlow('singleSweeps', share))
    case 'memory':
      return memory(makeFlow('mixed1m', share))
  }
}

/**
 * Runs rounds until the time is up; three at least, if that does not take three times as long. The first one only warms
 * the compiler.
 */
async function repeat(round: (isMeasured: boolean) => void | Promise<void>): Promise<void> {
  await round(false)
  const start = performance.now()
  const elapsed = () => (performance.now() - start) / (seconds * 1_000)
  await round(true)
  for (let count = 1; elapsed() < 1 || (count < minimumRounds && elapsed() < minimumRounds); count++) await round(true)
}

/** Makes a venue that has nothing behind it. */
function venueMaker(name: VenueName, flow: Flow): () => Venue {
  if (name === 'book') return () => new BookVenue()
  if (name === 'exchange') return () => new ExchangeVenue(flow)
  const ids = orderIds(flow)
  return () => new NodejsOrderBookVenue(ids)
}

async function rates(flow: Flow, names: readonly VenueName[]): Promise<Rates> {
  const contestants = names.map((name) => {
    const make = venueMaker(name, flow)
    return { name, make, latest: make(), rates: [] as number[] }
  })
  await repeat((isMeasured) => {
    for (const contestant of contestants) {
      // The latest venue stays until there is the next one: V8 forgets the code that it compiled for objects that are
      // gone.
      contestant.latest = contestant.make()
      const rate = timedRate(contestant.name, contestant.latest, flow)
      if (isMeasured) contestant.rates.push(rate)
    }
  })
  const byVenue = Object.fromEntries(contestants.map((contestant) => [contestant.name, contestant.rates]))
  return { rates: byVenue, timedCommands: flow.timedCount, ...flow.expected, levelCount: flow.levelCount }
}

/** Commands per second of the timed part. */
function timedRate(name: VenueName, venue: Venue, flow: Flow): number {
  venue.apply(flow, 0, flow.timedFrom)
  collectGarbage()
  const start = performance.now()
  venue.apply(flow, flow.timedFrom, flow.count)
  const elapsedSeconds = (performance.now() - start) / 1_000
  checkOutcome(name, venue, flow)
  return flow.timedCount / elapsedSeconds
}

/** Times every single command, in rounds of its own because reading the clock costs about as much as a command. */
async function singleCommands(flow: Flow): Promise<SingleCommands> {
  const durations = new Float64Array(flow.timedCount)
  const rounds: { p50: number; p999: number; max: number; pauseMs: number }[] = []
  await repeat(async (isMeasured) => {
    const venue = new ExchangeVenue(flow)
    venue.apply(flow, 0, flow.timedFrom)
    collectGarbage()
    const pauseMs = await longestGcPauseMs(() => {
      for (let index = 0; index < durations.length; index++) {
        venue.clearEvents()
        const start = performance.now()
        venue.applyOne(flow, flow.timedFrom + index)
        durations[index] = performance.now() - start
      }
    })
    checkOutcome('exchange', venue, flow)
    const [p50, p999, max] = [0.5, 0.999, 1].map((share) => percentile(durations, share))
    if (isMeasured) rounds.push({ p50, p999, max, pauseMs })
  })
  const clock = Float64Array.from({ length: 10_000 }, () => -performance.now() + performance.now())
  return {
    p50Us: median(rounds.map(({ p50 }) => p50)) * 1_000,
    p999Us: median(rounds.map(({ p999 }) => p999)) * 1_000,
    maxUs: Math.max(...rounds.map(({ max }) => max)) * 1_000,
    clockUs: percentile(clock, 0.5) * 1_000,
    longestGcPauseMs: Math.max(...rounds.map(({ pauseMs }) => pauseMs)),
  }
}

/** Times each order that sweeps; the first one warms up. */
async function sweeps(flow: Flow): Promise<number[]> {
  const milliseconds: number[] = []
  await repeat((isMeasured) => {
    const venue = new ExchangeVenue(flow)
    for (let from = 0; from < flow.count; ) {
      const sweep = flow.timeInForce.indexOf(immediateOrCancel, from)
      venue.apply(flow, from, sweep)
      collectGarbage()
      const start = performance.now()
      venue.apply(flow, sweep, sweep + 1)
      if (isMeasured && sweep >= flow.timedFrom) milliseconds.push(performance.now() - start)
      from = sweep + 1
    }
    checkOutcome('exchange', venue, flow)
  })
  return milliseconds
}

/** What the process holds more than before once the book has its size: pools as they grew, not made to fit. */
function memory(flow: Flow): Answers['memory'] {
  const restingOrders = flow.type.indexOf(messages.cancelOrder.number)
  const before = heldBytes()
  const venue = new ExchangeVenue(flow)
  venue.apply(flow, 0, restingOrders)
  const bytes = heldBytes() - before
  // Also keeps the venue alive until here.
  if (venue.outcome().restingOrders !== restingOrders) throw new Error('not every order that fills the book rests')
  return { bytesPerRestingOrder: bytes / restingOrders }
}

/** Memory of this thread that is reachable: objects and array buffers. */
function heldBytes(): number {
  collectGarbage()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

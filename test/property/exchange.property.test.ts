/**
 * Generated command streams through the exchange and its model: every event and all state must be the same, the
 * invariants must hold, and a replay must come to the same state. PROPERTY_SEED and PROPERTY_RUNS choose other and more
 * streams; a failure prints the seed and the shortest stream that still fails. Streams that failed once are kept in the
 * folder regressions, as JSON of { setup, steps }.
 */
import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Command, EventBuffer, Exchange, eventType } from '../../engine/core/index.ts'
import { errors } from '../../protocol/errors.ts'
import { enumerations } from '../../protocol/messages.ts'
import { type Applied, applyMessage, Driver } from './driver.ts'
import { type Crowd, type FlowName, fewTraders, flows, manyTraders } from './flows.ts'
import { stepOf } from './generators.ts'
import { readRecords } from './naive-records.ts'
import { setupOf } from './setups.ts'
import { type Regression, whatIsWrong } from './stream.ts'

const seed = Number(process.env.PROPERTY_SEED ?? 20_261_120)
const defaultRuns = 50
const runs = Number(process.env.PROPERTY_RUNS ?? defaultRuns)
/** However slow the machine is and however many streams were asked for. */
const timeout = 60_000 + runs * 1_000
const flowNames = Object.keys(flows) as FlowName[]

/** What occurred in the streams, so that the test can tell when it stops seeing something. */
const seen = {
  types: new Set<number>(),
  rejectCodes: new Set<number>(),
  cancelReasons: new Set<number>(),
  phases: new Set<number>(),
  liquidity: new Set<number>(),
}

function note(events: EventBuffer): void {
  for (const { type, detail1 } of readRecords(events)) {
    seen.types.add(type)
    if (type === eventType.rejected || type === eventType.quoteRejected) seen.rejectCodes.add(detail1)
    if (type === eventType.cancelled) seen.cancelReasons.add(detail1)
    if (type === eventType.phaseChanged) seen.phases.add(detail1)
    if (type === eventType.filled) seen.liquidity.add(detail1)
  }
}

interface Streams {
  readonly crowd: Crowd
  readonly numRuns: number
  readonly check: (stream: Regression) => void
}

function checkStreams(name: FlowName, { crowd, numRuns, check }: Streams): void {
  const steps = fc.array(stepOf(flows[name], crowd), { maxLength: 600, size: 'max' })
  const property = fc.property(setupOf(flows[name], crowd), steps, (setup, some) => check({ setup, steps: some }))
  fc.assert(property, { seed, numRuns })
}

function checkModel(stream: Regression): void {
  const wrong = whatIsWrong(undefined, stream, 5, (driver) => note(driver.modelEvents))
  if (wrong) throw new Error(`step ${wrong.step}: ${wrong.text}`)
}

/** @param stepsPerStateCheck how often all state is compared */
function checkExchange(stream: Regression, stepsPerStateCheck = 1): void {
  // Little memory, so that it has to grow; the replay has enough from the start.
  const exchange = new Exchange(1)
  const wrong = whatIsWrong(exchange, stream, stepsPerStateCheck)
  if (wrong) throw new Error(`step ${wrong.step}: ${wrong.text}`)
  expect(replay(stream).stateHash(), 'state hash after a replay').toBe(exchange.stateHash())
}

function replay({ setup, steps }: Regression): Exchange {
  const log: Applied[] = []
  const driver = new Driver(undefined, setup, (applied) => log.push(applied))
  for (const step of steps) driver.run(step)
  const exchange = new Exchange()
  const out = new EventBuffer()
  for (const applied of log) {
    out.clear()
    if (applied instanceof Command) exchange.apply(applied, out)
    else applyMessage(exchange, applied, out)
  }
  return exchange
}

describe(`the model alone, seed ${seed}, ${runs} streams of each flow`, { timeout }, () => {
  it.each(flowNames)('keeps the invariants of any exchange in the flow %s', (name) => {
    checkStreams(name, { crowd: fewTraders, numRuns: runs, check: checkModel })
  })

  it.runIf(runs >= defaultRuns)('saw every event, reject code, cancel reason, phase and liquidity', () => {
    const rejectCodes = Object.values(errors).filter((error) => error.answer === 'reject')
    expect(sorted(seen.types)).toEqual(sorted(Object.values(eventType)))
    expect(sorted(seen.rejectCodes)).toEqual(sorted(rejectCodes.map((error) => error.number)))
    expect(sorted(seen.cancelReasons)).toEqual(sorted(Object.values(enumerations.cancelReason)))
    expect(sorted(seen.phases)).toEqual(sorted(Object.values(enumerations.phase)))
    expect(sorted(seen.liquidity)).toEqual(sorted(Object.values(enumerations.liquidity)))
  })
})

describe(`exchange and model, seed ${seed}, ${runs} streams of each flow`, { timeout }, () => {
  it.each(flowNames)('agree on every event and all state in the flow %s', (name) => {
    checkStreams(name, { crowd: fewTraders, numRuns: runs, check: checkExchange })
  })

  it('agree on every event and all state where there are many participants, sessions and instruments', () => {
    const check = (stream: Regression) => checkExchange(stream, 50)
    checkStreams('deep', { crowd: manyTraders, numRuns: Math.ceil(runs / 10), check })
  })
})

describe('streams that failed once', () => {
  const folder = new URL('regressions/', import.meta.url)
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'))

  it.each(files)('agree now: %s', (file) => {
    const stream: Regression = JSON.parse(readFileSync(new URL(file, folder), 'utf8'))
    checkModel(stream)
    checkExchange(stream)
  })
})

function sorted(numbers: Iterable<number>): number[] {
  return [...numbers].toSorted((one, other) => one - other)
}

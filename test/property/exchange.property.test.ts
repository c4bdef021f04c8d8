/**
 * Generated command streams through the exchange and its model: every event and all state must be the same, the
 * invariants must hold, and a replay must come to the same state. PROPERTY_SEED and PROPERTY_RUNS choose other and more
 * streams; a failure prints the seed and the shortest stream that still fails.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Command, EventBuffer, Exchange, eventLayout, eventType, eventWidth } from '../../engine/core/index.ts'
import { errors } from '../../protocol/errors.ts'
import { enumerations } from '../../protocol/messages.ts'
import { type Applied, Driver } from './driver.ts'
import { type Crowd, deepFlow, type Flow, fewTraders, manyTraders, roughFlow, setupOf, stepOf } from './generators.ts'
import { brokenInvariant, EventNumbers } from './invariants.ts'
import type { Setup, Step } from './steps.ts'

const { DETAIL_1, TYPE } = eventLayout

const seed = Number(process.env.PROPERTY_SEED ?? 20_261_120)
const defaultRuns = 50
const runs = Number(process.env.PROPERTY_RUNS ?? defaultRuns)
/** However slow the machine is and however many streams were asked for. */
const timeout = 60_000 + runs * 1_000

/** What occurred in the streams, so that the test can tell when it stops seeing something. */
const seen = { types: new Set<number>(), rejectCodes: new Set<number>(), cancelReasons: new Set<number>() }

function note(events: EventBuffer): void {
  for (let base = 0; base < events.length; base += eventWidth(events.data[base + TYPE])) {
    const type = events.data[base + TYPE]
    seen.types.add(type)
    if (type === eventType.rejected) seen.rejectCodes.add(events.data[base + DETAIL_1])
    if (type === eventType.cancelled) seen.cancelReasons.add(events.data[base + DETAIL_1])
  }
}

function replay(log: readonly Applied[]): Exchange {
  const exchange = new Exchange()
  const out = new EventBuffer()
  for (const applied of log) {
    out.clear()
    if (applied instanceof Command) exchange.apply(applied, out)
    else exchange.applyDefinition(applied.definition, applied.sequence, applied.timeUs, applied.session, out)
  }
  return exchange
}

function checkStream(start: Setup, steps: readonly Step[], stepsPerStateCheck: number): void {
  // Little memory, so that it has to grow; the replay has enough from the start.
  const exchange = new Exchange(1)
  const log: Applied[] = []
  const driver = new Driver(exchange, start, (applied) => log.push(applied))
  const eventNumbers = new EventNumbers()
  const instruments = start.instruments.map((row) => row.instrument)
  for (const [index, step] of steps.entries()) {
    const isStateDue = index % stepsPerStateCheck === 0 || index === steps.length - 1
    const broken =
      driver.run(step) ??
      eventNumbers.broken(driver.subjectEvents) ??
      (isStateDue ? (driver.differenceOfState() ?? brokenInvariant(exchange, instruments)) : undefined)
    if (broken) throw new Error(broken)
    note(driver.subjectEvents)
  }
  const before = exchange.stateHash()
  expect(replay(log).stateHash(), 'state hash after a replay').toBe(before)
}

interface Streams {
  readonly flow: Flow
  readonly crowd: Crowd
  readonly numRuns: number
  readonly stepsPerStateCheck: number
}

function checkStreams({ flow, crowd, numRuns, stepsPerStateCheck }: Streams): void {
  const steps = fc.array(stepOf(flow, crowd), { maxLength: 600, size: 'max' })
  const property = fc.property(setupOf(crowd), steps, (start, some) => checkStream(start, some, stepsPerStateCheck))
  fc.assert(property, { seed, numRuns })
}

describe(`exchange and model, seed ${seed}, ${runs} streams of each flow`, { timeout }, () => {
  it('agree on every event and all state where every rule is broken now and then', () => {
    checkStreams({ flow: roughFlow, crowd: fewTraders, numRuns: runs, stepsPerStateCheck: 1 })
  })

  it('agree on every event and all state where books grow deep', () => {
    checkStreams({ flow: deepFlow, crowd: fewTraders, numRuns: runs, stepsPerStateCheck: 1 })
  })

  it('agree on every event and all state where there are many participants, sessions and instruments', () => {
    const numRuns = Math.ceil(runs / 10)
    checkStreams({ flow: deepFlow, crowd: manyTraders, numRuns, stepsPerStateCheck: 50 })
  })

  it.runIf(runs >= defaultRuns)(
    'and the streams contained every event, every reject code and every cancel reason',
    () => {
      const rejectCodes = Object.values(errors).filter((error) => error.answer === 'reject')
      expect([...seen.types].sort()).toEqual(Object.values(eventType).sort())
      expect([...seen.rejectCodes].sort()).toEqual(rejectCodes.map((error) => error.number).sort())
      expect([...seen.cancelReasons].sort()).toEqual(Object.values(enumerations.cancelReason).sort())
    },
  )
})

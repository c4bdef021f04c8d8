/**
 * Generated command streams through the exchange and its model: every event and all state must be the same, the
 * invariants must hold, and a replay must come to the same state. PROPERTY_SEED and PROPERTY_RUNS choose other and more
 * streams; a failure prints the seed and the shortest stream that still fails.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Command, DETAIL_1, EventBuffer, Exchange, eventType, eventWidth, TYPE } from '../../engine/core/index.ts'
import { errors } from '../../protocol/errors.ts'
import { enumerations } from '../../protocol/messages.ts'
import { type Applied, Driver } from './driver.ts'
import { deepFlow, type Flow, roughFlow, setup, stepOf } from './generators.ts'
import { brokenInvariant, EventNumbers } from './invariants.ts'
import type { Setup, Step } from './steps.ts'

const seed = Number(process.env.PROPERTY_SEED ?? 20_261_120)
const defaultRuns = 100
const runs = Number(process.env.PROPERTY_RUNS ?? defaultRuns)

/** What occurred in the streams, so that the test can tell when it stops seeing something. */
const seen = { types: new Set<number>(), rejectCodes: new Set<number>(), cancelReasons: new Set<number>() }

function note(events: EventBuffer): void {
  for (let base = 0; base < events.length; base += eventWidth) {
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

function checkStream(start: Setup, steps: readonly Step[]): void {
  // Little memory, so that it has to grow; the replay has enough from the start.
  const exchange = new Exchange(1)
  const log: Applied[] = []
  const driver = new Driver(exchange, start, (applied) => log.push(applied))
  const eventNumbers = new EventNumbers()
  const instruments = start.instruments.map((row) => row.instrument)
  for (const step of steps) {
    const broken =
      driver.run(step) ??
      driver.differenceOfState() ??
      eventNumbers.broken(driver.subjectEvents) ??
      brokenInvariant(exchange, instruments)
    if (broken) throw new Error(broken)
    note(driver.subjectEvents)
  }
  const before = exchange.stateHash()
  expect(replay(log).stateHash(), 'state hash after a replay').toBe(before)
}

function checkFlow(flow: Flow, length: { minLength: number; maxLength: number }): void {
  const streams = fc.tuple(setup, fc.array(stepOf(flow), { ...length, size: 'max' }))
  fc.assert(
    fc.property(streams, ([start, steps]) => checkStream(start, steps)),
    { seed, numRuns: runs },
  )
}

describe(`exchange and model, seed ${seed}, ${runs} streams of each flow`, () => {
  it('agree on every event and all state where every rule is broken now and then', () => {
    checkFlow(roughFlow, { minLength: 0, maxLength: 600 })
  })

  it('agree on every event and all state where books grow deep', () => {
    checkFlow(deepFlow, { minLength: 200, maxLength: 600 })
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

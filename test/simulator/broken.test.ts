/**
 * The simulation's own test: an engine or a client that is broken in one way is noticed, within so many seeds, and by a check
 * that says what is wrong with it. Each meets the kind of trouble that it cannot cope with often.
 */
import { describe, expect, it } from 'vitest'
import * as clients from './broken-clients.ts'
import * as engine from './broken-engine.ts'
import type { EngineParts } from './engine-run.ts'
import type { Plan } from './faults.ts'
import type { Invariant } from './oracle.ts'
import { simulate } from './simulation.ts'
import type { MakeSession } from './trader.ts'

const mostSeeds = 60

const powerLosses: Partial<Plan> = { powerLossEveryUs: 1e6, failedStartOneIn: 0 }
const killsInCalls: Partial<Plan> = { killEveryUs: 5e5, endsInCallOneIn: 1 }
const kills: Partial<Plan> = { killEveryUs: 1e6 }
const failures: Partial<Plan> = { failingEveryUs: 5e5, powerLossEveryUs: 2e6 }
const damage: Partial<Plan> = { powerLossEveryUs: 7e5, damageOneIn: 1, misreadingOneIn: 0 }
const slowness: Partial<Plan> = { slowEveryUs: 2e5, killEveryUs: 5e5 }
const cuts: Partial<Plan> = { cutEveryUs: 2e5 }

/** The plan of a seed with another trouble, with many snapshots, and a log that has to survive the loss of power. */
function withTrouble(trouble: Partial<Plan>): (plan: Plan) => Plan {
  const engine = { snapshotEvery: 20, logMode: 'sync' as const }
  return (plan) => ({ ...plan, engine: { ...plan.engine, ...engine }, startsWithoutSync: 0, ...trouble })
}

async function firstViolation(options: {
  readonly trouble: Partial<Plan>
  readonly parts?: Partial<EngineParts>
  readonly makeSession?: MakeSession
}): Promise<Invariant | undefined> {
  const { trouble, ...broken } = options
  for (let seed = 1; seed <= mostSeeds; seed += 1) {
    const { violation } = await simulate(seed, { ...broken, change: withTrouble(trouble) })
    if (violation !== undefined) return violation.invariant
  }
  return undefined
}

describe('an engine is found out that', () => {
  it.each<[string, Partial<EngineParts>, Partial<Plan>, Invariant[]]>([
    ['does not sync', engine.skipsSyncs, powerLosses, ['I1', 'I8', 'availability']],
    ['acknowledges before it is durable', engine.releasesEarly, killsInCalls, ['I1', 'I8']],
    ['takes a commit that failed for one that did not', engine.ignoresFailedCommits, failures, ['I1', 'I8']],
    ['tries a failed sync again and believes it', engine.triesFailedSyncAgain, failures, ['I1', 'I8', 'availability']],
    ['cuts off a good tail', engine.cutsGoodTail, kills, ['I1']],
    ['does not read its log to the end', engine.stopsReadingEarly, kills, ['I1', 'liveness']],
    ['believes damaged batches', engine.ignoresChecksums, damage, ['I1', 'I3', 'I8', 'fault', 'availability']],
    ['does not miss its last segment', engine.ignoresContinuedMark, damage, ['I1', 'availability']],
    ['forgets refs', engine.forgetsRefs, kills, ['I2', 'I3', 'I6', 'I8']],
    ['replays commands at other times', engine.turnsBackTime, kills, ['I3', 'I6', 'availability']],
    ['forgets events that are in a snapshot', engine.forgetsStreams, kills, ['availability', 'I6']],
    ['resumes too late', engine.resumesTooLate, cuts, ['I6']],
    ['tells what did not happen', engine.tellsOtherFills, {}, ['I6']],
    [
      'takes snapshots of what is not durable',
      engine.snapshotsTheUnreleased,
      slowness,
      ['availability', 'I1', 'I3', 'I8'],
    ],
    ['takes a snapshot for an earlier one', engine.mistakesPosition, kills, ['availability', 'I3', 'fault']],
  ])('%s', async (_, parts, trouble, invariants) => {
    expect(invariants).toContain(await firstViolation({ parts, trouble }))
  })
})

describe('a client is found out that', () => {
  it.each<[string, MakeSession, Partial<Plan>, Invariant[]]>([
    ['sends again under new refs', clients.resendsUnderNewRefs, cuts, ['I2', 'liveness']],
    ['does not send again what has no answer', clients.forgetsToResend, cuts, ['liveness']],
    ['resumes one event too late', clients.asksTooLate, cuts, ['I1', 'I6']],
    ['tells an outcome twice', clients.answersTwice, cuts, ['I2']],
  ])('%s', async (_, makeSession, trouble, invariants) => {
    expect(invariants).toContain(await firstViolation({ makeSession, trouble }))
  })
})

it.each<[string, Partial<Plan>]>([
  ['losses of power', powerLosses],
  ['ends in the middle of calls', killsInCalls],
  ['failures of the disk', failures],
  ['damage', damage],
  ['a slow disk', slowness],
  ['cuts', cuts],
])('nothing is found where nothing is broken, in the same trouble: %s', async (_, trouble) => {
  expect(await firstViolation({ trouble })).toBeUndefined()
})

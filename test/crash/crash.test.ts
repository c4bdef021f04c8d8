/**
 * Nothing lost, nothing twice: the engine is killed with SIGKILL under load, again and again, and started again on what
 * is on the disk. Afterwards the log, read without the engine and applied to the naive exchange, has to tell every client
 * exactly the story that the client was told while it happened.
 */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RandomSource } from '../../bots/runtime/random.ts'
import { EngineProcess } from '../support/engine-process.ts'
import { type Audit, auditJournal, hashOfJournal } from './log-audit.ts'
import { RecordingTrader } from './recording-trader.ts'

const kills = Number(process.env.CRASH_KILLS ?? 10)
const seed = Number(process.env.CRASH_SEED ?? 20_261_120)
const participants = ['trader-1', 'trader-2', 'trader-3']
const configuration = {
  instruments: ['ONE', 'TWO'].map((symbol) => {
    return { symbol, tickSize: '0.01', referencePrice: '100', takerFeeBasisPoints: 0.5 }
  }),
  participants: participants.map((name) => ({ name, maxPositionLots: 2 ** 40, ordersPerSecond: 10_000_000 })),
}

/** Load between two kills: long enough for thousands of commands, and never the same. */
const shortestRunMs = 50
const longestRunMs = 400
/** Each life begins with a longer log than the one before. */
const timeoutMs = 60_000 + kills * 15_000

describe(`an engine killed ${kills} times under load (CRASH_SEED=${seed})`, () => {
  const random = new RandomSource(seed)
  const engine = new EngineProcess({ configuration })
  const journal = join(engine.dataFolder, 'journal')
  const traders: RecordingTrader[] = []
  let finalHash: string
  let audit: Audit

  beforeAll(async () => {
    await engine.start()
    for (const [index, participant] of participants.entries()) {
      const keyFile = engine.keyFile(participant, 'main')
      const url = () => engine.url
      traders.push(new RecordingTrader({ url, participant, keyFile, random: new RandomSource(seed + index) }))
    }
    await Promise.all(traders.map((trader) => trader.start()))
    for (let kill = 1; kill <= kills; kill++) {
      await sleep(shortestRunMs + random.integerBelow(longestRunMs - shortestRunMs))
      await engine.kill()
      const stateHash = hashOfJournal(journal)
      await engine.start()
      // The engine says what state it recovered.
      expect(engine.output).toContain(`state ${stateHash}`)
      await until(() => traders.every((trader) => trader.isLive))
    }
    for (const trader of traders) trader.stop()
    // One's request may still cause another's event, until all are answered.
    await until(() => traders.every((trader) => trader.isSettled))
    await Promise.all(traders.map((trader) => trader.end()))
    finalHash = await engine.stateHash()
    expect(await engine.stop()).toBe(0)
    audit = auditJournal(journal)
  }, timeoutMs)

  afterAll(() => engine.clean())

  it('answered every request exactly once', () => {
    for (const trader of traders) {
      expect(trader.faults).toEqual([])
      expect(trader.answersByRef.size).toBeGreaterThan(100)
      const wrong = [...trader.answersByRef].filter(([, answers]) => answers !== 1)
      expect(wrong).toEqual([])
    }
  })

  it('told each client exactly what its log tells: every acknowledged order and fill, in order, none besides', () => {
    for (const [index, participant] of participants.entries()) {
      const told = traders[index].events
      const logged = audit.events[audit.sessionOf.get(participant)!]
      expect(told.length).toBe(logged.length)
      expect(told).toEqual(logged)
      expect(told.some((event) => event.type === 'filled')).toBe(true)
    }
  })

  it('is in the state that its log gives', () => {
    expect(finalHash).toBe(hashOfJournal(journal))
  })

  it('conserved positions and money', () => {
    const { accounts } = audit
    for (const instrument of [1, 2]) {
      const own = accounts.filter((account) => account.instrument === instrument)
      expect(own.reduce((sum, { positionLots }) => sum + positionLots, 0)).toBe(0)
      expect(own.reduce((sum, { cashMinor, feesMinor }) => sum + cashMinor + feesMinor, 0)).toBe(0)
    }
  })
})

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000
  while (!condition()) {
    if (performance.now() > deadline) throw new Error('it did not happen within 20 s')
    await sleep(5)
  }
}

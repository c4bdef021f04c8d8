/** The `replay` command against a real engine. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RecordingFiles } from '../../bots/traders/lobster/recording.ts'
import { ClientSession } from '../../protocol/client/index.ts'
import { openWebSocket, signerFromKeyFile } from '../../protocol/client/node.ts'
import { EngineProcess } from '../support/engine-process.ts'
import { ReplayRun } from './replay-run.ts'
import { SyntheticRecording } from './synthetic-recording.ts'

const instrument = { tickSize: '0.01', referencePrice: '100', priceBandBasisPoints: 0 }
const limits = { maxPositionLots: 2 ** 40, maxOpenOrders: 100_000 }
const engine = new EngineProcess({
  logMode: 'memory',
  configuration: {
    instruments: ['TEST', 'TAKEN', 'SLOW'].map((symbol) => ({ symbol, ...instrument })),
    participants: [
      { name: 'replay-resting', ...limits, ordersPerSecond: 1_000_000 },
      { name: 'replay-aggressor', ...limits, ordersPerSecond: 1_000_000 },
      { name: 'slow-resting', ...limits, ordersPerSecond: 500 },
      { name: 'trader' },
    ],
  },
})
const recording = new SyntheticRecording({ seed: 11, levels: 2, rows: 600, outOfTurn: 0.03 })
let files: RecordingFiles

beforeAll(async () => {
  await engine.start()
  files = recording.write(engine.folder)
})
afterAll(async () => {
  expect(await engine.stop()).toBe(0)
  await engine.clean()
})

/** Runs it to its end. */
async function replay(...options: string[]): Promise<{ run: ReplayRun; code: number | null }> {
  const run = new ReplayRun(engine, files, 'TEST', ...options)
  return { run, code: await run.ended() }
}

const expectedResult = {
  rows: recording.messageLines.length,
  executionsChecked: recording.knownExecutions,
  executionsExact: recording.knownExecutions - recording.outOfTurnLines.length,
  bookRowsChecked: recording.messageLines.length - 1,
  bookRowsEqual: recording.messageLines.length - 1,
}

describe('a replay into a running engine', () => {
  test('reports what it did, for people and in JSON, and leaves the book empty for the next', async () => {
    for (const _ of ['first', 'again']) {
      const { run, code } = await replay('--json')
      expect(run.errors).toBe('')
      expect(code).toBe(0)
      expect(run.json).toMatchObject(expectedResult)
      expect(run.json.reseededLevels).toBeGreaterThan(0)
      expect(run.output).toContain('published book      1 of 1 checkpoints equal')
      const [line] = recording.outOfTurnLines
      expect(run.output).toMatch(new RegExp(`line ${line}: recorded \\d+ of order \\d+, filled \\d+ of `))
    }
  })

  test('stays within the rate that the engine allows a session', async () => {
    const { run, code } = await replay('--instrument', 'SLOW', '--resting', 'slow-resting', '--json')
    expect(run.errors).not.toContain('rateLimited')
    expect(code).toBe(0)
    expect(run.json).toMatchObject(expectedResult)
    expect(run.json.messages).toBeGreaterThan(500)
  })

  test('cancels its orders and reports what it did so far when it is interrupted', async () => {
    const run = new ReplayRun(engine, files, 'TEST', '--speed', '1', '--json')
    await expect.poll(() => run.errors, { timeout: 10_000 }).toContain('replayed')
    run.signal('SIGINT')
    expect(await run.ended()).toBe(130)
    expect(run.output).toContain('interrupted')
    expect(run.json.rows).toBeGreaterThan(0)
    expect(run.json.rows).toBeLessThan(expectedResult.rows)
    expect(run.json.bookRowsEqual).toBe(run.json.bookRowsChecked)
    expect((await replay()).code).toBe(0)
  })
})

describe('a replay that cannot be done says why in one line and ends with code 1', () => {
  const expectRefusal = ({ run, code }: { run: ReplayRun; code: number | null }, reason: string) => {
    expect(run.errors).toContain(reason)
    expect(run.errors.trimEnd().split('\n')).toHaveLength(1)
    expect(run.output).toBe('')
    expect(code).toBe(1)
  }

  test('an instrument that there is not', async () => {
    const reason = 'no instrument NONE; there are TEST, TAKEN, SLOW'
    expectRefusal(await replay('--instrument', 'NONE'), reason)
  })

  test('a key that is not there', async () => {
    const result = await replay('--aggressor', 'nobody')
    expectRefusal(result, 'npm run engine -- keys new --participant nobody --session main')
  })

  test('an engine that is not there', async () => {
    expectRefusal(await replay('--url', 'ws://127.0.0.1:1/v1'), 'cannot reach ws://127.0.0.1:1/v1')
  })

  test('a malformed row, before anything is sent', async () => {
    const messageFile = join(engine.folder, 'malformed.csv')
    writeFileSync(messageFile, recording.messageLines.join('\n').replace(/,[^,]*$/, ',up'))
    const run = new ReplayRun(engine, { ...files, messageFile }, 'TEST')
    const line = recording.messageLines.length
    expectRefusal({ run, code: await run.ended() }, `${messageFile}, line ${line}: direction cannot be "up"`)
  })

  test('files of different length', async () => {
    const orderbookFile = join(engine.folder, 'short.csv')
    writeFileSync(orderbookFile, `${recording.orderbookLines.slice(0, -1).join('\n')}\n`)
    const run = new ReplayRun(engine, { ...files, orderbookFile }, 'TEST')
    expectRefusal({ run, code: await run.ended() }, `${orderbookFile} ends after`)
  })

  test("an instrument in which somebody else's orders rest", async () => {
    const sign = signerFromKeyFile(engine.keyFile('trader', 'main'))
    const trader = new ClientSession({ url: engine.url, participant: 'trader', session: 'main', sign, openWebSocket })
    await trader.connect()
    const taken = trader.instruments.find(({ symbol }) => symbol === 'TAKEN')!
    trader.newOrder({ instrument: taken.instrument, side: 'buy', quantityLots: 1, priceTicks: 9_000 })
    await expect.poll(() => trader.pendingCount).toBe(0)
    const result = await replay('--instrument', 'TAKEN')
    await trader.close(true)
    expectRefusal(result, 'other participants have orders in TAKEN (1 price levels)')
  })
})

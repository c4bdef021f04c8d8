import { type ChildProcess, fork } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { FakeEngine, positionOf } from '../protocol/client/fake-engine.ts'
import { type FakeEngineServer, serveFakeEngine } from '../protocol/client/fake-engine-server.ts'
import { completeRow } from '../protocol/complete.ts'
import { temporaryFolder } from '../test/support/temporary-folder.ts'
import type { BotReport } from './runtime/report.ts'

const program = join(import.meta.dirname, 'main.ts')
const data = temporaryFolder()
let engine: FakeEngine
let server: FakeEngineServer
const children: ChildProcess[] = []

beforeAll(async () => {
  mkdirSync(join(data, 'keys'))
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' })
  for (const name of ['maker-1.main', 'maker-1.monitor', 'admin.main']) {
    writeFileSync(join(data, 'keys', `${name}.key`), pem)
  }
  engine = new FakeEngine()
  engine.books.set(1, {
    type: 'bookSnapshot',
    instrument: 1,
    previousSequence: 0,
    sequence: 1,
    engineTimeUs: 1,
    bids: [],
    asks: [],
  })
  server = await serveFakeEngine(engine)
})
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})
afterAll(async () => {
  await server.close()
  rmSync(data, { recursive: true })
})

interface Run {
  readonly child: ChildProcess
  /** What was printed so far. */
  output(): string
  readonly reports: BotReport[]
  /** Exit code and what was printed, once it has ended. */
  readonly ended: Promise<{ code: number | null; output: string; errors: string }>
}

function run(...parameters: string[]): Run {
  const child = fork(program, parameters, { silent: true, execArgv: [] })
  children.push(child)
  const reports: BotReport[] = []
  let output = ''
  let errors = ''
  child.on('message', (report: BotReport) => reports.push(report))
  child.stdout!.on('data', (text) => {
    output += text
  })
  child.stderr!.on('data', (text) => {
    errors += text
  })
  // Not 'close': that never comes once the parent has closed the channel.
  const ended = Promise.all([once(child, 'exit'), once(child.stdout!, 'end'), once(child.stderr!, 'end')]).then(
    ([[code]]) => ({ code: code as number | null, output, errors }),
  )
  return { child, output: () => output, reports, ended }
}

const runMaker = (...more: string[]) =>
  run('market-maker', '--url', server.url, '--data', data, '--instrument', 'ACME', ...more)

/** Waits for the first report that tells of both quotes. */
async function quoting(maker: Run): Promise<void> {
  await expect
    .poll(() => maker.reports.some((report) => report.positions[0]?.openOrders === 2), { timeout: 20_000 })
    .toBe(true)
}

test('help names every command', async () => {
  const { code, output } = await run('--help').ended
  expect(code).toBe(0)
  const commands = ['market-maker', 'noise', 'replay', 'fleet', 'admin', 'orders', 'positions', 'dropcopy']
  for (const command of commands) expect(output).toContain(`  ${command} `)
})

test('a missing key is one line that says how to make one', async () => {
  const { code, errors } = await runMaker('--participant', 'maker-9').ended
  expect(code).toBe(1)
  expect(errors).toBe(
    `bots: cannot read key file ${join(data, 'keys', 'maker-9.main.key')} (ENOENT); --data names the engine's data ` +
      `folder, or make a key with: npm run engine -- keys new --participant maker-9 --session main --data ${data}\n`,
  )
})

test('an engine that is not there is one line that names its address', async () => {
  const { code, errors } = await runMaker('--url', 'ws://127.0.0.1:1/v1').ended
  expect(code).toBe(1)
  expect(errors).toBe(
    'bots: cannot reach ws://127.0.0.1:1/v1: connect ECONNREFUSED 127.0.0.1:1; is an engine running there?\n',
  )
})

test('an address that is none is refused with an example', async () => {
  const { code, errors } = await runMaker('--url', 'http://127.0.0.1:9001').ended
  expect(code).toBe(1)
  expect(errors).toContain(
    "argument 'http://127.0.0.1:9001' is invalid. It must be an address like ws://127.0.0.1:9001/v1.",
  )
})

test('a refused logon is one line that asks for what may be wrong', async () => {
  const maker = runMaker()
  await quoting(maker)
  engine.closeWith('logonFailed')
  const { code, errors } = await maker.ended
  expect(code).toBe(1)
  expect(errors).toMatch(/^bots: logonFailed: .*; is .* the data folder of this engine, .*participant maker-1, .*\?\n$/)
})

test('what happens to it is told with the time', async () => {
  const maker = runMaker()
  await quoting(maker)
  const logons = engine.received('logon').length
  engine.closeWith('shuttingDown')
  await expect.poll(() => engine.received('logon').length, { timeout: 20_000 }).toBe(logons + 1)
  maker.child.send({ type: 'stop' })
  const { errors } = await maker.ended
  expect(errors).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ maker-1\.main: shuttingDown: /m)
})

test('an unknown instrument is one line that names those that exist', async () => {
  const { code, errors } = await runMaker('--instrument', 'DUST').ended
  expect(code).toBe(1)
  expect(errors).toBe('bots: no instrument DUST; there is ACME\n')
})

test('a number out of range is refused with the rule', async () => {
  const { code, errors } = await runMaker('--size', '0').ended
  expect(code).toBe(1)
  expect(errors).toContain("option '--size <lots>' argument '0' is invalid. It must be a whole number above 0.")
})

test('it reports to its parent, and at its word cancels its quotes and ends with a last report', async () => {
  const maker = runMaker()
  await quoting(maker)
  maker.child.send({ type: 'stop' })
  const { code, output } = await maker.ended
  expect(code).toBe(0)
  expect(output).toBe('')
  expect(maker.reports.at(-1)).toMatchObject({ state: 'stopped', kind: 'market-maker', positions: [{ openOrders: 0 }] })
  expect(engine.events.at(-1)).toMatchObject({ type: 'massCancelled', orderCount: 2 })
})

test.each(['SIGINT', 'SIGTERM'] as const)('%s ends it cleanly as well', async (signal) => {
  const maker = runMaker()
  await quoting(maker)
  maker.child.kill(signal)
  expect((await maker.ended).code).toBe(0)
  expect(engine.events.at(-1)).toMatchObject({ type: 'massCancelled', orderCount: 2 })
})

test("its parent's death ends it cleanly as well", async () => {
  const maker = runMaker()
  await quoting(maker)
  maker.child.disconnect()
  expect((await maker.ended).code).toBe(0)
  expect(engine.events.at(-1)).toMatchObject({ type: 'massCancelled', orderCount: 2 })
})

const runAdmin = (...parameters: string[]) => run('admin', ...parameters, '--url', server.url, '--data', data).ended

test('an admin sends one command, is told what came of it, and is gone', async () => {
  expect(await runAdmin('halt', 'ACME')).toEqual({ code: 0, output: 'ACME: halted now\n', errors: '' })
  expect(engine.applied.at(-1)).toMatchObject({ type: 'changePhase', instrument: 1, phase: 'halted' })
  const all = await runAdmin('resume', 'all')
  expect(all.output).toBe('all instruments that were not closed: continuous now\n')
  expect(engine.applied.at(-1)).toMatchObject({ type: 'changePhase', instrument: 0, phase: 'continuous' })
  await runAdmin('phase', 'ACME', 'openingAuction')
  expect(engine.applied.at(-1)).toMatchObject({ type: 'changePhase', instrument: 1, phase: 'openingAuction' })
  const blocked = await runAdmin('block', 'noise-1')
  expect(blocked.output).toBe('noise-1: blocked now, and all its orders are cancelled\n')
  expect(engine.applied.at(-1)).toMatchObject({ type: 'blockParticipant', participant: 'noise-1', blocked: true })
  await runAdmin('unblock', 'noise-1')
  expect(engine.applied.at(-1)).toMatchObject({ type: 'blockParticipant', participant: 'noise-1', blocked: false })
  const limited = await runAdmin('limit', 'noise-1', 'maxPositionLots', '500')
  expect(limited.output).toBe('noise-1: maxPositionLots is 500 now\n')
  expect(engine.applied.at(-1)).toMatchObject({ participant: 'noise-1', limit: 'maxPositionLots', value: 500 })
  expect(engine.received('logon').at(-1)).toMatchObject({ participant: 'admin', session: 'main' })
})

test('what an admin cannot do is one line that says why', async () => {
  engine.rejectWith = 'notAuthorized'
  const refused = await runAdmin('halt', 'ACME')
  engine.rejectWith = undefined
  expect(refused).toEqual({
    code: 1,
    output: '',
    errors: "bots: notAuthorized: The command is an admin's and the participant is none. Use a session of an admin.\n",
  })
  expect((await runAdmin('halt', 'DUST')).errors).toBe('bots: no instrument DUST; there is ACME\n')
  const phase = await runAdmin('phase', 'ACME', 'open')
  expect([phase.code, phase.errors]).toEqual([1, expect.stringContaining('Allowed choices are continuous, preOpen')])
  const value = await runAdmin('limit', 'a', 'maxPositionLots', '-1')
  expect(value.errors).toContain('It must be a whole number, 0 or more.')
})

const runMonitor = (...parameters: string[]) => run(...parameters, '--url', server.url, '--data', data)

test('orders and positions are told once, of a session that is for looking only', async () => {
  engine.otherSessions.set('desk', [])
  const none = await runMonitor('orders').ended
  expect(none).toEqual({ code: 0, output: 'maker-1 has no open orders\n', errors: '' })
  expect(engine.received('logon').at(-1)).toMatchObject({ participant: 'maker-1', session: 'monitor' })
  engine.otherOrders.set('desk', [
    completeRow('openOrder', {
      ...{ orderRef: 12, orderId: 40, instrument: 1, side: 'buy', orderType: 'limit', timeInForce: 'day' },
      ...{ quantityLots: 5, leavesLots: 4, priceTicks: 9_999 },
    }),
  ])
  const orders = await runMonitor('orders').ended
  expect(orders.output).toMatch(/\ndesk +12 +ACME +buy +limit +day +99\.99 +– +5 +4 +–\n$/)
  engine.positions = []
  expect((await runMonitor('positions').ended).output).toBe('maker-1 has no positions\n')
  engine.positions = [positionOf({ positionLots: -7, costMinor: -70_000 })]
  const positions = await runMonitor('positions').ended
  engine.positions = []
  expect(positions.output).toMatch(/\nACME +-7 +100\.0000 /)
  expect([positions.code, positions.errors]).toEqual([0, ''])
})

test('a drop copy is followed until Ctrl-C, across lost connections', async () => {
  const cancelled = { type: 'cancelled', ref: 0, orderRef: 1, orderId: 1, cancelledLots: 1, reason: 'killSwitch' }
  engine.otherSessions.set('desk', [])
  engine.emitElsewhere('desk', cancelled)
  const copy = runMonitor('dropcopy', '--past')
  await expect.poll(() => copy.output(), { timeout: 20_000 }).toContain('desk 1  cancelled: ')
  engine.cut()
  engine.emitElsewhere('desk', cancelled)
  await expect.poll(() => copy.output(), { timeout: 20_000 }).toContain('desk 2  cancelled: ')
  copy.child.kill('SIGINT')
  const { code, output, errors } = await copy.ended
  expect(code).toBe(0)
  expect(output.match(/ {2}desk \d/g)).toEqual(['  desk 1', '  desk 2'])
  expect(errors).toMatch(/^bots: connection to .* lost .*; trying to come back\n$/)
})

test('looking without a key is one line that says how to make one', async () => {
  const { code, errors } = await runMonitor('positions', '--participant', 'maker-9').ended
  expect(code).toBe(1)
  expect(errors).toContain('npm run engine -- keys new --participant maker-9 --session monitor')
})

/**
 * Bots that are killed, and bots whose engine is killed: they go on from the engine's word alone, never with two sets of
 * quotes, and with the engine's own count of orders and positions.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { BotReport } from '../../bots/runtime/report.ts'
import { EngineProcess } from '../support/engine-process.ts'
import { freePort } from './free-port.ts'
import { QuoteWatch } from './quote-watch.ts'

vi.setConfig({ testTimeout: 150_000 })

const program = join(import.meta.dirname, '..', '..', 'bots', 'main.ts')
const pollOptions = { timeout: 60_000, interval: 50 }

interface BotRun {
  readonly child: ChildProcess
  last?: BotReport
  /** What it told people. */
  incidents: string
}

let engine: EngineProcess
let watch: QuoteWatch
const children: ChildProcess[] = []

beforeEach(async () => {
  engine = new EngineProcess({
    configuration: {
      instruments: [{ symbol: 'ACME', tickSize: '0.01', referencePrice: '100.00' }],
      participants: [{ name: 'maker-1', sessions: ['main', 'monitor'] }, { name: 'noise-1' }],
    },
    // The same one after a restart.
    parameters: ['--port', (await freePort()).toString()],
  })
  await engine.start()
  const keyFile = engine.keyFile('maker-1', 'monitor')
  watch = new QuoteWatch({ url: engine.url, participant: 'maker-1', session: 'monitor', keyFile, watched: 'main' })
  await watch.start()
})

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await watch.close()
  await engine.clean()
})

function startBot(kind: string, ...parameters: string[]): BotRun {
  const common = ['--instrument', 'ACME', '--url', engine.url, '--data', engine.dataFolder]
  const child = fork(program, [kind, ...common, ...parameters], { silent: true, execArgv: [] })
  children.push(child)
  const run: BotRun = { child, incidents: '' }
  child.stderr!.on('data', (text) => {
    run.incidents += text
  })
  child.on('message', (report: BotReport) => {
    run.last = report
  })
  return run
}

const startMaker = () => startBot('market-maker')

async function until(what: string, condition: () => boolean): Promise<void> {
  await expect.poll(condition, { ...pollOptions, message: what }).toBe(true)
}

/** Waits until a maker quotes both sides and has been hit. */
async function trading(maker: BotRun): Promise<void> {
  await until('both quotes', () => maker.last?.state === 'live' && maker.last.positions[0]?.openOrders === 2)
  await until('a fill', () => maker.last!.fills > 0)
}

/** Compares what the maker believes with what the engine knows, once nothing happens any more. */
async function agree(maker: BotRun, noise: BotRun): Promise<void> {
  noise.child.send({ type: 'stop' })
  await once(noise.child, 'exit')
  await expect
    .poll(async () => {
      const [position] = await watch.positions()
      const { positionLots, cashMinor, feesMinor } = position
      const orders = (await watch.openOrders()).length
      const believed = maker.last!.positions[0]
      const asBelieved = { ...believed.current, openOrders: believed.openOrders, told: watch.openCount }
      return { believed: asBelieved, known: { positionLots, cashMinor, feesMinor, openOrders: orders, told: orders } }
    }, pollOptions)
    .toSatisfy(({ believed, known }) => JSON.stringify(believed) === JSON.stringify(known))
  expect(watch.mostOpen).toEqual({ buy: 1, sell: 1 })
  expect(watch.faults).toEqual([])
}

it('a market maker killed while it quotes, again and again, takes up its session where it was', async () => {
  const noise = startBot('noise', '--participant', 'noise-1')
  let maker = startMaker()
  for (let kill = 1; kill <= 3; kill++) {
    await trading(maker)
    maker.child.kill('SIGKILL')
    await once(maker.child, 'exit')
    maker = startMaker()
  }
  await trading(maker)
  await agree(maker, noise)
})

it('one that logs on while the former one still hangs on its connection takes its quotes over', async () => {
  const noise = startBot('noise', '--participant', 'noise-1')
  const former = startMaker()
  await trading(former)
  // It neither reads nor closes its connection any more.
  former.child.kill('SIGSTOP')
  const maker = startMaker()
  await trading(maker)
  expect(maker.incidents).toMatch(/takes over the session's open orders: [12]\n/)
  former.child.kill('SIGKILL')
  await trading(maker)
  await agree(maker, noise)
})

it('bots whose engine is killed come back to it, and go on', async () => {
  const noise = startBot('noise', '--participant', 'noise-1')
  const maker = startMaker()
  for (let kill = 1; kill <= 2; kill++) {
    await trading(maker)
    await engine.kill()
    const fills = maker.last!.fills
    await engine.start()
    await until('fills after it', () => maker.last?.state === 'live' && maker.last.fills > fills)
  }
  expect(maker.child.exitCode).toBe(null)
  await agree(maker, noise)
})

/** What an engine starts from: snapshots and the log behind them, and what it does when one of the two is not as it should be. */
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Message } from '../../protocol/messages.ts'
import { EngineProcess, runEngine } from '../support/engine-process.ts'
import { WireClient } from '../support/wire-client.ts'

const configuration = {
  instruments: [{ symbol: 'ACME', tickSize: '0.01', referencePrice: '100' }],
  participants: [{ name: 'alpha', ordersPerSecond: 1_000_000, maxOpenOrders: 1_000_000 }],
  reconnectGraceMs: 60_000,
}

/** Small enough that a few thousand orders fill several. */
const segmentBytes = 65_536

let engine: EngineProcess

function makeEngine(...parameters: string[]): EngineProcess {
  return new EngineProcess({ configuration, parameters: ['--segment-size', String(segmentBytes), ...parameters] })
}

beforeEach(() => {
  engine = makeEngine()
})

afterEach(() => engine.clean())

/** Sends new orders with refs in a range and waits until the last is answered. */
async function sendOrders(client: WireClient, from: number, to: number): Promise<void> {
  const terms = { orderType: 'limit', timeInForce: 'goodTillCancel', quantityLots: 1 } as const
  for (let ref = from; ref <= to; ref++) {
    client.send({ type: 'newOrder', ref, instrument: 1, side: 'buy', priceTicks: 9_500 + (ref % 50), ...terms })
  }
  for (let ref = from; ref <= to; ref++) expect(await client.next('accepted')).toMatchObject({ ref })
}

async function logOn(options: Partial<Message<'logon'>> = {}): Promise<WireClient> {
  const { client } = await WireClient.logOn(engine.url, engine.dataFolder, 'alpha', options)
  return client
}

function snapshotsOf({ dataFolder }: EngineProcess): string[] {
  const folder = join(dataFolder, 'snapshots')
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => name.endsWith('.snapshot'))
    .sort()
}

function segmentsOf({ dataFolder }: EngineProcess, folder = 'journal'): string[] {
  return readdirSync(join(dataFolder, folder))
    .filter((name) => name.endsWith('.log'))
    .sort()
}

async function takeSnapshot(): Promise<void> {
  const { stdout, exitCode } = await runEngine('snapshot', '--data', engine.dataFolder)
  expect(stdout).toContain('.snapshot')
  expect(exitCode).toBe(0)
}

function damage(path: string): void {
  const bytes = readFileSync(path)
  bytes[bytes.length >> 1] ^= 16
  writeFileSync(path, bytes)
}

/** From which snapshot the engine says that it started, 0 if from none. */
function snapshotUsed(): number {
  return Number(/after the snapshot at (\d+)/.exec(engine.output)?.[1] ?? 0)
}

describe('an engine that was killed', () => {
  it('starts from its last snapshot, with every event that was told before it and after', async () => {
    await engine.start()
    const client = await logOn({ cancelOnDisconnect: false })
    await sendOrders(client, 1, 1_000)
    await takeSnapshot()
    await sendOrders(client, 1_001, 1_500)
    const before = await engine.stateHash()
    await engine.kill()
    await engine.start()
    expect(engine.output).toContain(`state ${before}`)
    expect(snapshotUsed()).toBeGreaterThan(1_000)
    const again = await logOn({ nextEvent: 1, cancelOnDisconnect: false })
    for (let eventNumber = 1; eventNumber <= 1_500; eventNumber++) {
      expect(await again.next('accepted')).toMatchObject({ eventNumber, ref: eventNumber })
    }
  })

  it('passes over a damaged snapshot, says so, and starts from the one before it, or from the log alone', async () => {
    await engine.start()
    const client = await logOn({ cancelOnDisconnect: false })
    for (const from of [1, 501, 1_001]) {
      await sendOrders(client, from, from + 499)
      await takeSnapshot()
    }
    const before = await engine.stateHash()
    await engine.kill()
    const names = snapshotsOf(engine)
    expect(names.length).toBe(2)
    for (const name of names.toReversed()) {
      damage(join(engine.dataFolder, 'snapshots', name))
      await engine.start()
      expect(engine.output).toContain(`state ${before}`)
      const log = readFileSync(join(engine.dataFolder, 'logs', 'engine.jsonl'), 'utf8')
      expect(log).toContain(`${name} cannot be used`)
      await engine.kill()
    }
    expect(snapshotUsed()).toBe(0)
  })
})

describe('a stopped engine', () => {
  it('leaves a snapshot, so that the next start has nothing to read', async () => {
    await engine.start()
    const client = await logOn()
    await sendOrders(client, 1, 300)
    await engine.stop()
    expect(snapshotsOf(engine).length).toBe(1)
    await engine.start()
    expect(engine.output).toContain(', 0 commands recovered after the snapshot at ')
  })

  it('leaves none if that is not wanted, and its log is enough', async () => {
    await engine.clean()
    engine = makeEngine('--snapshot-every', '0')
    await engine.start()
    await sendOrders(await logOn(), 1, 300)
    await engine.stop()
    expect(snapshotsOf(engine)).toEqual([])
    await engine.start()
    expect(snapshotUsed()).toBe(0)
  })
})

describe('a snapshot is due after so many commands', () => {
  async function fill(policy: string): Promise<void> {
    await engine.clean()
    engine = makeEngine('--snapshot-every', '500', '--old-segments', policy)
    await engine.start()
    const client = await logOn({ cancelOnDisconnect: false })
    // Several snapshots are taken meanwhile, one each quarter of a second at most.
    for (let from = 1; snapshotsOf(engine).length < 2 || segmentsOf(engine)[0] === '000000000001.log'; from += 500) {
      expect(from).toBeLessThan(100_000)
      await sendOrders(client, from, from + 499)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  it('and with --old-segments archive what two of them cover is put away, where it still counts', async () => {
    await fill('archive')
    const before = await engine.stateHash()
    expect(segmentsOf(engine, 'archive')[0]).toBe('000000000001.log')
    await engine.kill()
    rmSync(join(engine.dataFolder, 'snapshots'), { recursive: true })
    await engine.start()
    expect(engine.output).toContain(`state ${before}`)
  })

  it('and with --old-segments delete it is removed: without a sound snapshot the engine then refuses to start', async () => {
    await fill('delete')
    const before = await engine.stateHash()
    expect(existsSync(join(engine.dataFolder, 'archive', '000000000001.log'))).toBe(false)
    await engine.kill()
    await engine.start()
    expect(engine.output).toContain(`state ${before}`)
    await engine.kill()
    for (const name of snapshotsOf(engine)) damage(join(engine.dataFolder, 'snapshots', name))
    await expect(engine.start()).rejects.toThrow(/the file with sequence 1, .* is missing/)
  })
})

describe('an engine whose log is not what its snapshots say refuses to start', () => {
  it('if the log is gone', async () => {
    await engine.start()
    await sendOrders(await logOn(), 1, 300)
    await engine.stop()
    rmSync(join(engine.dataFolder, 'journal'), { recursive: true })
    await expect(engine.start()).rejects.toThrow('there is no log, but ')
    expect(existsSync(join(engine.dataFolder, 'engine.lock'))).toBe(false)
  })

  it('if the log is an older copy of itself: what was acknowledged since is missing', async () => {
    await engine.start()
    const client = await logOn({ cancelOnDisconnect: false })
    await sendOrders(client, 1, 100)
    await engine.kill()
    const copy = join(engine.folder, 'copy')
    cpSync(join(engine.dataFolder, 'journal'), copy, { recursive: true })
    await engine.start()
    await sendOrders(await logOn({ cancelOnDisconnect: false }), 101, 200)
    await engine.stop()
    rmSync(join(engine.dataFolder, 'journal'), { recursive: true })
    cpSync(copy, join(engine.dataFolder, 'journal'), { recursive: true })
    await expect(engine.start()).rejects.toThrow(/log cannot be read/)
  })

  it('but one of another log is passed over', async () => {
    await engine.start()
    await sendOrders(await logOn(), 1, 300)
    await engine.stop()
    const other = makeEngine()
    try {
      await other.start()
      await other.stop()
      rmSync(join(engine.dataFolder, 'snapshots'), { recursive: true })
      cpSync(join(other.dataFolder, 'snapshots'), join(engine.dataFolder, 'snapshots'), { recursive: true })
    } finally {
      await other.clean()
    }
    await engine.start()
    expect(snapshotUsed()).toBe(0)
    expect(readFileSync(join(engine.dataFolder, 'logs', 'engine.jsonl'), 'utf8')).toContain('it is of another log')
  })
})

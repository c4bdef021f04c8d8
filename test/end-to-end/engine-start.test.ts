/** How the engine starts and ends as a process, and what it leaves behind. */
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { EngineProcess, runEngine } from '../support/engine-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { WireClient } from '../support/wire-client.ts'

const configuration = {
  instruments: [{ symbol: 'ACME', tickSize: '0.01', referencePrice: '100' }],
  participants: [{ name: 'alpha' }],
  reconnectGraceMs: 2_000,
}

let folder: string
let engine: EngineProcess | undefined

beforeEach(() => {
  folder = temporaryFolder()
})

afterEach(async () => {
  await engine?.clean()
  engine = undefined
  rmSync(folder, { recursive: true, force: true })
})

async function start(options: ConstructorParameters<typeof EngineProcess>[0] = {}): Promise<EngineProcess> {
  engine = new EngineProcess({ configuration, ...options })
  await engine.start()
  return engine
}

/** One line on the standard error, none of it a stack trace, and exit code 1. */
function expectRefusal(outcome: Awaited<ReturnType<typeof runEngine>>, text: string | RegExp): void {
  expect(outcome.stderr.trim().split('\n').length).toBe(1)
  expect(outcome.stderr).toMatch(text)
  expect(outcome.stdout).toBe('')
  expect(outcome.exitCode).toBe(1)
}

describe('an engine that cannot start says why in one line and leaves nothing behind', () => {
  it('when the port is busy', async () => {
    const server: Server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const outcome = await runEngine('--port', String(port), '--data', join(folder, 'data'))
    server.close()
    expectRefusal(outcome, `cannot listen on 127.0.0.1:${port}`)
    expect(readdirSync(folder)).toEqual([])
  })

  it('when another engine has the port', async () => {
    const { port } = await start()
    const outcome = await runEngine('--port', String(port), '--data', join(folder, 'data'))
    expectRefusal(outcome, `cannot listen on 127.0.0.1:${port}`)
    expect(readdirSync(folder)).toEqual([])
  })

  it('when another engine has the data folder', async () => {
    const { dataFolder, pid } = await start()
    const before = readdirSync(dataFolder)
    const outcome = await runEngine('--port', '0', '--data', dataFolder)
    expectRefusal(outcome, `in use by the engine with process id ${pid}`)
    expect(readdirSync(dataFolder)).toEqual(before)
  })

  it('when the data folder cannot be made', async () => {
    writeFileSync(join(folder, 'file'), '')
    const outcome = await runEngine('--port', '0', '--data', join(folder, 'file', 'data'))
    expectRefusal(outcome, /data folder .*file\/data cannot be used: .*ENOTDIR/)
    expect(readdirSync(folder)).toEqual(['file'])
  })

  it('when the configuration is wrong', async () => {
    const config = join(folder, 'exchange.json')
    writeFileSync(config, JSON.stringify({ instruments: [{ symbol: 'ACME', tickSize: 0.01, referencePrice: '100' }] }))
    const outcome = await runEngine('--port', '0', '--data', join(folder, 'data'), '--config', config)
    expectRefusal(outcome, 'exchange.json: instruments[0].tickSize 0.01: must be a decimal number as text')
    expect(readdirSync(folder)).toEqual(['exchange.json'])
  })

  it('when a command-line option is wrong', async () => {
    for (const parameters of [['--port', '70000'], ['--port', 'x'], ['--log-mode', 'never'], ['--nonsense']]) {
      const { exitCode, stderr } = await runEngine('--data', join(folder, 'data'), ...parameters)
      expect(exitCode).toBe(1)
      expect(stderr.split('\n')[0]).toMatch(/^error: /)
      expect(readdirSync(folder)).toEqual([])
    }
  })

  it('when the log is damaged: then the folder stays as it was', async () => {
    const { dataFolder } = await start()
    await engine?.stop()
    const journal = join(dataFolder, 'journal')
    const segment = join(journal, readdirSync(journal)[0])
    const bytes = readFileSync(segment)
    // In the middle of the first batch, with more after it.
    bytes[200] ^= 1
    writeFileSync(segment, bytes)
    const outcome = await runEngine('--port', '0', '--data', dataFolder)
    expectRefusal(outcome, /log cannot be read: .*\.log at byte \d+/)
    expect(readFileSync(segment).equals(bytes)).toBe(true)
    expect(existsSync(join(dataFolder, 'engine.lock'))).toBe(false)
  })
})

describe('an engine', () => {
  it('prints one line when it is ready, with its address', async () => {
    const { output, url } = await start()
    expect(output).toMatch(/^tradefloor engine ready at ws:\/\/127\.0\.0\.1:\d+\/v1 .*\n$/)
    expect(output).toContain(url)
  })

  it('makes keys that only their owner can read, and writes secrets nowhere else', async () => {
    const { dataFolder } = await start()
    expect(statSync(join(dataFolder, 'keys', 'alpha.main.key')).mode & 0o777).toBe(0o600)
    const written = ['participants.json', 'logs/engine.jsonl'].map((file) =>
      readFileSync(join(dataFolder, file), 'utf8'),
    )
    for (const text of written) expect(text).not.toContain('PRIVATE KEY')
    const { stdout } = await runEngine('keys', 'list', '--data', dataFolder)
    expect(stdout).toMatch(/^alpha main MCowBQYDK2VwAyEA[A-Za-z0-9+/]{43}=\n$/)
  })

  it('does not make a second key for a session', async () => {
    const { dataFolder } = await start()
    const outcome = await runEngine('keys', 'new', '--participant', 'alpha', '--session', 'main', '--data', dataFolder)
    expectRefusal(outcome, 'alpha main has a key already')
  })

  it('ends cleanly on SIGTERM, SIGINT and SIGHUP: connections are told, the log is closed, the folder is free', async () => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
      const running = await start()
      const { client } = await WireClient.logOn(running.url, running.dataFolder, 'alpha')
      const exitCode = running.stop(signal)
      expect(await client.next('notice')).toMatchObject({ code: 'shuttingDown' })
      expect(await client.closed).toEqual({ code: 4016, reason: 'shuttingDown' })
      expect(await exitCode).toBe(0)
      expect(existsSync(join(running.dataFolder, 'engine.lock'))).toBe(false)
      await running.clean()
    }
  })

  it('ends cleanly when the process that started it is gone', async () => {
    const running = await start()
    expect(await running.abandon()).toBe(0)
    expect(existsSync(join(running.dataFolder, 'engine.lock'))).toBe(false)
  })

  it('that was killed starts again with the same state, and cancels for sessions that do not come back', async () => {
    const running = await start()
    const { client } = await WireClient.logOn(running.url, running.dataFolder, 'alpha')
    const terms = { orderType: 'limit', timeInForce: 'goodTillCancel', quantityLots: 3, priceTicks: 9_500 } as const
    client.send({ type: 'newOrder', ref: 1, instrument: 1, side: 'buy', ...terms })
    await client.next('accepted')
    const before = await running.stateHash()
    await running.kill()
    await running.start()
    expect(running.output).toContain(`state ${before}`)
    const reader = await WireClient.connect(running.url, 'json')
    reader.send({ type: 'subscribe', channel: 'top', instrument: 1 })
    expect(await reader.next('top')).toMatchObject({ bidPriceTicks: 9_500, bidQuantityLots: 3 })
    expect(await reader.next('top')).toMatchObject({ bidPriceTicks: 0, bidQuantityLots: 0 })
    await reader.close()
    const again = await WireClient.logOn(running.url, running.dataFolder, 'alpha', { nextEvent: 1 })
    expect(await again.client.next('accepted')).toMatchObject({ eventNumber: 1, ref: 1 })
    expect(await again.client.next('cancelled')).toMatchObject({ eventNumber: 2, reason: 'disconnected' })
  })

  it('takes a changed configuration into account when it starts again', async () => {
    const running = await start()
    await running.stop()
    const [instrument] = configuration.instruments
    const changed = { ...configuration, instruments: [{ ...instrument, maxOrderQuantityLots: 7 }] }
    const config = join(folder, 'exchange.json')
    writeFileSync(config, JSON.stringify(changed))
    const second = new EngineProcess({ parameters: ['--data', running.dataFolder, '--config', config] })
    await second.start()
    const reader = await WireClient.connect(second.url)
    reader.send({ type: 'listInstruments' })
    const { instruments } = await reader.next('instrumentList')
    expect(instruments).toMatchObject([{ instrument: 1, symbol: 'ACME', maxOrderQuantityLots: 7 }])
    await reader.close()
    await second.clean()
  })
})

/** The fleet's program with a real engine and real bots: it runs, it stops in order, and it leaves nothing behind. */
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FleetRun, until } from './fleet-run.ts'

// Up to eleven processes start at the same time, on whatever machine this is.
vi.setConfig({ testTimeout: 150_000 })

let run: FleetRun
let smallFleet: string

beforeEach(() => {
  run = new FleetRun()
  smallFleet = join(run.folder, 'small.json')
  const bots = [
    { kind: 'market-maker', name: 'maker', participant: 'maker-1', instruments: ['ACME'] },
    { kind: 'noise', name: 'noise', participant: 'noise-1', instruments: ['ACME'] },
  ]
  writeFileSync(smallFleet, JSON.stringify({ bots }))
})

afterEach(() => run.clean())

const startEngineToo = ['--with-engine', '--port', '0']

async function untilAllLive(count: number): Promise<void> {
  await until(`${count} bots live`, () => run.output.includes(`bots ${count}/${count}`))
}

function processOf(participant: string): number {
  const found = run.processes().find(({ command }) => command.includes(`--participant ${participant} `))
  if (found === undefined) throw new Error(`no process of ${participant}`)
  return found.pid
}

describe('the default fleet', () => {
  it('trades in every instrument, and reports a run that adds up', async () => {
    const symbols = ['ACME', 'BOLT', 'CRUX']
    run.start('fleets/default.json', ...startEngineToo)
    await untilAllLive(10)
    const hasTraded = (symbol: string) => new RegExp(`${symbol} [^|]*last \\d`).test(run.output)
    await until('trades in every instrument', () => symbols.every(hasTraded))
    run.signal('SIGINT')
    expect(await run.ended()).toBe(0)
    expect(run.errors).toBe('')
    const report = run.output.slice(run.output.indexOf('Final report'))
    for (const name of ['maker-1', 'maker-2', 'noise-1', 'noise-8']) expect(report).toContain(name)
    for (const symbol of symbols) expect(report).toMatch(new RegExp(`^${symbol} +[1-9]`, 'm'))
    expect(report).toMatch(/^all +0 +0 +0 /m)
    expect(report).toMatch(/P&L \+ fees of all bots: 0\.00 USD\.$/m)
    expect(report).not.toContain('Failed')
    expect(run.processes()).toEqual([])
  })
})

describe('a fleet with --seconds', () => {
  it('ends by itself after that time, in order', async () => {
    run.start(smallFleet, ...startEngineToo, '--seconds', '1')
    expect(await run.ended()).toBe(0)
    expect(run.output).toMatch(/^Final report after 0:0[1-9] /m)
    expect(run.output).not.toContain('Failed')
    expect(run.processes()).toEqual([])
  })
})

describe('a fleet is stopped', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('by %s: in order, with a report and exit code 0', async (signal) => {
    run.start(smallFleet, ...startEngineToo)
    await untilAllLive(2)
    run.signal(signal)
    expect(await run.ended()).toBe(0)
    expect(run.output).toContain('Final report')
    expect(run.processes()).toEqual([])
  })

  it('at once by a second signal, with another exit code', async () => {
    run.start(smallFleet, ...startEngineToo)
    await untilAllLive(2)
    // A bot that is stopped by the terminal cannot answer, so the first signal has to wait for it.
    process.kill(processOf('noise-1'), 'SIGSTOP')
    await until('it ends', () => {
      run.signal('SIGINT')
      return run.hasEnded
    })
    expect(await run.ended()).toBe(130)
    await until('everything is gone', () => run.processes().length === 0)
  })

  it('whole, though nobody is left to stop it, when its supervisor is killed', async () => {
    run.start(smallFleet, ...startEngineToo)
    await untilAllLive(2)
    expect(run.processes()).toHaveLength(3)
    run.signal('SIGKILL')
    await until('everything is gone', () => run.processes().length === 0)
  })
})

describe('what dies is started again', () => {
  it('a bot: told, counted, back at work', async () => {
    run.start(smallFleet, ...startEngineToo)
    await untilAllLive(2)
    process.kill(processOf('noise-1'), 'SIGKILL')
    await until('told', () => run.output.includes('noise was killed by SIGKILL; it restarts in 1 s'))
    run.forgetOutput()
    await untilAllLive(2)
    run.signal('SIGINT')
    expect(await run.ended()).toBe(0)
    expect(run.output).toContain('Started again: noise 1×.')
    expect(run.output).toMatch(/P&L \+ fees of all bots: 0\.00 USD\.$/m)
  })

  it('the engine: with its log, on the same port, so that the bots come back to it', async () => {
    run.start(smallFleet, ...startEngineToo, '--log-mode', 'os')
    await untilAllLive(2)
    process.kill(run.processes().find(({ command }) => command.includes('engine/main.ts'))!.pid, 'SIGKILL')
    await until('told', () => run.output.includes('the engine was killed by SIGKILL; it restarts in 1 s'))
    run.forgetOutput()
    await untilAllLive(2)
    run.signal('SIGINT')
    expect(await run.ended()).toBe(0)
    expect(run.output).toContain('Started again: the engine 1×.')
    expect(run.output).toMatch(/P&L \+ fees of all bots: 0\.00 USD\.$/m)
  })
})

describe('what cannot start says why in one line, and leaves nothing running', () => {
  const failure = async () => {
    expect(await run.ended()).toBe(1)
    expect(run.output).toBe('')
    expect(run.errors.trim().split('\n')).toHaveLength(1)
    expect(run.processes()).toEqual([])
    return run.errors
  }

  it('a port that is in use', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as { port: number }
    run.start(smallFleet, '--with-engine', '--port', port.toString())
    expect(await failure()).toContain(port.toString())
    server.close()
  })

  it('a fleet file with an error in it', async () => {
    writeFileSync(
      smallFleet,
      JSON.stringify({ bots: [{ kind: 'oracle', name: 'o', participant: 'o', instruments: ['ACME'] }] }),
    )
    run.start(smallFleet, ...startEngineToo)
    expect(await failure()).toContain('bots[0].kind is "oracle": must be one of market-maker, noise')
  })

  it('an engine that is not there', async () => {
    run.start(smallFleet, '--url', 'ws://127.0.0.1:9/v1')
    expect(await failure()).toContain('cannot reach ws://127.0.0.1:9/v1')
  })

  it('a data folder that cannot be written', async () => {
    run.data = join(run.folder, 'file')
    writeFileSync(run.data, '')
    run.start(smallFleet, ...startEngineToo)
    expect(await failure()).toContain(`data folder ${run.data}`)
  })
})

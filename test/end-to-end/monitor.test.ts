/** What a participant sees of itself on the console, beside a bot that goes on trading. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { EngineProcess, runEngine } from '../support/engine-process.ts'
import { ProgramRun } from '../support/program-run.ts'

vi.setConfig({ testTimeout: 60_000 })

const pollOptions = { timeout: 30_000, interval: 50 }

let engine: EngineProcess
let maker: ProgramRun
let runs: ProgramRun[]

beforeEach(async () => {
  engine = new EngineProcess()
  await engine.start()
  maker = bots('market-maker', '--instrument', 'ACME')
  runs = [maker]
  await runEngine('keys', 'new', '--participant', 'maker-1', '--session', 'monitor', '--data', engine.dataFolder)
})

afterEach(async () => {
  for (const run of runs) run.signal('SIGKILL')
  await engine.clean()
})

function bots(...parameters: string[]): ProgramRun {
  return new ProgramRun('bots/main.ts', [...parameters, '--url', engine.url, '--data', engine.dataFolder])
}

/** What a command prints that ends by itself. */
async function printed(...parameters: string[]): Promise<string> {
  const run = bots(...parameters)
  runs.push(run)
  await run.ended()
  return run.output + run.errors
}

it("a bot's orders, positions and events are shown without disturbing it, with a key made while the engine runs", async () => {
  await expect
    .poll(() => printed('orders'), pollOptions)
    .toMatch(/\nmain +1 +ACME +buy +postOnly .*\nmain +2 +ACME +sell /)
  expect(await printed('positions')).toMatch(/\nACME +0 +– +0\.00 .*USD\n$/)
  const copy = bots('dropcopy', '--past')
  runs.push(copy)
  await expect.poll(() => copy.output, pollOptions).toContain('main 2  accepted: ref 2, ')
  expect(maker.errors).toBe('')
  maker.signal('SIGINT')
  expect(await maker.ended()).toBe(0)
  await expect.poll(() => copy.output, pollOptions).toContain('massCancelled: ref ')
  copy.signal('SIGINT')
  expect([await copy.ended(), copy.errors]).toEqual([0, ''])
  expect(await printed('orders')).toBe('maker-1 has no open orders\n')
})

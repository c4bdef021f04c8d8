import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../test/support/temporary-folder.ts'

const program = join(import.meta.dirname, 'main.ts')
const slow = 120_000

describe('bench', () => {
  let folder: string
  let child: ChildProcess | undefined

  beforeEach(() => {
    folder = temporaryFolder()
  })
  afterEach(() => {
    child?.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })

  /** Runs it with a folder for temporary files of its own. */
  const environment = () => ({ env: { ...process.env, TMPDIR: folder } })
  const bench = (...args: string[]) => promisify(execFile)(process.execPath, [program, ...args], environment())
  const lastLine = (text: string) => JSON.parse(text.trimEnd().split('\n').at(-1) as string)

  it('lists its suites', async () => {
    const { stdout } = await bench('--help')
    expect(stdout).toMatch(/\n {2}core /)
    expect(stdout).toMatch(/\n {2}gateway /)
    expect(stdout).toMatch(/\n {2}recovery /)
  })

  it('refuses a time that is none, with exit code 1', async () => {
    const refusal = { code: 1, stderr: expect.stringContaining("'soon' is invalid") }
    await expect(bench('core', '--seconds', 'soon')).rejects.toMatchObject(refusal)
  })

  it('core: prints the machine, the figures as the last line, and draws the rates', { timeout: slow }, async () => {
    const picture = join(folder, 'rates.svg')
    const { stdout } = await bench('core', '--seconds', '0.1', '--json', '--svg', picture)
    const { suite, machine, results, reference, ratios } = lastLine(stdout)
    expect(stdout).toContain(machine.cpu)
    expect(suite).toBe('core')
    for (const key of ['bookMixed', 'bookBursts', 'applyMixed', 'applyDeep', 'applyManyInstruments']) {
      expect(results[key]).toEqual({ value: expect.any(Number), unit: 'commands/s' })
    }
    const bursts = ['OneSide', 'Sweeps', 'Wandering', 'Static'].map((flow) => results[`bookBursts${flow}`].value)
    expect(results.bookBursts.value).toBe(Math.min(...bursts))
    const ratio = results.applyMixed.value / reference.nodejsOrderBookMixed.value
    expect(ratios.applyMixedToNodejsOrderBook).toBeCloseTo(ratio, 1)
    // An order's own record is 64 bytes.
    expect(results.bytesPerRestingOrder.value).toBeGreaterThan(64)
    expect(readFileSync(picture, 'utf8')).toMatch(/^<svg .*<\/svg>\n$/s)
  })

  it('gateway: loads a real engine beside an echo server and leaves nothing behind', { timeout: slow }, async () => {
    const { stdout } = await bench('gateway', '--seconds', '0.3', '--json')
    const { suite, results, reference, ratios } = lastLine(stdout)
    expect(suite).toBe('gateway')
    expect(results.ackedPerSecond.value).toBeGreaterThan(0)
    for (const at of ['At10k', 'At50k']) {
      expect(results[`ackP99Us${at}`].value).toBeGreaterThanOrEqual(results[`ackP50Us${at}`].value)
      expect(reference[`bareEchoP99Us${at}`].unit).toBe('µs')
    }
    expect(ratios.ackedToBareEcho).toBeCloseTo(results.ackedPerSecond.value / reference.bareEchoPerSecond.value, 2)
    expect(readdirSync(folder)).toEqual([])
  })

  it('recovery: replays, takes a snapshot, starts from it, and leaves nothing behind', { timeout: slow }, async () => {
    const { stdout } = await bench('recovery', '--seconds', '0.1', '--json')
    const { suite, results, reference } = lastLine(stdout)
    expect(suite).toBe('recovery')
    for (const key of ['replayedPerSecond', 'snapshotRestoreMs', 'snapshotPauseMs']) {
      expect(results[key].value).toBeGreaterThan(0)
    }
    expect(reference.journalFilesPerSecond.value).toBeGreaterThan(results.replayedPerSecond.value)
    expect(readdirSync(folder)).toEqual([])
  })

  it.each([
    ['gateway', 'throughput'],
    ['recovery', 'writing a journal'],
  ])(
    '%s: ends with everything that it started when it is interrupted, also twice',
    {
      timeout: slow,
    },
    async (suite, stage) => {
      const started = spawn(process.execPath, [program, suite, '--seconds', '60'], environment())
      child = started
      let progress = ''
      await new Promise<void>((resolve, reject) => {
        started.stderr.on('data', (text: Buffer) => {
          progress += text
          if (progress.includes(stage)) resolve()
        })
        started.once('close', () => reject(new Error(`it ended before anything was measured: ${progress}`)))
      })
      started.kill('SIGINT')
      // What npm passes on comes a moment later, while all is being ended.
      setTimeout(() => started.kill('SIGINT'), 20)
      // Its standard error is closed by the last process that holds it.
      const [exitCode] = await once(started, 'close')
      expect(exitCode).toBe(130)
      expect(progress).toContain(`bench ${suite}: interrupted`)
      expect(readdirSync(folder)).toEqual([])
    },
  )
})

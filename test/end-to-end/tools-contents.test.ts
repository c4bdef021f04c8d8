/** What operators do with a data folder, from the command line: see what is in it, and what the exchange was like then. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { files, flipBit, printed, restingOrders, ToolsData, tool } from './tools-data.ts'

const data = new ToolsData()
beforeAll(() => data.make(), 60_000)
afterAll(() => data.engine.clean())

interface Entry {
  sequence: number
  timeUs: number
  time: string
  participant?: string
  session?: string
  command: { type: string; ref?: number } & Record<string, unknown>
  outcome: ({ type: string; participant?: string } & Record<string, unknown>)[]
}

/** All of the log, read once. */
let wholeLog: Promise<Entry[]> | undefined
function exportedWhole(): Promise<Entry[]> {
  wholeLog ??= exported()
  return wholeLog
}

async function exported(...parameters: string[]): Promise<Entry[]> {
  const text = await printed(data.whole, 'journal', 'export', ...parameters)
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Entry)
}

describe('journal inspect', () => {
  it('counts commands by kind and sender', async () => {
    const json = JSON.parse(await printed(data.whole, 'journal', 'inspect', '--json'))
    const counts = Object.fromEntries(
      json.types.map((row: { type: string; commands: number }) => [row.type, row.commands]),
    )
    // alpha: two orders, and those that it left, once in each life. beta: two.
    expect(counts).toMatchObject({
      instrumentDefined: 1,
      participantDefined: 2,
      sessionDefined: 2,
      newOrder: 4 + 2 * restingOrders,
      sessionConnected: 4,
      sessionDisconnected: 4,
      timeAdvanced: 1,
    })
    expect(json.senders).toEqual([
      { participant: 'alpha', session: 'main', commands: 2 + 2 * restingOrders + 6 },
      { commands: 6 },
      { participant: 'beta', session: 'main', commands: 4 },
    ])
    const { commands } = json
    expect(json.segments.reduce((sum: number, segment: { commands: number }) => sum + segment.commands, 0)).toBe(
      commands,
    )
    expect(json.snapshots).toHaveLength(2)
  })

  it('shows the same to people', async () => {
    const text = await printed(data.whole, 'journal', 'inspect')
    expect(text).toMatch(/^log +[0-9a-f]{32}, in /)
    expect(text).toMatch(/newOrder +804\n/)
    expect(text).toMatch(/alpha +main +808\n/)
    expect(text).toMatch(/\(engine\) +6\n/)
    for (const name of files(data.whole, 'journal'))
      expect(text).toMatch(new RegExp(`journal/${name} .* \\d+\\.\\d%\n`))
  })
})

describe('journal export', () => {
  it('tells of every command who sent it and when, in order', async () => {
    const entries = await exportedWhole()
    expect(entries.map(({ sequence }) => sequence)).toEqual(entries.map((_, index) => index + 1))
    for (const { timeUs, time } of entries)
      expect(new Date(timeUs / 1_000).toISOString().slice(0, 23)).toBe(time.slice(0, 23))
    const [sold, bought] = entries.filter(({ command }) => command.type === 'newOrder' && command.ref === 1)
    expect(sold).toMatchObject({
      participant: 'alpha',
      session: 'main',
      command: { type: 'newOrder', symbol: 'ACME', side: 'sell', quantityLots: 10, priceTicks: 10_000 },
      outcome: [{ type: 'accepted', participant: 'alpha', orderId: 1 }],
    })
    expect(bought).toMatchObject({ participant: 'beta', command: { side: 'buy', timeInForce: 'immediateOrCancel' } })
  })

  it('tells what came of it, and to whom: fills, rejects, expiries, cancels of a session that went', async () => {
    const entries = await exportedWhole()
    const outcomeOf = (participant: string, ref: number) =>
      entries.find((entry) => entry.participant === participant && entry.command.ref === ref)?.outcome
    const terms = { symbol: 'ACME', instrument: 1, priceTicks: 10_000, quantityLots: 4 }
    // 4 lots at 10,000 ticks of 1 cent are 400 dollars, of which 1 basis point is 4 cents.
    expect(outcomeOf('beta', 1)).toMatchObject([
      { type: 'accepted', participant: 'beta', ref: 1, orderId: 2 },
      { type: 'traded', tradeId: 1, aggressorSide: 'buy', ...terms },
      { type: 'filled', participant: 'alpha', orderRef: 1, leavesLots: 6, liquidity: 'maker', feeMinor: 0, ...terms },
      { type: 'filled', participant: 'beta', orderRef: 1, leavesLots: 0, liquidity: 'taker', feeMinor: 4, ...terms },
    ])
    expect(outcomeOf('beta', 2)).toMatchObject([
      { type: 'rejected', code: 'quantityOutOfRange', field: 'quantityLots' },
    ])
    const advanced = entries.find(({ command }) => command.type === 'timeAdvanced')
    expect(advanced).not.toHaveProperty('participant')
    expect(advanced?.outcome).toMatchObject([{ type: 'expired', participant: 'alpha', orderRef: 2, expiredLots: 10 }])
    const gone = entries.filter(({ command }) => command.type === 'sessionDisconnected')
    expect(gone.map(({ participant, outcome }) => [participant, outcome.length])).toEqual([
      ['beta', 0],
      ['alpha', 1],
      ['alpha', restingOrders],
      ['alpha', restingOrders],
    ])
    expect(gone[1].outcome).toMatchObject([
      { type: 'cancelled', orderRef: 1, cancelledLots: 6, reason: 'disconnected' },
    ])
  })

  it('leaves out price levels unless it is asked for all', async () => {
    const types = (entries: Entry[]) => new Set(entries.flatMap(({ outcome }) => outcome.map(({ type }) => type)))
    expect(types(await exportedWhole())).not.toContain('levelChanged')
    expect(types(await exported('--all'))).toContain('levelChanged')
  })

  it('of a participant or session tells what it sent or was told of', async () => {
    const entries = await exported('--participant', 'beta')
    expect(entries.map(({ participant, command }) => `${participant} ${command.type}`)).toEqual([
      'beta sessionConnected',
      'beta newOrder',
      'beta newOrder',
      'beta sessionDisconnected',
    ])
    const told = await exported('--participant', 'alpha', '--until', entries[1].sequence.toString())
    expect(told.map(({ participant, command }) => `${participant} ${command.type}`)).toEqual([
      'alpha sessionConnected',
      'alpha newOrder',
      'beta newOrder',
    ])
    expect(await exported('--session', 'nobody')).toEqual([])
  })

  it('from and until a place, both included, is that part of the whole', async () => {
    const whole = await exportedWhole()
    const part = whole.slice(10, 15)
    expect(await exported('--from', '11', '--until', '15')).toEqual(part)
    const { timeUs } = whole[420]
    const { time } = whole[700]
    const within = whole.filter((entry) => entry.timeUs >= timeUs && entry.timeUs <= whole[700].timeUs)
    expect(await exported('--from', timeUs.toString(), '--until', time)).toEqual(within)
    expect(await exported('--from', '2099-01-01')).toEqual([])
  })

  it('writes a file if it is told to', async () => {
    const file = join(data.engine.folder, 'export.ndjson')
    expect(await exported('--until', '20', '--output', file)).toEqual([])
    expect(
      readFileSync(file, 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(await exported('--until', '20'))
  })

  it('ends quietly when whoever reads has had enough', async () => {
    const command = `set -o pipefail; ${process.execPath} engine/main.ts journal export --data ${data.whole} | head -n 2`
    const { stdout, stderr } = await promisify(execFile)('bash', ['-c', command])
    expect(stdout.trimEnd().split('\n')).toHaveLength(2)
    expect(stderr).toBe('')
  })

  it('waits for whoever reads, and can be interrupted then', async () => {
    const parameters = ['engine/main.ts', 'journal', 'export', '--data', data.whole]
    const child = spawn(process.execPath, parameters, { stdio: ['ignore', 'pipe', 'inherit'] })
    const exited = once(child, 'exit')
    child.stdout.pause()
    await once(child.stdout, 'readable')
    // What it has to say is far more than the pipe holds.
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(child.exitCode).toBe(null)
    child.kill('SIGINT')
    expect(await exited).toEqual([null, 'SIGINT'])
  })
})

describe('replay', () => {
  const replayed = async (...parameters: string[]) =>
    JSON.parse(await printed(data.whole, 'replay', '--json', ...parameters))

  it('comes to the state that the engine itself comes to, from the beginning or from a snapshot', async () => {
    const whole = await replayed('--hash')
    expect(whole).toMatchObject({
      stateHash: data.stateHash,
      commands: whole.sequence,
      startSequence: 0,
      trades: 1,
      openOrders: 0,
    })
    const newest = await replayed('--hash', '--from-snapshot')
    expect(newest).toMatchObject({ stateHash: data.stateHash, commands: 0, startSequence: whole.sequence, trades: 1 })
    const text = await printed(data.whole, 'replay', '--hash')
    expect(text).toContain(`${whole.sequence} commands applied in `)
    expect(text).toContain(`state hash   ${data.stateHash}\n`)
  })

  it('until a sequence number or a time stops there', async () => {
    const entries = await exportedWhole()
    const traded = entries.find(({ outcome }) => outcome.some(({ type }) => type === 'traded'))!
    const before = await replayed('--until', (traded.sequence - 1).toString())
    expect(before).toMatchObject({ sequence: traded.sequence - 1, trades: 0, openOrders: 1 })
    for (const place of [traded.sequence.toString(), traded.timeUs.toString(), traded.time]) {
      expect(await replayed('--until', place)).toMatchObject({ timeUs: traded.timeUs, trades: 1 })
    }
  })

  it('from a snapshot to a place between two is the same as from the beginning', async () => {
    const [first] = files(data.whole, 'snapshots').map((name) => Number.parseInt(name, 10))
    const until = (first + 100).toString()
    const { stateHash } = await replayed('--hash', '--until', until)
    const restored = await replayed('--hash', '--until', until, '--from-snapshot')
    expect(restored).toMatchObject({ stateHash, startSequence: first, commands: 100 })
  })

  it('passes over a damaged snapshot, and says so', async () => {
    const folder = data.copy()
    const [first, second] = files(folder, 'snapshots')
    flipBit(join(folder, 'snapshots', second), 100_000)
    const { exitCode, stdout, stderr } = await tool(folder, 'replay', '--from-snapshot', '--hash', '--json')
    expect(exitCode).toBe(0)
    expect(stderr).toContain(`the snapshot ${second} is passed over: `)
    expect(JSON.parse(stdout)).toMatchObject({ startSequence: Number.parseInt(first, 10), stateHash: data.stateHash })
  })
})

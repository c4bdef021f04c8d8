/** What operators do with a data folder, from the command line: check it and take snapshots, also while an engine runs. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Exchange } from '../../engine/core/index.ts'
import { FolderStorage } from '../../engine/log/journal-storage.ts'
import { readSnapshot } from '../../engine/log/snapshot-reader.ts'
import { SnapshotStore } from '../../engine/log/snapshot-store.ts'
import { WireClient } from '../support/wire-client.ts'
import { files, flipBit, lastLine, order, printed, ToolsData, tool, toolsEngine } from './tools-data.ts'

const data = new ToolsData()
beforeAll(() => data.make(), 60_000)
afterAll(() => data.engine.clean())

describe('journal verify', () => {
  it('finds a sound log sound, file by file', async () => {
    const text = await printed(data.whole, 'journal', 'verify')
    const segments = files(data.whole, 'journal')
    const snapshots = files(data.whole, 'snapshots')
    expect([segments.length >= 3, snapshots.length]).toEqual([true, 2])
    for (const name of [...segments, ...snapshots]) expect(text).toMatch(new RegExp(`${name} .* sound\n`))
    expect(lastLine(text)).toMatch(/^the log is sound: [\d,]+ commands in \d+ batches, up to digest [0-9a-f]{32}$/)
  })

  it('with --replay comes to the state that the engine itself comes to', async () => {
    expect(lastLine(await printed(data.whole, 'journal', 'verify', '--replay'))).toContain(
      `and come to state ${data.stateHash}`,
    )
    const json = JSON.parse(await printed(data.whole, 'journal', 'verify', '--replay', '--json'))
    expect(json).toMatchObject({ sound: true, problems: [], stateHash: data.stateHash, firstSequence: 1 })
    expect(json.commands).toBe(json.lastSequence)
    expect(json.snapshots[0].sequence).toBe(json.lastSequence)
  })

  /** Damages a copy, and expects to be told of it, with the file. */
  async function expectDamage(
    damage: (folder: string) => string,
    reason: RegExp,
    ...options: string[]
  ): Promise<string> {
    const folder = data.copy()
    const file = join(folder, damage(folder))
    const before = readdirSync(folder, { recursive: true }).sort()
    const { exitCode, stdout, stderr } = await tool(folder, 'journal', 'verify', ...options)
    expect([exitCode, stderr]).toEqual([1, ''])
    expect(lastLine(stdout)).toContain(`DAMAGED: ${file} at byte `)
    expect(lastLine(stdout)).toMatch(reason)
    expect(readdirSync(folder, { recursive: true }).sort()).toEqual(before)
    return stdout
  }

  it('tells programs what is damaged, where, and what to do', async () => {
    const folder = data.copy()
    const file = join(folder, 'journal', files(folder, 'journal')[0])
    flipBit(file, 20)
    const { exitCode, stdout } = await tool(folder, 'journal', 'verify', '--json')
    expect(exitCode).toBe(1)
    const action = expect.stringContaining('Restore the data folder')
    const problem = { file, offset: 0, reason: "the header's checksum is wrong", action }
    expect(JSON.parse(stdout)).toMatchObject({ sound: false, problems: [problem] })
  })

  it('tells of a single wrong bit, of what comes before it and of what was not read', async () => {
    const [first, second, third] = files(data.whole, 'journal')
    const damage = (folder: string) => {
      flipBit(join(folder, 'journal', second), 5_000)
      return `journal/${second}`
    }
    const text = await expectDamage(damage, /a batch is damaged, and .* follow.* Restore the data folder's journal/)
    expect(text).toMatch(new RegExp(`${first} .* sound\n`))
    expect(text).toMatch(new RegExp(`${second} .* DAMAGED\n`))
    expect(text).toMatch(new RegExp(`${third} .* not read\n`))
  })

  it('tells of a missing file, also if it is the last', async () => {
    const names = files(data.whole, 'journal')
    const remove = (name: string, found: string) => (folder: string) => {
      rmSync(join(folder, 'journal', name))
      return `journal/${found}`
    }
    await expectDamage(remove(names[1], names[2]), /which should come before this one, is missing/)
    await expectDamage(remove(names.at(-1)!, names.at(-2)!), /which continues this one, is missing/)
  })

  it('tells of a log that lost its end by the snapshot that goes on', async () => {
    await expectDamage((folder) => {
      rmSync(join(folder, 'journal'), { recursive: true })
      cpSync(join(data.early, 'journal'), join(folder, 'journal'), { recursive: true })
      return `journal/${files(folder, 'journal').at(-1)}`
    }, /the log ends with command \d+, but there is a snapshot of command \d+: its end is missing/)
  })

  it('tells of a damaged snapshot, and of one of another log', async () => {
    const [, newest] = files(data.whole, 'snapshots')
    await expectDamage((folder) => {
      flipBit(join(folder, 'snapshots', newest), 100_000)
      return `snapshots/${newest}`
    }, /checksum .* is wrong\. The engine passes over it/)
    await expectDamage((folder) => {
      rewriteSnapshot(folder, newest, { identity: '0'.repeat(32) })
      return `snapshots/${newest}`
    }, /it is of another log/)
  })

  it('with --replay tells of a snapshot whose state is not what the commands come to', async () => {
    const [, newest] = files(data.whole, 'snapshots')
    const damage = (folder: string) => {
      rewriteSnapshot(folder, newest, { image: new Exchange().image() })
      return `snapshots/${newest}`
    }
    await expectDamage(
      damage,
      new RegExp(`its state is [0-9a-f]{16}, but the log comes to ${data.stateHash}`),
      '--replay',
    )
  })

  /** Writes a snapshot anew, sound in itself, with something else in it. */
  function rewriteSnapshot(folder: string, name: string, changes: { identity?: string; image?: Uint8Array }): void {
    const storage = new FolderStorage(join(folder, 'snapshots'))
    const { streams, ...header } = readSnapshot(storage, name)
    const { identity = header.identity, image = header.image } = changes
    new SnapshotStore(storage, { keep: 9 }).writeNow({ ...header, identity }, { image, streams: [streams] })
  }

  it('takes a last write that was not finished for what it is', async () => {
    const folder = data.copy()
    const { segments } = JSON.parse(await printed(folder, 'journal', 'verify', '--json'))
    const { file, usedBytes } = segments.at(-1)
    const bytes = readFileSync(file)
    bytes.write('TFB2', usedBytes)
    writeFileSync(file, bytes)
    const text = await printed(folder, 'journal', 'verify')
    expect(text).toContain(`the last write was not finished: 8 bytes at byte ${usedBytes} of ${file}; the engine cuts`)
    expect(lastLine(text)).toContain('the log is sound')
  })
})

describe('snapshot', () => {
  it("of a stopped engine's data is the state that its log comes to, and is what the next start begins with", async () => {
    const engine = toolsEngine('--snapshot-every', '0')
    try {
      await engine.start()
      const { client } = await WireClient.logOn(engine.url, engine.dataFolder, 'alpha', { cancelOnDisconnect: false })
      const expireTimeUs = (Date.now() + 100) * 1_000
      client.send(order(1), order(2, { timeInForce: 'goodTillDate', expireTimeUs }))
      await client.nextOf('accepted', 2)
      await engine.kill()
      const { sequence, stateHash } = JSON.parse(await printed(engine.dataFolder, 'replay', '--hash', '--json'))
      const [name] = [`${sequence.toString().padStart(12, '0')}.snapshot`]
      expect(await printed(engine.dataFolder, 'snapshot')).toMatch(
        new RegExp(`snapshots/${name}: after command ${sequence}, [\\d,]+ bytes\n`),
      )
      expect(files(engine.dataFolder, 'snapshots')).toEqual([name])
      expect(existsSync(join(engine.dataFolder, 'engine.lock'))).toBe(false)
      expect(await printed(engine.dataFolder, 'journal', 'verify', '--replay')).toContain(
        `and come to state ${stateHash}`,
      )
      await engine.start()
      expect(engine.output).toContain(`0 commands recovered after the snapshot at ${sequence} in`)
      const again = await WireClient.logOn(engine.url, engine.dataFolder, 'alpha', { nextEvent: 1 })
      expect((await again.client.nextOf('accepted', 2)).map(({ ref }) => ref)).toEqual([1, 2])
      // It was due before the snapshot was taken, but time passes in an engine only.
      expect(await again.client.next('expired')).toMatchObject({ orderRef: 2 })
      again.client.terminate()
    } finally {
      await engine.clean()
    }
  })

  it('of a folder without a log is refused, and leaves nothing behind', async () => {
    const folder = join(data.engine.folder, 'no-log')
    mkdirSync(folder)
    const { exitCode, stderr } = await tool(folder, 'snapshot')
    expect([exitCode, stderr]).toEqual([
      2,
      `engine: there is no log in ${folder}: no engine has written one there (with --log-mode memory none does)\n`,
    ])
    expect(readdirSync(folder)).toEqual([])
  })
})

describe('while an engine runs', () => {
  it('every tool reads what is there, and says that an engine is running', async () => {
    const { engine } = data
    const { client, result } = await WireClient.logOn(engine.url, engine.dataFolder, 'alpha')
    let ref = result.lastRef
    let trading = true
    const trade = async () => {
      while (trading) {
        client.send(...Array.from({ length: 100 }, () => order(++ref, { timeInForce: 'immediateOrCancel' })))
        await client.nextOf('accepted', 100)
        // Flat out, the log of a quick machine would outgrow what an export of it can be kept in.
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
    const traded = trade()
    try {
      for (const options of [[], ['--replay']]) {
        const text = await printed(engine.dataFolder, 'journal', 'verify', ...options)
        expect(text).toContain(`an engine is running (process id ${engine.pid})`)
        expect(lastLine(text)).toContain('the log is sound: ')
      }
      expect(await printed(engine.dataFolder, 'journal', 'inspect')).toContain(`running, process id ${engine.pid}`)
      expect(
        (await printed(engine.dataFolder, 'journal', 'export', '--from', '900', '--until', '1500')).split('\n').length,
      ).toBeGreaterThan(100)
      expect(await printed(engine.dataFolder, 'replay', '--from-snapshot')).toContain(
        'applied after the snapshot of command',
      )
      const taken = await printed(engine.dataFolder, 'snapshot')
      const [, name] = /snapshots\/(\d+\.snapshot): after command/.exec(taken) ?? []
      expect(files(engine.dataFolder, 'snapshots')).toContain(name)
      expect((await printed(engine.dataFolder, 'snapshot')).split(':')[0]).not.toBe(taken.split(':')[0])
    } finally {
      trading = false
      await traded
      await client.close()
    }
    expect(lastLine(await printed(engine.dataFolder, 'journal', 'verify', '--replay'))).toContain('the log is sound: ')
  })
})

describe('a log whose beginning was put away', () => {
  it.each(['archive', 'delete'])('by --old-segments %s is read as far as it is there', async (policy) => {
    const engine = toolsEngine('--old-segments', policy)
    try {
      cpSync(data.whole, engine.dataFolder, { recursive: true })
      await engine.start()
      await printed(engine.dataFolder, 'snapshot')
      await engine.stop()
      const [first] = files(engine.dataFolder, 'journal')
      expect(Number.parseInt(first, 10)).toBeGreaterThan(1)
      const text = await printed(engine.dataFolder, 'journal', 'verify', '--replay')
      const hash = JSON.parse(await printed(engine.dataFolder, 'replay', '--hash', '--json'))
      expect(hash.stateHash).toBe(data.stateHash)
      const entries = await printed(engine.dataFolder, 'journal', 'export')
      const { sequence } = JSON.parse(entries.split('\n')[0])
      if (policy === 'archive') {
        expect(text).toContain('archive/000000000001.log')
        expect([hash.startSequence, sequence]).toEqual([0, 1])
      } else {
        expect(lastLine(text)).toContain(`the log is sound from command ${Number.parseInt(first, 10)} on: `)
        expect(sequence).toBe(hash.startSequence + 1)
        const tooEarly = await tool(engine.dataFolder, 'replay', '--until', '5')
        expect([tooEarly.exitCode, tooEarly.stderr]).toEqual([
          2,
          `engine: command 5 lies before command ${sequence}, the first that is there\n`,
        ])
      }
    } finally {
      await engine.clean()
    }
  })
})

describe('what cannot be done is told in one line, with code 2', () => {
  it.each(['replay', 'snapshot'])('a folder that is not there: %s', async (command) => {
    const folder = join(data.engine.folder, 'nowhere')
    const { exitCode, stdout, stderr } = await tool(folder, command)
    expect([exitCode, stdout]).toEqual([2, ''])
    expect(stderr).toBe(`engine: there is no folder ${folder}; --data names the data folder
`)
    expect(existsSync(folder)).toBe(false)
  })

  it.each([
    [['replay', '--until', '1000000'], /--until: command 1000000 lies behind the end of the log, command \d+ of 20/],
    [['replay', '--until', '2099-01-01'], /--until: 2099-01-01T00:00:00\.000000Z lies behind the end of the log/],
    [['replay', '--until', 'noon'], /--until cannot be noon: it must be a sequence number, a time in microseconds/],
    [['journal', 'export', '--from', '1000000'], /--from: command 1000000 lies behind the end of the log/],
    [['journal', 'export', '--from', '2026-02-30'], /--from cannot be 2026-02-30: /],
    [['journal', 'export', '--output', '/nowhere/file'], /\/nowhere\/file cannot be written: ENOENT/],
    [['journal', 'verify', '--repair'], /unknown option '--repair'/],
    [['journal', 'mend'], /unknown command 'mend'/],
  ])('%j', async (parameters, reason) => {
    const { exitCode, stdout, stderr } = await tool(data.whole, ...parameters)
    expect([exitCode, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(reason)
  })

  it('a log that is gone, but not its snapshots, is damage: code 1', async () => {
    const folder = data.copy()
    rmSync(join(folder, 'journal'), { recursive: true })
    for (const command of [['journal', 'verify'], ['snapshot']]) {
      const { exitCode, stderr } = await tool(folder, ...command)
      const reason = 'the log is gone, but there is a snapshot of command'
      expect([exitCode, stderr]).toEqual([1, expect.stringContaining(reason)])
    }
    expect(existsSync(join(folder, 'journal'))).toBe(false)
  })
})

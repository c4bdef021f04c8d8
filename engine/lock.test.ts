import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LockError, lockFolder, lockHolder } from './lock.ts'

describe('the lock of a data folder', () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tradefloor-'))
  })

  afterEach(() => {
    rmSync(folder, { recursive: true })
  })

  /** A lock as another process would have left it, or would hold it. */
  function writeLock(content: object | string): void {
    writeFileSync(join(folder, 'engine.lock'), typeof content === 'string' ? content : JSON.stringify(content))
  }

  it('names this process while it is held, and is gone afterwards', () => {
    const lock = lockFolder(folder)
    expect(JSON.parse(readFileSync(join(folder, 'engine.lock'), 'utf8'))).toMatchObject({ pid: process.pid })
    expect(readdirSync(folder)).toEqual(['engine.lock'])
    lock.release()
    expect(readdirSync(folder)).toEqual([])
  })

  it('that a running process holds is respected, and the message says which', async () => {
    const script = `
      const { lockFolder } = await import(${JSON.stringify(join(import.meta.dirname, 'lock.ts'))})
      lockFolder(process.argv[1])
      process.stdout.write('locked')
      setInterval(() => {}, 1000)`
    const options = ['--input-type=module', '--eval', script, folder]
    const holder = spawn(process.execPath, options, { stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      await once(holder.stdout!, 'data')
      expect(() => lockFolder(folder)).toThrow(LockError)
      expect(() => lockFolder(folder)).toThrow(`in use by the engine with process id ${holder.pid}`)
      expect(lockHolder(folder)).toBe(holder.pid)
      expect(readdirSync(folder)).toEqual(['engine.lock'])
    } finally {
      holder.kill('SIGKILL')
      await once(holder, 'exit')
    }
    expect(lockHolder(folder)).toBeUndefined()
    lockFolder(folder).release()
    expect(readdirSync(folder)).toEqual([])
  })

  it('that a dead process left is taken over, also if another process has its id now, or it was cut off', () => {
    for (const left of [{ pid: 2 ** 22, started: '1' }, { pid: process.ppid, started: '1' }, '']) {
      writeLock(left)
      expect(lockHolder(folder)).toBeUndefined()
      const lock = lockFolder(folder)
      expect(JSON.parse(readFileSync(join(folder, 'engine.lock'), 'utf8'))).toMatchObject({ pid: process.pid })
      lock.release()
      expect(readdirSync(folder)).toEqual([])
    }
  })
})

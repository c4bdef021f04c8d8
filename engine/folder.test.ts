import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { makeFolder } from './folder.ts'

let base: string

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'tradefloor-folder-'))
})

afterEach(() => rmSync(base, { recursive: true, force: true }))

it('makes what is missing and says where that begins', () => {
  expect(makeFolder(join(base, 'a', 'b', 'c'))).toBe(join(base, 'a'))
  expect(existsSync(join(base, 'a', 'b', 'c'))).toBe(true)
  expect(makeFolder(join(base, 'a', 'b', 'd'))).toBe(join(base, 'a', 'b', 'd'))
  expect(makeFolder(join(base, 'a', 'b'))).toBeUndefined()
})

it('throws where a parent is a file', () => {
  writeFileSync(join(base, 'file'), '')
  expect(() => makeFolder(join(base, 'file', 'a', 'b'))).toThrow('ENOTDIR')
})

it.runIf(existsSync('/proc/self'))('throws where nobody can make folders (left out where there is no /proc)', () => {
  expect(() => makeFolder('/proc/tradefloor/a/b')).toThrow('ENOENT')
})

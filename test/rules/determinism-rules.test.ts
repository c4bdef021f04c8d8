/** What engine/core may not touch, as biome.json enforces it: clocks, chance, I/O, waiting, anything that differs by machine. */
import { beforeAll, describe, expect, it } from 'vitest'
import { type Finding, lint } from './lint-project.ts'

const globals = 'lint/style/noRestrictedGlobals'
const properties = 'lint/nursery/noJsRestrictedProperties'

const banned: [code: string, rule: string][] = [
  ['Date.now()', globals],
  ['new Date()', globals],
  ['performance.now()', globals],
  ['new Intl.NumberFormat()', globals],
  ['setTimeout(() => 1, 1)', globals],
  ['setInterval(() => 1, 1)', globals],
  ['setImmediate(() => 1)', globals],
  ['queueMicrotask(() => 1)', globals],
  ['Promise.resolve()', globals],
  ['crypto.randomUUID()', globals],
  ['process.hrtime()', globals],
  ["console.log('')", globals],
  ["fetch('')", globals],
  ["new WebSocket('')", globals],
  ["new Worker('')", globals],
  ["require('fs')", globals],
  ["Buffer.from('')", globals],
  ["globalThis['Date']", globals],
  ["global['Date']", globals],
  ['new WeakRef({})', globals],
  ['new FinalizationRegistry(() => 1)', globals],
  ['Math.random()', properties],
  ["Math['random']()", properties],
  ['Math.log2(8)', properties],
  ['Math.pow(2, 0.5)', properties],
  ["'a'.localeCompare('b')", properties],
  ['(1).toLocaleString()', properties],
  ['async () => 1', 'plugin'],
  ['async function a() {}', 'plugin'],
  ['export default async function () {}', 'plugin'],
  ['(async function () {})', 'plugin'],
  ['({ async a() {} })', 'plugin'],
  ['class A { static async a() {} }', 'plugin'],
  ['await 1', 'plugin'],
]

const conforming = `
const levels = new Map<number, bigint>()
export function add(priceTicks: number, quantityLots: number): number {
  for (const [key, value] of levels) levels.set(key, value + BigInt(quantityLots))
  return Math.max(Math.floor(priceTicks / 2), Math.imul(quantityLots, 31)) + new Float64Array(8).length
}
`

let findings: Map<string, Finding[]>

const fileOf = (folder: string, index: number) => `${folder}/case-${index}.ts`

beforeAll(async () => {
  const files: Record<string, string> = {
    'engine/core/conforming.ts': conforming,
    'engine/core/clock.test.ts': 'export const now = Date.now()\n',
    'engine/sequencer/clock.ts': 'export const now = async () => Date.now()\n',
  }
  banned.forEach(([code], index) => {
    for (const folder of ['engine/core', 'engine/core/book']) files[fileOf(folder, index)] = `${code}\n`
  })
  findings = await lint(files)
})

describe('engine/core', () => {
  it.each(banned.map(([code, rule], index) => ({ code, rule, index })))('does not use $code', ({ rule, index }) => {
    for (const folder of ['engine/core', 'engine/core/book']) {
      expect(findings.get(fileOf(folder, index))!.map((finding) => finding.rule)).toContain(rule)
    }
  })

  it('may use whatever is exact and the same everywhere', () => {
    expect(findings.get('engine/core/conforming.ts')).toEqual([])
  })

  it('is bound alone: its tests and the rest of the engine may read a clock and wait', () => {
    expect(findings.get('engine/core/clock.test.ts')).toEqual([])
    expect(findings.get('engine/sequencer/clock.ts')).toEqual([])
  })
})

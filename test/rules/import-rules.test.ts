/** Who may import whom, as biome.json enforces it: each rule is broken here, and kept. */
import { beforeAll, describe, expect, it } from 'vitest'
import { type Finding, lint } from './lint-project.ts'

interface Room {
  readonly may: readonly string[]
  readonly mayNot: readonly string[]
}

/** One file of every room, with imports that it may and may not have. */
const rooms: Record<string, Room> = {
  'protocol/a.ts': {
    may: ['./messages.ts', 'msgpackr'],
    mayNot: ['../engine/core/index.ts', '../bots/runtime/clock.ts', '../test/support/engine.ts', './client/session.ts'],
  },
  'protocol/client/a.ts': {
    may: ['../messages.ts', './book.ts', 'ws'],
    mayNot: ['../../engine/main.ts', '../../bots/runtime/clock.ts'],
  },
  'engine/core/a.ts': {
    may: [
      './command.ts',
      './book/book.ts',
      '../../protocol/messages.ts',
      '../../protocol/errors.ts',
      '../../protocol/limits.ts',
    ],
    mayNot: [
      'node:fs',
      'fs',
      'zod',
      'uWebSockets.js',
      '../../protocol/codec.ts',
      '../../protocol/client/book.ts',
      '../log/command-log.ts',
      './../log/command-log.ts',
      '../../bots/runtime/clock.ts',
    ],
  },
  'engine/core/book/a.ts': {
    may: ['./level.ts', '../events.ts', '../../../protocol/limits.ts'],
    mayNot: ['node:fs', 'zod', '../../log/command-log.ts', '../../../protocol/codec.ts'],
  },
  'engine/core/a.test.ts': { may: ['vitest', 'node:fs', '../log/memory-log.ts'], mayNot: [] },
  'engine/a.ts': { may: ['./core/index.ts', 'node:fs', 'pino'], mayNot: ['./core/exchange.ts'] },
  'engine/sequencer/a.ts': {
    may: ['../core/index.ts', '../log/command-log.ts', '../../protocol/codec.ts'],
    mayNot: ['../core/exchange.ts', '../core/book/book.ts'],
  },
  'engine/gateway/a.ts': {
    may: ['./uws.ts'],
    mayNot: [
      'uWebSockets.js',
      '../../bots/runtime/clock.ts',
      '../../bench/main.ts',
      '../../test/support/engine.ts',
      '../../protocol/client/session.ts',
    ],
  },
  'engine/gateway/uws.ts': { may: ['uWebSockets.js'], mayNot: ['../core/index.ts', '../../bots/runtime/clock.ts'] },
  'bots/fleet/a.ts': {
    may: ['../runtime/clock.ts', '../../protocol/client/session.ts', 'node:child_process'],
    mayNot: ['../../engine/core/index.ts', '../../engine/main.ts', '../../bench/main.ts', 'uWebSockets.js'],
  },
  'bench/a.ts': { may: ['../engine/core/index.ts', '../bots/runtime/clock.ts'], mayNot: ['uWebSockets.js'] },
  'bench/echo-server.ts': { may: ['uWebSockets.js'], mayNot: [] },
  'test/a.ts': { may: ['../engine/core/exchange.ts', '../bots/main.ts'], mayNot: ['uWebSockets.js'] },
}

const importsOf = ({ may, mayNot }: Room) => [...may, ...mayNot]

let findings: Map<string, Finding[]>

/** The imports of a file that a rule reported. */
function reported(file: string, rule: string): string[] {
  const lines = findings.get(file)!.filter((finding) => finding.rule === rule)
  return lines.map(({ line }) => importsOf(rooms[file])[line - 1])
}

beforeAll(async () => {
  const sources = Object.entries(rooms).map(([file, room]) => [
    file,
    importsOf(room)
      .map((specifier) => `import '${specifier}'\n`)
      .join(''),
  ])
  findings = await lint({
    ...Object.fromEntries(sources),
    'protocol/client/platform.ts': "import 'node:crypto'\nBuffer.from('')\nprocess.exit()\n",
    'protocol/client/node.ts': "import 'node:crypto'\nBuffer.from('')\n",
    'bots/cycle/a.ts': "import type { B } from './b.ts'\nexport type A = B\n",
    'bots/cycle/b.ts': "import type { C } from './c.ts'\nexport type B = C\n",
    'bots/cycle/c.ts': "import type { A } from './a.ts'\nexport type C = A | 1\n",
    'bots/line/a.ts': "import type { B } from './b.ts'\nexport type A = B\n",
    'bots/line/b.ts': 'export type B = 1\n',
    'bots/undeclared.ts': "import 'left-pad'\n",
  })
})

describe('the protocol and its client', () => {
  const rulesOf = (file: string) => findings.get(file)!.map(({ rule }) => rule)

  it('use nothing that a browser has not, except where they meet Node', () => {
    const global = 'lint/style/noRestrictedGlobals'
    expect(rulesOf('protocol/client/platform.ts')).toEqual(['lint/correctness/noNodejsModules', global, global])
    expect(rulesOf('protocol/client/node.ts')).toEqual([])
  })
})

describe('imports', () => {
  it.each(Object.keys(rooms))('%s may import its own room and what stands below, nothing else', (file) => {
    expect(reported(file, 'lint/style/noRestrictedImports')).toEqual(rooms[file].mayNot)
  })

  it('has no cycles, not even of types', () => {
    const inCycle = (file: string) => findings.get(file)!.some(({ rule }) => rule === 'lint/suspicious/noImportCycles')
    expect(['bots/cycle/a.ts', 'bots/cycle/b.ts', 'bots/cycle/c.ts'].map(inCycle)).toEqual([true, true, true])
    expect(['bots/line/a.ts', 'bots/line/b.ts'].map(inCycle)).toEqual([false, false])
  })

  it('only names packages that package.json declares', () => {
    expect(findings.get('bots/undeclared.ts')).toMatchObject([{ rule: 'lint/correctness/noUndeclaredDependencies' }])
  })
})

import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import { planFleet, readFleetFile } from './fleet-file.ts'

const aboveZero = (value: unknown) => (Number(value) > 0 ? undefined : 'must be above 0')
const kinds = new Map([
  ['market-maker', new Map([['spreadTicks', aboveZero]])],
  ['noise', new Map([['limitRate', aboveZero]])],
])
const besideProgram = join(import.meta.dirname, '..')
const entry = { kind: 'noise', name: 'n', participant: 'p', instruments: ['ACME'] }
const plan = (bots: unknown, seed = 1) => planFleet({ bots }, 'f.json', kinds, seed)

describe('the default fleet', () => {
  const plans = readFleetFile('fleets/default.json', besideProgram, kinds, 100)

  it('is two market makers and eight noise traders on three instruments, each with a session of its own', () => {
    expect(plans.map(({ kind, participant, session }) => `${kind} ${participant}.${session}`)).toEqual([
      'market-maker maker-1.main',
      'market-maker maker-2.main',
      ...[1, 2, 3, 4, 5, 6, 7, 8].map((number) => `noise noise-${number}.main`),
    ])
    for (const { instruments } of plans) expect(instruments).toEqual(['ACME', 'BOLT', 'CRUX'])
  })

  it("derives distinct seeds from the fleet's", () => {
    expect(plans.map(({ seed }) => seed)).toEqual([100, 101, 102, 103, 104, 105, 106, 107, 108, 109])
  })
})

describe('a fleet file', () => {
  it('may fix the seed of an entry; its bots count on from there', () => {
    const plans = plan([{ ...entry, name: 'n{n}', participant: 'p{n}', count: 2, seed: 7 }, { ...entry }], 100)
    expect(plans.map(({ seed }) => seed)).toEqual([7, 8, 102])
  })

  it.each([
    ['bots[0].kind is "nosie": must be one of market-maker, noise', [{ ...entry, kind: 'nosie' }]],
    ['bots[0].kind is missing: must be the name of a kind of bot', [{ ...entry, kind: undefined }]],
    ['bots[0].count is 0: must be 1 or more', [{ ...entry, count: 0 }]],
    ['bots[0].count is 1.5: must be a whole number', [{ ...entry, count: 1.5 }]],
    ['bots[0].seed is -1: must be 0 or more', [{ ...entry, seed: -1 }]],
    ['bots[0].instruments is []: must name at least one instrument', [{ ...entry, instruments: [] }]],
    ['bots[0].instruments[1] is "A B": must be an instrument symbol', [{ ...entry, instruments: ['A', 'A B'] }]],
    ['bots[0].instrument is "ACME": there is no such field', [{ ...entry, instrument: 'ACME' }]],
    [
      'bots[0].options.spread is 3: is no option of noise, which takes limitRate',
      [{ ...entry, options: { spread: 3 } }],
    ],
    ['bots[0].options.limitRate is -1: must be above 0', [{ ...entry, options: { limitRate: -1 } }]],
    ['bots[1].name is "n": two bots would be called n; names must differ', [entry, { ...entry, participant: 'q' }]],
    [
      'bots[1].participant is "p": two bots would use session main of p; a session has one connection',
      [entry, { ...entry, name: 'm' }],
    ],
    ['bots is []: must hold at least one bot', []],
    ['bots is "x": must be a list of bots', 'x'],
  ])('is refused with field, value and rule: %s', (message, bots) => {
    expect(() => plan(bots)).toThrow(`fleet file f.json: ${message}`)
  })

  it('needs {n} in the names of bots that are several', () => {
    expect(() => plan([{ ...entry, count: 2 }])).toThrow('bots[0].name is "n": must be 1 to 32 characters')
    expect(() => plan([{ ...entry, count: 2, name: 'n{n}' }])).toThrow('bots[0].participant is "p"')
  })

  it('is looked up beside the program if it is not in the working directory', () => {
    expect(readFleetFile('fleets/default.json', besideProgram, kinds, 1)).toHaveLength(10)
  })

  it('that is missing or is not JSON is refused by name', () => {
    expect(() => readFleetFile('no-such.json', '/nowhere', kinds, 1)).toThrow(
      'fleet file no-such.json: there is no such file',
    )
    const folder = temporaryFolder()
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const path = join(folder, 'broken.json')
    writeFileSync(path, '{ "bots": [')
    expect(() => readFleetFile(path, '/nowhere', kinds, 1)).toThrow(`fleet file ${path}: not valid JSON`)
  })
})

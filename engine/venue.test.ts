import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { checkConfiguration } from './configuration.ts'
import type { Transport } from './gateway/transport.ts'
import { KeyRegistry } from './keys.ts'
import { openVenue } from './venue.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tradefloor-'))
})

afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

const nobody: Transport = {
  port: 0,
  stopListening: () => {},
  close: () => {},
  subscriberCount: () => 0,
  publish: () => {},
}

function venueOf(...names: string[]) {
  const participants = names.map((name) => ({ name }))
  const instruments = [{ symbol: 'ACME', tickSize: '0.01', referencePrice: '100.00' }]
  const options = {
    configuration: checkConfiguration({ instruments, participants }, 'test'),
    logMode: 'sync',
    segmentBytes: 65_536,
    snapshotEvery: 0,
    oldSegments: 'keep',
    onHalt: () => {},
  } as const
  return openVenue(options, folder, nobody, pino({ level: 'silent' }))
}

it('a key that is revoked while an engine reads its log stays revoked, though the engine adds keys of its own', async () => {
  const before = venueOf('maker')
  before.open()
  await before.close()
  const venue = venueOf('maker', 'taker')
  expect(new KeyRegistry(folder).revoke('maker', 'main')).toBe(true)
  venue.open()
  await venue.close()
  const { sessions } = new KeyRegistry(folder)
  expect(sessions.map(({ participant, revoked }) => [participant, revoked])).toEqual([
    ['maker', true],
    ['taker', false],
  ])
})

import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { BotPlan } from './fleet-file.ts'
import { requireKeys } from './key-check.ts'

let data: string

beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'tradefloor-keys-'))
  mkdirSync(join(data, 'keys'))
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' })
  writeFileSync(join(data, 'keys', 'noise-1.main.key'), pem)
})

afterEach(() => rmSync(data, { recursive: true }))

const plan = (participant: string): BotPlan => ({
  name: `bot-of-${participant}`,
  kind: 'noise',
  participant,
  session: 'main',
  instruments: ['ACME'],
  seed: 1,
  options: {},
})

it('takes a fleet whose bots all have keys', () => {
  expect(() => requireKeys([plan('noise-1')], data)).not.toThrow()
})

it('refuses one with a bot that has none, and says how to make one', () => {
  expect(() => requireKeys([plan('noise-1'), plan('zoe')], data)).toThrow(
    /^bot bot-of-zoe: cannot read key file .*zoe\.main\.key \(ENOENT\).*keys new --participant zoe --session main/,
  )
})

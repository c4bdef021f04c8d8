import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { KeyRegistry, KeyRegistryError } from './keys.ts'

const der = (key: KeyObject | undefined) => key?.export({ format: 'der', type: 'spki' }).toString('base64')

describe('the key registry', () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tradefloor-'))
  })

  afterEach(() => {
    rmSync(folder, { recursive: true })
  })

  it('makes a key pair for a session, its private half readable by the owner only and nowhere else', () => {
    const registry = new KeyRegistry(folder)
    expect(registry.add('maker', 'main')).toBe(true)
    registry.save()
    const path = join(folder, 'keys', 'maker.main.key')
    expect(registry.privateKeyPath('maker', 'main')).toBe(path)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    const privateKey = createPrivateKey(readFileSync(path))
    expect(der(createPublicKey(privateKey))).toBe(der(registry.publicKey('maker', 'main')))
    expect(readFileSync(registry.path, 'utf8')).not.toContain('PRIVATE')
    expect(readdirSync(folder).sort()).toEqual(['keys', 'participants.json'])
  })

  it('keeps a key that a session has, in the registry or in the keys folder', () => {
    const first = new KeyRegistry(folder)
    first.add('maker', 'main')
    first.save()
    const key = der(first.publicKey('maker', 'main'))
    expect(new KeyRegistry(folder).add('maker', 'main')).toBe(false)
    rmSync(first.path)
    const second = new KeyRegistry(folder)
    expect(second.add('maker', 'main')).toBe(true)
    expect(der(second.publicKey('maker', 'main'))).toBe(key)
  })

  it('takes a public key from elsewhere, and makes no private one', () => {
    const given = der(generateKeyPairSync('ed25519').publicKey) as string
    const registry = new KeyRegistry(folder)
    expect(registry.add('maker', 'main', given)).toBe(true)
    expect(registry.add('maker', 'main', given)).toBe(false)
    registry.save()
    expect(der(new KeyRegistry(folder).publicKey('maker', 'main'))).toBe(given)
    expect(readdirSync(folder)).toEqual(['participants.json'])
  })

  it('reads its file again when another process has changed it, and only then', () => {
    const engine = new KeyRegistry(folder)
    engine.add('maker', 'main')
    engine.save()
    expect(engine.reloadIfChanged()).toBe(false)
    const other = new KeyRegistry(folder)
    other.add('late', 'main')
    other.save()
    expect(engine.publicKey('late', 'main')).toBeUndefined()
    expect(engine.reloadIfChanged()).toBe(true)
    expect(engine.publicKey('late', 'main')).toBeDefined()
    expect(engine.sessions.map(({ participant }) => participant)).toEqual(['maker', 'late'])
  })

  it('keeps the same object for a key that is the same after another process changed the file', () => {
    const engine = new KeyRegistry(folder)
    engine.add('maker', 'main')
    engine.add('taker', 'main')
    engine.save()
    const [maker, taker] = [engine.publicKey('maker', 'main'), engine.publicKey('taker', 'main')]
    const other = new KeyRegistry(folder)
    other.add('taker', 'main', der(generateKeyPairSync('ed25519').publicKey))
    other.save()
    engine.reloadIfChanged()
    expect(engine.publicKey('maker', 'main')).toBe(maker)
    expect(engine.publicKey('taker', 'main')).not.toBe(taker)
  })

  it('gives a revoked session no key back at the next start, neither a configured one nor its own', () => {
    const given = der(generateKeyPairSync('ed25519').publicKey) as string
    const operator = new KeyRegistry(folder)
    operator.add('maker', 'main')
    operator.add('taker', 'main', given)
    operator.save()
    expect(operator.revoke('maker', 'main')).toBe(true)
    expect(operator.revoke('taker', 'main')).toBe(true)
    expect(operator.revoke('taker', 'main')).toBe(false)
    expect(operator.revoke('nobody', 'main')).toBe(false)
    expect(readdirSync(join(folder, 'keys'))).toEqual([])

    const engine = new KeyRegistry(folder)
    expect([engine.add('maker', 'main'), engine.add('taker', 'main', given)]).toEqual([false, false])
    expect(engine.publicKey('maker', 'main')).toBeUndefined()
    expect(engine.publicKey('taker', 'main')).toBeUndefined()
    expect(engine.sessions.map(({ revoked }) => revoked)).toEqual([true, true])
  })

  it('gives a revoked session another key when it is asked to, or when another one is configured', () => {
    const registry = new KeyRegistry(folder)
    registry.add('maker', 'main')
    registry.add('taker', 'main')
    expect(registry.issue('maker', 'main')).toBe(false)
    const before = der(registry.publicKey('maker', 'main'))
    registry.revoke('maker', 'main')
    registry.revoke('taker', 'main')
    expect(registry.issue('maker', 'main')).toBe(true)
    expect(registry.add('taker', 'main', der(generateKeyPairSync('ed25519').publicKey))).toBe(true)
    registry.save()
    const after = new KeyRegistry(folder)
    expect(after.sessions.map(({ revoked }) => revoked)).toEqual([false, false])
    expect(der(after.publicKey('maker', 'main'))).not.toBe(before)
  })

  it('never issues a revoked key again, not even where its private half lies there still', () => {
    const registry = new KeyRegistry(folder)
    registry.add('maker', 'main')
    const revoked = der(registry.publicKey('maker', 'main'))
    const path = registry.privateKeyPath('maker', 'main')
    const secret = readFileSync(path)
    registry.revoke('maker', 'main')
    writeFileSync(path, secret)
    expect(registry.issue('maker', 'main')).toBe(true)
    expect(der(registry.publicKey('maker', 'main'))).not.toBe(revoked)
    expect(readFileSync(path)).not.toEqual(secret)
  })

  it('says which private key it cannot use, and what to do', () => {
    mkdirSync(join(folder, 'keys'))
    writeFileSync(join(folder, 'keys', 'maker.main.key'), '')
    const registry = new KeyRegistry(folder)
    expect(() => registry.add('maker', 'main')).toThrow(KeyRegistryError)
    expect(() => registry.add('maker', 'main')).toThrow(/keys\/maker\.main\.key is not a private key: .+ remove it/)
  })

  it('leaves nothing half written where it cannot write', () => {
    const registry = new KeyRegistry(folder)
    registry.add('maker', 'main')
    mkdirSync(registry.path)
    expect(() => registry.save()).toThrow(KeyRegistryError)
    expect(readdirSync(folder).sort()).toEqual(['keys', 'participants.json'])
  })

  it('refuses a file that is damaged, with its name and in one line', () => {
    for (const content of [
      '{',
      '{"participants":[{"name":"a b","sessions":[]}]}',
      '{"participants":[{"name":"a","sessions":[{"name":"b","publicKey":"xx"}]}]}',
    ]) {
      writeFileSync(join(folder, 'participants.json'), content)
      expect(() => new KeyRegistry(folder)).toThrow(KeyRegistryError)
      expect(() => new KeyRegistry(folder)).toThrow(/^\S*participants\.json cannot be used: .+$/)
    }
  })
})

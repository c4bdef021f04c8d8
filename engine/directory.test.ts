import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { logonText, type Message } from '../protocol/messages.ts'
import { checkConfiguration } from './configuration.ts'
import type { Definition } from './core/index.ts'
import { Directory } from './directory.ts'
import { KeyRegistry, KeyRegistryError } from './keys.ts'
import { newOrder, TestVenue } from './venue-fixture.ts'

const acme = { symbol: 'ACME', tickSize: '0.01', referencePrice: '100.00' }
const bolt = { symbol: 'BOLT', tickSize: '0.01', referencePrice: '25.00' }

describe('the directory', () => {
  let folder: string
  let registry: KeyRegistry
  let changes: Definition[]

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tradefloor-'))
    registry = new KeyRegistry(folder)
    changes = []
  })

  afterEach(() => {
    rmSync(folder, { recursive: true })
  })

  /** A directory over a venue that knows ACME, BOLT and the participants a and b. */
  function directoryOf(file: object, venue = new TestVenue(), onUnreadable = (_: Error) => {}) {
    const { exchange, sequencer } = venue
    const configuration = checkConfiguration(file, 'test')
    const onChange = (definition: Definition) => changes.push(definition)
    const directory = new Directory({ exchange, sequencer, configuration, registry, onChange, onUnreadable })
    directory.reconcile()
    return { directory, venue }
  }

  function logonOf(participant: string, nonce: string, keyOf = participant): Message<'logon'> {
    const key = createPrivateKey(readFileSync(registry.privateKeyPath(keyOf, 'main')))
    const signature = sign(null, Buffer.from(logonText(nonce, participant, 'main')), key).toString('base64')
    const rest = { cancelOnDisconnect: true, heartbeatIntervalMs: 5_000, nextEvent: 0 }
    return { type: 'logon', participant, session: 'main', signature, ...rest }
  }

  it('submits nothing that the exchange has already', () => {
    registry.add('a', 'main')
    directoryOf({ instruments: [acme, bolt], participants: [{ name: 'a' }, { name: 'b', admin: true }] })
    expect(changes).toEqual([])
  })

  it('numbers what is new after what there is, and keeps the number of what changed', () => {
    registry.add('c', 'main')
    registry.add('a', 'second')
    const { venue } = directoryOf({
      instruments: [
        { symbol: 'CRUX', tickSize: '0.05', referencePrice: '640' },
        { ...bolt, priceBandBasisPoints: 500 },
      ],
      participants: [{ name: 'b', maxOpenOrders: 3 }, { name: 'c' }],
    })
    expect(changes).toMatchObject([
      { type: 'instrumentDefined', instruments: [{ instrument: 3, symbol: 'CRUX' }] },
      { type: 'instrumentDefined', instruments: [{ instrument: 2, symbol: 'BOLT', priceBandBasisPoints: 500 }] },
      { type: 'participantDefined', participant: 2, name: 'b', maxOpenOrders: 3 },
      { type: 'participantDefined', participant: 3, name: 'c' },
      { type: 'sessionDefined', session: 3, participant: 3, name: 'main' },
      { type: 'sessionDefined', session: 4, participant: 1, name: 'second' },
    ])
    expect(venue.exchange.instruments.map((instrument) => instrument?.symbol)).toEqual([
      undefined,
      'ACME',
      'BOLT',
      'CRUX',
    ])
  })

  it('knows who signs with the registered key, and the rate of the participant', async () => {
    registry.add('a', 'main')
    registry.add('b', 'main')
    const { directory } = directoryOf({ instruments: [acme], participants: [{ name: 'a', ordersPerSecond: 7 }] })
    expect(await directory.authenticate('nonce', logonOf('a', 'nonce'))).toEqual({ session: 1, ratePerSecond: 7 })
    expect(await directory.authenticate('nonce', logonOf('b', 'nonce'))).toEqual({ session: 2, ratePerSecond: 10_000 })
    expect(await directory.authenticate('nonce', logonOf('a', 'other'))).toBeUndefined()
    expect(await directory.authenticate('nonce', logonOf('a', 'nonce', 'b'))).toBeUndefined()
    const unknown = { ...logonOf('a', 'nonce'), participant: 'nobody' }
    expect(await directory.authenticate('nonce', unknown)).toBeUndefined()
    for (const signature of ['', 'x', 'A'.repeat(10_000)]) {
      expect(await directory.authenticate('nonce', { ...logonOf('a', 'nonce'), signature })).toBeUndefined()
    }
  })

  it('refuses to change what the prices and quantities of an instrument are counted in once there were orders', async () => {
    const venue = new TestVenue()
    const trader = await venue.live('a')
    venue.send(trader, newOrder(1, { instrument: 2, priceTicks: 2_500 }))
    const instruments = [
      { ...acme, tickSize: '0.05' },
      { ...bolt, tickSize: '0.05', lotSize: '10', maxOrderQuantityLots: 7 },
    ]
    const configuration = checkConfiguration({ instruments }, 'test')
    const { exchange, sequencer } = venue
    const directory = new Directory({ exchange, sequencer, configuration, registry, onChange: () => {} })
    expect(() => directory.checkInstruments()).toThrow(
      /^BOLT: tickSize is 0\.05 in the configuration, but .* 0\.01; .+\nBOLT: lotSize is 10 .+$/,
    )
  })

  it('refuses a highest price at which an account could no longer be counted exactly', async () => {
    // A tick of a lot is worth 1,000.00, so that 2 × 10,000 lots × 100,000 × highest price is to stay below 2^53.
    const gold = { symbol: 'GOLD', tickSize: '1', lotSize: '1000', referencePrice: '100' }
    const { venue } = directoryOf({ instruments: [gold] })
    const trader = await venue.live('a')
    venue.send(trader, newOrder(1, { instrument: 3, quantityLots: 10_000, priceTicks: 100 }))
    venue.sequencer.endTurn()
    const { exchange, sequencer } = venue
    const check = (maxPrice: string) => () => {
      const configuration = checkConfiguration({ instruments: [{ ...gold, maxPrice }] }, 'test')
      new Directory({ exchange, sequencer, configuration, registry, onChange: () => {} }).checkInstruments()
    }
    check('4503599')()
    expect(check('4503600')).toThrow(
      'GOLD: maxPrice is 4503600 ticks in the configuration, but what accounts of this data folder hold can only be ' +
        'counted exactly up to 4503599; leave it at 100000',
    )
  })

  it('leaves a limit that an admin changed as it is, until the configuration says something else', async () => {
    registry.add('a', 'main')
    const venue = new TestVenue()
    const admin = await venue.live('b')
    venue.send(admin, { type: 'changeLimit', ref: 1, participant: 'a', limit: 'maxOpenOrders', value: 3 })
    venue.sequencer.endTurn()
    const participantsOf = (maxOpenOrders: number) => [
      { name: 'a', maxOpenOrders },
      { name: 'b', admin: true },
    ]
    directoryOf({ instruments: [acme, bolt], participants: participantsOf(10_000) }, venue)
    expect(changes).toEqual([])
    expect(venue.exchange.participant(1)).toMatchObject({ maxOpenOrders: 3 })
    directoryOf({ instruments: [acme, bolt], participants: participantsOf(20) }, venue)
    expect(changes).toMatchObject([{ type: 'participantDefined', participant: 1, maxOpenOrders: 20 }])
    expect(venue.exchange.participant(1)).toMatchObject({ maxOpenOrders: 20 })
  })

  it('changes the self-trade prevention of a session that is there already', () => {
    registry.add('a', 'main')
    const { venue } = directoryOf({
      instruments: [acme],
      participants: [{ name: 'a', selfTradePrevention: 'decrement' }],
    })
    expect(changes).toMatchObject([{ type: 'sessionDefined', session: 1, selfTradePrevention: 'decrement' }])
    directoryOf({ instruments: [acme], participants: [{ name: 'a', selfTradePrevention: 'decrement' }] }, venue)
    expect(changes).toHaveLength(1)
  })

  it('refuses a key that was removed from the registry, from the next logon on', async () => {
    registry.add('a', 'main')
    registry.add('b', 'main')
    registry.save()
    const { directory } = directoryOf({ instruments: [acme] })
    const [logon, other] = [logonOf('a', 'nonce'), logonOf('b', 'nonce')]
    expect(await directory.authenticate('nonce', logon)).toBeDefined()
    const content = JSON.parse(readFileSync(registry.path, 'utf8'))
    writeFileSync(registry.path, JSON.stringify({ participants: content.participants.slice(1) }))
    expect(await directory.authenticate('nonce', logon)).toBeUndefined()
    expect(await directory.authenticate('nonce', other)).toBeDefined()
  })

  it('tells within half a second whose key was removed, revoked or replaced, once, and of nobody else', () => {
    for (const name of ['a', 'b', 'c', 'd']) registry.add(name, 'main')
    registry.save()
    const { directory, venue } = directoryOf({ instruments: [acme] })
    const revoked: number[] = []
    const endWatch = directory.watch(venue.clock, (session) => revoked.push(session))
    const change = (edit: (operator: KeyRegistry) => void) => {
      const operator = new KeyRegistry(folder)
      edit(operator)
      operator.save()
      for (let passed = 0; passed < 500; passed += 50) venue.pass(50)
      return revoked.splice(0)
    }
    const otherKey = generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
    expect(change((operator) => operator.revoke('b', 'main'))).toEqual([2])
    expect(change((operator) => operator.add('c', 'main', otherKey))).toEqual([3])
    expect(change((operator) => operator.add('late', 'main'))).toEqual([])
    const content = JSON.parse(readFileSync(registry.path, 'utf8'))
    writeFileSync(registry.path, JSON.stringify({ participants: content.participants.slice(1) }))
    for (let passed = 0; passed < 500; passed += 50) venue.pass(50)
    expect(revoked.splice(0)).toEqual([1])
    endWatch()
    expect(change((operator) => operator.revoke('d', 'main'))).toEqual([])
  })

  it('refuses a logon whose key is revoked while its signature is checked', async () => {
    registry.add('a', 'main')
    registry.save()
    const { directory } = directoryOf({ instruments: [acme] })
    const logon = logonOf('a', 'nonce')
    const identity = directory.authenticate('nonce', logon)
    registry.revoke('a', 'main')
    expect(await identity).toBeUndefined()
  })

  it('says once that the registry cannot be read, and goes on when it can be again', () => {
    registry.add('a', 'main')
    registry.save()
    const problems: string[] = []
    const { directory, venue } = directoryOf({ instruments: [acme] }, new TestVenue(), ({ message }) =>
      problems.push(message),
    )
    const revoked: number[] = []
    directory.watch(venue.clock, (session) => revoked.push(session))
    const content = readFileSync(registry.path, 'utf8')
    writeFileSync(registry.path, '{')
    for (let count = 0; count < 4; count++) venue.pass(250)
    expect(problems).toEqual([expect.stringMatching(/participants\.json cannot be used/)])
    writeFileSync(registry.path, content.replace('"publicKey"', '"revoked": true, "publicKey"'))
    venue.pass(250)
    expect(revoked).toEqual([1])
    expect(problems).toHaveLength(1)
  })

  it('goes on with the keys that it knows while the registry cannot be read', async () => {
    registry.add('a', 'main')
    registry.save()
    const { directory } = directoryOf({ instruments: [acme] })
    writeFileSync(registry.path, '{')
    expect(await directory.authenticate('nonce', logonOf('a', 'nonce'))).toBeDefined()
    const unknown = { ...logonOf('a', 'nonce'), participant: 'nobody' }
    await expect(directory.authenticate('nonce', unknown)).rejects.toThrow(KeyRegistryError)
    rmSync(registry.path)
    expect(await directory.authenticate('nonce', logonOf('a', 'nonce'))).toBeDefined()
  })

  it('finds a session that was added to the registry after the start', async () => {
    const { directory, venue } = directoryOf({ instruments: [acme] })
    const other = new KeyRegistry(folder)
    other.add('late', 'main')
    other.save()
    expect(await directory.authenticate('nonce', logonOf('late', 'nonce'))).toEqual({
      session: 3,
      ratePerSecond: 10_000,
    })
    expect(venue.exchange.participant(3)).toMatchObject({ name: 'late' })
    expect(venue.exchange.session(3)).toMatchObject({ participant: 3, name: 'main' })
  })
})

/** A real engine process, spoken to over real connections by clients that do nothing by themselves. */
import { request } from 'node:http'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { encodeMessagePack } from '../../protocol/codec.ts'
import { limits } from '../../protocol/limits.ts'
import type { Message, OutgoingMessage } from '../../protocol/messages.ts'
import { EngineProcess, runEngine } from '../support/engine-process.ts'
import { signedLogon, WireClient } from '../support/wire-client.ts'

const participants = ['alpha', 'beta', 'gamma'].map((name) => ({ name }))
const engine = new EngineProcess({
  logMode: 'os',
  configuration: {
    instruments: [
      { symbol: 'ACME', tickSize: '0.01', referencePrice: '100', maxOrderQuantityLots: 1_000 },
      { symbol: 'BOLT', tickSize: '0.01', referencePrice: '25' },
    ],
    participants: [...participants, { name: 'slow', ordersPerSecond: 5 }],
  },
})
const clients: WireClient[] = []

beforeAll(() => engine.start())
afterAll(async () => {
  expect(await engine.stop()).toBe(0)
  await engine.clean()
})
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close()
})

type LogonOptions = Parameters<typeof WireClient.logOn>[3]

async function connect(encoding?: 'msgpack' | 'json'): Promise<WireClient> {
  const client = await WireClient.connect(engine.url, encoding)
  clients.push(client)
  return client
}

/** Logs on; refs go on where the session's last one was. */
async function logOn(participant: string, options?: LogonOptions) {
  const { client, result } = await WireClient.logOn(engine.url, engine.dataFolder, participant, options)
  clients.push(client)
  let { lastRef } = result
  return { client, result, nextRef: () => ++lastRef }
}

function order(ref: number, fields: Partial<OutgoingMessage<'newOrder'>> = {}): OutgoingMessage<'newOrder'> {
  const terms = { orderType: 'limit', timeInForce: 'goodTillCancel', quantityLots: 1, priceTicks: 9_000 } as const
  return { type: 'newOrder', ref, instrument: 1, side: 'buy', ...terms, ...fields }
}

async function expectClose(client: WireClient, code: number, reason: string): Promise<void> {
  expect(await client.next('error')).toMatchObject({ code: reason })
  expect(await client.closed).toEqual({ code, reason })
}

describe('a logon', () => {
  it('signed with the key of another participant is refused', async () => {
    const client = await connect()
    const { nonce } = await client.next('challenge')
    client.send({ ...signedLogon(nonce, engine.dataFolder, 'beta'), participant: 'alpha' })
    await expectClose(client, 4007, 'logonFailed')
  })

  it('that repeats the signature of another connection is refused', async () => {
    const [first, second] = [await connect(), await connect()]
    const { nonce } = await first.next('challenge')
    second.send(signedLogon(nonce, engine.dataFolder, 'alpha'))
    await expectClose(second, 4007, 'logonFailed')
  })

  it('takes over from an older connection, whose orders stay', async () => {
    const older = await logOn('alpha')
    const ref = older.nextRef()
    older.client.send(order(ref))
    const { eventNumber } = await older.client.next('accepted')
    const newer = await logOn('alpha', { nextEvent: eventNumber })
    await expectClose(older.client, 4011, 'superseded')
    expect(await newer.client.next('accepted')).toMatchObject({ eventNumber, ref })
    newer.client.send({ type: 'cancelOrder', ref: newer.nextRef(), orderRef: ref })
    expect(await newer.client.next('cancelled')).toMatchObject({ orderRef: ref, reason: 'requested' })
  })

  it('resumes from the event asked for, with the same bytes as the first time', async () => {
    const first = await logOn('alpha', { cancelOnDisconnect: false })
    const refs = [1, 2, 3, 4].map(() => first.nextRef())
    first.client.send(...refs.map((ref) => order(ref)))
    const events = await first.client.nextOf('accepted', 4)
    await first.client.close()
    const again = await logOn('alpha', { nextEvent: events[2].eventNumber })
    expect(again.result).toMatchObject({
      lastRef: refs[3],
      firstEvent: events[2].eventNumber,
      nextEvent: events[3].eventNumber + 1,
    })
    expect(await again.client.nextOf('accepted', 2)).toEqual(events.slice(2))
    again.client.send({ type: 'massCancel', ref: again.nextRef() })
    expect(await again.client.next('massCancelled')).toMatchObject({ orderCount: 4 })
  })

  it('of a session whose key was added while the engine runs is accepted', async () => {
    const { exitCode } = await runEngine(
      'keys',
      'new',
      '--participant',
      'late',
      '--session',
      'main',
      '--data',
      engine.dataFolder,
    )
    expect(exitCode).toBe(0)
    const late = await logOn('late')
    late.client.send(order(late.nextRef()))
    await late.client.next('accepted')
  })
})

describe('a key', () => {
  it('that is revoked closes the connection, whose orders are cancelled, and logs nobody on any more', async () => {
    const keys = (command: string) =>
      runEngine('keys', command, '--participant', 'leaver', '--session', 'main', '--data', engine.dataFolder)
    expect((await keys('new')).exitCode).toBe(0)
    const leaver = await logOn('leaver')
    leaver.client.send(order(leaver.nextRef(), { priceTicks: 9_500 }))
    await leaver.client.next('accepted')
    const reader = await connect()
    reader.send({ type: 'subscribe', channel: 'top', instrument: 1 })
    expect(await reader.next('top')).toMatchObject({ bidPriceTicks: 9_500 })
    const { nonce } = await (await connect()).next('challenge')
    const logon = signedLogon(nonce, engine.dataFolder, 'leaver')

    expect(await keys('revoke')).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('is revoked') })
    await expectClose(leaver.client, 4021, 'keyRevoked')
    expect((await reader.next('top')).bidPriceTicks).not.toBe(9_500)
    const again = clients.at(-1)!
    again.send(logon)
    await expectClose(again, 4007, 'logonFailed')
    expect(await keys('revoke')).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('has no key') })
    const { stdout } = await runEngine('keys', 'list', '--data', engine.dataFolder)
    expect(stdout).toMatch(/^leaver main \S+ revoked$/m)

    expect((await keys('new')).exitCode).toBe(0)
    await logOn('leaver')
  })
})

describe('messages that are wrong', () => {
  it('are answered by the documented code, and other sessions do not notice', async () => {
    const bystander = await logOn('beta')
    const cases: [Uint8Array, number, string][] = [
      [new Uint8Array([0xc1]), 4001, 'malformedFrame'],
      [new Uint8Array([0x98, 16, 1]), 4001, 'malformedFrame'],
      [new Uint8Array(limits.maxFrameBytes + 1), 4004, 'frameTooLarge'],
      [
        Buffer.concat(Array(limits.maxMessagesPerFrame + 1).fill(encodeMessagePack({ type: 'heartbeat' }))),
        4005,
        'tooManyMessages',
      ],
    ]
    for (const [frame, code, reason] of cases) {
      bystander.client.send(order(bystander.nextRef()))
      const { client } = await logOn('alpha')
      client.sendFrame(frame)
      await expectClose(client, code, reason)
      await bystander.client.next('accepted')
    }
    expect(await engine.health()).toMatchObject({ httpStatus: 200, sessions: 1 })
  })

  it('beyond what the transport takes end the connection without an answer', async () => {
    const client = await connect()
    client.sendFrame(new Uint8Array(limits.maxTransportFrameBytes + 1))
    expect(await client.closed).toMatchObject({ code: 1006 })
  })

  it('in one field are refused alone, in both encodings', async () => {
    for (const encoding of ['msgpack', 'json'] as const) {
      const { client, nextRef } = await logOn('alpha', { encoding })
      const ref = nextRef()
      client.send(order(ref, { side: 7 as never }), order(ref))
      expect(await client.next('error')).toMatchObject({ code: 'invalidField', field: 'side', ref })
      expect(await client.next('accepted')).toMatchObject({ ref })
      await client.close()
    }
  })

  it('of values outside the exchange’s bounds are rejected with field and bound', async () => {
    const { client, nextRef } = await logOn('alpha')
    const cases: [Partial<OutgoingMessage<'newOrder'>>, Partial<Message<'rejected'>>][] = [
      [{ quantityLots: 1_001 }, { code: 'quantityOutOfRange', field: 'quantityLots', bound: 1_000 }],
      [{ quantityLots: Number.MAX_SAFE_INTEGER }, { code: 'quantityOutOfRange', bound: 1_000 }],
      [{ quantityLots: 0 }, { code: 'quantityOutOfRange' }],
      [{ priceTicks: 0 }, { code: 'priceOutOfRange', field: 'priceTicks' }],
      [{ priceTicks: Number.MAX_SAFE_INTEGER }, { code: 'priceOutOfRange', bound: 10_000_000 }],
      [{ instrument: 3 }, { code: 'unknownInstrument', field: 'instrument' }],
      [{ side: 'any' }, { code: 'invalidSide', field: 'side' }],
      [{ priceTicks: 1 }, { code: 'priceBand', bound: 9_000 }],
    ]
    for (const [fields, expected] of cases) {
      const ref = nextRef()
      client.send(order(ref, fields))
      expect(await client.next('rejected')).toMatchObject({ ref, ...expected })
    }
  })

  it('without a session are answered with notLoggedOn', async () => {
    const client = await connect('json')
    client.send(order(12))
    expect(await client.next('error')).toMatchObject({ code: 'notLoggedOn', ref: 12 })
  })
})

describe('order entry', () => {
  it('applies a ref once, however often it is sent', async () => {
    const { client, nextRef } = await logOn('alpha')
    const ref = nextRef()
    client.send(order(ref), order(ref))
    client.send(order(ref))
    await client.next('accepted')
    for (let repeat = 0; repeat < 2; repeat++) {
      expect(await client.next('error')).toMatchObject({ code: 'duplicateRef', ref, bound: ref })
    }
    client.send({ type: 'massCancel', ref: nextRef() })
    expect(await client.next('massCancelled')).toMatchObject({ orderCount: 1 })
  })

  it('above the session’s rate is refused without using up the ref', async () => {
    const { client, result, nextRef } = await logOn('slow')
    expect(result.ratePerSecond).toBe(5)
    const refs = Array.from({ length: 8 }, nextRef)
    client.send(...refs.map((ref) => order(ref)))
    const accepted = await client.nextOf('accepted', 5)
    expect(accepted.map(({ ref }) => ref)).toEqual(refs.slice(0, 5))
    client.send(order(refs[5], { priceTicks: 8_999 }))
    expect(await client.next('error')).toMatchObject({ code: 'rateLimited', bound: 5 })
  })

  it('trades between a JSON and a MessagePack client', async () => {
    const maker = await logOn('alpha', { encoding: 'json' })
    const taker = await logOn('beta')
    maker.client.send(order(maker.nextRef(), { instrument: 2, side: 'sell', quantityLots: 10, priceTicks: 2_500 }))
    await maker.client.next('accepted')
    taker.client.send(
      order(taker.nextRef(), { instrument: 2, quantityLots: 4, priceTicks: 2_510, timeInForce: 'fillOrKill' }),
    )
    const fill = { priceTicks: 2_500, quantityLots: 4 }
    const [made, took] = [await maker.client.next('filled'), await taker.client.next('filled')]
    expect(made).toMatchObject({ ...fill, liquidity: 'maker', leavesLots: 6 })
    expect(took).toMatchObject({ ...fill, liquidity: 'taker', leavesLots: 0, tradeId: made.tradeId })
  })

  it('is cancelled with the connection that entered it, however that ends', async () => {
    for (const end of ['close', 'terminate'] as const) {
      const trader = await logOn('alpha')
      trader.client.send(order(trader.nextRef()))
      const { eventNumber } = await trader.client.next('accepted')
      await trader.client[end]()
      await until(async () => (await engine.health()).sessions === 0)
      const again = await logOn('alpha', { nextEvent: eventNumber + 1 })
      expect(await again.client.next('cancelled')).toMatchObject({ reason: 'disconnected', ref: 0 })
      await again.client.close()
    }
  })
})

describe('a client that does not read', () => {
  it('is cut off when too much waits for it, and others are served as before', async () => {
    const lazy = await connect()
    const trader = await logOn('beta')
    lazy.pause()
    // Each of these brings 1,000 answers of more than 35 bytes: 35 MB in all, of which the kernel takes some.
    const unknownMessage = [0x91, 0x7f]
    const frame = new Uint8Array(Array(1_000).fill(unknownMessage).flat())
    for (let count = 0; count < 1_000; count++) lazy.sendFrame(frame)
    await until(async () => (await engine.health()).connections === 1)
    trader.client.send(order(trader.nextRef()))
    await trader.client.next('accepted')
    lazy.resume()
    expect([1006, 4012]).toContain((await lazy.closed).code)
  })
})

describe('market data', () => {
  it('begins with a snapshot, and its changes lead to the book of the next snapshot', async () => {
    const trader = await logOn('gamma')
    const reader = await connect('json')
    const bid = (priceTicks: number, quantityLots: number) => order(trader.nextRef(), { priceTicks, quantityLots })
    trader.client.send(bid(9_100, 5), bid(9_101, 6))
    await trader.client.nextOf('accepted', 2)
    reader.send({ type: 'subscribe', channel: 'book', instrument: 1 })
    const { sequence } = await reader.next('subscribed')
    const snapshot = await reader.next('bookSnapshot')
    expect(snapshot).toMatchObject({ sequence, previousSequence: 0 })
    const bids = new Map(snapshot.bids.map(({ priceTicks, quantityLots }) => [priceTicks, quantityLots]))
    expect(bids.get(9_101)).toBe(6)
    let last = sequence
    for (const quantityLots of [1, 2, 3]) {
      trader.client.send(bid(9_102, quantityLots))
      const update = await reader.next('bookUpdate')
      expect(update.previousSequence).toBe(last)
      last = update.sequence
      for (const change of update.changes) bids.set(change.priceTicks, change.quantityLots)
    }
    reader.send({ type: 'subscribe', channel: 'book', instrument: 1 })
    const now = await reader.next('bookSnapshot')
    expect(now.sequence).toBe(last)
    expect(now.bids.map(({ priceTicks, quantityLots }) => [priceTicks, quantityLots])).toEqual(
      [...bids].sort(([left], [right]) => right - left),
    )
  })
})

describe('the port', () => {
  it('takes connections that offer exactly one of the subprotocols', async () => {
    const offers: (string | string[])[] = [[], 'chat', ['tradefloor.v1.json', 'tradefloor.v1.msgpack']]
    for (const offer of offers) {
      const socket = new WebSocket(engine.url, offer)
      socket.on('error', () => {})
      const status = new Promise((resolve) =>
        socket.on('unexpected-response', (_, { statusCode }) => resolve(statusCode)),
      )
      expect(await status).toBe(400)
      socket.terminate()
    }
    const socket = new WebSocket(engine.url, ['chat', 'tradefloor.v1.json'])
    await new Promise((resolve) => socket.on('open', resolve))
    expect(socket.protocol).toBe('tradefloor.v1.json')
    socket.terminate()
  })

  it('answers other requests with a problem document', async () => {
    for (const [path, status] of [
      ['/v1', 426],
      ['/', 404],
      ['/health/x', 404],
    ] as const) {
      const response = await fetch(`http://127.0.0.1:${engine.port}${path}`)
      expect(response.status).toBe(status)
      expect(response.headers.get('content-type')).toBe('application/problem+json')
      expect(await response.json()).toMatchObject({ status, title: expect.any(String), detail: expect.any(String) })
    }
  })

  it('tells its health, and goes on when the one who asked does not wait', async () => {
    const abandoned = request({ host: '127.0.0.1', port: engine.port, path: '/health?hash=1' })
    abandoned.on('error', () => {})
    abandoned.end(() => abandoned.destroy())
    const health = await engine.health('?hash=1')
    expect(health).toMatchObject({ httpStatus: 200, status: 'ok', orderEntry: 'open', logMode: 'os' })
    expect(health.stateHash).toMatch(/^[0-9a-f]{16}$/)
    expect(health.sequence).toBeGreaterThan(0)
    expect(await engine.health()).not.toHaveProperty('stateHash')
  })
})

describe('a kill of the engine', () => {
  it('leaves every session and drop copy what it has to know: the same log, its orders, and events from any number on', async () => {
    const trader = await logOn('alpha', { cancelOnDisconnect: false })
    const refs = [1, 2, 3].map(() => trader.nextRef())
    trader.client.send(...refs.map((ref) => order(ref, { priceTicks: 9_200 })))
    const events = await trader.client.nextOf('accepted', 3)
    await engine.kill()
    await engine.start()

    const again = await logOn('alpha', { cancelOnDisconnect: false })
    expect(again.result).toMatchObject({ snapshot: true, lastRef: refs[2], logId: trader.result.logId })
    const { orders, last } = await again.client.next('openOrders')
    expect(last).toBe(true)
    expect(orders.map(({ orderRef, orderId }) => [orderRef, orderId])).toEqual(
      events.map(({ ref, orderId }) => [ref, orderId]),
    )
    again.client.send({ type: 'subscribeDropCopy', sessions: [{ session: 'main', nextEvent: events[1].eventNumber }] })
    expect(await again.client.next('dropCopy')).toEqual({ type: 'dropCopy', session: 'main', eventCount: 2 })
    expect(await again.client.nextOf('accepted', 2)).toEqual(events.slice(1))
    again.client.send({ type: 'massCancel', ref: again.nextRef() })
    expect(await again.client.next('massCancelled')).toMatchObject({ orderCount: 3 })
  })
})

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 25_000
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('it did not happen within 25 s')
  }
}

import { beforeEach, describe, expect, it } from 'vitest'
import { limits } from '../../protocol/limits.ts'
import type { Message, OutgoingMessage } from '../../protocol/messages.ts'
import { newOrder, settled, type TestSocket, TestVenue } from '../venue-fixture.ts'

const types = (socket: TestSocket) => socket.take().map(({ type }) => type)
const errorCodes = (socket: TestSocket) =>
  socket.take().flatMap((message) => (message.type === 'error' ? [message.code] : []))

describe('a connection', () => {
  it('begins with a challenge, each with a nonce of its own', () => {
    const venue = new TestVenue()
    const [first, second] = [venue.connect().take(), venue.connect().take()] as Message<'challenge'>[][]
    expect(first[0]).toMatchObject({ type: 'challenge', protocolVersion: 1, engineTimeUs: venue.clock.wall })
    expect(first[0].nonce).not.toBe(second[0].nonce)
  })

  it('answers an order without a session with notLoggedOn and its ref', () => {
    const venue = new TestVenue()
    const socket = venue.connect()
    venue.send(socket, newOrder(5))
    expect(socket.received[1]).toMatchObject({ type: 'error', code: 'notLoggedOn', ref: 5 })
    expect(socket.closedWith).toBeUndefined()
    expect(venue.exchange.commandCount(1)).toBe(0)
  })

  it('is closed with the documented code and reason when its frame is not what was negotiated', () => {
    const venue = new TestVenue()
    const cases: ['msgpack' | 'json', string | Uint8Array, boolean, number, string][] = [
      ['msgpack', new Uint8Array([0xc1]), true, 4001, 'malformedFrame'],
      ['msgpack', '{"type":"heartbeat"}', false, 4001, 'malformedFrame'],
      ['json', new Uint8Array([0x91, 4]), true, 4001, 'malformedFrame'],
      ['json', '{', false, 4001, 'malformedFrame'],
      ['msgpack', new Uint8Array(limits.maxFrameBytes + 1), true, 4004, 'frameTooLarge'],
    ]
    for (const [encoding, frame, isBinary, code, reason] of cases) {
      const socket = venue.connect(encoding)
      venue.gateway.received(socket.connection, Buffer.from(frame as string), isBinary)
      expect(socket.received.at(-1)).toMatchObject({ type: 'error', code: reason })
      expect(socket.closedWith).toEqual({ code, reason })
    }
    expect(venue.gateway.connectionCount).toBe(0)
  })

  it('is refused when there are too many', async () => {
    const venue = new TestVenue()
    for (let count = 0; count < limits.maxConnections; count++) venue.connect()
    const socket = venue.connect()
    await new Promise((resolve) => setImmediate(resolve))
    expect(socket.closedWith).toEqual({ code: 4018, reason: 'tooManyConnections' })
    expect(venue.gateway.connectionCount).toBe(limits.maxConnections)
  })
})

describe('a logon', () => {
  it('opens the session, and events of its orders follow without gaps', async () => {
    const venue = new TestVenue()
    const socket = venue.connect()
    await venue.logOn(socket, 'a', { heartbeatIntervalMs: 700 })
    expect(socket.take().slice(1)).toEqual([
      {
        type: 'logonResult',
        participant: 'a',
        session: 'main',
        lastRef: 0,
        firstEvent: 1,
        nextEvent: 1,
        ratePerSecond: 1_000,
        heartbeatIntervalMs: 700,
        logId: venue.log.identity,
        snapshot: true,
      },
      { type: 'openOrders', orders: [], last: true },
    ])
    venue.send(socket, newOrder(3), newOrder(4), { type: 'cancelOrder', ref: 5, orderRef: 3 })
    expect(socket.take()).toEqual([])
    venue.sequencer.endTurn()
    expect(socket.take()).toMatchObject([
      { type: 'accepted', eventNumber: 1, ref: 3 },
      { type: 'accepted', eventNumber: 2, ref: 4 },
      { type: 'cancelled', eventNumber: 3, ref: 5, orderRef: 3 },
    ])
  })

  it('with a wrong signature or an unknown name is closed with the same text', async () => {
    const venue = new TestVenue()
    const texts = await Promise.all(
      [{ signature: 'b' }, { participant: 'nobody' }].map(async (wrong) => {
        const socket = venue.connect()
        await venue.logOn(socket, 'a', wrong)
        expect(socket.closedWith).toEqual({ code: 4007, reason: 'logonFailed' })
        return (socket.received.at(-1) as Message<'error'>).text
      }),
    )
    expect(texts[0]).toBe(texts[1])
  })

  it('is answered with an error when there is one already, or when the heartbeat interval is out of bounds', async () => {
    const venue = new TestVenue()
    const socket = venue.connect()
    await venue.logOn(socket, 'a', { heartbeatIntervalMs: limits.minHeartbeatIntervalMs - 1 })
    await venue.logOn(socket, 'a', { heartbeatIntervalMs: limits.maxHeartbeatIntervalMs + 1 })
    const wrong = { code: 'invalidField', field: 'heartbeatIntervalMs' }
    expect(socket.take().slice(1)).toMatchObject([
      { ...wrong, bound: limits.minHeartbeatIntervalMs },
      { ...wrong, bound: limits.maxHeartbeatIntervalMs },
    ])
    await venue.logOn(socket, 'a')
    await venue.logOn(socket, 'b')
    expect(socket.received.map(({ type }) => type)).toEqual(['logonResult', 'openOrders', 'error'])
    expect(socket.received[2]).toMatchObject({ code: 'alreadyLoggedOn' })
  })

  it('takes the session over from the connection that has it, and orders stay', async () => {
    const venue = new TestVenue()
    const older = await venue.live('a')
    venue.send(older, newOrder(1))
    venue.sequencer.endTurn()
    const newer = venue.connect()
    await venue.logOn(newer, 'a', { nextEvent: 1 })
    expect(older.closedWith).toEqual({ code: 4011, reason: 'superseded' })
    expect(newer.take().slice(1)).toMatchObject([
      { type: 'logonResult', lastRef: 1, firstEvent: 1, nextEvent: 2 },
      { type: 'position', instrument: 1, positionLots: 0 },
      { type: 'accepted', eventNumber: 1 },
    ])
    expect(venue.exchange.session(1)).toMatchObject({ connected: true, openOrderCount: 1 })
    venue.send(newer, newOrder(2))
    venue.sequencer.endTurn()
    expect(newer.take()).toMatchObject([{ type: 'accepted', eventNumber: 2 }])
  })

  it('of two in one turn gives the session to the newer one', async () => {
    const venue = new TestVenue()
    const sockets = [venue.connect(), venue.connect()]
    for (const socket of sockets) {
      venue.send(socket, { type: 'logon', participant: 'a', session: 'main', signature: 'a' })
    }
    await settled()
    venue.sequencer.endTurn()
    expect(sockets[0].closedWith).toEqual({ code: 4011, reason: 'superseded' })
    expect(sockets[1].received.map(({ type }) => type)).toEqual(['challenge', 'logonResult', 'openOrders'])
  })

  it('resumes from any event, in JSON too, and tells the positions before', async () => {
    const venue = new TestVenue()
    const maker = await venue.live('a')
    const taker = await venue.live('b')
    venue.send(maker, newOrder(1, { side: 'sell', quantityLots: 5 }))
    venue.send(taker, newOrder(1, { quantityLots: 3 }))
    venue.sequencer.endTurn()
    venue.disconnect(taker)
    const again = venue.connect('json')
    await venue.logOn(again, 'b', { nextEvent: 2 })
    expect(again.take().slice(1)).toMatchObject([
      { type: 'logonResult', lastRef: 1, firstEvent: 2, nextEvent: 3 },
      { type: 'position', instrument: 1, positionLots: 3, cashMinor: -30_000, feesMinor: 0 },
      { type: 'filled', eventNumber: 2, quantityLots: 3, liquidity: 'taker' },
    ])
  })
})

describe('order entry', () => {
  it('releases nothing before the command is durable', async () => {
    const venue = new TestVenue()
    const socket = await venue.live('a')
    const { commits } = venue.log
    venue.send(socket, newOrder(1))
    expect(venue.exchange.session(1)?.lastRef).toBe(1)
    expect(socket.take()).toEqual([])
    venue.sequencer.endTurn()
    expect(venue.log.commits).toBe(commits + 1)
    expect(types(socket)).toEqual(['accepted'])
  })

  it('sends all that a turn brings a session in one frame', async () => {
    const venue = new TestVenue()
    const socket = await venue.live('a')
    const { frameCount } = socket
    for (let ref = 1; ref <= 50; ref++) venue.send(socket, newOrder(ref))
    venue.sequencer.endTurn()
    expect(socket.take().length).toBe(50)
    expect(socket.frameCount).toBe(frameCount + 1)
  })

  it('answers a ref that was processed before with duplicateRef, and does not apply it again', async () => {
    const venue = new TestVenue()
    const socket = await venue.live('a')
    venue.send(socket, newOrder(7), newOrder(7), newOrder(6))
    venue.sequencer.endTurn()
    expect(socket.take()).toMatchObject([
      { type: 'accepted', ref: 7 },
      { type: 'error', code: 'duplicateRef', ref: 7, bound: 7 },
      { type: 'error', code: 'duplicateRef', ref: 6, bound: 7 },
    ])
    expect(venue.exchange.session(1)?.openOrderCount).toBe(1)
  })

  it('answers every ref that was processed before, however many of them a turn brings', async () => {
    const venue = new TestVenue()
    venue.ratePerSecond = 10_000_000
    const socket = await venue.live('a')
    const frame = Array(1_000).fill({ type: 'cancelOrder', ref: 0, orderRef: 1 })
    const frames = 200
    for (let count = 0; count < frames; count++) venue.send(socket, ...frame)
    venue.sequencer.endTurn()
    const codes = errorCodes(socket)
    expect(codes.length).toBe(frames * frame.length)
    expect(new Set(codes)).toEqual(new Set(['duplicateRef']))
  })

  it('above the rate is answered with rateLimited, and the ref is not used up', async () => {
    const venue = new TestVenue()
    venue.ratePerSecond = 2
    const socket = await venue.live('a')
    venue.send(socket, newOrder(1), newOrder(2), newOrder(3))
    venue.sequencer.endTurn()
    expect(socket.take()).toMatchObject([
      { type: 'error', code: 'rateLimited', ref: 3, bound: 2 },
      { type: 'accepted', ref: 1 },
      { type: 'accepted', ref: 2 },
    ])
    venue.pass(500)
    venue.send(socket, newOrder(3))
    venue.sequencer.endTurn()
    expect(types(socket)).toEqual(['accepted'])
  })

  it('of a session goes on while another connection misbehaves', async () => {
    const venue = new TestVenue()
    const good = await venue.live('a')
    const bad = await venue.live('b')
    venue.send(good, newOrder(1))
    venue.gateway.received(bad.connection, new Uint8Array([0x98, 16]), true)
    venue.send(good, newOrder(2))
    venue.sequencer.endTurn()
    expect(bad.closedWith?.reason).toBe('malformedFrame')
    expect(types(good)).toEqual(['accepted', 'accepted'])
  })
})

describe('requests', () => {
  it('above the rate are answered with rateLimited, whichever they are', () => {
    const venue = new TestVenue()
    const socket = venue.connect()
    const requests: OutgoingMessage[] = [
      { type: 'listInstruments' },
      { type: 'subscribe', channel: 'top', instrument: 1 },
      { type: 'unsubscribe', channel: 'top', instrument: 1 },
    ]
    for (let count = 0; count < limits.requestsPerSecond; count++) venue.send(socket, { type: 'listInstruments' })
    venue.send(socket, ...requests)
    expect(errorCodes(socket)).toEqual(['rateLimited', 'rateLimited', 'rateLimited'])
    venue.sequencer.endTurn()
    expect(types(socket).filter((type) => type === 'instrumentList').length).toBe(limits.requestsPerSecond)
    venue.pass(1)
    venue.send(socket, ...requests)
    venue.sequencer.endTurn()
    expect(types(socket)).toEqual(['error', 'error', 'instrumentList'])
  })

  it('of a connection that lost something already are not worked on any more', () => {
    const venue = new TestVenue()
    const socket = venue.connect()
    socket.take()
    venue.send(socket, { type: 'listInstruments' }, { type: 'listInstruments' })
    venue.gateway.dropped(socket.connection)
    venue.sequencer.endTurn()
    venue.send(socket, { type: 'listInstruments' })
    expect(socket.take()).toEqual([])
  })
})

describe('the end of a connection', () => {
  it('cancels the orders of the session, unless it asked not to', async () => {
    for (const [cancelOnDisconnect, orders] of [
      [true, 0],
      [false, 1],
    ] as const) {
      const venue = new TestVenue()
      const socket = await venue.live('a', { cancelOnDisconnect })
      venue.send(socket, newOrder(1))
      venue.sequencer.endTurn()
      venue.disconnect(socket)
      venue.sequencer.endTurn()
      expect(venue.exchange.session(1)).toMatchObject({ connected: false, openOrderCount: orders })
    }
  })

  it('leaves the events for the next logon', async () => {
    const venue = new TestVenue()
    const socket = await venue.live('a')
    venue.send(socket, newOrder(1))
    venue.disconnect(socket)
    venue.sequencer.endTurn()
    const again = venue.connect()
    await venue.logOn(again, 'a', { nextEvent: 1 })
    expect(again.take().slice(3)).toMatchObject([
      { type: 'accepted', eventNumber: 1 },
      { type: 'cancelled', eventNumber: 2, reason: 'disconnected', ref: 0 },
    ])
  })
})

describe('the end of the engine', () => {
  it('is told to everyone, after the answers that are due and the cancellation of orders', async () => {
    const venue = new TestVenue()
    const [trader, reader] = [await venue.live('a'), venue.connect('json')]
    reader.take()
    venue.send(trader, newOrder(1))
    const stopped = venue.gateway.shutDown()
    venue.sequencer.endTurn()
    await stopped
    expect(trader.take()).toMatchObject([
      { type: 'accepted', eventNumber: 1 },
      { type: 'cancelled', eventNumber: 2, reason: 'disconnected' },
      { type: 'notice', code: 'shuttingDown' },
      { type: 'error', code: 'shuttingDown' },
    ])
    expect(types(reader)).toEqual(['notice', 'error'])
    for (const socket of [trader, reader]) expect(socket.closedWith).toEqual({ code: 4016, reason: 'shuttingDown' })
    const { sequence } = venue.exchange
    venue.sequencer.close()
    expect(venue.exchange.sequence).toBe(sequence)
    expect(venue.exchange.session(1)).toMatchObject({ connected: false, openOrderCount: 0 })
  })
})

describe('a consumer that does not read', () => {
  it('gets its events later, from where it was', async () => {
    const venue = new TestVenue()
    const socket = await venue.live('a')
    socket.unsent = 2_000_000
    venue.send(socket, newOrder(1), newOrder(2))
    venue.sequencer.endTurn()
    expect(socket.take()).toEqual([])
    socket.unsent = 0
    venue.gateway.writable(socket.connection)
    expect(socket.take()).toMatchObject([{ eventNumber: 1 }, { eventNumber: 2 }])
  })

  it('is closed with slowConsumer when more than maxUnsentBytes wait for it', async () => {
    const venue = new TestVenue()
    venue.ratePerSecond = 10_000_000
    const socket = await venue.live('a')
    socket.unsent = 2_000_000
    const ioc = { timeInForce: 'immediateOrCancel' } as const
    const eventBytes = 60
    for (let ref = 1; ref < limits.maxUnsentBytes / eventBytes && !socket.closedWith; ref += 500) {
      venue.send(socket, ...Array.from({ length: 500 }, (_, index) => newOrder(ref + index, ioc)))
      venue.sequencer.endTurn()
    }
    expect(socket.closedWith).toEqual({ code: 4012, reason: 'slowConsumer' })
  })

  it('is closed with slowConsumer when the transport had to drop something', async () => {
    const venue = new TestVenue()
    const socket = venue.connect()
    venue.gateway.dropped(socket.connection)
    expect(socket.closedWith).toBeUndefined()
    await new Promise((resolve) => setImmediate(resolve))
    expect(socket.closedWith).toEqual({ code: 4012, reason: 'slowConsumer' })
  })
})

describe('time', () => {
  let venue: TestVenue

  beforeEach(() => {
    venue = new TestVenue()
    venue.gateway.start(5_000)
  })

  function pass(milliseconds: number, whileWaiting = () => {}): void {
    for (let passed = 0; passed < milliseconds; passed += 100) {
      venue.clock.ms += 100
      venue.clock.ring()
      whileWaiting()
      venue.sequencer.endTurn()
    }
  }

  it('closes a connection that neither logs on nor subscribes', () => {
    const idle = venue.connect()
    const reader = venue.connect()
    venue.send(reader, { type: 'subscribe', channel: 'top', instrument: 1 })
    const heartbeat = () => {
      if (idle.closedWith === undefined) venue.send(idle, { type: 'heartbeat' })
      venue.send(reader, { type: 'heartbeat' })
    }
    pass(limits.logonTimeoutMs - 100, heartbeat)
    expect(idle.closedWith).toBeUndefined()
    pass(100, heartbeat)
    expect(idle.closedWith).toEqual({ code: 4009, reason: 'logonTimeout' })
    expect(reader.closedWith).toBeUndefined()
  })

  it('sends a heartbeat when nothing else was sent for an interval, and closes when nothing came for two', async () => {
    const socket = await venue.live('a', { heartbeatIntervalMs: 1_000 })
    pass(900)
    expect(types(socket)).toEqual([])
    pass(100)
    expect(types(socket)).toEqual(['heartbeat'])
    pass(900)
    expect(socket.closedWith).toBeUndefined()
    pass(100)
    expect(errorCodes(socket)).toEqual(['heartbeatTimeout'])
    expect(socket.closedWith).toEqual({ code: 4010, reason: 'heartbeatTimeout' })
    venue.sequencer.endTurn()
    expect(venue.exchange.session(1)?.connected).toBe(false)
  })

  it('takes nobody for dead because the engine itself was not able to read', async () => {
    const socket = await venue.live('a', { heartbeatIntervalMs: 1_000 })
    pass(500)
    venue.clock.ms += 60_000
    pass(1_400)
    expect(socket.closedWith).toBeUndefined()
    pass(200)
    expect(socket.closedWith?.reason).toBe('heartbeatTimeout')
  })

  it('gives a client the whole time to log on though the engine was not able to read', () => {
    const idle = venue.connect()
    pass(100, () => venue.send(idle, { type: 'heartbeat' }))
    venue.clock.ms += limits.logonTimeoutMs * 2
    pass(limits.logonTimeoutMs - 1_000, () => venue.send(idle, { type: 'heartbeat' }))
    expect(idle.closedWith).toBeUndefined()
  })

  it('disconnects sessions that were connected before a restart and do not come back in time', async () => {
    const kept: Uint8Array<ArrayBuffer>[] = []
    const before = new TestVenue(kept)
    for (const name of ['a', 'b']) before.send(await before.live(name), newOrder(1))
    before.sequencer.endTurn()
    venue = new TestVenue(kept)
    venue.gateway.start(5_000)
    const back = await venue.live('a', { heartbeatIntervalMs: 60_000 })
    pass(4_900)
    expect([1, 2].map((number) => venue.exchange.session(number)?.openOrderCount)).toEqual([1, 1])
    pass(100)
    venue.sequencer.endTurn()
    expect(venue.exchange.session(1)).toMatchObject({ connected: true, openOrderCount: 1 })
    expect(venue.exchange.session(2)).toMatchObject({ connected: false, openOrderCount: 0 })
    expect(back.closedWith).toBeUndefined()
  })
})

describe('when the log cannot be written', () => {
  it('order entry stops: nothing of the batch is released, everyone is told, and later orders are refused', async () => {
    const venue = new TestVenue()
    const trader = await venue.live('a')
    const reader = venue.connect('json')
    reader.take()
    venue.log.failing = true
    venue.send(trader, newOrder(1))
    venue.sequencer.endTurn()
    expect(venue.haltedBy).toMatchObject([{ message: 'the disk is full' }])
    for (const socket of [trader, reader]) {
      expect(socket.take()).toMatchObject([{ type: 'notice', code: 'orderEntryHalted' }])
    }
    venue.log.failing = false
    venue.send(trader, newOrder(2), { type: 'cancelOrder', ref: 3, orderRef: 1 })
    venue.send(reader, { type: 'subscribe', channel: 'book', instrument: 1 })
    venue.sequencer.endTurn()
    expect(trader.take()).toMatchObject([
      { code: 'serviceHalted', ref: 2 },
      { code: 'serviceHalted', ref: 3 },
    ])
    expect(reader.take()).toMatchObject([{ code: 'serviceHalted' }])
  })

  it('whoever asked for something in that turn is answered with serviceHalted', () => {
    const venue = new TestVenue()
    const reader = venue.connect()
    venue.send(reader, { type: 'subscribe', channel: 'book', instrument: 1 }, { type: 'listInstruments' })
    venue.log.failing = true
    venue.sequencer.endTurn()
    expect(errorCodes(reader)).toEqual(['serviceHalted', 'serviceHalted'])
    expect(reader.topics.size).toBe(0)
  })

  it('a newer logon does not take the session from the connection that has it', async () => {
    const venue = new TestVenue()
    const older = await venue.live('a')
    venue.log.failing = true
    venue.send(older, newOrder(1))
    venue.sequencer.endTurn()
    const newer = venue.connect()
    await venue.logOn(newer, 'a')
    expect(errorCodes(newer)).toEqual(['serviceHalted'])
    expect(older.closedWith).toBeUndefined()
  })

  it('a logon under way is refused and may be tried again', async () => {
    const venue = new TestVenue()
    const socket = venue.connect()
    venue.send(socket, { type: 'logon', participant: 'a', session: 'main', signature: 'a' })
    await settled()
    venue.log.failing = true
    venue.sequencer.endTurn()
    await venue.logOn(socket, 'a')
    expect(errorCodes(socket)).toEqual(['serviceHalted', 'serviceHalted'])
    expect(socket.closedWith).toBeUndefined()
  })
})

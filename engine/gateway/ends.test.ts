/** How connections and order entry end: a slow disk, a disk that fails, a revoked key, a takeover, a stop. Over a whole venue. */
import { describe, expect, it } from 'vitest'
import { limits } from '../../protocol/limits.ts'
import type { Message, OutgoingMessage } from '../../protocol/messages.ts'
import { newOrder, settled, type TestSocket, TestVenue } from '../venue-fixture.ts'

const types = (socket: TestSocket) => socket.take().map(({ type }) => type)
const farFromMarket = { priceTicks: 9_000 }

/** A venue whose log is committing, and stays so until it is told to finish. */
async function venueWithSlowLog(...participants: string[]) {
  const venue = new TestVenue()
  venue.ratePerSecond = 10_000_000
  const sockets: TestSocket[] = []
  for (const participant of participants) sockets.push(await venue.live(participant))
  venue.log.isSlow = true
  venue.send(sockets[0], newOrder(1, farFromMarket))
  venue.sequencer.endTurn()
  return { venue, sockets }
}

/** Ends the commit under way, and all that follow. */
function finish(venue: TestVenue) {
  venue.log.isSlow = false
  venue.log.finish()
  venue.sequencer.endTurn()
}

describe('while the disk is slow', () => {
  it('as many new orders wait as the limit says, the next are overloaded and not used up, and cancels are taken still', async () => {
    const { venue, sockets } = await venueWithSlowLog('a')
    const [socket] = sockets
    const bound = limits.maxWaitingCommands
    const ioc = { ...farFromMarket, timeInForce: 'immediateOrCancel' } as const
    for (let ref = 2; ref <= bound + 1; ref++) venue.send(socket, newOrder(ref, ioc))
    expect(socket.take()).toEqual([])
    const overloaded = { type: 'error', code: 'overloaded', bound }
    venue.send(socket, newOrder(bound + 2, farFromMarket))
    venue.send(socket, { type: 'replaceOrder', ref: bound + 3, orderRef: 1, quantityLots: 1, priceTicks: 1 })
    venue.send(socket, { type: 'massQuote', ref: bound + 4, group: 1, quotes: [] })
    expect(socket.take()).toMatchObject([bound + 2, bound + 3, bound + 4].map((ref) => ({ ...overloaded, ref })))
    venue.send(socket, { type: 'cancelOrder', ref: bound + 5, orderRef: 1 }, { type: 'massCancel', ref: bound + 6 })
    venue.send(socket, { type: 'resetProtection', ref: bound + 7, group: 1 })
    expect(socket.take()).toEqual([])
    finish(venue)
    const answered = socket.take() as Message<'accepted'>[]
    expect(answered.filter(({ type }) => type === 'accepted').map(({ ref }) => ref)).toEqual(
      Array.from({ length: bound + 1 }, (_, index) => index + 1),
    )
    expect(answered.at(-2)).toMatchObject({ type: 'massCancelled', ref: bound + 6 })
    venue.send(socket, newOrder(bound + 8, farFromMarket))
    venue.sequencer.endTurn()
    expect(socket.take()).toMatchObject([{ type: 'accepted', ref: bound + 8 }])
  })

  it('cancels beyond twice the limit are overloaded, too', async () => {
    const { venue, sockets } = await venueWithSlowLog('a')
    const [socket] = sockets
    const bound = limits.maxWaitingCommands
    for (let ref = 2; ref <= 2 * bound + 1; ref++) venue.send(socket, { type: 'cancelOrder', ref, orderRef: 1 })
    expect(socket.take()).toEqual([])
    venue.send(socket, { type: 'cancelOrder', ref: 2 * bound + 2, orderRef: 1 })
    expect(socket.take()).toMatchObject([{ type: 'error', code: 'overloaded', ref: 2 * bound + 2, bound }])
  })

  it('nobody is told anything of what is not durable: no event, no position, no order, no market data', async () => {
    const { venue, sockets } = await venueWithSlowLog('a', 'b')
    const [maker, other] = sockets
    venue.send(other, { type: 'subscribe', channel: 'book', instrument: 1 })
    const reader = venue.connect()
    venue.send(reader, { type: 'logon', participant: 'a', session: 'main', signature: 'a' })
    await settled()
    venue.sequencer.endTurn()
    expect(maker.closedWith?.reason).toBe('superseded')
    expect([types(other), types(reader)]).toEqual([[], ['challenge']])
    finish(venue)
    expect(reader.take()).toMatchObject([
      { type: 'logonResult', lastRef: 1, nextEvent: 2, snapshot: true },
      { type: 'position' },
      { type: 'openOrders', orders: [{ orderRef: 1 }], last: true },
    ])
    expect(types(other)).toEqual(['subscribed', 'bookSnapshot'])
  })
})

describe('a logon that waits for the disk', () => {
  it('waits for as long as it takes, and is no logon that never came', async () => {
    const venue = new TestVenue()
    venue.gateway.start(60_000)
    venue.sequencer.endTurn()
    venue.log.isSlow = true
    const [socket, idle] = [venue.connect(), venue.connect()]
    await venue.logOn(socket, 'a')
    for (let seconds = 0; seconds < 11; seconds++) {
      venue.send(socket, { type: 'heartbeat' })
      venue.send(idle, { type: 'heartbeat' })
      for (let sweeps = 0; sweeps < 10; sweeps++) venue.pass(100)
    }
    expect([socket.closedWith, idle.closedWith?.reason]).toEqual([undefined, 'logonTimeout'])
    finish(venue)
    expect(types(socket)).toContain('logonResult')
  })
})

describe('a revoked key', () => {
  it('closes the connection of the session, whose orders are cancelled as after any end', async () => {
    const venue = new TestVenue()
    const [socket, other] = [await venue.live('a'), await venue.live('b')]
    venue.send(socket, newOrder(1))
    venue.sequencer.endTurn()
    venue.gateway.revoke(1)
    expect(socket.take().at(-1)).toMatchObject({ type: 'error', code: 'keyRevoked' })
    expect(socket.closedWith).toEqual({ code: 4021, reason: 'keyRevoked' })
    expect(other.closedWith).toBeUndefined()
    venue.sequencer.endTurn()
    expect(venue.exchange.session(1)).toMatchObject({ connected: false, openOrderCount: 0 })
  })

  it('closes a connection whose logon is not durable yet, too', async () => {
    const venue = new TestVenue()
    venue.log.isSlow = true
    const socket = venue.connect()
    await venue.logOn(socket, 'a')
    venue.gateway.revoke(1)
    finish(venue)
    expect(types(socket)).toEqual(['challenge', 'error'])
    expect(socket.closedWith?.reason).toBe('keyRevoked')
    expect(venue.exchange.session(1)?.connected).toBe(false)
  })

  it('of a session that nobody uses, or that never was, changes nothing', () => {
    const venue = new TestVenue()
    venue.gateway.revoke(1)
    venue.gateway.revoke(99)
    expect(venue.faults).toEqual([])
  })
})

describe('the stop of the engine', () => {
  it('is told to drop copies and to readers of market data, after all that is due', async () => {
    const venue = new TestVenue()
    venue.addSession('a', 'second')
    const [trader, watcher] = [await venue.live('a'), await venue.live('a', { session: 'second' })]
    const reader = venue.connect('json')
    venue.send(watcher, { type: 'subscribeDropCopy', sessions: [] })
    venue.send(reader, { type: 'subscribe', channel: 'top', instrument: 1 })
    venue.send(trader, newOrder(1))
    venue.sequencer.endTurn()
    for (const socket of [trader, watcher, reader]) socket.take()
    const stopped = venue.gateway.shutDown()
    venue.sequencer.endTurn()
    await stopped
    expect(types(trader)).toEqual(['cancelled', 'notice', 'error'])
    expect(types(watcher)).toEqual(['dropCopy', 'cancelled', 'notice', 'error'])
    expect(types(reader)).toEqual(['top', 'notice', 'error'])
    for (const { closedWith } of [trader, watcher, reader]) expect(closedWith?.reason).toBe('shuttingDown')
  })

  it('takes no order, logon or connection any more while it waits for the disk', async () => {
    const { venue, sockets } = await venueWithSlowLog('a')
    const [trader] = sockets
    const idle = venue.connect()
    const late = venue.connect()
    venue.send(late, { type: 'logon', participant: 'b', session: 'main', signature: 'b' })
    const stopped = venue.gateway.shutDown()
    venue.send(trader, newOrder(2, farFromMarket))
    expect(trader.take()).toMatchObject([{ type: 'error', code: 'notLoggedOn', ref: 2 }])
    venue.send(idle, { type: 'logon', participant: 'b', session: 'main', signature: 'b' })
    await settled()
    for (const { closedWith } of [idle, late]) expect(closedWith?.reason).toBe('shuttingDown')
    const newest = venue.connect()
    finish(venue)
    await stopped
    expect(types(trader)).toEqual(['accepted', 'cancelled', 'notice', 'error'])
    expect(newest.closedWith?.reason).toBe('shuttingDown')
    expect(venue.exchange.session(1)).toMatchObject({ connected: false, openOrderCount: 0 })
  })

  it('is told at once where order entry has stopped before', async () => {
    const venue = new TestVenue()
    const socket = await venue.live('a')
    venue.log.failing = true
    venue.send(socket, newOrder(1))
    venue.sequencer.endTurn()
    socket.take()
    await venue.gateway.shutDown()
    expect(types(socket)).toEqual(['notice', 'error'])
    expect(socket.closedWith?.reason).toBe('shuttingDown')
  })
})

describe('when the log fails', () => {
  it('everyone is told at once: traders, drop copies, readers of market data, and who waits for a logon', async () => {
    const { venue, sockets } = await venueWithSlowLog('a', 'b')
    const reader = venue.connect('json')
    venue.send(reader, { type: 'subscribe', channel: 'book', instrument: 1 })
    const opening = venue.connect()
    await venue.logOn(opening, 'b')
    for (const socket of [...sockets, reader, opening]) socket.take()
    venue.send(sockets[0], newOrder(2), { type: 'queryOpenOrders' })
    venue.log.finish(new Error('no space left') as never)
    expect(venue.haltedBy).toHaveLength(1)
    const notice = { type: 'notice', code: 'orderEntryHalted' }
    const halted = { type: 'error', code: 'serviceHalted', ref: 0 }
    expect(sockets[0].take()).toMatchObject([notice, halted])
    expect(reader.take()).toMatchObject([notice, halted])
    expect(opening.take()).toMatchObject([halted, notice])
  })

  it('a connection that comes later is told so at once, and logons and subscriptions are refused', async () => {
    const { venue } = await venueWithSlowLog('a')
    venue.log.finish(new Error('no space left') as never)
    for (const encoding of ['msgpack', 'json'] as const) {
      const socket = venue.connect(encoding)
      expect(socket.take()).toMatchObject([{ type: 'challenge' }, { type: 'notice', code: 'orderEntryHalted' }])
      const requests: OutgoingMessage[] = [{ type: 'listInstruments' }, { type: 'subscribe', channel: 'top' }]
      venue.send(socket, ...requests)
      await venue.logOn(socket, 'b')
      expect(socket.take()).toMatchObject(Array(3).fill({ type: 'error', code: 'serviceHalted', ref: 0 }))
      expect(socket.closedWith).toBeUndefined()
    }
  })

  it('nothing of what was not durable is ever told, and orders that waited are neither answered nor applied', async () => {
    const { venue, sockets } = await venueWithSlowLog('a')
    const [socket] = sockets
    venue.send(socket, newOrder(2, farFromMarket))
    const { sequence } = venue.exchange
    venue.log.finish(new Error('no space left') as never)
    venue.sequencer.endTurn()
    expect(types(socket)).toEqual(['notice'])
    expect(venue.exchange.sequence).toBe(sequence)
    venue.send(socket, { type: 'queryOrder', orderRef: 1 }, newOrder(3))
    expect(socket.take()).toMatchObject([
      { code: 'serviceHalted', ref: 0 },
      { code: 'serviceHalted', ref: 3 },
    ])
  })
})

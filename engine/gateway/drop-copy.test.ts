/** Drop copies over a whole venue. Participant a has the sessions `main` and `second`, participant b has `main`. */
import { describe, expect, it } from 'vitest'
import { limits } from '../../protocol/limits.ts'
import type { Message, OutgoingMessage } from '../../protocol/messages.ts'
import { newOrder, type TestSocket, TestVenue } from '../venue-fixture.ts'

type Starts = OutgoingMessage<'subscribeDropCopy'>['sessions']

async function venueWithSecond() {
  const venue = new TestVenue()
  venue.addSession('a', 'second')
  return venue
}

function subscribe(venue: TestVenue, socket: TestSocket, sessions: Starts = []) {
  venue.send(socket, { type: 'subscribeDropCopy', sessions })
  venue.sequencer.endTurn()
}

/** Orders of one lot, from `from` to `to`. */
function trade(venue: TestVenue, socket: TestSocket, from: number, to = from) {
  for (let ref = from; ref <= to; ref++) venue.send(socket, newOrder(ref, { priceTicks: 9_000 }))
  venue.sequencer.endTurn()
}

/** What of the messages is a drop copy, as `session:eventNumber`, and what else there is. */
function split(messages: Message[]): { copied: string[]; own: Message[] } {
  const copied: string[] = []
  const own: Message[] = []
  for (let index = 0; index < messages.length; index++) {
    const message = messages[index]
    if (message.type !== 'dropCopy') {
      own.push(message)
      continue
    }
    const events = messages.slice(index + 1, index + 1 + message.eventCount) as Message<'accepted'>[]
    expect(events.length).toBe(message.eventCount)
    for (const { eventNumber } of events) copied.push(`${message.session}:${eventNumber}`)
    index += message.eventCount
  }
  return { copied, own }
}

describe('a drop copy', () => {
  it('has the new events of all sessions of the participant, the own one included, and of nobody else', async () => {
    const venue = await venueWithSecond()
    const watcher = await venue.live('a', { session: 'second' })
    const [main, stranger] = [await venue.live('a'), await venue.live('b')]
    trade(venue, main, 1)
    subscribe(venue, watcher)
    expect(watcher.take()).toEqual([
      {
        type: 'dropCopySubscribed',
        sessions: [
          { session: 'main', nextEvent: 2 },
          { session: 'second', nextEvent: 1 },
        ],
      },
    ])
    trade(venue, main, 2, 3)
    trade(venue, stranger, 1)
    trade(venue, watcher, 1)
    const { copied, own } = split(watcher.take())
    expect(copied).toEqual(['main:2', 'main:3', 'second:1'])
    expect(own).toMatchObject([{ type: 'accepted', eventNumber: 1 }])
    expect(main.take().map(({ type }) => type)).toEqual(['accepted', 'accepted', 'accepted'])
  })

  it('shows nothing before it is durable', async () => {
    const venue = await venueWithSecond()
    const [watcher, main] = [await venue.live('a', { session: 'second' }), await venue.live('a')]
    subscribe(venue, watcher)
    watcher.take()
    venue.log.isSlow = true
    trade(venue, main, 1)
    expect(venue.exchange.session(1)?.lastRef).toBe(1)
    venue.send(watcher, { type: 'subscribeDropCopy', sessions: [{ session: 'main', nextEvent: 1 }] })
    expect(watcher.take()).toEqual([])
    venue.log.isSlow = false
    venue.log.finish()
    venue.sequencer.endTurn()
    expect(split(watcher.take()).copied).toEqual(['main:1', 'main:1'])
  })

  it('sends what a turn brings a session in one frame, in JSON too', async () => {
    for (const encoding of ['msgpack', 'json'] as const) {
      const venue = await venueWithSecond()
      const watcher = venue.connect(encoding)
      await venue.logOn(watcher, 'a', { session: 'second' })
      subscribe(venue, watcher)
      const main = await venue.live('a')
      watcher.take()
      const { frameCount } = watcher
      trade(venue, main, 1, 20)
      expect(watcher.frameCount).toBe(frameCount + 1)
      expect(watcher.take()[0]).toEqual({ type: 'dropCopy', session: 'main', eventCount: 20 })
    }
  })

  it('resumes each session where the client says, across a restart of the engine, and answers where each begins', async () => {
    const kept: Uint8Array<ArrayBuffer>[] = []
    const before = new TestVenue(kept)
    before.addSession('a', 'second')
    const main = await before.live('a', { cancelOnDisconnect: false })
    trade(before, main, 1, 5)
    const watcher = await before.live('a', { session: 'second', cancelOnDisconnect: false })
    subscribe(before, watcher, [{ session: 'main', nextEvent: 4 }])
    expect(split(watcher.take()).copied).toEqual(['main:4', 'main:5'])
    trade(before, main, 6)
    trade(before, watcher, 1)

    const after = new TestVenue(kept)
    const again = await after.live('a', { session: 'second' })
    subscribe(after, again, [
      { session: 'main', nextEvent: 5 },
      { session: 'second', nextEvent: 9 },
    ])
    const [answer, ...rest] = again.take()
    expect(answer).toMatchObject({
      sessions: [
        { session: 'main', nextEvent: 5 },
        { session: 'second', nextEvent: 2 },
      ],
    })
    expect(split(rest).copied).toEqual(['main:5', 'main:6'])
  })

  it('goes on with a session that is added later, from its first event', async () => {
    const venue = new TestVenue()
    const watcher = await venue.live('a')
    subscribe(venue, watcher)
    watcher.take()
    venue.addSession('a', 'second')
    venue.addSession('b', 'third')
    trade(venue, await venue.live('b', { session: 'third' }), 1)
    trade(venue, await venue.live('a', { session: 'second' }), 1, 2)
    expect(split(watcher.take()).copied).toEqual(['second:1', 'second:2'])
  })

  it('is refused with the name of a session that the participant does not have, and the one before goes on', async () => {
    const venue = await venueWithSecond()
    const watcher = await venue.live('a', { session: 'second' })
    subscribe(venue, watcher)
    watcher.take()
    subscribe(venue, watcher, [{ session: 'third', nextEvent: 1 }])
    expect(watcher.take()).toMatchObject([
      { type: 'error', code: 'invalidField', field: 'sessions', ref: 0, text: expect.stringContaining('"third"') },
    ])
    trade(venue, await venue.live('a'), 1)
    expect(split(watcher.take()).copied).toEqual(['main:1'])
  })

  it('needs a session', () => {
    const venue = new TestVenue()
    const socket = venue.connect()
    subscribe(venue, socket)
    expect(socket.take().at(-1)).toMatchObject({ type: 'error', code: 'notLoggedOn', ref: 0 })
  })

  it('ends with its connection', async () => {
    const venue = await venueWithSecond()
    const watcher = await venue.live('a', { session: 'second' })
    subscribe(venue, watcher)
    const newer = await venue.live('a', { session: 'second' })
    expect(watcher.closedWith?.reason).toBe('superseded')
    watcher.take()
    trade(venue, await venue.live('a'), 1)
    expect(watcher.take()).toEqual([])
    expect(newer.take()).toEqual([])
  })

  it('of busy sessions gives each its turn while the reader takes one frame at a time', async () => {
    const venue = await venueWithSecond()
    venue.ratePerSecond = 1_000_000
    const [watcher, main] = [await venue.live('a', { session: 'second' }), await venue.live('a')]
    subscribe(venue, watcher)
    watcher.take()
    watcher.unsent = 2_000_000
    // More than two chunks of events each.
    for (const socket of [main, watcher]) trade(venue, socket, 1, 4_000)
    const send = watcher.send.bind(watcher)
    watcher.send = (frame) => {
      send(frame)
      watcher.unsent = 2_000_000
    }
    const copied: string[] = []
    const order: string[] = []
    for (let reads = 0; copied.length < 8_000 && reads < 100; reads++) {
      watcher.unsent = 0
      venue.gateway.writable(watcher.connection)
      const frame = watcher.take()
      copied.push(...split(frame).copied)
      if (frame[0].type === 'dropCopy') order.push(frame[0].session)
    }
    expect(new Set(copied).size).toBe(8_000)
    expect(order.slice(0, 4)).toEqual(['second', 'main', 'second', 'main'])
  })

  it('that is not read is closed with slowConsumer when events that it lacks are no longer kept', async () => {
    const venue = await venueWithSecond()
    const watcher = await venue.live('a', { session: 'second' })
    venue.ratePerSecond = 10_000_000
    const main = await venue.live('a')
    subscribe(venue, watcher)
    watcher.unsent = 2_000_000
    const ioc = { timeInForce: 'immediateOrCancel' } as const
    const sent = () => venue.exchange.session(1)!.nextEvent - 1
    for (let ref = 1; watcher.closedWith === undefined && ref < limits.retainedEvents; ref += 500) {
      venue.send(main, ...Array.from({ length: 500 }, (_, index) => newOrder(ref + index, ioc)))
      venue.sequencer.endTurn()
    }
    expect(watcher.closedWith).toEqual({ code: 4012, reason: 'slowConsumer' })
    expect(sent()).toBeGreaterThanOrEqual(limits.retainedEvents)
    expect(main.closedWith).toBeUndefined()
  })
})

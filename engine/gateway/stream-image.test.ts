/** The events that sessions may still ask for, through a snapshot and a restart. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeMessagePack } from '../../protocol/codec.ts'
import { limits } from '../../protocol/limits.ts'
import type { Message } from '../../protocol/messages.ts'
import { newOrder, type TestSnapshot, type TestSocket, TestVenue } from '../venue-fixture.ts'
import { type KeptStream, readStreamImage, StreamImageError, writeStreamImage } from './stream-image.ts'

const event = (eventNumber: number) =>
  encodeMessagePack({ type: 'carriedOut', eventNumber, sequence: 1, engineTimeUs: 1, ref: eventNumber })

const sample: KeptStream[] = [
  {
    session: 1,
    nextEvent: 5,
    parts: [
      { firstEvent: 2, bytes: Buffer.concat([event(2), event(3)]) },
      { firstEvent: 4, bytes: event(4) },
    ],
  },
  { session: 3, nextEvent: 1, parts: [] },
]
const image = Buffer.concat(writeStreamImage(sample))

describe('an image of streams', () => {
  it('reads as it was written, without copying the events', () => {
    const read = readStreamImage(image)
    expect(read).toMatchObject([
      { session: 1, nextEvent: 5, parts: [{ firstEvent: 2 }, { firstEvent: 4 }] },
      { session: 3, nextEvent: 1, parts: [] },
    ])
    expect(read[0].parts.map(({ bytes }) => Buffer.from(bytes).toString('hex'))).toEqual(
      sample[0].parts.map(({ bytes }) => Buffer.from(bytes).toString('hex')),
    )
    expect(read[0].parts[0].bytes.buffer).toBe(image.buffer)
  })

  it('that is cut off, longer than it says, or something else is refused', () => {
    for (let length = 0; length < image.length; length++) {
      expect(() => readStreamImage(image.subarray(0, length))).toThrow(StreamImageError)
    }
    expect(() => readStreamImage(Buffer.concat([image, new Uint8Array(1)]))).toThrow(StreamImageError)
    expect(() => readStreamImage(new Uint8Array(1_000))).toThrow(StreamImageError)
  })

  it('whose table was changed is refused or reads as another table, and never does anything else', () => {
    const { length } = writeStreamImage(sample)[0]
    fc.assert(
      fc.property(fc.nat({ max: length * 8 - 1 }), (bit) => {
        const damaged = Buffer.from(image)
        damaged[bit >> 3] ^= 1 << (bit & 7)
        try {
          readStreamImage(damaged)
        } catch (error) {
          expect(error).toBeInstanceOf(StreamImageError)
        }
      }),
    )
  })
})

/** What a client that logs on is told of its events, and all of them from one on. */
async function resume(venue: TestVenue, participant: string, wanted: number) {
  const socket = venue.connect()
  await venue.logOn(socket, participant, { nextEvent: wanted, cancelOnDisconnect: false })
  const messages = socket.take()
  const { lastRef, firstEvent, nextEvent, snapshot } = messages[1] as Message<'logonResult'>
  const events = messages.filter((message) => 'eventNumber' in message) as Message<'accepted'>[]
  return { lastRef, firstEvent, nextEvent, snapshot, events }
}

describe('a venue that goes on from a snapshot', () => {
  it('has the events that one has that never stopped, before, across and after the snapshot', async () => {
    const action = fc.oneof(
      fc.record({ who: fc.constantFrom('a', 'b'), side: fc.constantFrom('buy' as const, 'sell' as const) }),
      fc.constant('snapshot' as const),
      fc.constant('restart' as const),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 40 }), async (actions) => {
        const run = async (restarting: boolean) => {
          const kept: Uint8Array<ArrayBuffer>[] = []
          let venue = new TestVenue(kept)
          let snapshot: TestSnapshot | undefined
          let ref = 0
          const connect = async () => ({
            a: await venue.live('a', { cancelOnDisconnect: false }),
            b: await venue.live('b', { cancelOnDisconnect: false }),
          })
          let sockets: Record<string, TestSocket> = await connect()
          for (const step of actions) {
            if (step === 'snapshot') snapshot = venue.snapshot()
            else if (step === 'restart') {
              if (restarting) venue = new TestVenue(kept, venue.clock, snapshot)
              sockets = await connect()
            } else {
              venue.send(sockets[step.who], newOrder(++ref, { side: step.side, quantityLots: (ref % 3) + 1 }))
              venue.sequencer.endTurn()
            }
          }
          return venue
        }
        const [straight, restarted] = [await run(false), await run(true)]
        for (const [number, participant] of [
          [1, 'a'],
          [2, 'b'],
        ] as const) {
          const { nextEvent } = straight.exchange.session(number)!
          for (const from of new Set([1, 2, Math.ceil(nextEvent / 2), nextEvent])) {
            expect(await resume(restarted, participant, from)).toEqual(await resume(straight, participant, from))
          }
        }
      }),
      { numRuns: 40 },
    )
  })

  it('keeps the events that are promised, across many chunks, and then still drops what is older', async () => {
    const kept: Uint8Array<ArrayBuffer>[] = []
    const before = new TestVenue(kept)
    const trade = async (venue: TestVenue, orders: number) => {
      venue.ratePerSecond = 10_000_000
      const socket = await venue.live('a', { cancelOnDisconnect: false })
      const { lastRef } = venue.exchange.session(1)!
      const ioc = { timeInForce: 'immediateOrCancel' } as const
      for (let index = 1; index <= orders; index++) {
        venue.send(socket, newOrder(lastRef + index, ioc))
        if (index % 500 === 0) {
          venue.sequencer.endTurn()
          socket.take()
        }
      }
    }
    await trade(before, 52_000)
    const snapshot = before.snapshot()
    await trade(before, 1_000)
    const after = new TestVenue(kept, before.clock, snapshot)
    const wanted = 106_001 - limits.retainedEvents
    const resumed = await resume(after, 'a', wanted)
    expect(resumed).toMatchObject({ snapshot: false, firstEvent: wanted, nextEvent: 106_001 })
    expect(resumed.events.map(({ eventNumber }) => eventNumber)).toEqual(
      Array.from({ length: limits.retainedEvents }, (_, index) => wanted + index),
    )
    expect(resumed).toEqual(await resume(before, 'a', wanted))
    await trade(after, 52_000)
    expect(await resume(after, 'a', wanted)).toMatchObject({ snapshot: true, firstEvent: 210_001, events: [] })
  })

  it('refuses streams that are not of the state that it has', async () => {
    const venue = new TestVenue()
    const [first, socket] = [venue.snapshot(), await venue.live('a')]
    venue.send(socket, newOrder(1))
    venue.sequencer.endTurn()
    const second = venue.snapshot()
    for (const [state, streams] of [
      [first, second],
      [second, first],
    ]) {
      const mixed = { ...state, streams: streams.streams }
      expect(() => new TestVenue([], venue.clock, mixed)).toThrow(StreamImageError)
    }
  })

  it('leaves what an image holds as it was until it is released', async () => {
    const venue = new TestVenue()
    const socket = await venue.live('a')
    venue.send(socket, newOrder(1), newOrder(2))
    venue.sequencer.endTurn()
    const held = venue.gateway.streamsImage()
    const before = Buffer.concat(held.parts)
    for (let ref = 3; ref <= 500; ref++) venue.send(socket, newOrder(ref))
    venue.sequencer.endTurn()
    expect(Buffer.concat(held.parts).equals(before)).toBe(true)
    held.release()
  })
})

import { describe, expect, it } from 'vitest'
import { decodeMessagePack, encodeMessagePack } from '../protocol/codec.ts'
import { limits } from '../protocol/limits.ts'
import { RecoveryError } from './command-player.ts'
import { LogWriteError } from './log/command-log.ts'
import { MemoryLog } from './log/memory-log.ts'
import { newOrder, TestClock, TestLog, TestVenue } from './venue-fixture.ts'

describe('the sequencer', () => {
  it('gives commands the numbers 1, 2, 3 … and all commands of a turn the same time', async () => {
    const kept: Uint8Array<ArrayBuffer>[] = []
    const venue = new TestVenue(kept)
    const socket = await venue.live('a')
    venue.send(socket, newOrder(1))
    venue.clock.ms += 5
    venue.send(socket, newOrder(2))
    venue.sequencer.endTurn()
    venue.clock.ms += 2
    venue.send(socket, newOrder(3))
    venue.sequencer.endTurn()
    const records: [number, number, number][] = []
    new MemoryLog(kept).replay(({ sequence, timeUs, session }) => records.push([sequence, timeUs, session]))
    expect(records.map(([sequence]) => sequence)).toEqual(records.map((_, index) => index + 1))
    const begun = venue.clock.wall
    expect(records.slice(-3)).toEqual([
      [8, begun, 1],
      [9, begun, 1],
      [10, begun + 7_000, 1],
    ])
  })

  it('logs the bytes of a MessagePack order as they came', async () => {
    const kept: Uint8Array<ArrayBuffer>[] = []
    const venue = new TestVenue(kept)
    const socket = await venue.live('a')
    // A number in a longer format than needed, and no price.
    const bytes = new Uint8Array([0x97, 16, 0xcd, 0, 5, 1, 1, 2, 2, 9])
    venue.gateway.received(socket.connection, bytes, true)
    venue.sequencer.endTurn()
    let last: Uint8Array | undefined
    new MemoryLog(kept).replay((record) => {
      last = record.bytes.slice(record.start, record.end)
    })
    expect(last).toEqual(bytes)
    expect(socket.take()).toMatchObject([{ type: 'accepted', ref: 5, quantityLots: 9 }, { type: 'cancelled' }])
  })

  it('recovers the same state, events and counters from the log', async () => {
    const kept: Uint8Array<ArrayBuffer>[] = []
    const venue = new TestVenue(kept)
    const [maker, taker] = [await venue.live('a'), await venue.live('b')]
    venue.send(maker, newOrder(1, { side: 'sell', quantityLots: 5 }), newOrder(2, { priceTicks: 9_990 }))
    venue.send(taker, newOrder(1, { quantityLots: 3 }), { type: 'massCancel', ref: 2 })
    venue.sequencer.endTurn()
    const live = [...maker.take(), ...taker.take()]

    const recovered = new TestVenue(kept)
    expect(recovered.recovery).toMatchObject({
      commands: venue.exchange.sequence,
      stateHash: venue.exchange.stateHash(),
    })
    const again = [recovered.connect(), recovered.connect()]
    await recovered.logOn(again[0], 'a', { nextEvent: 1 })
    await recovered.logOn(again[1], 'b', { nextEvent: 1 })
    const resumed = again.flatMap((socket) => socket.take()).filter((message) => 'eventNumber' in message)
    expect(resumed).toEqual(live)
  })

  it('never lets time go backwards, whatever the clock is set to', async () => {
    const kept: Uint8Array<ArrayBuffer>[] = []
    const first = new TestVenue(kept)
    first.clock.wall -= 3_600_000_000
    await first.live('a')
    expect(first.exchange.timeUs).toBeGreaterThanOrEqual(1_790_000_000_000_000)
    const late = new TestClock()
    late.wall -= 3_600_000_000
    const second = new TestVenue(kept, late)
    late.ms += 10
    await second.live('a')
    expect(second.exchange.timeUs).toBe(first.exchange.timeUs + 10_000)
  })

  it('does not start on a log that holds what is not a command', () => {
    const log = new TestLog([])
    log.replay(() => {})
    const kept: Uint8Array<ArrayBuffer>[] = []
    const written = new MemoryLog(kept)
    written.replay(() => {})
    const bytes = encodeMessagePack({ type: 'heartbeat' })
    written.append(1, 5, 0, bytes, 0, bytes.length)
    written.commit(() => {})
    expect(() => new TestVenue(kept)).toThrow(RecoveryError)
    expect(() => new TestVenue(kept)).toThrow(/command 1 of the log .* heartbeat is not a command/)
  })

  it('shows released state only: a disconnection during a release is sequenced after it', async () => {
    const venue = new TestVenue()
    const socket = await venue.live('a')
    venue.send(socket, newOrder(1))
    const reader = venue.connect()
    venue.send(reader, { type: 'subscribe', channel: 'book', instrument: 1 })
    venue.sequencer.afterRelease(() => venue.disconnect(socket))
    venue.send(reader, { type: 'subscribe', channel: 'top', instrument: 1 })
    venue.sequencer.endTurn()
    expect(reader.take().slice(1)).toMatchObject([
      { type: 'subscribed', sequence: 8 },
      { type: 'bookSnapshot', sequence: 8, bids: [{ priceTicks: 10_000 }] },
      { type: 'subscribed', sequence: 8 },
      { type: 'top', sequence: 8, bidPriceTicks: 10_000 },
    ])
    venue.sequencer.endTurn()
    expect(reader.take()).toMatchObject([
      { type: 'bookUpdate', previousSequence: 8, sequence: 9 },
      { type: 'top', previousSequence: 8, sequence: 9, bidPriceTicks: 0 },
    ])
  })

  it('halts for good when a commit fails, and says so once', async () => {
    const venue = new TestVenue()
    const socket = await venue.live('a')
    const { sequence } = venue.sequencer
    venue.log.failing = true
    venue.send(socket, newOrder(1))
    venue.sequencer.endTurn()
    venue.log.failing = false
    venue.sequencer.submitDefinition({ type: 'sessionDisconnected' }, 1)
    venue.sequencer.endTurn()
    expect(venue.sequencer.state).toBe('halted')
    expect(venue.sequencer.sequence).toBe(sequence)
    expect(venue.haltedBy.length).toBe(1)
    expect(venue.haltedBy[0]).toBeInstanceOf(LogWriteError)
  })

  describe('while a commit takes its time', () => {
    /** A venue with a live session whose order 1 is being made durable. */
    async function committing() {
      const kept: Uint8Array<ArrayBuffer>[] = []
      const venue = new TestVenue(kept)
      venue.ratePerSecond = 1_000_000
      const socket = await venue.live('a')
      venue.log.isSlow = true
      venue.send(socket, newOrder(1))
      venue.sequencer.endTurn()
      expect(venue.log.isCommitting).toBe(true)
      return { venue, socket, kept }
    }

    it('tells nothing of the batch, and leaves the exchange as it is, whatever arrives', async () => {
      const { venue, socket } = await committing()
      const { sequence } = venue.exchange
      venue.send(socket, newOrder(2), { type: 'cancelOrder', ref: 3, orderRef: 1 })
      venue.sequencer.submitDefinition({ type: 'timeAdvanced' }, 0)
      venue.sequencer.endTurn()
      expect(socket.take()).toEqual([])
      expect(venue.exchange.sequence).toBe(sequence)
      expect(venue.sequencer.sequence).toBe(sequence - 1)
    })

    it('sequences afterwards what came meanwhile, in order, with the time at which it does', async () => {
      const { venue, socket, kept } = await committing()
      venue.send(socket, newOrder(2, { side: 'sell', priceTicks: 10_500 }))
      venue.send(socket, { type: 'cancelOrder', ref: 3, orderRef: 1 })
      venue.clock.ms += 400
      venue.sequencer.endTurn()
      venue.log.finish()
      expect(socket.take()).toMatchObject([{ type: 'accepted', ref: 1 }])
      venue.send(socket, newOrder(4))
      venue.sequencer.endTurn()
      expect(socket.take()).toEqual([])
      venue.log.finish()
      expect(socket.take()).toMatchObject([
        { type: 'accepted', ref: 2, engineTimeUs: venue.clock.wall + 400_000 },
        { type: 'cancelled', ref: 3, orderRef: 1 },
        { type: 'accepted', ref: 4 },
      ])
      expect(new TestVenue(kept).recovery.stateHash).toBe(venue.exchange.stateHash())
    })

    it('answers a question with what was sent before it included', async () => {
      const { venue, socket } = await committing()
      const reader = venue.connect()
      venue.sequencer.endTurn()
      reader.take()
      venue.send(socket, newOrder(2, { priceTicks: 10_001 }))
      venue.send(reader, { type: 'subscribe', channel: 'top', instrument: 1 })
      venue.sequencer.endTurn()
      venue.log.finish()
      expect(reader.take()).toEqual([])
      venue.sequencer.endTurn()
      venue.log.finish()
      const top = reader.take().find((message) => message.type === 'top')
      expect(top).toMatchObject({ bidPriceTicks: 10_001 })
    })

    it('has room for so many new orders, then for as many cancels again', async () => {
      const { venue, socket } = await committing()
      const { sequencer } = venue
      for (let ref = 2; ref < limits.maxWaitingCommands + 2; ref++) {
        expect(sequencer.accepts(false)).toBe(true)
        venue.send(socket, { type: 'cancelOrder', ref, orderRef: 1_000_000 })
      }
      expect([sequencer.accepts(false), sequencer.accepts(true)]).toEqual([false, true])
      for (let left = limits.maxWaitingCommands; left > 0; left--) {
        const ref = 2 * limits.maxWaitingCommands + 2 - left
        venue.send(socket, { type: 'cancelOrder', ref, orderRef: 1_000_000 })
      }
      expect(sequencer.accepts(true)).toBe(false)
      venue.log.finish()
      expect(sequencer.accepts(false)).toBe(true)
    })

    it('counts the commands of admins and of protection among those that wait', async () => {
      const { venue, socket } = await committing()
      const bound = 2 * limits.maxWaitingCommands
      for (let ref = 2; ref < bound + 2; ref++) venue.send(socket, { type: 'resetProtection', ref, group: 1 })
      expect(socket.take()).toEqual([])
      venue.send(socket, { type: 'resetProtection', ref: bound + 2, group: 1 })
      expect(socket.take()).toMatchObject([{ type: 'error', code: 'overloaded', ref: bound + 2 }])
      venue.log.finish()
      expect(venue.sequencer.accepts(false)).toBe(true)
    })

    it('halts if the commit fails in the end: nothing of it was told, nothing that waited is sequenced', async () => {
      const { venue, socket, kept } = await committing()
      const batches = kept.length
      venue.send(socket, newOrder(2))
      let halted = 0
      venue.sequencer.afterRelease(
        () => expect.unreachable(),
        () => halted++,
      )
      venue.log.finish(new LogWriteError('the disk is full'))
      expect(venue.sequencer.state).toBe('halted')
      expect(halted).toBe(1)
      venue.sequencer.endTurn()
      expect(socket.take().map(({ type }) => type)).toEqual(['notice'])
      expect(kept.length).toBe(batches)
    })
  })

  it('is closed only when nobody waits for a release any more', async () => {
    const venue = new TestVenue()
    const released: number[] = []
    const ask = (times: number) => {
      venue.sequencer.afterRelease(() => {
        released.push(times)
        if (times > 1) ask(times - 1)
      })
    }
    ask(4)
    await venue.sequencer.close()
    expect(released).toEqual([4, 3, 2, 1])
  })

  describe('while nothing is sent', () => {
    /** Records of the log that are about time alone, and when. */
    function timeRecords(kept: Uint8Array<ArrayBuffer>[]): number[] {
      const times: number[] = []
      new MemoryLog(kept).replay(({ bytes, start, end, timeUs }) => {
        if (decodeMessagePack(bytes.subarray(start, end)).type === 'timeAdvanced') times.push(timeUs)
      })
      return times
    }

    const until = (venue: TestVenue, ref: number, milliseconds: number) =>
      newOrder(ref, { timeInForce: 'goodTillDate', expireTimeUs: venue.clock.wall + milliseconds * 1_000 })

    it('lets time pass in the log when something is due, and not before', async () => {
      const kept: Uint8Array<ArrayBuffer>[] = []
      const venue = new TestVenue(kept)
      const socket = await venue.live('a')
      venue.send(socket, until(venue, 1, 500), until(venue, 2, 800))
      venue.sequencer.endTurn()
      socket.take()
      venue.pass(499)
      expect(socket.take()).toEqual([])
      venue.pass(1)
      expect(socket.take()).toMatchObject([
        { type: 'expired', orderRef: 1, expiredLots: 1, engineTimeUs: venue.clock.wall + 500_000 },
      ])
      venue.pass(300)
      expect(socket.take()).toMatchObject([{ type: 'expired', orderRef: 2 }])
      expect(timeRecords(kept)).toEqual([500_000, 800_000].map((after) => venue.clock.wall + after))

      const recovered = new TestVenue(kept)
      expect(recovered.recovery.stateHash).toBe(venue.exchange.stateHash())
    })

    it('needs no such record where a command came in time', async () => {
      const kept: Uint8Array<ArrayBuffer>[] = []
      const venue = new TestVenue(kept)
      const socket = await venue.live('a')
      venue.send(socket, until(venue, 1, 500))
      venue.sequencer.endTurn()
      venue.clock.ms += 500
      venue.send(socket, newOrder(2))
      venue.sequencer.endTurn()
      expect(socket.take()).toMatchObject([
        { type: 'accepted' },
        { type: 'expired', orderRef: 1 },
        { type: 'accepted' },
      ])
      venue.pass(0)
      expect(timeRecords(kept)).toEqual([])
    })

    it('asks the clock once, however many orders come and go, and again only for something earlier', async () => {
      const venue = new TestVenue()
      const socket = await venue.live('a')
      // The next midnight is always waited for.
      expect(venue.clock.timers.size).toBe(1)
      for (let ref = 1; ref < 100; ref += 2) {
        venue.send(socket, until(venue, ref, 500 + ref), { type: 'cancelOrder', ref: ref + 1, orderRef: ref })
        venue.sequencer.endTurn()
      }
      expect(venue.clock.timers.size).toBe(1)
      const { sequence } = venue.exchange
      venue.pass(1_000)
      expect(venue.exchange.sequence).toBe(sequence)
      expect(venue.clock.timers.size).toBe(1)
    })

    it('lets happen what became due while the engine was down', async () => {
      const kept: Uint8Array<ArrayBuffer>[] = []
      const before = new TestVenue(kept)
      const options = { cancelOnDisconnect: false }
      before.send(await before.live('a', options), until(before, 1, 500))
      before.sequencer.endTurn()
      const clock = new TestClock()
      clock.wall += 3_600_000_000
      const venue = new TestVenue(kept, clock)
      expect(venue.exchange.session(1)).toMatchObject({ openOrderCount: 1 })
      venue.pass(0)
      expect(venue.exchange.session(1)).toMatchObject({ openOrderCount: 0 })
    })

    it('does nothing once it is closed or halted', async () => {
      const closed = new TestVenue()
      await closed.live('a')
      closed.sequencer.close()
      expect(closed.clock.timers.size).toBe(0)
      const halted = new TestVenue()
      const socket = await halted.live('a')
      halted.log.failing = true
      halted.send(socket, newOrder(1))
      halted.sequencer.endTurn()
      expect(halted.clock.timers.size).toBe(0)
    })
  })
})

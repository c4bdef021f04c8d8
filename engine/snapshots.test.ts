import { afterEach, expect, it, vi } from 'vitest'
import { Exchange } from './core/index.ts'
import { LogWriteError, SnapshotStore } from './log/index.ts'
import { TestDisk } from './log/test-disk.ts'
import { Snapshots, type TakenSnapshot } from './snapshots.ts'
import { newOrder, TestVenue } from './venue-fixture.ts'

const everyCommands = 10
let running: Snapshots | undefined

afterEach(async () => {
  await running?.stop()
})

/** A venue with a live session, whose snapshots go to a disk in memory. */
async function setUp() {
  const venue = new TestVenue()
  const socket = await venue.live('a')
  const disk = new TestDisk()
  const store = new SnapshotStore(disk)
  const taken: TakenSnapshot[] = []
  const failures: Error[] = []
  const retired: number[] = []
  const snapshots = new Snapshots({
    exchange: venue.exchange,
    sequencer: venue.sequencer,
    log: venue.log,
    store,
    clock: venue.clock,
    streamsImage: () => venue.gateway.streamsImage(),
    everyCommands,
    makeLogDurable: async () => {},
    retire: (sequence) => retired.push(sequence),
    onTaken: (snapshot) => taken.push(snapshot),
    onFailure: (error) => failures.push(error),
  })
  running = snapshots
  let ref = 0
  /** Orders, each a turn of its own. */
  const trade = (count: number) => {
    for (; count > 0; count--) {
      venue.send(socket, newOrder(++ref))
      venue.sequencer.endTurn()
    }
  }
  /** What the newest snapshot holds. */
  const newest = () => store.newest(({ image, position }) => ({ exchange: Exchange.fromImage(image), position }))
  return { venue, disk, store, snapshots, taken, failures, retired, trade, newest }
}

it('a snapshot is taken after so many commands, and again after as many more', async () => {
  const { venue, snapshots, taken, retired, trade } = await setUp()
  snapshots.start(venue.exchange.sequence)
  const due = async () => {
    venue.pass(250)
    await snapshots.take()
    return taken.map(({ sequence }) => sequence)
  }
  const begin = venue.exchange.sequence
  trade(everyCommands - 1)
  venue.pass(250)
  expect(taken).toEqual([])
  trade(1)
  expect(await due()).toEqual([begin + everyCommands])
  expect(retired).toEqual([])
  trade(everyCommands)
  await due()
  // The one before covers what comes before it.
  expect(retired[0]).toBe(begin + everyCommands)
})

it('it holds the state of its command, whatever follows while it is written', async () => {
  const { venue, snapshots, trade, newest } = await setUp()
  trade(3)
  const hash = venue.exchange.stateHash()
  const { sequence } = venue.exchange
  const written = snapshots.take()
  venue.sequencer.endTurn()
  for (let step = 0; step < 200 && newest() === undefined; step++) await new Promise((next) => setImmediate(next))
  trade(2)
  await written
  const { exchange, position } = newest()!
  expect(position.sequence).toBe(sequence)
  expect(exchange.stateHash()).toBe(hash)
})

it('it waits for the log: nothing is in it that is not durable', async () => {
  const { venue, snapshots, trade, newest } = await setUp()
  venue.log.isSlow = true
  trade(1)
  const { sequence } = venue.exchange
  const written = snapshots.take()
  for (let step = 0; step < 20; step++) await new Promise((next) => setImmediate(next))
  expect(newest()).toBeUndefined()
  venue.log.finish()
  venue.log.isSlow = false
  await written
  expect(newest()?.position.sequence).toBe(sequence)
})

it('none is taken once order entry has stopped', async () => {
  const { venue, snapshots, taken, trade } = await setUp()
  venue.log.isSlow = true
  trade(1)
  const asked = snapshots.take()
  for (let step = 0; step < 20; step++) await new Promise((next) => setImmediate(next))
  venue.log.finish(new LogWriteError('the disk is full'))
  await asked
  await snapshots.take()
  await snapshots.stop()
  expect(taken).toEqual([])
})

it('a disk that is full does not stop the orders; the next one is tried when it is due', async () => {
  const { venue, disk, snapshots, taken, failures, trade, newest } = await setUp()
  disk.failure = { at: disk.operations.length + 2, code: 'ENOSPC' }
  trade(1)
  await snapshots.take()
  expect(failures.map(({ message }) => message)).toEqual([expect.stringContaining('ENOSPC')])
  expect(taken).toEqual([])
  trade(1)
  expect(venue.sequencer.state).toBe('open')
  disk.failure = undefined
  await snapshots.take()
  expect(newest()?.position.sequence).toBe(venue.exchange.sequence)
})

it.each(['imageBytes', 'image'] as const)(
  'want of memory for it (%s) does not stop the orders either, nor the engine from stopping',
  async (name) => {
    const { venue, snapshots, taken, failures, trade } = await setUp()
    const { exchange } = venue
    vi.spyOn(exchange, name).mockImplementation(() => {
      throw new RangeError('Array buffer allocation failed')
    })
    trade(1)
    const asked = snapshots.take()
    trade(1)
    await asked
    expect(failures.map(({ message }) => message)).toEqual(['Array buffer allocation failed'])
    trade(1)
    expect(venue.sequencer.state).toBe('open')
    await snapshots.stop()
    await venue.sequencer.close()
    expect(venue.sequencer.state).toBe('closed')
    expect(taken.length).toBe(name === 'image' ? 0 : 1)
  },
)

it('at the end one is taken if anything happened since, and one that is under way gives way to it', async () => {
  const { venue, snapshots, taken, failures, trade, newest } = await setUp()
  trade(2)
  const first = snapshots.take()
  for (let step = 0; step < 3; step++) await new Promise((next) => setImmediate(next))
  trade(2)
  await snapshots.stop()
  await first
  expect(newest()?.position.sequence).toBe(venue.exchange.sequence)
  expect(failures).toEqual([])
  const { length } = taken
  await snapshots.stop()
  expect(taken.length).toBe(length)
})

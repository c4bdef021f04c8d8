import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Message } from '../messages.ts'
import { FakeEngine, fakeInstrument } from './fake-engine.ts'
import { MarketDataClient, type MarketDataHandlers } from './market-data.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const settle = () => vi.advanceTimersByTimeAsync(0)
const reconnect = () => vi.advanceTimersByTimeAsync(5_001)

function clientOf(engine: FakeEngine, handlers: MarketDataHandlers = {}): MarketDataClient {
  return new MarketDataClient({ url: 'ws://engine', openWebSocket: engine.openWebSocket }, handlers)
}

function snapshot(sequence: number, bidTicks: number): Message<'bookSnapshot'> {
  return {
    type: 'bookSnapshot',
    instrument: 1,
    previousSequence: 0,
    sequence,
    engineTimeUs: sequence,
    bids: [{ priceTicks: bidTicks, quantityLots: 1, orderCount: 1 }],
    asks: [],
  }
}

function update(previousSequence: number, sequence: number, bidTicks: number) {
  const changes = [{ side: 'buy' as const, priceTicks: bidTicks, quantityLots: 1, orderCount: 1 }]
  return { type: 'bookUpdate', instrument: 1, previousSequence, sequence, engineTimeUs: sequence, changes } as const
}

test('lists instruments without a session', async () => {
  const engine = new FakeEngine()
  const client = clientOf(engine)
  const listed = client.listInstruments()
  await client.connect()
  expect(await listed).toEqual([fakeInstrument])
  expect(await client.listInstruments()).toEqual([fakeInstrument])
  expect(engine.received('logon')).toEqual([])
})

test('fails with one clear line if nobody listens', async () => {
  const engine = new FakeEngine()
  engine.isReachable = false
  await expect(clientOf(engine).connect()).rejects.toThrow('cannot reach ws://engine: refused')
  expect(vi.getTimerCount()).toBe(0)
})

test('builds the book of a subscribed instrument', async () => {
  const engine = new FakeEngine()
  const bests: number[] = []
  const client = clientOf(engine, { onBook: (book) => bests.push(book.bestPriceTicks('buy')) })
  await client.connect()
  client.subscribe('book', 1)
  await settle()
  expect(engine.received('subscribe')).toEqual([{ type: 'subscribe', channel: 'book', instrument: 1 }])
  engine.publish(snapshot(5, 99), update(5, 6, 100))
  await settle()
  expect(bests).toEqual([99, 100])
  expect(client.book(1)?.sequence).toBe(6)
})

test('asks once for a new snapshot when an update is missing', async () => {
  const engine = new FakeEngine()
  const gaps: string[] = []
  const client = clientOf(engine, { onGap: (channel, instrument) => gaps.push(`${channel} ${instrument}`) })
  await client.connect()
  client.subscribe('book', 1)
  engine.publish(snapshot(5, 99), update(7, 8, 101), update(8, 9, 102))
  await settle()
  expect(gaps).toEqual(['book 1'])
  expect(engine.received('subscribe').length).toBe(2)
  expect(client.book(1)?.synchronised).toBe(false)
  engine.publish(snapshot(9, 102))
  await settle()
  expect(client.book(1)?.synchronised).toBe(true)
})

test('after a lost connection subscribes again, and trusts no book until its snapshot', async () => {
  const engine = new FakeEngine()
  const client = clientOf(engine)
  await client.connect()
  client.subscribe('book', 1)
  client.subscribe('trades', 1)
  client.unsubscribe('trades', 1)
  engine.publish(snapshot(50, 99))
  await settle()
  engine.cut()
  await settle()
  expect([client.state, client.book(1)?.synchronised]).toEqual(['disconnected', false])
  engine.frames.length = 0
  await reconnect()
  expect(engine.frames.flat()).toEqual([{ type: 'subscribe', channel: 'book', instrument: 1 }])
  // An engine that began anew counts from the start again.
  engine.publish(snapshot(2, 98))
  await settle()
  expect([client.state, client.book(1)?.bestPriceTicks('buy')]).toEqual(['live', 98])
})

test('missed trades are told, also those of a lost connection', async () => {
  const engine = new FakeEngine()
  const told: string[] = []
  const client = clientOf(engine, {
    onTrades: (message) => told.push(`trades to ${message.sequence}`),
    onGap: (channel) => told.push(`gap in ${channel}`),
  })
  await client.connect()
  function trades(previousSequence: number, sequence: number): Message<'trades'> {
    return { type: 'trades', instrument: 1, previousSequence, sequence, engineTimeUs: 1, trades: [] }
  }
  engine.publish({ type: 'subscribed', channel: 'trades', instrument: 1, sequence: 10 })
  engine.publish(trades(10, 12), trades(13, 14))
  await settle()
  expect(told).toEqual(['trades to 12', 'gap in trades', 'trades to 14'])
  told.length = 0
  engine.cut()
  await reconnect()
  engine.publish({ type: 'subscribed', channel: 'trades', instrument: 1, sequence: 14 })
  await settle()
  expect(told).toEqual([])
  engine.cut()
  await reconnect()
  engine.publish({ type: 'subscribed', channel: 'trades', instrument: 1, sequence: 15 })
  await settle()
  expect(told).toEqual(['gap in trades'])
})

test('the indication of an auction is told', async () => {
  const engine = new FakeEngine()
  const told: number[][] = []
  const client = clientOf(engine, {
    onAuction: ({ priceTicks, volumeLots, imbalanceLots }) => told.push([priceTicks, volumeLots, imbalanceLots]),
  })
  await client.connect()
  client.subscribe('auction', 1)
  const head = { instrument: 1, previousSequence: 5, sequence: 6, engineTimeUs: 1 }
  engine.publish({ type: 'auctionIndication', ...head, priceTicks: 100, volumeLots: 7, imbalanceLots: -2 })
  await settle()
  expect(told).toEqual([[100, 7, -2]])
})

test('close ends it for good', async () => {
  const engine = new FakeEngine()
  const states: string[] = []
  const client = clientOf(engine, { onState: (state) => states.push(state) })
  await client.connect()
  const listed = expect(client.listInstruments()).rejects.toThrow('closed by this side')
  client.close()
  await listed
  await reconnect()
  expect(states).toEqual(['connecting', 'live', 'closed'])
  expect(vi.getTimerCount()).toBe(0)
})

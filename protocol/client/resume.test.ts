/** What a session is told where its past is not told event by event: snapshots, gaps, other logs. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { FakeEngine, positionOf } from './fake-engine.ts'
import { liveSession, order, reconnect, sessionOf, settle } from './session-fixture.ts'
import type { SessionHandlers } from './session-types.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** Handlers that write down in one list all that they are told, but answers and positions. */
function diary(): { told: string[]; handlers: SessionHandlers } {
  const told: string[] = []
  return {
    told,
    handlers: {
      onState: (state) => told.push(state),
      onGap: (expected, first) => told.push(`gap ${expected} to ${first}`),
      onNewLog: (logId) => told.push(`new log: ${logId}`),
      onEvent: (event) => told.push(`${event.type} ${event.eventNumber}`),
      onUnanswered: (request, outcome) => told.push(`${request.type} ${request.ref}: ${outcome}`),
      onSnapshot: ({ openOrders, positions }) => {
        const orders = openOrders.map(({ orderRef, leavesLots }) => `${orderRef}: ${leavesLots} lots`)
        told.push(`snapshot [${orders}] [${positions.map((position) => position.positionLots)}]`)
      },
    },
  }
}

/** Loses the connection and comes back. */
async function comeBack(engine: FakeEngine): Promise<void> {
  await settle()
  engine.cut()
  engine.requests = 'answer'
  await reconnect()
}

describe('a new process', () => {
  test('is told the open orders and positions of the one before it, before it is live', async () => {
    const engine = new FakeEngine()
    const before = await liveSession(engine)
    for (let count = 0; count < 3; count += 1) before.newOrder(order)
    before.cancelOrder(1)
    await settle()
    engine.positions = [positionOf({ positionLots: -7 })]
    engine.openOrdersPerMessage = 1
    const { told, handlers } = diary()
    const session = await liveSession(engine, handlers)
    expect(told).toEqual(['connecting', 'snapshot [2: 5 lots,3: 5 lots] [-7]', 'live'])
    expect(session.lastRef).toBe(4)
    expect(session.newOrder(order)).toBe(5)
  })

  test('that loses its connection before the open orders came asks for them again', async () => {
    const engine = new FakeEngine()
    const before = await liveSession(engine)
    for (let count = 0; count < 2; count += 1) before.newOrder(order)
    await before.close()
    const { told, handlers } = diary()
    const session = sessionOf(engine, handlers)
    const connected = session.connect()
    engine.sendsOpenOrders = false
    await settle()
    expect(session.nextEvent).toBe(0)
    engine.sendsOpenOrders = true
    engine.cut()
    await reconnect()
    await connected
    const snapshot = 'snapshot [1: 5 lots,2: 5 lots] []'
    expect(told).toEqual(['connecting', 'disconnected', 'connecting', snapshot, 'live'])
    expect(engine.received('logon').map((logon) => logon.nextEvent)).toEqual([0, 0, 0])
    expect(session.nextEvent).toBe(3)
  })

  test('that names log and event is told what it missed, and no snapshot', async () => {
    const engine = new FakeEngine()
    const before = await liveSession(engine)
    for (let count = 0; count < 3; count += 1) before.newOrder(order)
    await settle()
    const { told, handlers } = diary()
    await liveSession(engine, handlers, { nextEvent: 3, logId: before.logId })
    expect(told).toEqual(['connecting', 'accepted 3', 'live'])
  })

  test('that names an event of another log is told so, and gets a snapshot instead of events that mean nothing', async () => {
    const engine = new FakeEngine()
    const before = await liveSession(engine)
    for (let count = 0; count < 3; count += 1) before.newOrder(order)
    await settle()
    const { told, handlers } = diary()
    const session = sessionOf(engine, handlers, { nextEvent: 2, logId: 'log 0' })
    const connected = session.connect()
    await reconnect()
    await connected
    const snapshot = 'snapshot [1: 5 lots,2: 5 lots,3: 5 lots] []'
    expect(told).toEqual(['connecting', 'new log: log 1', 'disconnected', 'connecting', snapshot, 'live'])
    expect(engine.received('logon').map((logon) => logon.nextEvent)).toEqual([0, 2, 0])
    expect(session.nextEvent).toBe(4)
  })
})

describe('events that are no longer kept', () => {
  test('are told as a gap, with a snapshot after it and the next event behind that', async () => {
    const engine = new FakeEngine()
    const { told, handlers } = diary()
    const session = await liveSession(engine, handlers)
    engine.emit({ type: 'cancelled', ref: 0, orderRef: 1, orderId: 1, cancelledLots: 1, reason: 'killSwitch' })
    await settle()
    told.length = 0
    engine.requests = 'mute'
    for (let count = 0; count < 5; count += 1) session.newOrder(order)
    await settle()
    engine.firstKeptEvent = 4
    engine.positions = [positionOf({ positionLots: 2 })]
    await comeBack(engine)
    session.newOrder(order)
    await settle()
    expect(told.filter((text) => !text.startsWith('newOrder'))).toEqual([
      'disconnected',
      'connecting',
      'gap 2 to 7',
      'snapshot [1: 5 lots,2: 5 lots,3: 5 lots,4: 5 lots,5: 5 lots] [2]',
      'live',
      'accepted 7',
    ])
    expect(session.pendingCount).toBe(0)
  })

  test('leave of each pending request what the snapshot says of it, told once', async () => {
    const engine = new FakeEngine()
    const { told, handlers } = diary()
    const session = await liveSession(engine, handlers)
    session.newOrder(order)
    session.newOrder(order)
    await settle()
    told.length = 0
    engine.requests = 'mute'
    session.newOrder(order)
    session.newOrder(order)
    session.cancelOrder(1)
    session.cancelOrder(4)
    session.replaceOrder(2, 4, 101)
    await settle()
    engine.requests = 'ignore'
    session.cancelOrder(2)
    await settle()
    engine.requests = 'mute'
    session.replaceOrder(3, 4, 101)
    await settle()
    engine.requests = 'ignore'
    session.newOrder(order)
    engine.firstKeptEvent = engine.events.length + 1
    await comeBack(engine)
    expect(told).toEqual([
      'disconnected',
      'connecting',
      'gap 3 to 9',
      'snapshot [2: 5 lots,3: 5 lots] []',
      'newOrder 3: open',
      'newOrder 4: unknown',
      'cancelOrder 5: unknown',
      'cancelOrder 6: unknown',
      'replaceOrder 7: unknown',
      // Never processed: order 2 is still open.
      'cancelOrder 8: noEffect',
      'replaceOrder 9: unknown',
      'live',
      // Above the last ref processed: sent again.
      'accepted 9',
    ])
  })
})

test('a connection lost right behind a snapshot changes nothing of what that said of pending requests', async () => {
  const engine = new FakeEngine()
  const { told, handlers } = diary()
  let cuts = 1
  const session = await liveSession(engine, {
    ...handlers,
    onSnapshot: (snapshot) => {
      handlers.onSnapshot?.(snapshot)
      if (engine.firstKeptEvent > 1 && cuts-- > 0) engine.cut()
    },
  })
  told.length = 0
  engine.requests = 'mute'
  session.newOrder(order)
  session.newOrder(order)
  session.cancelOrder(2)
  await settle()
  engine.firstKeptEvent = engine.events.length + 1
  await comeBack(engine)
  await reconnect()
  expect(told.filter((text) => text !== 'disconnected' && text !== 'connecting')).toEqual([
    'gap 1 to 4',
    'snapshot [1: 5 lots] []',
    'newOrder 1: open',
    // Both were carried out, not without effect.
    'newOrder 2: unknown',
    'cancelOrder 3: unknown',
    'live',
  ])
})

test('a session that its owner closes while it is told of its past stays closed', async () => {
  const engine = new FakeEngine()
  const session = await liveSession(engine, { onUnanswered: () => void session.close() })
  engine.requests = 'mute'
  session.newOrder(order)
  await settle()
  engine.firstKeptEvent = 2
  await comeBack(engine)
  expect(session.state).toBe('closed')
  expect(vi.getTimerCount()).toBe(0)
})

describe('an engine that comes back with another log', () => {
  test('is told; nothing pending is sent to it, and each request is told what is known of it', async () => {
    const engine = new FakeEngine()
    const { told, handlers } = diary()
    const session = await liveSession(engine, handlers)
    session.newOrder(order)
    await settle()
    engine.requests = 'mute'
    session.newOrder(order)
    await settle()
    told.length = 0
    engine.cut()
    await settle()
    session.newOrder(order)
    engine.requests = 'answer'
    engine.beginNewLog()
    await reconnect()
    expect(told.filter((text) => text !== 'disconnected' && text !== 'connecting')).toEqual([
      'new log: log 1 and anew',
      'newOrder 2: unknown',
      'newOrder 3: noEffect',
      'snapshot [] []',
      'live',
    ])
    expect(engine.applied).toEqual([])
    expect(session.logId).toBe('log 1 and anew')
  })

  test('is not taken for the same one because it has as many events', async () => {
    const engine = new FakeEngine()
    const { told, handlers } = diary()
    const session = await liveSession(engine, handlers)
    session.newOrder(order)
    await settle()
    told.length = 0
    engine.cut()
    engine.beginNewLog()
    for (let count = 0; count < 4; count += 1) {
      engine.emit({ type: 'cancelled', ref: 0, orderRef: 9, orderId: 9, cancelledLots: 1, reason: 'killSwitch' })
    }
    await reconnect()
    expect(told.filter((text) => text.startsWith('cancelled'))).toEqual([])
    expect(told.slice(-2)).toEqual(['snapshot [] []', 'live'])
    expect(session.nextEvent).toBe(5)
  })

  test('takes what is asked for from then on, with refs above all that it has seen', async () => {
    const engine = new FakeEngine()
    const session = await liveSession(engine, { onNewLog: () => session.massCancel() })
    session.newOrder(order)
    await settle()
    engine.cut()
    engine.beginNewLog()
    engine.lastRef = 40
    await reconnect()
    expect(engine.applied.map(({ type, ref }) => [type, ref])).toEqual([['massCancel', 41]])
    expect(session.pendingCount).toBe(0)
  })

  test('is what a log without its end is taken for', async () => {
    const engine = new FakeEngine()
    const { told, handlers } = diary()
    const session = await liveSession(engine, handlers)
    for (let count = 0; count < 3; count += 1) session.newOrder(order)
    await settle()
    engine.events.length = 1
    await comeBack(engine)
    expect(told).toContain('new log: log 1')
    expect(session.nextEvent).toBe(2)
  })
})

import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { FakeEngine } from './fake-engine.ts'
import { liveSession, order, reconnect, settle } from './session-fixture.ts'
import type { SessionHandlers } from './session-types.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const cancelled = { type: 'cancelled', ref: 0, orderRef: 1, orderId: 1, cancelledLots: 1, reason: 'killSwitch' }

/** Handlers that write down events by session and number. */
function diary(): { told: string[]; handlers: SessionHandlers } {
  const told: string[] = []
  return {
    told,
    handlers: {
      onEvent: (event) => told.push(`own ${event.eventNumber}`),
      onDropCopy: (session, event) => told.push(`${session} ${event.eventNumber}`),
      onDropCopyGap: (session, expected, first) => told.push(`gap of ${session} from ${expected} to ${first}`),
    },
  }
}

test('it tells the events of every session, named, beside those of its own', async () => {
  const engine = new FakeEngine()
  engine.emitElsewhere('desk', cancelled)
  const { told, handlers } = diary()
  const session = await liveSession(engine, handlers)
  expect(await session.subscribeDropCopy()).toMatchObject([
    { session: 'main', nextEvent: 1 },
    { session: 'desk', nextEvent: 2 },
  ])
  session.newOrder(order)
  await settle()
  engine.emitElsewhere('desk', cancelled)
  await settle()
  // A session that is new begins with its first event.
  engine.emitElsewhere('late', cancelled)
  await settle()
  expect(told).toEqual(['main 1', 'own 1', 'desk 2', 'late 1'])
  expect(session.dropCopyPositions).toEqual([
    { session: 'main', nextEvent: 2 },
    { session: 'desk', nextEvent: 3 },
    { session: 'late', nextEvent: 2 },
  ])
})

test('it begins where a session is asked for, and tells what is no longer kept', async () => {
  const engine = new FakeEngine()
  for (let count = 0; count < 4; count += 1) engine.emitElsewhere('desk', cancelled)
  const { told, handlers } = diary()
  const session = await liveSession(engine, handlers)
  await session.subscribeDropCopy([{ session: 'desk', nextEvent: 3 }])
  await settle()
  expect(told).toEqual(['desk 3', 'desk 4'])
  engine.firstKeptEvent = 4
  told.length = 0
  const later = await liveSession(engine, handlers)
  await later.subscribeDropCopy([{ session: 'desk', nextEvent: 2 }])
  await settle()
  expect(told).toEqual(['gap of desk from 2 to 4', 'desk 4'])
})

test('after a lost connection it goes on by itself, without a gap, with sessions that were added meanwhile', async () => {
  const engine = new FakeEngine()
  engine.emitElsewhere('desk', cancelled)
  const { told, handlers } = diary()
  const session = await liveSession(engine, handlers)
  await session.subscribeDropCopy()
  engine.emitElsewhere('desk', cancelled)
  await settle()
  engine.cut()
  engine.emitElsewhere('desk', cancelled)
  engine.emitElsewhere('late', cancelled)
  engine.emitElsewhere('late', cancelled)
  await reconnect()
  await reconnect()
  expect(told).toEqual(['desk 2', 'desk 3', 'late 1', 'late 2'])
})

test('one that is refused is none, and one that cannot be resumed ends the session with the reason', async () => {
  const engine = new FakeEngine()
  const states: string[] = []
  const session = await liveSession(engine, { onState: (state, reason) => states.push(`${state} ${reason}`) })
  engine.refuseWith = 'rateLimited'
  await expect(session.subscribeDropCopy()).rejects.toThrow('rateLimited')
  engine.cut()
  await reconnect()
  expect(session.state).toBe('live')
  engine.refuseWith = undefined
  await session.subscribeDropCopy()
  engine.cut()
  engine.refuseWith = 'rateLimited'
  await reconnect()
  expect(states.at(-1)).toBe('closed the drop copy was not resumed: rateLimited: refused')
})

test('an event that is missing makes it connect again and go on where it was', async () => {
  const engine = new FakeEngine()
  const { told, handlers } = diary()
  const session = await liveSession(engine, handlers)
  engine.emitElsewhere('desk', cancelled)
  await session.subscribeDropCopy()
  engine.otherSessions.get('desk')!.push({ ...engine.otherSessions.get('desk')![0], eventNumber: 2 })
  engine.emitElsewhere('desk', cancelled)
  await settle()
  expect(told).toEqual([])
  await reconnect()
  expect(told).toEqual(['desk 2', 'desk 3'])
})

test('on another log it begins with what is new there', async () => {
  const engine = new FakeEngine()
  const { told, handlers } = diary()
  const session = await liveSession(engine, handlers)
  for (let count = 0; count < 3; count += 1) engine.emitElsewhere('desk', cancelled)
  await session.subscribeDropCopy()
  engine.cut()
  engine.beginNewLog()
  for (let count = 0; count < 2; count += 1) engine.emitElsewhere('desk', cancelled)
  await reconnect()
  engine.emitElsewhere('desk', cancelled)
  await settle()
  expect(told).toEqual(['desk 3'])
})

test('every event of every session is told once and in order, whenever the connection is lost', async () => {
  const action = fc.constantFrom('own', 'desk', 'late', 'settle', 'cut', 'reconnect')
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 40 }), async (actions) => {
      const engine = new FakeEngine()
      const told = new Map<string, number[]>([['main', []]])
      const session = await liveSession(engine, {
        onDropCopy: (name, event) => told.set(name, [...(told.get(name) ?? []), event.eventNumber]),
      })
      await session.subscribeDropCopy()
      for (const step of actions) {
        if (step === 'own') session.newOrder(order)
        else if (step === 'settle') await settle()
        else if (step === 'cut') engine.cut()
        else if (step === 'reconnect') await reconnect()
        else engine.emitElsewhere(step, cancelled)
      }
      await settle()
      engine.cut()
      await reconnect()
      await reconnect()
      for (const [name, events] of [['main', engine.events] as const, ...engine.otherSessions]) {
        expect(told.get(name)).toEqual(events.map((_, index) => index + 1))
      }
      await session.close()
    }),
    { numRuns: 100 },
  )
})

import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ClientClock } from './clock.ts'
import { FakeEngine } from './fake-engine.ts'
import { MarketDataClient } from './market-data.ts'
import { ClientSession } from './session.ts'
import type { SessionOptions } from './session-types.ts'

/** Stands still until it is advanced; chance always says 0. */
class ManualClock implements ClientClock {
  private timeMs = 0
  private readonly timers = new Map<object, { dueMs: number; intervalMs: number; action: () => void }>()

  nowMs = () => this.timeMs
  wallUs = () => 1_000_000 + this.timeMs * 1000
  random = () => 0
  after = (delayMs: number, action: () => void) => this.start(delayMs, Infinity, action)
  every = (intervalMs: number, action: () => void) => this.start(intervalMs, intervalMs, action)

  get timerCount(): number {
    return this.timers.size
  }

  async advance(ms: number): Promise<void> {
    const endMs = this.timeMs + ms
    for (;;) {
      const next = [...this.timers].sort(([, one], [, other]) => one.dueMs - other.dueMs)[0]
      if (next === undefined || next[1].dueMs > endMs) break
      const [key, timer] = next
      this.timeMs = timer.dueMs
      timer.dueMs += timer.intervalMs
      if (timer.dueMs === Infinity) this.timers.delete(key)
      timer.action()
      await microtasks()
    }
    this.timeMs = endMs
  }

  private start(delayMs: number, intervalMs: number, action: () => void): () => void {
    const key = {}
    this.timers.set(key, { dueMs: this.timeMs + delayMs, intervalMs, action })
    return () => this.timers.delete(key)
  }
}

async function microtasks(): Promise<void> {
  for (let count = 0; count < 50; count += 1) await Promise.resolve()
}

beforeEach(() => {
  vi.useFakeTimers()
  for (const [object, name] of [
    [performance, 'now'],
    [Date, 'now'],
    [Math, 'random'],
  ] as [{ now(): number }, 'now'][]) {
    vi.spyOn(object, name).mockImplementation(() => {
      throw new Error(`${name} of the platform was asked`)
    })
  }
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

const order = { instrument: 1, side: 'buy', quantityLots: 5, priceTicks: 100 } as const

function sessionOf(engine: FakeEngine, clock: ClientClock, more: Partial<SessionOptions> = {}) {
  return new ClientSession({
    url: 'ws://engine',
    participant: 'maker-1',
    session: 'main',
    sign: () => 'signature',
    openWebSocket: engine.openWebSocket,
    clock,
    ...more,
  })
}

test('with a clock handed in, the platform is asked for neither time nor chance nor timers', async () => {
  const clock = new ManualClock()
  const engine = new FakeEngine()
  const session = sessionOf(engine, clock)
  const connected = session.connect()
  await microtasks()
  await connected
  session.newOrder(order)
  await microtasks()
  // The engine says nothing, so the session sends heartbeats, and after two intervals of 5 s takes it for dead.
  await clock.advance(11_250)
  expect(session.state).toBe('disconnected')
  await clock.advance(50)
  expect(session.state).toBe('live')
  const marketData = new MarketDataClient({ url: 'ws://engine', openWebSocket: engine.openWebSocket, clock })
  await marketData.connect()
  await clock.advance(1_000)
  expect(marketData.silenceMs).toBe(1_000)
  marketData.close()
  expect(await session.close(true)).toBe(true)
  expect(clock.timerCount).toBe(0)
  expect(vi.getTimerCount()).toBe(0)
})

test('attempts to connect come after the first delay, then twice as late each time, up to the longest', async () => {
  const clock = new ManualClock()
  const engine = new FakeEngine()
  const attemptsMs: number[] = []
  const openWebSocket = (url: string, subprotocol: string) => {
    attemptsMs.push(clock.nowMs())
    return engine.openWebSocket(url, subprotocol)
  }
  const session = sessionOf(engine, clock, { openWebSocket, firstRetryDelayMs: 20, longestRetryDelayMs: 70 })
  const connected = session.connect()
  await microtasks()
  await connected
  engine.isReachable = false
  engine.cut()
  await microtasks()
  await clock.advance(120)
  // Where chance says 0, half of each delay is waited: 10, 20, 35, 35.
  expect(attemptsMs).toEqual([0, 10, 30, 65, 100])
  await session.close()
})

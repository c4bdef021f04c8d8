/** Sessions with the tests' engine, on vitest's timers. */
import { vi } from 'vitest'
import type { FakeEngine } from './fake-engine.ts'
import { ClientSession } from './session.ts'
import type { SessionHandlers, SessionOptions } from './session-types.ts'

/** An order that rests. */
export const order = { instrument: 1, side: 'buy', quantityLots: 5, priceTicks: 100 } as const

export function sessionOf(engine: FakeEngine, handlers: SessionHandlers = {}, options: Partial<SessionOptions> = {}) {
  return new ClientSession(
    {
      url: 'ws://engine',
      participant: 'maker-1',
      session: 'main',
      sign: (text) => `signed ${text}`,
      openWebSocket: engine.openWebSocket,
      ...options,
    },
    handlers,
  )
}

export async function liveSession(
  engine: FakeEngine,
  handlers: SessionHandlers = {},
  options: Partial<SessionOptions> = {},
) {
  const session = sessionOf(engine, handlers, options)
  await session.connect()
  return session
}

/** Lets everything that is in flight arrive, without time passing. */
export const settle = () => vi.advanceTimersByTimeAsync(0)
/** Longer than any delay between two attempts to connect. */
export const reconnect = () => vi.advanceTimersByTimeAsync(5_001)

import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { codecs } from '../codec.ts'
import { errors } from '../errors.ts'
import { limits } from '../limits.ts'
import { FakeEngine } from './fake-engine.ts'
import { liveSession, order, reconnect, sessionOf, settle } from './session-fixture.ts'
import type { Request, SessionEvent } from './session-types.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('logon', () => {
  test('signs the challenge with the names and asks for new events only', async () => {
    const engine = new FakeEngine()
    await liveSession(engine)
    expect(engine.received('logon')).toEqual([
      {
        type: 'logon',
        participant: 'maker-1',
        session: 'main',
        signature: 'signed tradefloor.v1 logon\nnonce\nmaker-1\nmain',
        cancelOnDisconnect: true,
        heartbeatIntervalMs: 5_000,
        nextEvent: 0,
      },
    ])
  })

  test('tells positions before live, and knows the instruments then', async () => {
    const engine = new FakeEngine()
    engine.positions = [{ type: 'position', instrument: 1, positionLots: -7, cashMinor: 700, feesMinor: 1 }]
    const told: string[] = []
    const session = await liveSession(engine, {
      onPosition: (position) => told.push(`position ${position.positionLots}`),
      onState: (state) => told.push(state),
    })
    expect(told).toEqual(['connecting', 'position -7', 'live'])
    expect(session.instruments.map((instrument) => instrument.symbol)).toEqual(['ACME'])
  })

  test('gives refs above the last one that the engine processed', async () => {
    const engine = new FakeEngine()
    engine.lastRef = 41
    const session = await liveSession(engine)
    expect([session.newOrder(order), session.cancelOrder(42)]).toEqual([42, 43])
  })

  test('fails with one clear line if nobody listens, and does not try again', async () => {
    const engine = new FakeEngine()
    engine.isReachable = false
    const session = sessionOf(engine)
    await expect(session.connect()).rejects.toThrow('cannot reach ws://engine: refused')
    expect(session.state).toBe('closed')
    expect(vi.getTimerCount()).toBe(0)
  })

  test('a refused logon is final', async () => {
    const engine = new FakeEngine()
    const session = sessionOf(engine, {}, { sign: () => new Promise(() => {}) })
    const connected = session.connect()
    await Promise.resolve()
    engine.closeWith('logonFailed')
    await expect(connected).rejects.toThrow(/^logonFailed: Unknown participant/)
  })

  test('a key that cannot sign is reported as such', async () => {
    const sign = () => {
      throw new Error('no key')
    }
    await expect(sessionOf(new FakeEngine(), {}, { sign }).connect()).rejects.toThrow('cannot sign the logon: no key')
  })
})

describe('requests', () => {
  test('those of one turn travel in one frame', async () => {
    const engine = new FakeEngine()
    const session = await liveSession(engine)
    session.newOrder(order)
    session.replaceOrder(1, 4, 101)
    session.massCancel()
    await settle()
    expect(engine.frames.at(-1)!.map((message) => message.type)).toEqual(['newOrder', 'replaceOrder', 'massCancel'])
  })

  test.each(['msgpack', 'json'] as const)('frames keep within the limits of the protocol: %s', async (name) => {
    const codec = codecs[name]
    const engine = new FakeEngine(codec)
    const frameBytes: number[] = []
    const openWebSocket = () => {
      const socket = engine.openWebSocket('', '')
      const send = socket.send.bind(socket)
      socket.send = (data) => {
        frameBytes.push(typeof data === 'string' ? Buffer.byteLength(data) : data.byteLength)
        send(data)
      }
      return socket
    }
    engine.lastRef = Number.MAX_SAFE_INTEGER - 10_000
    const session = await liveSession(engine, {}, { codec, openWebSocket })
    const largest = {
      instrument: limits.maxInstruments,
      side: 'sell',
      orderType: 'postOnly',
      timeInForce: 'immediateOrCancel',
      quantityLots: Number.MAX_SAFE_INTEGER,
      priceTicks: Number.MAX_SAFE_INTEGER,
    } as const
    for (let count = 0; count < 3_000; count += 1) session.newOrder(largest)
    await settle()
    expect(Math.max(...engine.frames.map((frame) => frame.length))).toBeLessThanOrEqual(limits.maxMessagesPerFrame)
    expect(Math.max(...frameBytes)).toBeLessThanOrEqual(limits.maxFrameBytes)
    expect(engine.applied.length).toBe(3_000)
  })

  test('an order is answered by accepted, a cancel by cancelled, a mass cancel by massCancelled only', async () => {
    const engine = new FakeEngine()
    const answers: string[] = []
    const session = await liveSession(engine, {
      onAnswer: (request, answer) => answers.push(`${request.type} ${request.ref}: ${answer.type}`),
    })
    session.newOrder(order)
    session.newOrder(order)
    session.cancelOrder(1)
    session.massCancel()
    await settle()
    expect(answers).toEqual([
      'newOrder 1: accepted',
      'newOrder 2: accepted',
      'cancelOrder 3: cancelled',
      'massCancel 4: massCancelled',
    ])
    expect(session.pendingCount).toBe(0)
  })

  test('a mass quote is answered by massQuoted, what is no order entry by carriedOut', async () => {
    const engine = new FakeEngine()
    const answers: string[] = []
    const events: string[] = []
    const session = await liveSession(engine, {
      onAnswer: (request, answer) => answers.push(`${request.type} ${request.ref}: ${answer.type}`),
      onEvent: (event) => events.push(event.type),
    })
    const quote = { bidPriceTicks: 99, bidQuantityLots: 5, askPriceTicks: 101, askQuantityLots: 5 }
    session.massQuote(
      7,
      [1, 2].map((instrument) => ({ instrument, ...quote })),
    )
    session.control({ type: 'resetProtection', group: 7 })
    session.control({ type: 'blockParticipant', participant: 'noise-1' })
    await settle()
    engine.rejectWith = 'notAuthorized'
    session.control({ type: 'changePhase', instrument: 1, phase: 'halted' })
    await settle()
    expect(answers).toEqual([
      'massQuote 1: massQuoted',
      'resetProtection 2: carriedOut',
      'blockParticipant 3: carriedOut',
      'changePhase 4: rejected',
    ])
    expect(events.slice(0, 3)).toEqual(['quoteAccepted', 'quoteAccepted', 'massQuoted'])
    expect(engine.applied[0]).toMatchObject({ group: 7, quotes: [{ instrument: 1 }, { instrument: 2, ...quote }] })
    expect(engine.applied[2]).toMatchObject({ participant: 'noise-1', blocked: true })
    expect(session.pendingCount).toBe(0)
  })

  test('mass quotes of 256 rows share frames as far as these hold them', async () => {
    const engine = new FakeEngine()
    const session = await liveSession(engine)
    const quote = {
      bidPriceTicks: 2 ** 29,
      bidQuantityLots: 2 ** 30,
      askPriceTicks: 2 ** 29 + 1,
      askQuantityLots: 2 ** 30,
    }
    const quotes = Array.from({ length: 256 }, (_, index) => ({ instrument: index + 1, ...quote }))
    const framesBefore = engine.frames.length
    for (let count = 0; count < 7; count++) session.massQuote(1, quotes)
    await settle()
    const frames = engine.frames.slice(framesBefore)
    expect(frames.map((frame) => frame.length)).toEqual([5, 2])
    expect(codecs.msgpack.encode(...frames[0]).length).toBeLessThanOrEqual(limits.maxFrameBytes)
  })

  test('the cancellation of what an immediate order leaves does not answer anything', async () => {
    const engine = new FakeEngine()
    engine.requests = 'ignore'
    const session = await liveSession(engine)
    const ref = session.newOrder(order)
    await settle()
    engine.requests = 'answer'
    engine.emit({
      type: 'cancelled',
      ref,
      orderRef: ref,
      orderId: 1,
      cancelledLots: 5,
      reason: 'immediateOrCancel',
    })
    await settle()
    expect(session.pendingCount).toBe(1)
  })

  test.each(['rateLimited', 'overloaded'] as const)('the error %s settles the request that it names', async (code) => {
    const engine = new FakeEngine()
    engine.refuseWith = code
    const refused: (Request | undefined)[] = []
    const session = await liveSession(engine, { onError: (_, request) => refused.push(request) })
    const ref = session.newOrder(order)
    await settle()
    expect(refused).toEqual([expect.objectContaining({ type: 'newOrder', ref })])
    expect(session.pendingCount).toBe(0)
  })

  test('duplicateRef settles nothing: the answer is the event of the first time', async () => {
    const engine = new FakeEngine()
    const told: string[] = []
    const session = await liveSession(engine, {
      onError: (error, request) => told.push(`${error.code} ${request?.type}`),
      onAnswer: (request, answer) => told.push(`${request.type}: ${answer.type}`),
    })
    const ref = session.newOrder(order)
    engine.send({ type: 'error', code: 'duplicateRef', ref, field: 'ref', bound: 1, text: 'not above the last ref' })
    await settle()
    expect(told).toEqual(['duplicateRef undefined', 'newOrder: accepted'])
  })

  test('cannot be made before the first logon or after the end', async () => {
    const session = sessionOf(new FakeEngine())
    expect(() => session.newOrder(order)).toThrow('never live')
    await session.connect()
    await session.close()
    expect(() => session.newOrder(order)).toThrow('closed')
  })
})

describe('a lost connection', () => {
  test('is opened again; missed events are told as replayed, once', async () => {
    const engine = new FakeEngine()
    const told: string[] = []
    const session = await liveSession(engine, {
      onEvent: (event, replayed) => told.push(`${event.type} ${event.eventNumber}${replayed ? ' replayed' : ''}`),
    })
    session.newOrder(order)
    await settle()
    engine.requests = 'mute'
    session.newOrder(order)
    await settle()
    engine.cut()
    engine.requests = 'answer'
    await reconnect()
    session.newOrder(order)
    await settle()
    expect(told).toEqual(['accepted 1', 'accepted 2 replayed', 'accepted 3'])
    expect(engine.applied.map((request) => request.ref)).toEqual([1, 2, 3])
    expect(engine.received('logon').map((logon) => logon.nextEvent)).toEqual([0, 2])
  })

  test('requests that the engine never saw are sent again, in order, with the same refs', async () => {
    const engine = new FakeEngine()
    const session = await liveSession(engine)
    engine.requests = 'ignore'
    session.newOrder(order)
    session.cancelOrder(1)
    await settle()
    engine.cut()
    engine.requests = 'answer'
    await settle()
    expect(session.state).toBe('disconnected')
    session.newOrder(order)
    await reconnect()
    expect(engine.applied.map((request) => [request.type, request.ref])).toEqual([
      ['newOrder', 1],
      ['cancelOrder', 2],
      ['newOrder', 3],
    ])
    expect(session.pendingCount).toBe(0)
  })

  test('a request below the last ref processed, without an event, is told to have had no effect', async () => {
    const engine = new FakeEngine()
    const unanswered: number[] = []
    const session = await liveSession(engine, { onUnanswered: (request) => unanswered.push(request.ref) })
    engine.requests = 'ignore'
    session.newOrder(order)
    await settle()
    engine.requests = 'mute'
    session.newOrder(order)
    await settle()
    engine.cut()
    engine.requests = 'answer'
    await reconnect()
    expect(unanswered).toEqual([1])
    expect(engine.applied.map((request) => request.ref)).toEqual([2])
  })

  test('an event number that leaves a gap makes it connect again and resume', async () => {
    const engine = new FakeEngine()
    const events: SessionEvent[] = []
    const session = await liveSession(engine, { onEvent: (event) => events.push(event) })
    engine.requests = 'mute'
    session.newOrder(order)
    await settle()
    engine.requests = 'answer'
    session.newOrder(order)
    await settle()
    expect(events).toEqual([])
    await reconnect()
    expect(events.map((event) => event.eventNumber)).toEqual([1, 2])
    // What stands behind it in the same frame belongs to a connection that is given up.
    const accepted = { ...events[0], eventNumber: 3 } as SessionEvent
    engine.send({ ...accepted, eventNumber: 4 }, accepted)
    await settle()
    expect(events.length).toBe(2)
  })

  test('an engine that says nothing for two heartbeat intervals is left', async () => {
    const engine = new FakeEngine()
    const states: string[] = []
    await liveSession(
      engine,
      { onState: (state, reason) => states.push(`${state} ${reason}`) },
      { heartbeatIntervalMs: 1_000 },
    )
    await vi.advanceTimersByTimeAsync(2_300)
    expect(states).toContain('disconnected nothing came from ws://engine for 2 s')
  })

  test('heartbeats go out when nothing else does, so that no interval passes in silence', async () => {
    const engine = new FakeEngine()
    let lastMs = performance.now()
    let longestMs = 0
    const receive = engine.receive.bind(engine)
    engine.receive = (socket, data) => {
      longestMs = Math.max(longestMs, performance.now() - lastMs)
      lastMs = performance.now()
      receive(socket, data)
    }
    await liveSession(engine, {}, { heartbeatIntervalMs: 1_000 })
    for (let count = 0; count < 20; count += 1) {
      engine.send({ type: 'heartbeat' })
      await vi.advanceTimersByTimeAsync(500)
    }
    expect(longestMs).toBeGreaterThan(0)
    expect(longestMs).toBeLessThanOrEqual(1_000)
  })

  test('an error that it was told of before is not taken for the cause', async () => {
    const engine = new FakeEngine()
    const states: string[] = []
    const session = await liveSession(engine, { onState: (state, reason) => states.push(`${state}: ${reason}`) })
    engine.refuseWith = 'rateLimited'
    session.newOrder(order)
    await settle()
    engine.cut()
    await settle()
    expect(states.at(-1)).toBe('disconnected: connection to ws://engine lost (close code 1006)')
  })

  test.each(['superseded', 'keyRevoked'] as const)('%s is final', async (code) => {
    const engine = new FakeEngine()
    const states: string[] = []
    const session = await liveSession(engine, { onState: (state, reason) => states.push(`${state}: ${reason}`) })
    engine.closeWith(code)
    await reconnect()
    expect(states.at(-1)).toBe(`closed: ${code}: ${errors[code].meaning}`)
    expect(() => session.newOrder(order)).toThrow('closed')
    expect(vi.getTimerCount()).toBe(0)
  })

  test('superseded is final even if the close itself does not arrive', async () => {
    const engine = new FakeEngine()
    const session = await liveSession(engine)
    engine.send({ type: 'error', code: 'superseded', ref: 0, field: 'none', bound: 0, text: 'taken over' })
    await settle()
    engine.cut()
    await reconnect()
    expect(session.state).toBe('closed')
    expect(engine.received('logon').length).toBe(1)
  })

  test('a stop of the engine is waited for', async () => {
    const engine = new FakeEngine()
    const session = await liveSession(engine)
    engine.isReachable = false
    engine.closeWith('shuttingDown')
    await vi.advanceTimersByTimeAsync(60_000)
    expect(session.state).toBe('disconnected')
    engine.isReachable = true
    await reconnect()
    expect(session.state).toBe('live')
  })
})

describe('close', () => {
  test('cancels all orders first, waits for the answers and closes', async () => {
    const engine = new FakeEngine()
    const events: string[] = []
    const session = await liveSession(engine, { onEvent: (event) => events.push(event.type) })
    session.newOrder(order)
    expect(await session.close(true)).toBe(true)
    expect(events).toEqual(['accepted', 'cancelled', 'massCancelled'])
    expect(session.state).toBe('closed')
    expect(vi.getTimerCount()).toBe(0)
  })

  test('may be called again while it waits', async () => {
    const engine = new FakeEngine()
    const session = await liveSession(engine)
    session.newOrder(order)
    expect(await Promise.all([session.close(true), session.close(true)])).toEqual([true, true])
    expect(engine.received('massCancel').length).toBe(1)
  })

  test('comes back for the answers if the connection is lost, once', async () => {
    const engine = new FakeEngine()
    const session = await liveSession(engine)
    engine.requests = 'mute'
    const closed = session.close(true)
    await settle()
    engine.cut()
    engine.requests = 'answer'
    await vi.advanceTimersByTimeAsync(100)
    expect(await closed).toBe(true)
    expect(engine.received('massCancel').length).toBe(1)
  })

  test('ends as soon as it knows that a request got lost without an answer', async () => {
    const engine = new FakeEngine()
    const unanswered: number[] = []
    const session = await liveSession(engine, { onUnanswered: (request) => unanswered.push(request.ref) })
    engine.requests = 'ignore'
    const closed = session.close(true)
    await settle()
    engine.lastRef = 1
    engine.cut()
    await vi.advanceTimersByTimeAsync(100)
    expect(await closed).toBe(true)
    expect(unanswered).toEqual([1])
  })

  test('ends at once if the engine is being stopped', async () => {
    const engine = new FakeEngine()
    const session = await liveSession(engine)
    engine.requests = 'ignore'
    const closed = session.close(true)
    await settle()
    engine.closeWith('shuttingDown')
    await settle()
    expect(await closed).toBe(false)
    expect(engine.received('logon').length).toBe(1)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('ends with the first failed attempt to come back if the engine is gone', async () => {
    const engine = new FakeEngine()
    const session = await liveSession(engine)
    engine.requests = 'ignore'
    const closed = session.close(true)
    await settle()
    engine.isReachable = false
    engine.cut()
    await vi.advanceTimersByTimeAsync(100)
    expect(await closed).toBe(false)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('does not wait while there is no connection, and says that the mass cancel was not made', async () => {
    const engine = new FakeEngine()
    const session = await liveSession(engine)
    engine.isReachable = false
    engine.cut()
    await settle()
    expect(await session.close(true)).toBe(false)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('gives up on answers after five seconds and says so', async () => {
    const engine = new FakeEngine()
    const session = await liveSession(engine)
    engine.requests = 'ignore'
    const closed = session.close(true)
    await vi.advanceTimersByTimeAsync(5_000)
    expect(await closed).toBe(false)
  })
})

test('every request is applied once at most and its outcome told once, whatever is lost on the way', async () => {
  const action = fc.oneof(
    { weight: 5, arbitrary: fc.constant('order' as const) },
    { weight: 2, arbitrary: fc.constant('settle' as const) },
    { weight: 2, arbitrary: fc.constant('cut' as const) },
    { weight: 2, arbitrary: fc.constantFrom('answer' as const, 'ignore' as const, 'mute' as const) },
    { weight: 1, arbitrary: fc.constantFrom('reconnect' as const, 'forget' as const, 'new log' as const) },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 40 }), async (actions) => {
      const engine = new FakeEngine()
      const told: number[] = []
      const applied: number[] = []
      const gaps: string[] = []
      let nextEvent = 0
      const session = await liveSession(engine, {
        onAnswer: (request) => told.push(request.ref),
        onUnanswered: (request, outcome) => {
          told.push(request.ref)
          if (outcome === 'noEffect') expect(applied.concat(refsOf(engine))).not.toContain(request.ref)
        },
        onEvent: ({ eventNumber }) => {
          if (nextEvent !== 0 && eventNumber !== nextEvent) gaps.push(`${nextEvent} to ${eventNumber}`)
          nextEvent = eventNumber + 1
        },
        onGap: (_, first) => {
          nextEvent = first
        },
        onNewLog: () => {
          nextEvent = 0
        },
      })
      const made: number[] = []
      for (const step of actions) {
        if (step === 'order') made.push(session.newOrder(order))
        else if (step === 'settle') await settle()
        else if (step === 'cut') engine.cut()
        else if (step === 'reconnect') await reconnect()
        else if (step === 'forget') engine.firstKeptEvent = engine.events.length + 1
        else if (step === 'new log') {
          engine.cut()
          applied.push(...refsOf(engine))
          engine.beginNewLog()
        } else engine.requests = step
      }
      // Once more through a loss, so that nothing stays muted or ignored.
      await settle()
      engine.cut()
      engine.requests = 'answer'
      await reconnect()
      applied.push(...refsOf(engine))
      expect(new Set(applied).size).toBe(applied.length)
      expect(told.toSorted((a, b) => a - b)).toEqual(made)
      expect(gaps).toEqual([])
      expect(nextEvent === 0 || nextEvent === engine.events.length + 1).toBe(true)
      expect(session.pendingCount).toBe(0)
      await session.close()
    }),
    { numRuns: 300 },
  )
})

function refsOf(engine: FakeEngine): number[] {
  return engine.applied.map((request) => request.ref)
}

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { fakeInstrument } from '../../protocol/client/fake-engine.ts'
import type { Message } from '../../protocol/messages.ts'
import { filled, idle, pass, snapshot, stand, traderOf } from './bot-fixture.ts'
import type { Desk } from './desk.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function status(phase: Message<'status'>['phase'], instrument = 1): Message<'status'> {
  const head = { instrument, previousSequence: 0, sequence: 1, engineTimeUs: 1 }
  return { type: 'status', ...head, phase, lastPriceTicks: 0, tradeCount: 0, volumeLots: 0, commandCount: 0 }
}

test('outside continuous trading it has no orders, and it goes on by itself when that begins again', async () => {
  const acts: number[] = []
  const { engine, bot, incidents } = stand(traderOf(acts))
  await bot.start()
  await pass(0)
  engine.publish(status('halted'))
  await pass(300)
  expect(engine.applied.map((request) => request.type)).toEqual(['newOrder', 'massCancel'])
  expect(incidents).toEqual(['ACME halted: the trading phase is halted'])
  expect(bot.report().state).toBe('halted')
  const actsBefore = acts.length
  await pass(1_000)
  expect(acts.length).toBe(actsBefore)
  engine.publish(status('continuous'))
  await pass(300)
  expect(engine.applied.at(-1)).toMatchObject({ type: 'newOrder' })
  expect(bot.report().state).toBe('live')
})

test('it is halted as a whole only when none of its instruments is in continuous trading', async () => {
  const { engine, bot, incidents } = stand(() => ({ reactionMs: 100, act: () => 1_000 }), { symbols: ['ACME', 'BOLT'] })
  engine.instruments.push({ ...fakeInstrument, instrument: 2, symbol: 'BOLT' })
  engine.books.set(2, { ...snapshot(1, 9_990, 10_010), instrument: 2 })
  await bot.start()
  await pass(0)
  engine.publish(status('halted'))
  await pass(300)
  expect(incidents).toEqual(['ACME halted: the trading phase is halted'])
  expect(bot.report()).toMatchObject({ state: 'live' })
  engine.publish(status('closed', 2))
  await pass(300)
  expect(bot.report()).toMatchObject({ state: 'halted', haltReason: 'ACME: the trading phase is halted' })
})

test('it is halted while an admin has blocked its participant, and says so once', async () => {
  const { engine, bot, incidents } = stand()
  engine.rejectWith = 'participantBlocked'
  await bot.start()
  await idle(engine, 2_500)
  expect(incidents).toEqual(['an admin has blocked the participant'])
  expect(bot.report()).toMatchObject({ state: 'halted', haltReason: 'an admin has blocked the participant' })
  engine.rejectWith = undefined
  await idle(engine, 1_500)
  expect(bot.report().state).toBe('live')
})

describe('start', () => {
  test('names the instruments that exist if one does not', async () => {
    const { bot } = stand(undefined, { symbols: ['ACME', 'DUST'] })
    await expect(bot.start()).rejects.toThrow('no instrument DUST; there is ACME')
  })

  test('acts once the book is there', async () => {
    const acts: number[] = []
    const { engine, bot } = stand(traderOf(acts))
    await bot.start()
    await pass(0)
    expect(acts.length).toBe(1)
    expect(engine.applied.map((request) => request.type)).toEqual(['newOrder'])
    expect(bot.report().state).toBe('live')
  })

  test('fails if no book comes', async () => {
    const { engine, bot } = stand()
    engine.books.clear()
    const started = expect(bot.start()).rejects.toThrow('no book came within 5 s')
    await pass(5_000)
    await started
  })
})

describe('acting', () => {
  test('a change at the desk is reacted to, but not before the reaction time has passed since the last act', async () => {
    const acts: number[] = []
    const { engine, bot } = stand(traderOf(acts))
    await bot.start()
    await pass(0)
    const beginMs = acts[0]
    await pass(30)
    engine.publish(snapshot(2, 9_991, 10_010))
    engine.publish(snapshot(3, 9_992, 10_010))
    await pass(1_050)
    expect(acts.map((actMs) => actMs - beginMs)).toEqual([0, 100])
    await pass(100)
    expect(acts.map((actMs) => actMs - beginMs)).toEqual([0, 100, 1_100])
  })
})

test.each([
  ['rejected', { rejectWith: 'postOnlyWouldTrade' } as const],
  ['refused by an error', { refuseWith: 'rateLimited' } as const],
])('an order that is %s is forgotten and counted, and not tried again before the usual time', async (_, change) => {
  const { engine, bot } = stand()
  await bot.start()
  Object.assign(engine, change)
  await pass(900)
  expect(engine.received('newOrder').length).toBe(1)
  expect(bot.report()).toMatchObject({ rejects: 1, orders: 0, submittedLots: 0, positions: [{ openOrders: 0 }] })
  await pass(200)
  expect(engine.received('newOrder').length).toBe(2)
})

describe('the risk guard', () => {
  test('a stop-loss pulls the quotes and is told; no trading after it', async () => {
    const acts: number[] = []
    const { engine, bot, incidents } = stand(traderOf(acts))
    await bot.start()
    await pass(0)
    filled(engine, 1, 10, 10_000)
    // Bought at 10,000, marked at 9,000: 10 lots × 1,000 ticks × 1 minor unit lost.
    engine.publish(snapshot(9, 8_990, 9_010))
    await pass(200)
    const actsBefore = acts.length
    await idle(engine, 3_000)
    expect(acts.length).toBe(actsBefore)
    expect(incidents).toEqual(['ACME halted: stop-loss: lost 10000 of 5000 minor units'])
    expect(bot.report()).toMatchObject({
      state: 'halted',
      haltReason: 'ACME: stop-loss: lost 10000 of 5000 minor units',
      positions: [{ symbol: 'ACME', current: { positionLots: 10 }, pnlMinor: -10_000 }],
    })
  })

  test('silent market data pulls the quotes once; when it speaks again, trading goes on', async () => {
    const acts: number[] = []
    const { engine, bot } = stand(traderOf(acts))
    await bot.start()
    await pass(4_000)
    expect(bot.report().haltReason).toBe('ACME: stale market data: nothing came for more than 3 s')
    await pass(1_000)
    expect(engine.applied.map((request) => request.type)).toEqual(['newOrder', 'massCancel'])
    engine.publish(snapshot(5, 9_990, 10_010))
    await pass(300)
    expect(bot.report().state).toBe('live')
    expect(engine.applied.at(-1)?.type).toBe('newOrder')
  })

  test('quotes are pulled with one mass cancel, however long the answer takes', async () => {
    const { engine, bot } = stand()
    await bot.start()
    await pass(0)
    engine.requests = 'ignore'
    await pass(6_000)
    expect(engine.received('massCancel').length).toBe(1)
  })

  test('a mass cancel that is refused is tried again', async () => {
    const { engine, bot } = stand()
    await bot.start()
    await pass(0)
    engine.refuseWith = 'rateLimited'
    await pass(4_000)
    engine.refuseWith = undefined
    await pass(250)
    expect(engine.applied.map((request) => request.type)).toEqual(['newOrder', 'massCancel'])
    expect(bot.report().positions[0].openOrders).toBe(0)
  })

  test('a lost connection halts until it is back', async () => {
    const acts: number[] = []
    const { engine, bot, incidents } = stand(traderOf(acts))
    await bot.start()
    await pass(0)
    engine.isReachable = false
    engine.cut()
    await pass(1_000)
    expect(bot.report().state).toBe('connecting')
    expect(incidents).toContain('ACME halted: disconnected: the session is not live')
    const actsBefore = acts.length
    engine.isReachable = true
    await idle(engine, 6_000)
    expect(bot.report().state).toBe('live')
    expect(acts.length).toBeGreaterThan(actsBefore)
  })
})

test('the report adds up orders, fills, positions and acks', async () => {
  const { engine, bot } = stand()
  engine.positions = [{ type: 'position', instrument: 1, positionLots: 3, cashMinor: -30_000, feesMinor: 7 }]
  await bot.start()
  await pass(0)
  filled(engine, 1, 4, 10_000)
  await pass(0)
  const report = bot.report()
  expect(report).toMatchObject({
    type: 'report',
    bot: 'maker-1.main',
    kind: 'test',
    state: 'live',
    submittedLots: 10,
    filledLots: 4,
    orders: 1,
    fills: 1,
    rejects: 0,
    positions: [
      {
        symbol: 'ACME',
        opening: { positionLots: 3, cashMinor: -30_000, feesMinor: 7 },
        current: { positionLots: 7, cashMinor: -70_000, feesMinor: 7 },
        pnlMinor: 0,
        feesMinor: 0,
        openOrders: 1,
      },
    ],
  })
  // Each report has those since the last.
  expect(report.ackLatency.count).toBe(1)
  expect(bot.report().ackLatency.count).toBe(0)
})

test('an engine that comes back with another log makes it begin anew: no orders, no positions, no result', async () => {
  const desks: Desk[] = []
  const { engine, bot } = stand(traderOf([], desks))
  engine.positions = [{ type: 'position', instrument: 1, positionLots: 3, cashMinor: -40_000, feesMinor: 7 }]
  await bot.start()
  await pass(0)
  filled(engine, 1, 10, 10_000)
  engine.publish(snapshot(9, 9_995, 10_015))
  await pass(250)
  expect(bot.report().positions[0]).toMatchObject({ current: { positionLots: 13 }, pnlMinor: 65 })
  engine.cut()
  engine.beginNewLog()
  await idle(engine, 6_000)
  const nothing = { positionLots: 0, cashMinor: 0, feesMinor: 0 }
  expect(bot.report()).toMatchObject({
    state: 'live',
    positions: [{ opening: nothing, current: nothing, pnlMinor: 0 }],
  })
  expect(engine.applied.map((request) => request.type)).toEqual(['newOrder'])
})

describe('stop', () => {
  test('cancels all orders, waits for the answers and disconnects', async () => {
    const { engine, bot } = stand()
    await bot.start()
    await pass(0)
    await bot.stop()
    expect(engine.events.slice(-2).map((event) => event.type)).toEqual(['cancelled', 'massCancelled'])
    expect(bot.report()).toMatchObject({ state: 'stopped', positions: [{ openOrders: 0 }] })
    expect(vi.getTimerCount()).toBe(0)
  })

  test('may come while the books are waited for', async () => {
    const { engine, bot } = stand()
    engine.books.clear()
    const started = expect(bot.start()).rejects.toThrow('stopped before it could trade')
    await pass(100)
    await bot.stop()
    await started
    expect(vi.getTimerCount()).toBe(0)
  })

  test('may come before the start is done', async () => {
    const { bot } = stand()
    const started = bot.start().catch((error: Error) => error.message)
    await bot.stop()
    expect(await started).toContain('closed by this side')
    expect(vi.getTimerCount()).toBe(0)
  })
})

test('a session that somebody else took over ends the bot with the reason', async () => {
  const { engine, bot } = stand()
  await bot.start()
  const failed = expect(bot.failed).rejects.toThrow('superseded: A newer logon took over this session.')
  engine.closeWith('superseded')
  await failed
})

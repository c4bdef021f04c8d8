/** What a bot makes of orders that it was not told of: those of an earlier process, and those from before it lost touch. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type FakeEngine, positionOf } from '../../protocol/client/fake-engine.ts'
import { liveSession, settle } from '../../protocol/client/session-fixture.ts'
import { MarketMaker } from '../strategies/market-maker.ts'
import { filled, idle, pass, stand, traderOf } from './bot-fixture.ts'
import type { Desk } from './desk.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const bid = { instrument: 1, side: 'buy', quantityLots: 10, priceTicks: 99 } as const
const ask = { ...bid, side: 'sell', priceTicks: 20_000 } as const

/** Has another process of the session send these orders and go, while the orders stay. */
async function leave(
  engine: FakeEngine,
  ...orders: Parameters<Awaited<ReturnType<typeof liveSession>>['newOrder']>[0][]
) {
  const earlier = await liveSession(engine)
  for (const order of orders) earlier.newOrder(order)
  await settle()
  await earlier.close()
}

/** What the bot sent, behind the two orders of the earlier process. */
const requestsOf = (engine: FakeEngine, orders: number) => engine.applied.slice(orders).map((request) => request.type)

describe('orders of an earlier process', () => {
  test('are taken over as they are: counted, and in the way of orders for the same', async () => {
    const desks: Desk[] = []
    const { engine, bot, incidents } = stand(traderOf([], desks))
    await leave(engine, bid)
    filled(engine, 1, 4, 99)
    engine.positions = [positionOf({ positionLots: 4, cashMinor: -396 })]
    await bot.start()
    await pass(2_000)
    expect(requestsOf(engine, 1)).toEqual([])
    expect(incidents).toEqual(["takes over the session's open orders: 1"])
    expect(bot.report().positions[0]).toMatchObject({ current: { positionLots: 4 }, openOrders: 1 })
    // 100 lots are allowed; 4 are held, and 6 may still be bought.
    expect(desks[0].roomLots('buy')).toBe(90)
  })

  test('are the quotes of a market maker, which replaces them where they are wrong and sends no others', async () => {
    const parameters = { spreadTicks: 4, skewTicks: 20, sizeLots: 10, maxPositionLots: 100 }
    const { engine, bot } = stand((desk) => new MarketMaker(desk, parameters, 50))
    await leave(engine, bid, ask)
    await bot.start()
    await pass(100)
    expect(requestsOf(engine, 2)).toEqual(['replaceOrder', 'replaceOrder'])
    expect(bot.report().positions[0].openOrders).toBe(2)
  })

  test.each([
    ['in an instrument that it does not trade', { ...bid, instrument: 2 }],
    ['that shows a part of itself only', { ...bid, displayQuantityLots: 1 }],
    ['that waits for its price', { ...bid, orderType: 'stopLimit', stopPriceTicks: 98 }],
    ['that ends by itself', { ...bid, timeInForce: 'day' }],
    ['that depends on the position', { ...bid, reduceOnly: true }],
  ] as const)('are all cancelled before it trades if there is one %s', async (_, order) => {
    const acts: number[] = []
    const { engine, bot, incidents } = stand(traderOf(acts))
    await leave(engine, bid, order)
    engine.refuseWith = 'rateLimited'
    const started = bot.start()
    await pass(200)
    expect(engine.received('massCancel').length).toBe(1)
    expect(acts).toEqual([])
    engine.refuseWith = undefined
    await pass(250)
    await started
    expect(requestsOf(engine, 2)).toEqual(['massCancel', 'newOrder'])
    expect(incidents).toEqual(["cancels the session's open orders: 2"])
  })

  test('that cannot be cancelled keep it from starting', async () => {
    const { engine, bot } = stand()
    await leave(engine, { ...bid, instrument: 2 })
    engine.requests = 'ignore'
    const started = expect(bot.start()).rejects.toThrow('earlier orders were not cancelled within 5 s')
    await pass(5_000)
    await started
  })
})

test('after events that are gone its orders and positions are those that the engine tells', async () => {
  const desks: Desk[] = []
  const { engine, bot } = stand(traderOf([], desks))
  await bot.start()
  await pass(0)
  engine.requests = 'mute'
  filled(engine, 1, 10, 10_000)
  engine.cut()
  engine.requests = 'answer'
  engine.positions = [positionOf({ positionLots: 10, cashMinor: -100_000 })]
  engine.firstKeptEvent = engine.events.length + 1
  await idle(engine, 6_000)
  expect(desks[0].position.positionLots).toBe(10)
  expect(bot.report()).toMatchObject({ state: 'live', positions: [{ openOrders: 1 }] })
  // The order that was filled unseen holds no place any more.
  expect(requestsOf(engine, 0)).toEqual(['newOrder', 'newOrder'])
})

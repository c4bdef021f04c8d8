import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { FakeEngine, positionOf } from './fake-engine.ts'
import { liveSession, order, sessionOf, settle } from './session-fixture.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test('the engine says of an order whether it is open, and if not, whether it could still become so', async () => {
  const engine = new FakeEngine()
  const session = await liveSession(engine)
  session.newOrder(order)
  session.newOrder(order)
  session.cancelOrder(2)
  const states = await Promise.all([1, 2, 9].map((orderRef) => session.queryOrder(orderRef)))
  expect(states.map(({ orderRef, state, lastRef }) => [orderRef, state, lastRef])).toEqual([
    [1, 'open', 3],
    [2, 'notOpen', 3],
    [9, 'notProcessed', 3],
  ])
  expect(states[0].orders).toMatchObject([{ orderRef: 1, side: 'buy', leavesLots: 5, priceTicks: 100 }])
})

test('open orders are told whole, however many messages they take', async () => {
  const engine = new FakeEngine()
  engine.openOrdersPerMessage = 2
  const session = await liveSession(engine)
  for (let count = 0; count < 5; count += 1) session.newOrder({ ...order, instrument: count === 4 ? 2 : 1 })
  const [all, ofTwo, ofThree] = await Promise.all([0, 2, 3].map((instrument) => session.queryOpenOrders(instrument)))
  expect(all.map(({ orderRef }) => orderRef)).toEqual([1, 2, 3, 4, 5])
  expect(ofTwo.map(({ orderRef }) => orderRef)).toEqual([5])
  expect(ofThree).toEqual([])
})

test('answers go to who asked, in the order asked; a refusal is the answer to the oldest query', async () => {
  const engine = new FakeEngine()
  engine.obligations = [{ instrument: 1, metUs: 3, tradingUs: 4 }]
  engine.positions = [positionOf({ positionLots: 3 })]
  const session = await liveSession(engine)
  const obligations = session.queryObligations()
  const positions = session.queryPositions()
  await settle()
  engine.refuseWith = 'rateLimited'
  const refused = expect(session.queryPositions()).rejects.toThrow('rateLimited: refused')
  await settle()
  engine.refuseWith = undefined
  expect(await session.queryOpenOrders()).toEqual([])
  expect(await obligations).toEqual([{ instrument: 1, metUs: 3, tradingUs: 4 }])
  expect((await positions).map(({ positionLots }) => positionLots)).toEqual([3])
  await refused
})

test('a query fails where there is no live session, and is lost with its connection', async () => {
  const engine = new FakeEngine()
  const session = sessionOf(engine)
  await expect(session.queryObligations()).rejects.toThrow('the session is not live')
  await session.connect()
  const lost = expect(session.queryOrder(1)).rejects.toThrow('lost')
  engine.cut()
  await lost
})

/** The client library with a real engine: queries, drop copies, and what happens to both when the engine does not stay. */
import { afterEach, expect, it, vi } from 'vitest'
import { ClientSession, type SessionHandlers } from '../../protocol/client/index.ts'
import { openWebSocket, signerFromKeyFile } from '../../protocol/client/node.ts'
import { EngineProcess, type EngineProcessOptions, runEngine } from '../support/engine-process.ts'
import { freePort } from './free-port.ts'

vi.setConfig({ testTimeout: 60_000 })

const pollOptions = { timeout: 20_000, interval: 20 }
const order = { instrument: 1, side: 'buy', quantityLots: 5, priceTicks: 9_900 } as const

let engine: EngineProcess
const sessions: ClientSession[] = []

afterEach(async () => {
  await Promise.all(sessions.splice(0).map((session) => session.close()))
  await engine.clean()
})

/** An engine that comes back at the same address. */
async function startEngine(options: EngineProcessOptions = {}): Promise<void> {
  engine = new EngineProcess({
    configuration: {
      instruments: [{ symbol: 'ACME', tickSize: '0.01', referencePrice: '100' }],
      participants: [{ name: 'alpha', sessions: ['main', 'desk'] }],
    },
    parameters: ['--port', (await freePort()).toString()],
    ...options,
  })
  await engine.start()
}

async function logOn(name: string, handlers: SessionHandlers = {}): Promise<ClientSession> {
  const sign = signerFromKeyFile(engine.keyFile('alpha', name))
  const session = new ClientSession(
    { url: engine.url, participant: 'alpha', session: name, sign, openWebSocket },
    handlers,
  )
  sessions.push(session)
  await session.connect()
  return session
}

it('answers queries in the order asked, each with what the requests before it did', async () => {
  await startEngine()
  const told: string[] = []
  const main = await logOn('main', { onEvent: (event) => told.push(event.type) })
  const desk = await logOn('desk')
  const first = main.newOrder(order)
  expect(await main.queryOrder(first)).toMatchObject({ state: 'open', lastRef: first, orders: [{ leavesLots: 5 }] })
  const second = main.newOrder({ ...order, orderType: 'postOnly' })
  main.cancelOrder(first)
  const [gone, open, positions] = await Promise.all([
    main.queryOrder(first),
    main.queryOpenOrders(),
    main.queryPositions(),
  ])
  expect(told).toEqual(['accepted', 'accepted', 'cancelled'])
  expect(gone).toMatchObject({ state: 'notOpen', lastRef: 3, orders: [] })
  expect(await main.queryOrder(99)).toMatchObject({ state: 'notProcessed', orders: [] })
  expect(open.map(({ orderRef, orderType }) => [orderRef, orderType])).toEqual([[second, 'postOnly']])
  expect(positions).toMatchObject([{ instrument: 1, positionLots: 0 }])
  // Of another session of the participant, and of none.
  expect(await desk.queryOpenOrders(0, 'main')).toEqual(open)
  expect(await desk.queryOpenOrders()).toEqual([])
  await expect(desk.queryOpenOrders(0, 'nobody')).rejects.toThrow(
    'invalidField: the participant has no session "nobody"',
  )
})

it('tells a drop copy every event once, across a kill of the engine', async () => {
  await startEngine()
  const copied: string[] = []
  const own: string[] = []
  const main = await logOn('main', { onEvent: (event) => own.push(`main ${event.eventNumber} ${event.type}`) })
  const desk = await logOn('desk', {
    onDropCopy: (name, event) => copied.push(`${name} ${event.eventNumber} ${event.type}`),
  })
  expect(await desk.subscribeDropCopy()).toMatchObject([{ session: 'main' }, { session: 'desk' }])
  for (let count = 0; count < 20; count++) main.newOrder(order)
  await expect.poll(() => copied.length, pollOptions).toBe(20)
  for (let count = 0; count < 20; count++) main.cancelOrder(count + 1)
  await engine.kill()
  await engine.start()
  await expect.poll(() => main.state === 'live' && main.pendingCount === 0, pollOptions).toBe(true)
  await expect.poll(() => copied.length, pollOptions).toBe(40)
  expect(copied).toEqual(own)
})

it('is told of an engine that comes back without its log, and of what that makes of its requests', async () => {
  await startEngine({ logMode: 'memory' })
  const told: string[] = []
  const main = await logOn('main', {
    onNewLog: () => told.push('new log'),
    onUnanswered: (request, outcome) => told.push(`${request.type} ${request.ref}: ${outcome}`),
    onSnapshot: ({ openOrders, positions }) => told.push(`${openOrders.length} orders, ${positions.length} positions`),
  })
  main.newOrder(order)
  await expect.poll(() => main.pendingCount, pollOptions).toBe(0)
  await engine.kill()
  await expect.poll(() => main.state, pollOptions).not.toBe('live')
  main.newOrder(order)
  await engine.start()
  await expect.poll(() => main.state, pollOptions).toBe('live')
  expect(told).toEqual(['0 orders, 0 positions', 'new log', 'newOrder 2: noEffect', '0 orders, 0 positions'])
  expect(await main.queryOpenOrders()).toEqual([])
  expect(main.newOrder(order)).toBe(3)
})

it('ends with the reason when its key is revoked, and does not come back', async () => {
  await startEngine()
  const states: string[] = []
  await logOn('main', { onState: (state, reason) => states.push(`${state} ${reason}`) })
  await runEngine('keys', 'revoke', '--participant', 'alpha', '--session', 'main', '--data', engine.dataFolder)
  await expect.poll(() => states.at(-1), pollOptions).toMatch(/^closed keyRevoked: /)
})

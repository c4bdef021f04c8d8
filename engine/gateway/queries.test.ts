/** What a session may ask, and the snapshot at logon, over a whole venue. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { limits } from '../../protocol/limits.ts'
import type { Message, OutgoingMessage } from '../../protocol/messages.ts'
import { newOrder, type TestSocket, TestVenue } from '../venue-fixture.ts'

/** What a socket gets for one frame. */
function ask(venue: TestVenue, socket: TestSocket, ...messages: OutgoingMessage[]): Message[] {
  venue.send(socket, ...messages)
  venue.sequencer.endTurn()
  return socket.take()
}

const farFromMarket = { priceTicks: 9_000 }
const types = (messages: Message[]) => messages.map(({ type }) => type)

describe('queryOrder', () => {
  it('tells an open order with what is left of it', async () => {
    const venue = new TestVenue()
    const [maker, taker] = [await venue.live('a'), await venue.live('b')]
    ask(venue, maker, newOrder(7, { side: 'sell', quantityLots: 5 }))
    ask(venue, taker, newOrder(1, { quantityLots: 2 }))
    expect(ask(venue, maker, { type: 'queryOrder', orderRef: 7 })).toMatchObject([
      { type: 'filled', leavesLots: 3 },
      {
        type: 'orderStatus',
        orderRef: 7,
        state: 'open',
        lastRef: 7,
        orders: [
          {
            orderRef: 7,
            instrument: 1,
            side: 'sell',
            orderType: 'limit',
            timeInForce: 'goodTillCancel',
            quantityLots: 5,
            leavesLots: 3,
            priceTicks: 10_000,
            isQuote: false,
          },
        ],
      },
    ])
  })

  it('tells a ref that was processed and has no open order from one that was never sent', async () => {
    const venue = new TestVenue()
    const socket = await venue.live('a')
    ask(venue, socket, newOrder(3), { type: 'cancelOrder', ref: 5, orderRef: 3 })
    const query = (orderRef: number) => ask(venue, socket, { type: 'queryOrder', orderRef })
    const answer = { type: 'orderStatus', lastRef: 5, orders: [] }
    for (const orderRef of [1, 3, 5]) expect(query(orderRef)).toEqual([{ ...answer, orderRef, state: 'notOpen' }])
    expect(query(6)).toEqual([{ ...answer, orderRef: 6, state: 'notProcessed' }])
  })

  it('tells nothing of the orders of others', async () => {
    const venue = new TestVenue()
    const [owner, other] = [await venue.live('a'), await venue.live('b')]
    ask(venue, owner, newOrder(4))
    expect(ask(venue, other, { type: 'queryOrder', orderRef: 4 })).toMatchObject([
      { state: 'notProcessed', orders: [] },
    ])
  })
})

describe('queryOpenOrders', () => {
  it('tells all open orders, oldest first: stops that wait and both sides of a quote too; or those of one instrument', async () => {
    const venue = new TestVenue()
    const socket = await venue.live('a')
    const expireTimeUs = venue.clock.wall + 60_000_000
    const quote = { bidPriceTicks: 9_990, bidQuantityLots: 5, askPriceTicks: 10_010, askQuantityLots: 6 }
    ask(
      venue,
      socket,
      newOrder(1, { instrument: 2, priceTicks: 2_400, timeInForce: 'goodTillDate', expireTimeUs }),
      newOrder(2, { orderType: 'stopLimit', stopPriceTicks: 10_100, priceTicks: 10_150 }),
      newOrder(3, { orderType: 'stop', stopPriceTicks: 10_200, side: 'buy' }),
      newOrder(4, { quantityLots: 50, displayQuantityLots: 10, priceTicks: 9_000 }),
      { type: 'massQuote', ref: 5, group: 1, quotes: [{ instrument: 1, ...quote }] },
    )
    const [answer] = ask(venue, socket, { type: 'queryOpenOrders' }) as Message<'openOrders'>[]
    expect(answer.last).toBe(true)
    expect(answer.orders).toMatchObject([
      { orderRef: 1, instrument: 2, timeInForce: 'goodTillDate', expireTimeUs },
      { orderRef: 2, orderType: 'stopLimit', stopPriceTicks: 10_100, priceTicks: 10_150 },
      { orderRef: 3, orderType: 'stop', stopPriceTicks: 10_200, priceTicks: 0 },
      { orderRef: 4, quantityLots: 50, leavesLots: 50, displayQuantityLots: 10 },
      { orderRef: 5, side: 'buy', priceTicks: 9_990, leavesLots: 5, isQuote: true },
      { orderRef: 5, side: 'sell', priceTicks: 10_010, leavesLots: 6, isQuote: true },
    ])
    const [ofOne] = ask(venue, socket, { type: 'queryOpenOrders', instrument: 2 }) as Message<'openOrders'>[]
    expect(ofOne.orders.map(({ orderRef }) => orderRef)).toEqual([1])
  })

  it('tells those of another session of the participant by its name, and of nobody else', async () => {
    const venue = new TestVenue()
    venue.addSession('a', 'second')
    venue.addSession('b', 'third')
    const [main, second] = [await venue.live('a'), await venue.live('a', { session: 'second' })]
    ask(venue, main, newOrder(7, farFromMarket))
    const query = (session: string) => ask(venue, second, { type: 'queryOpenOrders', session })
    expect(query('main')).toMatchObject([{ type: 'openOrders', orders: [{ orderRef: 7 }], last: true }])
    expect(query('')).toMatchObject([{ type: 'openOrders', orders: [], last: true }])
    expect(query('third')).toMatchObject([{ type: 'error', code: 'invalidField', ref: 0 }])
    expect(main.closedWith).toBeUndefined()
  })

  it('takes several messages if there are many, at most 500 orders in each, the last one marked', async () => {
    const venue = new TestVenue()
    venue.ratePerSecond = 10_000
    const socket = await venue.live('a')
    for (let ref = 1; ref <= 1_001; ref++) venue.send(socket, newOrder(ref, { priceTicks: 9_000 }))
    venue.sequencer.endTurn()
    socket.take()
    const answers = ask(venue, socket, { type: 'queryOpenOrders' }) as Message<'openOrders'>[]
    expect(answers.map(({ orders, last }) => [orders.length, last])).toEqual([
      [limits.maxOpenOrdersPerMessage, false],
      [limits.maxOpenOrdersPerMessage, false],
      [1, true],
    ])
    expect(answers.flatMap(({ orders }) => orders.map(({ orderRef }) => orderRef))).toEqual(
      Array.from({ length: 1_001 }, (_, index) => index + 1),
    )
  })
})

describe('queryPositions', () => {
  it("tells the participant's positions, what other sessions of it traded included", async () => {
    const venue = new TestVenue()
    venue.addSession('a', 'second')
    const [main, second] = [await venue.live('a'), await venue.live('a', { session: 'second' })]
    const other = await venue.live('b')
    ask(venue, other, newOrder(1, { side: 'sell', quantityLots: 3 }))
    ask(venue, main, newOrder(1, { quantityLots: 3 }))
    expect(ask(venue, second, { type: 'queryPositions' })).toMatchObject([
      { type: 'positions', positions: [{ instrument: 1, positionLots: 3, cashMinor: -30_000 }] },
    ])
    expect(ask(venue, await venue.live('b'), { type: 'queryPositions' })).toMatchObject([
      { positions: [{ instrument: 1, positionLots: -3, cashMinor: 30_000 }] },
    ])
  })
})

describe('an answer', () => {
  it('comes in the order asked, when all that was sent before is durable', async () => {
    const venue = new TestVenue()
    const socket = await venue.live('a')
    venue.log.isSlow = true
    venue.send(socket, newOrder(1), { type: 'queryOrder', orderRef: 1 })
    venue.sequencer.endTurn()
    venue.send(socket, newOrder(2), { type: 'queryPositions' }, { type: 'queryOrder', orderRef: 2 })
    expect(socket.take()).toEqual([])
    venue.log.finish()
    expect(types(socket.take())).toEqual(['accepted', 'orderStatus'])
    venue.sequencer.endTurn()
    venue.log.finish()
    expect(socket.take()).toMatchObject([
      { type: 'accepted', ref: 2 },
      { type: 'positions' },
      { type: 'orderStatus', state: 'open', orderRef: 2 },
    ])
  })

  it('stands among the events where it belongs, however late they are read', async () => {
    const venue = new TestVenue()
    const socket = await venue.live('a')
    socket.unsent = 2_000_000
    ask(venue, socket, newOrder(1), { type: 'queryOrder', orderRef: 1 })
    ask(venue, socket, { type: 'cancelOrder', ref: 2, orderRef: 1 }, { type: 'queryOrder', orderRef: 1 })
    ask(venue, socket, newOrder(2), newOrder(3))
    expect(socket.take()).toEqual([])
    socket.unsent = 0
    venue.gateway.writable(socket.connection)
    expect(socket.take()).toMatchObject([
      { type: 'accepted', ref: 1 },
      { type: 'orderStatus', state: 'open' },
      { type: 'cancelled', ref: 2 },
      { type: 'orderStatus', state: 'notOpen' },
      { type: 'error', code: 'duplicateRef', ref: 2 },
      { type: 'accepted', ref: 3 },
    ])
  })

  it('and every event comes in the same order to a client that reads now and then as to one that always does', async () => {
    const step = fc.constantFrom(
      'order',
      'cancel',
      'again',
      'order?',
      'orders?',
      'positions?',
      'endTurn',
      'block',
      'read',
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const run = async (isLazy: boolean) => {
          const venue = new TestVenue()
          const socket = await venue.live('a')
          let ref = 0
          const messages: Partial<Record<string, () => OutgoingMessage>> = {
            order: () => newOrder(++ref),
            cancel: () => ({ type: 'cancelOrder', ref: ++ref, orderRef: Math.max(1, ref - 2) }),
            again: () => newOrder(Math.max(1, ref - 1)),
            'order?': () => ({ type: 'queryOrder', orderRef: ref }),
            'orders?': () => ({ type: 'queryOpenOrders' }),
            'positions?': () => ({ type: 'queryPositions' }),
          }
          for (const name of steps) {
            const message = messages[name]
            if (message !== undefined) venue.send(socket, message())
            else if (name === 'endTurn') venue.sequencer.endTurn()
            else if (isLazy) {
              socket.unsent = name === 'block' ? 2_000_000 : 0
              venue.gateway.writable(socket.connection)
            }
          }
          venue.sequencer.endTurn()
          socket.unsent = 0
          venue.gateway.writable(socket.connection)
          return socket.take()
        }
        expect(await run(true)).toEqual(await run(false))
      }),
      { numRuns: 60 },
    )
  })

  it('is an error with ref 0, in its place, where the rate of queries is exceeded', async () => {
    const venue = new TestVenue()
    const socket = await venue.live('a')
    const queries = Array(limits.requestsPerSecond).fill({ type: 'queryPositions' })
    const answers = ask(
      venue,
      socket,
      ...queries,
      { type: 'queryOrder', orderRef: 1 },
      { type: 'queryOrder', orderRef: 2 },
    )
    expect(types(answers.slice(0, -2))).toEqual(Array(limits.requestsPerSecond).fill('positions'))
    const refusal = { type: 'error', code: 'rateLimited', ref: 0, bound: limits.requestsPerSecond }
    expect(answers.slice(-2)).toMatchObject([refusal, refusal])
  })

  it('of many messages counts for as many', async () => {
    const venue = new TestVenue()
    venue.ratePerSecond = 10_000
    const socket = await venue.live('a')
    for (let ref = 1; ref <= 5_000; ref++) venue.send(socket, newOrder(ref, { priceTicks: 9_000 }))
    venue.sequencer.endTurn()
    socket.take()
    let answered = 0
    while (ask(venue, socket, { type: 'queryOpenOrders' })[0].type === 'openOrders') answered++
    expect(answered).toBe(limits.requestsPerSecond / 10)
  })

  it('that is not read closes the connection before long answers fill the memory', async () => {
    const venue = new TestVenue()
    const socket = await venue.live('a')
    for (let ref = 1; ref <= 500; ref++) venue.send(socket, newOrder(ref, farFromMarket))
    venue.sequencer.endTurn()
    socket.take()
    socket.unsent = 2_000_000
    // About 64 bytes a row, so that 16 MiB are 525 answers of 500 rows.
    const answers = Math.ceil(limits.maxUnsentBytes / 64 / 500)
    for (let count = 0; count < answers; count++) ask(venue, socket, { type: 'queryOpenOrders' })
    expect(socket.closedWith).toBeUndefined()
    expect(ask(venue, socket, { type: 'queryOpenOrders' })).toMatchObject([{ type: 'error', code: 'slowConsumer' }])
    expect(socket.closedWith?.reason).toBe('slowConsumer')
  })

  it('is notLoggedOn without a session, serviceHalted when order entry has stopped', async () => {
    const venue = new TestVenue()
    const [reader, trader] = [venue.connect('json'), await venue.live('a')]
    const queries: OutgoingMessage[] = [
      { type: 'queryOrder', orderRef: 1 },
      { type: 'queryOpenOrders' },
      { type: 'queryPositions' },
    ]
    reader.take()
    expect(ask(venue, reader, ...queries)).toMatchObject(Array(3).fill({ code: 'notLoggedOn', ref: 0 }))
    venue.log.failing = true
    expect(ask(venue, trader, newOrder(1), ...queries)).toMatchObject([
      { type: 'notice', code: 'orderEntryHalted' },
      ...Array(3).fill({ code: 'serviceHalted', ref: 0 }),
    ])
    expect(ask(venue, trader, ...queries)).toMatchObject(Array(3).fill({ code: 'serviceHalted', ref: 0 }))
  })
})

describe('a logon', () => {
  it('that asks for nothing past gets a snapshot: positions, then open orders, then new events', async () => {
    const venue = new TestVenue()
    const [maker, taker] = [await venue.live('a', { cancelOnDisconnect: false }), await venue.live('b')]
    ask(venue, maker, newOrder(1, { side: 'sell', quantityLots: 5 }), newOrder(2, { priceTicks: 9_000 }))
    ask(venue, taker, newOrder(1, { quantityLots: 2 }))
    const again = venue.connect('json')
    await venue.logOn(again, 'a', { nextEvent: 0 })
    expect(again.take().slice(1)).toMatchObject([
      { type: 'logonResult', snapshot: true, firstEvent: 4, nextEvent: 4, lastRef: 2, logId: venue.log.identity },
      { type: 'position', instrument: 1, positionLots: -2 },
      { type: 'openOrders', orders: [{ orderRef: 1, leavesLots: 3 }, { orderRef: 2 }], last: true },
    ])
    expect(ask(venue, again, newOrder(3, { priceTicks: 9_000 }))).toMatchObject([{ type: 'accepted', eventNumber: 4 }])
  })

  it('gets the events that it asks for, and no snapshot, as long as they are kept', async () => {
    const venue = new TestVenue()
    const socket = await venue.live('a', { cancelOnDisconnect: false })
    ask(venue, socket, newOrder(1), newOrder(2))
    for (const nextEvent of [1, 2, 3]) {
      const again = venue.connect()
      await venue.logOn(again, 'a', { nextEvent, cancelOnDisconnect: false })
      const [, result, , ...events] = again.take()
      expect(result).toMatchObject({ type: 'logonResult', snapshot: false, firstEvent: nextEvent, nextEvent: 3 })
      expect(types(events)).toEqual(Array(3 - nextEvent).fill('accepted'))
    }
  })

  it('gets a snapshot where the event that it asks for does not exist yet: it knows another exchange', async () => {
    const venue = new TestVenue()
    const socket = venue.connect()
    await venue.logOn(socket, 'a', { nextEvent: 2 })
    expect(socket.take().slice(1)).toMatchObject([
      { type: 'logonResult', snapshot: true, firstEvent: 1, nextEvent: 1 },
      { type: 'openOrders', orders: [], last: true },
    ])
  })
})

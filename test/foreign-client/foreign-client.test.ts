/**
 * Clients that share no code with this project, against a real engine. They were written from protocol/README.md alone;
 * each test is a claim of that page, in both encodings.
 */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EngineProcess } from '../support/engine-process.ts'
import { ForeignBook } from './book.ts'
import { type Encoding, type Fields, ForeignClient, type Logon } from './client.ts'
import { json } from './json.ts'
import { messagePackFloats, messagePackIntegers } from './messagepack.ts'

const encodings: [name: string, maker: Encoding, taker: Encoding][] = [
  ['MessagePack against JSON', messagePackIntegers, json],
  ['JSON against MessagePack', json, messagePackIntegers],
  ['MessagePack that knows only floats against MessagePack', messagePackFloats, messagePackIntegers],
]

const configuration = {
  instruments: [
    { symbol: 'BOLT', tickSize: '0.01', referencePrice: '25' },
    {
      ...{ symbol: 'ACME', tickSize: '0.01', referencePrice: '100', maxOrderQuantityLots: 10_000 },
      ...{ priceBandBasisPoints: 1_000, makerFeeBasisPoints: -0.2, takerFeeBasisPoints: 0.5 },
    },
  ],
  participants: [{ name: 'maker', sessions: ['main', 'desk'] }, { name: 'taker' }, { name: 'operator', admin: true }],
}

const limitOrder = { type: 'newOrder', orderType: 'limit', timeInForce: 'goodTillCancel' }

describe.each(encodings)('%s', (_, makerEncoding, takerEncoding) => {
  const engine = new EngineProcess({ configuration })
  /** ACME and the number of BOLT, as listInstruments tells them. */
  let acme: Fields
  let bolt: number
  const clients: ForeignClient[] = []

  const connect = async (encoding: Encoding) => {
    const client = await ForeignClient.connect(engine.url, encoding)
    clients.push(client)
    return client
  }
  const credentialsOf = (participant: string, keyOf = participant, session = 'main') => {
    const privateKey = readFileSync(engine.keyFile(keyOf, session), 'utf8')
    return { participant, session, privateKey }
  }
  const logOn = async (encoding: Encoding, participant: string, options?: Fields, session?: string) => {
    const client = await connect(encoding)
    const logon = await client.logOn(credentialsOf(participant, participant, session), options)
    let { lastRef } = logon.result as { lastRef: number }
    return { client, logon, nextRef: () => ++lastRef }
  }
  const logOnMaker = (options?: Fields) => logOn(makerEncoding, 'maker', options)
  const logOnTaker = (options?: Fields) => logOn(takerEncoding, 'taker', options)

  /** Section 8: notional × rate ÷ 10⁶, half a unit rounded up. */
  const expectFees = (fills: Fields[], rate: number) => {
    for (const { priceTicks, quantityLots, feeMinor } of fills as Record<string, number>[]) {
      const notionalMinor = priceTicks * quantityLots * (acme.tickValueMinor as number)
      expect(feeMinor).toBe(Math.floor((notionalMinor * rate) / 1e6 + 0.5))
    }
  }

  beforeAll(() => engine.start())
  afterAll(async () => {
    for (const client of clients) await client.close()
    await engine.stop()
    engine.clean()
  })

  it('tells everyone the instruments, without a session', async () => {
    const client = await connect(makerEncoding)
    expect(await client.take('challenge')).toMatchObject({ protocolVersion: 1, nonce: expect.any(String) })
    client.send({ type: 'listInstruments' })
    const { instruments } = await client.take('instrumentList')
    acme = (instruments as Fields[]).find(({ symbol }) => symbol === 'ACME')!
    bolt = (instruments as Fields[]).find(({ symbol }) => symbol === 'BOLT')!.instrument as number
    expect(acme).toMatchObject({ currencyDecimals: 2, tickSize: '0.01', referencePriceTicks: 10_000 })
  })

  it('refuses a logon with another key and closes with 4000 + code', async () => {
    const client = await connect(makerEncoding)
    client.logOn(credentialsOf('maker', 'taker')).catch(() => {})
    expect(await client.take('error')).toMatchObject({ code: 'logonFailed', ref: 0 })
    expect(await client.end()).toEqual({ code: 4007, reason: 'logonFailed' })
  })

  it('trades at the resting price in price-time order, and tells it to both sides and to everyone', async () => {
    const { instrument } = acme
    const maker = await logOnMaker()
    const taker = await logOnTaker()
    const observer = await connect(takerEncoding)
    for (const channel of ['book', 'top', 'trades', 'status']) observer.send({ type: 'subscribe', channel, instrument })
    for (const channel of ['book', 'top', 'trades', 'status']) await observer.take('subscribed', { channel })

    // One frame with three orders: 100 and 50 lots at one price, 70 at a worse one.
    const [first, second, third] = [maker.nextRef(), maker.nextRef(), maker.nextRef()]
    const sell = { ...limitOrder, instrument, side: 'sell' }
    maker.client.send(
      { ...sell, ref: first, quantityLots: 100, priceTicks: 10_010 },
      { ...sell, ref: second, quantityLots: 50, priceTicks: 10_010 },
      { ...sell, ref: third, quantityLots: 70, priceTicks: 10_020 },
    )
    const accepted = await maker.client.take('accepted', { ref: first })
    expect(accepted).toMatchObject({ side: 'sell', orderType: 'limit', quantityLots: 100, priceTicks: 10_010 })
    await maker.client.take('accepted', { ref: third })

    // Less quantity at the same price keeps the place in the queue; the third order goes.
    const replaceRef = maker.nextRef()
    const cancelRef = maker.nextRef()
    maker.client.send(
      { type: 'replaceOrder', ref: replaceRef, orderRef: first, quantityLots: 60, priceTicks: 10_010 },
      { type: 'cancelOrder', ref: cancelRef, orderRef: third },
    )
    expect(await maker.client.take('replaced', { ref: replaceRef })).toMatchObject({
      ...{ orderRef: first, orderId: accepted.orderId, quantityLots: 60, leavesLots: 60, priorityKept: true },
    })
    const cancelled = await maker.client.take('cancelled', { ref: cancelRef })
    expect(cancelled).toMatchObject({ orderRef: third, cancelledLots: 70, reason: 'requested' })

    // A buyer willing to pay more takes 60 lots of the first order and 20 of the second, at their price.
    const buyRef = taker.nextRef()
    const buy = { ...limitOrder, instrument, side: 'buy', timeInForce: 'immediateOrCancel' }
    taker.client.send({ ...buy, ref: buyRef, quantityLots: 80, priceTicks: 10_015 })
    await taker.client.take('accepted', { ref: buyRef })
    const taken = [await taker.client.take('filled'), await taker.client.take('filled')]
    const made = [await maker.client.take('filled'), await maker.client.take('filled')]
    expect(taken).toMatchObject([
      { orderRef: buyRef, side: 'buy', priceTicks: 10_010, quantityLots: 60, leavesLots: 20, liquidity: 'taker' },
      { orderRef: buyRef, side: 'buy', priceTicks: 10_010, quantityLots: 20, leavesLots: 0, liquidity: 'taker' },
    ])
    expect(made).toMatchObject([
      { orderRef: first, side: 'sell', priceTicks: 10_010, quantityLots: 60, leavesLots: 0, liquidity: 'maker' },
      { orderRef: second, side: 'sell', priceTicks: 10_010, quantityLots: 20, leavesLots: 30, liquidity: 'maker' },
    ])
    expectFees(taken, acme.takerFeeRate as number)
    expectFees(made, acme.makerFeeRate as number)

    // The same trades on the public channel, the new best price, and the totals.
    const trades: Fields[] = []
    while (trades.length < 2) trades.push(...((await observer.take('trades')).trades as Fields[]))
    const trade = { priceTicks: 10_010, aggressorSide: 'buy' }
    expect(trades).toEqual([
      { ...trade, tradeId: taken[0].tradeId, quantityLots: 60 },
      { ...trade, tradeId: taken[1].tradeId, quantityLots: 20 },
    ])
    expect(made.map(({ tradeId }) => tradeId)).toEqual(taken.map(({ tradeId }) => tradeId))
    expect(await observer.take('top', { askQuantityLots: 30 })).toMatchObject({
      bidQuantityLots: 0,
      askPriceTicks: 10_010,
    })
    const status = await observer.take('status', { tradeCount: 2 })
    expect(status).toMatchObject({ phase: 'continuous', lastPriceTicks: 10_010, volumeLots: 80 })
  })

  it('lets everyone build the book from its snapshot and its changes', async () => {
    const { instrument } = acme
    const { client, nextRef } = await logOnMaker()
    const observer = await connect(makerEncoding)
    observer.send({ type: 'subscribe', channel: 'book', instrument })
    const { sequence } = await observer.take('subscribed')
    const book = new ForeignBook()
    const snapshot = await observer.take('bookSnapshot')
    expect(snapshot).toMatchObject({ previousSequence: 0, sequence })
    book.apply(snapshot)

    const refs = Array.from({ length: 6 }, nextRef)
    for (const [index, ref] of refs.entries()) {
      const order = { ...limitOrder, ref, instrument, side: index % 2 ? 'sell' : 'buy', quantityLots: 10 + index }
      client.send({ ...order, priceTicks: index % 2 ? 10_030 + (index >> 2) : 9_990 - (index >> 2) })
      await client.take('accepted', { ref })
    }
    const lastRef = nextRef()
    client.send({ type: 'cancelOrder', ref: lastRef, orderRef: refs[0] })
    const { sequence: lastSequence } = await client.take('cancelled', { ref: lastRef })
    for (let last: Fields = {}; last.sequence !== lastSequence; ) {
      last = await observer.take('bookUpdate')
      book.apply(last)
    }
    expect([...book.bids]).toEqual([
      [9_990, '12 in 1'],
      [9_989, '14 in 1'],
    ])

    const late = await connect(takerEncoding)
    late.send({ type: 'subscribe', channel: 'book', instrument })
    const same = new ForeignBook()
    same.apply(await late.take('bookSnapshot'))
    expect(same.sides).toEqual(book.sides)
  })

  it('shows of an iceberg what it shows, and triggers a stop at its price', async () => {
    const maker = await logOnMaker()
    const taker = await logOnTaker()
    const observer = await connect(makerEncoding)
    observer.send({ type: 'subscribe', channel: 'top', instrument: bolt })
    const [iceberg, stop, buy] = [maker.nextRef(), taker.nextRef(), taker.nextRef()]
    const sell = { ...limitOrder, instrument: bolt, side: 'sell', quantityLots: 30, priceTicks: 2_510 }
    maker.client.send({ ...sell, ref: iceberg, displayQuantityLots: 10 })
    const accepted = await maker.client.take('accepted', { ref: iceberg })
    expect(accepted).toMatchObject({ quantityLots: 30, displayQuantityLots: 10, stopPriceTicks: 0, expireTimeUs: 0 })
    await observer.take('top', { askPriceTicks: 2_510, askQuantityLots: 10 })

    // The stop waits for a price of 2,510, which the buyer of 12 lots makes: 10 that are shown, and 2 of the next part.
    const terms = { type: 'newOrder', instrument: bolt, side: 'buy' }
    const waits = { orderType: 'stop', timeInForce: 'goodTillCancel', stopPriceTicks: 2_510 }
    taker.client.send({ ...terms, ...waits, ref: stop, quantityLots: 3 })
    expect(await taker.client.take('accepted', { ref: stop })).toMatchObject({ priceTicks: 0, stopPriceTicks: 2_510 })
    taker.client.send({ ...limitOrder, ...terms, ref: buy, quantityLots: 12, priceTicks: 2_510 })
    const bought = [await taker.client.take('filled'), await taker.client.take('filled')]
    expect(bought).toMatchObject([
      { orderRef: buy, quantityLots: 10, leavesLots: 2 },
      { orderRef: buy, quantityLots: 2, leavesLots: 0 },
    ])
    expect(await taker.client.take('triggered', { orderRef: stop })).toMatchObject({ sequence: bought[1].sequence })
    expect(await taker.client.take('filled', { orderRef: stop })).toMatchObject({ quantityLots: 3, priceTicks: 2_510 })
    await observer.take('top', { askQuantityLots: 5 })
    maker.client.send({ type: 'cancelOrder', ref: maker.nextRef(), orderRef: iceberg })
    expect(await maker.client.take('cancelled')).toMatchObject({ orderRef: iceberg, cancelledLots: 15 })
  })

  it('replaces quotes whole, and pulls them when they traded as much as their protection allows', async () => {
    const maker = await logOnMaker()
    const taker = await logOnTaker()
    const [protect, first, second] = [maker.nextRef(), maker.nextRef(), maker.nextRef()]
    const none = { maxNotionalMinor: 0, maxFills: 0, maxNetLots: 0 }
    const bounds = { type: 'setProtection', group: 7, intervalMs: 60_000, maxLots: 4, freezeMs: 0, ...none }
    maker.client.send({ ...bounds, ref: protect })
    await maker.client.take('carriedOut', { ref: protect })
    const quote = {
      instrument: bolt,
      bidPriceTicks: 2_490,
      bidQuantityLots: 5,
      askPriceTicks: 2_510,
      askQuantityLots: 5,
    }
    const massQuote = (ref: number, row: Fields) => ({ type: 'massQuote', ref, group: 7, quotes: [row] })
    maker.client.send(massQuote(first, quote), massQuote(second, { ...quote, bidPriceTicks: 2_495 }))
    const one = await maker.client.take('quoteAccepted', { ref: first })
    const other = await maker.client.take('quoteAccepted', { ref: second })
    expect(other).toMatchObject({ bidPriceTicks: 2_495, askOrderId: one.askOrderId, askQuantityLots: 5 })
    expect(other.bidOrderId).not.toBe(one.bidOrderId)
    expect(await maker.client.take('massQuoted', { ref: second })).toMatchObject({ acceptedCount: 1, rejectedCount: 0 })

    const sell = { ...limitOrder, instrument: bolt, side: 'sell', quantityLots: 4, priceTicks: 2_495 }
    taker.client.send({ ...sell, ref: taker.nextRef() })
    const fill = await maker.client.take('filled', { orderId: other.bidOrderId })
    expect(fill).toMatchObject({ orderRef: second, quantityLots: 4, leavesLots: 1, liquidity: 'maker' })
    const pulled = [await maker.client.take('cancelled'), await maker.client.take('cancelled')]
    expect(new Set(pulled.map(({ orderId }) => orderId))).toEqual(new Set([other.bidOrderId, one.askOrderId]))
    expect(pulled).toMatchObject([{ reason: 'protection' }, { reason: 'protection' }])
    expect(await maker.client.take('protectionTriggered')).toMatchObject({ group: 7, thawTimeUs: 0 })
  })

  it('collects orders for an auction that an admin begins, and trades them at one price when it ends', async () => {
    const maker = await logOnMaker()
    const taker = await logOnTaker()
    const operator = await logOn(makerEncoding, 'operator')
    const observer = await connect(takerEncoding)
    for (const channel of ['auction', 'status', 'trades']) {
      observer.send({ type: 'subscribe', channel, instrument: bolt })
      await observer.take('subscribed', { channel })
    }
    const change = async (who: typeof operator, phase: string, answer: string) => {
      const ref = who.nextRef()
      who.client.send({ type: 'changePhase', ref, instrument: bolt, phase })
      return who.client.take(answer, { ref })
    }
    expect(await change(taker, 'halted', 'rejected')).toMatchObject({ code: 'notAuthorized' })
    await change(operator, 'openingAuction', 'carriedOut')
    await observer.take('status', { phase: 'openingAuction' })
    const order = { ...limitOrder, instrument: bolt }
    const [buy, sell, market] = [maker.nextRef(), taker.nextRef(), taker.nextRef()]
    maker.client.send({ ...order, ref: buy, side: 'buy', quantityLots: 5, priceTicks: 2_505 })
    await maker.client.take('accepted', { ref: buy })
    taker.client.send({ ...order, ref: sell, side: 'sell', quantityLots: 3, priceTicks: 2_495 })
    await taker.client.take('accepted', { ref: sell })
    await observer.take('auctionIndication', { priceTicks: 2_505, volumeLots: 3, imbalanceLots: 2 })
    const immediate = { orderType: 'market', timeInForce: 'immediateOrCancel', side: 'sell', quantityLots: 1 }
    taker.client.send({ ...order, ...immediate, ref: market })
    expect(await taker.client.take('rejected', { ref: market })).toMatchObject({ code: 'wrongPhase', bound: 3 })

    await change(operator, 'continuous', 'carriedOut')
    for (const [{ client }, orderRef] of [
      [maker, buy],
      [taker, sell],
    ] as const) {
      const fill = { priceTicks: 2_505, quantityLots: 3, liquidity: 'auction' }
      expect(await client.take('filled', { orderRef })).toMatchObject(fill)
    }
    const { trades } = await observer.take('trades')
    expect(trades).toMatchObject([{ priceTicks: 2_505, quantityLots: 3, aggressorSide: 'any' }])
    await observer.take('auctionIndication', { priceTicks: 0, volumeLots: 0, imbalanceLots: 0 })
    await observer.take('status', { phase: 'continuous' })
  })

  it('ends a dated order at its time, though nobody sends anything', async () => {
    const { client, nextRef } = await logOnMaker()
    const [ref, expireTimeUs] = [nextRef(), Date.now() * 1_000 + 300_000]
    const dated = { ...limitOrder, timeInForce: 'goodTillDate', instrument: bolt, side: 'buy', quantityLots: 2 }
    client.send({ ...dated, ref, priceTicks: 2_400, expireTimeUs })
    expect(await client.take('accepted', { ref })).toMatchObject({ expireTimeUs })
    const expired = await client.take('expired', { orderRef: ref })
    expect(expired.expiredLots).toBe(2)
    expect(expired.engineTimeUs).toBeGreaterThanOrEqual(expireTimeUs)
  })

  it('names the rule that a command broke, and uses up its ref', async () => {
    const { instrument } = acme
    const { client, nextRef } = await logOnTaker()
    const reject = async (message: Fields) => {
      const ref = nextRef()
      client.send({ ...message, ref })
      return client.take('rejected', { ref })
    }
    const buy = { ...limitOrder, instrument, side: 'buy', quantityLots: 1, priceTicks: 10_000 }
    expect(await reject({ ...buy, instrument: 999 })).toMatchObject({ code: 'unknownInstrument', field: 'instrument' })
    const tooMany = await reject({ ...buy, quantityLots: 10_001 })
    expect(tooMany).toMatchObject({ code: 'quantityOutOfRange', field: 'quantityLots', bound: 10_000 })
    // The band reaches 10 % below the last trade at 10,010.
    const tooCheap = await reject({ ...buy, priceTicks: 9_008 })
    expect(tooCheap).toMatchObject({ code: 'priceBand', field: 'priceTicks', bound: 9_009 })
    expect(await reject({ type: 'cancelOrder', orderRef: 1_000_000 })).toMatchObject({ code: 'unknownOrder' })
    await client.close()

    const { logon } = await logOnTaker()
    expect(logon.result.lastRef).toBe(nextRef() - 1)
  })

  it('answers what it cannot take with an error, which uses up no ref', async () => {
    const { instrument } = acme
    const { client, logon, nextRef } = await logOnTaker()
    const ref = nextRef()
    const order = { ...limitOrder, ref, instrument, side: 'buy', priceTicks: 10_000 }
    client.send(order)
    expect(await client.take('error')).toMatchObject({ code: 'invalidField', ref, field: 'quantityLots' })
    client.send({ type: 'notice', text: 'only the engine sends this' })
    expect(await client.take('error')).toMatchObject({ code: 'unknownMessage', ref: 0 })
    client.send({ type: 'subscribe', channel: 'top', instrument: 999 })
    expect(await client.take('error')).toMatchObject({ code: 'unknownSubscription' })
    const stranger = await connect(takerEncoding)
    stranger.send({ ...order, quantityLots: 1 })
    expect(await stranger.take('error')).toMatchObject({ code: 'notLoggedOn', ref })
    await client.close()
    expect((await logOnTaker()).logon.result.lastRef).toBe(logon.result.lastRef)
  })

  it('carries a command out once, however often it is sent', async () => {
    const { client, nextRef } = await logOnTaker()
    const ref = nextRef()
    const order = { ...limitOrder, ref, instrument: acme.instrument, side: 'buy', quantityLots: 5, priceTicks: 9_900 }
    client.send(order, order)
    await client.take('accepted', { ref })
    expect(await client.take('error')).toMatchObject({ code: 'duplicateRef', ref, bound: ref })
    const cancelRef = nextRef()
    client.send({ type: 'massCancel', ref: cancelRef })
    expect(await client.take('massCancelled', { ref: cancelRef })).toMatchObject({ orderCount: 1 })
  })

  it('tells a session that comes back what happened while it was away', async () => {
    const { instrument } = acme
    const maker = await logOnMaker({ cancelOnDisconnect: false })
    const taker = await logOnTaker()
    const ref = maker.nextRef()
    maker.client.send({ ...limitOrder, ref, instrument, side: 'sell', quantityLots: 10, priceTicks: 9_995 })
    const { eventNumber } = (await maker.client.take('accepted', { ref })) as { eventNumber: number }
    const before = positionOf(maker.logon, instrument)
    await maker.client.close()

    const buy = { ...limitOrder, instrument, side: 'buy', timeInForce: 'immediateOrCancel', quantityLots: 4 }
    taker.client.send({ ...buy, ref: taker.nextRef(), priceTicks: 9_995 })
    await taker.client.take('filled')

    const again = await logOnMaker({ nextEvent: eventNumber + 1 })
    expect(again.logon.result).toMatchObject({ lastRef: ref, firstEvent: eventNumber + 1, nextEvent: eventNumber + 2 })
    expect(await again.client.take('filled')).toMatchObject({
      ...{ eventNumber: eventNumber + 1, orderRef: ref, quantityLots: 4, leavesLots: 6 },
    })
    expect(positionOf(again.logon, instrument)).toBe(before - 4)
  })

  it('tells one who remembers nothing the orders and positions that he has, at logon and whenever he asks', async () => {
    const { instrument } = acme
    const first = await logOnMaker({ cancelOnDisconnect: false })
    const [ref, gone] = [first.nextRef(), first.nextRef()]
    const sell = { ...limitOrder, instrument, side: 'sell', quantityLots: 7, priceTicks: 10_030 }
    first.client.send(
      { ...sell, ref },
      { ...sell, ref: gone },
      { type: 'cancelOrder', ref: first.nextRef(), orderRef: gone },
    )
    const { orderId } = await first.client.take('accepted', { ref })
    const { eventNumber } = (await first.client.take('cancelled')) as { eventNumber: number }
    await first.client.close()

    const { client, logon, nextRef } = await logOnMaker({ nextEvent: 0 })
    const nextEvent = eventNumber + 1
    expect(logon.result).toMatchObject({ snapshot: true, lastRef: gone + 1, firstEvent: nextEvent, nextEvent })
    expect(logon.result.logId).toBe(first.logon.result.logId)
    const order = {
      orderRef: ref,
      orderId,
      instrument,
      side: 'sell',
      leavesLots: 7,
      priceTicks: 10_030,
      isQuote: false,
    }
    expect(logon.orders.find(({ orderRef }) => orderRef === ref)).toMatchObject(order)
    expect(logon.orders.some(({ orderRef }) => orderRef === gone)).toBe(false)

    client.send({ type: 'queryOrder', orderRef: ref }, { type: 'queryOrder', orderRef: gone })
    expect(await client.take('orderStatus')).toMatchObject({ orderRef: ref, state: 'open', orders: [order] })
    expect(await client.take('orderStatus')).toMatchObject({ orderRef: gone, state: 'notOpen', orders: [] })
    const unsent = nextRef()
    client.send({ type: 'queryOrder', orderRef: unsent })
    expect(await client.take('orderStatus')).toMatchObject({ state: 'notProcessed', lastRef: unsent - 1 })
    client.send({ type: 'queryOpenOrders' }, { type: 'queryPositions' })
    expect(await client.takeOpenOrders()).toEqual(logon.orders)
    const { positions } = await client.take('positions')
    expect(positions).toEqual(logon.positions.map(({ type, ...row }) => row))
    client.send({ type: 'massCancel', ref: unsent })
    await client.take('massCancelled')
  })

  it('copies what one session does to another of the participant, which goes on later where it was', async () => {
    const trader = await logOnMaker()
    const desk = await logOn(takerEncoding, 'maker', {}, 'desk')
    desk.client.send({ type: 'subscribeDropCopy', sessions: [] })
    const { sessions } = (await desk.client.take('dropCopySubscribed')) as { sessions: Fields[] }
    expect(sessions.map(({ session }) => session)).toEqual(['main', 'desk'])
    const first = sessions[0].nextEvent as number
    const bid = { ...limitOrder, instrument: bolt, side: 'buy', quantityLots: 2, priceTicks: 2_300 }
    const refs = [trader.nextRef(), trader.nextRef()]
    trader.client.send({ ...bid, ref: refs[0] })
    expect(await desk.client.takeCopy()).toMatchObject({
      of: 'main',
      type: 'accepted',
      ref: refs[0],
      eventNumber: first,
    })
    expect(desk.client.inbox.some(({ type }) => type === 'accepted')).toBe(false)
    await desk.client.close()

    trader.client.send({ ...bid, ref: refs[1] }, { type: 'massCancel', ref: trader.nextRef() })
    await trader.client.take('massCancelled')
    const again = await logOn(takerEncoding, 'maker', {}, 'desk')
    again.client.send({ type: 'subscribeDropCopy', sessions: [{ session: 'main', nextEvent: first + 1 }] })
    const missed = [await again.client.takeCopy(), await again.client.takeCopy(), await again.client.takeCopy()]
    expect(missed).toMatchObject([
      { of: 'main', type: 'accepted', ref: refs[1], eventNumber: first + 1 },
      { of: 'main', type: 'cancelled', orderRef: refs[0], eventNumber: first + 2 },
      { of: 'main', type: 'cancelled', orderRef: refs[1], eventNumber: first + 3 },
    ])
    again.client.send({ type: 'subscribeDropCopy', sessions: [{ session: 'nobody', nextEvent: 1 }] })
    expect(await again.client.take('error')).toMatchObject({ code: 'invalidField', field: 'sessions', ref: 0 })
  })

  it('cancels the orders of a session whose connection ends, unless it asked for the opposite', async () => {
    const maker = await logOnMaker()
    const ref = maker.nextRef()
    const sell = { ...limitOrder, instrument: acme.instrument, side: 'sell', quantityLots: 10, priceTicks: 10_040 }
    maker.client.send({ ...sell, ref })
    const { eventNumber } = (await maker.client.take('accepted', { ref })) as { eventNumber: number }
    await maker.client.close()
    const again = await logOnMaker({ nextEvent: eventNumber + 1 })
    const cancelled = await again.client.take('cancelled', { orderRef: ref })
    expect(cancelled).toMatchObject({ ref: 0, cancelledLots: 10, reason: 'disconnected' })
  })

  it('gives a session to the newer logon and closes the older connection', async () => {
    const older = await logOnMaker()
    const newer = await logOnMaker()
    expect(await older.client.take('error')).toMatchObject({ code: 'superseded' })
    expect(await older.client.end()).toEqual({ code: 4011, reason: 'superseded' })
    newer.client.send({ type: 'cancelOrder', ref: newer.nextRef(), orderRef: 1 })
    await newer.client.take('rejected')
  })
})

function positionOf(logon: Logon, instrument: Fields[string]): number {
  const position = logon.positions.find((entry) => entry.instrument === instrument)
  return (position?.positionLots as number | undefined) ?? 0
}

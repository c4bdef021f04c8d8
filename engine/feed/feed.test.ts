import { describe, expect, it } from 'vitest'
import type { OutgoingMessage } from '../../protocol/messages.ts'
import { EventBuffer, Exchange, eventWidth, isPublicEvent } from '../core/index.ts'
import { newOrder, TestVenue } from '../venue-fixture.ts'
import { Feed } from './feed.ts'

const sell = { side: 'sell' } as const

describe('the feed', () => {
  it('answers a subscription with subscribed and a snapshot, then sends changes whose sequences form a chain', async () => {
    const venue = new TestVenue()
    const trader = await venue.live('a')
    venue.send(
      trader,
      newOrder(1),
      newOrder(2, { priceTicks: 9_990, quantityLots: 4 }),
      newOrder(3, { quantityLots: 2 }),
    )
    venue.sequencer.endTurn()
    const reader = venue.connect('json')
    reader.take()
    venue.send(reader, { type: 'subscribe', channel: 'book', instrument: 1 })
    venue.sequencer.endTurn()
    expect(reader.take()).toEqual([
      { type: 'subscribed', channel: 'book', instrument: 1, sequence: 10 },
      {
        type: 'bookSnapshot',
        instrument: 1,
        previousSequence: 0,
        sequence: 10,
        engineTimeUs: venue.clock.wall,
        bids: [
          { priceTicks: 10_000, quantityLots: 3, orderCount: 2 },
          { priceTicks: 9_990, quantityLots: 4, orderCount: 1 },
        ],
        asks: [],
      },
    ])
    venue.send(trader, newOrder(4, { ...sell, priceTicks: 10_010 }))
    venue.sequencer.endTurn()
    venue.send(trader, { type: 'cancelOrder', ref: 5, orderRef: 2 })
    venue.sequencer.endTurn()
    expect(reader.take()).toMatchObject([
      {
        type: 'bookUpdate',
        previousSequence: 10,
        sequence: 11,
        changes: [{ side: 'sell', priceTicks: 10_010, quantityLots: 1, orderCount: 1 }],
      },
      {
        type: 'bookUpdate',
        previousSequence: 11,
        sequence: 12,
        changes: [{ side: 'buy', priceTicks: 9_990, quantityLots: 0, orderCount: 0 }],
      },
    ])
  })

  it('sends one message per instrument and channel for all that a turn changed, each level as it is at its end', async () => {
    const venue = new TestVenue()
    const [maker, taker, reader] = [await venue.live('a'), await venue.live('b'), venue.connect()]
    for (const channel of ['book', 'top', 'trades'] as const) {
      venue.send(reader, { type: 'subscribe', channel, instrument: 0 })
    }
    venue.sequencer.endTurn()
    reader.take()
    venue.send(maker, newOrder(1, { ...sell, quantityLots: 5 }), newOrder(2, { ...sell, quantityLots: 5 }))
    venue.send(taker, newOrder(1, { quantityLots: 4 }), newOrder(2, { quantityLots: 4 }))
    venue.send(maker, newOrder(3, { instrument: 2, priceTicks: 2_500 }))
    venue.sequencer.endTurn()
    const head = { previousSequence: 0, instrument: 1, sequence: 12 }
    expect(reader.take()).toMatchObject([
      { type: 'bookUpdate', ...head, changes: [{ side: 'sell', priceTicks: 10_000, quantityLots: 2, orderCount: 1 }] },
      { type: 'top', ...head, askPriceTicks: 10_000, askQuantityLots: 2, bidQuantityLots: 0 },
      {
        type: 'trades',
        ...head,
        trades: [
          { tradeId: 1, quantityLots: 4, aggressorSide: 'buy' },
          { tradeId: 2, quantityLots: 1 },
          { tradeId: 3, quantityLots: 3 },
        ],
      },
      { type: 'bookUpdate', instrument: 2, previousSequence: 0, sequence: 13 },
      { type: 'top', instrument: 2, previousSequence: 0, sequence: 13 },
    ])
  })

  it('says nothing of the top when only levels behind it changed', async () => {
    const venue = new TestVenue()
    const [trader, reader] = [await venue.live('a'), venue.connect()]
    venue.send(reader, { type: 'subscribe', channel: 'top', instrument: 1 })
    venue.send(trader, newOrder(1))
    venue.sequencer.endTurn()
    reader.take()
    venue.send(trader, newOrder(2, { priceTicks: 9_000 }))
    venue.sequencer.endTurn()
    venue.send(trader, newOrder(3))
    venue.sequencer.endTurn()
    expect(reader.take()).toMatchObject([{ type: 'top', previousSequence: 8, sequence: 10, bidQuantityLots: 2 }])
  })

  it('keeps the chain while nobody listens, and publishes nothing', async () => {
    const venue = new TestVenue()
    const [trader, reader] = [await venue.live('a'), venue.connect()]
    venue.send(trader, newOrder(1))
    venue.sequencer.endTurn()
    expect(venue.published).toBe(0)
    venue.send(reader, { type: 'subscribe', channel: 'book', instrument: 1 })
    venue.sequencer.endTurn()
    venue.send(reader, { type: 'unsubscribe', channel: 'book', instrument: 1 })
    venue.sequencer.endTurn()
    expect(reader.take().slice(1)).toMatchObject([
      { type: 'subscribed', sequence: 8 },
      { type: 'bookSnapshot', sequence: 8 },
      { type: 'unsubscribed', channel: 'book', instrument: 1 },
    ])
    venue.send(trader, newOrder(2))
    venue.sequencer.endTurn()
    expect(reader.take()).toEqual([])
    venue.send(reader, { type: 'subscribe', channel: 'book', instrument: 1 })
    venue.sequencer.endTurn()
    expect(reader.take()[0]).toMatchObject({ type: 'subscribed', sequence: 9 })
  })

  it('publishes a status that changed, and each totals once', async () => {
    const venue = new TestVenue()
    const [trader, reader] = [await venue.live('a'), venue.connect('json')]
    venue.send(reader, { type: 'subscribe', channel: 'status', instrument: 0 })
    venue.sequencer.endTurn()
    expect(reader.take().map(({ type }) => type)).toEqual([
      'challenge',
      ...Array(2).fill(['subscribed', 'status']).flat(),
    ])
    venue.send(trader, newOrder(1), { type: 'cancelOrder', ref: 2, orderRef: 1 })
    venue.sequencer.endTurn()
    venue.feed.publishStatus()
    venue.feed.publishStatus()
    expect(reader.take()).toMatchObject([
      {
        type: 'status',
        instrument: 1,
        phase: 'continuous',
        commandCount: 2,
        tradeCount: 0,
        previousSequence: 0,
        sequence: 9,
      },
    ])
  })

  it('publishes a change of phase at once, whoever caused it', async () => {
    const venue = new TestVenue()
    const [admin, reader] = [await venue.live('b'), venue.connect()]
    venue.send(reader, { type: 'subscribe', channel: 'status', instrument: 1 })
    venue.sequencer.endTurn()
    reader.take()
    venue.send(admin, { type: 'changePhase', ref: 1, instrument: 0, phase: 'halted' })
    venue.sequencer.endTurn()
    expect(reader.take()).toMatchObject([{ type: 'status', instrument: 1, phase: 'halted', sequence: 8 }])
    const late = venue.connect('json')
    venue.send(late, { type: 'subscribe', channel: 'status', instrument: 2 })
    venue.sequencer.endTurn()
    expect(late.take()[2]).toMatchObject({ type: 'status', instrument: 2, phase: 'halted' })
  })

  it('publishes what an auction would do after each turn that changed it, and zeros when it is over', async () => {
    const venue = new TestVenue()
    const [maker, admin, reader] = [await venue.live('a'), await venue.live('b'), venue.connect()]
    const turn = (...messages: OutgoingMessage[]) => {
      for (const message of messages) venue.send('phase' in message ? admin : maker, message)
      venue.sequencer.endTurn()
      return reader.take()
    }
    const phase = (ref: number, to: 'openingAuction' | 'continuous') =>
      ({ type: 'changePhase', ref, instrument: 1, phase: to }) as const
    for (const channel of ['auction', 'trades'] as const) {
      venue.send(reader, { type: 'subscribe', channel, instrument: 1 })
    }
    const nothing = { priceTicks: 0, volumeLots: 0, imbalanceLots: 0 }
    expect(turn()[2]).toMatchObject({ type: 'auctionIndication', previousSequence: 0, ...nothing })
    expect(turn(phase(1, 'openingAuction'), newOrder(1, { quantityLots: 7, priceTicks: 10_020 }))).toEqual([])
    venue.send(admin, newOrder(2, { ...sell, quantityLots: 4, priceTicks: 10_010 }))
    const [first, ...others] = turn()
    // 4 of 7 lots trade; 3 are left to buy, so that it is the highest price at which as much trades.
    const indication = { priceTicks: 10_020, volumeLots: 4, imbalanceLots: 3 }
    expect([first, others]).toMatchObject([{ type: 'auctionIndication', previousSequence: 0, ...indication }, []])
    // A sell above the auction price changes the book, but not what the auction would do.
    venue.send(admin, newOrder(3, { ...sell, priceTicks: 10_050 }))
    expect(turn()).toEqual([])
    const late = venue.connect('json')
    venue.send(late, { type: 'subscribe', channel: 'auction', instrument: 0 })
    venue.sequencer.endTurn()
    expect(late.take()[2]).toMatchObject({ type: 'auctionIndication', instrument: 1, ...indication })
    expect(turn(phase(4, 'continuous'))).toMatchObject([
      { type: 'trades', trades: [{ priceTicks: 10_020, quantityLots: 4, aggressorSide: 'any' }] },
      { type: 'auctionIndication', previousSequence: 'sequence' in first && first.sequence, ...nothing },
    ])
    expect(turn(newOrder(2))).toEqual([])
  })

  it('begins after a restart with what the log gave', async () => {
    const kept: Uint8Array<ArrayBuffer>[] = []
    const before = new TestVenue(kept)
    before.send(await before.live('a'), newOrder(1))
    before.sequencer.endTurn()
    const venue = new TestVenue(kept)
    const reader = venue.connect()
    venue.send(reader, { type: 'subscribe', channel: 'top', instrument: 1 })
    venue.sequencer.endTurn()
    expect(reader.take().slice(1)).toMatchObject([
      { type: 'subscribed', sequence: 8 },
      { type: 'top', previousSequence: 0, sequence: 8, bidPriceTicks: 10_000, bidQuantityLots: 1 },
    ])
  })

  it('begins after a start from a snapshot with what the exchange holds', async () => {
    const before = new TestVenue()
    before.send(await before.live('a'), newOrder(1), newOrder(2, { ...sell, priceTicks: 10_020, quantityLots: 3 }))
    before.sequencer.endTurn()
    const exchange = Exchange.fromImage(before.exchange.image())
    const feed = new Feed(exchange, before)
    const sent: OutgoingMessage[] = []
    const send = (...messages: OutgoingMessage[]) => sent.push(...messages)
    const subscriber = { encoding: 'json', subscribe: () => {}, unsubscribe: () => {}, send } as const
    for (const channel of ['top', 'book', 'trades'] as const) feed.subscribe(subscriber, channel, 1)
    const { sequence } = exchange
    const best = { bidPriceTicks: 10_000, bidQuantityLots: 1, askPriceTicks: 10_020, askQuantityLots: 3 }
    expect(sent).toMatchObject([
      { type: 'subscribed', sequence },
      { type: 'top', sequence, ...best },
      { type: 'subscribed', sequence },
      { type: 'bookSnapshot', sequence, bids: [{ priceTicks: 10_000 }], asks: [{ priceTicks: 10_020 }] },
      { type: 'subscribed', sequence },
    ])
  })

  it('tells after a start from a snapshot which command emptied the book since', async () => {
    const before = new TestVenue()
    before.send(await before.live('a'), newOrder(1))
    before.sequencer.endTurn()
    const exchange = Exchange.fromImage(before.exchange.image())
    const feed = new Feed(exchange, before)
    const events = new EventBuffer()
    const { sequence, timeUs } = exchange
    const session = 1
    exchange.applyDefinition({ type: 'sessionDisconnected' }, sequence + 1, timeUs, session, events)
    const { data, length } = events
    for (let base = 0; base < length; base += eventWidth(data[base])) {
      if (isPublicEvent(data[base])) feed.take(data, base)
    }
    feed.publish()
    const sent: OutgoingMessage[] = []
    const send = (...messages: OutgoingMessage[]) => sent.push(...messages)
    feed.subscribe({ encoding: 'json', subscribe: () => {}, unsubscribe: () => {}, send }, 'top', 1)
    const empty = { bidPriceTicks: 0, bidQuantityLots: 0, askPriceTicks: 0, askQuantityLots: 0 }
    expect(sent[1]).toMatchObject({ type: 'top', sequence: sequence + 1, ...empty })
  })

  it('refuses an instrument that does not exist', () => {
    const venue = new TestVenue()
    const reader = venue.connect()
    venue.send(reader, { type: 'subscribe', channel: 'top', instrument: 3 })
    venue.send(reader, { type: 'unsubscribe', channel: 'top', instrument: 99 })
    venue.sequencer.endTurn()
    const refusal = { type: 'error', code: 'unknownSubscription', field: 'instrument' }
    expect(reader.take().slice(1)).toMatchObject([refusal, refusal])
  })
})

/** Commands that are no order entry, quotes, and what a session may ask, over a whole venue. Participant b is an admin. */
import { describe, expect, it } from 'vitest'
import type { OutgoingMessage } from '../../protocol/messages.ts'
import { MemoryLog } from '../log/memory-log.ts'
import { fixtureConfiguration, newOrder, type TestSocket, TestVenue } from '../venue-fixture.ts'

const halt = (ref: number, instrument = 1): OutgoingMessage<'changePhase'> => {
  return { type: 'changePhase', ref, instrument, phase: 'halted' }
}
const quote = { bidPriceTicks: 9_990, bidQuantityLots: 5, askPriceTicks: 10_010, askQuantityLots: 5 }

/** What a socket gets for one frame. */
function ask(venue: TestVenue, socket: TestSocket, ...messages: OutgoingMessage[]) {
  venue.send(socket, ...messages)
  venue.sequencer.endTurn()
  return socket.take()
}

describe("an admin's command", () => {
  it('is carried out and answered like an order: numbered, logged, and not applied twice', async () => {
    const kept: Uint8Array<ArrayBuffer>[] = []
    const venue = new TestVenue(kept)
    const admin = await venue.live('b')
    expect(ask(venue, admin, halt(5), halt(5))).toMatchObject([
      { type: 'carriedOut', eventNumber: 1, ref: 5 },
      { type: 'error', code: 'duplicateRef', ref: 5, bound: 5 },
    ])
    const trader = await venue.live('a')
    expect(ask(venue, trader, newOrder(1))).toMatchObject([{ type: 'rejected', code: 'wrongPhase', bound: 4 }])
    const limit = { type: 'changeLimit', participant: 'a', limit: 'maxOpenOrders', value: 3 } as const
    const block = { type: 'blockParticipant', ref: 7, participant: 'a' } as const
    expect(ask(venue, admin, { ...limit, ref: 6 }, block)).toMatchObject([{ ref: 6 }, { type: 'carriedOut', ref: 7 }])
    expect(venue.exchange.participant(1)).toMatchObject({ maxOpenOrders: 3, isBlocked: true })

    const recovered = new TestVenue(kept)
    expect(recovered.recovery.stateHash).toBe(venue.exchange.stateHash())
    const again = recovered.connect('json')
    await recovered.logOn(again, 'b', { nextEvent: 1 })
    expect(again.take().slice(2)).toMatchObject([5, 6, 7].map((ref) => ({ type: 'carriedOut', ref })))
  })

  it('of somebody else is rejected, and one without a session refused', async () => {
    const venue = new TestVenue()
    const trader = await venue.live('a')
    expect(ask(venue, trader, halt(1))).toMatchObject([{ type: 'rejected', ref: 1, code: 'notAuthorized' }])
    const anonymous = venue.connect('json')
    anonymous.take()
    expect(ask(venue, anonymous, halt(2))).toMatchObject([{ type: 'error', code: 'notLoggedOn', ref: 2 }])
  })

  it('counts as a command for the rate of its session', async () => {
    const venue = new TestVenue()
    venue.ratePerSecond = 1
    const admin = await venue.live('b')
    expect(ask(venue, admin, halt(1), halt(2))).toMatchObject([
      { type: 'error', code: 'rateLimited', ref: 2 },
      { type: 'carriedOut', ref: 1 },
    ])
  })

  it('is refused once the log cannot be written', async () => {
    const venue = new TestVenue()
    const admin = await venue.live('b')
    venue.log.failing = true
    venue.send(admin, halt(1))
    venue.sequencer.endTurn()
    admin.take()
    expect(ask(venue, admin, halt(2))).toMatchObject([{ type: 'error', code: 'serviceHalted', ref: 2 }])
  })
})

describe('a mass quote', () => {
  const massQuote = (ref: number): OutgoingMessage<'massQuote'> => {
    return { type: 'massQuote', ref, group: 1, quotes: [1, 2, 9].map((instrument) => ({ instrument, ...quote })) }
  }

  it.each(['msgpack', 'json'] as const)('is answered row by row and at last as a whole, in %s', async (encoding) => {
    const venue = new TestVenue()
    const maker = venue.connect(encoding)
    await venue.logOn(maker, 'a')
    maker.take()
    expect(ask(venue, maker, massQuote(1))).toMatchObject([
      { type: 'quoteAccepted', ref: 1, instrument: 1, bidOrderId: 1, ...quote, askOrderId: 2 },
      { type: 'quoteRejected', ref: 1, instrument: 2, code: 'priceBand', field: 'bidPriceTicks' },
      { type: 'quoteRejected', ref: 1, instrument: 9, code: 'unknownInstrument', field: 'instrument' },
      { type: 'massQuoted', ref: 1, acceptedCount: 1, rejectedCount: 2 },
    ])
  })

  it('is logged as it came, and gives the same after a restart', async () => {
    const kept: Uint8Array<ArrayBuffer>[] = []
    const venue = new TestVenue(kept)
    const maker = await venue.live('a')
    ask(venue, maker, massQuote(1))
    const protect = { intervalMs: 1_000, maxLots: 3, maxNotionalMinor: 0, maxFills: 0, maxNetLots: 0, freezeMs: 500 }
    const answers = ask(venue, maker, { type: 'setProtection', ref: 2, group: 1, ...protect })
    expect(answers).toMatchObject([{ type: 'carriedOut', ref: 2 }])
    ask(venue, await venue.live('b'), newOrder(1, { quantityLots: 3, priceTicks: 10_010 }))
    expect(maker.take()).toMatchObject([
      { type: 'filled', orderRef: 1, side: 'sell', quantityLots: 3, leavesLots: 2 },
      { type: 'cancelled', orderId: 1, reason: 'protection' },
      { type: 'cancelled', orderId: 2, reason: 'protection' },
      { type: 'protectionTriggered', group: 1, thawTimeUs: venue.clock.wall + 500_000 },
    ])
    expect(ask(venue, maker, massQuote(3))).toMatchObject([{ type: 'rejected', code: 'groupFrozen' }])
    expect(ask(venue, maker, { type: 'resetProtection', ref: 4, group: 1 })).toMatchObject([{ type: 'carriedOut' }])
    expect(ask(venue, maker, massQuote(5))[0]).toMatchObject({ type: 'quoteAccepted' })
    expect(new TestVenue(kept).recovery.stateHash).toBe(venue.exchange.stateHash())
  })
})

describe('a session', () => {
  it('may ask for its obligations, and gets them as they are released', async () => {
    const venue = new TestVenue()
    const maker = await venue.live('a')
    expect(ask(venue, maker, { type: 'queryObligations' })).toEqual([{ type: 'obligations', obligations: [] }])
    const anonymous = venue.connect()
    anonymous.take()
    const refused = ask(venue, anonymous, { type: 'queryObligations' })
    expect(refused).toMatchObject([{ type: 'error', code: 'notLoggedOn' }])
  })

  it('gets its obligations up to now, whether or not a command came since it quoted', async () => {
    const venue = new TestVenue()
    const definition = { instrument: 1, ...fixtureConfiguration.instruments[0], quoteMaxSpreadTicks: 20 }
    venue.sequencer.submitDefinition({ type: 'instrumentDefined', instruments: [definition] }, 0)
    const maker = await venue.live('a')
    ask(venue, maker, { type: 'massQuote', ref: 1, group: 1, quotes: [{ instrument: 1, ...quote }] })
    venue.clock.ms += 7
    const [atOnce] = ask(venue, maker, { type: 'queryObligations' })
    expect(atOnce).toMatchObject({ obligations: [{ instrument: 1, metUs: 7_000 }] })
    venue.clock.ms += 5
    const [later] = ask(venue, maker, { type: 'queryObligations' })
    expect(later).toMatchObject({ obligations: [{ instrument: 1, metUs: 12_000 }] })
  })

  it('is told at logon what its positions cost and what they made', async () => {
    const venue = new TestVenue()
    const maker = await venue.live('a')
    const taker = await venue.live('b')
    ask(
      venue,
      maker,
      newOrder(1, { side: 'sell', quantityLots: 5 }),
      newOrder(2, { quantityLots: 2, priceTicks: 9_990 }),
    )
    ask(
      venue,
      taker,
      newOrder(1, { quantityLots: 5 }),
      newOrder(2, { side: 'sell', quantityLots: 2, priceTicks: 9_990 }),
    )
    venue.disconnect(taker)
    const again = venue.connect()
    await venue.logOn(again, 'b')
    // Bought 5 at 100.00, sold 2 of them at 99.90: 3 lots that cost 300.00 are left, worth 99.90 each.
    expect(again.take()[2]).toEqual({
      type: 'position',
      instrument: 1,
      positionLots: 3,
      cashMinor: -50_000 + 19_980,
      feesMinor: 0,
      costMinor: 30_000,
      realisedMinor: -20,
      unrealisedMinor: -30,
    })
  })

  it('has its commands in the log with their session', async () => {
    const kept: Uint8Array<ArrayBuffer>[] = []
    const venue = new TestVenue(kept)
    ask(venue, await venue.live('b'), halt(1))
    const sessions: number[] = []
    new MemoryLog(kept).replay(({ session }) => sessions.push(session))
    expect(sessions.at(-1)).toBe(2)
  })
})

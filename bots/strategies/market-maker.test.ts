import { expect, test } from 'vitest'
import { fakeInstrument, positionOf } from '../../protocol/client/fake-engine.ts'
import { BookBuilder } from '../../protocol/client/index.ts'
import { Desk } from '../runtime/desk.ts'
import { SimulatedVenue } from '../runtime/simulated-venue.ts'
import { WorkingOrders } from '../runtime/working-orders.ts'
import { MarketMaker } from './market-maker.ts'

const limits = { maxPositionLots: 100, stopLossMinor: 1_000_000, maxSilenceMs: 1_000 }
const parameters = { spreadTicks: 10, skewTicks: 5, sizeLots: 10, maxPositionLots: 100 }

function stand() {
  const book = new BookBuilder()
  const venue = new SimulatedVenue()
  const orders = new WorkingOrders(venue)
  venue.listener = orders
  const desk = new Desk(fakeInstrument, orders, { book: () => book, silenceMs: 0 }, limits)
  return { book, desk, venue, maker: new MarketMaker(desk, parameters, 50) }
}

test('in an empty market it quotes around the reference price', () => {
  const { venue, maker } = stand()
  maker.act(0)
  expect(venue.requests).toEqual(['new buy 10@9995 postOnly', 'new sell 10@10005 postOnly'])
})

test('its own quotes are no news: it stays where it is', () => {
  const { book, venue, maker } = stand()
  maker.act(0)
  venue.answerAll()
  const level = (priceTicks: number) => ({ priceTicks, quantityLots: 10, orderCount: 1 })
  book.apply({
    type: 'bookSnapshot',
    instrument: 1,
    previousSequence: 0,
    sequence: 2,
    engineTimeUs: 2,
    bids: [level(9_995)],
    asks: [level(10_005)],
  })
  venue.requests.length = 0
  for (let nowMs = 1_000; nowMs < 60_000; nowMs += 1_000) maker.act(nowMs)
  expect(venue.requests).toEqual([])
})

test('after it bought, both quotes are lower and the bid is smaller', () => {
  const { desk, venue, maker } = stand()
  maker.act(0)
  venue.answerAll()
  desk.position.onPosition(positionOf({ positionLots: 40, cashMinor: 0, feesMinor: 0 }))
  maker.act(50)
  venue.answerAll()
  expect(venue.workingQuotes()).toEqual(['buy 6@9993', 'sell 10@10003'])
})

/** What the columns of events say where the lines of other tests leave something out; events.ts has their meaning. */
import { describe, expect, it } from 'vitest'
import { enumerations } from '../../protocol/messages.ts'
import { EventBuffer, eventLayout, eventType } from './events.ts'
import { Venue } from './exchange-fixture.ts'

const { DETAIL_1, DETAIL_2, DETAIL_3, DISPLAY_LOTS, EXPIRE_TIME_US, LEAVES_LOTS, ORDER_ID, ORDER_REF } = eventLayout
const { PRICE_TICKS, QUANTITY_LOTS, REF, TYPE } = eventLayout
const { orderType, timeInForce } = enumerations

/** These columns of the first event of this type. */
function columns(venue: Venue, type: keyof typeof eventType, ...of: number[]): number[] {
  const index = venue.columnOfEvents(TYPE).indexOf(eventType[type])
  expect(index, type).toBeGreaterThanOrEqual(0)
  return of.map((column) => venue.columnOfEvents(column)[index])
}

describe('accepted', () => {
  it('says type, time in force, stop price, display quantity and expiry as sent', () => {
    const venue = new Venue()
    const expireTimeUs = 1_000_000
    const timed = { timeInForce: 'goodTillDate', expireTimeUs } as const
    venue.buy('A', 9, 120, { type: 'stopLimit', stopPriceTicks: 110, displayQuantityLots: 4, ...timed })
    expect(columns(venue, 'accepted', REF, ORDER_ID, PRICE_TICKS, QUANTITY_LOTS)).toEqual([1, 1, 120, 9])
    expect(columns(venue, 'accepted', DETAIL_1, DETAIL_2, DETAIL_3)).toEqual([
      orderType.stopLimit,
      timeInForce.goodTillDate,
      110,
    ])
    expect(columns(venue, 'accepted', DISPLAY_LOTS, EXPIRE_TIME_US)).toEqual([4, expireTimeUs])
    venue.buy('A', 9, 100)
    expect(columns(venue, 'accepted', DISPLAY_LOTS, EXPIRE_TIME_US, DETAIL_3)).toEqual([0, 0, 0])
  })

  it('says no display quantity of an order that hides nothing', () => {
    const venue = new Venue()
    venue.buy('A', 9, 100, { displayQuantityLots: 9 })
    expect(columns(venue, 'accepted', DISPLAY_LOTS)).toEqual([0])
  })
})

describe('cancelled', () => {
  it("names the command's ref if that asked for it, otherwise 0, and always the order's", () => {
    const venue = new Venue()
    venue.buy('A', 5, 100)
    venue.cancel('A', 1)
    expect(columns(venue, 'cancelled', REF, ORDER_REF, ORDER_ID)).toEqual([2, 1, 1])
    venue.buy('A', 5, 100)
    venue.massCancel('A')
    expect(columns(venue, 'cancelled', REF, ORDER_REF, ORDER_ID)).toEqual([4, 3, 2])
    venue.buy('A', 5, 100)
    venue.sell('B', 1, 100)
    venue.replace('A', 5, 1, 100)
    expect(columns(venue, 'cancelled', REF, ORDER_REF)).toEqual([6, 5])
    venue.buy('A', 5, 100, { timeInForce: 'immediateOrCancel' })
    expect(columns(venue, 'cancelled', REF, ORDER_REF)).toEqual([0, 7])
    venue.buy('A', 5, 100)
    venue.disconnect('A')
    expect(columns(venue, 'cancelled', REF, ORDER_REF)).toEqual([0, 8])
  })
})

describe('replaced', () => {
  it('says the stop price of a waiting stop, and 0 of any other order', () => {
    const venue = new Venue()
    venue.buy('A', 5, 0, { type: 'stop', stopPriceTicks: 110 })
    venue.replace('A', 1, 6, 0, 111)
    expect(columns(venue, 'replaced', REF, ORDER_REF, PRICE_TICKS, DETAIL_2)).toEqual([2, 1, 0, 111])
    venue.buy('A', 5, 100)
    venue.replace('A', 3, 6, 100)
    expect(columns(venue, 'replaced', DETAIL_2)).toEqual([0])
  })
})

describe('triggered and reduced', () => {
  it('say what the order is then and what is left of it', () => {
    const venue = new Venue()
    venue.buy('A', 3, 100)
    venue.sell('B', 3, 100)
    venue.sell('A', 5, 95, { type: 'stopLimit', stopPriceTicks: 100, reduceOnly: true })
    expect(columns(venue, 'triggered', ORDER_REF, PRICE_TICKS, QUANTITY_LOTS, LEAVES_LOTS)).toEqual([2, 95, 5, 5])
    expect(columns(venue, 'reduced', ORDER_REF, QUANTITY_LOTS, LEAVES_LOTS)).toEqual([2, 2, 3])
  })
})

describe('an event buffer', () => {
  it('keeps what is in it when it grows, and is empty after clear', () => {
    const buffer = new EventBuffer(1)
    const first = buffer.claim(eventLayout.PRIVATE_WIDTH)
    buffer.data[first] = 7
    buffer.claim(eventLayout.PRIVATE_WIDTH)
    buffer.claim(eventLayout.PUBLIC_WIDTH)
    expect(buffer.data[first]).toBe(7)
    expect(buffer.length).toBe(2 * eventLayout.PRIVATE_WIDTH + eventLayout.PUBLIC_WIDTH)
    buffer.clear()
    expect(buffer.length).toBe(0)
  })
})

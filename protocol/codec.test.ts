import { describe, expect, it } from 'vitest'
import { decodeMessagePack, encodeMessagePack, fromArray, fromObject, jsonCodec, toArray } from './codec.ts'
import { completeMessage, completeRow } from './complete.ts'
import type { OutgoingMessage, OutgoingRow } from './messages.ts'

/** An instrument as logs of the time before phases and quotes hold it: 14 columns. */
const older: OutgoingRow<'instrument'> = {
  instrument: 1,
  symbol: 'ACME',
  currency: 'USD',
  currencyDecimals: 2,
  tickSize: '0.01',
  lotSize: '1',
  tickValueMinor: 1,
  minPriceTicks: 1,
  maxPriceTicks: 1_000,
  maxOrderQuantityLots: 10,
  referencePriceTicks: 100,
  priceBandBasisPoints: 500,
  makerFeeRate: -20,
  takerFeeRate: 50,
}
const massQuote: OutgoingMessage<'massQuote'> = {
  type: 'massQuote',
  ref: 3,
  group: 1,
  quotes: [{ instrument: 1, bidPriceTicks: 99, bidQuantityLots: 5, askPriceTicks: 101, askQuantityLots: 5 }],
}

function refused(quotes: unknown) {
  return {
    code: 'invalidField',
    field: 'quotes',
    ref: 3,
    message: expect.stringContaining(`massQuote.quotes ${quotes}`),
  }
}

describe('the general codec', () => {
  it('gives the columns that an older row lacks at its end their defaults', () => {
    const row = Object.values(older)
    expect(fromArray([128, [row]])).toEqual({
      type: 'instrumentDefined',
      instruments: [completeRow('instrument', older)],
    })
    expect(completeRow('instrument', older)).toMatchObject({ takerFeeRate: 50, staticBandBasisPoints: 0, schedule: '' })
  })

  it('leaves out defaults at the end of messages and rows, and no others', () => {
    const instruments = [{ ...older, haltDurationMs: 7 }]
    const [, [row]] = toArray({ type: 'instrumentDefined', instruments }) as [number, unknown[][]]
    expect(row.slice(13)).toEqual([50, 0, 0, 7])
    expect(toArray({ type: 'heartbeat' })).toEqual([4])
    expect(toArray({ type: 'subscribe', channel: 'auction' })).toEqual([66, 5])
    expect(toArray({ type: 'massCancel', ref: 1, side: 'buy' })).toEqual([19, 1, 0, 1])
  })

  it('reads what it wrote as if nothing had been left out, in both encodings', () => {
    const sent: OutgoingMessage[] = [
      { type: 'instrumentList', instruments: [older, { ...older, schedule: '09:00 continuous' }] },
      { type: 'newOrder', ref: 1, instrument: 1, side: 'sell', orderType: 'stop', timeInForce: 'day', quantityLots: 5 },
      { type: 'changeLimit', ref: 2, participant: 'a', limit: 'maxPositionLots', value: 2 ** 40 },
      { type: 'blockParticipant', ref: 3, participant: 'a' },
      massQuote,
    ]
    for (const message of sent) {
      expect(decodeMessagePack(encodeMessagePack(message))).toEqual(completeMessage(message))
      expect(jsonCodec.decode(jsonCodec.encode(message))).toEqual([completeMessage(message)])
    }
  })

  it('says which number of a message is above its bound', () => {
    const atMost = [21, 3, 1, 3_600_000, 5, 0, 0, 0, 0]
    expect(fromArray(atMost)).toMatchObject({ type: 'setProtection', intervalMs: 3_600_000 })
    expect(() => fromArray(atMost.with(3, 3_600_001))).toThrow(
      'setProtection.intervalMs is 3600001, at most 3600000 is allowed',
    )
  })

  it('says which field of which command has a row that is wrong', () => {
    const row = [1, 99, 5, 101, 5]
    const arrayWith = (quotes: unknown) => () => fromArray([20, 3, 1, quotes])
    expect(arrayWith([row, row.slice(1)])).toThrow(expect.objectContaining(refused('has a row whose askQuantityLots')))
    expect(arrayWith([[...row, 0]])).toThrow(expect.objectContaining(refused('has a row that is not an array')))
    expect(arrayWith([7])).toThrow(expect.objectContaining(refused('has a row that is not an array')))
    expect(arrayWith(7)).toThrow(expect.objectContaining(refused('cannot be 7')))
    expect(arrayWith(Array(257).fill(row))).toThrow(expect.objectContaining(refused('has 257 rows, 256 are allowed')))
    const [quote] = massQuote.quotes
    const objectWith = (quotes: unknown) => () => fromObject({ ...massQuote, quotes })
    expect(objectWith([{ ...quote, size: 1 }])).toThrow(expect.objectContaining(refused('has a row with "size"')))
    expect(objectWith([{ ...quote, instrument: -1 }])).toThrow(
      expect.objectContaining(refused('has a row whose instrument')),
    )
    expect(objectWith([row])).toThrow(expect.objectContaining(refused('has a row that is not an object')))
  })

  it('carries enumerations and booleans in the columns of rows, by number in MessagePack, by name in JSON', () => {
    const order = {
      orderRef: 7,
      orderId: 301,
      instrument: 1,
      side: 'sell',
      orderType: 'stopLimit',
      timeInForce: 'day',
      quantityLots: 5,
      leavesLots: 5,
      priceTicks: 99,
      stopPriceTicks: 100,
      reduceOnly: true,
    } as const
    const sent: OutgoingMessage<'orderStatus'> = {
      type: 'orderStatus',
      orderRef: 7,
      state: 'open',
      lastRef: 9,
      orders: [order],
    }
    expect(toArray(sent)).toEqual([11, 7, 1, 9, [[7, 301, 1, 2, 5, 4, 5, 5, 99, 100, 0, 0, true]]])
    expect(fromArray(toArray(sent))).toEqual(completeMessage(sent))
    expect(jsonCodec.decode(jsonCodec.encode(sent))).toEqual([completeMessage(sent)])
    const array = toArray(sent) as [number, number, number, number, unknown[][]]
    for (const [column, wrong] of [
      [3, 3],
      [4, 'limit'],
      [12, 1],
    ] as const) {
      expect(() => fromArray([...array.slice(0, 4), [array[4][0].with(column, wrong)]])).toThrow(
        expect.objectContaining({ code: 'invalidField' }),
      )
    }
  })

  it('names the ref of a command that has a field too many, in both encodings', () => {
    const refusal = { code: 'invalidField', field: 'none', ref: 3 }
    expect(() => fromArray([17, 3, 1, 0])).toThrow(expect.objectContaining(refusal))
    expect(() => fromObject({ type: 'cancelOrder', ref: 3, orderRef: 1, extra: 0 })).toThrow(
      expect.objectContaining(refusal),
    )
    const withoutRef = expect.objectContaining({ ...refusal, ref: 0 })
    expect(() => fromArray([4, 3, 1])).toThrow(withoutRef)
    expect(() => fromObject({ type: 'cancelOrder', ref: 'x', orderRef: 1, extra: 0 })).toThrow(withoutRef)
    expect(() => fromObject({ type: 'listInstruments', ref: 3 })).toThrow(withoutRef)
  })
})

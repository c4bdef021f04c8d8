import { encode } from '@msgpack/msgpack'
import fc from 'fast-check'
import { Packr } from 'msgpackr'
import { describe, expect, it } from 'vitest'
import { decodeMessagePack, encodeMessagePack, ProtocolError, toArray } from './codec.ts'
import { completeMessage } from './complete.ts'
import { limits } from './limits.ts'
import { enumerations, type Message, messages, type OutgoingMessage, rows } from './messages.ts'
import {
  decodeOrderEntry,
  encodeOrderEntry,
  flattenOrderEntry,
  maxOrderEntryBytes,
  type OrderEntryFields,
  type OrderEntryName,
  quoteSize,
} from './order-entry-codec.ts'
import { WireWriter } from './wire.ts'

const packr = new Packr({ useRecords: false })
const names: OrderEntryName[] = ['newOrder', 'cancelOrder', 'replaceOrder', 'massCancel', 'massQuote']
const uint = fc.oneof(fc.maxSafeNat(), fc.nat({ max: 300 }), fc.nat())
/** Mostly left out. */
const option = fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: uint })
const name = <Enumeration extends 'side' | 'orderType' | 'timeInForce' | 'selfTradePrevention'>(of: Enumeration) =>
  fc.constantFrom(...(Object.keys(enumerations[of]) as (keyof (typeof enumerations)[Enumeration])[]))
const quote = fc.record({
  instrument: uint,
  bidPriceTicks: uint,
  bidQuantityLots: uint,
  askPriceTicks: uint,
  askQuantityLots: uint,
})
const message: fc.Arbitrary<Message<OrderEntryName>> = fc.oneof(
  fc.record({
    type: fc.constant('newOrder' as const),
    ref: uint,
    instrument: uint,
    side: name('side'),
    orderType: name('orderType'),
    timeInForce: name('timeInForce'),
    quantityLots: uint,
    priceTicks: option,
    stopPriceTicks: option,
    displayQuantityLots: option,
    expireTimeUs: option,
    selfTradePrevention: name('selfTradePrevention'),
    reduceOnly: fc.boolean(),
  }),
  fc.record({ type: fc.constant('cancelOrder' as const), ref: uint, orderRef: uint }),
  fc.record({
    type: fc.constant('replaceOrder' as const),
    ref: uint,
    orderRef: uint,
    quantityLots: uint,
    priceTicks: uint,
    stopPriceTicks: option,
  }),
  fc.record({ type: fc.constant('massCancel' as const), ref: uint, instrument: option, side: name('side') }),
  fc.record({
    type: fc.constant('massQuote' as const),
    ref: uint,
    group: uint,
    quotes: fc.array(quote, { maxLength: 20 }),
  }),
)

function blank(): OrderEntryFields {
  return {
    type: 0,
    ref: 0,
    instrument: 0,
    side: 0,
    orderType: 0,
    timeInForce: 0,
    quantityLots: 0,
    priceTicks: 0,
    stopPriceTicks: 0,
    displayQuantityLots: 0,
    expireTimeUs: 0,
    selfTradePrevention: 0,
    reduceOnly: 0,
    orderRef: 0,
    group: 0,
    quoteCount: 0,
    quotes: new Float64Array(quoteSize * limits.maxQuotesPerMessage),
  }
}

/** As a library without long integers writes it. */
function withoutLongIntegers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutLongIntegers)
  return typeof value === 'bigint' ? Number(value) : value
}

function encoded(fields: OrderEntryFields): Uint8Array {
  const writer = new WireWriter(maxOrderEntryBytes)
  encodeOrderEntry(writer, fields)
  return writer.bytes.slice(0, writer.position)
}

describe('the order-entry codec', () => {
  it('writes the fields of the table in the shortest formats, as @msgpack/msgpack does', () => {
    fc.assert(
      fc.property(message, (sent) => {
        const fields = blank()
        flattenOrderEntry(sent, fields)
        expect(encoded(fields)).toEqual(encode(withoutLongIntegers(toArray(sent))))
        expect(decodeMessagePack(encoded(fields))).toEqual(sent)
      }),
    )
  })

  it('reads what the general codec wrote, and says where it ends', () => {
    fc.assert(
      fc.property(message, fc.nat({ max: 9 }), (sent, padding) => {
        const bytes = encodeMessagePack(sent)
        const frame = new Uint8Array(padding + bytes.length + 3)
        frame.set(bytes, padding)
        const expected = blank()
        const read = blank()
        flattenOrderEntry(sent, expected)
        expect(decodeOrderEntry(frame, padding, frame.length, read)).toBe(padding + bytes.length)
        expect(read).toEqual(expected)
      }),
    )
  })

  it('accepts exactly the arrays that the general codec accepts', () => {
    const number = fc.oneof(fc.constantFrom(...names.map((each) => messages[each].number)), fc.nat({ max: 40 }))
    const value = fc.oneof(
      { weight: 8, arbitrary: fc.nat({ max: 4 }) },
      { weight: 2, arbitrary: uint },
      { weight: 2, arbitrary: fc.constantFrom(null, true, false, 0, 1, 4, 5) },
      fc.constantFrom(-1, 0.5, 2 ** 53, 'text', [], [[1, 2, 3, 4, 5]], [[1, 2, 3, 4]], [[1, 2, 3, 4, 5, 6], 7], [null]),
    )
    fc.assert(
      fc.property(number, fc.array(value, { maxLength: 14 }), (type, values) => {
        const bytes = packr.pack([type, ...values])
        const read = blank()
        const end = decodeOrderEntry(bytes, 0, bytes.length, read)
        const expected = generalDecode(bytes)
        if (expected === undefined) expect(end).toBe(-1)
        else {
          const fields = blank()
          flattenOrderEntry(expected, fields)
          expect(end).toBe(bytes.length)
          expect(encoded(read)).toEqual(encoded(fields))
        }
      }),
      { numRuns: 10_000 },
    )
  })

  it('declines a message that is cut off at any byte', () => {
    fc.assert(
      fc.property(message, (sent) => {
        const bytes = encodeMessagePack(sent)
        for (let end = 0; end < bytes.length; end++) expect(decodeOrderEntry(bytes, 0, end, blank())).toBe(-1)
      }),
      { numRuns: 50 },
    )
  })

  it('leaves out the defaults at the end: a plain limit order has 8 elements, a market order 7', () => {
    const plain = { type: 'newOrder', ref: 1, instrument: 1, side: 'buy', quantityLots: 5 } as const
    const lengthOf = (fields: Partial<OutgoingMessage<'newOrder'>>) => {
      const flat = blank()
      const order = { ...plain, orderType: 'limit', timeInForce: 'goodTillCancel', ...fields } as const
      flattenOrderEntry(completeMessage<'newOrder'>(order), flat)
      return encoded(flat)[0] & 0x0f
    }
    expect(lengthOf({ orderType: 'market' })).toBe(7)
    expect(lengthOf({ priceTicks: 100 })).toBe(8)
    expect(lengthOf({ priceTicks: 100, displayQuantityLots: 2 })).toBe(10)
    expect(lengthOf({ priceTicks: 100, reduceOnly: true })).toBe(13)
  })

  it('forgets the options of the order before', () => {
    const fields = blank()
    const order = {
      type: 'newOrder',
      ref: 1,
      instrument: 1,
      side: 'buy',
      orderType: 'stopLimit',
      timeInForce: 'goodTillDate',
      quantityLots: 5,
      priceTicks: 7,
    } as const
    const options = {
      stopPriceTicks: 1,
      displayQuantityLots: 2,
      expireTimeUs: 3,
      selfTradePrevention: 'decrement',
      reduceOnly: true,
    } as const
    for (const sent of [{ ...order, ...options }, order]) {
      const bytes = encodeMessagePack(sent)
      decodeOrderEntry(bytes, 0, bytes.length, fields)
    }
    expect(fields).toMatchObject({ stopPriceTicks: 0, displayQuantityLots: 0, expireTimeUs: 0 })
    expect(fields).toMatchObject({ selfTradePrevention: 0, reduceOnly: 0 })
  })

  it('takes a massQuote of 256 quotes and declines one of 257, which the general codec calls invalidField', () => {
    const row = { instrument: 1, bidPriceTicks: 99, bidQuantityLots: 5, askPriceTicks: 101, askQuantityLots: 5 }
    const massQuote = (count: number) =>
      encodeMessagePack({ type: 'massQuote', ref: 3, group: 1, quotes: Array.from({ length: count }, () => row) })
    const read = blank()
    const most = massQuote(256)
    expect(decodeOrderEntry(most, 0, most.length, read)).toBe(most.length)
    expect(read).toMatchObject({ type: 20, ref: 3, group: 1, quoteCount: 256 })
    expect([...read.quotes.subarray(255 * quoteSize)]).toEqual([1, 99, 5, 101, 5])
    const tooMany = massQuote(257)
    expect(decodeOrderEntry(tooMany, 0, tooMany.length, blank())).toBe(-1)
    expect(() => decodeMessagePack(tooMany)).toThrow(
      expect.objectContaining({ code: 'invalidField', field: 'quotes', ref: 3 }),
    )
  })

  it('relies on message numbers and enumerations without gaps', () => {
    const first = messages.newOrder.number
    expect(names.map((each) => messages[each].number - first)).toEqual([0, 1, 2, 3, 4])
    expect(Object.values(enumerations.side)).toEqual([0, 1, 2])
    expect(Object.values(enumerations.orderType)).toEqual([1, 2, 3, 4, 5])
    expect(Object.values(enumerations.timeInForce)).toEqual([1, 2, 3, 4, 5, 6, 7])
    expect(Object.values(enumerations.selfTradePrevention)).toEqual([0, 1, 2, 3, 4])
    expect(rows.quote).toHaveLength(quoteSize)
  })
})

function generalDecode(bytes: Uint8Array): Message<OrderEntryName> | undefined {
  try {
    const read = decodeMessagePack(bytes)
    return names.includes(read.type as OrderEntryName) ? (read as Message<OrderEntryName>) : undefined
  } catch (error) {
    expect(error).toBeInstanceOf(ProtocolError)
    return undefined
  }
}

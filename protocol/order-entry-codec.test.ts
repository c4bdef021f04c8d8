import { encode } from '@msgpack/msgpack'
import fc from 'fast-check'
import { Packr } from 'msgpackr'
import { describe, expect, it } from 'vitest'
import { decodeMessagePack, encodeMessagePack, ProtocolError, toArray } from './codec.ts'
import { enumerations, type Message, messages } from './messages.ts'
import {
  decodeOrderEntry,
  encodeOrderEntry,
  flattenOrderEntry,
  maxOrderEntryBytes,
  type OrderEntryFields,
  type OrderEntryName,
} from './order-entry-codec.ts'
import { WireWriter } from './wire.ts'

const packr = new Packr({ useRecords: false })
const names: OrderEntryName[] = ['newOrder', 'cancelOrder', 'replaceOrder', 'massCancel']
const uint = fc.oneof(fc.maxSafeNat(), fc.nat({ max: 300 }), fc.nat())
const message: fc.Arbitrary<Message<OrderEntryName>> = fc.oneof(
  fc.record({
    type: fc.constant('newOrder' as const),
    ref: uint,
    instrument: uint,
    side: fc.constantFrom('any', 'buy', 'sell'),
    orderType: fc.constantFrom('limit', 'market', 'postOnly'),
    timeInForce: fc.constantFrom('goodTillCancel', 'immediateOrCancel', 'fillOrKill'),
    quantityLots: uint,
    priceTicks: uint,
  }),
  fc.record({ type: fc.constant('cancelOrder' as const), ref: uint, orderRef: uint }),
  fc.record({
    type: fc.constant('replaceOrder' as const),
    ref: uint,
    orderRef: uint,
    quantityLots: uint,
    priceTicks: uint,
  }),
  fc.record({
    type: fc.constant('massCancel' as const),
    ref: uint,
    instrument: uint,
    side: fc.constantFrom('any', 'buy', 'sell'),
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
    orderRef: 0,
  }
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
        expect(encoded(fields)).toEqual(encode(toArray(sent).map(Number)))
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
    const number = fc.oneof(fc.constantFrom(...names.map((name) => messages[name].number)), fc.nat({ max: 40 }))
    const value = fc.oneof(
      { weight: 8, arbitrary: fc.nat({ max: 4 }) },
      { weight: 2, arbitrary: uint },
      fc.constantFrom(null, true, -1, 0.5, 2 ** 53, 'text', []),
    )
    fc.assert(
      fc.property(number, fc.array(value, { maxLength: 9 }), (type, values) => {
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
      { numRuns: 5_000 },
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

  it('relies on message numbers and enumerations without gaps', () => {
    const first = messages.newOrder.number
    expect(names.map((name) => messages[name].number)).toEqual([first, first + 1, first + 2, first + 3])
    expect(Object.values(enumerations.side)).toEqual([0, 1, 2])
    expect(Object.values(enumerations.orderType)).toEqual([1, 2, 3])
    expect(Object.values(enumerations.timeInForce)).toEqual([1, 2, 3])
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

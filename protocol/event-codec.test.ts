import { encode } from '@msgpack/msgpack'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeMessagePack, toArray } from './codec.ts'
import * as eventCodec from './event-codec.ts'
import * as marketDataCodec from './market-data-codec.ts'
import { enumerations, type FieldDefinition, type MessageName, messages } from './messages.ts'
import { WireWriter } from './wire.ts'

const uint = fc.oneof(fc.maxSafeNat(), fc.nat({ max: 300 }), fc.nat())
const int = fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -300, max: 300 }))

/** Values of every field of a message, as numbers. */
function numbersOf(name: MessageName): fc.Arbitrary<number[]> {
  const fields: readonly FieldDefinition[] = messages[name].fields
  return fc.tuple(
    ...fields.map(({ type, default: otherwise }) => {
      // What has a default is often left out.
      if (otherwise === 0) return fc.oneof(fc.constant(0), uint)
      if (type === 'uint') return uint
      if (type === 'int') return int
      if (type === 'boolean') return fc.nat({ max: 1 })
      return fc.constantFrom(...(Object.values(enumerations[type as keyof typeof enumerations]) as number[]))
    }),
  )
}

/** The values without the defaults at the end. */
function withoutDefaults(name: MessageName, values: readonly number[]): number[] {
  const fields: readonly FieldDefinition[] = messages[name].fields
  const last = values.findLastIndex((value, index) => fields[index].default !== value)
  return values.slice(0, last + 1)
}

/** What the general codec says that the bytes hold, as numbers again, and that it is this message. */
function readBack(name: MessageName, bytes: Uint8Array): number[] {
  const message = decodeMessagePack(bytes)
  expect(message.type).toBe(name)
  return toArray(message).slice(1).map(Number)
}

const encoders: [MessageName, (writer: WireWriter, ...values: never[]) => void][] = [
  ['accepted', eventCodec.encodeAccepted],
  ['rejected', eventCodec.encodeRejected],
  ['filled', eventCodec.encodeFilled],
  ['cancelled', eventCodec.encodeCancelled],
  ['triggered', eventCodec.encodeTriggered],
  ['expired', eventCodec.encodeExpired],
  ['massCancelled', eventCodec.encodeMassCancelled],
  ['quoteAccepted', eventCodec.encodeQuoteAccepted],
  ['quoteRejected', eventCodec.encodeQuoteRejected],
  ['massQuoted', eventCodec.encodeMassQuoted],
  ['protectionTriggered', eventCodec.encodeProtectionTriggered],
  ['carriedOut', eventCodec.encodeCarriedOut],
  ['reduced', eventCodec.encodeReduced],
  ['top', marketDataCodec.encodeTop],
  ['auctionIndication', marketDataCodec.encodeAuctionIndication],
]

describe('the event codec', () => {
  for (const [name, encodeEvent] of encoders) {
    it(`writes ${name} in the shortest formats, as @msgpack/msgpack does, within the room it promises`, () => {
      fc.assert(
        fc.property(numbersOf(name), (values) => {
          const writer = new WireWriter(eventCodec.maxEventBytes)
          encodeEvent(writer, ...(values as never[]))
          expect(writer.position).toBeLessThanOrEqual(eventCodec.maxEventBytes)
          const bytes = writer.bytes.slice(0, writer.position)
          const sent = withoutDefaults(name, values)
          expect(bytes).toEqual(encode([messages[name].number, ...sent]))
          expect(readBack(name, bytes)).toEqual(sent)
        }),
      )
    })
  }

  it('writes replaced so that the general codec reads it', () => {
    fc.assert(
      fc.property(numbersOf('replaced'), (values) => {
        const writer = new WireWriter(eventCodec.maxEventBytes)
        const [event, sequence, time, ref, orderRef, orderId, quantity, price, leaves, kept, stop] = values
        eventCodec.encodeReplaced(
          writer,
          event,
          sequence,
          time,
          ref,
          orderRef,
          orderId,
          quantity,
          price,
          leaves,
          kept === 1,
          stop,
        )
        const bytes = writer.bytes.slice(0, writer.position)
        expect(readBack('replaced', bytes)).toEqual(withoutDefaults('replaced', values))
      }),
    )
  })
})

it('every numbered event of the table has an encoder', () => {
  const events = Object.entries(messages).filter(([, { fields }]) => fields[0]?.name === 'eventNumber')
  const encoded = new Set<string>([...encoders.map(([name]) => name), 'replaced'])
  expect(events.map(([name]) => name).filter((name) => !encoded.has(name))).toEqual([])
})

describe('the market-data codec', () => {
  const row = fc.tuple(fc.constantFrom(1, 2), uint, uint, uint)

  it('writes bookUpdate and trades of any length as the general codec reads them', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 40 }), uint, uint, (rows, previousSequence, sequence) => {
        const writer = new WireWriter(16)
        marketDataCodec.beginBookUpdate(writer, 3, previousSequence, sequence, 5, rows.length)
        for (const [side, price, quantity, count] of rows) {
          marketDataCodec.encodeLevelChange(writer, side, price, quantity, count)
        }
        expect(decodeMessagePack(writer.bytes.subarray(0, writer.position))).toEqual({
          type: 'bookUpdate',
          instrument: 3,
          previousSequence,
          sequence,
          engineTimeUs: 5,
          changes: rows.map(([side, priceTicks, quantityLots, orderCount]) => {
            return { side: side === 1 ? 'buy' : 'sell', priceTicks, quantityLots, orderCount }
          }),
        })
        writer.position = 0
        marketDataCodec.beginTrades(writer, 3, previousSequence, sequence, 5, rows.length)
        for (const [side, id, price, quantity] of rows) marketDataCodec.encodeTrade(writer, id, price, quantity, side)
        expect(decodeMessagePack(writer.bytes.subarray(0, writer.position))).toMatchObject({
          type: 'trades',
          sequence,
          trades: rows.map(([side, tradeId, priceTicks, quantityLots]) => {
            return { tradeId, priceTicks, quantityLots, aggressorSide: side === 1 ? 'buy' : 'sell' }
          }),
        })
      }),
    )
  })
})

import { encode } from '@msgpack/msgpack'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeMessagePack, type ProtocolError } from '../../protocol/codec.ts'
import { limits } from '../../protocol/limits.ts'
import type { Message } from '../../protocol/messages.ts'
import { Command } from '../core/index.ts'
import { FrameReader, type FrameTarget } from './frame-reader.ts'

/** Notes what it is handed. Codes that close the connection close it. */
class Target implements FrameTarget {
  closed = false
  readonly orders: Message[] = []
  readonly commands: Command[] = []
  readonly requests: Message[] = []
  readonly refusals: ProtocolError[] = []
  readonly command = new Command()

  orderEntry(bytes: Uint8Array, start: number, end: number): void {
    this.orders.push(decodeMessagePack(bytes.slice(start, end)))
    this.commands.push({ ...this.command })
  }

  request(message: Message): void {
    this.requests.push(message)
  }

  refuse(error: ProtocolError): void {
    this.refusals.push(error)
    if (error.code === 'malformedFrame') this.closed = true
  }
}

function readMessagePack(...messages: unknown[]): Target {
  const parts = messages.map((message) => (message instanceof Uint8Array ? message : encode(message)))
  return readBytes(Buffer.concat(parts))
}

function readBytes(bytes: Uint8Array): Target {
  const target = new Target()
  new FrameReader(target.command).readMessagePack(bytes, target)
  return target
}

function readJson(text: string): Target {
  const target = new Target()
  new FrameReader(target.command).readJson(text, target)
  return target
}

const codes = (target: Target) => target.refusals.map(({ code }) => code)
const order = [16, 7, 1, 1, 1, 1, 100, 10_050]
const cancel = [17, 8, 7]

describe('FrameReader', () => {
  it('hands over the messages of a MessagePack frame in order', () => {
    const target = readMessagePack(order, [4], cancel, [66, 2, 3])
    expect(target.orders.map(({ type }) => type)).toEqual(['newOrder', 'cancelOrder'])
    expect(target.commands[0]).toMatchObject({ type: 16, ref: 7, quantityLots: 100, priceTicks: 10_050 })
    expect(target.commands[1]).toMatchObject({ type: 17, ref: 8, orderRef: 7 })
    expect(target.requests).toEqual([
      { type: 'heartbeat', timeUs: 0 },
      { type: 'subscribe', channel: 'book', instrument: 3 },
    ])
    expect(target.refusals).toEqual([])
  })

  it('hands over the messages of a JSON frame in order, orders as MessagePack', () => {
    const text = [
      '{"type":"newOrder","ref":7,"instrument":1,"side":"buy","orderType":"limit","timeInForce":"goodTillCancel","quantityLots":100,"priceTicks":10050}',
      '',
      '{"type":"heartbeat"}\r',
      '{"type":"massCancel","ref":9}',
    ].join('\n')
    const target = readJson(text)
    expect(target.orders.map(({ type }) => type)).toEqual(['newOrder', 'massCancel'])
    expect(target.commands[0]).toMatchObject({ type: 16, ref: 7, side: 1, priceTicks: 10_050 })
    expect(target.requests).toEqual([{ type: 'heartbeat', timeUs: 0 }])
    expect(target.refusals).toEqual([])
  })

  it('gives the exchange a plain zero for the -0 that JSON knows, as the log will', () => {
    const target = readJson('{"type":"cancelOrder","ref":1,"orderRef":-0}')
    expect(Object.is(target.commands[0].orderRef, 0)).toBe(true)
  })

  it('processes what stands before a malformed message and nothing from it on', () => {
    for (const malformed of [7, 'text', {}, [], new Uint8Array([0xc1]), new Uint8Array([0x98, 16, 1])]) {
      const target = readMessagePack(order, malformed, cancel)
      expect(target.orders.length).toBe(1)
      expect(codes(target)).toEqual(['malformedFrame'])
    }
    const target = readJson('{"type":"heartbeat"}\n{"type":\n{"type":"heartbeat"}')
    expect(target.requests.length).toBe(1)
    expect(codes(target)).toEqual(['malformedFrame'])
    for (const malformed of ['7', '"text"', '[]', 'null'])
      expect(codes(readJson(malformed))).toEqual(['malformedFrame'])
  })

  it('refuses a wrong message alone, and names field and ref', () => {
    const target = readMessagePack(
      [16, 7, 1, 9, 1, 1, 100, 1],
      cancel,
      [16, 7],
      [17, 9, 1, 1],
      [17, -1, 1],
      [17, 9, [1]],
    )
    expect(target.orders.length).toBe(1)
    expect(target.refusals.map(({ code, field, ref }) => [code, field, ref])).toEqual([
      ['invalidField', 'side', 7],
      ['invalidField', 'instrument', 7],
      ['invalidField', 'none', 9],
      ['invalidField', 'ref', 0],
      ['invalidField', 'orderRef', 9],
    ])
  })

  it('takes a mass quote in both encodings, and says what is wrong with one', () => {
    const rows = [
      [1, 99, 5, 101, 5],
      [2, 0, 0, 7, 1],
    ]
    const taken = readMessagePack([20, 3, 1, rows])
    expect(taken.commands[0]).toMatchObject({ type: 20, ref: 3, group: 1, quoteCount: 2 })
    expect([...taken.command.quotes.subarray(0, 10)]).toEqual(rows.flat())
    const quotes = '[{"instrument":2,"bidPriceTicks":0,"bidQuantityLots":0,"askPriceTicks":7,"askQuantityLots":1}]'
    const json = readJson(`{"type":"massQuote","ref":4,"group":1,"quotes":${quotes}}`)
    expect(json.commands[0]).toMatchObject({ type: 20, ref: 4, quoteCount: 1 })
    expect([...json.command.quotes.subarray(0, 5)]).toEqual(rows[1])

    const wrong = readMessagePack(
      [20, 3, 1, Array(257).fill(rows[0])],
      [20, 4, 1, [[1, 99, 5, 101]]],
      [20, 5, 1, [[1, 99, 5, 101, [5]]]],
      [20, 6, 1, [{ instrument: 1 }]],
      [20, 7, 1, { 0: rows[0] }],
      [20, 8, 1, 9],
    )
    expect(wrong.orders).toEqual([])
    expect(wrong.refusals.map(({ code, field, ref }) => [code, field, ref])).toEqual(
      [3, 4, 5, 6, 7, 8].map((ref) => ['invalidField', 'quotes', ref]),
    )
  })

  it("hands over an admin's commands, and what a participant sets for its quotes, as requests", () => {
    const target = readMessagePack([24, 1, 0, 4], [25, 2, 'a', 3, 500], [26, 3, 'a'], [21, 4, 1, 5, 6, 7, 8, 9, 0], [8])
    expect(target.requests).toMatchObject([
      { type: 'changePhase', ref: 1, instrument: 0, phase: 'halted' },
      { type: 'changeLimit', ref: 2, participant: 'a', limit: 'maxPositionLots', value: 500 },
      { type: 'blockParticipant', ref: 3, participant: 'a', blocked: true },
      { type: 'setProtection', ref: 4, group: 1, intervalMs: 5, maxLots: 6, maxNetLots: 9, freezeMs: 0 },
      { type: 'queryObligations' },
    ])
    expect(codes(readMessagePack([24, 1, 0, 9], [25, 2, 'a', 11, 500]))).toEqual(['invalidField', 'invalidField'])
  })

  it('takes only what clients may send: not what the engine sends, nor what only the log holds', () => {
    expect(codes(readMessagePack([32], [128, []], [99], ['length'], [1.5]))).toEqual(Array(5).fill('unknownMessage'))
    const names = ['accepted', 'sessionDisconnected', 'nothing', 'constructor', '__proto__']
    const lines = names.map((type) => `{"type":"${type}"}`).join('\n')
    expect(codes(readJson(lines))).toEqual(Array(5).fill('unknownMessage'))
  })

  it('refuses JSON fields that no message has, those of every object included', () => {
    for (const field of ['"extra":1', '"__proto__":{"ref":1}', '"constructor":1']) {
      expect(codes(readJson(`{"type":"heartbeat",${field}}`))).toEqual(['invalidField'])
    }
    for (const value of ['1e309', '9007199254740993', '1.5', '"1"', 'null', '-1', '[1]', 'true']) {
      expect(codes(readJson(`{"type":"cancelOrder","ref":1,"orderRef":${value}}`))).toEqual(['invalidField'])
    }
  })

  it('processes the first maxMessagesPerFrame messages of a frame', () => {
    const most = limits.maxMessagesPerFrame
    expect(codes(readBytes(Buffer.concat(Array(most).fill(encode(cancel)))))).toEqual([])
    const target = readBytes(Buffer.concat(Array(most + 5).fill(encode(cancel))))
    expect(target.orders.length).toBe(most)
    expect(codes(target)).toEqual(['tooManyMessages'])
    const json = readJson(
      Array(most + 5)
        .fill('{"type":"heartbeat"}')
        .join('\n'),
    )
    expect(json.requests.length).toBe(most)
    expect(codes(json)).toEqual(['tooManyMessages'])
  })

  it('is not hurt by deep nesting, in either encoding', () => {
    const deep = new Uint8Array(limits.maxFrameBytes).fill(0x91)
    deep[deep.length - 1] = 0
    expect(codes(readBytes(deep))).toEqual(['unknownMessage'])
    expect(codes(readJson('['.repeat(30_000) + ']'.repeat(30_000)))).toEqual(['malformedFrame'])
    const nested = `{"type":"heartbeat","timeUs":${'['.repeat(30_000)}${']'.repeat(30_000)}}`
    expect(codes(readJson(nested))).toEqual(['invalidField'])
  })

  it('takes any bytes without throwing', () => {
    const part = fc.oneof(
      fc.uint8Array({ maxLength: 20 }),
      fc.anything({ withNullPrototype: false }).map((value) => new Uint8Array(safeEncode(value))),
      fc
        .array(fc.oneof(fc.integer(), fc.string(), fc.constant(null)), { maxLength: 9 })
        .map((value) => new Uint8Array(encode(value))),
    )
    fc.assert(
      fc.property(fc.array(part, { maxLength: 5 }), (parts) => {
        readBytes(Buffer.concat(parts))
      }),
      { numRuns: 2_000 },
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.array(fc.json()).map((lines) => lines.join('\n')),
        ),
        (text) => {
          readJson(text)
        },
      ),
      { numRuns: 2_000 },
    )
  })
})

function safeEncode(value: unknown): Uint8Array {
  try {
    return encode(value)
  } catch {
    return new Uint8Array()
  }
}

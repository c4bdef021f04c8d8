import { describe, expect, it } from 'vitest'
import { messagePackCodec } from '../../protocol/codec.ts'
import type { OutgoingMessage } from '../../protocol/messages.ts'
import { AnswerReader } from './answer-reader.ts'

const head = { eventNumber: 300, sequence: 70_000, engineTimeUs: 1_700_000_000_000_000 }
const order = { orderId: 2 ** 33, instrument: 1, side: 'buy', priceTicks: 9_990, quantityLots: 200 } as const
const accepted = { type: 'accepted', ...head, ...order, orderType: 'limit', timeInForce: 'goodTillCancel' } as const
const cancelled = { type: 'cancelled', ...head, orderId: 5, cancelledLots: 8 } as const
const filled = { type: 'filled', ...head, ...order, tradeId: 6, liquidity: 'maker', feeMinor: -1_000 } as const

function read(frame: Uint8Array): unknown[] {
  const calls: unknown[] = []
  const reader = new AnswerReader({
    onAccepted: (ref) => calls.push(['accepted', ref]),
    onRejected: (ref) => calls.push(['rejected', ref]),
    onCancelled: (ref, orderRef) => calls.push(['cancelled', ref, orderRef]),
    onFilled: (orderRef, leavesLots) => calls.push(['filled', orderRef, leavesLots]),
    onOther: (bytes, start, end) => calls.push(messagePackCodec.decode(bytes.subarray(start, end))[0].type),
  })
  reader.read(frame, 0, frame.length)
  return calls
}

const encode = (...messages: OutgoingMessage[]) => messagePackCodec.encode(...messages) as Uint8Array

describe('answer reader', () => {
  it('reads every message of a frame, whatever the sizes of its numbers', () => {
    const frame = encode(
      { ...accepted, ref: 5 },
      { ...filled, orderRef: 200, leavesLots: 0 },
      { type: 'rejected', ...head, ref: 70_000, code: 'positionLimit', field: 'none', bound: -5 },
      { ...cancelled, ref: 0, orderRef: 2 ** 32 + 1, reason: 'selfTrade' },
      { ...cancelled, ref: 2 ** 40, orderRef: 3, reason: 'requested' },
      { ...filled, orderRef: 9, leavesLots: 100_000 },
    )
    expect(read(frame)).toEqual([
      ['accepted', 5],
      ['filled', 200, 0],
      ['rejected', 70_000],
      ['cancelled', 0, 2 ** 32 + 1],
      ['cancelled', 2 ** 40, 3],
      ['filled', 9, 100_000],
    ])
  })

  it('hands over other messages whole, and goes on after them', () => {
    const text = 'x'.repeat(300)
    const frame = encode(
      { type: 'notice', code: 'shuttingDown', text },
      { type: 'instrumentList', instruments: [] },
      { ...accepted, ref: 6 },
    )
    expect(read(frame)).toEqual(['notice', 'instrumentList', ['accepted', 6]])
  })

  it('refuses a frame that ends within a message', () => {
    const frame = encode({ ...accepted, ref: 5 })
    expect(() => read(frame.subarray(0, frame.length - 1))).toThrow('whole messages')
  })
})

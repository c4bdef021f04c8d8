import { describe, expect, it } from 'vitest'
import { decodeMessagePack } from '../../protocol/codec.ts'
import { WireWriter } from '../../protocol/wire.ts'
import { OrderStream } from './order-stream.ts'

function commands(count: number, seed: number) {
  const stream = new OrderStream(seed, { instrument: 3, fairPriceTicks: 10_000 })
  const writer = new WireWriter(64)
  return Array.from({ length: count }, (_, index) => {
    writer.position = 0
    stream.write(index + 1, writer)
    return decodeMessagePack(writer.bytes.slice(0, writer.position))
  })
}

describe('order stream', () => {
  it('rests, cancels and trades in the shares of the mixed flow', () => {
    const list = commands(100_000, 1)
    const share = (matches: (command: (typeof list)[number]) => boolean) => list.filter(matches).length / list.length
    const isTaker = (command: (typeof list)[number]) =>
      command.type === 'newOrder' &&
      (command.timeInForce === 'immediateOrCancel' ||
        Math.sign(command.priceTicks - 10_000) === (command.side === 'buy' ? 1 : -1))
    expect(share((command) => command.type === 'cancelOrder')).toBeCloseTo(0.47, 1)
    expect(share(isTaker)).toBeCloseTo(0.08, 2)
    expect(share((command) => command.type === 'newOrder' && command.timeInForce === 'immediateOrCancel')).toBeCloseTo(
      0.03,
      2,
    )
  })

  it('cancels each of its orders at most once, never before it was sent, and keeps at most 128 open', () => {
    const open = new Set<number>()
    for (const command of commands(50_000, 2)) {
      if (command.type === 'cancelOrder') expect(open.delete(command.orderRef)).toBe(true)
      else if (command.type === 'newOrder' && command.timeInForce === 'goodTillCancel') open.add(command.ref)
      // Orders that take and rest come on top of those that the bound counts before it lets another one rest.
      expect(open.size).toBeLessThanOrEqual(128 + 32)
    }
  })

  it('does not cancel an order that it was told is gone', () => {
    const stream = new OrderStream(3, { instrument: 1, fairPriceTicks: 10_000 })
    const writer = new WireWriter(64)
    for (let ref = 1; ref <= 10_000; ref++) {
      writer.position = 0
      stream.write(ref, writer)
      expect(decodeMessagePack(writer.bytes.slice(0, writer.position)).type).toBe('newOrder')
      stream.orderClosed(ref)
    }
  })
})

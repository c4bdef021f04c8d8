/** The reference of a snapshot's pause: what a program would do that keeps its orders as objects. */
import { performance } from 'node:perf_hooks'
import { serialize } from 'node:v8'
import { fairPriceTicks } from '../core/flow.ts'
import { Random } from '../random.ts'
import type { Serialised } from './job.ts'

export function serialiseOrders(orderCount: number): Serialised {
  const random = new Random(1)
  const orders = Array.from({ length: orderCount }, (_, index) => ({
    orderId: index + 1,
    session: random.between(1, 32),
    ref: random.between(1, orderCount),
    instrument: 1,
    side: random.between(0, 1) === 0 ? 'buy' : 'sell',
    priceTicks: fairPriceTicks + random.between(-55_000, 55_000),
    quantityLots: random.between(10, 100),
    leavesLots: random.between(1, 10),
    timeUs: 1_790_000_000_000_000 + index,
  }))
  const begunMs = performance.now()
  const jsonBytes = JSON.stringify(orders).length
  const jsonMs = performance.now()
  const v8Bytes = serialize(orders).length
  return {
    jsonBytes,
    jsonMilliseconds: jsonMs - begunMs,
    v8Bytes,
    v8Milliseconds: performance.now() - jsonMs,
  }
}

/**
 * The reference of the core suite: nodejs-order-book, used as its README does. It matches only: no risk checks, no
 * ledger, no sessions, no events, journaling off.
 */
import { OrderBook, Side } from 'nodejs-order-book'
import { enumerations, messages } from '../../protocol/messages.ts'
import type { Flow, Outcome } from './flow.ts'
import type { Venue } from './venue.ts'

type Answer = ReturnType<OrderBook['limit']>
type TimeInForce = NonNullable<Parameters<OrderBook['limit']>[0]['timeInForce']>

// The library keeps this enumeration to itself.
const goodTillCancel = 'GTC' as TimeInForce
const immediateOrCancel = 'IOC' as TimeInForce

/** The library's order ids, one per command, made outside the timed part. */
export function orderIds(flow: Flow): string[] {
  return Array.from(flow.order, (order) => `o${order}`)
}

export class NodejsOrderBookVenue implements Venue {
  private readonly book = new OrderBook()
  private readonly ids: readonly string[]
  private resting = 0
  private trades = 0
  private lots = 0

  constructor(ids: readonly string[]) {
    this.ids = ids
  }

  apply(flow: Flow, from: number, to: number): void {
    for (let index = from; index < to; index++) {
      const id = this.ids[index]
      if (flow.type[index] === messages.cancelOrder.number) {
        if (this.book.cancel(id) === undefined) throw new Error(`nodejs-order-book does not know order ${id}`)
        this.resting--
        continue
      }
      const side = flow.side[index] === enumerations.side.buy ? Side.BUY : Side.SELL
      const size = flow.quantityLots[index]
      if (flow.orderType[index] === enumerations.orderType.market) {
        this.count(id, size, false, this.book.market({ side, size }))
        continue
      }
      const rests = flow.timeInForce[index] === enumerations.timeInForce.goodTillCancel
      const timeInForce = rests ? goodTillCancel : immediateOrCancel
      this.count(id, size, rests, this.book.limit({ id, side, size, price: flow.priceTicks[index], timeInForce }))
    }
  }

  outcome(): Outcome {
    return { tradeCount: this.trades, tradedLots: this.lots, restingOrders: this.resting }
  }

  /** `done` holds the makers that were filled, then the taker itself if it was; `partial` is a maker or the taker. */
  private count(id: string, size: number, rests: boolean, answer: Answer): void {
    if (answer.err !== null) throw new Error(`nodejs-order-book rejected order ${id}: ${answer.err.message}`)
    if (rests && answer.quantityLeft > 0) this.resting++
    if (answer.done.length === 0 && answer.partial === null) return
    this.lots += size - answer.quantityLeft
    for (const order of answer.done) {
      if (order.id === id) continue
      this.trades++
      this.resting--
    }
    if (answer.partial !== null && answer.partial.id !== id) this.trades++
  }
}

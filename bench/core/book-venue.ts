/**
 * The bare order book under a flow: matching alone, without risk checks, sessions or ledger. A listener counts what the
 * book reports, which is the least that a user of it would do.
 */
import '../../engine/compiler.ts'
import { OrderBook, type OrderBookListener } from '../../engine/core/book/order-book.ts'
import { doubleZero } from '../../engine/core/double-zero.ts'
import { limits } from '../../protocol/limits.ts'
import { enumerations, messages } from '../../protocol/messages.ts'
import type { Flow, Outcome } from './flow.ts'
import type { Venue } from './venue.ts'

const cancelOrder = messages.cancelOrder.number
const { market } = enumerations.orderType
const { buy } = enumerations.side
const { maxPriceTicks } = limits

class Counter implements OrderBookListener {
  tradeCount = 0
  tradedLots = doubleZero
  cancelCount = 0
  levelChangeCount = 0

  onFill(_makerOrderId: number, _takerOrderId: number, _priceTicks: number, quantityLots: number): void {
    this.tradeCount++
    this.tradedLots += quantityLots
  }

  onCancelled(): void {
    this.cancelCount++
  }

  onLevelChanged(): void {
    this.levelChangeCount++
  }

  // No flow has auctions, nor orders that meet one of their own participant.
  onAuctionFill(): void {}
  onReduced(): void {}
}

export class BookVenue implements Venue {
  private readonly counter = new Counter()
  private readonly book = new OrderBook(this.counter)

  /** The order id is the number of the command that placed the order, from 1. */
  apply(flow: Flow, from: number, to: number): void {
    const { book } = this
    const { type, order, session, side, orderType, timeInForce, quantityLots, priceTicks, participantCount } = flow
    for (let index = from; index < to; index++) {
      if (type[index] === cancelOrder) {
        if (!book.cancel(order[index] + 1)) throw new Error(`the book does not know order ${order[index] + 1}`)
        continue
      }
      // As `Flow.participantOf`, which would be a call per command.
      const owner = ((session[index] - 1) % participantCount) + 1
      const worst = side[index] === buy ? maxPriceTicks : 1
      const price = orderType[index] === market ? worst : priceTicks[index]
      book.submit(index + 1, owner, side[index], orderType[index], timeInForce[index], quantityLots[index], price)
    }
  }

  outcome(): Outcome {
    const { tradeCount, tradedLots } = this.counter
    return { tradeCount, tradedLots: tradedLots + 0, restingOrders: this.book.openOrderCount }
  }
}

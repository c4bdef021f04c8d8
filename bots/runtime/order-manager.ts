/**
 * From the quotes that a strategy wants to the fewest messages that get there: one per order that differs, none for one
 * that is right. It keeps queue priority where it can: an order that only shrinks is replaced at its price, one that is
 * right is left alone. One whose replace was refused is cancelled, and its quote sent anew: its total, which counts all that
 * it ever filled, may have outgrown the largest order, and it must not stay where it is.
 *
 * It may be called at any time, with requests in flight: an order with a request outstanding is taken for what it will
 * be, holds its place among the wanted quotes, and is put right by a later call. Quotes are post-only: they never take.
 */
import type { Side } from '../../protocol/messages.ts'
import { expectedLeavesLots, leavesLots, type WorkingOrder, type WorkingOrders } from './working-orders.ts'

/** A quote that is wanted in the book. */
export interface Quote {
  readonly side: Side
  readonly priceTicks: number
  readonly quantityLots: number
}

/** How many more lots one side may ask for without passing a bound, 0 or more; see `RiskGuard.roomLots`. */
export type Room = (side: Side) => number

export class OrderManager {
  private readonly orders: WorkingOrders
  private readonly instrument: number
  private readonly room: Room

  constructor(orders: WorkingOrders, instrument: number, room: Room) {
    this.orders = orders
    this.instrument = instrument
    this.room = room
  }

  /**
   * Sends what brings the working orders to the wanted quotes. Quotes must not cross each other. What would trade with an
   * order of one's own, or could pass the bound while a request is in flight, waits for a later call.
   * @returns the number of messages sent
   */
  reconcile(wanted: readonly Quote[]): number {
    const plan = new Plan()
    const working = this.orders.of(this.instrument)
    for (const side of ['buy', 'sell'] as const) {
      const ofSide = working.filter((order) => order.side === side && order.outstanding !== 'cancel')
      planSide(
        plan,
        wanted.filter((quote) => quote.side === side),
        ofSide,
      )
    }
    return this.send(plan, working)
  }

  /** What frees room and gets out of the way first; what takes room and advances last. */
  private send(plan: Plan, working: readonly WorkingOrder[]): number {
    let sent = 0
    for (const order of plan.cancels) {
      this.orders.cancel(order)
      sent += 1
    }
    const [retreats, advances] = partition(plan.replaces, ({ order, quote }) => !isAhead(quote, order.priceTicks))
    for (const replace of [...retreats, ...advances]) if (this.sendReplace(replace, working)) sent += 1
    for (const quote of plan.news) if (this.sendNew(quote, working)) sent += 1
    return sent
  }

  private sendReplace({ order, quote }: Replace, working: readonly WorkingOrder[]): boolean {
    const leaves = leavesLots(order)
    const quantityLots = Math.min(quote.quantityLots, leaves + this.room(order.side))
    // A quote that wants more than there is room for is as good as it gets.
    if (quantityLots === leaves && quote.priceTicks === order.priceTicks) return false
    // Whatever one that retreats would meet it stands across from already, after a cancel that was refused: two such orders
    // would wait for each other for ever.
    if (isAhead(quote, order.priceTicks) && meetsOwnOrder(quote, working)) return false
    this.orders.replace(order, order.filledLots + quantityLots, quote.priceTicks)
    return true
  }

  private sendNew(quote: Quote, working: readonly WorkingOrder[]): boolean {
    const quantityLots = Math.min(quote.quantityLots, this.room(quote.side))
    if (quantityLots === 0 || meetsOwnOrder(quote, working)) return false
    const { side, priceTicks } = quote
    this.orders.submit({ instrument: this.instrument, side, priceTicks, quantityLots, orderType: 'postOnly' })
    return true
  }
}

interface Replace {
  readonly order: WorkingOrder
  readonly quote: Quote
}

class Plan {
  readonly cancels: WorkingOrder[] = []
  readonly replaces: Replace[] = []
  readonly news: Quote[] = []
}

/** One message for each order or quote that has no equal on the other side: no plan can do with fewer. */
function planSide(plan: Plan, wanted: readonly Quote[], working: readonly WorkingOrder[]): void {
  const quotes = [...wanted]
  let orders = [...working]
  const pair = (
    matches: (order: WorkingOrder, quote: Quote) => boolean,
    act?: (order: WorkingOrder, quote: Quote) => void,
  ) => {
    orders = orders.filter((order) => {
      const index = quotes.findIndex((quote) => matches(order, quote))
      if (index < 0) return true
      act?.(order, quotes[index])
      quotes.splice(index, 1)
      return false
    })
  }
  pair((order, quote) => isAt(order, quote) && expectedLeavesLots(order) === quote.quantityLots)
  // Whatever is in flight holds the place of a quote, the one at its price if there is one, until it is known.
  pair((order, quote) => isOutstanding(order) && isAt(order, quote))
  pair(isOutstanding)
  orders = orders.filter((order) => !isOutstanding(order))
  const replace = (order: WorkingOrder, quote: Quote) => {
    if (order.wasReplaceRefused) plan.cancels.push(order)
    else plan.replaces.push({ order, quote })
  }
  pair(isAt, replace)
  pair(() => true, replace)
  plan.cancels.push(...orders)
  plan.news.push(...quotes)
}

function isOutstanding(order: WorkingOrder): boolean {
  return order.outstanding !== 'none'
}

function isAt(order: WorkingOrder, quote: Quote): boolean {
  return order.expectedPriceTicks === quote.priceTicks
}

/** Whether the quote is closer to the other side than a price of its own side. */
function isAhead(quote: Quote, priceTicks: number): boolean {
  return quote.side === 'buy' ? quote.priceTicks > priceTicks : quote.priceTicks < priceTicks
}

/** Whether the quote would trade with an own order as that is once all requests so far are done. */
function meetsOwnOrder(quote: Quote, working: readonly WorkingOrder[]): boolean {
  return working.some(
    (order) =>
      order.side !== quote.side &&
      order.outstanding !== 'cancel' &&
      (quote.side === 'buy'
        ? quote.priceTicks >= order.expectedPriceTicks
        : quote.priceTicks <= order.expectedPriceTicks),
  )
}

function partition<Item>(items: readonly Item[], isFirst: (item: Item) => boolean): [Item[], Item[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))]
}

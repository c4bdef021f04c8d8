/**
 * The fast and the naive book behind one surface, for tests of the rules that both must keep. What happens comes as
 * lines that a person can read; orders are named by their ids.
 */
import { enumerations, type OrderType, type Side } from '../../../protocol/messages.ts'
import { type Auction, auctionOf, uncross } from './naive-auction.ts'
import { NaiveBook } from './naive-book.ts'
import { fillableLots } from './naive-fillable.ts'
import type { BookOrder, CancelReason, SelfTradePrevention } from './naive-order.ts'
import { OrderBook } from './order-book.ts'

export interface Terms {
  readonly owner?: number
  readonly type?: Extract<OrderType, 'limit' | 'market' | 'postOnly'>
  readonly timeInForce?: 'goodTillCancel' | 'immediateOrCancel' | 'fillOrKill'
  readonly displayQuantityLots?: number
  readonly mode?: SelfTradePrevention
}

export interface TestedBook {
  submit(orderId: number, side: Side, quantityLots: number, priceTicks: number, terms?: Terms): string[]
  cancel(orderId: number): string[]
  replace(orderId: number, priceTicks: number, quantityLots: number): string[]
  gather(): void
  uncross(referencePriceTicks: number): string[]
  indication(referencePriceTicks: number): Auction
  /** Orders in priority order: "100: #1 5+10" is order 1, which shows 5 lots and hides 10. */
  orders(side: Side): string[]
  /** "100: 15 in 2" is 15 lots shown, in two orders. */
  levels(side: Side): string[]
}

const anyPrice = { lowest: 0, highest: Number.POSITIVE_INFINITY }

abstract class Reporter {
  private lines: string[] = []

  protected tell(line: string): void {
    this.lines.push(line)
  }

  /** What was told since it was asked last; a command that was not taken says only that. */
  protected told(isTaken = true): string[] {
    const told = isTaken ? this.lines : ['not taken']
    this.lines = []
    return told
  }
}

export class FastOrderBook extends Reporter implements TestedBook {
  private readonly book: OrderBook

  constructor() {
    super()
    const listener = {
      onFill: (maker: number, taker: number, priceTicks: number, lots: number) =>
        this.tell(`#${maker} filled by #${taker}: ${lots} @ ${priceTicks}`),
      onAuctionFill: (buy: number, sell: number, priceTicks: number, lots: number) =>
        this.tell(`#${buy} buys from #${sell}: ${lots} @ ${priceTicks}`),
      onCancelled: (order: number, lots: number, reason: number) =>
        this.tell(`#${order} cancelled: ${lots}, ${nameOf('cancelReason', reason)}`),
      onReduced: (order: number, lots: number, leavesLots: number) =>
        this.tell(`#${order} reduced: by ${lots} to ${leavesLots}`),
      onLevelChanged: (side: number, priceTicks: number, lots: number, orderCount: number) =>
        this.tell(`${nameOf('side', side)} ${priceTicks}: ${lots} in ${orderCount}`),
    }
    // Few, so that the pools grow.
    this.book = new OrderBook(listener, 4)
  }

  submit(orderId: number, side: Side, quantityLots: number, priceTicks: number, terms: Terms = {}): string[] {
    const { owner = orderId, type = 'limit', timeInForce = 'goodTillCancel', mode = 'cancelNewest' } = terms
    const isTaken = this.book.submit(
      orderId,
      owner,
      enumerations.side[side],
      enumerations.orderType[type],
      enumerations.timeInForce[timeInForce],
      quantityLots,
      priceTicks,
      terms.displayQuantityLots,
      enumerations.selfTradePrevention[mode],
    )
    return this.told(isTaken)
  }

  cancel(orderId: number): string[] {
    return this.told(this.book.cancel(orderId))
  }

  replace(orderId: number, priceTicks: number, quantityLots: number): string[] {
    return this.told(this.book.replace(orderId, priceTicks, quantityLots))
  }

  gather(): void {
    this.book.gather()
  }

  uncross(referencePriceTicks: number): string[] {
    this.tell(`auction price ${this.book.uncross(referencePriceTicks)}`)
    return this.told()
  }

  indication(referencePriceTicks: number): Auction {
    return this.book.indication(referencePriceTicks)
  }

  orders(side: Side): string[] {
    return this.book.orders(enumerations.side[side]).map(lineOf)
  }

  levels(side: Side): string[] {
    const levels = this.book.levels(enumerations.side[side])
    return levels.map(({ priceTicks, quantityLots, orderCount }) => `${priceTicks}: ${quantityLots} in ${orderCount}`)
  }
}

export class NaiveOrderBook extends Reporter implements TestedBook {
  private readonly book: NaiveBook
  private isMatching = true
  private lastPriceTicks = 0

  constructor() {
    super()
    this.book = new NaiveBook({
      traded: ({ resting, incoming, aggressor, priceTicks, quantityLots }) => {
        this.lastPriceTicks = priceTicks
        const [buy, sell] = resting.side === 'buy' ? [resting, incoming] : [incoming, resting]
        if (aggressor === 'any')
          this.tell(`#${buy.orderId} buys from #${sell.orderId}: ${quantityLots} @ ${priceTicks}`)
        else this.tell(`#${resting.orderId} filled by #${incoming.orderId}: ${quantityLots} @ ${priceTicks}`)
      },
      cancelled: (order, reason) => this.tell(cancelledLine(order, reason)),
      reduced: ({ orderId, leavesLots }, byLots) => this.tell(`#${orderId} reduced: by ${byLots} to ${leavesLots}`),
      levelChanged: (side, priceTicks) => {
        const orders = this.book.resting[side].filter((order) => order.priceTicks === priceTicks)
        const lots = orders.reduce((sum, order) => sum + order.shownLots, 0)
        this.tell(`${side} ${priceTicks}: ${lots} in ${orders.length}`)
      },
    })
  }

  submit(orderId: number, side: Side, quantityLots: number, priceTicks: number, terms: Terms = {}): string[] {
    const { displayQuantityLots: display = 0 } = terms
    const order: BookOrder = {
      orderId,
      owner: terms.owner ?? orderId,
      side,
      orderType: terms.type ?? 'limit',
      timeInForce: terms.timeInForce ?? 'goodTillCancel',
      selfTradePrevention: terms.mode ?? 'cancelNewest',
      priceTicks,
      quantityLots,
      leavesLots: quantityLots,
      reduceOnly: false,
      displayQuantityLots: display < quantityLots ? display : 0,
      shownLots: 0,
    }
    if (this.wouldTradeWrongly(order)) return this.told(false)
    const fillable = this.isMatching ? fillableLots(order, this.book, anyPrice) : 0
    if (order.timeInForce === 'fillOrKill' && fillable < quantityLots) {
      this.tell(cancelledLine(order, 'fillOrKill'))
      return this.told()
    }
    this.enter(order)
    return this.told()
  }

  cancel(orderId: number): string[] {
    const order = this.find(orderId)
    if (order === undefined) return this.told(false)
    this.tell(cancelledLine(order, 'requested'))
    this.book.remove(order)
    return this.told()
  }

  replace(orderId: number, priceTicks: number, quantityLots: number): string[] {
    const order = this.find(orderId)
    if (order === undefined) return this.told(false)
    const leavesLots = quantityLots - (order.quantityLots - order.leavesLots)
    if (leavesLots <= 0) {
      this.tell(cancelledLine(order, 'replacedBelowFilled'))
      this.book.remove(order)
    } else if (priceTicks === order.priceTicks && leavesLots <= order.leavesLots) {
      if (leavesLots < order.leavesLots) this.book.reduce(order, order.leavesLots - leavesLots)
    } else {
      if (this.wouldTradeWrongly({ ...order, priceTicks })) return this.told(false)
      this.book.remove(order)
      Object.assign(order, { priceTicks, quantityLots, leavesLots })
      this.enter(order)
    }
    return this.told()
  }

  gather(): void {
    this.isMatching = false
  }

  uncross(referencePriceTicks: number): string[] {
    this.isMatching = true
    this.lastPriceTicks = referencePriceTicks
    this.tell(`auction price ${uncross(this.book, () => this.lastPriceTicks) ?? 0}`)
    return this.told()
  }

  indication(referencePriceTicks: number): Auction {
    return auctionOf(this.book, referencePriceTicks) ?? { priceTicks: 0, volumeLots: 0, imbalanceLots: 0 }
  }

  orders(side: Side): string[] {
    return this.book.resting[side].map(lineOf)
  }

  levels(side: Side): string[] {
    const orders = this.book.resting[side]
    return [...new Set(orders.map((order) => order.priceTicks))].map((priceTicks) => {
      const here = orders.filter((order) => order.priceTicks === priceTicks)
      return `${priceTicks}: ${here.reduce((sum, order) => sum + order.shownLots, 0)} in ${here.length}`
    })
  }

  private enter(order: BookOrder): void {
    if (this.isMatching) this.book.match(order, anyPrice)
    if (order.leavesLots === 0) return
    if (order.timeInForce === 'goodTillCancel') this.book.rest(order)
    else this.tell(cancelledLine(order, 'immediateOrCancel'))
  }

  private wouldTradeWrongly(order: BookOrder): boolean {
    return this.isMatching && order.orderType === 'postOnly' && this.book.crosses(order)
  }

  private find(orderId: number): BookOrder | undefined {
    const { buy, sell } = this.book.resting
    return [...buy, ...sell].find((order) => order.orderId === orderId)
  }
}

function cancelledLine({ orderId, leavesLots }: BookOrder, reason: CancelReason): string {
  return `#${orderId} cancelled: ${leavesLots}, ${reason}`
}

function lineOf({ priceTicks, orderId, shownLots, leavesLots }: Omit<BookOrder, 'owner'> | OrderLine): string {
  const hidden = leavesLots === shownLots ? '' : `+${leavesLots - shownLots}`
  return `${priceTicks}: #${orderId} ${shownLots}${hidden}`
}

type OrderLine = ReturnType<OrderBook['orders']>[number]

function nameOf(enumeration: 'side' | 'cancelReason', value: number): string {
  const values: Readonly<Record<string, number>> = enumerations[enumeration]
  return Object.keys(values).find((name) => values[name] === value) ?? `${value}?`
}

/**
 * The engine as one bot's orders see it, for tests: requests queue up until the test has them carried out or rejected, and
 * orders are filled when the test says so. There is nobody else in it.
 */
import type { NewOrder, Request, SessionEvent } from '../../protocol/client/index.ts'
import type { Side } from '../../protocol/messages.ts'
import type { OrderEntry, WorkingOrders } from './working-orders.ts'

type OrderRequest = Extract<Request, { type: 'newOrder' | 'cancelOrder' | 'replaceOrder' | 'massCancel' }>

interface VenueOrder {
  readonly ref: number
  readonly side: Side
  priceTicks: number
  leavesLots: number
  filledLots: number
}

export class SimulatedVenue implements OrderEntry {
  listener: WorkingOrders | undefined
  /** All requests so far, as text. */
  readonly requests: string[] = []
  /** Orders that came to cross an own order. */
  selfTrades = 0
  /** Requests for an order that had one outstanding. */
  doubleRequests = 0
  positionLots = 0
  private readonly queue: OrderRequest[] = []
  private readonly orders = new Map<number, VenueOrder>()
  private lastRef = 0

  newOrder(order: NewOrder): number {
    const { instrument, side, quantityLots, priceTicks = 0, orderType = 'limit' } = order
    this.requests.push(`new ${side} ${quantityLots}@${priceTicks} ${orderType}`)
    const timeInForce = order.timeInForce ?? 'goodTillCancel'
    const ref = this.claimRef()
    this.queue.push({ type: 'newOrder', ref, instrument, side, orderType, timeInForce, quantityLots, priceTicks })
    return ref
  }

  cancelOrder(orderRef: number): number {
    this.requests.push(`cancel ${orderRef}`)
    this.noteDouble(orderRef)
    const ref = this.claimRef()
    this.queue.push({ type: 'cancelOrder', ref, orderRef })
    return ref
  }

  replaceOrder(orderRef: number, quantityLots: number, priceTicks: number): number {
    this.requests.push(`replace ${orderRef} to ${quantityLots}@${priceTicks}`)
    this.noteDouble(orderRef)
    const ref = this.claimRef()
    this.queue.push({ type: 'replaceOrder', ref, orderRef, quantityLots, priceTicks })
    return ref
  }

  massCancel(instrument = 0): number {
    this.requests.push(`mass cancel ${instrument}`)
    const ref = this.claimRef()
    this.queue.push({ type: 'massCancel', ref, instrument, side: 'any' })
    return ref
  }

  /** What rests. */
  workingQuotes(): string[] {
    return [...this.orders.values()].map((order) => `${order.side} ${order.leavesLots}@${order.priceTicks}`).sort()
  }

  answerAll(): void {
    while (this.queue.length > 0) this.answerNext('carry out')
  }

  /** Answers the oldest request, if there is one. */
  answerNext(how: 'carry out' | 'reject'): void {
    const request = this.queue.shift()
    if (request === undefined) return
    const order = 'orderRef' in request ? this.orders.get(request.orderRef) : undefined
    const isGone = 'orderRef' in request && order === undefined
    if (how === 'reject' || isGone) this.listener?.onNoEffect(request)
    else if (request.type === 'newOrder') this.rest(request)
    else if (request.type === 'massCancel') this.cancelAll(request.ref)
    else if (request.type === 'cancelOrder') this.cancel(order!)
    else this.replace(request, order!)
  }

  /** Fills an order, as far as it goes. */
  fill(ref: number, lots: number): void {
    const order = this.orders.get(ref)
    if (order === undefined) return
    const quantityLots = Math.min(lots, order.leavesLots)
    order.leavesLots -= quantityLots
    order.filledLots += quantityLots
    this.positionLots += order.side === 'buy' ? quantityLots : -quantityLots
    if (order.leavesLots === 0) this.orders.delete(ref)
    const { side, priceTicks, leavesLots } = order
    this.tell({ type: 'filled', orderRef: ref, side, priceTicks, quantityLots, leavesLots, liquidity: 'maker' })
  }

  /** Takes lots from an order without a trade, as self-trade prevention may. */
  reduce(ref: number, reducedLots: number): void {
    const order = this.orders.get(ref)!
    order.leavesLots -= reducedLots
    this.tell({ type: 'reduced', orderRef: ref, reducedLots, leavesLots: order.leavesLots, reason: 'selfTrade' })
  }

  /** The day of an order is over. */
  expire(ref: number): void {
    const expiredLots = this.orders.get(ref)!.leavesLots
    this.orders.delete(ref)
    this.tell({ type: 'expired', orderRef: ref, expiredLots })
  }

  /** Fills one of the orders that rest, if there are any. */
  fillAny(which: number, lots: number): void {
    const refs = [...this.orders.keys()]
    if (refs.length > 0) this.fill(refs[which % refs.length], lots)
  }

  private rest(request: Extract<Request, { type: 'newOrder' }>): void {
    const { ref, quantityLots, priceTicks = 0 } = request
    const side = request.side as Side
    this.noteSelfTrade(side, priceTicks)
    this.orders.set(ref, { ref, side, priceTicks, leavesLots: quantityLots, filledLots: 0 })
    this.tell({ ...request, type: 'accepted', priceTicks })
  }

  private cancelAll(ref: number): void {
    const orders = [...this.orders.values()]
    for (const order of orders) this.cancel(order)
    this.tell({ type: 'massCancelled', ref, orderCount: orders.length })
  }

  private cancel(order: VenueOrder): void {
    this.orders.delete(order.ref)
    this.tell({ type: 'cancelled', orderRef: order.ref, cancelledLots: order.leavesLots, reason: 'requested' })
  }

  private replace(request: Extract<Request, { type: 'replaceOrder' }>, order: VenueOrder): void {
    const leavesLots = request.quantityLots - order.filledLots
    if (leavesLots <= 0) {
      this.cancel(order)
      return
    }
    this.noteSelfTrade(order.side, request.priceTicks)
    order.priceTicks = request.priceTicks
    order.leavesLots = leavesLots
    this.tell({ ...request, type: 'replaced', leavesLots })
  }

  private tell(event: Record<string, unknown>): void {
    this.listener?.onEvent(event as unknown as SessionEvent)
  }

  private noteDouble(orderRef: number): void {
    const isOutstanding = this.queue.some(
      (request) => request.ref === orderRef || ('orderRef' in request && request.orderRef === orderRef),
    )
    if (isOutstanding) this.doubleRequests += 1
  }

  private noteSelfTrade(side: Side, priceTicks: number): void {
    for (const order of this.orders.values()) {
      if (order.side === side) continue
      if (side === 'buy' ? priceTicks >= order.priceTicks : priceTicks <= order.priceTicks) this.selfTrades += 1
    }
  }

  private claimRef(): number {
    this.lastRef += 1
    return this.lastRef
  }
}

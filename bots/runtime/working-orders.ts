/**
 * The orders of one session, as far as this process knows: what was asked for, what the engine confirmed, what is left.
 * Every request passes through here, so that no order ever has more than one outstanding.
 */
import type { ClientSession, NewOrder, Request, RequestOutcome, SessionEvent } from '../../protocol/client/index.ts'
import type { Row, Side } from '../../protocol/messages.ts'

/** What the engine was asked to do with an order and has not answered. */
export type OutstandingRequest = 'none' | 'new' | 'replace' | 'cancel'

export interface WorkingOrder {
  readonly ref: number
  readonly instrument: number
  readonly side: Side
  /** As confirmed; for a new order as asked for. */
  priceTicks: number
  /** Total, the filled part included. */
  quantityLots: number
  filledLots: number
  outstanding: OutstandingRequest
  /** What it is after the outstanding request; equal to the above if that is no replace. */
  expectedPriceTicks: number
  expectedQuantityLots: number
  /** Whether a replace of it had no effect: for all that is known here, the next one has none either. */
  wasReplaceRefused: boolean
}

/** The part of a session that sends. */
export type OrderEntry = Pick<ClientSession, 'newOrder' | 'cancelOrder' | 'replaceOrder' | 'massCancel'>

/** What is left of an order, in lots, as confirmed. */
export function leavesLots(order: WorkingOrder): number {
  return order.quantityLots - order.filledLots
}

/** What is left of an order after its outstanding request, in lots; 0 if that is to cancel it. */
export function expectedLeavesLots(order: WorkingOrder): number {
  return order.outstanding === 'cancel' ? 0 : Math.max(0, order.expectedQuantityLots - order.filledLots)
}

/** The most that may still be filled, in lots, whatever becomes of the outstanding request. */
export function worstLeavesLots(order: WorkingOrder): number {
  return Math.max(order.quantityLots, order.expectedQuantityLots) - order.filledLots
}

export class WorkingOrders {
  private readonly entry: OrderEntry
  private readonly byRef = new Map<number, WorkingOrder>()
  /** Mass cancels without an answer: the instrument, 0 for all, by ref. */
  private readonly massCancels = new Map<number, number>()
  private isOrderUnknown = false
  /** Orders that the engine accepted, and replaces that it carried out. */
  acceptedOrders = 0
  /** Lots of accepted orders, and what replaces added to them. */
  submittedLots = 0

  constructor(entry: OrderEntry) {
    this.entry = entry
  }

  /** The orders of one instrument, oldest first. */
  of(instrument: number): WorkingOrder[] {
    const orders: WorkingOrder[] = []
    for (const order of this.byRef.values()) if (order.instrument === instrument) orders.push(order)
    return orders
  }

  get count(): number {
    return this.byRef.size
  }

  countOf(instrument: number): number {
    let count = 0
    for (const order of this.byRef.values()) if (order.instrument === instrument) count += 1
    return count
  }

  /** The most that one side of an instrument may still fill, in lots. */
  worstOpenLots(instrument: number, side: Side): number {
    let lots = 0
    for (const order of this.byRef.values()) {
      if (order.instrument === instrument && order.side === side) lots += worstLeavesLots(order)
    }
    return lots
  }

  submit(order: NewOrder): void {
    const priceTicks = order.priceTicks ?? 0
    const { instrument, side, quantityLots } = order
    const ref = this.entry.newOrder(order)
    this.byRef.set(ref, newWorkingOrder(ref, instrument, side, quantityLots, priceTicks, 'new'))
  }

  /** The order must have nothing outstanding. */
  cancel(order: WorkingOrder): void {
    order.outstanding = 'cancel'
    this.entry.cancelOrder(order.ref)
  }

  /** The order must have nothing outstanding. `quantityLots` is the new total, the filled part included. */
  replace(order: WorkingOrder, quantityLots: number, priceTicks: number): void {
    order.outstanding = 'replace'
    order.expectedQuantityLots = quantityLots
    order.expectedPriceTicks = priceTicks
    this.entry.replaceOrder(order.ref, quantityLots, priceTicks)
  }

  /** Cancels every order of an instrument (0: of all), also those with a request outstanding; once until it is answered. */
  cancelAll(instrument: number): void {
    const isOutstanding = [...this.massCancels.values()].includes(instrument)
    if (!isOutstanding) this.massCancels.set(this.entry.massCancel(instrument), instrument)
  }

  /**
   * These are the open orders of the session, whoever asked for them: an earlier process, or this one before it lost touch.
   * They become its own, and are managed as if it had been told of each; if one of them is none that it could manage, all
   * are cancelled.
   * @param trades whether it trades an instrument
   */
  takeOver(openOrders: readonly Row<'openOrder'>[], trades: (instrument: number) => boolean): void {
    if (!openOrders.every((order) => isPlain(order) && trades(order.instrument))) {
      this.startOver()
      return
    }
    const known = new Map(this.byRef)
    this.byRef.clear()
    for (const order of openOrders) this.takeOverOrder(order, known.get(order.orderRef))
    // What was not asked yet, or is not answered, still may become an order.
    for (const order of known.values()) {
      if (order.outstanding === 'new' && !this.byRef.has(order.ref)) this.byRef.set(order.ref, order)
    }
    this.isOrderUnknown = false
  }

  private takeOverOrder(told: Row<'openOrder'>, known: WorkingOrder | undefined): void {
    const { orderRef, instrument, side, quantityLots, leavesLots, priceTicks } = told
    const order = known ?? newWorkingOrder(orderRef, instrument, side as Side, quantityLots, priceTicks, 'none')
    this.byRef.set(orderRef, order)
    order.filledLots = quantityLots - leavesLots
    if (order.outstanding === 'new') {
      this.confirm(orderRef, quantityLots, priceTicks)
    } else {
      order.quantityLots = quantityLots
      order.priceTicks = priceTicks
      if (order.outstanding !== 'replace') expectNoChange(order)
    }
  }

  /**
   * Forgets all orders and cancels whatever there is, when it is not known what is: until that is answered, orders that
   * nobody here counts may still fill.
   */
  startOver(): void {
    this.byRef.clear()
    this.massCancels.clear()
    this.isOrderUnknown = true
    this.cancelAll(0)
  }

  /** Whether every order of the session is one of these. */
  get areAllKnown(): boolean {
    return !this.isOrderUnknown
  }

  onEvent(event: SessionEvent): void {
    switch (event.type) {
      case 'accepted':
        this.confirm(event.ref, event.quantityLots, event.priceTicks)
        break
      case 'replaced':
        this.confirm(event.orderRef, event.quantityLots, event.priceTicks)
        break
      case 'filled':
        this.fill(event.orderRef, event.quantityLots, event.leavesLots)
        break
      case 'reduced':
        this.reduce(event.orderRef, event.reducedLots)
        break
      case 'cancelled':
      case 'expired':
        this.byRef.delete(event.orderRef)
        break
      case 'massCancelled':
        if (this.massCancels.get(event.ref) === 0) this.isOrderUnknown = false
        this.massCancels.delete(event.ref)
        break
    }
  }

  /** The request had no effect: it was rejected, refused by an error, or lost. */
  onNoEffect(request: Request): void {
    if (request.type === 'newOrder') {
      this.byRef.delete(request.ref)
    } else if (request.type === 'massCancel') {
      this.massCancels.delete(request.ref)
    } else if ('orderRef' in request) {
      const order = this.byRef.get(request.orderRef)
      if (order === undefined) return
      if (request.type === 'replaceOrder') order.wasReplaceRefused = true
      this.settle(order)
    }
  }

  /** The request will not be answered: it had no effect, or `takeOver` was told of orders as they are after it. */
  onUnanswered(request: Request, outcome: RequestOutcome): void {
    if (outcome === 'open') return
    const order = request.type === 'replaceOrder' ? this.byRef.get(request.orderRef) : undefined
    if (outcome === 'unknown' && order !== undefined) this.settle(order)
    else this.onNoEffect(request)
  }

  private confirm(ref: number, quantityLots: number, priceTicks: number): void {
    const order = this.byRef.get(ref)
    if (order === undefined) return
    const isNew = order.outstanding === 'new'
    this.acceptedOrders += 1
    this.submittedLots += isNew ? quantityLots : Math.max(0, quantityLots - order.quantityLots)
    order.quantityLots = quantityLots
    order.priceTicks = priceTicks
    this.settle(order)
  }

  private fill(ref: number, quantityLots: number, leaves: number): void {
    const order = this.byRef.get(ref)
    if (order === undefined) return
    order.filledLots += quantityLots
    if (leaves === 0) this.byRef.delete(ref)
  }

  /** The total quantity is less now; one that a replace under way asks for stays. */
  private reduce(ref: number, lots: number): void {
    const order = this.byRef.get(ref)
    if (order === undefined) return
    order.quantityLots -= lots
    if (order.outstanding !== 'replace') order.expectedQuantityLots = order.quantityLots
  }

  private settle(order: WorkingOrder): void {
    order.outstanding = 'none'
    expectNoChange(order)
  }
}

function newWorkingOrder(
  ref: number,
  instrument: number,
  side: Side,
  quantityLots: number,
  priceTicks: number,
  outstanding: OutstandingRequest,
): WorkingOrder {
  const expected = { expectedPriceTicks: priceTicks, expectedQuantityLots: quantityLots }
  const asTold = { ref, instrument, side, quantityLots, priceTicks, filledLots: 0 }
  return { ...asTold, ...expected, outstanding, wasReplaceRefused: false }
}

function expectNoChange(order: WorkingOrder): void {
  order.expectedQuantityLots = order.quantityLots
  order.expectedPriceTicks = order.priceTicks
}

/** Whether it is an order as bots send them: it rests, all of it shown, until it is filled or cancelled. */
function isPlain({ orderType, timeInForce, displayQuantityLots, reduceOnly, isQuote }: Row<'openOrder'>): boolean {
  const rests = (orderType === 'limit' || orderType === 'postOnly') && timeInForce === 'goodTillCancel'
  return rests && displayQuantityLots === 0 && !reduceOnly && !isQuote
}

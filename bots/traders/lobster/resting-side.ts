/**
 * The participant whose orders rest: sends the recorded book's steps and counts their answers, which come in the order in
 * which the steps were sent. Fills are kept until the aggressors' run is over, because they come on another connection
 * than what they belong to.
 */
import type { SessionEvent } from '../../../protocol/client/index.ts'
import type { Message } from '../../../protocol/messages.ts'
import { type OrderEntry, ReplayError } from './order-entry.ts'
import type { RecordedOrder, Step } from './recorded-book.ts'
import { VenueBook } from './venue-book.ts'

export class RestingSide {
  readonly venue = new VenueBook()
  /** Messages sent so far, and how many of them are answered. */
  sent = 0
  answered = 0
  /** Lots of `fills`. */
  filledLots = 0
  private readonly session: OrderEntry
  private readonly instrument: number
  private fills: Message<'filled'>[] = []

  constructor(session: OrderEntry, instrument: number) {
    this.session = session
    this.instrument = instrument
  }

  get outstanding(): number {
    return this.sent - this.answered
  }

  send(steps: readonly Step[]): void {
    for (const step of steps) {
      if (step.kind === 'reduce') this.reduce(step.order, step.byLots)
      else if (step.kind === 'submit') this.submit(step.order)
      else this.cancel(step.order.ref)
    }
  }

  submit(order: RecordedOrder): void {
    const { side, priceTicks, leavesLots } = order
    order.submittedLots = leavesLots
    order.ref = this.session.newOrder({ instrument: this.instrument, side, quantityLots: leavesLots, priceTicks })
    this.sent += 1
  }

  cancel(ref: number): void {
    this.session.cancelOrder(ref)
    this.sent += 1
  }

  /** @throws ReplayError if the venue did something else than it was asked to */
  onEvent(event: SessionEvent): void {
    if (event.type === 'filled') {
      this.fills.push(event)
      this.filledLots += event.quantityLots
      return
    }
    if (event.type === 'rejected') throw rejection(event)
    // The end of the connection, which is told next, gives the reason.
    if (event.type === 'cancelled' && event.reason === 'disconnected') return
    if (event.type === 'cancelled' && event.reason !== 'requested') {
      throw new ReplayError(`the engine cancelled order ${event.orderRef} of the resting side: ${event.reason}`)
    }
    this.venue.apply(event)
    this.answered += 1
  }

  /** The fills since the last call, in order. */
  takeFills(): Message<'filled'>[] {
    const { fills } = this
    this.fills = []
    this.filledLots = 0
    return fills
  }

  private reduce(order: RecordedOrder, byLots: number): void {
    order.submittedLots -= byLots
    this.session.replaceOrder(order.ref, order.submittedLots, order.priceTicks)
    this.sent += 1
  }
}

export function rejection(event: Message<'rejected'>): ReplayError {
  const bound = event.bound === 0 ? '' : `, bound ${event.bound}`
  return new ReplayError(`the engine rejected message ${event.ref}: ${event.code} (${event.field}${bound})`)
}

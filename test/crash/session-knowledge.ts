/**
 * What a client knows of its session from the messages that went to and fro, and nothing else: where its event stream
 * stands, what is unanswered, which orders are open. A client that was killed learns it from its record again.
 */
import { isAnswer } from '../../protocol/client/pending-requests.ts'
import type { Request, SessionEvent } from '../../protocol/client/session-types.ts'
import { errors } from '../../protocol/errors.ts'
import type { Message } from '../../protocol/messages.ts'

export interface KnownOrder {
  readonly instrument: number
  readonly isStop: boolean
}

/** As it stands in a record: the maps as lists of entries. */
export interface KnowledgeState {
  readonly nextEvent: number
  readonly pending: [number, Request][]
  readonly orders: [number, KnownOrder][]
  readonly copies: [string, number][]
}

export class SessionKnowledge {
  /** Number of the next event; 0 before anything was told. */
  nextEvent = 0
  /** Last ref that was processed, as told at the last logon. */
  lastRef = 0
  /** Requests that have no answer yet, by ref, in order of refs. */
  readonly pending: Map<number, Request>
  /** Open orders by ref; quotes are none. */
  readonly orders: Map<number, KnownOrder>
  /** Number of the next event of each session of the participant, if there is a drop copy. */
  readonly copies: Map<string, number>
  private copiesThatFollow = 0

  constructor(state?: KnowledgeState) {
    this.nextEvent = state?.nextEvent ?? 0
    this.pending = new Map(state?.pending)
    this.orders = new Map(state?.orders)
    this.copies = new Map(state?.copies)
  }

  state(): KnowledgeState {
    const { nextEvent, pending, orders, copies } = this
    return { nextEvent, pending: [...pending], orders: [...orders], copies: [...copies] }
  }

  sent(message: Message): void {
    if ('ref' in message) this.pending.set(message.ref, message as Request)
  }

  received(message: Message): void {
    switch (message.type) {
      case 'logonResult':
        this.loggedOn(message)
        break
      case 'openOrders':
        for (const row of message.orders) this.open(row.orderRef, row)
        break
      case 'error':
        this.refused(message)
        break
      case 'dropCopySubscribed':
        for (const { session, nextEvent } of message.sessions) this.copies.set(session, nextEvent)
        break
      case 'dropCopy':
        this.copies.set(message.session, this.copies.get(message.session)! + message.eventCount)
        this.copiesThatFollow = message.eventCount
        break
      default:
        if (!('eventNumber' in message)) break
        if (this.copiesThatFollow > 0) this.copiesThatFollow -= 1
        else this.happened(message)
    }
  }

  private loggedOn({ firstEvent, lastRef, snapshot }: Message<'logonResult'>): void {
    this.nextEvent = firstEvent
    this.lastRef = lastRef
    if (snapshot) this.orders.clear()
  }

  /** Nothing is known of a command that is told to be a repetition: its own answer says what came of it. */
  private refused({ code, ref }: Message<'error'>): void {
    if (code !== 'duplicateRef' && errors[code].answer === 'error') this.pending.delete(ref)
  }

  private happened(event: SessionEvent): void {
    this.nextEvent = event.eventNumber + 1
    if (isAnswer(event) && this.isAnsweredBy(event)) this.pending.delete(event.ref)
    if (event.type === 'accepted') this.open(event.ref, event)
    if (event.type === 'cancelled' || event.type === 'expired') this.orders.delete(event.orderRef)
    if (event.type === 'filled' && event.leavesLots === 0) this.orders.delete(event.orderRef)
  }

  private open(ref: number, order: { instrument: number; stopPriceTicks: number; isQuote?: boolean }): void {
    if (order.isQuote) return
    this.orders.set(ref, { instrument: order.instrument, isStop: order.stopPriceTicks !== 0 })
  }

  /** What a mass cancel or an admin cancels carries the ref of the command too; the answer to those is another event. */
  private isAnsweredBy(event: SessionEvent & { readonly ref: number }): boolean {
    if (event.type !== 'cancelled') return true
    const type = this.pending.get(event.ref)?.type
    return type === 'cancelOrder' || type === 'replaceOrder'
  }
}

/**
 * A participant's session: logon, order entry, and the session's event stream without gaps across lost connections.
 *
 * What it promises: every request is carried out at most once, and its outcome is told exactly once: as a numbered event,
 * as an error, or, where both are lost for good, by what is known without them (`onUnanswered`). After a lost connection
 * it logs on again, takes the events that it missed, then sends the requests that are still unanswered again, in order,
 * with the same refs; one that the engine had processed is never sent a second time, because its answer is among those
 * events. Where the engine does not keep these any more, a snapshot takes their place; where it runs on another log,
 * nothing is continued and nothing sent again.
 */
import type { Message, OutgoingRow, Row } from '../messages.ts'
import { SessionLink } from './session-link.ts'
import type {
  ControlRequest,
  NewOrder,
  Quote,
  SessionHandlers,
  SessionOptions,
  SessionState,
  WithoutRef,
} from './session-types.ts'

/** How long `close` waits for answers. */
const closeTimeoutMs = 5_000

export class ClientSession {
  private readonly link: SessionLink
  private closing: Promise<boolean> | undefined

  constructor(options: SessionOptions, handlers: SessionHandlers = {}) {
    this.link = new SessionLink(options, handlers)
  }

  get state(): SessionState {
    return this.link.state
  }

  /** Requests that have no answer yet. Grows without bound while disconnected if requests keep being made. */
  get pendingCount(): number {
    return this.link.pending.size
  }

  /** All instruments, as told at the last logon. */
  get instruments(): readonly Row<'instrument'>[] {
    return this.link.instruments
  }

  /** Messages per second that the engine lets this session send; 0 before the first logon. */
  get ratePerSecond(): number {
    return this.link.logonResult?.ratePerSecond ?? 0
  }

  /** Number that the next event will have; a later process may hand it, with `logId`, to `SessionOptions`. */
  get nextEvent(): number {
    return this.link.expectedEvent
  }

  /** The last ref that the engine had processed at the last logon, by this process or an earlier one; 0 before it. */
  get lastRef(): number {
    return this.link.logonResult?.lastRef ?? 0
  }

  /** Identity of the engine's log; empty before the first logon. */
  get logId(): string {
    return this.link.logId
  }

  /** Where each session of the drop copy goes on; a later process may hand it to `subscribeDropCopy`. */
  get dropCopyPositions(): readonly Row<'dropCopyStart'>[] {
    return this.link.dropCopy.positions
  }

  /**
   * Connects and logs on; resolves when live. From then on a lost connection is opened again until `close`.
   * @throws Error if the engine cannot be reached or refuses the logon; then the session is closed
   */
  connect(): Promise<void> {
    if (this.link.state !== 'closed' || this.link.logonResult !== undefined) {
      throw new Error('connect can be called once')
    }
    return this.link.connect()
  }

  /** Sends a new order and returns its ref, which is the order's id within the session. */
  newOrder(order: NewOrder): number {
    return this.link.request({
      type: 'newOrder',
      ref: this.link.claimRef(),
      ...order,
      orderType: order.orderType ?? 'limit',
      timeInForce: order.timeInForce ?? 'goodTillCancel',
    })
  }

  /** Cancels the order with this ref; returns the ref of the request. */
  cancelOrder(orderRef: number): number {
    return this.link.request({ type: 'cancelOrder', ref: this.link.claimRef(), orderRef })
  }

  /**
   * Changes an order; `quantityLots` is the new total, the filled part included, `stopPriceTicks` is for waiting stops
   * (0: as it is). Returns the ref of the request.
   */
  replaceOrder(orderRef: number, quantityLots: number, priceTicks: number, stopPriceTicks = 0): number {
    const ref = this.link.claimRef()
    return this.link.request({ type: 'replaceOrder', ref, orderRef, quantityLots, priceTicks, stopPriceTicks })
  }

  /** Cancels the session's orders: of one instrument or all (0), one side or both. Returns the request's ref. */
  massCancel(instrument = 0, side: 'any' | 'buy' | 'sell' = 'any'): number {
    return this.link.request({ type: 'massCancel', ref: this.link.claimRef(), instrument, side })
  }

  /** Replaces the session's quotes in the instruments named. Returns the ref of the request. */
  massQuote(group: number, quotes: readonly Quote[]): number {
    return this.link.request({ type: 'massQuote', ref: this.link.claimRef(), group, quotes })
  }

  /** Sends a request that is no order entry. Returns its ref. */
  control(request: WithoutRef<ControlRequest>): number {
    return this.link.request({ ...request, ref: this.link.claimRef() })
  }

  /**
   * Asks how well the session's quotes fulfil their obligations today.
   * @throws Error, as all queries, if the engine refuses, the session is not live, or is lost before the answer came
   */
  async queryObligations(): Promise<Row<'obligation'>[]> {
    return (await this.link.query({ type: 'queryObligations' })).obligations
  }

  /** Asks for one order of the session. The answer includes every event told before it and none told after it. */
  queryOrder(orderRef: number): Promise<Message<'orderStatus'>> {
    return this.link.query({ type: 'queryOrder', orderRef })
  }

  /**
   * Asks for open orders: of one instrument or all (0), and of another session of the participant if one is named. Of its
   * own they are in step with the events as `queryOrder`.
   */
  async queryOpenOrders(instrument = 0, session = ''): Promise<Row<'openOrder'>[]> {
    return (await this.link.query({ type: 'queryOpenOrders', instrument, session })).orders
  }

  /** Asks for the participant's positions. */
  async queryPositions(): Promise<Row<'position'>[]> {
    return (await this.link.query({ type: 'queryPositions' })).positions
  }

  /**
   * Asks for the events of all sessions of the participant, told to `onDropCopy` from now on, across lost connections:
   * of the sessions named from the number given, of all others the new ones.
   * @returns where each session begins
   * @throws Error as for queries; then there is no drop copy
   */
  subscribeDropCopy(from: readonly OutgoingRow<'dropCopyStart'>[] = []): Promise<Row<'dropCopyStart'>[]> {
    return this.link.subscribeDropCopy(from)
  }

  /**
   * Ends the session for good. While live it first waits for the answers to all requests, five seconds at most. If the
   * connection is lost meanwhile, it tries once to come back for them, unless the engine is being stopped.
   * @param massCancel cancels all orders before; without a connection that is left to the engine's cancel on disconnect
   * @returns whether every request was answered, the mass cancel included
   */
  close(massCancel = false): Promise<boolean> {
    this.closing ??= this.finish(massCancel)
    return this.closing
  }

  private async finish(massCancel: boolean): Promise<boolean> {
    const { link } = this
    link.isClosing = true
    const canRequest = link.logonResult !== undefined && link.state !== 'closed'
    if (massCancel && canRequest) this.massCancel()
    if (link.isLive) await link.drained(closeTimeoutMs)
    const answered = link.pending.size === 0
    link.end('closed by this side')
    return answered
  }
}

/**
 * A participant's session: logon, order entry, and the session's event stream without gaps across lost connections.
 *
 * What it promises: every request is carried out at most once, and its outcome is told exactly once, either as a
 * numbered event or as an error. After a lost connection it logs on again, takes the events that it missed, then sends
 * the requests that are still unanswered again, in order, with the same refs; one that the engine had processed is
 * never sent a second time, because its answer is among those events.
 */
import { errors } from '../errors.ts'
import { logonText, type Message, type Row } from '../messages.ts'
import { Connection, defaultHeartbeatIntervalMs, isFinal, type LossReason } from './connection.ts'
import { PendingRequests } from './pending-requests.ts'
import type {
  Answer,
  ControlRequest,
  NewOrder,
  Quote,
  Request,
  SessionEvent,
  SessionHandlers,
  SessionOptions,
  SessionState,
  WithoutRef,
} from './session-types.ts'

/** How long `close` waits for answers. */
const closeTimeoutMs = 5_000

export class ClientSession {
  private readonly options: SessionOptions
  private readonly handlers: SessionHandlers
  private readonly connection: Connection
  private readonly pending = new PendingRequests()
  private currentState: SessionState = 'closed'
  private lastRef = 0
  /** Number of the next event; 0 until the first logon told it. */
  private expectedEvent: number
  private logonResult: Message<'logonResult'> | undefined
  private instrumentList: readonly Row<'instrument'>[] = []
  /** The nonce of the current connection, and whether all that precedes live events except replayed ones is here. */
  private nonce = ''
  private positionsComplete = false
  /** Who asked for obligations and has no answer yet, in order. */
  private queries: { resolve(obligations: Row<'obligation'>[]): void; reject(error: Error): void }[] = []
  private settleConnect: { resolve(): void; reject(error: Error): void } | undefined
  private onDrained: (() => void) | undefined
  private closing: Promise<boolean> | undefined

  constructor(options: SessionOptions, handlers: SessionHandlers = {}) {
    this.options = options
    this.handlers = handlers
    this.expectedEvent = options.nextEvent ?? 0
    this.connection = new Connection(options, {
      onOpen: () => this.opened(),
      onMessage: (message) => this.receive(message),
      onLost: (reason) => this.lost(reason),
    })
  }

  get state(): SessionState {
    return this.currentState
  }

  /** Requests that have no answer yet. Grows without bound while disconnected if requests keep being made. */
  get pendingCount(): number {
    return this.pending.size
  }

  /** All instruments, as told at the last logon. */
  get instruments(): readonly Row<'instrument'>[] {
    return this.instrumentList
  }

  /** Messages per second that the engine lets this session send; 0 before the first logon. */
  get ratePerSecond(): number {
    return this.logonResult?.ratePerSecond ?? 0
  }

  /** Number that the next event will have; a later process may hand it to `SessionOptions.nextEvent`. */
  get nextEvent(): number {
    return this.expectedEvent
  }

  /**
   * Connects and logs on; resolves when live. From then on a lost connection is opened again until `close`.
   * @throws Error if the engine cannot be reached or refuses the logon; then the session is closed
   */
  connect(): Promise<void> {
    if (this.currentState !== 'closed' || this.logonResult !== undefined) throw new Error('connect can be called once')
    return new Promise((resolve, reject) => {
      this.settleConnect = { resolve, reject }
      this.setState('connecting', '')
      this.connection.open()
    })
  }

  /** Sends a new order and returns its ref, which is the order's id within the session. */
  newOrder(order: NewOrder): number {
    return this.request({
      type: 'newOrder',
      ref: this.claimRef(),
      ...order,
      orderType: order.orderType ?? 'limit',
      timeInForce: order.timeInForce ?? 'goodTillCancel',
    })
  }

  /** Cancels the order with this ref; returns the ref of the request. */
  cancelOrder(orderRef: number): number {
    return this.request({ type: 'cancelOrder', ref: this.claimRef(), orderRef })
  }

  /**
   * Changes an order; `quantityLots` is the new total, the filled part included, `stopPriceTicks` is for waiting stops
   * (0: as it is). Returns the ref of the request.
   */
  replaceOrder(orderRef: number, quantityLots: number, priceTicks: number, stopPriceTicks = 0): number {
    const ref = this.claimRef()
    return this.request({ type: 'replaceOrder', ref, orderRef, quantityLots, priceTicks, stopPriceTicks })
  }

  /** Cancels the session's orders: of one instrument or all (0), one side or both. Returns the request's ref. */
  massCancel(instrument = 0, side: 'any' | 'buy' | 'sell' = 'any'): number {
    return this.request({ type: 'massCancel', ref: this.claimRef(), instrument, side })
  }

  /** Replaces the session's quotes in the instruments named. Returns the ref of the request. */
  massQuote(group: number, quotes: readonly Quote[]): number {
    return this.request({ type: 'massQuote', ref: this.claimRef(), group, quotes })
  }

  /** Sends a request that is no order entry. Returns its ref. */
  control(request: WithoutRef<ControlRequest>): number {
    return this.request({ ...request, ref: this.claimRef() })
  }

  /**
   * Asks how well the session's quotes fulfil their obligations today.
   * @throws Error if the session is not live, or is lost before the answer came
   */
  queryObligations(): Promise<Row<'obligation'>[]> {
    if (this.currentState !== 'live') return Promise.reject(new Error('the session is not live'))
    this.connection.send({ type: 'queryObligations' })
    return new Promise((resolve, reject) => this.queries.push({ resolve, reject }))
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
    const canRequest = this.logonResult !== undefined && this.currentState !== 'closed'
    if (massCancel && canRequest) this.massCancel()
    if (this.currentState === 'live') await this.drained()
    const answered = this.pending.size === 0
    this.end('closed by this side')
    return answered
  }

  private drained(): Promise<void> {
    if (this.pending.size === 0) return Promise.resolve()
    return new Promise((resolve) => {
      const callOff = this.connection.clock.after(closeTimeoutMs, resolve)
      this.onDrained = () => {
        callOff()
        resolve()
      }
    })
  }

  private claimRef(): number {
    if (this.logonResult === undefined || this.currentState === 'closed') {
      throw new Error(this.logonResult === undefined ? 'the session was never live' : 'the session is closed')
    }
    this.lastRef += 1
    return this.lastRef
  }

  private request(request: Request): number {
    const isLive = this.currentState === 'live'
    this.pending.add(request, isLive ? this.connection.clock.nowMs() : undefined)
    if (isLive) this.connection.send(request)
    return request.ref
  }

  private opened(): void {
    this.nonce = ''
    this.positionsComplete = false
    if (this.currentState === 'disconnected') this.setState('connecting', '')
  }

  private receive(message: Message): void {
    switch (message.type) {
      case 'accepted':
      case 'rejected':
      case 'filled':
      case 'cancelled':
      case 'replaced':
      case 'triggered':
      case 'expired':
      case 'massCancelled':
      case 'quoteAccepted':
      case 'quoteRejected':
      case 'massQuoted':
      case 'protectionTriggered':
      case 'carriedOut':
      case 'reduced':
        this.takeEvent(message)
        break
      case 'challenge':
        void this.logon(message.nonce)
        break
      case 'logonResult':
        this.takeLogonResult(message)
        break
      case 'position':
        this.handlers.onPosition?.(message)
        break
      case 'obligations':
        this.queries.shift()?.resolve(message.obligations)
        break
      case 'instrumentList':
        this.instrumentList = message.instruments
        this.positionsComplete = true
        this.resumeIfComplete()
        break
      case 'error':
        this.takeError(message)
        break
      case 'notice':
        this.handlers.onNotice?.(message)
        break
    }
  }

  private async logon(nonce: string): Promise<void> {
    const { participant, session, sign, cancelOnDisconnect, heartbeatIntervalMs } = this.options
    this.nonce = nonce
    let signature: string
    try {
      signature = await sign(logonText(nonce, participant, session))
    } catch (error) {
      this.end(`cannot sign the logon: ${(error as Error).message}`)
      return
    }
    if (this.nonce !== nonce) return
    this.connection.send({
      type: 'logon',
      participant,
      session,
      signature,
      cancelOnDisconnect: cancelOnDisconnect ?? true,
      heartbeatIntervalMs: heartbeatIntervalMs ?? defaultHeartbeatIntervalMs,
      nextEvent: this.expectedEvent,
    })
  }

  private takeLogonResult(result: Message<'logonResult'>): void {
    this.logonResult = result
    this.lastRef = Math.max(this.lastRef, result.lastRef)
    this.connection.setHeartbeatInterval(result.heartbeatIntervalMs)
    const expected = this.expectedEvent
    this.expectedEvent = result.firstEvent
    if (expected !== 0 && expected !== result.firstEvent) this.handlers.onGap?.(expected, result.firstEvent)
    // Answers come in order: when this one is here, the positions that follow the logon result are as well.
    this.connection.send({ type: 'listInstruments' })
  }

  private takeEvent(event: SessionEvent): void {
    if (event.eventNumber !== this.expectedEvent) {
      this.connection.abandon(`event ${event.eventNumber} came where ${this.expectedEvent} was due`)
      return
    }
    this.expectedEvent += 1
    const replayed = event.eventNumber < this.logonResult!.nextEvent
    const answered = this.pending.takeAnsweredBy(event)
    if (answered !== undefined) {
      const nowMs = this.connection.clock.nowMs()
      this.handlers.onAnswer?.(answered.request, event as Answer, (nowMs - (answered.sentMs ?? nowMs)) * 1000)
    }
    this.handlers.onEvent?.(event, replayed)
    if (answered !== undefined) this.checkDrained()
    if (replayed) this.resumeIfComplete()
  }

  private takeError(error: Message<'error'>): void {
    this.handlers.onError?.(error, this.pending.take(error.ref)?.request)
    if (error.ref === 0) this.queries.shift()?.reject(new Error(`${error.code}: ${error.text}`))
    this.checkDrained()
    // An error that does not close the connection, in the middle of a logon, would leave it waiting for ever.
    const isLogonRefused =
      this.currentState === 'connecting' && error.ref === 0 && errors[error.code].answer === 'error'
    if (isLogonRefused) this.connection.abandon(`${error.code}: ${error.text}`)
  }

  /** Live once the positions and every event up to the logon were told. */
  private resumeIfComplete(): void {
    const result = this.logonResult!
    if (this.currentState !== 'connecting' || !this.positionsComplete) return
    if (this.expectedEvent < result.nextEvent) return
    this.connection.established()
    // All answers up to the last ref processed are here. What has none was refused by an error that got lost.
    for (const { request } of this.pending.takeUpTo(result.lastRef)) this.handlers.onUnanswered?.(request)
    for (const pending of this.pending.all()) {
      pending.sentMs ??= this.connection.clock.nowMs()
      this.connection.send(pending.request)
    }
    this.setState('live', '')
    this.settleConnect?.resolve()
    this.settleConnect = undefined
    this.checkDrained()
  }

  private lost(reason: LossReason): void {
    const isFirst = this.settleConnect !== undefined
    if (isFirst || isFinal(reason) || this.isCloseHopeless(reason)) {
      this.end(reason.text)
      return
    }
    this.setState('disconnected', reason.text)
    if (this.currentState !== 'disconnected') return
    this.connection.retry()
  }

  /** Whether `close` is waiting for answers that will not come: the engine is stopping, or gone. */
  private isCloseHopeless(reason: LossReason): boolean {
    return this.closing !== undefined && (this.currentState !== 'live' || reason.code === 'shuttingDown')
  }

  private end(reason: string): void {
    if (this.currentState === 'closed') return
    this.connection.close()
    this.setState('closed', reason)
    this.settleConnect?.reject(new Error(reason))
    this.settleConnect = undefined
    this.onDrained?.()
  }

  private checkDrained(): void {
    if (this.pending.size === 0) this.onDrained?.()
  }

  private setState(state: SessionState, reason: string): void {
    this.currentState = state
    if (state !== 'live') for (const { reject } of this.queries.splice(0)) reject(new Error(reason))
    this.handlers.onState?.(state, reason)
  }
}

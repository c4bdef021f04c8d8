/**
 * A session's end of the connection: logs on, keeps the stream of events without gaps, knows which requests have no
 * answer, and does what a lost connection asks for. What it promises is said in session.ts, which is its front door.
 */
import { errors } from '../errors.ts'
import { logonText, type Message, type OutgoingMessage, type OutgoingRow, type Row } from '../messages.ts'
import { Connection, defaultHeartbeatIntervalMs, isFinal, type LossReason } from './connection.ts'
import { DropCopy } from './drop-copy.ts'
import { LogonProgress } from './logon-progress.ts'
import { outcomeInSnapshot, PendingRequests } from './pending-requests.ts'
import { Queries, type QueryAnswers, type QueryName } from './queries.ts'
import type { Answer, Request, SessionEvent, SessionHandlers, SessionOptions, SessionState } from './session-types.ts'

export class SessionLink {
  readonly pending = new PendingRequests()
  readonly dropCopy: DropCopy
  /** Number of the next event; 0 while it is not known. */
  expectedEvent: number
  /** Identity of the engine's log; empty while it is not known. */
  logId: string
  /** As told at the last logon. */
  logonResult: Message<'logonResult'> | undefined
  instruments: readonly Row<'instrument'>[] = []
  state: SessionState = 'closed'
  /** Whether the owner only waits for answers. */
  isClosing = false
  private readonly options: SessionOptions
  private readonly handlers: SessionHandlers
  private readonly connection: Connection
  private readonly queries = new Queries()
  private lastRef = 0
  private logon = new LogonProgress()
  private settleConnect: { resolve(): void; reject(error: Error): void } | undefined
  private onDrained: (() => void) | undefined

  constructor(options: SessionOptions, handlers: SessionHandlers) {
    this.options = options
    this.handlers = handlers
    this.expectedEvent = options.nextEvent ?? 0
    this.logId = options.logId ?? ''
    this.dropCopy = new DropCopy(handlers)
    this.connection = new Connection(options, {
      onOpen: () => this.opened(),
      onMessage: (message) => this.receive(message),
      onLost: (reason) => this.lost(reason),
    })
  }

  get isLive(): boolean {
    return this.state === 'live'
  }

  /** Resolves when live. */
  connect(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.settleConnect = { resolve, reject }
      this.setState('connecting', '')
      this.connection.open()
    })
  }

  /** The ref of a new request. */
  claimRef(): number {
    if (this.logonResult === undefined || this.state === 'closed') {
      throw new Error(this.logonResult === undefined ? 'the session was never live' : 'the session is closed')
    }
    this.lastRef += 1
    return this.lastRef
  }

  /** Sends a request, now or when the session is live again; returns its ref. */
  request(request: Request): number {
    this.pending.add(request, this.isLive ? this.connection.clock.nowMs() : undefined)
    if (this.isLive) this.connection.send(request)
    return request.ref
  }

  /** @throws Error if it is refused, the session is not live, or is lost before the answer came */
  query<Name extends QueryName>(query: OutgoingMessage<Name>): Promise<QueryAnswers[Name]> {
    if (!this.isLive) return Promise.reject(new Error('the session is not live'))
    this.connection.send(query as OutgoingMessage)
    return this.queries.answer<Name>()
  }

  async subscribeDropCopy(from: readonly OutgoingRow<'dropCopyStart'>[]): Promise<Row<'dropCopyStart'>[]> {
    return (await this.query(this.dropCopy.ask(from))).sessions
  }

  /** Resolves when every request is answered, when no answer can come any more, or after this time. */
  drained(timeoutMs: number): Promise<void> {
    if (this.pending.size === 0) return Promise.resolve()
    return new Promise((resolve) => {
      const callOff = this.connection.clock.after(timeoutMs, resolve)
      this.onDrained = () => {
        callOff()
        resolve()
      }
    })
  }

  /** Ends the session for good. */
  end(reason: string): void {
    if (this.state === 'closed') return
    this.connection.close()
    this.setState('closed', reason)
    this.settleConnect?.reject(new Error(reason))
    this.settleConnect = undefined
    this.onDrained?.()
  }

  private opened(): void {
    this.logon = new LogonProgress()
    if (this.state === 'disconnected') this.setState('connecting', '')
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
        if (this.dropCopy.isNext) this.abandonIf(this.dropCopy.take(message))
        else this.takeEvent(message)
        break
      case 'challenge':
        void this.logOn(message.nonce)
        break
      case 'logonResult':
        this.takeLogonResult(message)
        break
      case 'position':
        this.logon.positions.push(message)
        this.handlers.onPosition?.(message)
        break
      case 'instrumentList':
        this.instruments = message.instruments
        this.logon.hasPositions = true
        this.resumeIfComplete()
        break
      case 'openOrders':
        if (this.isLive) this.queries.take(message)
        else this.takeSnapshot(message)
        break
      case 'obligations':
      case 'orderStatus':
      case 'positions':
        this.queries.take(message)
        break
      case 'dropCopySubscribed':
        this.abandonIf(this.dropCopy.begin(message))
        this.queries.take(message)
        break
      case 'dropCopy':
        this.dropCopy.announce(message)
        break
      case 'error':
        this.takeError(message)
        break
      case 'notice':
        this.handlers.onNotice?.(message)
        break
    }
  }

  private async logOn(nonce: string): Promise<void> {
    const { participant, session, sign, cancelOnDisconnect, heartbeatIntervalMs } = this.options
    const { logon } = this
    logon.nonce = nonce
    let signature: string
    try {
      signature = await sign(logonText(nonce, participant, session))
    } catch (error) {
      this.end(`cannot sign the logon: ${(error as Error).message}`)
      return
    }
    if (this.logon !== logon || logon.nonce !== nonce) return
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
    const expected = this.expectedEvent
    const isOtherLog = this.logId !== '' && this.logId !== result.logId
    this.logon.result = result
    this.logonResult = result
    this.logId = result.logId
    this.lastRef = Math.max(this.lastRef, result.lastRef)
    // Until the snapshot is here there is no event that could be the next: if it gets lost, another one is asked for.
    this.expectedEvent = result.snapshot ? 0 : result.firstEvent
    this.connection.setHeartbeatInterval(result.heartbeatIntervalMs)
    // Numbers that went back are a log that lost its end: no more to be continued than another one.
    if (isOtherLog || result.firstEvent < expected) this.beginAnew(result)
    else if (expected !== 0 && result.firstEvent > expected) this.handlers.onGap?.(expected, result.firstEvent)
    // Answers come in order: when this one is here, the positions that follow the logon result are as well.
    if (this.state === 'connecting') this.connection.send({ type: 'listInstruments' })
  }

  /** What is known is of another log. Nothing of it is continued, and no request sent again. */
  private beginAnew(result: Message<'logonResult'>): void {
    const pending = this.pending.takeUpTo()
    this.dropCopy.forget()
    this.handlers.onNewLog?.(result.logId)
    for (const { request, sentMs } of pending) {
      this.handlers.onUnanswered?.(request, sentMs === undefined ? 'noEffect' : 'unknown')
    }
    this.checkDrained()
    if (result.snapshot) return
    // What follows are events by numbers of the other log. Asked for none, the engine tells the state instead.
    this.expectedEvent = 0
    this.connection.abandon('the engine runs on another log than before')
  }

  private takeSnapshot({ orders, last }: Message<'openOrders'>): void {
    const { openOrders, positions } = this.logon
    openOrders.push(...orders)
    if (!last) return
    this.logon.hasOpenOrders = true
    this.expectedEvent = this.logon.result!.firstEvent
    this.handlers.onSnapshot?.({ openOrders, positions })
    // Its owner may have ended it.
    if (this.state !== 'connecting') return
    // At once: if the connection is lost before it is live, the next one goes on behind the snapshot and tells no more of them.
    this.settleProcessed(this.logon.result!)
    this.resumeIfComplete()
  }

  private takeEvent(event: SessionEvent): void {
    if (event.eventNumber !== this.expectedEvent) {
      this.connection.abandon(`event ${event.eventNumber} came where ${this.expectedEvent} was due`)
      return
    }
    this.expectedEvent += 1
    const replayed = event.eventNumber < this.logon.result!.nextEvent
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
    // One that was processed before is answered by its event.
    const isOutcome = error.code !== 'duplicateRef'
    this.handlers.onError?.(error, isOutcome ? this.pending.take(error.ref)?.request : undefined)
    if (error.ref === 0) this.queries.refuse(`${error.code}: ${error.text}`)
    this.checkDrained()
    // An error that does not close the connection, in the middle of a logon, would leave it waiting for ever.
    const isLogonRefused = this.state === 'connecting' && error.ref === 0 && errors[error.code].answer === 'error'
    if (isLogonRefused) this.connection.abandon(`${error.code}: ${error.text}`)
  }

  /** Live once everything up to the logon was told. */
  private resumeIfComplete(): void {
    if (this.state !== 'connecting' || !this.logon.isComplete(this.expectedEvent)) return
    this.connection.established()
    if (!this.logon.result!.snapshot) this.settleProcessed(this.logon.result!)
    // Its owner may have ended it on the way.
    if (this.state !== 'connecting') return
    for (const pending of this.pending.all()) {
      pending.sentMs ??= this.connection.clock.nowMs()
      this.connection.send(pending.request)
    }
    this.setState('live', '')
    if (!this.isLive) return
    if (this.dropCopy.isInForce) this.resumeDropCopy()
    this.settleConnect?.resolve()
    this.settleConnect = undefined
    this.checkDrained()
  }

  /**
   * All answers up to the last ref processed were told, but those that a snapshot took the place of. What has none
   * otherwise was refused by an error that got lost.
   */
  private settleProcessed({ lastRef, snapshot }: Message<'logonResult'>): void {
    const openRefs = new Set(this.logon.openOrders.map((order) => order.orderRef))
    for (const { request, sentMs } of this.pending.takeUpTo(lastRef)) {
      const isLost = snapshot && sentMs !== undefined
      this.handlers.onUnanswered?.(request, isLost ? outcomeInSnapshot(request, openRefs) : 'noEffect')
    }
  }

  private resumeDropCopy(): void {
    this.subscribeDropCopy(this.dropCopy.positions).catch((error: Error) => {
      // Unless it was lost with the connection it cannot be had any more, and who relies on it must know.
      if (this.isLive) this.end(`the drop copy was not resumed: ${error.message}`)
    })
  }

  private abandonIf(problem: string | undefined): void {
    if (problem !== undefined) this.connection.abandon(problem)
  }

  private lost(reason: LossReason): void {
    const isFirst = this.logonResult === undefined
    if (isFirst || isFinal(reason) || this.isCloseHopeless(reason)) {
      this.end(reason.text)
      return
    }
    this.setState('disconnected', reason.text)
    if (this.state !== 'disconnected') return
    this.connection.retry()
  }

  /** Whether `close` is waiting for answers that will not come: the engine is stopping, or gone. */
  private isCloseHopeless(reason: LossReason): boolean {
    return this.isClosing && (!this.isLive || reason.code === 'shuttingDown')
  }

  private checkDrained(): void {
    if (this.pending.size === 0) this.onDrained?.()
  }

  private setState(state: SessionState, reason: string): void {
    this.state = state
    if (state !== 'live') {
      this.queries.abandon(reason)
      this.dropCopy.interrupt()
    }
    this.handlers.onState?.(state, reason)
  }
}

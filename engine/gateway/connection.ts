/**
 * One connection from its challenge to its end: logon, requests, heartbeats, and what is sent to it. It knows how to
 * speak to a client; what an order does is the exchange's business.
 *
 *   new → authenticating → opening → live     each state may go to closed; a market-data client stays new
 */
import { ProtocolError } from '../../protocol/codec.ts'
import { closeCodeOf, type ErrorName, errors } from '../../protocol/errors.ts'
import { limits } from '../../protocol/limits.ts'
import { type Message, type OutgoingMessage, protocolVersion, type Row } from '../../protocol/messages.ts'
import type { Clock } from '../clock.ts'
import { type ControlCommand, commandType, type Exchange } from '../core/index.ts'
import type { Feed } from '../feed/feed.ts'
import type { Encoding } from '../feed/publisher.ts'
import type { Sequencer } from '../sequencer.ts'
import { openOrders, positions } from './answers.ts'
import { DropCopy } from './drop-copy.ts'
import type { FrameTarget } from './frame-reader.ts'
import { Outbox } from './outbox.ts'
import { type Asker, Requests } from './requests.ts'
import type { Identity, Session, SessionConnection } from './session.ts'
import type { Socket } from './transport.ts'

const { cancelOrder, massCancel } = commandType

/** What connections share. */
export interface ConnectionServices {
  readonly sequencer: Sequencer
  readonly exchange: Exchange
  readonly feed: Feed
  readonly clock: Clock
  /** All that are in force. */
  readonly dropCopies: Set<DropCopy>
  session(number: number): Session
  /** Identity of the command log. */
  logId(): string
  /** A text that nobody can foresee, another one each time. */
  nonce(): string
  /** Checks the signature of a logon; undefined if it does not verify, for whatever reason. */
  authenticate(nonce: string, logon: Message<'logon'>): Promise<Identity | undefined>
  /** An error that only a fault of the engine explains. */
  failed(error: unknown): void
}

/** The one that the message table gives to a logon that names none. */
const defaultHeartbeatIntervalMs = 5_000

export class Connection implements FrameTarget, SessionConnection, Asker {
  readonly encoding: Encoding
  private readonly socket: Socket
  private readonly outbox: Outbox
  private readonly services: ConnectionServices
  private readonly requests: Requests
  private readonly nonce: string
  private state: 'new' | 'authenticating' | 'opening' | 'live' | 'closed' = 'new'
  /** Set while the connection has a session: from `opening` on. */
  private session: Session | undefined
  private dropCopy: DropCopy | undefined
  /** The engine is being stopped: the exchange was told that the session's connection ends, before it does. */
  private leaving = false
  /** Something that was sent to it was lost, so that it is about to be closed. */
  private overrun = false
  private heartbeatIntervalMs = defaultHeartbeatIntervalMs
  private openedMs: number
  private receivedMs: number

  constructor(socket: Socket, encoding: Encoding, services: ConnectionServices) {
    this.socket = socket
    this.encoding = encoding
    this.services = services
    const { sequencer, exchange, feed } = services
    this.nonce = services.nonce()
    this.outbox = new Outbox(socket, encoding, sequencer)
    this.requests = new Requests(this, this.outbox, sequencer, exchange, feed)
    const { monotonicMs, timeUs } = sequencer
    this.openedMs = monotonicMs
    this.receivedMs = monotonicMs
    this.send({ type: 'challenge', protocolVersion, nonce: this.nonce, engineTimeUs: timeUs })
  }

  /** Whether nothing that it sends or asked for is of interest any more. */
  get closed(): boolean {
    return this.state === 'closed' || this.overrun
  }

  get live(): boolean {
    return this.state === 'live'
  }

  /** Its session, unless it may not use it yet or any more. */
  get liveSession(): Session | undefined {
    return this.state === 'live' && !this.leaving ? this.session : undefined
  }

  /** Something arrived, whatever it is. */
  touch(): void {
    this.receivedMs = this.services.sequencer.monotonicMs
  }

  // ── what arrives ──────────────────────────────────────────────────────────────────────────────────────────────────

  orderEntry(bytes: Uint8Array, start: number, end: number): void {
    const { sequencer } = this.services
    const { ref, type } = sequencer.command
    const session = this.sessionFor(ref, type === cancelOrder || type === massCancel)
    if (session !== undefined) sequencer.submitOrderEntry(session.number, bytes, start, end)
  }

  /** A command that is no order entry. They are few, and some of them are for an emergency: they go with the cancels. */
  private control(message: ControlCommand): void {
    const session = this.sessionFor(message.ref, true)
    if (session !== undefined) this.services.sequencer.submitControl(message, session.number)
  }

  /** The session that a command is to be submitted for; undefined if it was refused instead. */
  private sessionFor(ref: number, isCancel: boolean): Session | undefined {
    const { sequencer } = this.services
    const session = this.liveSession
    if (session === undefined) {
      this.refuse(new ProtocolError('notLoggedOn', 'commands need a session', 'none', ref))
    } else if (sequencer.state !== 'open') {
      this.refuse(new ProtocolError('serviceHalted', errors.serviceHalted.meaning, 'none', ref))
    } else if (!session.limiter.take(sequencer.monotonicMs)) {
      const { ratePerSecond } = session.limiter
      this.outbox.sendError('rateLimited', `more than ${ratePerSecond} messages per second`, ref, 'none', ratePerSecond)
    } else if (!sequencer.accepts(isCancel)) {
      this.outbox.sendError('overloaded', 'the disk is slow', ref, 'none', limits.maxWaitingCommands)
    } else return session
    return undefined
  }

  request(message: Message): void {
    switch (message.type) {
      case 'logon':
        this.logon(message)
        break
      case 'heartbeat':
        break
      case 'setProtection':
      case 'resetProtection':
      case 'changePhase':
      case 'changeLimit':
      case 'blockParticipant':
        this.control(message)
        break
      default:
        if (!this.requests.handle(message)) {
          this.refuse(new ProtocolError('unknownMessage', `${message.type} is not a message that clients send`, 'type'))
        }
    }
  }

  refuse({ code, message, ref, field }: ProtocolError): void {
    this.outbox.sendError(code, message, ref, field)
    if (errors[code].answer === 'close') this.close(code)
  }

  // ── logon ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  private logon(logon: Message<'logon'>): void {
    if (this.state !== 'new') {
      this.refuse(new ProtocolError('alreadyLoggedOn', 'this connection has a session or asked for one'))
      return
    }
    if (this.leaving) {
      this.farewell()
      return
    }
    const { heartbeatIntervalMs } = logon
    const { minHeartbeatIntervalMs, maxHeartbeatIntervalMs } = limits
    if (heartbeatIntervalMs < minHeartbeatIntervalMs || heartbeatIntervalMs > maxHeartbeatIntervalMs) {
      const bound = heartbeatIntervalMs < minHeartbeatIntervalMs ? minHeartbeatIntervalMs : maxHeartbeatIntervalMs
      const text = `heartbeatIntervalMs must be from ${minHeartbeatIntervalMs} to ${maxHeartbeatIntervalMs}`
      this.outbox.sendError('invalidField', text, 0, 'heartbeatIntervalMs', bound)
      return
    }
    this.state = 'authenticating'
    this.services.authenticate(this.nonce, logon).then(
      (identity) => this.authenticated(identity, logon),
      (error) => {
        this.services.failed(error)
        this.closeWith('internalError', errors.internalError.meaning)
      },
    )
  }

  private authenticated(identity: Identity | undefined, logon: Message<'logon'>): void {
    if (this.state !== 'authenticating') return
    if (this.leaving) {
      this.farewell()
      return
    }
    if (identity === undefined) {
      this.closeWith('logonFailed', 'unknown participant or session, or wrong signature')
      return
    }
    const { sequencer } = this.services
    if (sequencer.state !== 'open') {
      this.abandonLogon()
      return
    }
    const session = this.services.session(identity.session)
    this.state = 'opening'
    this.session = session
    session.claim(this, identity.ratePerSecond)
    sequencer.submitDefinition(
      { type: 'sessionConnected', cancelOnDisconnect: logon.cancelOnDisconnect },
      session.number,
    )
    // It may have been the one that could not be logged.
    if (sequencer.state === 'open') sequencer.afterRelease(() => this.open(session, logon))
    else if (this.state === 'opening') this.abandonLogon()
  }

  /** The logon is durable: answers it, and goes on with the events asked for, or with a snapshot in their place. */
  private open(session: Session, logon: Message<'logon'>): void {
    if (this.state !== 'opening') return
    const { exchange } = this.services
    const { lastRef, nextEvent, participant } = exchange.session(session.number)!
    const snapshot = logon.nextEvent === 0 || !session.stream.keeps(logon.nextEvent)
    const firstEvent = snapshot ? nextEvent : logon.nextEvent
    this.state = 'live'
    this.heartbeatIntervalMs = logon.heartbeatIntervalMs
    this.outbox.followEvents(session.follow(firstEvent))
    const result: OutgoingMessage = {
      type: 'logonResult',
      participant: logon.participant,
      session: logon.session,
      lastRef,
      firstEvent,
      nextEvent,
      ratePerSecond: session.limiter.ratePerSecond,
      heartbeatIntervalMs: logon.heartbeatIntervalMs,
      logId: this.services.logId(),
      snapshot,
    }
    const held = positions(exchange, participant).map((row) => ({ type: 'position', ...row }) as const)
    this.outbox.cork(() => {
      this.send(result, ...held)
      if (snapshot) for (const message of openOrders(exchange, session.number)) this.outbox.answer(message)
      this.flush()
    })
  }

  /** The log cannot be written any more, so the logon has no effect. */
  private abandonLogon(): void {
    this.session?.leave(this)
    this.session = undefined
    this.state = 'new'
    this.refuse(new ProtocolError('serviceHalted', errors.serviceHalted.meaning))
  }

  // ── what is sent ──────────────────────────────────────────────────────────────────────────────────────────────────

  send(...messages: OutgoingMessage[]): void {
    this.outbox.send(...messages)
  }

  subscribe(topic: string): void {
    this.socket.subscribe(topic)
  }

  unsubscribe(topic: string): void {
    this.socket.unsubscribe(topic)
  }

  duplicateRef(ref: number, lastRef: number): void {
    const text = `the last ref processed is ${lastRef}`
    this.outbox.answer({ type: 'error', code: 'duplicateRef', ref, field: 'ref', bound: lastRef, text })
  }

  flush(): void {
    if (this.state !== 'live') return
    if (this.dropCopy?.lost) {
      this.closeAsSlow()
      return
    }
    this.outbox.flush()
    if (this.outbox.isFull) this.closeAsSlow()
  }

  beginDropCopy(session: Session, starts: readonly Row<'dropCopyStart'>[]): OutgoingMessage {
    const { dropCopies, exchange, session: sessionOf } = this.services
    const { participant } = exchange.session(session.number)!
    const dropCopy = new DropCopy({ participant, exchange, session: sessionOf, flush: () => this.flush() })
    const asked = new Map(starts.map(({ session: name, nextEvent }) => [name, nextEvent]))
    dropCopy.addSessions((name) => asked.get(name) ?? 0)
    const sessions = dropCopy.starts
    const unknown = [...asked.keys()].find((name) => !sessions.some((start) => start.session === name))
    if (unknown !== undefined) {
      dropCopy.end()
      const text = `the participant has no session "${unknown}"`
      return { type: 'error', code: 'invalidField', ref: 0, field: 'sessions', bound: 0, text }
    }
    this.endDropCopy()
    this.dropCopy = dropCopy
    dropCopies.add(dropCopy)
    this.outbox.followDropCopy(dropCopy)
    return { type: 'dropCopySubscribed', sessions }
  }

  private endDropCopy(): void {
    if (this.dropCopy === undefined) return
    this.dropCopy.end()
    this.services.dropCopies.delete(this.dropCopy)
    this.dropCopy = undefined
  }

  // ── time and ends ─────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Does what is due at `nowMs`, monotonic.
   * @param stalledMs for how long the engine itself was not able to read: nobody is dead because of that
   */
  tick(nowMs: number, stalledMs: number): void {
    this.receivedMs = Math.min(nowMs, this.receivedMs + stalledMs)
    this.openedMs = Math.min(nowMs, this.openedMs + stalledMs)
    if (this.state === 'closed') return
    // Who logs on is not to blame for a disk that takes longer than that.
    if (this.state === 'new' && !this.requests.hasSubscribed && nowMs - this.openedMs >= limits.logonTimeoutMs) {
      this.closeWith('logonTimeout', `neither logged on nor subscribed within ${limits.logonTimeoutMs} ms`)
    } else if (nowMs - this.receivedMs >= this.heartbeatIntervalMs * limits.heartbeatIntervalsUntilDead) {
      this.closeWith('heartbeatTimeout', `nothing arrived for ${Math.round(nowMs - this.receivedMs)} ms`)
    } else if (nowMs - this.outbox.sentMs >= this.heartbeatIntervalMs) {
      this.send({ type: 'heartbeat', timeUs: this.services.sequencer.timeUs })
    }
  }

  /** Order entry has stopped for good: whoever waits for a logon is told so, and everyone is. */
  halted(): void {
    if (this.state === 'opening') this.abandonLogon()
    if (!this.closed) this.send({ type: 'notice', code: 'orderEntryHalted', text: errors.serviceHalted.meaning })
  }

  supersede(): void {
    this.closeWith('superseded', 'a newer logon took over this session')
  }

  revoke(): void {
    this.closeWith('keyRevoked', errors.keyRevoked.meaning)
  }

  /** The engine is being stopped. */
  farewell(): void {
    this.closeWith('shuttingDown', errors.shuttingDown.meaning)
  }

  /** The transport lost something that was sent: nothing is worth doing for this connection any more. */
  dropped(): void {
    this.overrun = true
    // Comes from inside of a send; the connection must not be closed under it.
    this.services.clock.afterTurn(() => this.closeAsSlow())
  }

  closeAsSlow(): void {
    this.closeWith('slowConsumer', errors.slowConsumer.meaning)
  }

  closeWith(code: ErrorName, text: string): void {
    if (this.state === 'closed') return
    this.outbox.sendError(code, text)
    this.close(code)
  }

  /** Lets the session go while the connection can still be told what follows of it: the cancellation of its orders. */
  leave(): void {
    this.leaving = true
    if (this.session === undefined) return
    this.services.sequencer.submitDefinition({ type: 'sessionDisconnected' }, this.session.number)
  }

  /** The transport's connection is over: frees the session, which the exchange is told. */
  ended(): void {
    this.state = 'closed'
    const { session } = this
    this.session = undefined
    this.endDropCopy()
    if (session?.leave(this) && !this.leaving) {
      this.services.sequencer.submitDefinition({ type: 'sessionDisconnected' }, session.number)
    }
  }

  private close(code: ErrorName): void {
    this.state = 'closed'
    this.socket.end(closeCodeOf(code), code)
  }
}

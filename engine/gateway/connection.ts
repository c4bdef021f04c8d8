/**
 * One connection from its challenge to its end: logon, requests, heartbeats, and what is sent to it. It knows how to
 * speak to a client; what an order does is the exchange's business.
 *
 *   new → authenticating → opening → live     each state may go to closed; a market-data client stays new
 */
import { randomBytes } from 'node:crypto'
import { ProtocolError } from '../../protocol/codec.ts'
import { closeCodeOf, type ErrorName, errors } from '../../protocol/errors.ts'
import { limits } from '../../protocol/limits.ts'
import { type Message, type OutgoingMessage, protocolVersion } from '../../protocol/messages.ts'
import type { AccountState, ControlCommand, Exchange } from '../core/index.ts'
import type { Feed, Subscriber } from '../feed/feed.ts'
import type { Encoding } from '../feed/publisher.ts'
import type { Sequencer } from '../sequencer.ts'
import type { FrameTarget } from './frame-reader.ts'
import { Outbox } from './outbox.ts'
import { RateLimiter } from './rate-limiter.ts'
import type { Identity, Session, SessionConnection } from './session.ts'
import type { Socket } from './transport.ts'

/** What connections share. */
export interface ConnectionServices {
  readonly sequencer: Sequencer
  readonly exchange: Exchange
  readonly feed: Feed
  session(number: number): Session
  /** Checks the signature of a logon; undefined if it does not verify, for whatever reason. */
  authenticate(nonce: string, logon: Message<'logon'>): Promise<Identity | undefined>
  /** An error that only a fault of the engine explains. */
  failed(error: unknown): void
}

/** The one that the message table gives to a logon that names none. */
const defaultHeartbeatIntervalMs = 5_000

export class Connection implements FrameTarget, SessionConnection, Subscriber {
  readonly encoding: Encoding
  private readonly socket: Socket
  private readonly outbox: Outbox
  private readonly services: ConnectionServices
  private readonly nonce = randomBytes(24).toString('base64')
  private state: 'new' | 'authenticating' | 'opening' | 'live' | 'closed' = 'new'
  /** Set while the connection has a session: from `opening` on. */
  private session: Session | undefined
  /** Whether the exchange was told that the session's connection ends, before it did. */
  private leaving = false
  private subscribed = false
  /** Something that was sent to it was lost, so that it is about to be closed. */
  private overrun = false
  private readonly requests = new RateLimiter(limits.requestsPerSecond)
  private heartbeatIntervalMs = defaultHeartbeatIntervalMs
  private openedMs: number
  private receivedMs: number

  constructor(socket: Socket, encoding: Encoding, services: ConnectionServices) {
    this.socket = socket
    this.encoding = encoding
    this.services = services
    this.outbox = new Outbox(socket, encoding, services.sequencer)
    const { monotonicMs, timeUs } = services.sequencer
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

  /** Something arrived, whatever it is. */
  touch(): void {
    this.receivedMs = this.services.sequencer.monotonicMs
  }

  // ── what arrives ──────────────────────────────────────────────────────────────────────────────────────────────────

  orderEntry(bytes: Uint8Array, start: number, end: number): void {
    const { sequencer } = this.services
    const session = this.sessionFor(sequencer.command.ref)
    if (session !== undefined) sequencer.submitOrderEntry(session.number, bytes, start, end)
  }

  /** A command that is no order entry. */
  private control(message: ControlCommand): void {
    const session = this.sessionFor(message.ref)
    if (session !== undefined) this.services.sequencer.submitControl(message, session.number)
  }

  /** The session that a command is to be submitted for; undefined if it was refused instead. */
  private sessionFor(ref: number): Session | undefined {
    const { sequencer } = this.services
    const { session } = this
    if (session === undefined || this.state !== 'live') {
      this.refuse(new ProtocolError('notLoggedOn', 'commands need a session', 'none', ref))
    } else if (sequencer.state !== 'open') {
      this.refuse(new ProtocolError('serviceHalted', errors.serviceHalted.meaning, 'none', ref))
    } else if (!session.limiter.take(sequencer.monotonicMs)) {
      const { ratePerSecond } = session.limiter
      this.outbox.sendError('rateLimited', `more than ${ratePerSecond} messages per second`, ref, 'none', ratePerSecond)
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
      case 'listInstruments':
        this.whenReleased(() => this.sendInstruments())
        break
      case 'subscribe':
        this.whenReleased(() => {
          if (this.services.feed.subscribe(this, message.channel, message.instrument)) this.subscribed = true
          else this.refuseInstrument()
        })
        break
      case 'unsubscribe':
        this.whenReleased(() => {
          if (!this.services.feed.unsubscribe(this, message.channel, message.instrument)) this.refuseInstrument()
        })
        break
      case 'queryObligations':
        this.sendObligations()
        break
      case 'setProtection':
      case 'resetProtection':
      case 'changePhase':
      case 'changeLimit':
      case 'blockParticipant':
        this.control(message)
        break
      default:
        this.refuse(new ProtocolError('unknownMessage', `${message.type} is not a message that clients send`, 'type'))
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

  /** The logon is durable: answers it, and goes on with the events asked for. */
  private open(session: Session, logon: Message<'logon'>): void {
    if (this.state !== 'opening') return
    const { exchange } = this.services
    const state = exchange.session(session.number)!
    this.state = 'live'
    this.heartbeatIntervalMs = logon.heartbeatIntervalMs
    const firstEvent = session.stream.seek(logon.nextEvent === 0 ? state.nextEvent : logon.nextEvent)
    const positions = exchange.accounts().filter(({ participant }) => participant === state.participant)
    this.outbox.cork(() => {
      this.send(
        {
          type: 'logonResult',
          participant: logon.participant,
          session: logon.session,
          lastRef: state.lastRef,
          firstEvent,
          nextEvent: state.nextEvent,
          ratePerSecond: session.limiter.ratePerSecond,
          heartbeatIntervalMs: logon.heartbeatIntervalMs,
        },
        ...positions.map(positionOf),
      )
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
    this.outbox.sendLater({ type: 'error', code: 'duplicateRef', ref, field: 'ref', bound: lastRef, text })
  }

  flush(): void {
    const { session } = this
    if (this.state !== 'live' || session === undefined) return
    this.outbox.flush(session.stream)
    if (session.stream.unsentBytes > limits.maxUnsentBytes) this.closeAsSlow()
  }

  private sendInstruments(): void {
    const instruments = this.services.exchange.instruments.filter((instrument) => instrument !== undefined)
    this.send({ type: 'instrumentList', instruments })
  }

  private sendObligations(): void {
    const { session } = this
    if (session === undefined || this.state !== 'live') {
      this.refuse(new ProtocolError('notLoggedOn', 'obligations are those of a session'))
      return
    }
    this.whenReleased(() => {
      // Time counts for a quote while nobody sends a command, too.
      const { exchange, sequencer } = this.services
      this.send({ type: 'obligations', obligations: exchange.obligations(session.number, sequencer.timeUs) })
    })
  }

  private refuseInstrument(): void {
    this.refuse(new ProtocolError('unknownSubscription', errors.unknownSubscription.meaning, 'instrument'))
  }

  /** Sends what depends on the exchange's state once everything that is applied is durable. */
  private whenReleased(write: () => void): void {
    const { sequencer } = this.services
    const refuseHalted = () => {
      if (!this.closed) this.refuse(new ProtocolError('serviceHalted', errors.serviceHalted.meaning))
    }
    if (sequencer.state !== 'open') refuseHalted()
    else if (!this.requests.take(sequencer.monotonicMs)) {
      const { ratePerSecond } = this.requests
      this.outbox.sendError('rateLimited', `more than ${ratePerSecond} requests per second`, 0, 'none', ratePerSecond)
    } else {
      sequencer.afterRelease(() => {
        if (!this.closed) this.outbox.cork(write)
      }, refuseHalted)
    }
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
    if (this.state !== 'live' && !this.subscribed && nowMs - this.openedMs >= limits.logonTimeoutMs) {
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

  /** The transport lost something that was sent: nothing is worth doing for this connection any more. */
  dropped(): void {
    this.overrun = true
    // Comes from inside of a send; the connection must not be closed under it.
    setImmediate(() => this.closeAsSlow())
  }

  private closeAsSlow(): void {
    this.closeWith('slowConsumer', `more than ${limits.maxUnsentBytes} bytes are unsent`)
  }

  closeWith(code: ErrorName, text: string): void {
    if (this.state === 'closed') return
    this.outbox.sendError(code, text)
    this.close(code)
  }

  /** Lets the session go while the connection can still be told what follows of it: the cancellation of its orders. */
  leave(): void {
    if (this.session === undefined) return
    this.leaving = true
    this.services.sequencer.submitDefinition({ type: 'sessionDisconnected' }, this.session.number)
  }

  /** The transport's connection is over: frees the session, which the exchange is told. */
  ended(): void {
    this.state = 'closed'
    const { session } = this
    this.session = undefined
    if (session?.leave(this) && !this.leaving) {
      this.services.sequencer.submitDefinition({ type: 'sessionDisconnected' }, session.number)
    }
  }

  private close(code: ErrorName): void {
    this.state = 'closed'
    this.socket.end(closeCodeOf(code), code)
  }
}

function positionOf(account: AccountState): Message<'position'> {
  const { instrument, positionLots, cashMinor, feesMinor, costMinor, realisedMinor, unrealisedMinor } = account
  const profit = { costMinor, realisedMinor, unrealisedMinor }
  return { type: 'position', instrument, positionLots, cashMinor, feesMinor, ...profit }
}

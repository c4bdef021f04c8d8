/**
 * What a connection asks for that is no command: market data, and what the exchange knows of its session. All of it is
 * answered when everything that was sent before is durable, so that an answer reveals nothing too early.
 */
import { ProtocolError } from '../../protocol/codec.ts'
import { type ErrorName, errors } from '../../protocol/errors.ts'
import { limits } from '../../protocol/limits.ts'
import type { Message, OutgoingMessage, Row } from '../../protocol/messages.ts'
import type { Exchange } from '../core/index.ts'
import type { Feed, Subscriber } from '../feed/feed.ts'
import type { Sequencer } from '../sequencer.ts'
import { instrumentList, openOrders, orderStatus, positions, sessionNamed } from './answers.ts'
import type { Outbox } from './outbox.ts'
import { RateLimiter } from './rate-limiter.ts'
import type { Session } from './session.ts'

/** The connection that asks. */
export interface Asker extends Subscriber {
  /** Whether nothing that it asked for is of interest any more. */
  readonly closed: boolean
  /** Its session, if it has one and may use it. */
  readonly liveSession: Session | undefined
  refuse(error: ProtocolError): void
  /** Begins a drop copy in place of the one before. Returns the answer. */
  beginDropCopy(session: Session, starts: readonly Row<'dropCopyStart'>[]): OutgoingMessage
  /** It does not take what it asks for. */
  closeAsSlow(): void
  flush(): void
}

export class Requests {
  /** Whether any market data was subscribed to. */
  hasSubscribed = false
  private readonly asker: Asker
  private readonly outbox: Outbox
  private readonly sequencer: Sequencer
  private readonly exchange: Exchange
  private readonly feed: Feed
  private readonly limiter = new RateLimiter(limits.requestsPerSecond)
  /** Queries above the rate that wait to be refused, if nothing else was asked since. */
  private refusals: { count: number } | undefined

  constructor(asker: Asker, outbox: Outbox, sequencer: Sequencer, exchange: Exchange, feed: Feed) {
    this.asker = asker
    this.outbox = outbox
    this.sequencer = sequencer
    this.exchange = exchange
    this.feed = feed
  }

  /** Works on a message, if it is a request; returns whether it is. */
  handle(message: Message): boolean {
    const { asker, exchange } = this
    switch (message.type) {
      case 'listInstruments':
        this.whenReleased(() => asker.send(instrumentList(exchange)))
        return true
      case 'subscribe':
        this.whenReleased(() => {
          if (this.feed.subscribe(asker, message.channel, message.instrument)) this.hasSubscribed = true
          else this.refuseInstrument()
        })
        return true
      case 'unsubscribe':
        this.whenReleased(() => {
          if (!this.feed.unsubscribe(asker, message.channel, message.instrument)) this.refuseInstrument()
        })
        return true
      case 'queryObligations':
        this.forSession(({ number }) => {
          // Time counts for a quote while nobody sends a command, too.
          return [{ type: 'obligations', obligations: exchange.obligations(number, this.sequencer.timeUs) }]
        })
        return true
      case 'queryOrder':
        this.forSession(({ number }) => [orderStatus(exchange, number, message.orderRef)])
        return true
      case 'queryOpenOrders':
        this.forSession(({ number }) => this.openOrders(number, message))
        return true
      case 'queryPositions':
        this.forSession(({ number }) => {
          return [{ type: 'positions', positions: positions(exchange, exchange.session(number)!.participant) }]
        })
        return true
      case 'subscribeDropCopy':
        this.forSession((session) => [asker.beginDropCopy(session, message.sessions)])
        return true
      default:
        return false
    }
  }

  private openOrders(own: number, { instrument, session: name }: Message<'queryOpenOrders'>): OutgoingMessage[] {
    const { exchange } = this
    const number = name === '' ? own : sessionNamed(exchange, exchange.session(own)!.participant, name)
    return number === undefined ? [unknownSession(name)] : openOrders(exchange, number, instrument)
  }

  /** Answers what only a session may ask, in the order asked, among its events where the answer belongs. */
  private forSession(answer: (session: Session) => OutgoingMessage[]): void {
    const { asker, limiter, sequencer } = this
    if (asker.liveSession === undefined) {
      asker.refuse(new ProtocolError('notLoggedOn', 'this can be asked by a session only'))
    } else if (sequencer.state !== 'open') {
      this.answerAll([halted])
    } else if (!limiter.take(sequencer.monotonicMs)) {
      this.refuseInTurn()
    } else {
      this.refusals = undefined
      sequencer.afterRelease(
        () => {
          const session = asker.liveSession
          if (session === undefined || asker.closed) return
          const messages = answer(session)
          limiter.charge(messages.length - 1)
          this.answerAll(messages)
        },
        () => this.answerAll([halted]),
      )
    }
  }

  /** Says that the rate is exceeded, behind the answers that are due before; one action for all of them in a row. */
  private refuseInTurn(): void {
    if (this.refusals !== undefined) {
      this.refusals.count++
      return
    }
    const refusals = { count: 1 }
    this.refusals = refusals
    const refuse = (error: OutgoingMessage) => {
      if (this.refusals === refusals) this.refusals = undefined
      this.answerAll(Array(refusals.count).fill(error))
    }
    this.sequencer.afterRelease(
      () => refuse(rateLimited),
      () => refuse(halted),
    )
  }

  private answerAll(messages: readonly OutgoingMessage[]): void {
    const { asker, outbox } = this
    if (asker.closed) return
    if (outbox.isFull || outbox.isFullOfAnswers) {
      asker.closeAsSlow()
      return
    }
    for (const message of messages) outbox.answer(message)
    asker.flush()
  }

  private refuseInstrument(): void {
    this.asker.refuse(new ProtocolError('unknownSubscription', errors.unknownSubscription.meaning, 'instrument'))
  }

  /** Answers with what depends on the exchange's state once everything that is applied is durable. */
  private whenReleased(write: () => void): void {
    const { asker, limiter, outbox, sequencer } = this
    const refuseHalted = () => {
      if (!asker.closed) asker.send(halted)
    }
    if (sequencer.state !== 'open') refuseHalted()
    else if (!limiter.take(sequencer.monotonicMs)) asker.send(rateLimited)
    else {
      sequencer.afterRelease(() => {
        if (!asker.closed) outbox.cork(write)
      }, refuseHalted)
    }
  }
}

const { requestsPerSecond } = limits
const rateLimited = errorOf('rateLimited', `more than ${requestsPerSecond} requests per second`, requestsPerSecond)
const halted = errorOf('serviceHalted', errors.serviceHalted.meaning, 0)

function unknownSession(name: string): OutgoingMessage<'error'> {
  const text = `the participant has no session "${name}"`
  return { ...errorOf('invalidField', text, 0), field: 'session' }
}

function errorOf(code: ErrorName, text: string, bound: number): OutgoingMessage<'error'> {
  return { type: 'error', code, ref: 0, field: 'none', bound, text }
}

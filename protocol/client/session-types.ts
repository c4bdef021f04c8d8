/** What goes in and out of a session: its options, requests, answers, events and handlers. See session.ts. */
import type { Message, OutgoingMessage, OutgoingRow } from '../messages.ts'
import type { ConnectionOptions } from './connection.ts'

/** A message that changes the state of the exchange; each is answered. */
export type Request = OutgoingMessage<
  'newOrder' | 'cancelOrder' | 'replaceOrder' | 'massCancel' | 'massQuote' | ControlRequest['type']
>

/** A request that is no order entry: what a participant sets for its quotes, and what an admin does. */
export type ControlRequest = OutgoingMessage<
  'setProtection' | 'resetProtection' | 'changePhase' | 'changeLimit' | 'blockParticipant'
>

/** A request before the session gives it a ref. */
export type WithoutRef<Some extends Request> = Some extends Request ? Omit<Some, 'ref'> : never

/** A numbered event of the session. */
export type SessionEvent = Message<
  | 'accepted'
  | 'rejected'
  | 'filled'
  | 'cancelled'
  | 'replaced'
  | 'triggered'
  | 'expired'
  | 'massCancelled'
  | 'quoteAccepted'
  | 'quoteRejected'
  | 'massQuoted'
  | 'protectionTriggered'
  | 'carriedOut'
  | 'reduced'
>

/** The events that answer a request. */
export type Answer = Message<
  'accepted' | 'rejected' | 'cancelled' | 'replaced' | 'massCancelled' | 'massQuoted' | 'carriedOut'
>

/**
 * - `connecting`: a connection is being opened or resumed; requests wait.
 * - `live`: logged on, all missed events told, requests go out at once.
 * - `disconnected`: lost, the next attempt is scheduled; requests wait.
 * - `closed`: for good, by `close` or for the reason given.
 */
export type SessionState = 'connecting' | 'live' | 'disconnected' | 'closed'

export interface SessionOptions extends ConnectionOptions {
  readonly participant: string
  readonly session: string
  /** Signs the logon text with the session's Ed25519 key and returns the signature in base64. */
  readonly sign: (text: string) => string | Promise<string>
  /** Whether the engine cancels the session's orders when the connection ends; true unless stated. */
  readonly cancelOnDisconnect?: boolean
  readonly heartbeatIntervalMs?: number
  /** Number of the first event wanted, for one who was here before; new events only unless stated. */
  readonly nextEvent?: number
}

/** All handlers are called synchronously, in the order of the stream. */
export interface SessionHandlers {
  /**
   * A numbered event. `replayed`: it happened before the current logon, so the positions told at logon include it.
   */
  onEvent?(event: SessionEvent, replayed: boolean): void
  /**
   * A request is answered; called before `onEvent` with the same event. `waitedUs`: microseconds since the request was
   * first handed to the socket.
   */
  onAnswer?(request: Request, answer: Answer, waitedUs: number): void
  /** A request had no effect (`request` given), or something else was wrong. Not part of the event stream. */
  onError?(error: Message<'error'>, request: Request | undefined): void
  /**
   * A request will never be answered. It had no effect, and the error that said why was lost with the connection; only
   * after `onGap` it may have had one, told by an event that is missing.
   */
  onUnanswered?(request: Request): void
  /**
   * Events from `expected` up to `first` will never come: the engine does not keep them any more, or it started with
   * another log. What they did to orders is unknown; the positions that follow are right.
   */
  onGap?(expected: number, first: number): void
  /** One of the participant's positions, told at each logon before `live`. Instruments never traded may be left out. */
  onPosition?(position: Message<'position'>): void
  onState?(state: SessionState, reason: string): void
  onNotice?(notice: Message<'notice'>): void
}

/** A new order as it is asked for: `limit` and `goodTillCancel` unless stated. */
export type NewOrder = Omit<OutgoingMessage<'newOrder'>, 'type' | 'ref' | 'side' | 'orderType' | 'timeInForce'> &
  Partial<Pick<OutgoingMessage<'newOrder'>, 'orderType' | 'timeInForce'>> & { readonly side: 'buy' | 'sell' }

/** A quote of a mass quote. */
export type Quote = OutgoingRow<'quote'>

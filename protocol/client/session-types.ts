/** What goes in and out of a session: its options, requests, answers, events and handlers. See session.ts. */
import type { Message, OutgoingMessage, OutgoingRow, Row } from '../messages.ts'
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
  /**
   * Number of the first event wanted, for one who was here before, and the log that it is a number of: `nextEvent` and
   * `logId` of the earlier session. A snapshot instead of what is past unless stated.
   */
  readonly nextEvent?: number
  readonly logId?: string
}

/**
 * What is known of a request that will never be answered:
 * - `noEffect`: it had none, and never will.
 * - `open`: it was accepted, and its order, or a quote of it, is open as the snapshot says.
 * - `unknown`: the answer was among events that are not kept any more, or in a log that the engine has not any more. It
 *   will not be carried out from now on; what it may have done is contained in the snapshot.
 */
export type RequestOutcome = 'noEffect' | 'open' | 'unknown'

/** How a session is when its past is not told event by event; before the first event that follows. */
export interface SessionSnapshot {
  /** All its open orders, quotes and waiting stops included, oldest first. */
  readonly openOrders: readonly Row<'openOrder'>[]
  /** The participant's, as told to `onPosition` before. Those of instruments that it never traded may be left out. */
  readonly positions: readonly Row<'position'>[]
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
  /** A request will never be answered; this is its outcome. */
  onUnanswered?(request: Request, outcome: RequestOutcome): void
  /** Events from `expected` up to `first` will never come: the engine does not keep them any more. `onSnapshot` follows. */
  onGap?(expected: number, first: number): void
  /**
   * The engine runs on another log than before: what was known of orders, positions and events is of no meaning there.
   * `onUnanswered` for every pending request and `onSnapshot` follow.
   */
  onNewLog?(logId: string): void
  /**
   * Told at a logon, before `live`, if events are not told one by one: at the first one unless `nextEvent` was stated,
   * after `onGap`, and after `onNewLog`.
   */
  onSnapshot?(snapshot: SessionSnapshot): void
  /** One of the participant's positions, told at each logon before `live`. Instruments never traded may be left out. */
  onPosition?(position: Message<'position'>): void
  onState?(state: SessionState, reason: string): void
  onNotice?(notice: Message<'notice'>): void
  /** An event of one of the participant's sessions, if a drop copy was asked for. Each comes once. */
  onDropCopy?(session: string, event: SessionEvent): void
  /** Events of a drop copy that will never come: the engine does not keep them any more. */
  onDropCopyGap?(session: string, expected: number, first: number): void
}

/** A new order as it is asked for: `limit` and `goodTillCancel` unless stated. */
export type NewOrder = Omit<OutgoingMessage<'newOrder'>, 'type' | 'ref' | 'side' | 'orderType' | 'timeInForce'> &
  Partial<Pick<OutgoingMessage<'newOrder'>, 'orderType' | 'timeInForce'>> & { readonly side: 'buy' | 'sell' }

/** A quote of a mass quote. */
export type Quote = OutgoingRow<'quote'>

/**
 * The connection under a session or a market-data client: one WebSocket at a time, messages in and out, heartbeats both
 * ways, detection of a dead peer, and opening again after a growing delay. It knows nothing of sessions or books; its
 * owner decides what a message means and whether a lost connection is worth another attempt.
 */
import { type Codec, messagePackCodec, ProtocolError } from '../codec.ts'
import { type ErrorName, errors } from '../errors.ts'
import { limits } from '../limits.ts'
import { type Message, type OutgoingMessage, subprotocols } from '../messages.ts'
import { type ClientClock, systemClock } from './clock.ts'
import type { OpenWebSocket, WebSocketLike } from './web-socket.ts'

/** Heartbeat interval that is in force until a logon agrees on another. */
export const defaultHeartbeatIntervalMs = 5_000

export interface ConnectionOptions {
  /** For example `ws://127.0.0.1:9001/v1`. */
  readonly url: string
  readonly openWebSocket: OpenWebSocket
  /** MessagePack unless stated. */
  readonly codec?: Codec
  /** Where time and chance come from; the platform unless stated. */
  readonly clock?: ClientClock
  /** Delay before the first new attempt to connect, doubled with each one up to the longest; 100 unless stated. */
  readonly firstRetryDelayMs?: number
  /** 5,000 unless stated. */
  readonly longestRetryDelayMs?: number
}

/**
 * No message that is sent many to a frame is longer than this, nor a row of one, so that counting keeps a frame within
 * `maxFrameBytes`. (A logon is longer, and has a frame of its own.)
 */
const longestMessageBytes = { msgpack: 96, json: 384 }
const longestRowBytes = { msgpack: 46, json: 192 }

/** Errors after which another attempt would fail the same way, or would throw out whoever took over. */
const finalErrors: ReadonlySet<ErrorName> = new Set([
  'logonFailed',
  'superseded',
  'keyRevoked',
  'malformedFrame',
  'frameTooLarge',
  'tooManyMessages',
])

export interface ConnectionHandlers {
  /** The socket is open; nothing was exchanged yet. */
  onOpen?(): void
  onMessage(message: Message): void
  /** The connection ended, or an attempt to open it failed. Not called after `close`. */
  onLost(reason: LossReason): void
}

/** Why a connection ended. */
export interface LossReason {
  /** For people: one line. */
  readonly text: string
  /** The error that the engine ended it with, if it said one. */
  readonly code: ErrorName | undefined
}

/** Whether it is pointless or wrong to connect again. */
export function isFinal(reason: LossReason): boolean {
  return reason.code !== undefined && finalErrors.has(reason.code)
}

export class Connection {
  readonly clock: ClientClock
  private readonly options: ConnectionOptions
  private readonly codec: Codec
  private readonly handlers: ConnectionHandlers
  private readonly encoding: 'msgpack' | 'json'
  private socket: WebSocketLike | undefined
  private isOpen = false
  private outgoing: OutgoingMessage[] = []
  private heartbeatIntervalMs = defaultHeartbeatIntervalMs
  private endHeartbeats: () => void = () => {}
  private lastSentMs = 0
  private lastReceivedMs = 0
  private callOffRetry: () => void = () => {}
  private failedAttempts = 0
  /** What the engine said before it closes the connection. */
  private closingError: Message<'error'> | undefined

  constructor(options: ConnectionOptions, handlers: ConnectionHandlers) {
    this.options = options
    this.clock = options.clock ?? systemClock
    this.codec = options.codec ?? messagePackCodec
    this.handlers = handlers
    this.encoding = this.codec.subprotocol === subprotocols.json ? 'json' : 'msgpack'
  }

  /** Opens a socket; the outcome comes to `onOpen` or `onLost`. */
  open(): void {
    this.outgoing = []
    this.closingError = undefined
    let problem = ''
    const socket = this.options.openWebSocket(this.options.url, this.codec.subprotocol)
    this.socket = socket
    socket.binaryType = 'arraybuffer'
    socket.onopen = () => {
      this.isOpen = true
      this.setHeartbeatInterval(defaultHeartbeatIntervalMs)
      this.handlers.onOpen?.()
    }
    socket.onmessage = (event) => this.receive(event.data as ArrayBuffer | string)
    socket.onerror = (event) => {
      problem = describe(event)
    }
    socket.onclose = (event) => this.lose(this.explain(event.code, event.reason, problem))
  }

  /** Opens again after a delay that grows until `established` is called. */
  retry(): void {
    const { firstRetryDelayMs = 100, longestRetryDelayMs = 5_000 } = this.options
    const delayMs = Math.min(firstRetryDelayMs * 2 ** this.failedAttempts, longestRetryDelayMs)
    this.failedAttempts += 1
    // Spread over half of it, so that a crowd of bots does not come back in the same instant.
    this.callOffRetry = this.clock.after(delayMs * (0.5 + this.clock.random() / 2), () => this.open())
  }

  /** Tells that the connection does what it is for: the next retry begins with the shortest delay again. */
  established(): void {
    this.failedAttempts = 0
  }

  /** Sends at the end of the current turn, together with what else is sent in it. Must be open. */
  send(message: OutgoingMessage): void {
    if (this.outgoing.length === 0) queueMicrotask(() => this.flush())
    this.outgoing.push(message)
  }

  setHeartbeatInterval(intervalMs: number): void {
    this.endHeartbeats()
    this.heartbeatIntervalMs = intervalMs
    this.lastReceivedMs = this.clock.nowMs()
    this.lastSentMs = this.lastReceivedMs
    this.endHeartbeats = this.clock.every(intervalMs / 4, () => this.beat())
  }

  /** Time since anything came, in milliseconds; since the connection was opened, if nothing did. */
  get silenceMs(): number {
    return this.clock.nowMs() - this.lastReceivedMs
  }

  /** Sends what is queued, then closes for good; no handler is called any more. */
  close(): void {
    this.flush()
    const socket = this.detach()
    socket?.close(1000)
  }

  /** Gives the connection up as broken, as if it had been lost for this reason. */
  abandon(text: string): void {
    const socket = this.socket
    this.lose({ text, code: this.closingError?.code })
    if (socket?.terminate) socket.terminate()
    else socket?.close()
  }

  private flush(): void {
    const messages = this.outgoing
    if (messages.length === 0 || !this.isOpen || this.socket === undefined) return
    this.outgoing = []
    for (let from = 0; from < messages.length; ) {
      const to = this.frameEnd(messages, from)
      this.socket.send(this.codec.encode(...messages.slice(from, to)))
      from = to
    }
    this.lastSentMs = this.clock.nowMs()
  }

  /** Up to where the messages from `from` on fit into one frame; one does always. */
  private frameEnd(messages: readonly OutgoingMessage[], from: number): number {
    const last = Math.min(messages.length, from + limits.maxMessagesPerFrame)
    let bytes = this.mostBytes(messages[from])
    let to = from + 1
    while (to < last) {
      bytes += this.mostBytes(messages[to])
      if (bytes > limits.maxFrameBytes) break
      to += 1
    }
    return to
  }

  private mostBytes(message: OutgoingMessage): number {
    let rows = 0
    if (message.type === 'massQuote') rows = message.quotes.length
    else if (message.type === 'subscribeDropCopy') rows = message.sessions.length
    return longestMessageBytes[this.encoding] + rows * longestRowBytes[this.encoding]
  }

  private receive(data: ArrayBuffer | string): void {
    this.lastReceivedMs = this.clock.nowMs()
    const socket = this.socket
    let messages: Message[]
    try {
      messages = this.codec.decode(typeof data === 'string' ? data : new Uint8Array(data))
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.abandon(`the engine sent something that is not this protocol: ${error.message}`)
      return
    }
    for (const message of messages) {
      if (message.type === 'error' && errors[message.code].answer === 'close') this.closingError = message
      this.handlers.onMessage(message)
      // A handler may have closed or abandoned the connection; the rest of the frame belongs to nobody then.
      if (this.socket !== socket) return
    }
  }

  /** A quarter of an interval apart, so that no more than one interval passes between two messages. */
  private beat(): void {
    const nowMs = this.clock.nowMs()
    const deadAfterMs = this.heartbeatIntervalMs * limits.heartbeatIntervalsUntilDead
    if (nowMs - this.lastReceivedMs > deadAfterMs) {
      this.abandon(`nothing came from ${this.options.url} for ${deadAfterMs / 1000} s`)
    } else if (nowMs - this.lastSentMs > this.heartbeatIntervalMs / 2) {
      this.send({ type: 'heartbeat', timeUs: this.clock.wallUs() })
    }
  }

  private lose(reason: LossReason): void {
    if (this.detach() !== undefined) this.handlers.onLost(reason)
  }

  private detach(): WebSocketLike | undefined {
    this.endHeartbeats()
    this.callOffRetry()
    const socket = this.socket
    this.socket = undefined
    this.isOpen = false
    if (socket !== undefined) {
      socket.onopen = null
      socket.onmessage = null
      socket.onclose = null
      // An error after this point concerns nobody, but `ws` throws where nobody listens.
      socket.onerror = () => {}
    }
    return socket
  }

  private explain(closeCode: number, reason: string, problem: string): LossReason {
    const error = this.closingError
    if (error !== undefined) return { text: `${error.code}: ${error.text}`, code: error.code }
    if (!this.isOpen) return { text: `cannot reach ${this.options.url}${problem && `: ${problem}`}`, code: undefined }
    const cause = reason || problem || `close code ${closeCode}`
    return { text: `connection to ${this.options.url} lost (${cause})`, code: undefined }
  }
}

function describe(event: { message?: string; error?: unknown }): string {
  const code = (event.error as { code?: unknown } | undefined)?.code
  return event.message || (typeof code === 'string' ? code : '')
}

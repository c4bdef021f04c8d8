/**
 * An engine for the client's tests, in memory: it speaks the wire format, numbers events, resumes sessions, and loses
 * requests, answers and connections when told to. It has no book: every order rests until it is cancelled.
 */
import { type Codec, messagePackCodec } from '../codec.ts'
import { completeMessage, completeRow } from '../complete.ts'
import { closeCodeOf, type ErrorName, errors } from '../errors.ts'
import type { Message, OutgoingMessage, Row } from '../messages.ts'
import type { QueryName } from './queries.ts'
import type { Request, SessionEvent } from './session-types.ts'
import type { OpenWebSocket, WebSocketLike } from './web-socket.ts'

export const fakeInstrument = completeRow('instrument', {
  instrument: 1,
  symbol: 'ACME',
  currency: 'USD',
  currencyDecimals: 2,
  tickSize: '0.01',
  lotSize: '1',
  tickValueMinor: 1,
  minPriceTicks: 1,
  maxPriceTicks: 1_000_000,
  maxOrderQuantityLots: 10_000,
  referencePriceTicks: 10_000,
  priceBandBasisPoints: 1_000,
  makerFeeRate: 0,
  takerFeeRate: 0,
})

/** A position message of that instrument, all 0 but what is given. */
export function positionOf(fields: Partial<Message<'position'>>): Message<'position'> {
  const flat = { instrument: 1, positionLots: 0, cashMinor: 0, feesMinor: 0 }
  return completeMessage<'position'>({ type: 'position', ...flat, ...fields })
}

/** One end of a connection, as the client sees it. Everything arrives in a microtask of its own. */
class FakeSocket implements WebSocketLike {
  binaryType = ''
  onopen: ((event: never) => void) | null = null
  onmessage: ((event: { data: unknown }) => void) | null = null
  onclose: ((event: { code: number; reason: string }) => void) | null = null
  onerror: ((event: { message?: string }) => void) | null = null
  isClosed = false
  private readonly engine: FakeEngine

  constructor(engine: FakeEngine) {
    this.engine = engine
  }

  send(data: Uint8Array | string): void {
    if (this.isClosed) return
    // Copied: the engine must not see what the client does to its buffer afterwards.
    const frame = typeof data === 'string' ? data : new Uint8Array(data)
    queueMicrotask(() => this.engine.receive(this, frame))
  }

  close(): void {
    this.drop(1000, '')
  }

  /** Ends the connection; the client is told if it still listens. */
  drop(code: number, reason: string): void {
    if (this.isClosed) return
    this.isClosed = true
    queueMicrotask(() => this.onclose?.({ code, reason }))
  }

  deliver(data: Uint8Array | string): void {
    queueMicrotask(() => {
      if (!this.isClosed) this.onmessage?.({ data: typeof data === 'string' ? data : new Uint8Array(data).buffer })
    })
  }
}

export class FakeEngine {
  /** Frames as they arrived, decoded, without heartbeats. */
  readonly frames: Message[][] = []
  /** Requests that were applied, in order. */
  readonly applied: Request[] = []
  /** The session's event stream so far. */
  readonly events: SessionEvent[] = []
  /** Whether connections are accepted. */
  isReachable = true
  /** What happens to requests: `ignore` loses them, `mute` applies them and keeps the events for a resume. */
  requests: 'answer' | 'ignore' | 'mute' = 'answer'
  /** Refuses requests with this unnumbered error instead of applying them. */
  refuseWith: ErrorName | undefined
  /** Rejects new orders, and what is no order entry, with this code, as numbered events. */
  rejectWith: ErrorName | undefined
  readonly instruments: Row<'instrument'>[] = [fakeInstrument]
  positions: OutgoingMessage<'position'>[] = []
  obligations: Row<'obligation'>[] = []
  lastRef = 0
  logId = 'log 1'
  /** Number of the first event that is still kept. */
  firstKeptEvent = 1
  /** Events of the participant's other sessions, for drop copies. */
  readonly otherSessions = new Map<string, SessionEvent[]>()
  /** Open orders of these. */
  readonly otherOrders = new Map<string, Row<'openOrder'>[]>()
  /** Most orders in one message. */
  openOrdersPerMessage = 500
  /** Whether the open orders of a snapshot are told. */
  sendsOpenOrders = true
  /** Books that subscribers get as their snapshot. */
  readonly books = new Map<number, Message<'bookSnapshot'>>()
  private readonly codec: Codec
  private readonly sockets = new Set<FakeSocket>()
  /** The connection with the session, while there is one. */
  private sessionSocket: FakeSocket | undefined
  private readonly openOrders = new Map<number, Row<'openOrder'>>()
  /** The name of the session, and whether its connection has a drop copy. */
  private session = ''
  private hasDropCopy = false

  constructor(codec: Codec = messagePackCodec) {
    this.codec = codec
  }

  readonly openWebSocket: OpenWebSocket = () => {
    const socket = new FakeSocket(this)
    queueMicrotask(() => {
      if (this.isReachable) {
        this.sockets.add(socket)
        socket.onopen?.(undefined as never)
        this.reply(socket, { type: 'challenge', protocolVersion: 1, nonce: 'nonce', engineTimeUs: 1 })
      } else {
        socket.onerror?.({ message: 'refused' })
        socket.drop(1006, '')
      }
    })
    return socket
  }

  /** Comes back as an engine that knows of nothing that happened before. */
  beginNewLog(): void {
    this.logId = `${this.logId} and anew`
    this.applied.length = 0
    this.events.length = 0
    this.otherSessions.clear()
    this.positions = []
    this.openOrders.clear()
    this.lastRef = 0
    this.firstKeptEvent = 1
  }

  /** Messages of a type, in the order in which they arrived. */
  received<Name extends Message['type']>(type: Name): Message<Name>[] {
    return this.frames.flat().filter((message) => message.type === type) as Message<Name>[]
  }

  /** Loses all connections. */
  cut(): void {
    for (const socket of this.sockets) socket.drop(1006, '')
    this.forget()
  }

  /** Tells all connections the reason, then closes them. */
  closeWith(code: ErrorName): void {
    this.publish({ type: 'error', code, ref: 0, field: 'none', bound: 0, text: errors[code].meaning })
    const sockets = [...this.sockets]
    queueMicrotask(() => {
      for (const socket of sockets) socket.drop(closeCodeOf(code), code)
    })
    this.forget()
  }

  /** Sends messages in one frame on the session's connection. */
  send(...messages: OutgoingMessage[]): void {
    if (this.sessionSocket !== undefined) this.reply(this.sessionSocket, ...messages)
  }

  /** Sends messages in one frame on every connection. */
  publish(...messages: OutgoingMessage[]): void {
    for (const socket of this.sockets) this.reply(socket, ...messages)
  }

  /** Adds an event to the session's stream, and sends it unless muted. */
  emit(event: Record<string, unknown>): void {
    const complete = numbered(event, this.events)
    if (complete.type === 'filled') this.fill(complete)
    if (this.requests === 'answer') this.tell(this.session, complete, complete)
  }

  /** Adds an event to the stream of another session of the participant. */
  emitElsewhere(session: string, event: Record<string, unknown>): void {
    const events = this.otherSessions.get(session) ?? []
    this.otherSessions.set(session, events)
    this.tell(session, numbered(event, events))
  }

  receive(socket: FakeSocket, data: Uint8Array | string): void {
    if (!this.sockets.has(socket)) return
    const frame = this.codec.decode(data)
    if (frame.some((message) => message.type !== 'heartbeat')) this.frames.push(frame)
    for (const message of frame) this.handle(socket, message)
  }

  /** Sends an event to its owner, and as a drop copy, in one frame. */
  private tell(session: string, event: SessionEvent, ...own: SessionEvent[]): void {
    const copies = this.hasDropCopy ? [{ type: 'dropCopy' as const, session, eventCount: 1 }, event] : []
    if (own.length + copies.length > 0) this.send(...copies, ...own)
  }

  private fill({ orderRef, leavesLots }: Message<'filled'>): void {
    const order = this.openOrders.get(orderRef)
    if (order === undefined || leavesLots === 0) this.openOrders.delete(orderRef)
    else this.openOrders.set(orderRef, { ...order, leavesLots })
  }

  private forget(): void {
    this.hasDropCopy = false
    this.sockets.clear()
    this.sessionSocket = undefined
  }

  private reply(socket: FakeSocket, ...messages: OutgoingMessage[]): void {
    socket.deliver(this.codec.encode(...messages))
  }

  private handle(socket: FakeSocket, message: Message): void {
    switch (message.type) {
      case 'logon':
        this.sessionSocket = socket
        this.logon(message)
        break
      case 'listInstruments':
        this.reply(socket, { type: 'instrumentList', instruments: this.instruments })
        break
      case 'subscribe': {
        const book = message.channel === 'book' ? this.books.get(message.instrument) : undefined
        if (book !== undefined) this.reply(socket, book)
        break
      }
      case 'queryObligations':
      case 'queryOrder':
      case 'queryOpenOrders':
      case 'queryPositions':
      case 'subscribeDropCopy':
        if (this.refuseWith === undefined) this.answer(message)
        else this.refuse(this.refuseWith, 0)
        break
      case 'newOrder':
      case 'cancelOrder':
      case 'replaceOrder':
      case 'massCancel':
      case 'massQuote':
      case 'setProtection':
      case 'resetProtection':
      case 'changePhase':
      case 'changeLimit':
      case 'blockParticipant':
        this.request(message)
        break
    }
  }

  private logon(logon: Message<'logon'>): void {
    this.session = logon.session
    this.hasDropCopy = false
    const nextEvent = this.events.length + 1
    const wanted = logon.nextEvent === 0 ? nextEvent : logon.nextEvent
    const snapshot = logon.nextEvent === 0 || wanted < this.firstKeptEvent
    const firstEvent = snapshot ? nextEvent : Math.min(wanted, nextEvent)
    this.send({
      type: 'logonResult',
      participant: logon.participant,
      session: logon.session,
      lastRef: this.lastRef,
      firstEvent,
      nextEvent,
      ratePerSecond: 1_000,
      heartbeatIntervalMs: logon.heartbeatIntervalMs,
      logId: this.logId,
      snapshot,
    })
    for (const position of this.positions) this.send(position)
    if (!snapshot) for (const event of this.events.slice(firstEvent - 1)) this.send(event)
    else if (this.sendsOpenOrders) this.sendOpenOrders([...this.openOrders.values()])
  }

  private sendOpenOrders(orders: Row<'openOrder'>[]): void {
    for (let from = 0; ; from += this.openOrdersPerMessage) {
      const to = from + this.openOrdersPerMessage
      this.send({ type: 'openOrders', orders: orders.slice(from, to), last: to >= orders.length })
      if (to >= orders.length) return
    }
  }

  private answer(query: Message<QueryName>): void {
    switch (query.type) {
      case 'queryObligations':
        this.send({ type: 'obligations', obligations: this.obligations })
        break
      case 'queryOrder': {
        const { orderRef } = query
        const order = this.openOrders.get(orderRef)
        const state = order !== undefined ? 'open' : orderRef <= this.lastRef ? 'notOpen' : 'notProcessed'
        this.send({ type: 'orderStatus', orderRef, state, lastRef: this.lastRef, orders: order ? [order] : [] })
        break
      }
      case 'queryOpenOrders': {
        const isOwn = ['', this.session].includes(query.session)
        const orders = isOwn ? [...this.openOrders.values()] : (this.otherOrders.get(query.session) ?? [])
        this.sendOpenOrders(orders.filter(({ instrument }) => [0, instrument].includes(query.instrument)))
        break
      }
      case 'queryPositions':
        this.send({ type: 'positions', positions: this.positions })
        break
      case 'subscribeDropCopy':
        this.startDropCopy(query.sessions)
        break
    }
  }

  private startDropCopy(asked: readonly Row<'dropCopyStart'>[]): void {
    this.hasDropCopy = true
    const starts = [[this.session, this.events] as const, ...this.otherSessions].map(([session, events]) => {
      const wanted = asked.find((row) => row.session === session)?.nextEvent || events.length + 1
      return { session, nextEvent: Math.max(wanted, this.firstKeptEvent), events }
    })
    this.send({ type: 'dropCopySubscribed', sessions: starts })
    for (const { session, nextEvent, events } of starts) {
      for (const event of events.slice(nextEvent - 1)) this.tell(session, event)
    }
  }

  private request(request: Message<Request['type']>): void {
    if (this.requests === 'ignore') return
    const refusal = request.ref <= this.lastRef ? 'duplicateRef' : this.refuseWith
    if (refusal !== undefined) {
      this.refuse(refusal, request.ref)
      return
    }
    this.lastRef = request.ref
    this.applied.push(request)
    this.apply(request)
  }

  private refuse(code: ErrorName, ref: number): void {
    this.send({ type: 'error', code, ref, field: 'ref', bound: 0, text: 'refused' })
  }

  private apply(request: Message<Request['type']>): void {
    switch (request.type) {
      case 'newOrder':
        if (this.rejectWith !== undefined) {
          this.emit({ type: 'rejected', ref: request.ref, code: this.rejectWith, field: 'none', bound: 0 })
          break
        }
        this.openOrders.set(request.ref, openOrderOf(request))
        this.emit({ ...request, type: 'accepted', orderId: request.ref })
        break
      case 'cancelOrder':
        if (this.openOrders.has(request.orderRef)) this.cancel(request.orderRef, request.ref, 'requested')
        else this.emit({ type: 'rejected', ref: request.ref, code: 'unknownOrder', field: 'orderRef', bound: 0 })
        break
      case 'replaceOrder':
        this.emit({ ...request, type: 'replaced', orderId: request.orderRef, leavesLots: 1, priorityKept: false })
        break
      case 'massCancel': {
        const orderCount = this.openOrders.size
        for (const orderRef of this.openOrders.keys()) this.cancel(orderRef, request.ref, 'massCancel')
        this.emit({ type: 'massCancelled', ref: request.ref, orderCount })
        break
      }
      case 'massQuote': {
        const { ref, quotes } = request
        quotes.forEach((quote, index) => {
          this.emit({ type: 'quoteAccepted', ref, ...quote, bidOrderId: index * 2 + 1, askOrderId: index * 2 + 2 })
        })
        this.emit({ type: 'massQuoted', ref, acceptedCount: quotes.length, rejectedCount: 0 })
        break
      }
      default:
        if (this.rejectWith === undefined) this.emit({ type: 'carriedOut', ref: request.ref })
        else this.emit({ type: 'rejected', ref: request.ref, code: this.rejectWith, field: 'none', bound: 0 })
    }
  }

  private cancel(orderRef: number, ref: number, reason: string): void {
    this.openOrders.delete(orderRef)
    this.emit({ type: 'cancelled', ref, orderRef, orderId: orderRef, cancelledLots: 1, reason })
  }
}

/** Adds an event to a stream, with the next number. */
function numbered(event: Record<string, unknown>, stream: SessionEvent[]): SessionEvent {
  const eventNumber = stream.length + 1
  const complete = { eventNumber, sequence: eventNumber, engineTimeUs: eventNumber, ...event } as SessionEvent
  stream.push(complete)
  return complete
}

function openOrderOf(request: Message<'newOrder'>): Row<'openOrder'> {
  const side = request.side === 'sell' ? 'sell' : 'buy'
  return completeRow('openOrder', {
    ...request,
    orderRef: request.ref,
    orderId: request.ref,
    side,
    leavesLots: request.quantityLots,
  })
}

/**
 * Market data over a connection of its own, without a session: subscriptions that survive lost connections, and a book
 * per subscribed instrument that resynchronises by itself.
 */
import type { Channel, Message, Row } from '../messages.ts'
import { BookBuilder } from './book-builder.ts'
import { Connection, type ConnectionOptions, isFinal, type LossReason } from './connection.ts'

/**
 * - `connecting`: a connection is being opened, or subscriptions are being asked for again.
 * - `live`: connected. Whether a book is right says its own `synchronised`.
 * - `disconnected`: lost, the next attempt is scheduled.
 * - `closed`: for good, by `close` or for the reason given.
 */
export type MarketDataState = 'connecting' | 'live' | 'disconnected' | 'closed'

export interface MarketDataHandlers {
  onTop?(top: Message<'top'>): void
  /** The book of an instrument changed, by this message. */
  onBook?(book: BookBuilder, message: Message<'bookSnapshot' | 'bookUpdate'>): void
  onTrades?(trades: Message<'trades'>): void
  onStatus?(status: Message<'status'>): void
  onAuction?(indication: Message<'auctionIndication'>): void
  /** Something on a channel was missed. A book is asked for again; missed trades do not come any more. */
  onGap?(channel: Channel, instrument: number): void
  onError?(error: Message<'error'>): void
  onState?(state: MarketDataState, reason: string): void
  onNotice?(notice: Message<'notice'>): void
}

interface ListRequest {
  resolve(instruments: Row<'instrument'>[]): void
  reject(error: Error): void
}

interface Subscription {
  readonly channel: Channel
  readonly instrument: number
}

export class MarketDataClient {
  private readonly handlers: MarketDataHandlers
  private readonly connection: Connection
  private readonly subscriptions = new Map<string, Subscription>()
  private readonly books = new Map<number, BookBuilder>()
  /** Sequence of the last message of the trades channel, by instrument. */
  private readonly lastTradesSequence = new Map<number, number>()
  private currentState: MarketDataState = 'closed'
  private listRequests: ListRequest[] = []
  private settleConnect: { resolve(): void; reject(error: Error): void } | undefined

  constructor(options: ConnectionOptions, handlers: MarketDataHandlers = {}) {
    this.handlers = handlers
    this.connection = new Connection(options, {
      onOpen: () => this.setState('connecting', ''),
      onMessage: (message) => this.receive(message),
      onLost: (reason) => this.lost(reason),
    })
  }

  get state(): MarketDataState {
    return this.currentState
  }

  /** Time since anything came from the engine, heartbeats included, in milliseconds. */
  get silenceMs(): number {
    return this.connection.silenceMs
  }

  /**
   * Connects; resolves when live. From then on a lost connection is opened again until `close`.
   * @throws Error if the engine cannot be reached
   */
  connect(): Promise<void> {
    if (this.currentState !== 'closed') throw new Error('connect can be called once')
    return new Promise((resolve, reject) => {
      this.settleConnect = { resolve, reject }
      this.connection.open()
    })
  }

  /**
   * Asks for all instruments. An answer that a lost connection took along is asked for again.
   * @throws Error if the client is closed before the answer came
   */
  listInstruments(): Promise<Row<'instrument'>[]> {
    return new Promise((resolve, reject) => {
      this.listRequests.push({ resolve, reject })
      if (this.currentState === 'live') this.connection.send({ type: 'listInstruments' })
    })
  }

  /** Subscribes to a channel of one instrument, or of all (0). Lasts until `unsubscribe`, across connections. */
  subscribe(channel: Channel, instrument: number): void {
    this.subscriptions.set(`${channel} ${instrument}`, { channel, instrument })
    if (this.currentState === 'live') this.connection.send({ type: 'subscribe', channel, instrument })
  }

  /** Ends a subscription; name the same instrument, or 0, as when subscribing. */
  unsubscribe(channel: Channel, instrument: number): void {
    if (!this.subscriptions.delete(`${channel} ${instrument}`)) return
    if (channel === 'book') forget(this.books, instrument)
    if (channel === 'trades') forget(this.lastTradesSequence, instrument)
    if (this.currentState === 'live') this.connection.send({ type: 'unsubscribe', channel, instrument })
  }

  /** The book of a subscribed instrument; undefined until its first snapshot. */
  book(instrument: number): BookBuilder | undefined {
    return this.books.get(instrument)
  }

  close(): void {
    this.end('closed by this side')
  }

  private receive(message: Message): void {
    switch (message.type) {
      case 'challenge':
        this.begin()
        break
      case 'top':
        this.handlers.onTop?.(message)
        break
      case 'bookSnapshot':
      case 'bookUpdate':
        this.takeBook(message)
        break
      case 'trades':
        this.takeTrades(message)
        break
      case 'status':
        this.handlers.onStatus?.(message)
        break
      case 'auctionIndication':
        this.handlers.onAuction?.(message)
        break
      case 'subscribed':
        if (message.channel === 'trades') this.followTrades(message.instrument, message.sequence, message.sequence)
        break
      case 'instrumentList':
        this.listRequests.shift()?.resolve(message.instruments)
        break
      case 'error':
        this.handlers.onError?.(message)
        break
      case 'notice':
        this.handlers.onNotice?.(message)
        break
    }
  }

  /** The engine speaks first: its challenge, which an anonymous connection needs not answer, says that it is there. */
  private begin(): void {
    this.connection.established()
    for (const { channel, instrument } of this.subscriptions.values()) {
      this.connection.send({ type: 'subscribe', channel, instrument })
    }
    for (let asked = 0; asked < this.listRequests.length; asked += 1) this.connection.send({ type: 'listInstruments' })
    this.setState('live', '')
    this.settleConnect?.resolve()
    this.settleConnect = undefined
  }

  private takeBook(message: Message<'bookSnapshot' | 'bookUpdate'>): void {
    let book = this.books.get(message.instrument)
    if (book === undefined) {
      book = new BookBuilder()
      this.books.set(message.instrument, book)
    }
    const result = book.apply(message)
    if (result === 'applied') {
      this.handlers.onBook?.(book, message)
    } else if (result === 'gap') {
      this.connection.send({ type: 'subscribe', channel: 'book', instrument: message.instrument })
      this.handlers.onGap?.('book', message.instrument)
    }
  }

  private takeTrades(message: Message<'trades'>): void {
    this.followTrades(message.instrument, message.previousSequence, message.sequence)
    this.handlers.onTrades?.(message)
  }

  private followTrades(instrument: number, previousSequence: number, sequence: number): void {
    const last = this.lastTradesSequence.get(instrument)
    this.lastTradesSequence.set(instrument, sequence)
    if (last !== undefined && last !== previousSequence) this.handlers.onGap?.('trades', instrument)
  }

  private lost(reason: LossReason): void {
    for (const book of this.books.values()) book.reset()
    if (this.settleConnect !== undefined || isFinal(reason)) {
      this.end(reason.text)
      return
    }
    this.setState('disconnected', reason.text)
    if (this.currentState === 'disconnected') this.connection.retry()
  }

  private end(reason: string): void {
    if (this.currentState === 'closed' && this.settleConnect === undefined) return
    this.connection.close()
    this.setState('closed', reason)
    this.settleConnect?.reject(new Error(reason))
    this.settleConnect = undefined
    for (const { reject } of this.listRequests.splice(0)) reject(new Error(reason))
  }

  private setState(state: MarketDataState, reason: string): void {
    this.currentState = state
    this.handlers.onState?.(state, reason)
  }
}

/** Forgets what is known of an instrument, or of all (0). */
function forget(known: Map<number, unknown>, instrument: number): void {
  if (instrument === 0) known.clear()
  else known.delete(instrument)
}

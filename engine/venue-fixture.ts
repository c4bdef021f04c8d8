/** For tests: a whole venue in one process, with a clock that is set, sockets that note what is sent, and turns that end on demand. */
import { codecs } from '../protocol/codec.ts'
import type { Message, OutgoingMessage } from '../protocol/messages.ts'
import type { Clock } from './clock.ts'
import { checkConfiguration } from './configuration.ts'
import { type Definition, Exchange } from './core/index.ts'
import { Feed } from './feed/feed.ts'
import type { Encoding, Publisher } from './feed/publisher.ts'
import type { Connection } from './gateway/connection.ts'
import { Gateway } from './gateway/gateway.ts'
import type { Socket } from './gateway/transport.ts'
import type { CommandLog, LogPosition } from './log/command-log.ts'
import { LogWriteError } from './log/command-log.ts'
import { MemoryLog } from './log/memory-log.ts'
import { type Recovery, Sequencer } from './sequencer.ts'

export class TestClock implements Clock {
  ms = 1_000
  wall = 1_790_000_000_000_000
  /** What is to be called back, and when. */
  readonly timers = new Set<{ readonly atMs: number; readonly callback: () => void }>()

  monotonicMs(): number {
    return this.ms
  }

  wallUs(): number {
    return this.wall
  }

  after(milliseconds: number, callback: () => void): () => void {
    const timer = { atMs: this.ms + milliseconds, callback }
    this.timers.add(timer)
    return () => this.timers.delete(timer)
  }

  every(milliseconds: number, callback: () => void): () => void {
    let callOff = this.after(milliseconds, again)
    const clock = this
    function again(): void {
      callOff = clock.after(milliseconds, again)
      callback()
    }
    return () => callOff()
  }

  afterTurn(callback: () => void): void {
    setImmediate(callback)
  }

  /** Calls back whatever is due. */
  ring(): void {
    for (const timer of this.timers) {
      if (timer.atMs <= this.ms && this.timers.delete(timer)) timer.callback()
    }
  }
}

/** A memory log that can be made to fail, or to take until it is told to finish. */
export class TestLog implements CommandLog {
  failing = false
  isSlow = false
  private slow: ((error?: LogWriteError) => void) | undefined
  commits = 0
  private readonly log: MemoryLog

  constructor(kept: Uint8Array<ArrayBuffer>[]) {
    this.log = new MemoryLog(kept)
  }

  replay(...parameters: Parameters<CommandLog['replay']>): void {
    this.log.replay(...parameters)
  }

  append(...record: Parameters<CommandLog['append']>): void {
    this.log.append(...record)
  }

  get identity(): string {
    return this.log.identity
  }

  get position(): LogPosition {
    return this.log.position
  }

  get isCommitting(): boolean {
    return this.slow !== undefined
  }

  commit(done: (error?: LogWriteError) => void): void {
    if (this.failing) {
      done(new LogWriteError('the disk is full'))
      return
    }
    this.commits++
    if (!this.isSlow) this.log.commit(done)
    else this.slow = done
  }

  /** Ends the commit that a slow log has under way, well or badly. */
  finish(error?: LogWriteError): void {
    const done = this.slow
    this.slow = undefined
    if (error !== undefined) done?.(error)
    else if (done !== undefined) this.log.commit(done)
  }

  close(): void {
    this.log.close()
  }
}

/** One connection as its client sees it. */
export class TestSocket implements Socket {
  readonly topics = new Set<string>()
  /** Every frame and everything published to its topics, decoded. */
  readonly received: Message[] = []
  frameCount = 0
  unsent = 0
  closedWith: { code: number; reason: string } | undefined
  connection!: Connection
  private readonly encoding: Encoding
  private readonly onEnd: (socket: TestSocket) => void

  constructor(encoding: Encoding, onEnd: (socket: TestSocket) => void) {
    this.encoding = encoding
    this.onEnd = onEnd
  }

  send(frame: Uint8Array | string): void {
    if (this.closedWith !== undefined) return
    this.frameCount++
    this.received.push(...codecs[this.encoding].decode(frame))
  }

  cork(write: () => void): void {
    write()
  }

  end(code: number, reason: string): void {
    if (this.closedWith !== undefined) return
    this.closedWith = { code, reason }
    this.onEnd(this)
  }

  unsentBytes(): number {
    return this.unsent
  }

  subscribe(topic: string): void {
    this.topics.add(topic)
  }

  unsubscribe(topic: string): void {
    this.topics.delete(topic)
  }

  /** Takes what was received so far. */
  take(): Message[] {
    return this.received.splice(0)
  }
}

export const fixtureConfiguration = checkConfiguration(
  {
    instruments: [
      { symbol: 'ACME', tickSize: '0.01', referencePrice: '100.00' },
      { symbol: 'BOLT', tickSize: '0.01', referencePrice: '25.00' },
    ],
  },
  'fixture',
)

/** What a venue can be continued from, with the log. */
export interface TestSnapshot {
  readonly image: Uint8Array
  readonly streams: Uint8Array
  readonly position: LogPosition
}

export class TestVenue implements Publisher {
  readonly clock: TestClock
  readonly log: TestLog
  readonly exchange: Exchange
  readonly sequencer: Sequencer
  readonly feed: Feed
  readonly gateway: Gateway
  readonly recovery: Recovery & { readonly stateHash: string }
  readonly faults: unknown[] = []
  readonly haltedBy: Error[] = []
  readonly sockets: TestSocket[] = []
  ratePerSecond = 1_000
  published = 0

  /**
   * Two instruments and the participants `a` and `b` with a session `main` each, unless `kept` holds a log already, which
   * is applied from its beginning or from a snapshot on.
   */
  constructor(kept: Uint8Array<ArrayBuffer>[] = [], clock = new TestClock(), snapshot?: TestSnapshot) {
    this.clock = clock
    this.exchange = snapshot === undefined ? new Exchange() : Exchange.fromImage(snapshot.image)
    this.log = new TestLog(kept)
    this.sequencer = new Sequencer({
      exchange: this.exchange,
      log: this.log,
      clock: this.clock,
      release: (events) => this.gateway.release(events),
      onHalt: (error) => {
        this.haltedBy.push(error)
        this.gateway.halted()
      },
    })
    this.feed = new Feed(this.exchange, this)
    this.gateway = new Gateway({
      sequencer: this.sequencer,
      exchange: this.exchange,
      feed: this.feed,
      clock: this.clock,
      logId: () => this.log.identity,
      // A name is its own signature here.
      authenticate: async (_, { participant, session: name, signature }) => {
        const session = this.sessionNumber(participant, name)
        return signature === participant ? { session, ratePerSecond: this.ratePerSecond } : undefined
      },
      onFault: (error) => this.faults.push(error),
    })
    if (snapshot !== undefined) this.gateway.restoreStreams(snapshot.streams)
    const recovery = this.sequencer.recover(snapshot?.position)
    this.recovery = { ...recovery, stateHash: this.exchange.stateHash() }
    if (this.exchange.sequence === 0) this.define()
    this.sequencer.endTurn()
  }

  subscriberCount(topic: string): number {
    return this.sockets.filter(({ topics }) => topics.has(topic)).length
  }

  publish(topic: string, frame: Uint8Array | string): void {
    this.published++
    for (const socket of this.sockets) if (socket.topics.has(topic)) socket.send(frame)
  }

  connect(encoding: Encoding = 'msgpack'): TestSocket {
    const socket = new TestSocket(encoding, (ended) => this.disconnect(ended))
    this.sockets.push(socket)
    socket.connection = this.gateway.opened(socket, encoding)
    return socket
  }

  /** The transport says that the connection is over. */
  disconnect(socket: TestSocket): void {
    this.sockets.splice(this.sockets.indexOf(socket), 1)
    this.gateway.closed(socket.connection)
  }

  /** One frame of a client. */
  send(socket: TestSocket, ...messages: OutgoingMessage[]): void {
    const frame = codecs[socket.connection.encoding].encode(...messages)
    const bytes = typeof frame === 'string' ? Buffer.from(frame) : frame
    this.gateway.received(socket.connection, bytes, typeof frame !== 'string')
  }

  /** Logs on and ends the turn; what the engine answered is left to be taken. */
  async logOn(socket: TestSocket, participant: string, options: Partial<OutgoingMessage<'logon'>> = {}): Promise<void> {
    this.send(socket, { type: 'logon', participant, session: 'main', signature: participant, ...options })
    await settled()
    this.sequencer.endTurn()
  }

  /** A live session; what came up to then is dropped. */
  async live(participant: string, options: Partial<OutgoingMessage<'logon'>> = {}): Promise<TestSocket> {
    const socket = this.connect()
    await this.logOn(socket, participant, options)
    socket.take()
    return socket
  }

  /** What the venue could go on from after a restart; nothing may be waiting for the log. */
  snapshot(): TestSnapshot {
    const { parts, release } = this.gateway.streamsImage()
    const streams = Buffer.concat(parts)
    release()
    return { image: this.exchange.image().slice(), streams, position: this.log.position }
  }

  /** Adds a session of a participant while the venue runs. */
  addSession(participant: string, name: string): void {
    const session = this.exchange.sessionCount + 1
    const { selfTradePrevention } = fixtureConfiguration.participantDefaults
    const { participant: owner } = this.exchange.session(this.sessionNumber(participant, 'main'))!
    this.sequencer.submitDefinition(
      { type: 'sessionDefined', session, participant: owner, name, selfTradePrevention },
      0,
    )
    this.sequencer.endTurn()
  }

  private sessionNumber(participant: string, name: string): number {
    for (let number = 1; number <= this.exchange.sessionCount; number++) {
      const session = this.exchange.session(number)!
      if (session.name === name && this.exchange.participant(session.participant)?.name === participant) return number
    }
    return 0
  }

  /** Time passes, and what the sequencer waits for happens. */
  pass(milliseconds: number): void {
    this.clock.ms += milliseconds
    this.sequencer.endTurn()
    this.clock.ring()
    this.sequencer.endTurn()
  }

  private define(): void {
    const submit = (definition: Definition) => this.sequencer.submitDefinition(definition, 0)
    fixtureConfiguration.instruments.forEach((row, index) => {
      submit({ type: 'instrumentDefined', instruments: [{ instrument: index + 1, ...row }] })
    })
    for (const [index, name] of ['a', 'b'].entries()) {
      const { ordersPerSecond, selfTradePrevention, ...limits } = fixtureConfiguration.participantDefaults
      const participant = index + 1
      submit({ type: 'participantDefined', participant, name, ...limits, isAdmin: name === 'b' })
      submit({ type: 'sessionDefined', session: participant, participant, name: 'main', selfTradePrevention })
    }
  }
}

/** Lets promises that are settled run on; the turn of the event loop does not end. */
export async function settled(): Promise<void> {
  for (let step = 0; step < 10; step++) await Promise.resolve()
}

/** A limit order of one lot, good till cancelled, unless told otherwise. */
export function newOrder(ref: number, fields: Partial<OutgoingMessage<'newOrder'>> = {}): OutgoingMessage<'newOrder'> {
  return {
    type: 'newOrder',
    ref,
    instrument: 1,
    side: 'buy',
    orderType: 'limit',
    timeInForce: 'goodTillCancel',
    quantityLots: 1,
    priceTicks: 10_000,
    ...fields,
  }
}

/**
 * The edge of the engine: all connections and sessions. Takes frames from the transport, and the events of durable
 * commands from the sequencer: private ones go to their session's stream and connection, public ones to the feed.
 */
import { randomBytes } from 'node:crypto'
import { ProtocolError } from '../../protocol/codec.ts'
import { errors } from '../../protocol/errors.ts'
import { limits } from '../../protocol/limits.ts'
import type { Message } from '../../protocol/messages.ts'
import type { Clock } from '../clock.ts'
import {
  doubleZero,
  type EventBuffer,
  type Exchange,
  eventLayout,
  eventType,
  eventWidth,
  isPublicEvent,
} from '../core/index.ts'
import type { Feed } from '../feed/feed.ts'
import type { Encoding } from '../feed/publisher.ts'
import type { Sequencer } from '../sequencer.ts'
import { Connection, type ConnectionServices } from './connection.ts'
import type { DropCopy } from './drop-copy.ts'
import { FrameReader } from './frame-reader.ts'
import { type Identity, Session, type SessionReader } from './session.ts'
import { StreamMemory, type StreamOptions } from './session-stream.ts'
import { type KeptStream, readStreamImage, StreamImageError, writeStreamImage } from './stream-image.ts'
import type { Socket } from './transport.ts'

const { DETAIL_3, REF, SESSION, TYPE } = eventLayout

export interface GatewayOptions {
  readonly sequencer: Sequencer
  readonly exchange: Exchange
  readonly feed: Feed
  readonly clock: Clock
  /** Identity of the command log; asked for when it is known. */
  readonly logId: () => string
  /** A text that nobody can foresee, another one each time: what logons sign. By default 24 random bytes. */
  readonly randomText?: () => string
  /** How sessions' events are kept. By default as many as the protocol promises. */
  readonly streams?: StreamOptions
  /** Checks the signature of a logon; undefined if it does not verify, for whatever reason. */
  readonly authenticate: (nonce: string, logon: Message<'logon'>) => Promise<Identity | undefined>
  /** Called with an error that only a fault of the engine explains. */
  readonly onFault: (error: unknown) => void
}

/** How often connections are looked after, in milliseconds. */
const sweepIntervalMs = 100
/** A sweep that comes later than this means that the engine could not read in the meantime. */
const toleratedLatenessMs = 100
const statusIntervalMs = 1_000

export class Gateway {
  private readonly options: GatewayOptions
  private readonly services: ConnectionServices
  private readonly frames: FrameReader
  private readonly connections = new Set<Connection>()
  /** By session number. */
  private readonly sessions: Session[] = []
  /** Sessions that the turn being released brought something for. */
  private readonly changed: Session[] = []
  /** Who else reads their events. */
  private readonly changedReaders: SessionReader[] = []
  private readonly dropCopies = new Set<DropCopy>()
  private readonly streamMemory = new StreamMemory()
  private readonly callOffTimers: (() => void)[] = []
  private sweptMs = doubleZero
  private stopping = false

  constructor(options: GatewayOptions) {
    const { sequencer, exchange, feed, clock, authenticate, onFault, logId } = options
    this.options = options
    this.frames = new FrameReader(sequencer.command)
    this.services = {
      sequencer,
      exchange,
      feed,
      clock,
      dropCopies: this.dropCopies,
      authenticate,
      session: (number) => this.session(number),
      logId,
      nonce: options.randomText ?? (() => randomBytes(24).toString('base64')),
      failed: onFault,
    }
  }

  get connectionCount(): number {
    return this.connections.size
  }

  get liveSessionCount(): number {
    let count = 0
    for (const { live } of this.connections) if (live) count++
    return count
  }

  /**
   * Begins to look after connections.
   * @param reconnectGraceMs how long sessions that were connected when the engine went down have to come back
   */
  start(reconnectGraceMs: number): void {
    const { clock, sequencer, feed } = this.options
    this.sweptMs = sequencer.monotonicMs
    feed.publishStatus()
    const publishStatus = () => {
      if (sequencer.state === 'open') sequencer.afterRelease(() => feed.publishStatus())
    }
    this.callOffTimers.push(
      clock.every(sweepIntervalMs, () => this.sweep()),
      clock.every(statusIntervalMs, publishStatus),
      clock.after(reconnectGraceMs, () => this.disconnectAbsent()),
    )
  }

  // ── from the transport ────────────────────────────────────────────────────────────────────────────────────────────

  opened(socket: Socket, encoding: Encoding): Connection {
    const { clock, sequencer } = this.options
    const connection = new Connection(socket, encoding, this.services)
    this.connections.add(connection)
    if (sequencer.state === 'halted') connection.halted()
    // To be closed: the transport has to know the connection first.
    if (this.stopping) clock.afterTurn(() => connection.farewell())
    else if (this.connections.size > limits.maxConnections) {
      const text = `${limits.maxConnections} connections are open already`
      clock.afterTurn(() => connection.closeWith('tooManyConnections', text))
    }
    return connection
  }

  received(connection: Connection, bytes: Uint8Array, isBinary: boolean): void {
    connection.touch()
    try {
      if (bytes.length > limits.maxFrameBytes) {
        const text = `the frame has ${bytes.length} bytes, ${limits.maxFrameBytes} are allowed`
        connection.refuse(new ProtocolError('frameTooLarge', text))
      } else if (isBinary !== (connection.encoding === 'msgpack')) {
        const text = isBinary ? 'JSON frames are text frames' : 'MessagePack frames are binary frames'
        connection.refuse(new ProtocolError('malformedFrame', text))
      } else if (isBinary) this.frames.readMessagePack(bytes, connection)
      else this.frames.readJson(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString(), connection)
    } catch (error) {
      this.options.onFault(error)
      connection.closeWith('internalError', 'the engine failed to process the frame')
    }
  }

  writable(connection: Connection): void {
    connection.flush()
  }

  dropped(connection: Connection): void {
    connection.dropped()
  }

  closed(connection: Connection): void {
    this.connections.delete(connection)
    connection.ended()
  }

  // ── from the sequencer ────────────────────────────────────────────────────────────────────────────────────────────

  /** Sends out what durable commands caused. */
  release(events: EventBuffer): void {
    const { data, length } = events
    const { feed } = this.options
    for (const copy of this.dropCopies) copy.addSessions(() => 1)
    for (let base = 0; base < length; ) {
      const type = data[base + TYPE]
      if (isPublicEvent(type)) feed.take(data, base)
      else this.deliver(data, base)
      base += eventWidth(type)
    }
    for (const session of this.changed) {
      session.changed = false
      session.connection?.flush()
      if (session.readers.size > 0) this.noteReaders(session)
    }
    this.changed.length = 0
    for (const reader of this.changedReaders) {
      reader.changed = false
      reader.flush()
    }
    this.changedReaders.length = 0
    feed.publish()
  }

  private noteReaders({ readers }: Session): void {
    for (const reader of readers) {
      if (!reader.changed) this.changedReaders.push(reader)
      reader.changed = true
    }
  }

  /** Order entry has stopped for good. */
  halted(): void {
    for (const connection of this.connections) connection.halted()
  }

  /** The key of a session is no longer good: whoever logged on with it is closed. */
  revoke(session: number): void {
    this.sessions[session]?.connection?.revoke()
  }

  /** Ends all sessions, tells everyone that the engine stops, and ends their connections. */
  async shutDown(): Promise<void> {
    for (const callOff of this.callOffTimers) callOff()
    this.stopping = true
    const { sequencer } = this.options
    for (const connection of this.connections) connection.leave()
    // The cancellations that this causes are to arrive before the farewell.
    await new Promise<void>((done) => {
      if (sequencer.state === 'open') sequencer.afterRelease(done, done)
      else done()
    })
    for (const connection of this.connections) {
      connection.send({ type: 'notice', code: 'shuttingDown', text: errors.shuttingDown.meaning })
      connection.farewell()
    }
  }

  // ── for snapshots ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** Every session's kept events as bytes, which stay as they are until `release` is called. */
  streamsImage(): { readonly parts: readonly Uint8Array[]; release(): void } {
    const { streamMemory } = this
    let held = true
    streamMemory.heldImages++
    const streams: KeptStream[] = []
    // Not every number has a session here.
    this.sessions.forEach(({ number, stream }) => {
      streams.push({ session: number, nextEvent: stream.nextEvent, parts: stream.parts() })
    })
    return {
      parts: writeStreamImage(streams),
      release: () => {
        if (held) streamMemory.heldImages--
        held = false
      },
    }
  }

  /**
   * Goes on from what an image holds; only before anything is released. The exchange must be as it was at the image.
   * @throws StreamImageError if the bytes are not that, or of another state of the exchange
   */
  restoreStreams(bytes: Uint8Array): void {
    const { exchange } = this.options
    const kept = new Map(readStreamImage(bytes).map((stream) => [stream.session, stream]))
    for (let number = 1; number <= exchange.sessionCount; number++) {
      const nextEvent = kept.get(number)?.nextEvent ?? 1
      const expected = exchange.session(number)!.nextEvent
      if (nextEvent !== expected) {
        throw new StreamImageError(
          `session ${number} goes on with event ${nextEvent} here, but with ${expected} in the exchange`,
        )
      }
    }
    for (const { session, nextEvent, parts } of kept.values()) this.session(session).stream.restore(nextEvent, parts)
  }

  private deliver(data: Float64Array, base: number): void {
    const session = this.session(data[base + SESSION])
    if (data[base + TYPE] !== eventType.duplicateRef) session.stream.append(data, base)
    else session.connection?.duplicateRef(data[base + REF], data[base + DETAIL_3])
    if (session.changed) return
    session.changed = true
    this.changed.push(session)
  }

  private session(number: number): Session {
    let session = this.sessions[number]
    if (session === undefined) {
      session = new Session(number, this.streamMemory, this.options.streams)
      this.sessions[number] = session
    }
    return session
  }

  private sweep(): void {
    const nowMs = this.options.sequencer.monotonicMs
    const lateMs = nowMs - this.sweptMs - sweepIntervalMs
    this.sweptMs = nowMs
    for (const connection of this.connections) connection.tick(nowMs, lateMs > toleratedLatenessMs ? lateMs : 0)
  }

  /** Sessions that the log calls connected, but that did not come back after the engine's restart, are not. */
  private disconnectAbsent(): void {
    const { exchange, sequencer } = this.options
    for (let number = 1; number <= exchange.sessionCount; number++) {
      if (exchange.session(number)?.connected && this.session(number).connection === undefined) {
        sequencer.submitDefinition({ type: 'sessionDisconnected' }, number)
      }
    }
  }
}

/**
 * The edge of the engine: all connections and sessions. Takes frames from the transport, and the events of durable
 * commands from the sequencer: private ones go to their session's stream and connection, public ones to the feed.
 */
import { ProtocolError } from '../../protocol/codec.ts'
import { limits } from '../../protocol/limits.ts'
import type { Message } from '../../protocol/messages.ts'
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
import { FrameReader } from './frame-reader.ts'
import { type Identity, Session } from './session.ts'
import type { Socket } from './transport.ts'

const { DETAIL_3, REF, SESSION, TYPE } = eventLayout

export interface GatewayOptions {
  readonly sequencer: Sequencer
  readonly exchange: Exchange
  readonly feed: Feed
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
  private readonly timers: NodeJS.Timeout[] = []
  private sweptMs = doubleZero

  constructor(options: GatewayOptions) {
    const { sequencer, exchange, feed, authenticate, onFault } = options
    this.options = options
    this.frames = new FrameReader(sequencer.command)
    this.services = {
      sequencer,
      exchange,
      feed,
      authenticate,
      session: (number) => this.session(number),
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
    const { sequencer, feed } = this.options
    this.sweptMs = sequencer.monotonicMs
    this.timers.push(setInterval(() => this.sweep(), sweepIntervalMs))
    feed.publishStatus()
    const publishStatus = () => {
      if (sequencer.state === 'open') sequencer.afterRelease(() => feed.publishStatus())
    }
    this.timers.push(setInterval(publishStatus, statusIntervalMs))
    this.timers.push(setTimeout(() => this.disconnectAbsent(), reconnectGraceMs))
  }

  // ── from the transport ────────────────────────────────────────────────────────────────────────────────────────────

  opened(socket: Socket, encoding: Encoding): Connection {
    const connection = new Connection(socket, encoding, this.services)
    this.connections.add(connection)
    if (this.connections.size > limits.maxConnections) {
      const text = `${limits.maxConnections} connections are open already`
      // The transport has to know the connection first.
      setImmediate(() => connection.closeWith('tooManyConnections', text))
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
    for (let base = 0; base < length; ) {
      const type = data[base + TYPE]
      if (isPublicEvent(type)) feed.take(data, base)
      else this.deliver(data, base)
      base += eventWidth(type)
    }
    for (const session of this.changed) {
      session.changed = false
      session.connection?.flush()
    }
    this.changed.length = 0
    feed.publish()
  }

  /** Order entry has stopped for good. */
  halted(): void {
    for (const connection of this.connections) connection.halted()
  }

  /** Ends all sessions, tells everyone that the engine stops, and ends their connections. */
  shutDown(): void {
    for (const timer of this.timers) clearTimeout(timer)
    const { sequencer } = this.options
    sequencer.endTurn()
    for (const connection of this.connections) connection.leave()
    sequencer.endTurn()
    for (const connection of this.connections) {
      connection.send({ type: 'notice', code: 'shuttingDown', text: 'the engine is being stopped' })
      connection.closeWith('shuttingDown', 'the engine is being stopped')
    }
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
      session = new Session(number)
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

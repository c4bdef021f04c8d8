/**
 * The network of the simulation: WebSocket connections between client processes and whichever engine process listens.
 * A direction of a connection keeps its frames in order and delays them; a connection may be cut, with what is under way
 * lost, or go dead in one or both directions without anybody being told.
 */
import type { RandomSource } from '../../bots/runtime/random.ts'
import type { Encoding } from '../../engine/feed/publisher.ts'
import type { Socket, Transport, TransportHandlers } from '../../engine/gateway/transport.ts'
import type { WebSocketLike } from '../../protocol/client/web-socket.ts'
import { limits } from '../../protocol/limits.ts'
import { subprotocols } from '../../protocol/messages.ts'
import type { Trace } from './trace.ts'
import type { VirtualProcess } from './virtual-process.ts'
import type { VirtualTime } from './virtual-time.ts'

export type Frame = Uint8Array<ArrayBuffer> | string

/** How the network behaves at the moment. */
export interface NetworkConditions {
  /** How long a frame takes at least and at most. */
  delayUs: readonly [number, number]
  /** Of so many frames one is held up for long, and those behind it with it; 0: none. */
  stallOneIn: number
  /** Of so many frames one meets the end of its connection; 0: none. */
  cutOneIn: number
  /** The same, but nobody is told. */
  silenceOneIn: number
  /** What an unsent byte counts as, so that few of them make a slow consumer. */
  bytesCountAs: number
}

/** Hears of every frame that the engine hands to the network, and of every one that a client does. */
export interface Wiretap {
  fromEngine(wire: Wire, frame: Frame): void
  published(topic: string, frame: Frame): void
  fromClient(wire: Wire, frame: Frame): void
}

/** How long a peer may not hear that a connection was cut. */
const longestNoticeUs = 1_500_000
const longestStallUs = 3_000_000
const handshakeTimeoutUs = 5_000_000

/** An engine process that listens. */
export class Listener implements Transport {
  readonly port = 1
  readonly process: VirtualProcess
  readonly wires = new Set<Wire>()
  isListening = true
  handlers!: TransportHandlers<unknown>
  private readonly tap: Wiretap

  constructor(process: VirtualProcess, tap: Wiretap) {
    this.process = process
    this.tap = tap
  }

  subscriberCount(topic: string): number {
    let count = 0
    for (const { topics } of this.wires) if (topics.has(topic)) count += 1
    return count
  }

  publish(topic: string, frame: Frame): void {
    if (!this.process.isAlive) return
    this.tap.published(topic, frame)
    for (const wire of this.wires) if (wire.topics.has(topic)) wire.sendToClient(frame)
  }

  stopListening(): void {
    this.isListening = false
  }

  close(): void {
    this.stopListening()
    for (const wire of [...this.wires]) wire.end(1006, '')
  }
}

export class SimulatedNetwork {
  readonly time: VirtualTime
  readonly random: RandomSource
  readonly conditions: NetworkConditions
  readonly trace: Trace
  readonly tap: Wiretap
  readonly wires = new Set<Wire>()
  listener: Listener | undefined
  private wireCount = 0

  constructor(time: VirtualTime, random: RandomSource, conditions: NetworkConditions, trace: Trace, tap: Wiretap) {
    this.time = time
    this.random = random
    this.conditions = conditions
    this.trace = trace
    this.tap = tap
  }

  /** Opens a connection for a client; `owner` says whose it is. */
  connect(process: VirtualProcess, owner: number, subprotocol: string): WebSocketLike {
    this.wireCount += 1
    const wire = new Wire(this, process, owner, this.wireCount, subprotocol === subprotocols.json ? 'json' : 'msgpack')
    this.wires.add(wire)
    wire.open()
    return wire.client
  }

  /** The engine's process is gone: its machine says so to the clients, unless it is gone too. */
  engineDied(listener: Listener, withMachine: boolean): void {
    for (const wire of [...listener.wires]) wire.engineDied(withMachine)
    if (this.listener === listener) this.listener = undefined
  }

  clientDied(process: VirtualProcess): void {
    for (const wire of [...this.wires]) if (wire.clientProcess === process) wire.clientDied()
  }

  delayUs(): number {
    const [shortest, longest] = this.conditions.delayUs
    return shortest + this.random.integerBelow(longest - shortest + 1)
  }

  strikes(oneIn: number): boolean {
    return oneIn > 0 && this.random.integerBelow(oneIn) === 0
  }
}

class Direction {
  /** When the last frame arrives. */
  lastUs = 0
  /** Nothing arrives any more. */
  isDead = false
  bytesUnderWay = 0
}

/** One connection. */
export class Wire {
  readonly number: number
  readonly owner: number
  readonly encoding: Encoding
  readonly clientProcess: VirtualProcess
  readonly client: WebSocketLike
  readonly topics = new Set<string>()
  /** The engine that it leads to, as soon as it does. */
  listener: Listener | undefined
  private readonly network: SimulatedNetwork
  private readonly toEngine = new Direction()
  private readonly toClient = new Direction()
  private connection: unknown
  private isClientOpen = true
  /** Whether the client has been told that it is connected. */
  private isEstablished = false
  private isEngineOpen = false

  constructor(
    network: SimulatedNetwork,
    clientProcess: VirtualProcess,
    owner: number,
    number: number,
    encoding: Encoding,
  ) {
    this.network = network
    this.clientProcess = clientProcess
    this.owner = owner
    this.number = number
    this.encoding = encoding
    this.client = clientEnd(this)
  }

  open(): void {
    const { network } = this
    network.time.after(handshakeTimeoutUs, () => {
      if (!this.isEstablished) this.tellClient(1006, '')
    })
    if (!network.strikes(network.conditions.silenceOneIn)) this.carry(this.toEngine, 0, () => this.arrived())
  }

  private arrived(): void {
    const { listener } = this.network
    if (listener === undefined || !listener.isListening || !this.clientProcess.isAlive) {
      this.carry(this.toClient, 0, () => this.tellClient(1006, ''))
      return
    }
    this.listener = listener
    this.isEngineOpen = true
    listener.wires.add(this)
    this.carry(this.toClient, 0, () => {
      this.isEstablished = true
      if (this.isClientOpen && this.clientProcess.isAlive) this.client.onopen?.(undefined as never)
    })
    this.connection = listener.handlers.opened(engineEnd(this), this.encoding)
  }

  // ── the engine's end ──────────────────────────────────────────────────────────────────────────────────────────────

  sendToClient(frame: Frame): void {
    if (!this.isEngineOpen || !this.listener?.process.isAlive) return
    const { network } = this
    if (this.unsentBytes() > limits.maxUnsentBytes) {
      this.listener.handlers.dropped(this.connection)
      return
    }
    network.tap.fromEngine(this, frame)
    // Not slice(): a Buffer's shares its memory.
    const data = typeof frame === 'string' ? frame : new Uint8Array(frame)
    const { length } = data
    this.meetMishap()
    this.toClient.bytesUnderWay += length
    this.carry(this.toClient, length, () => {
      this.toClient.bytesUnderWay -= length
      if (this.isClientOpen && this.clientProcess.isAlive) {
        network.trace.note(`wire ${this.number}`, 'to client', length)
        this.client.onmessage?.({ data: typeof data === 'string' ? data : data.buffer })
      }
      const { listener } = this
      if (this.isEngineOpen && listener?.process.isAlive) listener.handlers.writable(this.connection)
    })
  }

  unsentBytes(): number {
    return this.toClient.bytesUnderWay * this.network.conditions.bytesCountAs
  }

  /** The engine closes. */
  end(code: number, reason: string): void {
    if (!this.isEngineOpen || !this.listener?.process.isAlive) return
    this.network.trace.note(`wire ${this.number}`, 'ended', code, 0, reason)
    this.carry(this.toClient, 0, () => this.tellClient(code, reason))
    this.closeEngineEnd()
  }

  engineDied(withMachine: boolean): void {
    this.isEngineOpen = false
    this.listener?.wires.delete(this)
    this.topics.clear()
    if (withMachine) this.toClient.isDead = true
    // Whoever sends to a machine that came back hears that nobody is there; the others notice the silence.
    const noticeUs = withMachine ? longestNoticeUs * 4 : longestNoticeUs
    this.network.time.after(this.network.random.integerBelow(noticeUs), () => this.tellClient(1006, ''))
  }

  // ── the client's end ──────────────────────────────────────────────────────────────────────────────────────────────

  sendToEngine(data: Frame): void {
    if (!this.isClientOpen || !this.clientProcess.isAlive) return
    const { network } = this
    network.tap.fromClient(this, data)
    const frame = typeof data === 'string' ? data : new Uint8Array(data)
    this.meetMishap()
    this.carry(this.toEngine, frame.length, () => {
      if (!this.isEngineOpen || !this.listener?.process.isAlive) return
      network.trace.note(`wire ${this.number}`, 'to engine', frame.length)
      const isBinary = typeof frame !== 'string'
      const bytes = isBinary ? frame : new TextEncoder().encode(frame)
      this.listener.handlers.received(this.connection, bytes, isBinary)
      // The transport's buffer is somebody else's then.
      bytes.fill(0xee)
    })
  }

  closeByClient(): void {
    if (!this.isClientOpen) return
    this.isClientOpen = false
    this.carry(this.toEngine, 0, () => this.closeEngineEnd())
    this.forgetIfOver()
  }

  clientDied(): void {
    this.closeByClient()
  }

  private tellClient(code: number, reason: string): void {
    if (!this.isClientOpen) return
    this.isClientOpen = false
    this.network.trace.note(`wire ${this.number}`, 'closed', code, 0, reason)
    if (this.clientProcess.isAlive) this.client.onclose?.({ code, reason })
    this.forgetIfOver()
  }

  // ── mishaps ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** What is under way is lost; each side hears of it when it does. */
  cut(): void {
    const { network } = this
    network.trace.note(`wire ${this.number}`, 'cut')
    this.toClient.isDead = true
    this.toEngine.isDead = true
    network.time.after(network.random.integerBelow(longestNoticeUs), () => this.tellClient(1006, ''))
    network.time.after(network.random.integerBelow(longestNoticeUs), () => this.closeEngineEnd())
  }

  /** Nothing arrives any more, in one direction or both. */
  silence(): void {
    const which = this.network.random.integerBelow(3)
    this.network.trace.note(`wire ${this.number}`, 'silenced', which)
    if (which !== 0) this.toClient.isDead = true
    if (which !== 1) this.toEngine.isDead = true
  }

  private meetMishap(): void {
    const { conditions } = this.network
    if (this.network.strikes(conditions.cutOneIn)) this.cut()
    else if (this.network.strikes(conditions.silenceOneIn)) this.silence()
  }

  private closeEngineEnd(): void {
    if (!this.isEngineOpen) return
    this.isEngineOpen = false
    const listener = this.listener!
    listener.wires.delete(this)
    this.topics.clear()
    if (listener.process.isAlive) listener.handlers.closed(this.connection)
    this.forgetIfOver()
  }

  private forgetIfOver(): void {
    if (!this.isClientOpen && !this.isEngineOpen) this.network.wires.delete(this)
  }

  /** Lets something arrive at the other end, unless the direction dies before. */
  private carry(direction: Direction, _bytes: number, arrive: () => void): void {
    if (direction.isDead) return
    const { network } = this
    const { time, conditions } = network
    const stallUs = network.strikes(conditions.stallOneIn) ? network.random.integerBelow(longestStallUs) : 0
    direction.lastUs = Math.max(direction.lastUs, time.nowUs + network.delayUs() + stallUs)
    time.after(direction.lastUs - time.nowUs, () => {
      if (!direction.isDead) arrive()
    })
  }
}

function engineEnd(wire: Wire): Socket {
  return {
    send: (frame) => wire.sendToClient(frame as Frame),
    cork: (write) => write(),
    end: (code, reason) => wire.end(code, reason),
    unsentBytes: () => wire.unsentBytes(),
    subscribe: (topic) => {
      wire.topics.add(topic)
    },
    unsubscribe: (topic) => {
      wire.topics.delete(topic)
    },
  }
}

function clientEnd(wire: Wire): WebSocketLike {
  return {
    binaryType: '',
    onopen: null,
    onmessage: null,
    onclose: null,
    onerror: null,
    send: (data) => wire.sendToEngine(data as Frame),
    close: () => wire.closeByClient(),
    terminate: () => wire.closeByClient(),
  }
}

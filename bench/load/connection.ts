/**
 * One connection of the load, on a raw TCP socket: `ws` clients saturate long before the server does. Commands are
 * numbered without gaps, so the answers must come in exactly that order, and every one of them is checked.
 */
import { randomBytes } from 'node:crypto'
import net from 'node:net'
import { performance } from 'node:perf_hooks'
import { subprotocols, webSocketPath } from '../../protocol/messages.ts'
import { maxOrderEntryBytes } from '../../protocol/order-entry-codec.ts'
import { WireWriter } from '../../protocol/wire.ts'
import { FrameParser, opcodes } from './frame-parser.ts'
import { clientFrame, smallHeaderBytes, writeSmallHeader } from './frame-writer.ts'
import type { LatencyRecorder } from './latency.ts'
import type { OrderStream } from './order-stream.ts'

const receiveBufferBytes = 256 * 1_024
const sendBufferBytes = 64 * 1_024
/** Due times are kept for this many unanswered commands; a server further behind than that has failed. */
const maxUnanswered = 2 ** 17

export abstract class LoadConnection {
  sent = 0
  /** First answers to commands. */
  answered = 0
  /** Commands that the server would not take. */
  refused = 0
  accepted = 0
  cancelled = 0
  rejected = 0
  fills = 0
  /** Called after every read that brought answers. */
  onAnswers: () => void = () => {}
  /** Takes the latency of every answer while it is set. */
  recorder: LatencyRecorder | undefined

  protected readonly stream: OrderStream
  /** Ref of the first command; the others follow without gaps. */
  protected firstRef = 1
  private readonly socket: net.Socket
  private readonly parser = new FrameParser((opcode, bytes, start, end) => this.frame(opcode, bytes, start, end))
  private readonly writer = new WireWriter(sendBufferBytes)
  private readonly dueMs = new Float64Array(maxUnanswered)
  /** Commands, from the first, that are answered or refused without one before them that is not. */
  private settled = 0
  /** Refs that were refused before those before them were answered. */
  private readonly refusedRefs = new Set<number>()
  private readonly onFailure: (error: Error) => void
  private handshake: Buffer | undefined = Buffer.alloc(0)
  private receivedMs = 0

  /** `onFailure` is called if the connection ends or anything unexpected arrives. */
  constructor(port: number, stream: OrderStream, onFailure: (error: Error) => void) {
    this.stream = stream
    this.onFailure = onFailure
    const buffer = Buffer.allocUnsafe(receiveBufferBytes)
    const onread = { buffer, callback: (size: number) => this.receive(buffer, size) }
    this.socket = net.connect({ host: '127.0.0.1', port, noDelay: true, onread })
    this.socket.on('connect', () => this.socket.write(handshakeRequest(port)))
    this.socket.on('error', (error) => onFailure(error))
    this.socket.on('close', () => onFailure(new Error('the server closed a connection of the load')))
  }

  get unanswered(): number {
    return this.sent - this.settled
  }

  /** Writes one command, due at `dueMs`; it leaves with the next `flush`. */
  queue(dueMs: number): void {
    if (this.unanswered >= maxUnanswered)
      throw new Error(`${this.unanswered} commands of one connection are unanswered`)
    const { writer } = this
    writer.reserve(smallHeaderBytes + maxOrderEntryBytes)
    const start = writer.position
    writer.position += smallHeaderBytes
    this.stream.write(this.firstRef + this.sent, writer)
    writeSmallHeader(writer.bytes, start, writer.position - start - smallHeaderBytes)
    this.dueMs[this.sent & (maxUnanswered - 1)] = dueMs
    this.sent++
  }

  flush(): void {
    const { writer, socket } = this
    if (writer.position === 0) return
    socket.write(writer.bytes.subarray(0, writer.position))
    writer.position = 0
    // What the kernel did not take at once still lies in these bytes.
    if (socket.writableLength > 0) writer.bytes = new Uint8Array(sendBufferBytes)
  }

  /** Ends the connection without ceremony; nothing is called any more. */
  close(): void {
    this.socket.removeAllListeners('close')
    this.socket.destroy()
  }

  /** Called once the WebSocket is open. */
  protected abstract opened(): void

  /** Called with the payload of every binary frame. */
  protected abstract payload(bytes: Buffer, start: number, end: number): void

  protected sendCold(payload: Uint8Array): void {
    this.socket.write(clientFrame(opcodes.binary, payload))
  }

  /** The first answer to a command: they come in the order of the commands. */
  protected firstAnswer(ref: number): void {
    const expected = this.nextAnswer
    if (ref !== expected) throw new Error(`an answer to command ${ref} where one to ${expected} was due`)
    this.recorder?.record(this.dueMs[this.settled & (maxUnanswered - 1)], this.receivedMs)
    this.answered++
    this.settled++
    this.skipRefused()
  }

  /** A command was refused and had no effect, which may be told before those before it are answered. */
  protected refuse(ref: number): void {
    this.refused++
    this.refusedRefs.add(ref)
    this.skipRefused()
  }

  protected get nextAnswer(): number {
    return this.firstRef + this.settled
  }

  private skipRefused(): void {
    while (this.refusedRefs.size > 0 && this.refusedRefs.delete(this.nextAnswer)) this.settled++
  }

  private receive(buffer: Buffer, size: number): boolean {
    try {
      const before = this.settled
      this.receivedMs = performance.now()
      if (this.handshake === undefined) this.parser.push(buffer, 0, size)
      else this.receiveHandshake(buffer.subarray(0, size))
      if (this.settled > before) this.onAnswers()
    } catch (error) {
      this.onFailure(error as Error)
    }
    return true
  }

  private receiveHandshake(bytes: Buffer): void {
    const received = Buffer.concat([this.handshake as Buffer, bytes])
    this.handshake = received
    const end = received.indexOf('\r\n\r\n')
    if (end < 0) return
    const [status] = received.toString('latin1', 0, end).split('\r\n')
    if (!status.startsWith('HTTP/1.1 101'))
      throw new Error(`the server answered the WebSocket upgrade with "${status}"`)
    this.handshake = undefined
    this.opened()
    this.parser.push(received, end + 4, received.length)
  }

  private frame(opcode: number, bytes: Buffer, start: number, end: number): void {
    if (opcode === opcodes.binary) {
      this.payload(bytes, start, end)
    } else if (opcode === opcodes.ping) {
      this.socket.write(clientFrame(opcodes.pong, bytes.subarray(start, end)))
    } else if (opcode === opcodes.close) {
      const code = end - start >= 2 ? bytes.readUInt16BE(start) : 1005
      throw new Error(`the server closed a connection: ${code} ${bytes.toString('utf8', start + 2, end)}`.trim())
    }
  }
}

function handshakeRequest(port: number): string {
  return [
    `GET ${webSocketPath} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Protocol: ${subprotocols.msgpack}`,
    '\r\n',
  ].join('\r\n')
}

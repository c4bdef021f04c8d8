/** What is sent over one connection: messages, errors, a session's stream; in the connection's encoding, and never more at once than the peer takes. */
import { codecs } from '../../protocol/codec.ts'
import type { ErrorName } from '../../protocol/errors.ts'
import { enumerations, type OutgoingMessage } from '../../protocol/messages.ts'
import type { Encoding } from '../feed/publisher.ts'
import type { Sequencer } from '../sequencer.ts'
import type { SessionStream } from './session-stream.ts'
import type { Socket } from './transport.ts'

/** Unsent bytes in the transport above which a session's events wait in its stream. */
const highWaterBytes = 1_048_576
/** Most waiting messages that go into one frame. A turn can bring far more of them than a call takes arguments. */
const messagesPerFrame = 1_000

export class Outbox {
  readonly encoding: Encoding
  /** When something was sent last, monotonic milliseconds. */
  sentMs: number
  private readonly socket: Socket
  private readonly sequencer: Sequencer
  /** Messages for the end of the turn. */
  private waiting: OutgoingMessage[] = []
  private stream: SessionStream | undefined

  constructor(socket: Socket, encoding: Encoding, sequencer: Sequencer) {
    this.socket = socket
    this.encoding = encoding
    this.sequencer = sequencer
    this.sentMs = sequencer.monotonicMs
  }

  /** Sends the messages in one frame. */
  send(...messages: OutgoingMessage[]): void {
    this.sentMs = this.sequencer.monotonicMs
    this.socket.send(codecs[this.encoding].encode(...messages))
  }

  /** Sends an error. `field` is any name; one that the protocol has no number for is left out. */
  sendError(code: ErrorName, text: string, ref = 0, field = 'none', bound = 0): void {
    const known = Object.hasOwn(enumerations.field, field) ? (field as keyof typeof enumerations.field) : 'none'
    this.send({ type: 'error', code, ref, field: known, bound, text })
  }

  /** Keeps a message for the next `flush`. */
  sendLater(message: OutgoingMessage): void {
    this.waiting.push(message)
  }

  /** Sends what `write` sends with as few system calls as possible. */
  cork(write: () => void): void {
    this.socket.cork(write)
  }

  /** Sends what of the stream is unsent, as far as the peer takes it, and the messages that wait. */
  flush(stream: SessionStream): void {
    this.stream = stream
    this.socket.cork(this.writeAll)
  }

  /** One function for the life of the connection, so that a turn makes none. */
  private readonly writeAll = (): void => {
    const { encoding, socket, stream } = this
    while (stream?.hasUnsent && socket.unsentBytes() < highWaterBytes) {
      const slice = stream.take()
      this.sentMs = this.sequencer.monotonicMs
      socket.send(encoding === 'msgpack' ? slice : codecs.json.encode(...codecs.msgpack.decode(slice)))
    }
    if (this.waiting.length === 0) return
    for (let start = 0; start < this.waiting.length; start += messagesPerFrame) {
      this.send(...this.waiting.slice(start, start + messagesPerFrame))
    }
    this.waiting = []
  }
}

/**
 * What is sent over one connection, in its encoding: messages, a session's events, answers that stand among the events
 * where they belong, and a drop copy; and never more at once than the peer takes.
 */
import { codecs } from '../../protocol/codec.ts'
import type { ErrorName } from '../../protocol/errors.ts'
import { limits } from '../../protocol/limits.ts'
import { enumerations, type OutgoingMessage } from '../../protocol/messages.ts'
import type { Encoding } from '../feed/publisher.ts'
import type { Sequencer } from '../sequencer.ts'
import type { DropCopy } from './drop-copy.ts'
import type { StreamCursor } from './session-stream.ts'
import type { Socket } from './transport.ts'

/** Unsent bytes in the transport above which everything but what is sent at once waits. */
const highWaterBytes = 1_048_576
/** Most errors that go into one frame. A turn can bring far more of them than a call takes arguments. */
const errorsPerFrame = 1_000
/** Answers that may wait, and rows of them: about what `maxUnsentBytes` would hold of the shortest. */
const maxWaitingMessages = limits.maxUnsentBytes / 64
const maxWaitingRows = maxWaitingMessages

/** Messages of one frame that are sent when the events before a position are. */
interface Answer {
  readonly after: number
  readonly messages: OutgoingMessage[]
}

export class Outbox {
  readonly encoding: Encoding
  /** When something was sent last, monotonic milliseconds. */
  sentMs: number
  private readonly socket: Socket
  private readonly sequencer: Sequencer
  private answers: Answer[] = []
  private waitingMessages = 0
  private waitingRows = 0
  private events: StreamCursor | undefined
  private dropCopy: DropCopy | undefined

  constructor(socket: Socket, encoding: Encoding, sequencer: Sequencer) {
    this.socket = socket
    this.encoding = encoding
    this.sequencer = sequencer
    this.sentMs = sequencer.monotonicMs
  }

  /** Sends the messages at once, in one frame. */
  send(...messages: OutgoingMessage[]): void {
    this.sentMs = this.sequencer.monotonicMs
    this.socket.send(codecs[this.encoding].encode(...messages))
  }

  /** Sends an error at once. `field` is any name; one that the protocol has no number for is left out. */
  sendError(code: ErrorName, text: string, ref = 0, field = 'none', bound = 0): void {
    const known = Object.hasOwn(enumerations.field, field) ? (field as keyof typeof enumerations.field) : 'none'
    this.send({ type: 'error', code, ref, field: known, bound, text })
  }

  /** Sends from now on, at each `flush`, what a cursor hands out. */
  followEvents(cursor: StreamCursor): void {
    this.events = cursor
  }

  /** The same for a drop copy, in place of the one before. */
  followDropCopy(dropCopy: DropCopy): void {
    this.dropCopy = dropCopy
  }

  /** Sends a message at the next `flush` that the peer has room for, after all events so far and before all that come. */
  answer(message: OutgoingMessage): void {
    const after = this.events?.end ?? 0
    this.waitingMessages++
    this.waitingRows += rowsOf(message)
    const newest = this.answers.at(-1)
    const isShort = message.type === 'error' && newest?.messages[0].type === 'error'
    if (isShort && newest.after === after && newest.messages.length < errorsPerFrame) newest.messages.push(message)
    else this.answers.push({ after, messages: [message] })
  }

  /** Whether so much waits for the peer that nothing should be added. */
  get isFull(): boolean {
    return (this.events?.unsentBytes ?? 0) > limits.maxUnsentBytes || this.waitingMessages > maxWaitingMessages
  }

  /** Whether the answers that wait are so long that nothing should be asked beside them. A single one may be longer. */
  get isFullOfAnswers(): boolean {
    return this.waitingRows > maxWaitingRows
  }

  /** Sends what `write` sends with as few system calls as possible. */
  cork(write: () => void): void {
    this.socket.cork(write)
  }

  /** Sends what waits, as far as the peer takes it. */
  flush(): void {
    this.socket.cork(this.writeAll)
  }

  /** One function for the life of the connection, so that a turn makes none. */
  private readonly writeAll = (): void => {
    const { dropCopy, events, socket } = this
    if (this.answers.length > 0) this.writeAnswers()
    if (this.answers.length > 0) return
    while (events?.hasUnsent && socket.unsentBytes() < highWaterBytes) this.sendEvents(events.take())
    while (dropCopy?.hasUnsent && socket.unsentBytes() < highWaterBytes) {
      this.sentMs = this.sequencer.monotonicMs
      socket.send(dropCopy.take(this.encoding))
    }
  }

  /** Sends answers, and before each of them the events that it includes. */
  private writeAnswers(): void {
    const { answers, events, socket } = this
    let sent = 0
    while (sent < answers.length && socket.unsentBytes() < highWaterBytes) {
      const { after, messages } = answers[sent]
      if (events !== undefined && events.position < after) {
        this.sendEvents(events.take(after))
      } else {
        this.send(...messages)
        this.waitingMessages -= messages.length
        for (const message of messages) this.waitingRows -= rowsOf(message)
        sent++
      }
    }
    this.answers = answers.slice(sent)
  }

  private sendEvents(slice: Uint8Array): void {
    this.sentMs = this.sequencer.monotonicMs
    this.socket.send(this.encoding === 'msgpack' ? slice : codecs.json.encode(...codecs.msgpack.decode(slice)))
  }
}

/** Rows in the lists of a message. */
function rowsOf(message: OutgoingMessage): number {
  if (message.type === 'error') return 0
  let rows = 0
  for (const value of Object.values(message)) if (Array.isArray(value)) rows += value.length
  return rows
}

/**
 * Takes frames apart into messages, in both encodings. Order entry comes out as numbers in one reused command, beside its
 * MessagePack bytes for the log; everything else as message objects; what is wrong as a ProtocolError. Frames come from
 * anyone, so nothing here may throw, recurse or allocate beyond what the frame's size justifies.
 */
import { fromArray, fromObject, ProtocolError } from '../../protocol/codec.ts'
import { limits } from '../../protocol/limits.ts'
import { type Message, type MessageName, messageNameOf, messages } from '../../protocol/messages.ts'
import {
  decodeOrderEntry,
  encodeOrderEntry,
  flattenOrderEntry,
  maxOrderEntryBytes,
  type OrderEntryFields,
  type OrderEntryName,
} from '../../protocol/order-entry-codec.ts'
import { notScalar, WireReader, WireWriter } from '../../protocol/wire.ts'

export interface FrameTarget {
  /** Whether the rest of the frame is of no interest any more. */
  readonly closed: boolean
  /** An order-entry message: its fields are in the reader's command, its MessagePack in `bytes` during the call. */
  orderEntry(bytes: Uint8Array, start: number, end: number): void
  /** Any other message that a client may send. */
  request(message: Message): void
  /** A message that is none, or none that a client may send. */
  refuse(error: ProtocolError): void
}

/** A list holds rows, which hold scalars. */
const listDepth = 2
const notAValue = {}

const reader = new WireReader()
const writer = new WireWriter(maxOrderEntryBytes)

export class FrameReader {
  private readonly command: OrderEntryFields

  /** @param command where order entry is decoded to */
  constructor(command: OrderEntryFields) {
    this.command = command
  }

  /** Hands over the messages of a MessagePack frame, in order, up to the first that cannot be told from the next. */
  readMessagePack(bytes: Uint8Array, target: FrameTarget): void {
    const end = bytes.length
    let position = 0
    let count = 0
    while (position < end && !target.closed) {
      if (++count > limits.maxMessagesPerFrame) {
        target.refuse(tooManyMessages())
        return
      }
      const next = decodeOrderEntry(bytes, position, end, this.command)
      if (next > 0) {
        target.orderEntry(bytes, position, next)
        position = next
        continue
      }
      reader.reset(bytes, position, end)
      if (!reader.skip()) {
        target.refuse(
          new ProtocolError('malformedFrame', `the message at byte ${position} is cut off or not MessagePack`),
        )
        return
      }
      const after = reader.position
      this.handOther(bytes, position, after, target)
      position = after
    }
  }

  /** The same for a JSON frame. */
  readJson(text: string, target: FrameTarget): void {
    let count = 0
    for (let start = 0; start < text.length && !target.closed; ) {
      const newline = text.indexOf('\n', start)
      const end = newline < 0 ? text.length : newline
      const line = text.slice(start, end)
      start = end + 1
      if (line.trim() === '') continue
      if (++count > limits.maxMessagesPerFrame) {
        target.refuse(tooManyMessages())
        return
      }
      this.hand(() => parseJson(line), target)
    }
  }

  /** Apart from the loop above, which would otherwise allocate the closure's variables for every order. */
  private handOther(bytes: Uint8Array, start: number, end: number, target: FrameTarget): void {
    this.hand(() => decodeOther(bytes, start, end), target)
  }

  private hand(decode: () => Message, target: FrameTarget): void {
    let message: Message
    try {
      message = decode()
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      target.refuse(error)
      return
    }
    if (!isOrderEntry(message)) {
      target.request(message)
      return
    }
    // The log holds MessagePack only, and the exchange gets what a replay of the log would give it (JSON knows a -0).
    flattenOrderEntry(message, this.command)
    writer.position = 0
    encodeOrderEntry(writer, this.command)
    const end = decodeOrderEntry(writer.bytes, 0, writer.position, this.command)
    target.orderEntry(writer.bytes, 0, end)
  }
}

function decodeOther(bytes: Uint8Array, start: number, end: number): Message {
  reader.reset(bytes, start, end)
  const length = reader.array()
  if (length < 1) throw new ProtocolError('malformedFrame', 'a message is an array that begins with its number')
  const values: unknown[] = []
  for (let index = 0; index < length; index++) values.push(readValue(listDepth))
  requireFromClient(typeof values[0] === 'number' ? messageNameOf[values[0]] : undefined)
  return fromArray(values)
}

/** Reads a value of a message that is known to be whole; `depth`: how deep lists may be nested in it. */
function readValue(depth: number): unknown {
  const start = reader.position
  const length = depth > 0 ? reader.array() : -1
  if (length >= 0) {
    const values: unknown[] = []
    for (let index = 0; index < length; index++) values.push(readValue(depth - 1))
    return values
  }
  reader.position = start
  const value = reader.scalar()
  // What no field can hold is wrong in any of them.
  return value === notScalar ? notAValue : value
}

function parseJson(line: string): Message {
  let object: unknown
  try {
    object = JSON.parse(line)
  } catch {
    throw new ProtocolError('malformedFrame', 'a line of the frame is not JSON')
  }
  if (typeof object === 'object' && object !== null) {
    const { type } = object as { type?: unknown }
    if (typeof type === 'string' && Object.hasOwn(messages, type)) requireFromClient(type as MessageName)
  }
  return fromObject(object)
}

/** Says of a message that only the engine or the log may hold that it is not known, whatever its fields. */
function requireFromClient(name: MessageName | undefined): void {
  if (name === undefined || messages[name].from === 'client' || messages[name].from === 'both') return
  throw new ProtocolError('unknownMessage', `${name} is not a message that clients send`, 'type')
}

function isOrderEntry(message: Message): message is Message<OrderEntryName> {
  return (
    message.type === 'newOrder' ||
    message.type === 'cancelOrder' ||
    message.type === 'replaceOrder' ||
    message.type === 'massCancel' ||
    message.type === 'massQuote'
  )
}

function tooManyMessages(): ProtocolError {
  return new ProtocolError('tooManyMessages', `a frame may hold ${limits.maxMessagesPerFrame} messages`)
}

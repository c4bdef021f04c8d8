/**
 * The numbered events of one session, encoded once and kept for whoever reads them: the session's connection, drop
 * copies, and a client that comes back. A list of byte chunks, oldest first; each reader has a cursor of its own. There is
 * no other output buffer: what is sent are slices of these chunks.
 *
 * What must stay true: the last `retainedEvents` events are always there, and so is all that the pinned cursor has not
 * been given; anything older goes when room is needed. Other cursors hold nothing back: one that is too slow is `lost`.
 */
import { maxEventBytes } from '../../protocol/event-codec.ts'
import { limits } from '../../protocol/limits.ts'
import { WireReader, WireWriter } from '../../protocol/wire.ts'
import { doubleZero } from '../core/index.ts'
import { encodeEventRecord } from './event-record.ts'

export interface StreamOptions {
  /** Size of a chunk. */
  readonly chunkBytes: number
  /** Events that are kept at least. */
  readonly retainedEvents: number
}

/** What the streams of a gateway have in common. */
export class StreamMemory {
  /** Images of the streams that are in use: as long as there is one, no chunk is written over. */
  heldImages = 0
}

interface Chunk {
  readonly bytes: Uint8Array
  /** Its size: asking the array for it costs more. */
  readonly capacity: number
  length: number
  readonly firstEvent: number
  /** Bytes of the stream before it. */
  readonly firstByte: number
  next: Chunk | undefined
}

/** Events that follow each other, as an image holds them. */
export interface StreamPart {
  readonly firstEvent: number
  readonly bytes: Uint8Array
}

const defaultOptions: StreamOptions = { chunkBytes: 65_536, retainedEvents: limits.retainedEvents }
const writer = new WireWriter(0)
const reader = new WireReader()

function emptyChunk(firstEvent: number): Chunk {
  return { bytes: new Uint8Array(0), capacity: 0, length: 0, firstEvent, firstByte: doubleZero, next: undefined }
}

export class SessionStream {
  private readonly memory: StreamMemory
  private readonly options: StreamOptions
  /** There is always one; the first of a new stream has no room for anything. */
  private chunks: Chunk[]
  private last: Chunk
  private next = 1
  /** The cursor in front of which nothing is dropped. */
  private pinned: StreamCursor | undefined

  constructor(memory: StreamMemory, options = defaultOptions) {
    this.memory = memory
    this.options = options
    this.last = emptyChunk(1)
    this.chunks = [this.last]
  }

  /** Number that the next event will have. */
  get nextEvent(): number {
    return this.next
  }

  /** Bytes of all events so far: the position of a cursor that has been given everything. */
  get end(): number {
    return this.last.firstByte + this.last.length
  }

  /** Adds the numbered event at `base` of an event buffer. */
  append(data: Float64Array, base: number): void {
    let chunk = this.last
    if (chunk.length + maxEventBytes > chunk.capacity) chunk = this.addChunk()
    writer.bytes = chunk.bytes
    writer.position = chunk.length
    encodeEventRecord(writer, data, base)
    chunk.length = writer.position
    this.next++
  }

  /** Whether all events from this one on are there. */
  keeps(eventNumber: number): boolean {
    return eventNumber >= this.chunks[0].firstEvent && eventNumber <= this.next
  }

  /** A cursor whose next event is this one, or the first one kept if it is older, or none yet if it is to come. */
  cursorAt(eventNumber: number): StreamCursor {
    const event = Math.min(Math.max(eventNumber, this.chunks[0].firstEvent), this.next)
    if (event === this.next) return new StreamCursor(this, this.last, this.last.length, event)
    const chunk = this.chunks.findLast(({ firstEvent }) => firstEvent <= event)!
    reader.reset(chunk.bytes, 0, chunk.length)
    for (let skipped = chunk.firstEvent; skipped < event; skipped++) reader.skip()
    return new StreamCursor(this, chunk, reader.position, event)
  }

  /** Makes a cursor, or none, the one in front of which nothing is dropped. */
  pin(cursor: StreamCursor | undefined): void {
    this.pinned = cursor
  }

  /** Whether the position is before all that is kept. */
  isDropped(position: number): boolean {
    return position < this.chunks[0].firstByte
  }

  /** What is kept, without copying it: unchanged as long as the memory's `heldImages` counts it. */
  parts(): StreamPart[] {
    return this.chunks
      .filter(({ length }) => length > 0)
      .map(({ firstEvent, bytes, length }) => ({ firstEvent, bytes: bytes.subarray(0, length) }))
  }

  /** Goes on from what another stream kept; only before anything is appended. */
  restore(nextEvent: number, parts: readonly StreamPart[]): void {
    this.next = nextEvent
    this.chunks = []
    let firstByte = doubleZero
    for (const { firstEvent, bytes } of parts) {
      const isLast = this.chunks.length === parts.length - 1
      const { length } = bytes
      const capacity = isLast ? Math.max(length, this.options.chunkBytes) : length
      const memory = new Uint8Array(capacity)
      memory.set(bytes)
      this.link({ bytes: memory, capacity, length, firstEvent, firstByte, next: undefined })
      firstByte += length
    }
    if (parts.length === 0) this.link(emptyChunk(nextEvent))
  }

  private addChunk(): Chunk {
    const bytes = this.recycle() ?? new Uint8Array(this.options.chunkBytes)
    const capacity = bytes.length
    const chunk = { bytes, capacity, length: 0, firstEvent: this.next, firstByte: this.end, next: undefined }
    this.link(chunk)
    if (this.chunks[0].length === 0) this.chunks.shift()
    return chunk
  }

  private link(chunk: Chunk): void {
    this.last.next = chunk
    this.last = chunk
    this.chunks.push(chunk)
  }

  /** Drops the oldest chunks as far as nothing in them has to be kept. Returns the memory of one, if it may be reused. */
  private recycle(): Uint8Array | undefined {
    let free: Uint8Array | undefined
    const { chunks, options, pinned } = this
    while (
      chunks.length > 1 &&
      this.next - chunks[1].firstEvent >= options.retainedEvents &&
      (pinned === undefined || pinned.position >= chunks[1].firstByte)
    ) {
      free = chunks.shift()?.bytes
    }
    return this.memory.heldImages === 0 && free?.length === options.chunkBytes ? free : undefined
  }
}

/** Where a reader of a stream is. */
export class StreamCursor {
  private readonly stream: SessionStream
  private chunk: Chunk
  private offset: number
  /** Number of the event with which it begins. */
  readonly firstEvent: number

  constructor(stream: SessionStream, chunk: Chunk, offset: number, firstEvent: number) {
    this.stream = stream
    this.chunk = chunk
    this.offset = offset
    this.firstEvent = firstEvent
  }

  /** Bytes of the stream that lie behind it. */
  get position(): number {
    return this.chunk.firstByte + this.offset
  }

  /** The position after all events so far. */
  get end(): number {
    return this.stream.end
  }

  /** Whether what comes next is not there any more: it must not be asked for. */
  get lost(): boolean {
    return this.stream.isDropped(this.position)
  }

  /** Bytes that it has not handed out yet. */
  get unsentBytes(): number {
    return this.stream.end - this.position
  }

  /** Whether there is something that it has not handed out yet. */
  get hasUnsent(): boolean {
    return this.offset < this.chunk.length || this.chunk.next !== undefined
  }

  /** The next piece, whole events, not beyond the position `end`; only if there is one. Valid until the next `append`. */
  take(end = Number.POSITIVE_INFINITY): Uint8Array {
    let { chunk } = this
    if (this.offset === chunk.length && chunk.next !== undefined) {
      chunk = chunk.next
      this.chunk = chunk
      this.offset = 0
    }
    const from = this.offset
    this.offset = Math.min(chunk.length, end - chunk.firstByte)
    return chunk.bytes.subarray(from, this.offset)
  }

  /** Number of the event that comes next, after a piece that was taken without an end. */
  get nextEvent(): number {
    return this.chunk.next?.firstEvent ?? this.stream.nextEvent
  }
}

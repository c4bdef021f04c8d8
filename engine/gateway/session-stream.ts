/**
 * The numbered events of one session, encoded once and kept for a client that comes back: a list of byte chunks, oldest
 * first, and the position up to which the live connection has been given them. There is no other output buffer: what is
 * sent are slices of these chunks.
 *
 * What must stay true: the last `retainedEvents` events are always there, and so is all that the live connection has not
 * been given; anything older goes when room is needed.
 */
import { maxEventBytes } from '../../protocol/event-codec.ts'
import { limits } from '../../protocol/limits.ts'
import { WireReader, WireWriter } from '../../protocol/wire.ts'
import { encodeEventRecord } from './event-record.ts'

export interface StreamOptions {
  /** Size of a chunk. */
  readonly chunkBytes: number
  /** Events that are kept at least. */
  readonly retainedEvents: number
}

interface Chunk {
  readonly bytes: Uint8Array
  length: number
  firstEvent: number
}

const defaultOptions: StreamOptions = { chunkBytes: 65_536, retainedEvents: limits.retainedEvents }
const writer = new WireWriter(0)
const reader = new WireReader()

export class SessionStream {
  private readonly options: StreamOptions
  private readonly chunks: Chunk[] = []
  private last: Chunk | undefined
  private next = 1
  /** The connection's position: chunk and offset in it; -1 if there is no connection to send to. */
  private sentChunk = -1
  private sentOffset = 0

  constructor(options = defaultOptions) {
    this.options = options
  }

  /** Number that the next event will have. */
  get nextEvent(): number {
    return this.next
  }

  /** Adds the numbered event at `base` of an event buffer. */
  append(data: Float64Array, base: number): void {
    let chunk = this.last
    if (chunk === undefined || chunk.length + maxEventBytes > this.options.chunkBytes) chunk = this.addChunk()
    writer.bytes = chunk.bytes
    writer.position = chunk.length
    encodeEventRecord(writer, data, base)
    chunk.length = writer.position
    this.next++
  }

  /**
   * Makes `eventNumber` the next event to be sent, or the first one kept if it is older, or none yet if it is to come.
   * @returns the number of the event that comes next
   */
  seek(eventNumber: number): number {
    const event = Math.min(Math.max(eventNumber, this.chunks[0]?.firstEvent ?? this.next), this.next)
    this.sentChunk = Math.max(0, this.chunks.length - 1)
    this.sentOffset = this.last?.length ?? 0
    if (event === this.next) return event
    this.sentChunk = this.chunks.findLastIndex((chunk) => chunk.firstEvent <= event)
    const chunk = this.chunks[this.sentChunk]
    reader.reset(chunk.bytes, 0, chunk.length)
    for (let skipped = chunk.firstEvent; skipped < event; skipped++) reader.skip()
    this.sentOffset = reader.position
    return event
  }

  /** There is no connection any more. */
  release(): void {
    this.sentChunk = -1
  }

  /** Bytes that the connection has not been given yet. */
  get unsentBytes(): number {
    let bytes = 0
    for (let index = this.sentChunk; index < this.chunks.length; index++) bytes += this.chunks[index].length
    return bytes - this.sentOffset
  }

  /** Whether there is something that the connection has not been given yet. */
  get hasUnsent(): boolean {
    const chunk = this.chunks[this.sentChunk]
    return chunk !== undefined && (chunk !== this.last || this.sentOffset < chunk.length)
  }

  /** The next piece for the connection, whole messages; only if there is one. Valid until the next `append`. */
  take(): Uint8Array {
    let chunk = this.chunks[this.sentChunk]
    if (this.sentOffset === chunk.length) {
      this.sentOffset = 0
      chunk = this.chunks[++this.sentChunk]
    }
    const slice = chunk.bytes.subarray(this.sentOffset, chunk.length)
    this.sentOffset = chunk.length
    return slice
  }

  private addChunk(): Chunk {
    const bytes = this.recycle() ?? new Uint8Array(this.options.chunkBytes)
    const chunk = { bytes, length: 0, firstEvent: this.next }
    this.chunks.push(chunk)
    this.last = chunk
    return chunk
  }

  /** The memory of the oldest chunk, if nothing in it has to be kept. */
  private recycle(): Uint8Array | undefined {
    if (this.chunks.length < 2 || this.sentChunk === 0) return undefined
    if (this.next - this.chunks[1].firstEvent < this.options.retainedEvents) return undefined
    if (this.sentChunk > 0) this.sentChunk--
    return this.chunks.shift()?.bytes
  }
}

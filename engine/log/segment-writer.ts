/** A segment that batches are written to: in the event loop, or beside it. */
import type { BatchEncoder } from './batch-encoder.ts'
import type { LogPosition } from './command-log.ts'
import type { JournalStorage } from './journal-storage.ts'
import { continuedMark, continuedMarkBytes, segmentName, writeSegmentHeader } from './segment-format.ts'
import type { PreparedSegment } from './segment-preparer.ts'

export class SegmentWriter {
  readonly name: string
  private readonly storage: JournalStorage
  private readonly file: number
  private readonly size: number
  /** Where the next batch goes. */
  private position: number

  constructor(storage: JournalStorage, name: string, file: number, size: number, position: number) {
    this.storage = storage
    this.name = name
    this.file = file
    this.size = size
    this.position = position
  }

  /**
   * Begins a segment with a batch. Both are synced, then named, then the name is synced, in either mode, so that a file
   * with a segment's name always has a header and a batch, and a crash in between leaves only a file that doesn't count.
   * @param encoder with a sealed batch, and room for a header before it
   */
  static async begin(
    storage: JournalStorage,
    prepared: PreparedSegment,
    identity: string,
    encoder: BatchEncoder,
  ): Promise<SegmentWriter> {
    const { file, fillKey, size } = prepared
    const { bytes, end, position, view } = encoder
    writeSegmentHeader(view, { segmentBytes: size, identity, begin: position, fillKey })
    const name = segmentName(encoder.firstSequence)
    try {
      await storage.writeInBackground(file, bytes, end, 0)
      await storage.syncInBackground(file)
      storage.rename(prepared.name, name)
      await storage.syncFolderInBackground()
    } catch (error) {
      storage.close(file)
      throw error
    }
    return new SegmentWriter(storage, name, file, size, end)
  }

  hasRoomFor(encoder: BatchEncoder): boolean {
    return this.position + encoder.length <= this.size - continuedMarkBytes
  }

  /** Whether so much is used that the next segment should be prepared: with time to spare, but not for a few orders. */
  get isWellUsed(): boolean {
    return this.position > this.size / 8
  }

  write({ bytes, start, end, length }: BatchEncoder, syncs: boolean): void {
    this.storage.write(this.file, bytes, start, end, this.position)
    if (syncs) this.storage.sync(this.file)
    this.position += length
  }

  /** The batch must not change until it resolves. */
  async writeInBackground({ bytes, start, end, length }: BatchEncoder, syncs: boolean): Promise<void> {
    await this.storage.writeInBackground(this.file, bytes.subarray(start, end), length, this.position)
    if (syncs) await this.storage.syncInBackground(this.file)
    this.position += length
  }

  /** Makes durable what was written without being synced. */
  sync(): Promise<void> {
    return this.storage.syncInBackground(this.file)
  }

  /** Writes the mark that another segment continues this one, and closes it. */
  async end(position: LogPosition): Promise<void> {
    const { file, size, storage } = this
    try {
      await storage.writeInBackground(file, continuedMark(position), continuedMarkBytes, size - continuedMarkBytes)
      await storage.syncInBackground(file)
    } finally {
      storage.close(file)
    }
  }

  close(): void {
    this.storage.close(this.file)
  }
}

/** Reads one segment of a journal to its end and checks all of it, knowing what comes before it and what after. */
import type { BatchDecoder } from './batch-decoder.ts'
import { batchIsIntact, batchLengthAt } from './batch-format.ts'
import type { LogPosition } from './command-log.ts'
import type { JournalStorage } from './journal-storage.ts'
import {
  continuedMark,
  continuedMarkBytes,
  faultOfSegmentHeader,
  readSegmentHeader,
  type SegmentHeader,
  segmentHeaderBytes,
} from './segment-format.ts'
import { SegmentImage } from './segment-image.ts'
import { whyNotTorn } from './torn-tail.ts'

/** A segment and where it lies. */
export interface SegmentFile {
  readonly storage: JournalStorage
  readonly name: string
}

/** Where what a segment holds ends. */
export interface SegmentEnd extends SegmentFile {
  /** Size of the file. */
  readonly size: number
  /** Where the log was before its first batch, and where it is after its last intact one. */
  readonly begin: LogPosition
  readonly end: LogPosition
  readonly fillKey: string
  /** The last intact batch, as it was found. */
  readonly lastBatch: Uint8Array
  /** Where the next batch goes. */
  readonly position: number
  /** Bytes from `position` on that a torn write left; 0 if none did. */
  readonly tornBytes: number
}

/** A batch and where it was found. */
export interface BatchPlace {
  /** Identity of the log. */
  readonly identity: string
  /** Path of the segment. */
  readonly file: string
  readonly fileBytes: number
  /** Where in the file it begins, and its length. */
  readonly offset: number
  readonly bytes: number
  readonly commands: number
  readonly timeUs: number
  /** Where the log is after it. */
  readonly position: LogPosition
}

/** Enough to see a batch's header, and the whole of most batches. */
const readAheadBytes = 4_096

export class SegmentReader {
  /** Of the log, once a segment was read. */
  identity = ''
  private readonly image = new SegmentImage()
  private readonly decoder: BatchDecoder
  private readonly visitBatch: ((batch: BatchPlace) => void) | undefined

  constructor(decoder: BatchDecoder, visitBatch: ((batch: BatchPlace) => void) | undefined) {
    this.decoder = decoder
    this.visitBatch = visitBatch
  }

  /**
   * Hands out the records of a segment, which is the first that is read or continues the one before.
   * @param findNext looks for the segment that continues it, once its end is known
   * @throws LogCorruptError
   */
  read(segment: SegmentFile, findNext: (firstSequence: number) => SegmentFile | undefined): SegmentEnd {
    const { image } = this
    try {
      image.open(segment.storage, segment.name)
      const { begin, fillKey } = this.readHeader()
      const { lastBatchStart, position } = this.readBatches(segment)
      if (lastBatchStart === undefined) throw image.corrupt(position, 'the first batch of the segment is damaged')
      const next = findNext(this.decoder.lastSequence + 1)
      const tornBytes = this.checkRest(position, next !== undefined)
      this.checkMark(next !== undefined)
      const lastBatch = image.bytes.slice(lastBatchStart, position)
      const end = this.decoder.position
      return { ...segment, size: image.size, begin, end, fillKey, lastBatch, position, tornBytes }
    } finally {
      image.close()
    }
  }

  private readHeader(): SegmentHeader {
    const { decoder, image } = this
    image.readTo(segmentHeaderBytes)
    const fault = faultOfSegmentHeader(image.view, image.name, image.size)
    if (fault !== undefined) throw image.corrupt(0, fault)
    const header = readSegmentHeader(image.view)
    const { identity, begin, fillKey } = header
    if (begin.sequence === 0 && begin.digest !== identity) {
      throw image.corrupt(0, 'the log does not begin with its identity')
    }
    if (this.identity === '') {
      this.identity = identity
      const unwanted = decoder.beginAt(begin)
      if (unwanted !== undefined) throw image.corrupt(0, unwanted)
    } else if (identity !== this.identity) {
      throw image.corrupt(0, `the file is of log ${identity}, those before it of log ${this.identity}`)
    } else if (begin.digest !== decoder.position.digest) {
      throw image.corrupt(0, 'the file does not continue the one before it')
    }
    image.expectFill(fillKey)
    return header
  }

  /** Returns where intact batches end, when all of the file is read and holds no more of them. */
  private readBatches(segment: SegmentFile): { lastBatchStart: number | undefined; position: number } {
    const { decoder, image } = this
    const limit = image.size - continuedMarkBytes
    let position = segmentHeaderBytes
    let lastBatchStart: number | undefined
    for (;;) {
      image.readTo(position + readAheadBytes)
      const length = batchLengthAt(image.view, position, limit)
      if (length !== 0) image.readTo(position + length)
      if (length !== 0 && batchIsIntact(image.view, position, length)) {
        const before = decoder.lastSequence
        const fault = decoder.handOut(image.bytes, image.view, position, length)
        if (fault !== undefined) throw image.corrupt(position, fault)
        this.tellBatch(segment, position, length, decoder.lastSequence - before)
        lastBatchStart = position
        position += length
        continue
      }
      image.readTo(image.size)
      const dataEnd = image.endOfData(position, image.size)
      // An engine may be writing while a tool reads: then what comes later in the file was read later, and shows more.
      if (!image.hasChanged(position, dataEnd)) return { lastBatchStart, position }
    }
  }

  private tellBatch({ storage, name }: SegmentFile, offset: number, bytes: number, commands: number): void {
    if (this.visitBatch === undefined) return
    const { position, lastTimeUs: timeUs } = this.decoder
    const file = storage.pathOf(name)
    const place = { identity: this.identity, file, fileBytes: this.image.size, offset, bytes }
    this.visitBatch({ ...place, commands, timeUs, position })
  }

  /** Returns how many bytes a torn write left after the last batch. */
  private checkRest(position: number, hasNext: boolean): number {
    const { decoder, image } = this
    const limit = image.size - continuedMarkBytes
    const dataEnd = image.endOfData(position, limit)
    if (dataEnd === position) return 0
    const reason = hasNext
      ? 'a batch is damaged, and later segments follow'
      : whyNotTorn(image, position, dataEnd, limit, decoder.position)
    if (reason !== undefined) throw image.corrupt(position, reason)
    return dataEnd - position
  }

  /**
   * The mark that another segment continues this one is as it should be or, if a crash came before it, was never written,
   * wholly or in words.
   */
  private checkMark(hasNext: boolean): void {
    const { decoder, image } = this
    const { bytes, size } = image
    const start = size - continuedMarkBytes
    const mark = continuedMark(decoder.position)
    if (!hasNext && Buffer.compare(bytes.subarray(start, size), mark) === 0) {
      const reason = `the file with sequence ${decoder.lastSequence + 1}, which continues this one, is missing`
      throw image.corrupt(start, reason)
    }
    for (let offset = 0; offset < mark.length; offset += 8) {
      if (image.wordIsUnwritten(start + offset)) continue
      const found = bytes.subarray(start + offset, start + offset + 8)
      if (hasNext && Buffer.compare(found, mark.subarray(offset, offset + 8)) === 0) continue
      throw image.corrupt(start + offset, 'the mark at the end is damaged, or what should be before it is missing')
    }
  }
}

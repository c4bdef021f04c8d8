/**
 * Reads a journal from its first segment to its end and checks all of it. Changes nothing: what to do about a torn tail
 * is up to whoever reads.
 */
import { BatchDecoder } from './batch-decoder.ts'
import { batchIsIntact, batchLengthAt } from './batch-format.ts'
import type { LogRecord } from './command-log.ts'
import type { JournalStorage } from './journal-storage.ts'
import { faultOfSegmentHeader, firstSequenceOf, segmentHeaderBytes, segmentNames } from './segment-format.ts'
import { SegmentImage } from './segment-image.ts'
import { whyNotTorn } from './torn-tail.ts'

/** Where a journal ends. */
export interface JournalEnd {
  /** Names of the segments, in order. */
  readonly segments: readonly string[]
  /** 0 if the journal is empty. */
  readonly lastSequence: number
  readonly lastTimeUs: number
  /** Undefined if there is none. */
  readonly lastSegment: SegmentEnd | undefined
}

export interface SegmentEnd {
  readonly name: string
  /** Size of the file. */
  readonly size: number
  /** Where the last intact batch begins. */
  readonly lastBatch: number
  /** Where the next batch goes. */
  readonly position: number
  /** Bytes from `position` on that a torn write left; 0 if none did. */
  readonly tornBytes: number
}

/** Enough to see a batch's header, and the whole of most batches. */
const readAheadBytes = 4_096

/**
 * Hands every record to `visit`, in order.
 * @throws LogCorruptError where something that may have been acknowledged cannot be read
 */
export function readJournal(storage: JournalStorage, visit: (record: LogRecord) => void): JournalEnd {
  const decoder = new BatchDecoder(visit)
  const image = new SegmentImage(storage)
  const segments = segmentNames(storage.list())
  let lastSegment: SegmentEnd | undefined
  for (const name of segments) {
    try {
      image.open(name)
      const expected = decoder.lastSequence + 1
      if (firstSequenceOf(name) !== expected) {
        throw image.corrupt(0, `the file with sequence ${expected}, which should come before this one, is missing`)
      }
      lastSegment = readSegment(image, decoder, name === segments.at(-1))
    } finally {
      image.close()
    }
  }
  return { segments, lastSequence: decoder.lastSequence, lastTimeUs: decoder.lastTimeUs, lastSegment }
}

function readSegment(image: SegmentImage, decoder: BatchDecoder, isLast: boolean): SegmentEnd {
  const { name, size } = image
  image.readTo(segmentHeaderBytes)
  const headerFault = faultOfSegmentHeader(image.view, name, size)
  if (headerFault !== undefined) throw image.corrupt(0, headerFault)

  let position = segmentHeaderBytes
  let lastBatch = position
  for (;;) {
    image.readTo(position + readAheadBytes)
    const length = batchLengthAt(image.view, position, size)
    if (length === 0) break
    image.readTo(position + length)
    if (!batchIsIntact(image.view, position, length)) break
    const fault = decoder.handOut(image.bytes, image.view, position, length)
    if (fault !== undefined) throw image.corrupt(position, fault)
    lastBatch = position
    position += length
  }

  const dataEnd = image.endOfData(position)
  if (position === segmentHeaderBytes) throw image.corrupt(position, 'the first batch of the segment is damaged')
  if (dataEnd > position) {
    const reason = isLast ? whyNotTorn(image, position, dataEnd) : 'a batch is damaged, and later segments follow'
    if (reason !== undefined) throw image.corrupt(position, reason)
  }
  return { name, size, lastBatch, position, tornBytes: dataEnd - position }
}

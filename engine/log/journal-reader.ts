/**
 * Reads a journal from its first segment, or from the one that holds a position, to its end and checks all of it. Segments
 * that were put away into the archive are part of it. Changes nothing: what to do about a torn tail is up to whoever reads.
 */
import { BatchDecoder, beginning } from './batch-decoder.ts'
import { LogCorruptError, type LogPosition, type LogRecord } from './command-log.ts'
import type { JournalStorage } from './journal-storage.ts'
import {
  faultOfSegmentHeader,
  firstSequenceOf,
  isSegmentName,
  readSegmentHeader,
  segmentHeaderBytes,
} from './segment-format.ts'
import { SegmentImage } from './segment-image.ts'
import { type BatchPlace, type SegmentEnd, type SegmentFile, SegmentReader } from './segment-reader.ts'

export type { BatchPlace, SegmentEnd } from './segment-reader.ts'

/** Name of the folder beside the journal's into which old segments are put away. */
export const archiveFolder = 'archive'

export interface ReadOptions {
  /** Only what comes after is handed out, and as little as possible of what comes before is read. Default: all there is. */
  readonly after?: LogPosition
  /** Called for each batch that was read, after its records. */
  readonly visitBatch?: (batch: BatchPlace) => void
}

/** Where a journal ends. */
export interface JournalEnd {
  /** Of the log; empty if nothing was ever written. */
  readonly identity: string
  readonly position: LogPosition
  readonly lastTimeUs: number
  /** The segments that were read, in order. */
  readonly segments: readonly SegmentEnd[]
}

/**
 * Hands every record to `visit`, in order.
 * @param storage of the journal's folder
 * @throws LogCorruptError where something that may have been acknowledged cannot be read
 */
export function readJournal(
  storage: JournalStorage,
  visit: (record: LogRecord) => void,
  { after, visitBatch }: ReadOptions = {},
): JournalEnd {
  const decoder = new BatchDecoder(visit, after ?? beginning)
  const reader = new SegmentReader(decoder, visitBatch)
  const segments: SegmentEnd[] = []
  let remaining = segmentFiles(storage)
  if (after !== undefined) remaining = remaining.slice(indexOfFirst(remaining, after))
  const findNext = (firstSequence: number) => {
    // The one that continues the last may have been made since the folder was read.
    if (remaining.length === 0)
      remaining = segmentFiles(storage).filter(({ name }) => firstSequenceOf(name) >= firstSequence)
    return remaining[0]
  }
  for (let segment = remaining.shift(); segment !== undefined; segment = remaining.shift()) {
    const expected = decoder.lastSequence + 1
    if (segments.length > 0 && firstSequenceOf(segment.name) !== expected) throw missingBefore(segment, expected)
    segments.push(reader.read(segment, findNext))
  }
  const fault = decoder.faultOfEnd()
  if (fault !== undefined) {
    const last = segments.at(-1)
    throw new LogCorruptError((last?.storage ?? storage).pathOf(last?.name ?? ''), last?.position ?? 0, fault)
  }
  return { identity: reader.identity, position: decoder.position, lastTimeUs: decoder.lastTimeUs, segments }
}

/** Identity of the log by its last segment; empty if there is no log, undefined if that segment cannot be read. */
export function journalIdentity(storage: JournalStorage): string | undefined {
  const last = segmentFiles(storage).at(-1)
  if (last === undefined) return ''
  const image = new SegmentImage()
  try {
    image.open(last.storage, last.name)
    image.readTo(segmentHeaderBytes)
    const isWhole = faultOfSegmentHeader(image.view, image.name, image.size) === undefined
    return isWhole ? readSegmentHeader(image.view).identity : undefined
  } catch (error) {
    if (error instanceof LogCorruptError) return undefined
    throw error
  } finally {
    image.close()
  }
}

/** All segments, in order; one that lies in both folders is taken from the journal's. */
export function segmentFiles(journal: JournalStorage): SegmentFile[] {
  const files = new Map<string, SegmentFile>()
  const archive = journal.beside(archiveFolder)
  // In this order one that is being put away is in at least one of the lists.
  const names = journal.list()
  for (const name of archive.list()) if (isSegmentName(name)) files.set(name, { storage: archive, name })
  for (const name of names) if (isSegmentName(name)) files.set(name, { storage: journal, name })
  return [...files.values()].sort((a, b) => firstSequenceOf(a.name) - firstSequenceOf(b.name))
}

/**
 * Index of the segment in which a position is; if that one is gone, which is all that is lacking, of the one that begins
 * there. The former also if nothing comes after the position in it: whether it is marked as continued is to be seen.
 */
function indexOfFirst(files: readonly SegmentFile[], { sequence }: LogPosition): number {
  if (files.length === 0) return 0
  if (firstSequenceOf(files[0].name) > sequence + 1) throw missingBefore(files[0], sequence + 1)
  return Math.max(
    0,
    files.findLastIndex(({ name }) => firstSequenceOf(name) <= sequence),
  )
}

function missingBefore({ storage, name }: SegmentFile, sequence: number): LogCorruptError {
  const reason = `the file with sequence ${sequence}, which should come before this one, is missing`
  return new LogCorruptError(storage.pathOf(name), 0, reason)
}

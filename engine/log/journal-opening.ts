/**
 * Makes a journal that was read ready to be continued: cuts off what a torn write left, and makes durable what was read
 * before anything is done upon it.
 *
 * The latter because it need not be durable: the process before this one may have written in mode `os`, or ended between a
 * write and its sync, or on a failed sync. After that the kernel may hold the last batch for synced; so that is written
 * once more.
 */
import { type JournalEnd, type SegmentEnd, segmentFiles } from './journal-reader.ts'
import type { JournalStorage } from './journal-storage.ts'
import { segmentFill } from './segment-fill.ts'
import { continuedMark, faultOfSegmentHeader, segmentHeaderBytes } from './segment-format.ts'
import type { SegmentFile } from './segment-reader.ts'
import { SegmentWriter } from './segment-writer.ts'

/** Opens the last segment, after which the journal continues. */
export function openEnd(storage: JournalStorage, end: JournalEnd, last: SegmentEnd, syncs: boolean): SegmentWriter {
  const file = last.storage.openForWriting(last.name)
  try {
    if (last.tornBytes > 0) cut(file, last)
    if (syncs) rewriteLastBatch(file, last)
    storage.syncFolder()
    const earlier = new Map<string, SegmentFile>()
    if (syncs) for (const segment of end.segments.slice(0, -1)) earlier.set(segment.name, segment)
    const before = segmentBefore(storage, last)
    if (before !== undefined) {
      earlier.set(before.name, before)
      mark(before, last)
    }
    for (const segment of earlier.values()) syncFile(segment)
  } catch (error) {
    last.storage.close(file)
    throw error
  }
  return new SegmentWriter(last.storage, last.name, file, last.size, last.position)
}

/** Makes the segment end as it would have without the torn write. */
function cut(file: number, { storage, fillKey, position, tornBytes }: SegmentEnd): void {
  const start = position - (position % 16)
  const fill = segmentFill(fillKey, start, position + tornBytes)
  storage.write(file, fill, position - start, fill.length, position)
  storage.sync(file)
}

/** Not read again for that: what is written over what was acknowledged must be what was checked. */
function rewriteLastBatch(file: number, { storage, lastBatch, position }: SegmentEnd): void {
  storage.write(file, lastBatch, 0, lastBatch.length, position - lastBatch.length)
  storage.sync(file)
}

function syncFile({ storage, name }: SegmentFile): void {
  const file = storage.openForReading(name)
  try {
    storage.sync(file)
  } finally {
    storage.close(file)
  }
}

/**
 * A crash may have come between the naming of the last segment and the mark in the one before, with which that becomes
 * durable in either mode: so it is looked at, whether anything of it was read or not.
 */
function segmentBefore(journal: JournalStorage, last: SegmentEnd): SegmentFile | undefined {
  const files = segmentFiles(journal)
  return files[files.findIndex(({ name }) => name === last.name) - 1]
}

/** Writes the mark if it is not there, unless the file is damaged: then it was not read, and nothing is changed. */
function mark({ storage, name }: SegmentFile, { begin }: SegmentEnd): void {
  const file = storage.openForWriting(name)
  try {
    const size = storage.sizeOf(file)
    const header = new Uint8Array(segmentHeaderBytes)
    storage.read(file, header, 0, header.length, 0)
    if (faultOfSegmentHeader(new DataView(header.buffer), name, size) !== undefined) return
    const due = continuedMark(begin)
    const found = new Uint8Array(due.length)
    storage.read(file, found, 0, found.length, size - due.length)
    if (Buffer.compare(found, due) !== 0) storage.write(file, due, 0, due.length, size - due.length)
  } finally {
    storage.close(file)
  }
}

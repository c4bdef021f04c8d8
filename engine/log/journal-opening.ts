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
import { continuedMark, continuedMarkBytes, firstSequenceOf } from './segment-format.ts'
import { SegmentWriter } from './segment-writer.ts'

/** Opens the last segment, after which the journal continues. */
export function openEnd(storage: JournalStorage, end: JournalEnd, last: SegmentEnd, syncs: boolean): SegmentWriter {
  const file = last.storage.openForWriting(last.name)
  try {
    if (last.tornBytes > 0) cut(file, last)
    if (syncs) {
      rewriteLastBatch(file, last)
      for (const segment of end.segments.slice(0, -1)) syncFile(segment)
    }
    markSegmentBefore(storage, last)
    if (syncs) storage.syncFolder()
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

function syncFile({ storage, name }: SegmentEnd): void {
  const file = storage.openForReading(name)
  try {
    storage.sync(file)
  } finally {
    storage.close(file)
  }
}

/** A crash may have come between the naming of the last segment and the mark in the one before it. */
function markSegmentBefore(journal: JournalStorage, { begin }: SegmentEnd): void {
  const before = segmentFiles(journal).findLast(({ name }) => firstSequenceOf(name) <= begin.sequence)
  if (before === undefined) return
  const { name, storage } = before
  const mark = continuedMark(begin)
  const found = new Uint8Array(continuedMarkBytes)
  const file = storage.openForWriting(name)
  try {
    const position = storage.sizeOf(file) - continuedMarkBytes
    storage.read(file, found, 0, found.length, position)
    if (Buffer.compare(found, mark) === 0) return
    storage.write(file, mark, 0, mark.length, position)
    storage.sync(file)
  } finally {
    storage.close(file)
  }
}

/**
 * Makes a journal that was read ready to be continued: cuts off what a torn write left, and makes durable what was read
 * before anything is done upon it.
 *
 * The latter because it need not be durable: the process before this one may have written in mode `os`, or ended between a
 * write and its sync, or on a failed sync. After that the kernel may hold the last batch for synced; so that is written
 * once more.
 */
import type { JournalEnd, SegmentEnd } from './journal-reader.ts'
import type { JournalStorage } from './journal-storage.ts'
import { segmentFill } from './segment-fill.ts'
import { continuedMark, continuedMarkBytes } from './segment-format.ts'
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
    storage.syncFolder()
    const before = end.segments.at(-2)
    if (before !== undefined && !before.isMarked) mark(before)
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

/** A crash may have come between the naming of the last segment, which by now is durable, and the mark in the one before. */
function mark({ storage, name, size, end }: SegmentEnd): void {
  const file = storage.openForWriting(name)
  try {
    storage.write(file, continuedMark(end), 0, continuedMarkBytes, size - continuedMarkBytes)
    storage.sync(file)
  } finally {
    storage.close(file)
  }
}

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
import { continuedMark } from './segment-format.ts'
import type { SegmentFile } from './segment-reader.ts'
import { SegmentWriter } from './segment-writer.ts'

/** Opens the last segment, after which the journal continues. */
export function openEnd(storage: JournalStorage, { segments }: JournalEnd, syncs: boolean): SegmentWriter {
  const last = segments.at(-1)!
  const file = last.storage.openForWriting(last.name)
  try {
    if (last.tornBytes > 0) cut(file, last)
    if (syncs) rewriteLastBatch(file, last)
    storage.syncFolder()
    const before = segments.at(-2)
    if (before !== undefined) finish(before)
    if (syncs) for (const segment of segments.slice(0, -2)) syncFile(segment)
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
 * Marks the segment before the last and makes it durable, in either mode. A crash may have come between the naming of the
 * last one, which by now is durable, and that. If it was not read, the log was read from a position in the last one on: then
 * something of that was told, before which both was done.
 */
function finish({ storage, name, size, end }: SegmentEnd): void {
  const file = storage.openForWriting(name)
  try {
    const mark = continuedMark(end)
    const found = new Uint8Array(mark.length)
    storage.read(file, found, 0, found.length, size - mark.length)
    if (Buffer.compare(found, mark) !== 0) storage.write(file, mark, 0, mark.length, size - mark.length)
    storage.sync(file)
  } finally {
    storage.close(file)
  }
}

/** How large the batches of a journal are: what one turn of the engine's event loop made durable at once. */
import { align8, batchHeaderBytes, recordHeaderBytes } from '../../engine/log/batch-format.ts'
import { readJournal } from '../../engine/log/journal-reader.ts'
import { FolderStorage } from '../../engine/log/journal-storage.ts'

/** A stretch of the log, from the command after `from` up to `to`, by sequence number. */
export interface LogStretch {
  readonly from: number
  readonly to: number
}

export interface BatchSize {
  readonly commands: number
  readonly bytes: number
}

/** Means over the batches that begin in each of the stretches. */
export function meanBatches(folder: string, stretches: readonly LogStretch[]): BatchSize[] {
  const counters = stretches.map((stretch) => ({ ...stretch, commands: 0, bytes: 0, batches: 0 }))
  let lastTimeUs = 0
  readJournal(new FolderStorage(folder), ({ sequence, timeUs, start, end }) => {
    // All records of a batch have one time, and hardly ever does the next batch have it as well.
    const isNewBatch = timeUs !== lastTimeUs
    lastTimeUs = timeUs
    for (const counter of counters) {
      if (sequence <= counter.from || sequence > counter.to) continue
      counter.commands++
      counter.bytes += align8(recordHeaderBytes + end - start)
      if (isNewBatch) counter.batches++
    }
  })
  return counters.map(({ commands, bytes, batches }) => ({
    commands: commands / batches,
    bytes: batchHeaderBytes + bytes / batches,
  }))
}

/** How large the batches of a journal are: what one turn of the engine's event loop made durable at once. */
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

export interface JournalBatches {
  /** Means over the batches that end in each of the stretches. */
  readonly means: readonly BatchSize[]
  readonly fileCount: number
}

export function journalBatches(folder: string, stretches: readonly LogStretch[]): JournalBatches {
  const sums = stretches.map((stretch) => ({ ...stretch, batches: 0, commands: 0, bytes: 0 }))
  const visitBatch = (batch: { readonly position: { readonly sequence: number } } & BatchSize) => {
    const sum = sums.find(({ from, to }) => batch.position.sequence > from && batch.position.sequence <= to)
    if (sum === undefined) return
    sum.batches++
    sum.commands += batch.commands
    sum.bytes += batch.bytes
  }
  const { segments } = readJournal(new FolderStorage(folder), () => {}, { visitBatch })
  const means = sums.map(({ batches, commands, bytes }) => ({ commands: commands / batches, bytes: bytes / batches }))
  return { means, fileCount: segments.length }
}

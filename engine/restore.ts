/** What a start begins with: the newest sound snapshot of the log that is to be read from there on, if there is one. */
import { Exchange } from './core/index.ts'
import { LogCorruptError, type LogPosition, type SnapshotStore } from './log/index.ts'
import { journalIdentity } from './log/journal-reader.ts'
import type { JournalStorage } from './log/journal-storage.ts'

export interface Restored {
  readonly exchange: Exchange
  readonly position: LogPosition
  /** The events that sessions may still ask for. */
  readonly streams: Uint8Array
}

/**
 * @param journal the log's folder
 * @throws LogCorruptError if there are snapshots of a log, but no log
 */
export function restoreNewest(store: SnapshotStore, journal: JournalStorage): Restored | undefined {
  const identity = journalIdentity(journal)
  const [newest] = store.list()
  if (identity === '' && newest !== undefined) {
    throw new LogCorruptError(journal.pathOf(''), 0, `there is no log, but ${newest.name} is a snapshot of one`)
  }
  return store.newest(({ image, position, streams, ...header }) => {
    if (identity !== undefined && header.identity !== identity) throw new Error('it is of another log')
    return { exchange: Exchange.fromImage(image), position, streams }
  })
}

/** The command log's front door: what the rest of the engine may use of it. */
export { type CommandLog, LogCorruptError, type LogRecord, LogWriteError } from './command-log.ts'
export { FileJournal, type FileJournalOptions, type JournalWarning } from './file-journal.ts'
export { MemoryLog } from './memory-log.ts'
export { SnapshotError, type SnapshotHeader, type SnapshotParts } from './snapshot-format.ts'
export { checkSnapshot, type Snapshot } from './snapshot-reader.ts'
export { SnapshotStore, SnapshotWriteError, type WrittenSnapshot } from './snapshot-store.ts'

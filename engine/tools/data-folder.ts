/**
 * A data folder as the tools see it: read, and never written or taken, so that all of this works while an engine runs on
 * it. The end of the log may then grow, or be half-written, while it is read; that is no damage, and what was read is
 * everything up to the last whole batch.
 */
import { existsSync, statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { Exchange } from '../core/index.ts'
import { lockHolder } from '../lock.ts'
import { LogCorruptError, type LogPosition, type LogRecord } from '../log/command-log.ts'
import {
  archiveFolder,
  type JournalEnd,
  journalIdentity,
  type ReadOptions,
  readJournal,
  segmentFiles,
} from '../log/journal-reader.ts'
import { FolderStorage } from '../log/journal-storage.ts'
import { firstSequenceOf } from '../log/segment-format.ts'
import { readSnapshot, readSnapshotHeader } from '../log/snapshot-reader.ts'
import { type SnapshotFile, SnapshotStore } from '../log/snapshot-store.ts'
import type { Placed } from './log-point.ts'
import { UsageError } from './usage-error.ts'

/** Files of the log went while they were read, and with them what was to be read next. */
export class LogChangedError extends Error {}

/** Thrown through the reader by a visitor that has seen enough. */
const enough = new Error('enough was read')

/** The exchange as a snapshot has it, and where in the log that was. */
export interface SavedState {
  readonly exchange: Exchange
  readonly position: LogPosition
}

/** The journal's folder, in which an engine may put away a segment after the folder was listed. */
class ReadStorage extends FolderStorage {
  override openForReading(name: string): number {
    try {
      return super.openForReading(name)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      return this.beside(archiveFolder).openForReading(name)
    }
  }
}

/** Long enough for whatever the engine was about to be done. */
const changeMs = 200

export class DataFolder {
  readonly path: string
  /** Process id of the engine that runs on it, if one does. */
  readonly enginePid: number | undefined
  /** The files of the log, in order. */
  readonly segmentPaths: readonly string[]
  /** Sequence number of the first command that is still there: above 1 if old segments were deleted. */
  readonly firstSequence: number
  readonly snapshotStorage: FolderStorage
  private readonly journal: FolderStorage

  /** @throws UsageError if there is no such folder, or no log in it */
  constructor(path: string) {
    this.path = resolve(path)
    if (!existsSync(this.path)) throw new UsageError(`there is no folder ${this.path}; --data names the data folder`)
    if (!statSync(this.path).isDirectory()) throw new UsageError(`${this.path} is a file; --data names the data folder`)
    this.enginePid = lockHolder(this.path)
    this.journal = new ReadStorage(join(this.path, 'journal'))
    this.snapshotStorage = new FolderStorage(join(this.path, 'snapshots'))
    const files = segmentFiles(this.journal)
    const [first] = files
    if (first === undefined) throw this.whyEmpty()
    this.segmentPaths = files.map(({ storage, name }) => storage.pathOf(name))
    this.firstSequence = firstSequenceOf(first.name)
  }

  /** A file as it is shown: from this folder. */
  shortName(file: string): string {
    return relative(this.path, file)
  }

  /**
   * Hands every record to `visit`, in order, until it returns false. Returns where the log ends, if it came to there.
   * @throws LogCorruptError where the log is damaged
   */
  read(visit: (record: LogRecord) => boolean, options: ReadOptions = {}): JournalEnd | undefined {
    const visitUntilEnough = (record: LogRecord) => {
      if (!visit(record)) throw enough
    }
    try {
      return readJournal(this.journal, visitUntilEnough, options)
    } catch (error) {
      if (error === enough) return undefined
      if (error instanceof LogCorruptError) this.refuseIfChanged(error)
      throw error
    }
  }

  /** Snapshot files, newest first. */
  snapshots(): SnapshotFile[] {
    return new SnapshotStore(this.snapshotStorage).list()
  }

  /** The exchange as the newest snapshot has it that the log continues and that is wanted; undefined if there is none. */
  newestState(isWanted: (place: Placed) => boolean): SavedState | undefined {
    return this.firstSound(this.snapshots(), isWanted)
  }

  /** The same of the oldest snapshot. */
  oldestState(): SavedState | undefined {
    return this.firstSound(this.snapshots().reverse(), () => true)
  }

  /** What cannot be used is passed over, with a warning. */
  private firstSound(files: readonly SnapshotFile[], isWanted: (place: Placed) => boolean): SavedState | undefined {
    const logIdentity = journalIdentity(this.journal)
    for (const { name, sequence } of files) {
      if (sequence < this.firstSequence - 1) continue
      try {
        const { identity, position, timeUs } = readSnapshotHeader(this.snapshotStorage, name)
        if (identity !== logIdentity) throw new Error('it is of another log')
        if (!isWanted({ sequence, timeUs })) continue
        return { position, exchange: Exchange.fromImage(readSnapshot(this.snapshotStorage, name).image) }
      } catch (error) {
        console.error(`engine: the snapshot ${name} is passed over: ${(error as Error).message}`)
      }
    }
    return undefined
  }

  private whyEmpty(): Error {
    const [newest] = this.snapshots()
    if (newest !== undefined) {
      const reason = `the log is gone, but there is a snapshot of command ${newest.sequence}`
      return new LogCorruptError(this.journal.pathOf(''), 0, reason)
    }
    return new UsageError(
      `there is no log in ${this.path}: no engine has written one there (with --log-mode memory none does)`,
    )
  }

  /** Damage is what is still there a moment later; all else is an engine at work, which deletes old segments. */
  private refuseIfChanged(fault: LogCorruptError): void {
    if (this.enginePid === undefined) return
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, changeMs)
    try {
      readJournal(this.journal, () => {})
    } catch (again) {
      if (again instanceof LogCorruptError && again.file === fault.file && again.offset === fault.offset) return
    }
    const what = `an engine is running and changed the log while it was read (${fault.reason})`
    throw new LogChangedError(`${what}; try again`)
  }
}

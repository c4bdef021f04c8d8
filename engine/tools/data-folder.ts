/**
 * A data folder as the tools see it: read, and never written or taken, so that all of this works while an engine runs on
 * it. The end of the log may then grow, or be half-written, while it is read; that is no damage, and what was read is
 * everything up to the last whole batch.
 */
import { existsSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { lockHolder } from '../lock.ts'
import { LogCorruptError, type LogRecord } from '../log/command-log.ts'
import { readJournal } from '../log/journal-reader.ts'
import { FolderStorage } from '../log/journal-storage.ts'
import { UsageError } from './usage-error.ts'

/** Thrown through the reader by a visitor that has seen enough. */
const enough = new Error('enough was read')

/** Long enough for a batch that was being written to be whole. */
const writingMs = 200

export class DataFolder {
  readonly path: string
  /** Process id of the engine that runs on it, if one does. */
  readonly enginePid: number | undefined
  private readonly storage: FolderStorage

  /** @throws UsageError if there is no such folder, or no log in it */
  constructor(path: string) {
    this.path = resolve(path)
    if (!existsSync(this.path)) throw new UsageError(`there is no folder ${this.path}; --data names the data folder`)
    if (!statSync(this.path).isDirectory()) throw new UsageError(`${this.path} is a file; --data names the data folder`)
    const journal = join(this.path, 'journal')
    this.storage = new FolderStorage(journal)
    this.enginePid = lockHolder(this.path)
    if (!existsSync(journal)) {
      throw new UsageError(
        `there is no log in ${this.path}: no engine has written one there (--log-mode memory writes none)`,
      )
    }
  }

  /**
   * Hands every record to `visit`, in order, until it returns false.
   * @throws LogCorruptError where the log is damaged
   */
  read(visit: (record: LogRecord) => boolean): void {
    const visitUntilEnough = (record: LogRecord) => {
      if (!visit(record)) throw enough
    }
    try {
      readJournal(this.storage, visitUntilEnough)
    } catch (error) {
      if (error !== enough && !this.wasBeingWritten(error)) throw error
    }
  }

  /** Whether what looked like damage was the end of the log in the making: damage is what is still there a moment later. */
  private wasBeingWritten(error: unknown): boolean {
    if (this.enginePid === undefined || !(error instanceof LogCorruptError)) return false
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, writingMs)
    try {
      readJournal(this.storage, () => {})
    } catch (again) {
      return !(again instanceof LogCorruptError && again.file === error.file && again.offset === error.offset)
    }
    return true
  }
}

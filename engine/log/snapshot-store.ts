/**
 * The snapshots in a folder. A snapshot is written under another name, synced, and only then named; so whatever happens, a
 * snapshot that has a name is whole, and if one is damaged nevertheless, the one before it is used.
 *
 * What must stay true: nothing is removed before what takes its place is durable; and no damage is passed over in silence.
 */
import type { JournalStorage } from './journal-storage.ts'
import {
  type SnapshotHeader,
  type SnapshotParts,
  sequenceOfSnapshot,
  snapshotName,
  snapshotPieces,
} from './snapshot-format.ts'
import { readSnapshot, readSnapshotHeader, type Snapshot } from './snapshot-reader.ts'
import { describeFailure } from './write-failure.ts'

export interface SnapshotStoreOptions {
  /** How many are kept, at least one. Default 2. */
  readonly keep?: number
  readonly onWarning?: (warning: SnapshotWarning) => void
}

export interface SnapshotWarning {
  /** Path of the file that it is about. */
  readonly file: string
  readonly text: string
}

export interface SnapshotFile {
  readonly name: string
  readonly sequence: number
}

export interface WrittenSnapshot {
  readonly name: string
  readonly bytes: number
  /**
   * Sequence number up to which the log is needed by none of the snapshots that are kept; 0 while they are fewer than
   * are to be kept.
   */
  readonly coveredSequence: number
}

/** A snapshot could not be written; `message` says what, where and what to do. */
export class SnapshotWriteError extends Error {
  override readonly name = 'SnapshotWriteError'
}

const unfinishedPattern = /^unfinished-\d+$/

/** Counts over all stores of the process, so that a file that one gives up late is never taken for another's. */
let unfinishedCount = 0

export class SnapshotStore {
  private readonly storage: JournalStorage
  private readonly keep: number
  private readonly warn: (warning: SnapshotWarning) => void
  /** Names of snapshots that turned out to be of no use. */
  private readonly useless = new Set<string>()
  /** Name under which a snapshot is being written, unless it was given up. */
  private writing: string | undefined

  constructor(storage: JournalStorage, options: SnapshotStoreOptions = {}) {
    const { keep = 2, onWarning = () => {} } = options
    if (!Number.isSafeInteger(keep) || keep < 1) throw new RangeError(`keep is ${keep}, must be at least 1`)
    this.storage = storage
    this.keep = keep
    this.warn = onWarning
  }

  /** Newest first; none if the folder is missing. Whether they are sound is not looked at. */
  list(): SnapshotFile[] {
    return this.names()
      .map((name) => ({ name, sequence: sequenceOfSnapshot(name) }))
      .filter((file): file is SnapshotFile => file.sequence !== undefined)
      .sort((one, other) => other.sequence - one.sequence)
  }

  /**
   * Hands the newest sound snapshot to `accept` and returns what that returns; undefined if there is none. `accept` throws
   * to refuse it. One that is damaged or refused is passed over with a warning, and the one before it takes its place.
   */
  newest<Result>(accept: (snapshot: Snapshot) => Result): Result | undefined {
    for (const name of this.names()) {
      if (!name.endsWith('.snapshot') || sequenceOfSnapshot(name) !== undefined) continue
      this.passOver(name, 'its name is not that of a snapshot')
    }
    for (const { name } of this.list()) {
      try {
        return accept(readSnapshot(this.storage, name))
      } catch (error) {
        this.passOver(name, (error as Error).message)
      }
    }
    return undefined
  }

  /** Removes what an earlier process left unfinished. Only for the one process that writes; `write` does it as well. */
  removeLeftovers(): void {
    this.remove(this.leftovers())
  }

  /**
   * Writes a snapshot beside the event loop, then removes those that need not be kept. The parts must not change until the
   * promise settles. Another one is refused as long as this one is under way.
   * @throws SnapshotWriteError if it could not be written; then nothing unfinished is left, and no other was removed
   */
  async write(header: SnapshotHeader, parts: SnapshotParts): Promise<WrittenSnapshot> {
    if (this.writing !== undefined) throw new SnapshotWriteError('A snapshot is already being written.')
    const { storage } = this
    const name = snapshotName(header.position.sequence)
    const unfinished = nextUnfinishedName()
    this.writing = unfinished
    try {
      storage.prepareFolder()
      await this.removeInBackground(this.leftovers())
      const bytes = await this.makeInBackground(unfinished, header, parts)
      storage.rename(unfinished, name)
      await storage.syncFolderInBackground()
      const { surplus, coveredSequence } = this.surplusAfter(name, header)
      await this.removeInBackground(surplus)
      return { name, bytes, coveredSequence }
    } catch (error) {
      await storage.removeInBackground(unfinished).catch(() => {})
      throw this.failure(name, error)
    } finally {
      if (this.writing === unfinished) this.writing = undefined
    }
  }

  /** The same before it returns. A `write` that is under way fails, unless its snapshot has got its name already. */
  writeNow(header: SnapshotHeader, parts: SnapshotParts): WrittenSnapshot {
    const { storage } = this
    const name = snapshotName(header.position.sequence)
    const unfinished = nextUnfinishedName()
    this.writing = undefined
    try {
      storage.prepareFolder()
      this.removeLeftovers()
      const bytes = this.make(unfinished, header, parts)
      storage.rename(unfinished, name)
      storage.syncFolder()
      const { surplus, coveredSequence } = this.surplusAfter(name, header)
      this.remove(surplus)
      return { name, bytes, coveredSequence }
    } catch (error) {
      try {
        storage.remove(unfinished)
      } catch {}
      throw this.failure(name, error)
    }
  }

  private async removeInBackground(names: readonly string[]): Promise<void> {
    for (const name of names) {
      await this.storage.removeInBackground(name).catch((error) => this.notRemoved(name, error))
    }
  }

  private remove(names: readonly string[]): void {
    for (const name of names) {
      try {
        this.storage.remove(name)
      } catch (error) {
        this.notRemoved(name, error)
      }
    }
  }

  /** Returns the file's size. Stops early once it is given up. */
  private async makeInBackground(unfinished: string, header: SnapshotHeader, parts: SnapshotParts): Promise<number> {
    const file = this.storage.create(unfinished)
    let position = 0
    try {
      for (const piece of snapshotPieces(header, parts)) {
        await this.storage.writeInBackground(file, piece, piece.length, position)
        await this.storage.syncInBackground(file)
        if (this.writing !== unfinished) throw new SnapshotWriteError('The snapshot gave way to a later one.')
        position += piece.length
      }
    } finally {
      this.storage.close(file)
    }
    return position
  }

  private make(unfinished: string, header: SnapshotHeader, parts: SnapshotParts): number {
    const file = this.storage.create(unfinished)
    let position = 0
    try {
      for (const piece of snapshotPieces(header, parts)) {
        this.storage.write(file, piece, 0, piece.length, position)
        position += piece.length
      }
      this.storage.sync(file)
    } finally {
      this.storage.close(file)
    }
    return position
  }

  /**
   * What need not be kept now that `newest` is durable. Only what is of the same log and before it counts as kept: later
   * ones can only be of a log that took another course.
   */
  private surplusAfter(newest: string, { identity, position }: SnapshotHeader) {
    this.useless.delete(newest)
    const surplus: string[] = []
    let kept = 0
    let coveredSequence = 0
    for (const { name, sequence } of this.list()) {
      if (sequence > position.sequence) continue
      if (kept === this.keep) surplus.push(name)
      else if (this.counts(name, identity)) {
        kept += 1
        if (kept === this.keep) coveredSequence = sequence
      }
    }
    return { surplus, coveredSequence }
  }

  /** Whether a snapshot is of use, as far as that can be seen without reading all of it. */
  private counts(name: string, identity: string): boolean {
    if (this.useless.has(name)) return false
    try {
      if (readSnapshotHeader(this.storage, name).identity === identity) return true
      this.passOver(name, 'it is of another log')
    } catch (error) {
      this.passOver(name, (error as Error).message)
    }
    return false
  }

  private names(): string[] {
    try {
      return this.storage.list()
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw error
    }
  }

  private leftovers(): string[] {
    return this.names().filter((name) => unfinishedPattern.test(name))
  }

  private passOver(name: string, problem: string): void {
    this.useless.add(name)
    const file = this.storage.pathOf(name)
    const instead = 'The one before it is used, or the log alone. Remove the file when it is of no more interest.'
    this.warn({ file, text: `The snapshot ${file} cannot be used: ${problem}. ${instead}` })
  }

  private notRemoved(name: string, error: unknown): void {
    const file = this.storage.pathOf(name)
    const { problem, action } = describeFailure(file, error)
    this.warn({ file, text: `A file that is not needed could not be removed: ${problem}. ${action}, then remove it.` })
  }

  private failure(name: string, error: unknown): Error {
    if (error instanceof SnapshotWriteError || error instanceof RangeError) return error
    const { problem, action } = describeFailure(this.storage.pathOf(name), error)
    const message = `The snapshot cannot be written: ${problem}. ${action}. The log has all that it would have held.`
    return new SnapshotWriteError(message, { cause: error })
  }
}

function nextUnfinishedName(): string {
  unfinishedCount += 1
  return `unfinished-${unfinishedCount}`
}

/** Journals in temporary folders, for tests. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { commitBatch, copyOf, type WrittenRecord } from './conformance.ts'
import { FileJournal, type FileJournalOptions } from './file-journal.ts'
import { readJournal } from './journal-reader.ts'
import { FolderStorage, type JournalStorage } from './journal-storage.ts'

/** The smallest segments, so that a test sees many. */
export const smallSegments: FileJournalOptions = { mode: 'os', segmentBytes: 4_096 }

/** A folder in which a journal may be made; the folder itself is not there yet. */
export function temporaryFolder(): { readonly folder: string; remove(): void } {
  const parent = fs.mkdtempSync(path.join(os.tmpdir(), 'tradefloor-journal-'))
  return {
    folder: path.join(parent, 'data', 'journal'),
    remove: () => fs.rmSync(parent, { recursive: true, force: true }),
  }
}

/** Makes a journal of the batches, or continues one with them. */
export async function writeJournal(
  folder: string,
  batches: readonly WrittenRecord[][],
  options: FileJournalOptions = smallSegments,
): Promise<void> {
  const journal = new FileJournal(folder, options)
  journal.replay(() => {})
  for (const batch of batches) await commitBatch(journal, batch)
  journal.close()
}

/** Reads without changing anything. */
export function readRecords(folder: string): WrittenRecord[] {
  const records: WrittenRecord[] = []
  readJournal(new FolderStorage(folder), (record) => records.push(copyOf(record)))
  return records
}

/** Full paths of the segment files, in order. */
export function segmentPaths(folder: string): string[] {
  return fs
    .readdirSync(folder)
    .filter((name) => name.endsWith('.log'))
    .sort()
    .map((name) => path.join(folder, name))
}

/** The segment files by name, in order. */
export function contentsOf(folder: string): Map<string, Buffer> {
  return new Map(segmentPaths(folder).map((file) => [path.basename(file), fs.readFileSync(file)]))
}

/** A folder that can only be read, and is not on a disk: for many attempts. */
export function readOnlyStorage(files: ReadonlyMap<string, Uint8Array>): JournalStorage {
  const names = [...files.keys()]
  const storage = {
    pathOf: (name: string) => name,
    list: () => names,
    beside: () => readOnlyStorage(new Map()),
    openForReading: (name: string) => names.indexOf(name),
    sizeOf: (file: number) => files.get(names[file])!.length,
    read: (file: number, bytes: Uint8Array, offset: number, length: number, position: number) => {
      const part = files.get(names[file])!.subarray(position, position + length)
      bytes.set(part, offset)
      return part.length
    },
    close: () => {},
  }
  return new Proxy(storage as unknown as JournalStorage, {
    get(target, property: keyof JournalStorage) {
      if (!(property in target)) throw new Error(`${property} is not reading`)
      return target[property]
    },
  })
}

export type Operation = Exclude<keyof JournalStorage, 'pathOf'>

/**
 * A storage in a folder that records what it is asked to do, and where a test says so fails at it or, beside the event
 * loop, waits with it.
 */
export function watchedStorage(folder: string) {
  const storage: JournalStorage = new FolderStorage(folder)
  const operations: Operation[] = []
  const failures = new Map<Operation, string>()
  let failAt = Number.POSITIVE_INFINITY
  let held: (() => void)[] | undefined
  let underWay = 0
  /** Throws if this operation is one that is to fail. */
  const begin = (operation: Operation) => {
    operations.push(operation)
    const code = operations.length > failAt ? 'EIO' : failures.get(operation)
    if (code === undefined) return
    failAt = Number.POSITIVE_INFINITY
    throw Object.assign(new Error(`${code}: injected`), { code, syscall: operation })
  }
  const beside = async (operation: Operation, run: () => Promise<void>) => {
    underWay += 1
    try {
      begin(operation)
      if (held !== undefined) await new Promise<void>((resolve) => held?.push(resolve))
      await run()
    } finally {
      underWay -= 1
    }
  }
  const watched = new Proxy(storage, {
    get(target, property: keyof JournalStorage) {
      if (property === 'pathOf' || property === 'beside') return target[property].bind(target)
      const method = target[property].bind(target) as (...parameters: unknown[]) => unknown
      return (...parameters: unknown[]) => {
        if (property.endsWith('InBackground')) return beside(property, () => method(...parameters) as Promise<void>)
        begin(property)
        return method(...parameters)
      }
    },
  })
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  return {
    storage: watched,
    operations,
    fail: (operation: Operation, code: string) => failures.set(operation, code),
    /** Makes the operation after this many more fail, and none after it. */
    failAfter: (count: number) => {
      failAt = operations.length + count
    },
    heal: () => {
      failures.clear()
      failAt = Number.POSITIVE_INFINITY
    },
    /** Lets what is asked for beside the event loop wait for `release`. */
    hold: () => {
      held = []
    },
    /** Lets the first that waits go on, until another one waits or none is under way; says whether there was one. */
    release: async () => {
      await turn()
      const next = held?.shift()
      next?.()
      do await turn()
      while (underWay > 0 && held?.length === 0)
      return next !== undefined
    },
    /** Holds what comes no more; what it returns lets the first that waits go on. */
    holdOnlyFirst: () => {
      const [first] = held ?? []
      held = undefined
      return () => first?.()
    },
    /** Resolves when nothing is under way beside the event loop, and nothing follows from what was. */
    quiet: async () => {
      do await turn()
      while (underWay > 0)
    },
  }
}

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

export type Operation = Exclude<keyof JournalStorage, 'pathOf'>

/** A storage in a folder that records what it is asked to do, and fails at it where a test says so. */
export function watchedStorage(folder: string) {
  const storage: JournalStorage = new FolderStorage(folder)
  const operations: Operation[] = []
  const failures = new Map<Operation, string>()
  let underWay = 0
  const watched = new Proxy(storage, {
    get(target, property: keyof JournalStorage) {
      if (property === 'pathOf') return target.pathOf.bind(target)
      const method = target[property].bind(target) as (...parameters: unknown[]) => unknown
      const inBackground = property.endsWith('InBackground')
      return (...parameters: unknown[]) => {
        operations.push(property)
        const code = failures.get(property)
        if (code !== undefined) {
          const error = Object.assign(new Error(`${code}: injected`), { code, syscall: property })
          if (inBackground) return Promise.reject(error)
          throw error
        }
        if (!inBackground) return method(...parameters)
        underWay += 1
        return (method(...parameters) as Promise<void>).finally(() => {
          underWay -= 1
        })
      }
    },
  })
  return {
    storage: watched,
    operations,
    /** Resolves when nothing is under way beside the event loop, and nothing follows from what was. */
    quiet: async () => {
      do await new Promise((resolve) => setImmediate(resolve))
      while (underWay > 0)
    },
    fail: (operation: Operation, code: string) => failures.set(operation, code),
    heal: () => failures.clear(),
  }
}

/** What a journal does when the disk fails it: it stops for good at the first failure, and says why. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { LogCorruptError, LogWriteError } from './command-log.ts'
import { commitBatch, makeBatches, rethrow } from './conformance.ts'
import { FileJournal, type JournalWarning } from './file-journal.ts'
import { readRecords, segmentPaths, temporaryFolder, watchedStorage, writeJournal } from './test-journal.ts'

let place: ReturnType<typeof temporaryFolder>
let disk: ReturnType<typeof watchedStorage>
beforeEach(() => {
  place = temporaryFolder()
  disk = watchedStorage(place.folder)
})
afterEach(() => place.remove())

function openJournal(mode: 'sync' | 'os' = 'sync') {
  const warnings: JournalWarning[] = []
  const journal = new FileJournal(disk.storage, {
    mode,
    segmentBytes: 4_096,
    onWarning: (warning) => warnings.push(warning),
  })
  journal.replay(() => {})
  disk.operations.length = 0
  return { journal, warnings }
}

describe('a commit', () => {
  it('is one write and one sync in mode sync', () => {
    const { journal } = openJournal('sync')
    const batches = makeBatches(3, 10)
    commitBatch(journal, batches[0])
    disk.operations.length = 0
    commitBatch(journal, batches[1])
    expect(disk.operations).toEqual(['write', 'sync'])
    journal.close()
  })

  it('is one write in mode os', () => {
    const { journal } = openJournal('os')
    const batches = makeBatches(3, 10)
    commitBatch(journal, batches[0])
    disk.operations.length = 0
    commitBatch(journal, batches[1])
    expect(disk.operations).toEqual(['write'])
    journal.close()
  })

  it.each(['sync', 'os'] as const)(
    'into a new segment names it only once header and batch are synced, in mode %s',
    (mode) => {
      const { journal } = openJournal(mode)
      commitBatch(journal, makeBatches(3)[0])
      expect(disk.operations).toEqual(['write', 'sync', 'rename', 'syncFolder'])
      journal.close()
    },
  )
})

describe('a disk that fails', () => {
  it.each([
    ['write', 'ENOSPC', 'the disk is full (ENOSPC). Free space'],
    ['write', 'EIO', 'the disk reported an I/O error (EIO). Check the disk'],
    ['sync', 'EIO', 'the disk reported an I/O error (EIO). Check the disk'],
    ['sync', 'EUNKNOWN', 'EUNKNOWN: injected. Correct the cause'],
  ] as const)('at %s with %s ends the log, with file, cause and what to do', (operation, code, text) => {
    const { journal } = openJournal()
    const batches = makeBatches(2, 2, 2)
    commitBatch(journal, batches[0])
    disk.fail(operation, code)
    const commit = () => commitBatch(journal, batches[1])
    expect(commit).toThrow(LogWriteError)
    expect(() => journal.commit(rethrow)).toThrow(`${operation} of ${segmentPaths(place.folder)[0]}: ${text}`)
    disk.heal()
    disk.operations.length = 0
    expect(() => commitBatch(journal, batches[2])).toThrow(LogWriteError)
    expect(() => journal.commit(rethrow)).toThrow(LogWriteError)
    expect(() => journal.replay(() => {})).toThrow(LogWriteError)
    expect(() => journal.close()).toThrow(LogWriteError)
    expect(disk.operations.filter((name) => name === 'write' || name === 'sync')).toEqual([])
  })

  it('still lets go of its files on closing', () => {
    const { journal } = openJournal()
    commitBatch(journal, makeBatches(2)[0])
    disk.fail('sync', 'EIO')
    expect(() => commitBatch(journal, makeBatches(2, 2)[1])).toThrow(LogWriteError)
    disk.operations.length = 0
    expect(() => journal.close()).toThrow(LogWriteError)
    expect(disk.operations).toEqual(['close'])
    expect(() => journal.close()).not.toThrow()
  })

  it.each(['create', 'write', 'sync', 'rename', 'syncFolder'] as const)(
    'at %s of the next segment ends the log, and what was committed can be read',
    (operation) => {
      const { journal } = openJournal()
      const batches = makeBatches(60, 160)
      commitBatch(journal, batches[0])
      disk.fail(operation, 'ENOSPC')
      expect(() => commitBatch(journal, batches[1])).toThrow(LogWriteError)
      expect(() => journal.close()).toThrow(LogWriteError)
      const records = readRecords(place.folder)
      expect(records.slice(0, 60)).toEqual(batches[0])
      expect([60, 220]).toContain(records.length)
    },
  )

  it('while it prepares a segment is a warning, and only an error if the segment is needed and still cannot be made', async () => {
    const { journal, warnings } = openJournal()
    const batches = makeBatches(100, 100, 100, 100, 100)
    disk.fail('writeInBackground', 'ENOSPC')
    commitBatch(journal, batches[0])
    await vi.waitFor(() => expect(warnings).toHaveLength(1))
    expect(warnings[0]).toMatchObject({ code: 'preparationFailed', text: expect.stringContaining('the disk is full') })
    commitBatch(journal, batches[1])
    await vi.waitFor(() => expect(warnings).toHaveLength(2))
    disk.fail('create', 'ENOSPC')
    expect(() => commitBatch(journal, batches[2])).toThrow('the disk is full')
    expect(readRecords(place.folder)).toEqual(batches.slice(0, 2).flat())
  })

  it('when the folder is opened is an error that names the folder', () => {
    disk.fail('prepareFolder', 'EACCES')
    expect(() => openJournal()).toThrow(`${place.folder}: permission denied (EACCES)`)
  })

  it('when the journal is read is an error that names file and offset', () => {
    writeJournal(place.folder, makeBatches(3))
    disk.fail('read', 'EIO')
    expect(() => openJournal()).toThrow(LogCorruptError)
    expect(() => openJournal()).toThrow('000000000001.log at byte 0: it could not be read: EIO')
  })
})

describe('opening a journal again', () => {
  it('syncs all of it, and writes its last batch once more, before anything is done upon it, in mode sync', () => {
    const batches = makeBatches(100, 100, 100)
    writeJournal(place.folder, batches)
    expect(segmentPaths(place.folder)).toHaveLength(3)
    const journal = new FileJournal(disk.storage, { mode: 'sync', segmentBytes: 4_096 })
    disk.operations.length = 0
    journal.replay(() => {})
    expect(disk.operations.filter((name) => name === 'sync')).toHaveLength(3)
    expect(disk.operations.filter((name) => name === 'write')).toHaveLength(1)
    expect(disk.operations).toContain('syncFolder')
    journal.close()
    expect(readRecords(place.folder)).toEqual(batches.flat())
  })

  it('fails if what was read cannot be made durable', () => {
    writeJournal(place.folder, makeBatches(3))
    disk.fail('sync', 'EIO')
    const journal = new FileJournal(disk.storage, { mode: 'sync', segmentBytes: 4_096 })
    expect(() => journal.replay(() => {})).toThrow(LogWriteError)
    expect(() => commitBatch(journal, makeBatches(3, 1)[1])).toThrow(LogWriteError)
    journal.close()
  })
})

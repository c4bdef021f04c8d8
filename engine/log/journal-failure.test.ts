/** What a journal does when the disk fails it: it stops for good at the first failure, and says why. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LogCorruptError, type LogPosition, LogWriteError } from './command-log.ts'
import { commit, commitBatch, makeBatches, type WrittenRecord } from './conformance.ts'
import { FileJournal, type JournalWarning } from './file-journal.ts'
import { readJournal } from './journal-reader.ts'
import { FolderStorage } from './journal-storage.ts'
import { segmentFill } from './segment-fill.ts'
import { continuedMarkBytes } from './segment-format.ts'
import { contentsOf, readRecords, segmentPaths, temporaryFolder, watchedStorage, writeJournal } from './test-journal.ts'

let place: ReturnType<typeof temporaryFolder>
let disk: ReturnType<typeof watchedStorage>
beforeEach(() => {
  place = temporaryFolder()
  disk = watchedStorage(place.folder)
})
afterEach(() => place.remove())

const speeds = { quick: 0, slow: 2 }

/** By its clock every commit takes no time, or so much that the next ones are done beside the event loop. */
function openJournal(speed: keyof typeof speeds = 'quick') {
  const warnings: JournalWarning[] = []
  let nowMs = 0
  const monotonicMs = () => {
    nowMs += speeds[speed]
    return nowMs
  }
  const onWarning = (warning: JournalWarning) => warnings.push(warning)
  const journal = new FileJournal(disk.storage, { mode: 'sync', segmentBytes: 4_096, onWarning, monotonicMs })
  journal.replay(() => {})
  disk.operations.length = 0
  return { journal, warnings }
}

describe('a commit that fails', () => {
  it.each([
    ['quick', 'write', 'ENOSPC', 'the disk is full (ENOSPC). Free space'],
    ['quick', 'write', 'EIO', 'the disk reported an I/O error (EIO). Check the disk'],
    ['quick', 'sync', 'EIO', 'the disk reported an I/O error (EIO). Check the disk'],
    ['quick', 'sync', 'EUNKNOWN', 'EUNKNOWN: injected. Correct the cause'],
    ['slow', 'writeInBackground', 'ENOSPC', 'the disk is full (ENOSPC). Free space'],
    ['slow', 'writeInBackground', 'EIO', 'the disk reported an I/O error (EIO). Check the disk'],
    ['slow', 'syncInBackground', 'EIO', 'the disk reported an I/O error (EIO). Check the disk'],
  ] as const)(
    'on a %s disk at %s with %s ends the log, with file, cause and what to do',
    async (speed, operation, code, text) => {
      const { journal } = openJournal(speed)
      const batches = makeBatches(2, 2, 2, 2)
      await commitBatch(journal, batches[0])
      await commitBatch(journal, batches[1])
      disk.fail(operation, code)
      const failed = commitBatch(journal, batches[2])
      await expect(failed).rejects.toThrow(LogWriteError)
      await expect(failed).rejects.toThrow(`${operation} of ${segmentPaths(place.folder)[0]}: ${text}`)
      disk.heal()
      disk.operations.length = 0
      const before = contentsOf(place.folder)
      expect(() => commitBatch(journal, batches[3])).toThrow(LogWriteError)
      await expect(commit(journal)).rejects.toThrow(text)
      expect(() => journal.replay(() => {})).toThrow(LogWriteError)
      journal.close()
      await disk.quiet()
      expect(disk.operations).toEqual(['close'])
      expect(contentsOf(place.folder)).toEqual(before)
      expect(journal.position.sequence).toBe(4)
    },
  )

  it('and a log that is closed after it can be closed again', async () => {
    const { journal } = openJournal()
    await commitBatch(journal, makeBatches(2)[0])
    disk.fail('sync', 'EIO')
    await expect(commitBatch(journal, makeBatches(2, 2)[1])).rejects.toThrow(LogWriteError)
    journal.close()
    expect(() => journal.close()).not.toThrow()
  })
})

it('a sync for a snapshot that fails ends a log in mode os, too: the next one might be called a success', async () => {
  const journal = new FileJournal(disk.storage, { mode: 'os', segmentBytes: 4_096 })
  journal.replay(() => {})
  const batches = makeBatches(2, 2, 2)
  await commitBatch(journal, batches[0])
  await commitBatch(journal, batches[1])
  disk.fail('syncInBackground', 'EIO')
  await expect(journal.makeDurable()).rejects.toThrow(LogWriteError)
  disk.heal()
  await expect(commit(journal)).rejects.toThrow('the disk reported an I/O error (EIO)')
  expect(() => commitBatch(journal, batches[2])).toThrow(LogWriteError)
  journal.close()
})

describe.each(['quick', 'slow'] as const)('whatever single call fails on a %s disk', (speed) => {
  const batches = makeBatches(60, 10, 160, 5, 400, 1, 2)

  /** Commits the batches until one fails; says how often each commit called back, and the errors. */
  async function run(journal: FileJournal) {
    const outcomes: (LogWriteError | undefined)[][] = []
    for (const batch of batches) {
      const outcome: (LogWriteError | undefined)[] = []
      outcomes.push(outcome)
      appendTo(journal, batch)
      await new Promise<void>((resolve) => {
        journal.commit((error) => {
          outcome.push(error)
          resolve()
        })
      })
      await disk.quiet()
      if (outcome[0] !== undefined) break
    }
    return outcomes
  }

  it('the commit fails once, nothing is written any more, and what was acknowledged can be read', async () => {
    let failures = 0
    for (let count = 0; ; count += 1) {
      place.remove()
      const { journal, warnings } = openJournal(speed)
      disk.failAfter(count)
      const outcomes = await run(journal)
      expect(outcomes.map((outcome) => outcome.length)).toEqual(outcomes.map(() => 1))
      const acknowledged = outcomes.filter(([error]) => error === undefined).length
      if (acknowledged < batches.length) {
        failures += 1
        const before = contentsOf(place.folder)
        expect(() => appendTo(journal, makeBatches(1)[0])).toThrow(LogWriteError)
        await expect(commit(journal)).rejects.toThrow(outcomes.at(-1)?.[0])
        await disk.quiet()
        expect(contentsOf(place.folder)).toEqual(before)
      } else if (disk.operations.length <= count) {
        expect(warnings).toEqual([])
        expect(failures).toBeGreaterThan(20)
        disk.heal()
        journal.close()
        return
      } else {
        // A segment could not be prepared ahead, and was made when it was needed.
        expect(warnings.map(({ code }) => code)).toEqual(['preparationFailed'])
      }
      journal.close()
      await disk.quiet()
      const records = readRecords(place.folder)
      const sequences = [acknowledged, acknowledged + 1].map((end) => batches.slice(0, end).flat().length)
      expect(sequences).toContain(records.length)
      expect(records).toEqual(batches.flat().slice(0, records.length))
    }
  })
})

function appendTo(journal: FileJournal, batch: readonly WrittenRecord[]): void {
  for (const { sequence, timeUs, session, message } of batch) {
    journal.append(sequence, timeUs, session, Uint8Array.from(message), 0, message.length)
  }
}

describe('a disk that fails', () => {
  it('while a segment is prepared ahead is a warning, and an error only if the segment is needed and still cannot be made', async () => {
    const { journal, warnings } = openJournal()
    const batches = makeBatches(100, 60, 100)
    disk.fail('create', 'ENOSPC')
    await commitBatch(journal, batches[0])
    await disk.quiet()
    expect(warnings).toMatchObject([{ code: 'preparationFailed', text: expect.stringContaining('the disk is full') }])
    await commitBatch(journal, batches[1])
    await expect(commitBatch(journal, batches[2])).rejects.toThrow('the disk is full')
    expect(warnings).toHaveLength(1)
    expect(readRecords(place.folder)).toEqual(batches.slice(0, 2).flat())
  })

  it('when the folder is opened is an error that names the folder', () => {
    disk.fail('prepareFolder', 'EACCES')
    expect(() => openJournal()).toThrow(`${place.folder}: permission denied (EACCES)`)
  })

  it.each(['create', 'write', 'sync'] as const)('at %s of the first segment is an error of the replay', (operation) => {
    disk.fail(operation, 'ENOSPC')
    expect(() => openJournal()).toThrow(LogWriteError)
    expect(() => openJournal()).toThrow('the disk is full')
  })

  it('when the journal is read is an error that names file and offset', async () => {
    await writeJournal(place.folder, makeBatches(3))
    disk.fail('read', 'EIO')
    expect(() => openJournal()).toThrow(LogCorruptError)
    expect(() => openJournal()).toThrow('000000000001.log at byte 0: it could not be read: EIO')
  })
})

describe('opening a journal again', () => {
  it('syncs all of it, and writes its last batch once more, before anything is done upon it, in mode sync', async () => {
    const batches = makeBatches(100, 100, 100)
    await writeJournal(place.folder, batches)
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

  it('marks the segment before the last and makes it durable, though a snapshot spares it reading that', async () => {
    await writeJournal(place.folder, makeBatches(100, 100, 100))
    const [, before] = segmentPaths(place.folder)
    const { end, fillKey, size } = readJournal(new FolderStorage(place.folder), () => {}).segments[1]
    const marked = readFileSync(before)
    const unmarked = Buffer.from(marked)
    unmarked.set(segmentFill(fillKey, size - continuedMarkBytes, size), size - continuedMarkBytes)
    writeFileSync(before, unmarked)
    const journal = new FileJournal(disk.storage, { mode: 'os', segmentBytes: 4_096 })
    disk.operations.length = 0
    journal.replay(() => {}, end)
    expect(disk.operations.filter((name) => name === 'sync')).toHaveLength(1)
    expect(readFileSync(before)).toEqual(marked)
    journal.close()
  })

  it('leaves the mark of one alone that another one followed, which is gone', async () => {
    await writeJournal(place.folder, makeBatches(100, 100, 50, 30))
    const [first, gone, ...later] = segmentPaths(place.folder)
    expect(later).toHaveLength(1)
    const ends: LogPosition[] = []
    readJournal(new FolderStorage(place.folder), () => {}, { visitBatch: ({ position }) => ends.push(position) })
    const marked = readFileSync(first)
    rmSync(gone)
    const journal = new FileJournal(disk.storage, { mode: 'sync', segmentBytes: 4_096 })
    journal.replay(() => {}, ends.at(-1))
    journal.close()
    expect(readFileSync(first)).toEqual(marked)
  })

  it('fails if what was read cannot be made durable', async () => {
    await writeJournal(place.folder, makeBatches(3))
    disk.fail('sync', 'EIO')
    const journal = new FileJournal(disk.storage, { mode: 'sync', segmentBytes: 4_096 })
    expect(() => journal.replay(() => {})).toThrow(LogWriteError)
    expect(() => commitBatch(journal, makeBatches(3, 1)[1])).toThrow(LogWriteError)
    journal.close()
  })
})

/** Which segments are put away, where they are found again, and what follows if not. */
import fs from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LogCorruptError, type LogPosition } from './command-log.ts'
import { commitBatch, makeBatches, replayed } from './conformance.ts'
import { FileJournal, type JournalWarning } from './file-journal.ts'
import { readRecords, segmentPaths, smallSegments, temporaryFolder, watchedStorage } from './test-journal.ts'

let place: ReturnType<typeof temporaryFolder>
let archive: string
beforeEach(() => {
  place = temporaryFolder()
  archive = path.join(path.dirname(place.folder), 'archive')
})
afterEach(() => place.remove())

/** Two to a segment. */
const batches = makeBatches(100, 50, 100, 50, 100, 50, 100, 50)
const firstSequences = [1, 151, 301, 451]

/** Four segments, with where the log was after each batch. */
async function openJournal(storage: ConstructorParameters<typeof FileJournal>[0] = place.folder) {
  const warnings: JournalWarning[] = []
  const onWarning = (warning: JournalWarning) => warnings.push(warning)
  const journal = new FileJournal(storage, { ...smallSegments, onWarning })
  journal.replay(() => {})
  const positions: LogPosition[] = []
  for (const batch of batches) {
    await commitBatch(journal, batch)
    positions.push(journal.position)
  }
  expect(sequencesIn(place.folder)).toEqual(firstSequences)
  return { journal, positions, warnings }
}

function sequencesIn(folder: string): number[] {
  return fs.existsSync(folder) ? segmentPaths(folder).map((file) => Number.parseInt(path.basename(file), 10)) : []
}

function reopen(after?: LogPosition) {
  const journal = new FileJournal(place.folder, smallSegments)
  try {
    return after === undefined ? replayed(journal) : journal.replay(() => {}, after)
  } finally {
    journal.close()
  }
}

describe('segments of which nothing is needed any more', () => {
  it.each([
    [0, 0],
    [149, 0],
    [150, 1],
    [299, 1],
    [300, 2],
    [450, 3],
    [600, 3],
    [9_999, 3],
  ])(
    'are, up to sequence %i, the first %i: all that end there or before, but never the last',
    async (before, count) => {
      const { journal } = await openJournal()
      await journal.retireSegments(before, 'archive')
      expect(sequencesIn(archive)).toEqual(firstSequences.slice(0, count))
      expect(sequencesIn(place.folder)).toEqual(firstSequences.slice(count))
      journal.close()
    },
  )

  it('stay where they are by default', async () => {
    const { journal } = await openJournal()
    await journal.retireSegments(450, 'keep')
    expect(sequencesIn(place.folder)).toEqual(firstSequences)
    journal.close()
  })

  it('are found in the archive by whoever reads the log from its beginning', async () => {
    const { journal } = await openJournal()
    await journal.retireSegments(300, 'archive')
    await journal.retireSegments(450, 'archive')
    journal.close()
    expect(sequencesIn(place.folder)).toEqual([451])
    expect(readRecords(place.folder)).toEqual(batches.flat())
    expect(reopen()).toEqual(batches.flat())
  })

  it('are found also if a copy of one was left in the journal', async () => {
    const { journal } = await openJournal()
    await journal.retireSegments(300, 'archive')
    journal.close()
    fs.copyFileSync(segmentPaths(archive)[1], path.join(place.folder, path.basename(segmentPaths(archive)[1])))
    expect(reopen()).toEqual(batches.flat())
  })

  it('are gone if they are deleted, and then a start is possible only from a position after them', async () => {
    const { journal, positions } = await openJournal()
    await journal.retireSegments(300, 'delete')
    journal.close()
    expect(sequencesIn(place.folder)).toEqual([301, 451])
    expect(fs.existsSync(archive)).toBe(false)
    for (const [index, position] of positions.entries()) {
      const start = () => reopen(position)
      if (index >= 3) start()
      else expect(start).toThrow(LogCorruptError)
    }
    expect(() => reopen()).toThrow('the file with sequence 1, which should come before this one, is missing')
    expect(readRecords(place.folder)).toEqual(batches.slice(4).flat())
  })

  it('are missed if one disappears from the archive, and one of another log there is noticed', async () => {
    const { journal } = await openJournal()
    await journal.retireSegments(450, 'archive')
    journal.close()
    const file = segmentPaths(archive)[1]
    const other = fs.readFileSync(segmentPaths(archive)[2])
    fs.renameSync(file, `${file}.aside`)
    expect(() => reopen()).toThrow('the file with sequence 151, which should come before this one, is missing')
    fs.writeFileSync(file, other)
    expect(() => reopen()).toThrow('the file begins with sequence 301, not as named')
  })

  it('are deleted oldest first, one after the other, each deletion synced, so that none is left between two that are gone', async () => {
    const disk = watchedStorage(place.folder)
    const { journal } = await openJournal(disk.storage)
    await disk.quiet()
    disk.operations.length = 0
    disk.hold()
    const retired = journal.retireSegments(450, 'delete')
    const left: number[][] = []
    while (await disk.release()) left.push(sequencesIn(place.folder))
    await retired
    expect(left).toEqual([[151, 301, 451], [151, 301, 451], [301, 451], [301, 451], [451], [451]])
    journal.close()
  })

  it('stay if they cannot be put away, with a warning, and the log goes on; the next attempt does it', async () => {
    const disk = watchedStorage(place.folder)
    const { journal, warnings } = await openJournal(disk.storage)
    disk.fail('moveBeside', 'EIO')
    await journal.retireSegments(300, 'archive')
    expect(warnings).toMatchObject([{ code: 'retirementFailed', text: expect.stringContaining('I/O error (EIO)') }])
    expect(sequencesIn(place.folder)).toEqual(firstSequences)
    disk.heal()
    await commitBatch(journal, makeBatches(100, 50, 100, 50, 100, 50, 100, 50, 1)[8])
    await journal.retireSegments(300, 'archive')
    expect(sequencesIn(archive)).toEqual([1, 151])
    journal.close()
  })
})

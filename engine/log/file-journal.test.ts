import fs from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { LogWriteError } from './command-log.ts'
import { commitBatch, describeCommandLog, makeBatches, replayed } from './conformance.ts'
import { FileJournal } from './file-journal.ts'
import {
  readRecords,
  segmentPaths,
  smallSegments,
  temporaryFolder,
  watchedStorage,
  writeJournal,
} from './test-journal.ts'

for (const mode of ['sync', 'os'] as const) {
  describeCommandLog(`a file journal in mode ${mode}`, () => {
    const { folder, remove } = temporaryFolder()
    return { open: () => new FileJournal(folder, { mode, segmentBytes: 4_096 }), dispose: remove }
  })
}

describe('the files of a journal', () => {
  let place: ReturnType<typeof temporaryFolder>
  beforeEach(() => {
    place = temporaryFolder()
  })
  afterEach(() => place.remove())

  it('are made in a folder that is made on opening, and not before the replay was successful', () => {
    const journal = new FileJournal(place.folder, smallSegments)
    expect(fs.readdirSync(place.folder)).toEqual([])
    journal.replay(() => {})
    expect(fs.readdirSync(place.folder)).toHaveLength(1)
    journal.close()
  })

  it('are named by their first sequence, of one size, and follow each other without a gap over many segments', async () => {
    const batches = makeBatches(...Array.from({ length: 200 }, (_, index) => 1 + (index % 7)))
    await writeJournal(place.folder, batches)
    const segments = segmentPaths(place.folder)
    expect(segments.length).toBeGreaterThan(5)
    expect(path.basename(segments[0])).toBe('000000000001.log')
    for (const segment of segments) expect(fs.statSync(segment).size).toBe(4_096)
    const starts = segments.map((segment) => Number.parseInt(path.basename(segment), 10))
    const firstOfBatches = batches.map((batch) => batch[0].sequence)
    for (const start of starts) expect(firstOfBatches).toContain(start)
    expect(readRecords(place.folder)).toEqual(batches.flat())
  })

  it('go on in the last segment when the journal is opened again', async () => {
    const batches = makeBatches(2, 2, 2)
    for (const batch of batches) await writeJournal(place.folder, [batch])
    expect(segmentPaths(place.folder)).toHaveLength(1)
    expect(readRecords(place.folder)).toEqual(batches.flat())
  })

  it('give a batch that is larger than a segment a segment of its own', async () => {
    const batches = makeBatches(60, 400, 150, 3)
    await writeJournal(place.folder, batches)
    const sizes = segmentPaths(place.folder).map((segment) => fs.statSync(segment).size)
    expect(sizes).toHaveLength(3)
    expect(sizes[1]).toBeGreaterThan(8_192)
    expect(readRecords(place.folder)).toEqual(batches.flat())
  })

  it('include one that is prepared once an eighth of the current one is used, so that no commit waits for it', async () => {
    const disk = watchedStorage(place.folder)
    const journal = new FileJournal(disk.storage, smallSegments)
    journal.replay(() => {})
    const batches = makeBatches(10, 80, 80, 12)
    await commitBatch(journal, batches[0])
    expect(fs.readdirSync(place.folder)).toHaveLength(1)
    await commitBatch(journal, batches[1])
    expect(fs.readdirSync(place.folder)).toHaveLength(2)
    await disk.quiet()
    disk.operations.length = 0
    await commitBatch(journal, batches[2])
    await commitBatch(journal, batches[3])
    expect(segmentPaths(place.folder)).toHaveLength(2)
    expect(disk.operations).not.toContain('create')
    journal.close()
    expect(readRecords(place.folder)).toEqual(batches.flat())
  })

  it('include none that was prepared and not used, once it is closed', async () => {
    const disk = watchedStorage(place.folder)
    const journal = new FileJournal(disk.storage, smallSegments)
    journal.replay(() => {})
    await commitBatch(journal, makeBatches(100)[0])
    expect(fs.readdirSync(place.folder)).toHaveLength(2)
    journal.close()
    await vi.waitFor(() => expect(fs.readdirSync(place.folder)).toEqual(['000000000001.log']))
  })

  it('lose what an earlier process had prepared and not used', async () => {
    await writeJournal(place.folder, makeBatches(2))
    fs.writeFileSync(path.join(place.folder, 'prepared-99'), new Uint8Array(4_096))
    await writeJournal(place.folder, [])
    expect(fs.readdirSync(place.folder)).toEqual(['000000000001.log'])
  })

  it('can be read while the journal is open, up to the last commit', async () => {
    const journal = new FileJournal(place.folder, smallSegments)
    journal.replay(() => {})
    const batches = makeBatches(2, 3)
    await commitBatch(journal, batches[0])
    expect(readRecords(place.folder)).toEqual(batches[0])
    await commitBatch(journal, batches[1])
    expect(readRecords(place.folder)).toEqual(batches.flat())
    journal.close()
  })

  it('change their segment size with the option, from the next segment on', async () => {
    const batches = makeBatches(40, 60, 60, 60, 60)
    await writeJournal(place.folder, batches.slice(0, 2))
    await writeJournal(place.folder, batches.slice(2), { mode: 'os', segmentBytes: 8_192 })
    const sizes = segmentPaths(place.folder).map((segment) => fs.statSync(segment).size)
    expect(new Set(sizes)).toEqual(new Set([4_096, 8_192]))
    expect(readRecords(place.folder)).toEqual(batches.flat())
  })

  it('cannot be where a file is in the place of the folder: the error says so', () => {
    fs.mkdirSync(path.dirname(place.folder))
    fs.writeFileSync(place.folder, '')
    const open = () => new FileJournal(place.folder, smallSegments)
    expect(open).toThrow(LogWriteError)
    expect(open).toThrow(
      `${place.folder}: a file is in the place of the folder (EEXIST). Choose another data folder, then start the engine again.`,
    )
  })

  it.each([0, 4_095, 5_000, Number.NaN])('cannot have %d bytes', (segmentBytes) => {
    expect(() => new FileJournal(place.folder, { mode: 'os', segmentBytes })).toThrow('multiple of 4096')
  })
})

it('a journal that cannot be replayed makes no file', () => {
  const { folder, remove } = temporaryFolder()
  fs.mkdirSync(folder, { recursive: true })
  fs.writeFileSync(path.join(folder, '000000000001.log'), 'not a segment')
  const journal = new FileJournal(folder, smallSegments)
  expect(() => replayed(journal)).toThrow('000000000001.log at byte 0')
  journal.close()
  expect(fs.readdirSync(folder)).toEqual(['000000000001.log'])
  remove()
})

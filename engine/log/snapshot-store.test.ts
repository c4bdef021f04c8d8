/** Writing snapshots: whole or not there, at whatever moment power or disk space run out; and which of them are kept. */
import fs from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { FolderStorage } from './journal-storage.ts'
import type { SnapshotHeader, SnapshotParts } from './snapshot-format.ts'
import { SnapshotStore, SnapshotWriteError, type WrittenSnapshot } from './snapshot-store.ts'
import { type PowerLost, TestDisk } from './test-disk.ts'
import { temporaryFolder } from './test-journal.ts'
import { diskWith, headerAt, openStore, otherLog, partsOf, sequencesOn, snapshotOf } from './test-snapshots.ts'

type Write = (store: SnapshotStore, header: SnapshotHeader, parts: SnapshotParts) => Promise<WrittenSnapshot>

/** Two ways that must do the same. */
const ways: readonly (readonly [way: string, write: Write])[] = [
  ['beside the event loop', (store, header, parts) => store.write(header, parts)],
  ['at once', async (store, header, parts) => store.writeNow(header, parts)],
]

const unfinished = /^unfinished-/

/** What a disk holds beside whole snapshots. */
function remains(disk: TestDisk): string[] {
  return disk.list().filter((name) => unfinished.test(name))
}

/** How many operations the third snapshot takes, with an old one to remove and something left over. */
async function countOperations(write: Write): Promise<number> {
  const disk = readyDisk()
  await write(openStore(disk).store, headerAt(9), partsOf(9))
  return disk.operations.length
}

/** With snapshots after commands 5 and 7 and what a process that died left. */
function readyDisk(): TestDisk {
  const disk = diskWith(5, 7)
  disk.set('unfinished-1', new Uint8Array(10))
  return disk
}

describe.each(ways)('a snapshot that is written %s', (_, write) => {
  it('is there, and says how large it is', async () => {
    const disk = new TestDisk()
    const { store } = openStore(disk)
    const { name, bytes } = await write(store, headerAt(9), partsOf(9))
    expect({ name, bytes }).toEqual({ name: '000000000009.snapshot', bytes: disk.contents(name).length })
    expect(store.newest((snapshot) => snapshot)).toEqual(snapshotOf(9))
  })

  it('is synced before it has its name, and has its name before an old one goes', async () => {
    const disk = readyDisk()
    await write(openStore(disk).store, headerAt(9), partsOf(9))
    const [prepareFolder, removeLeftover, create, ...rest] = disk.operations
    expect([prepareFolder, removeLeftover, create]).toEqual(['prepareFolder', 'remove', 'create'])
    expect(rest.slice(-4)).toEqual(['sync', 'rename', 'syncFolder', 'remove'])
    expect(sequencesOn(disk)).toEqual([9, 7])
  })

  it('is whole or not there if the power goes at any moment, and the one before it is there until then', async () => {
    const operations = await countOperations(write)
    let survivorCount = 0
    const found = new Set<number>()
    for (let at = 0; at <= operations; at += 1) {
      const disk = readyDisk()
      disk.failure = { at, code: 'powerLost' }
      await write(openStore(disk).store, headerAt(9), partsOf(9)).catch((error: PowerLost) => error)
      for (const survivor of disk.survivors()) {
        survivorCount += 1
        const { store, warnings } = openStore(survivor)
        const newest = store.newest((snapshot) => snapshot)
        expect([snapshotOf(7), snapshotOf(9)], `power lost before operation ${at}`).toContainEqual(newest)
        expect(warnings).toEqual([])
        found.add(newest!.position.sequence)
        if (at === operations) expect(newest).toEqual(snapshotOf(9))
        await write(store, headerAt(10), partsOf(10))
        expect(remains(survivor)).toEqual([])
        expect(sequencesOn(survivor)).toEqual([10, newest!.position.sequence])
      }
    }
    expect(found).toEqual(new Set([7, 9]))
    expect(survivorCount).toBeGreaterThan(50)
  })

  it.each(['ENOSPC', 'EIO'] as const)(
    'leaves nothing behind if any operation fails with %s, and costs none of the others',
    async (code) => {
      const operations = await countOperations(write)
      for (let at = 0; at < operations; at += 1) {
        const disk = readyDisk()
        disk.failure = { at, code }
        const { store, warnings } = openStore(disk)
        const error = await write(store, headerAt(9), partsOf(9)).catch((reason: Error) => reason)
        const operation = disk.operations[at]
        const newest = store.newest((snapshot) => snapshot)
        expect([snapshotOf(7), snapshotOf(9)], `${operation} failed`).toContainEqual(newest)
        if (error instanceof Error) {
          expect(error).toBeInstanceOf(SnapshotWriteError)
          expect(error.message).toContain(`${operation} of /disk/000000000009.snapshot: the disk`)
          expect(sequencesOn(disk).slice(-2)).toEqual([7, 5])
        } else {
          expect(operation).toBe('remove')
          const [left] = disk
            .list()
            .filter((name) => !['000000000009.snapshot', '000000000007.snapshot'].includes(name))
          expect(warnings).toEqual([
            expect.stringContaining(
              `A file that is not needed could not be removed: remove of /disk/${left}: the disk`,
            ),
          ])
          expect(sequencesOn(disk).slice(0, 2)).toEqual([9, 7])
        }
        // What was left over before stays if it could not be removed.
        expect(remains(disk).filter((name) => name !== 'unfinished-1')).toEqual([])
        await write(store, headerAt(10), partsOf(10))
        expect(remains(disk)).toEqual([])
        expect(sequencesOn(disk)).toHaveLength(2)
      }
    },
  )

  it('says what to do if the disk is full', async () => {
    const disk = new TestDisk()
    disk.failure = { at: 2, code: 'ENOSPC' }
    await expect(write(openStore(disk).store, headerAt(9), partsOf(9))).rejects.toThrow(
      'The snapshot cannot be written: write of /disk/000000000009.snapshot: the disk is full (ENOSPC). ' +
        'Free space on it. The log has all that it would have held.',
    )
  })
})

describe('a snapshot that is being written beside the event loop', () => {
  it('is written a block at a time, each synced before the next', async () => {
    const disk = new TestDisk()
    await openStore(disk).store.write(headerAt(9), partsOf(9, 300_000, [300_000]))
    const pieces = 1 + 3 + 3 + 1
    expect(disk.operations.slice(2, 2 + 2 * pieces)).toEqual(Array(pieces).fill(['write', 'sync']).flat())
    expect(disk.mostInBackground).toBe(1)
  })

  it('keeps another from being begun, until it is done', async () => {
    const { store } = openStore(new TestDisk())
    const first = store.write(headerAt(9), partsOf(9))
    await expect(store.write(headerAt(10), partsOf(10))).rejects.toThrow('A snapshot is already being written.')
    await first
    await store.write(headerAt(10), partsOf(10))
    expect(store.list().map(({ sequence }) => sequence)).toEqual([10, 9])
  })

  it('gives way to one that is written at once, at whatever moment', async () => {
    const outcomes = new Set<string>()
    for (let turns = 0; turns < 20; turns += 1) {
      const disk = readyDisk()
      const { store } = openStore(disk)
      const first = store.write(headerAt(9), partsOf(9)).then(
        () => 'written',
        (error: Error) => error.message,
      )
      for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve))
      store.writeNow(headerAt(10), partsOf(10))
      expect(sequencesOn(disk)[0]).toBe(10)
      const third = store.write(headerAt(11), partsOf(11))
      outcomes.add(await first)
      await third
      expect(store.newest((snapshot) => snapshot)).toEqual(snapshotOf(11))
      expect(remains(disk)).toEqual([])
      expect(sequencesOn(disk)).toEqual([11, 10])
    }
    expect(outcomes).toEqual(new Set(['written', 'The snapshot gave way to a later one.']))
  })
})

describe('of the snapshots', () => {
  it('the newest two are kept, or as many as wanted', () => {
    const disk = diskWith(3, 4, 5, 6, 7)
    expect(openStore(disk, 3).store.writeNow(headerAt(9), partsOf(9)).coveredSequence).toBe(6)
    expect(sequencesOn(disk)).toEqual([9, 7, 6])
    expect(openStore(disk).store.writeNow(headerAt(10), partsOf(10)).coveredSequence).toBe(9)
    expect(sequencesOn(disk)).toEqual([10, 9])
    expect(openStore(disk, 1).store.writeNow(headerAt(11), partsOf(11)).coveredSequence).toBe(11)
    expect(sequencesOn(disk)).toEqual([11])
    expect(() => openStore(disk, 0)).toThrow('keep is 0, must be at least 1')
  })

  it('none covers the log as long as there are fewer than are to be kept', () => {
    const { store } = openStore(new TestDisk())
    expect(store.writeNow(headerAt(5), partsOf(5)).coveredSequence).toBe(0)
    expect(store.writeNow(headerAt(5), partsOf(5)).coveredSequence).toBe(0)
    expect(store.writeNow(headerAt(9), partsOf(9)).coveredSequence).toBe(5)
  })

  it('one that turned out to be damaged when it was read is not counted as kept', () => {
    const disk = diskWith(3, 5, 7)
    disk.contents('000000000007.snapshot')[90] ^= 1
    const { store } = openStore(disk)
    expect(store.newest(({ position }) => position.sequence)).toBe(5)
    expect(store.writeNow(headerAt(9), partsOf(9)).coveredSequence).toBe(5)
    expect(sequencesOn(disk)).toEqual([9, 7, 5])
    store.writeNow(headerAt(11), partsOf(11))
    expect(sequencesOn(disk)).toEqual([11, 9])
  })

  it('one that is too short is not counted as kept, although nobody read it, and there is a warning', () => {
    const disk = diskWith(3, 5, 7)
    disk.set('000000000007.snapshot', disk.contents('000000000007.snapshot').slice(0, -1))
    const { store, warnings } = openStore(disk)
    store.writeNow(headerAt(9), partsOf(9))
    expect(sequencesOn(disk)).toEqual([9, 7, 5])
    expect(warnings).toEqual([expect.stringContaining('it has 128 bytes but was made with 129')])
  })

  it('one of another log is not counted as kept', () => {
    const disk = diskWith(3, 5)
    openStore(disk, 9).store.writeNow(headerAt(7, otherLog), partsOf(7))
    const { store, warnings } = openStore(disk)
    store.writeNow(headerAt(9), partsOf(9))
    expect(sequencesOn(disk)).toEqual([9, 7, 5])
    expect(warnings).toEqual([expect.stringContaining('it is of another log')])
  })

  it('one that is ahead of the log, as after its folder was restored from a copy, neither counts nor goes', () => {
    const disk = diskWith(5, 50, 60)
    openStore(disk).store.writeNow(headerAt(7), partsOf(7))
    openStore(disk).store.writeNow(headerAt(9), partsOf(9))
    expect(sequencesOn(disk)).toEqual([60, 50, 9, 7])
  })

  it('one with the same number is replaced, and counts again if it was damaged', () => {
    const disk = diskWith(5, 7)
    disk.contents('000000000007.snapshot')[90] ^= 1
    const { store } = openStore(disk)
    store.newest(() => {})
    store.writeNow(headerAt(7), partsOf(7))
    store.writeNow(headerAt(9), partsOf(9))
    expect(sequencesOn(disk)).toEqual([9, 7])
    expect(openStore(disk).store.newest((snapshot) => snapshot)).toEqual(snapshotOf(9))
  })
})

describe('snapshots in a folder of the file system', () => {
  const place = temporaryFolder()
  afterEach(() => place.remove())

  it('are made where no folder was, listed newest first, and read', async () => {
    const warnings: string[] = []
    const storage = new FolderStorage(place.folder)
    const store = new SnapshotStore(storage, { onWarning: ({ text }) => warnings.push(text) })
    expect(store.list()).toEqual([])
    expect(store.newest(() => 1)).toBeUndefined()
    store.removeLeftovers()
    await store.write(headerAt(5), partsOf(5, 300_000))
    store.writeNow(headerAt(7), partsOf(7))
    await store.write(headerAt(9), partsOf(9))
    fs.writeFileSync(storage.pathOf('unfinished-1'), 'half of one')
    expect(store.list()).toEqual([
      { name: '000000000009.snapshot', sequence: 9 },
      { name: '000000000007.snapshot', sequence: 7 },
    ])
    expect(store.newest((snapshot) => snapshot)).toEqual(snapshotOf(9))
    store.removeLeftovers()
    expect(fs.readdirSync(place.folder).sort()).toEqual(['000000000007.snapshot', '000000000009.snapshot'])
    expect(warnings).toEqual([])
  })
})

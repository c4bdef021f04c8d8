/** What a commit asks of the disk, in which order, and when it waits for it in the event loop. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LogWriteError } from './command-log.ts'
import { commitBatch, makeBatches, type WrittenRecord } from './conformance.ts'
import { FileJournal } from './file-journal.ts'
import { readRecords, temporaryFolder, watchedStorage } from './test-journal.ts'

let place: ReturnType<typeof temporaryFolder>
let disk: ReturnType<typeof watchedStorage>
beforeEach(() => {
  place = temporaryFolder()
  disk = watchedStorage(place.folder)
})
afterEach(() => place.remove())

/** A journal with a first segment, and a clock by which each commit takes as long as the test says. */
async function openJournal(mode: 'sync' | 'os' = 'sync', segmentBytes = 65_536) {
  const clock = { commitMs: 0, nowMs: 0 }
  const monotonicMs = () => {
    clock.nowMs += clock.commitMs
    return clock.nowMs
  }
  const journal = new FileJournal(disk.storage, { mode, segmentBytes, monotonicMs })
  journal.replay(() => {})
  await commitBatch(journal, makeBatches(1)[0])
  disk.operations.length = 0
  return { journal, clock }
}

function append(journal: FileJournal, records: readonly WrittenRecord[]): void {
  for (const { sequence, timeUs, session, message } of records) {
    journal.append(sequence, timeUs, session, Uint8Array.from(message), 0, message.length)
  }
}

/** Appends the batch and begins to commit it. */
function beginCommit(journal: FileJournal, batch: readonly WrittenRecord[]) {
  const outcome: { calls: number; error?: LogWriteError | undefined } = { calls: 0 }
  append(journal, batch)
  journal.commit((error) => {
    outcome.calls += 1
    outcome.error = error
  })
  return outcome
}

describe('a commit to a quick disk', () => {
  it.each([
    ['sync', ['write', 'sync']],
    ['os', ['write']],
  ] as const)('is done in the event loop, in mode %s with %j', async (mode, operations) => {
    const { journal } = await openJournal(mode)
    expect(beginCommit(journal, makeBatches(1, 10)[1])).toEqual({ calls: 1, error: undefined })
    expect(disk.operations).toEqual(operations)
    journal.close()
  })
})

it.each([
  ['sync', []],
  ['os', ['syncInBackground']],
] as const)('in mode %s what was committed is made to outlive the machine by %j', async (mode, operations) => {
  const { journal } = await openJournal(mode)
  beginCommit(journal, makeBatches(1, 10)[1])
  disk.operations.length = 0
  await journal.makeDurable()
  expect(disk.operations).toEqual(operations)
  journal.close()
})

describe('a commit to a slow disk', () => {
  it.each([
    ['sync', ['writeInBackground', 'syncInBackground']],
    ['os', ['writeInBackground']],
  ] as const)(
    'is done beside the event loop once one took more than a millisecond, in mode %s with %j',
    async (mode, operations) => {
      const { journal, clock } = await openJournal(mode)
      const batches = makeBatches(1, 10, 10)
      clock.commitMs = 1.5
      await commitBatch(journal, batches[1])
      disk.operations.length = 0
      const outcome = beginCommit(journal, batches[2])
      expect(outcome.calls).toBe(0)
      expect(journal.isCommitting).toBe(true)
      await disk.quiet()
      expect(outcome).toEqual({ calls: 1, error: undefined })
      expect(disk.operations).toEqual(operations)
      journal.close()
      expect(readRecords(place.folder)).toEqual(batches.flat())
    },
  )

  it('is done in the event loop again when 64 in a row took no more than a millisecond', async () => {
    const { journal, clock } = await openJournal('os')
    const batches = makeBatches(...Array<number>(140).fill(1))
    const inBackground: number[] = []
    for (let index = 1; index < batches.length; index += 1) {
      clock.commitMs = index === 2 || index === 50 ? 1.5 : 1
      await commitBatch(journal, batches[index])
      if (disk.operations.includes('writeInBackground')) inBackground.push(index)
      disk.operations.length = 0
    }
    expect([inBackground[0], inBackground.at(-1), inBackground.length]).toEqual([3, 114, 112])
    journal.close()
  })

  it('is done only when both write and sync are, one after the other', async () => {
    const { journal, clock } = await openJournal()
    const batches = makeBatches(1, 10, 10)
    clock.commitMs = 1.5
    await commitBatch(journal, batches[1])
    disk.operations.length = 0
    disk.hold()
    const outcome = beginCommit(journal, batches[2])
    expect(disk.operations).toEqual(['writeInBackground'])
    expect(journal.position.sequence).toBe(11)
    await disk.release()
    expect(disk.operations).toEqual(['writeInBackground', 'syncInBackground'])
    expect(outcome.calls).toBe(0)
    expect(journal.position.sequence).toBe(11)
    await disk.release()
    expect(outcome).toEqual({ calls: 1, error: undefined })
    expect(journal.position.sequence).toBe(21)
    journal.close()
  })
})

describe('a commit into a new segment', () => {
  const beginning = ['writeInBackground', 'syncInBackground', 'rename', 'syncFolderInBackground']
  const markOfFormer = ['writeInBackground', 'syncInBackground', 'close']

  it('waits for a sync of the former one before its file is closed', async () => {
    const { journal } = await openJournal('os', 4_096)
    const batches = makeBatches(1, 160, 15)
    await commitBatch(journal, batches[1])
    await disk.quiet()
    disk.operations.length = 0
    disk.hold()
    const durable = journal.makeDurable()
    const sync = disk.holdOnlyFirst()
    const outcome = beginCommit(journal, batches[2])
    // Long enough for all that doesn't wait.
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(disk.operations).toEqual(['syncInBackground', ...beginning])
    expect(outcome.calls).toBe(0)
    sync()
    await durable
    await disk.quiet()
    expect(disk.operations).toEqual(['syncInBackground', ...beginning, ...markOfFormer])
    expect(outcome).toEqual({ calls: 1, error: undefined })
    journal.close()
  })

  it.each(['sync', 'os'] as const)(
    'is done beside the event loop, in mode %s: the segment is synced, named, its name synced, and the one before it marked',
    async (mode) => {
      const { journal } = await openJournal(mode, 4_096)
      const batches = makeBatches(1, 160, 15)
      await commitBatch(journal, batches[1])
      await disk.quiet()
      disk.operations.length = 0
      disk.hold()
      const outcome = beginCommit(journal, batches[2])
      const steps: string[][] = []
      while (await disk.release()) {
        steps.push([...disk.operations])
        if (disk.operations.length < beginning.length + markOfFormer.length) expect(outcome.calls).toBe(0)
      }
      const expected = [...beginning, ...markOfFormer]
      expect(steps).toEqual([2, 4, 5, 6, 7].map((count) => expected.slice(0, count)))
      expect(outcome).toEqual({ calls: 1, error: undefined })
      journal.close()
      expect(readRecords(place.folder)).toEqual(batches.flat())
    },
  )

  it('that is still being prepared waits for it beside the event loop, and no longer syncs each part of it', async () => {
    const segmentBytes = 2 ** 20
    const { journal } = await openJournal('sync', segmentBytes)
    const message = new Uint8Array(500_000).fill(1)
    const commitMessage = (sequence: number) =>
      new Promise<void>((resolve, reject) => {
        journal.append(sequence, 2e15, 1, message, 0, message.length)
        journal.commit((error) => (error === undefined ? resolve() : reject(error)))
      })
    disk.hold()
    await commitMessage(2)
    await commitMessage(3)
    disk.operations.length = 0
    const committed = commitMessage(4)
    while (await disk.release());
    await committed
    // The first of four parts was being written; its sync was not yet asked for.
    const parts = ['writeInBackground', 'writeInBackground', 'writeInBackground', 'syncInBackground']
    expect(disk.operations.slice(0, 11)).toEqual([...parts, ...beginning, ...markOfFormer])
    journal.close()
    expect(readRecords(place.folder)).toHaveLength(4)
  })

  it('that none was prepared for makes it beside the event loop', async () => {
    const { journal } = await openJournal('sync', 4_096)
    const batches = makeBatches(1, 200)
    await commitBatch(journal, batches[1])
    const preparation = ['create', 'writeInBackground', 'syncInBackground']
    expect(disk.operations.slice(0, 10)).toEqual([...preparation, ...beginning, ...markOfFormer])
    journal.close()
    expect(readRecords(place.folder)).toEqual(batches.flat())
  })
})

it('a journal that is closed during a commit lets go of its file when the commit is over', async () => {
  const { journal, clock } = await openJournal()
  const batches = makeBatches(1, 2, 3)
  clock.commitMs = 1.5
  await commitBatch(journal, batches[1])
  disk.hold()
  const outcome = beginCommit(journal, batches[2])
  disk.operations.length = 0
  journal.close()
  expect(disk.operations).not.toContain('close')
  while (await disk.release());
  expect(disk.operations.filter((name) => name === 'close')).toHaveLength(1)
  expect(outcome).toEqual({ calls: 1, error: undefined })
  expect(readRecords(place.folder)).toEqual(batches.flat())
})

import { rmSync } from 'node:fs'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { batchHeaderBytes } from '../../engine/log/batch-format.ts'
import { FileJournal } from '../../engine/log/file-journal.ts'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import { journalBatches } from './journal-batches.ts'

let folder: string

beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

/** Writes batches of so many commands, each command a message of ten bytes. */
async function writeJournal(...batches: number[]): Promise<void> {
  const journal = new FileJournal(folder, { mode: 'os', segmentBytes: 65_536 })
  journal.replay(() => {})
  let sequence = 0
  for (const [index, commands] of batches.entries()) {
    for (let count = 0; count < commands; count++)
      journal.append(++sequence, 1_000 + index, 1, new Uint8Array(10), 0, 10)
    await new Promise<void>((resolve, reject) => journal.commit((error) => (error ? reject(error) : resolve())))
  }
  journal.close()
}

it('counts commands and bytes of the batches of a stretch of the log', async () => {
  await writeJournal(4, 2, 1, 3)
  const stretches = [
    { from: 0, to: 6 },
    { from: 6, to: 10 },
  ]
  // A command takes 24 bytes: length and session in 8, its message in 10, padded to a multiple of 8.
  expect(journalBatches(folder, stretches)).toEqual({
    means: [
      { commands: 3, bytes: batchHeaderBytes + 3 * 24 },
      { commands: 2, bytes: batchHeaderBytes + 2 * 24 },
    ],
    fileCount: 1,
  })
})

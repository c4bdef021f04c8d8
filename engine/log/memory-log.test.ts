import { expect, it } from 'vitest'
import { commitBatch, describeCommandLog, makeBatches, replayed } from './conformance.ts'
import { MemoryLog } from './memory-log.ts'

describeCommandLog('a memory log', () => {
  const kept: Uint8Array<ArrayBuffer>[] = []
  return { open: () => new MemoryLog(kept), dispose: () => {} }
})

it('a memory log that was given nowhere to keep its batches is empty when opened again', async () => {
  const log = new MemoryLog()
  log.replay(() => {})
  await commitBatch(log, makeBatches(3)[0])
  log.close()
  expect(replayed(new MemoryLog())).toEqual([])
})

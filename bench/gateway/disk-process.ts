/** Starts the process that measures the disk. */
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { LatencySummary } from '../load/latency.ts'
import type { Processes } from '../processes.ts'
import type { JournalBatches, LogStretch } from './journal-batches.ts'

const script = fileURLToPath(new URL('../disk-writer.ts', import.meta.url))

export interface DiskJob {
  /** The engine's data folder: its journal is read, and the file that is written to lies beside it. */
  readonly folder: string
  readonly stretches: readonly LogStretch[]
  /** How long to write, for each stretch. */
  readonly seconds: number
}

export interface DiskSpeed {
  readonly syncsPerSecond: number
  /** Of a write and its sync. */
  readonly latency: LatencySummary
}

export interface DiskReply {
  readonly journal: JournalBatches
  /** By stretch. */
  readonly disk: readonly DiskSpeed[]
}

export async function measureDisk(processes: Processes, job: DiskJob): Promise<DiskReply> {
  // On the engine's core: it is the engine's wait that this is to be compared with.
  const child = processes.start('the measurement of the disk', 'server', [script])
  const answer = once(child, 'message')
  child.send(job)
  const [reply] = (await answer) as [DiskReply]
  return reply
}

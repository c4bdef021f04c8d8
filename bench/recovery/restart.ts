/** Starts an engine on a data folder, and notes how long it takes until an order is acknowledged. */
import { type EngineFiles, EngineProcess } from '../engine-process.ts'
import { GeneratorProcess } from '../load/generator-process.ts'
import type { StreamPlace } from '../load/order-stream.ts'
import type { Processes } from '../processes.ts'
import { isOfLoad } from './venue.ts'

export interface Restart {
  /** From the start of the process to the acknowledgement of the first order, synced to the disk. */
  readonly firstAckMs: number
  /** Of it the replay of the log, by the engine's own account. */
  readonly replayMs: number
  /** Commands that were replayed. */
  readonly commands: number
  /** Where the snapshot ends that was used; 0 if none was. */
  readonly snapshotSequence: number
  /** Of what was recovered, if the engine told it. */
  readonly stateHash: string | undefined
}

/** The engine is killed afterwards, as in a crash: it would take a snapshot otherwise. */
export async function restart(processes: Processes, files: EngineFiles, place: StreamPlace): Promise<Restart> {
  const load = await GeneratorProcess.start(processes)
  const startedAtMs = performance.timeOrigin + performance.now()
  const engine = await EngineProcess.start(processes, files, { logMode: 'sync' })
  const sessions = files.sessions.filter(isOfLoad).slice(0, 1)
  const acknowledgedAtMs = await load.sendFirstOrder({ kind: 'engine', port: engine.port, ...place, sessions })
  await processes.end(load.child)
  await processes.end(engine.child, 'SIGKILL')
  const ready = engine.logLines('engine ready').at(-1) as unknown as Omit<Restart, 'firstAckMs'> & {
    readonly milliseconds: number
  }
  const { commands, milliseconds, snapshotSequence, stateHash } = ready
  const firstAckMs = acknowledgedAtMs - startedAtMs
  return { firstAckMs, replayMs: milliseconds, commands, snapshotSequence, stateHash }
}

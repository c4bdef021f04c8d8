/**
 * The recovery suite: how fast a journal is replayed, how soon an engine with a million resting orders is back with the help
 * of a snapshot, and for how long taking that snapshot stops the orders. Each replay and each start is a new process.
 */
import { rmSync } from 'node:fs'
import path from 'node:path'
import { fairPriceTicks } from '../core/flow.ts'
import { type MixedFlowOptions, mixed } from '../core/mixed-flow.ts'
import { EngineFiles, EngineProcess } from '../engine-process.ts'
import { GeneratorProcess } from '../load/generator-process.ts'
import { Processes } from '../processes.ts'
import type { Report, SuiteContext } from '../suite.ts'
import type { Replayed, WrittenJournal } from './job.ts'
import { type ReplayFigures, recoveryReport, type SnapshotFigures } from './recovery-report.ts'
import { restart } from './restart.ts'
import { SnapshotPauses } from './snapshot-pause.ts'
import { flowInstrument, isOfLoad, recoveryVenue } from './venue.ts'
import { perform } from './worker-process.ts'

const loadConnections = 16
const commandsPerSecond = 1_000_000
const restingOrders = 1_000_000
/** As the core suite spreads a million orders: they come to about 100,000 levels. */
const levels = 110_000
/** What is left of the sizes in a trial of the suite, of less than a second. */
const trialShare = 0.05
/** Commands of a batch of the log when the engine is busy, and when it is not: at 10,000 orders a second it has about two. */
const batchCommands = { large: 64, small: 2 } as const
/** Of the journal with small batches, beside the one with large ones. */
const smallBatchesShare = 0.2
const loadPlace = { instrument: flowInstrument, fairPriceTicks }

export async function runRecoverySuite(context: SuiteContext): Promise<Report> {
  const interrupted = Promise.withResolvers<never>()
  context.signal.addEventListener('abort', () => interrupted.reject(new Error('interrupted')), { once: true })
  const processes = new Processes()
  const run = new RecoveryRun(context, processes)
  try {
    return await Promise.race([run.measure(), processes.failure, interrupted.promise])
  } finally {
    await processes.stop()
    run.removeFiles()
  }
}

interface WrittenTo {
  readonly files: EngineFiles
  readonly written: WrittenJournal
}

function checkHash({ stateHash }: { readonly stateHash: string | undefined }, written: WrittenJournal): void {
  if (stateHash !== written.stateHash)
    throw new Error('a replay came to another state than that of the exchange before')
}

class RecoveryRun {
  private readonly context: SuiteContext
  private readonly processes: Processes
  private readonly isTrial: boolean
  private readonly files: EngineFiles[] = []

  constructor(context: SuiteContext, processes: Processes) {
    this.context = context
    this.processes = processes
    this.isTrial = context.seconds < 1
  }

  async measure(): Promise<Report> {
    const { processes } = this
    const share = this.isTrial ? trialShare : 1
    const replay = await this.measureReplay(Math.round(commandsPerSecond * Math.max(this.context.seconds, trialShare)))
    const snapshot = await this.measureSnapshots({
      ...mixed,
      restingOrders: restingOrders * share,
      levels: levels * share,
      timedCommands: 0,
    })
    this.context.progress('JSON.stringify and v8.serialize')
    const serialised = await perform(processes, { kind: 'serialise', orderCount: restingOrders * share })
    return recoveryReport({ replay, snapshot, serialised, isTrial: this.isTrial, cores: processes.cores })
  }

  removeFiles(): void {
    for (const files of this.files) files.remove()
  }

  private async measureReplay(timedCommands: number): Promise<ReplayFigures> {
    const { processes } = this
    const { progress } = this.context
    const flow = { ...mixed, timedCommands }
    const large = await this.writeNew(flow, batchCommands.large)
    const { dataFolder } = large.files
    progress("reading the journal's files")
    const checksummed = await perform(processes, { kind: 'checksum', dataFolder })
    const replays = await this.replays(large)
    const restarts = await this.rounds('start of an engine that replays', () =>
      restart(processes, large.files, loadPlace),
    )
    checkHash(restarts[0], large.written)
    const fewer = { ...flow, timedCommands: timedCommands * smallBatchesShare }
    const smallBatches = await this.replays(await this.writeNew(fewer, batchCommands.small))
    return { written: large.written, batchCommands, files: checksummed, replays, restarts, smallBatches }
  }

  private async measureSnapshots(flow: MixedFlowOptions): Promise<SnapshotFigures> {
    const { processes } = this
    const { progress } = this.context
    const files = await this.newExchange()
    const again = () => restart(processes, files, loadPlace)
    const empty = await this.rounds('start without orders', again)
    const { dataFolder } = files
    const written = await this.write(files, flow, batchCommands.large)
    const pauses = await this.takeSnapshots(files)
    progress('replay, for the hash of the state')
    const fromLog = await perform(processes, { kind: 'replay', dataFolder })
    const fromSnapshot = await perform(processes, { kind: 'replay', dataFolder, fromSnapshot: true })
    const restored = await this.rounds('start with a snapshot', again)
    if (fromSnapshot.stateHash !== fromLog.stateHash) throw new Error('the snapshot led to another state than the log')
    if (restored.some(({ snapshotSequence }) => snapshotSequence === 0)) throw new Error('the snapshot was not used')
    rmSync(path.join(dataFolder, 'snapshots'), { recursive: true })
    const replayed = await this.rounds('start without the snapshot', again)
    return { written, ...pauses, restored, replayed, empty }
  }

  private async takeSnapshots(files: EngineFiles): Promise<Pick<SnapshotFigures, 'undisturbed' | 'snapshots'>> {
    const { processes } = this
    const { progress, seconds } = this.context
    progress('starting the engine and its load')
    const engine = await EngineProcess.start(processes, files, {
      logMode: 'sync',
      options: ['--snapshot-every', '0'],
      preload: new URL('./loop-monitor.ts', import.meta.url),
    })
    const sessions = files.sessions.filter(isOfLoad)
    const load = await GeneratorProcess.connect(processes, {
      kind: 'engine',
      port: engine.port,
      ...loadPlace,
      sessions,
    })
    const pauses = new SnapshotPauses(engine, load)
    progress('load without a snapshot')
    const undisturbed = await pauses.undisturbed(seconds)
    const snapshots = await this.rounds('snapshot under load', () => pauses.duringSnapshot(seconds))
    await pauses.requestSnapshot()
    await processes.end(load.child)
    await processes.end(engine.child, 'SIGKILL')
    return { undisturbed, snapshots }
  }

  /** An engine makes the exchange, and ends. */
  private async newExchange(): Promise<EngineFiles> {
    const { processes } = this
    processes.throwIfStopped()
    const files = new EngineFiles(recoveryVenue(loadConnections))
    this.files.push(files)
    if (!this.isTrial) files.requireDisk()
    const engine = await EngineProcess.start(processes, files, { logMode: 'sync', options: ['--snapshot-every', '0'] })
    await processes.end(engine.child)
    return files
  }

  private async writeNew(flow: MixedFlowOptions, perBatch: number): Promise<WrittenTo> {
    const files = await this.newExchange()
    return { files, written: await this.write(files, flow, perBatch) }
  }

  private write({ dataFolder }: EngineFiles, flow: MixedFlowOptions, perBatch: number): Promise<WrittenJournal> {
    const { restingOrders, timedCommands } = flow
    this.context.progress(
      `writing a journal: ${restingOrders} resting orders, then ${timedCommands} commands, ${perBatch} to a batch`,
    )
    return perform(this.processes, { kind: 'write', dataFolder, flow, batchCommands: perBatch })
  }

  private async replays({ files: { dataFolder }, written }: WrittenTo): Promise<Replayed[]> {
    const replays = await this.rounds('replay', () => perform(this.processes, { kind: 'replay', dataFolder }))
    for (const replayed of replays) checkHash(replayed, written)
    return replays
  }

  private async rounds<Result>(name: string, round: () => Promise<Result>): Promise<Result[]> {
    const count = this.isTrial ? 1 : 3
    const results: Result[] = []
    while (results.length < count) {
      this.context.progress(`${name}, ${results.length + 1} of ${count}`)
      results.push(await round())
    }
    return results
  }
}

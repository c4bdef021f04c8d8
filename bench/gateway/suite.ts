/**
 * The gateway suite: a real engine process under load from another process over raw sockets, beside a bare echo server
 * under the same load. The two take turns, so that a change of the machine's mood meets both. What is durable waits for
 * the disk, so then the disk is measured by itself as well.
 */
import { EngineFiles, EngineProcess } from '../engine-process.ts'
import { GeneratorProcess } from '../load/generator-process.ts'
import type { Target } from '../load/job.ts'
import { Processes } from '../processes.ts'
import type { Report, SuiteContext } from '../suite.ts'
import { Contestant } from './contestant.ts'
import { type DiskReply, measureDisk } from './disk-process.ts'
import { EchoProcess } from './echo-process.ts'
import { gatewayReport, type LatencyAtRate } from './gateway-report.ts'
import type { LogStretch } from './journal-batches.ts'
import { loadPlace, loadVenue } from './load-venue.ts'

const connectionCount = 16
/** Throughput is measured in this many turns. */
const throughputTurns = 3
/** Orders per second at which latency is measured. */
const latencyRates = [10_000, 50_000]
/** How long the disk is measured at most, for each size of a batch. */
const longestDiskSeconds = 2

export async function runGatewaySuite(context: SuiteContext, durable: boolean): Promise<Report> {
  const interrupted = Promise.withResolvers<never>()
  context.signal.addEventListener('abort', () => interrupted.reject(new Error('interrupted')), { once: true })
  const files = new EngineFiles(loadVenue(connectionCount))
  const processes = new Processes()
  try {
    if (durable) files.requireDisk()
    return await Promise.race([measure(context, processes, files, durable), processes.failure, interrupted.promise])
  } finally {
    await processes.stop()
    files.remove()
  }
}

async function measure(
  { seconds, progress }: SuiteContext,
  processes: Processes,
  files: EngineFiles,
  durable: boolean,
): Promise<Report> {
  progress('starting the servers and their load generators')
  const engineProcess = await EngineProcess.start(processes, files, { logMode: durable ? 'sync' : 'memory' })
  const echoProcess = await EchoProcess.start(processes)
  const load = (target: Target) => GeneratorProcess.connect(processes, target)
  const engineLoad = await load({ kind: 'engine', port: engineProcess.port, ...loadPlace, sessions: files.sessions })
  const echoLoad = await load({ kind: 'echo', port: echoProcess.port, ...loadPlace, connections: connectionCount })
  const engine = new Contestant('engine', engineProcess.pid, engineLoad)
  const echo = new Contestant('bare echo', echoProcess.pid, echoLoad)

  /** The engine's sequence number before the first measurement and after each. */
  const sequences = [await engineProcess.sequence()]
  for (let turn = 1; turn <= throughputTurns; turn++) {
    for (const contestant of [engine, echo]) {
      progress(`throughput, turn ${turn} of ${throughputTurns}: ${contestant.name}`)
      await contestant.measureThroughput(seconds / throughputTurns)
    }
  }
  sequences.push(await engineProcess.sequence())
  const latencies: LatencyAtRate[] = []
  for (const ratePerSecond of latencyRates) {
    progress(`latency at ${ratePerSecond} orders/s: engine`)
    const ofEngine = await engine.measureLatency(ratePerSecond, seconds)
    progress(`latency at ${ratePerSecond} orders/s: bare echo`)
    latencies.push({ ratePerSecond, engine: ofEngine, echo: await echo.measureLatency(ratePerSecond, seconds) })
    sequences.push(await engineProcess.sequence())
  }

  const sequenced = sequences[sequences.length - 1] - sequences[0]
  if (sequenced !== engine.answeredInTotal) {
    throw new Error(`the engine processed ${sequenced} commands, but answered ${engine.answeredInTotal}`)
  }
  let disk: DiskReply | undefined
  if (durable) {
    progress('the disk by itself')
    const folder = files.dataFolder
    disk = await measureDisk(processes, {
      folder,
      stretches: stretchesBetween(sequences),
      seconds: Math.min(seconds, longestDiskSeconds),
    })
  }
  const snapshotCount = engineProcess.logLines('snapshot taken').length
  return gatewayReport({ engine, echo, latencies, disk, snapshotCount, connectionCount, cores: processes.cores })
}

function stretchesBetween(sequences: readonly number[]): LogStretch[] {
  return sequences.slice(1).map((to, index) => ({ from: sequences[index], to }))
}

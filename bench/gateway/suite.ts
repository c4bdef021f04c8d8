/**
 * The gateway suite: a real engine process under load from another process over raw sockets, beside a bare echo server
 * under the same load. The two take turns, so that a change of the machine's mood meets both.
 */
import { GeneratorProcess } from '../load/generator-process.ts'
import type { Target } from '../load/job.ts'
import { Processes } from '../processes.ts'
import type { Report, SuiteContext } from '../suite.ts'
import { Contestant } from './contestant.ts'
import { EchoProcess } from './echo-process.ts'
import { EngineFiles, EngineProcess } from './engine-process.ts'
import { gatewayReport } from './gateway-report.ts'

const connectionCount = 16
const instrument = 1
/** Throughput is measured in this many turns, and the middle one counts. */
const throughputTurns = 3

export async function runGatewaySuite(context: SuiteContext, durable: boolean): Promise<Report> {
  const interrupted = Promise.withResolvers<never>()
  context.signal.addEventListener('abort', () => interrupted.reject(new Error('interrupted')), { once: true })
  const files = new EngineFiles(connectionCount)
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
  const engineProcess = await EngineProcess.start(processes, files, durable)
  const echoProcess = await EchoProcess.start(processes)
  const load = (target: Target) => GeneratorProcess.connect(processes, target)
  const engineLoad = await load({ kind: 'engine', port: engineProcess.port, instrument, sessions: files.sessions })
  const echoLoad = await load({ kind: 'echo', port: echoProcess.port, instrument, connections: connectionCount })
  const engine = new Contestant('engine', engineProcess.pid, engineLoad)
  const echo = new Contestant('bare echo', echoProcess.pid, echoLoad)

  const sequenceBefore = await engineProcess.sequence()
  for (let turn = 1; turn <= throughputTurns; turn++) {
    for (const contestant of [engine, echo]) {
      progress(`throughput, turn ${turn} of ${throughputTurns}: ${contestant.name}`)
      await contestant.measureThroughput(seconds / throughputTurns)
    }
  }
  progress('latency: engine')
  const engineLatency = await engine.measureLatency(seconds)
  progress('latency: bare echo')
  const echoLatency = await echo.measureLatency(seconds)

  const sequenced = (await engineProcess.sequence()) - sequenceBefore
  if (sequenced !== engine.answeredInTotal) {
    throw new Error(`the engine processed ${sequenced} commands, but answered ${engine.answeredInTotal}`)
  }
  return gatewayReport({ engine, echo, engineLatency, echoLatency, connectionCount, durable, cores: processes.cores })
}

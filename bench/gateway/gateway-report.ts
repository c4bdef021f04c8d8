/** What the gateway suite hands back, for machines and for people. */
import type { Cores } from '../cores.ts'
import type { OpenLoopResult } from '../load/job.ts'
import type { LatencySummary } from '../load/latency.ts'
import { formatNumber } from '../report.ts'
import type { Figure, Report, Table } from '../suite.ts'
import { type Contestant, window } from './contestant.ts'
import type { DiskReply } from './disk-process.ts'
import { echoAnswerBytes } from './echo-process.ts'

export interface LatencyAtRate {
  readonly ratePerSecond: number
  readonly engine: OpenLoopResult
  readonly echo: OpenLoopResult
}

export interface GatewayRun {
  readonly engine: Contestant
  readonly echo: Contestant
  readonly latencies: readonly LatencyAtRate[]
  /** The disk by itself, at the batches of the throughput and then of each latency; undefined if the log is in memory. */
  readonly disk: DiskReply | undefined
  /** Taken by the engine during the run. */
  readonly snapshotCount: number
  readonly connectionCount: number
  /** Undefined if the processes were not pinned. */
  readonly cores: Cores | undefined
}

export function gatewayReport(run: GatewayRun): Report {
  const { engine, echo, latencies, disk } = run
  const acked = engine.answeredPerSecond
  const echoed = echo.answeredPerSecond
  const results: Record<string, Figure> = { ackedPerSecond: { value: acked, unit: 'commands/s' } }
  const reference: Record<string, Figure> = { bareEchoPerSecond: { value: echoed, unit: 'frames/s' } }
  if (disk !== undefined) results.refusedOrders = { value: engine.refusedInTotal, unit: 'commands' }
  const ratios: Record<string, number> = { ackedToBareEcho: acked / echoed }
  for (const [index, latency] of latencies.entries()) {
    const at = `At${latency.ratePerSecond / 1_000}k`
    const waits: { readonly p50Us: number; readonly p99Us: number }[] = [latency.echo.latency]
    Object.assign(results, percentiles('ack', at, latency.engine.latency))
    Object.assign(reference, percentiles('bareEcho', at, latency.echo.latency))
    const sync = disk?.disk[index + 1]
    if (sync !== undefined) {
      waits.push(sync.latency)
      Object.assign(reference, percentiles('diskSync', at, sync.latency))
    }
    const leastUs = waits.reduce((sum, { p50Us }) => sum + p50Us, 0)
    ratios[`ackP50${at}To${sync === undefined ? 'BareEcho' : 'BareEchoAndDiskSync'}`] =
      latency.engine.latency.p50Us / leastUs
  }
  return {
    method: method(run),
    tables: [throughputTable(run), ...latencies.map(latencyTable), ...diskTables(run)],
    caveats: caveats(run),
    results,
    reference,
    ratios,
  }
}

function percentiles(name: string, at: string, { p50Us, p99Us }: LatencySummary): Record<string, Figure> {
  return {
    [`${name}P50Us${at}`]: { value: p50Us, unit: 'µs' },
    [`${name}P99Us${at}`]: { value: p99Us, unit: 'µs' },
  }
}

function method({ connectionCount, disk, cores }: GatewayRun): string[] {
  const log = disk === undefined ? 'log in memory' : 'log synced to the disk before an answer leaves'
  const placement =
    cores === undefined
      ? 'processes not pinned to cores'
      : `server on core ${cores.server}, its load on core ${cores.client}`
  return [
    `${connectionCount} connections over loopback from another process, one order a frame, ${log}; ${placement}.`,
    `Throughput: closed loop, ${window} unanswered per connection. Latency: open loop at a fixed rate, from the time at`,
    'which an order was due to be sent to the time at which its answer was read.',
    `Bare echo: uWebSockets.js that answers the same frames with ${echoAnswerBytes} bytes, the size of an answer to a new order.`,
  ]
}

function throughputTable({ engine, echo }: GatewayRun): Table {
  const row = (label: string, contestant: Contestant) => {
    const { result, userCpuUs, systemCpuUs } = contestant.middleThroughput
    const rates = contestant.throughput.map((turn) => turn.answeredPerSecond)
    return [
      label,
      ...[contestant.answeredPerSecond, Math.min(...rates), Math.max(...rates)].map(formatNumber),
      ...[userCpuUs, systemCpuUs].map((value) => (Number.isNaN(value) ? '?' : formatNumber(value))),
      `${Math.round(result.generatorCpu * 100)} %`,
    ]
  }
  return {
    title: 'First answers per second, at saturation',
    columns: [
      '',
      'all turns',
      'slowest turn',
      'fastest turn',
      'user CPU µs each',
      'system CPU µs each',
      'generator busy',
    ],
    rows: [row('engine', engine), row('bare echo', echo)],
  }
}

const latencyColumns = ['p50', 'p99', 'p99.9', 'max']

function latencyCells({ p50Us, p99Us, p999Us, maxUs }: LatencySummary): string[] {
  return [p50Us, p99Us, p999Us, maxUs].map((value) => value.toLocaleString('en-US'))
}

function latencyTable({ ratePerSecond, engine, echo }: LatencyAtRate): Table {
  return {
    title: `Order to answer at ${formatNumber(ratePerSecond)} orders/s, µs`,
    columns: ['', ...latencyColumns],
    rows: [
      ['engine', ...latencyCells(engine.latency)],
      ['  of it, sent late', ...latencyCells(engine.lateness)],
      ['bare echo', ...latencyCells(echo.latency)],
      ['  of it, sent late', ...latencyCells(echo.lateness)],
    ],
  }
}

function diskTables({ disk, latencies }: GatewayRun): Table[] {
  if (disk === undefined) return []
  const loads = ['saturation', ...latencies.map(({ ratePerSecond }) => `${formatNumber(ratePerSecond)} orders/s`)]
  return [
    {
      title: "The disk by itself: a write and fdatasync of as many bytes as the engine's batches had on average, µs",
      columns: ['at', 'commands a batch', 'bytes', 'syncs/s', ...latencyColumns],
      rows: loads.map((load, index) => {
        const { commands, bytes } = disk.journal.means[index]
        const { syncsPerSecond, latency } = disk.disk[index]
        return [load, ...[commands, bytes, syncsPerSecond].map(formatNumber), ...latencyCells(latency)]
      }),
    },
  ]
}

function caveats({ engine, disk, snapshotCount, cores }: GatewayRun): string[] {
  const { counts } = engine.middleThroughput.result
  const share = (value: number) => `${((value / counts.answered) * 100).toFixed(1)} %`
  return [
    `Of the answers ${share(counts.accepted)} accepted, ${share(counts.cancelled)} cancelled, ${share(counts.rejected)} rejected (cancels of orders that had just been filled); ${share(counts.fills / 2)} as many trades.`,
    'Every answer was checked to be the one that was due, and their number against the commands that the engine counted.',
    'Loopback, no TLS, no market-data subscribers; the load generator shares the machine, and what it sends late counts as latency.',
    ...(disk === undefined
      ? []
      : [
          `During the run the log came to ${disk.journal.fileCount} files, and ${snapshotCount} snapshots were taken.`,
          'The disk was measured after the engine, while nothing else wrote to it, one sync right after the other.',
        ]),
    ...(engine.refusedInTotal === 0
      ? []
      : [
          `The engine refused ${engine.refusedInTotal} orders because too many waited for the disk; they count in no figure.`,
        ]),
    ...(cores === undefined ? ['Not pinned: the system moved the processes between cores as it liked.'] : []),
  ]
}

/** What the gateway suite hands back, for machines and for people. */
import type { Cores } from '../cores.ts'
import type { OpenLoopResult } from '../load/job.ts'
import type { LatencySummary } from '../load/latency.ts'
import { formatNumber } from '../report.ts'
import type { Figure, Report, Table } from '../suite.ts'
import { type Contestant, latencyRatePerSecond, window } from './contestant.ts'
import { echoAnswerBytes } from './echo-process.ts'

export interface GatewayRun {
  readonly engine: Contestant
  readonly echo: Contestant
  readonly engineLatency: OpenLoopResult
  readonly echoLatency: OpenLoopResult
  readonly connectionCount: number
  readonly durable: boolean
  /** Undefined if the processes were not pinned. */
  readonly cores: Cores | undefined
}

export function gatewayReport(run: GatewayRun): Report {
  const { engine, echo, engineLatency, echoLatency } = run
  const acked = engine.middleThroughput.answeredPerSecond
  const echoed = echo.middleThroughput.answeredPerSecond
  return {
    method: method(run),
    tables: [throughputTable(run), latencyTable(run)],
    caveats: caveats(run),
    results: {
      ackedPerSecond: { value: acked, unit: 'commands/s' },
      ackP50UsAt10k: microseconds(engineLatency.latency.p50Us),
      ackP99UsAt10k: microseconds(engineLatency.latency.p99Us),
    },
    reference: {
      bareEchoPerSecond: { value: echoed, unit: 'frames/s' },
      bareEchoP50UsAt10k: microseconds(echoLatency.latency.p50Us),
      bareEchoP99UsAt10k: microseconds(echoLatency.latency.p99Us),
    },
    ratios: { ackedToBareEcho: acked / echoed },
  }
}

function method({ connectionCount, durable, cores }: GatewayRun): string[] {
  const log = durable ? 'log synced to the disk before an answer leaves' : 'log in memory'
  const placement =
    cores === undefined
      ? 'processes not pinned to cores'
      : `server on core ${cores.server}, its load on core ${cores.client}`
  return [
    `${connectionCount} connections over loopback from another process, one order a frame, ${log}; ${placement}.`,
    `Throughput: closed loop, ${window} unanswered per connection. Latency: open loop at ${formatNumber(latencyRatePerSecond)} orders/s,`,
    'from the time at which an order was due to be sent to the time at which its answer was read.',
    `Bare echo: uWebSockets.js that answers the same frames with ${echoAnswerBytes} bytes, the size of an answer to a new order.`,
  ]
}

function throughputTable({ engine, echo }: GatewayRun): Table {
  const row = (label: string, contestant: Contestant) => {
    const { answeredPerSecond, result, userCpuUs, systemCpuUs } = contestant.middleThroughput
    const rates = contestant.throughput.map((turn) => turn.answeredPerSecond)
    return [
      label,
      ...[answeredPerSecond, Math.min(...rates), Math.max(...rates)].map(formatNumber),
      ...[userCpuUs, systemCpuUs].map((value) => (Number.isNaN(value) ? '?' : formatNumber(value))),
      `${Math.round(result.generatorCpu * 100)} %`,
    ]
  }
  return {
    title: 'First answers per second, at saturation',
    columns: ['', 'median', 'slowest turn', 'fastest turn', 'user CPU µs each', 'system CPU µs each', 'generator busy'],
    rows: [row('engine', engine), row('bare echo', echo)],
  }
}

function latencyTable({ engineLatency, echoLatency }: GatewayRun): Table {
  const row = (label: string, { p50Us, p99Us, p999Us, maxUs }: LatencySummary) => [
    label,
    ...[p50Us, p99Us, p999Us, maxUs].map((value) => value.toLocaleString('en-US')),
  ]
  return {
    title: `Order to answer at ${formatNumber(latencyRatePerSecond)} orders/s, µs`,
    columns: ['', 'p50', 'p99', 'p99.9', 'max'],
    rows: [
      row('engine', engineLatency.latency),
      row('  of it, sent late', engineLatency.lateness),
      row('bare echo', echoLatency.latency),
      row('  of it, sent late', echoLatency.lateness),
    ],
  }
}

function caveats({ engine, cores }: GatewayRun): string[] {
  const { counts } = engine.middleThroughput.result
  const share = (value: number) => `${((value / counts.answered) * 100).toFixed(1)} %`
  return [
    `Of the answers ${share(counts.accepted)} accepted, ${share(counts.cancelled)} cancelled, ${share(counts.rejected)} rejected (cancels of orders that had just been filled); ${share(counts.fills / 2)} as many trades.`,
    'Every answer was checked to be the one that was due, and their number against the commands that the engine counted.',
    'Loopback, no TLS, no market-data subscribers; the load generator shares the machine, and what it sends late counts as latency.',
    ...(cores === undefined ? ['Not pinned: the system moved the processes between cores as it liked.'] : []),
  ]
}

function microseconds(value: number): Figure {
  return { value, unit: 'µs' }
}

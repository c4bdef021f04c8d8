/**
 * The two ways of loading a server. Closed loop: every connection keeps a window of unanswered commands, which finds what
 * the server can do at most and says nothing about latency. Open loop: commands leave on a schedule, whatever the server
 * does, which is how latency has to be measured.
 */
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LoadConnection } from './connection.ts'
import type { AnswerCounts, ClosedLoop, LoadResult, OpenLoop, OpenLoopResult } from './job.ts'
import { LatencyRecorder, Schedule } from './latency.ts'

/** After the last command, its answer must come within this time. */
const answerDeadlineMs = 10_000

type Connections = readonly LoadConnection[]

export async function runClosedLoop(connections: Connections, loop: ClosedLoop): Promise<LoadResult> {
  let stopped = false
  const refill = (connection: LoadConnection) => {
    if (stopped) return
    for (let missing = loop.window - connection.unanswered; missing > 0; missing--) connection.queue(0)
    connection.flush()
  }
  for (const connection of connections) {
    connection.onAnswers = () => refill(connection)
    refill(connection)
  }
  await sleep(loop.warmupSeconds * 1_000)
  const measurement = new Measurement(connections)
  await sleep(loop.seconds * 1_000)
  const measured = measurement.end()
  stopped = true
  await allAnswered(connections)
  return { ...measured, ...inTotal(connections) }
}

export async function runOpenLoop(connections: Connections, loop: OpenLoop): Promise<OpenLoopResult> {
  const startMs = performance.now() + 10
  const measuredFromMs = startMs + loop.warmupSeconds * 1_000
  const schedule = new Schedule(startMs, loop.ratePerSecond, loop.warmupSeconds + loop.seconds)
  const latency = new LatencyRecorder(measuredFromMs)
  const lateness = new LatencyRecorder(measuredFromMs)
  for (const connection of connections) {
    connection.onAnswers = () => {}
    connection.recorder = latency
  }
  let measurement: Measurement | undefined
  for (let sent = 0; sent < schedule.total; ) {
    const now = performance.now()
    if (measurement === undefined && now >= measuredFromMs) measurement = new Measurement(connections)
    for (const due = schedule.dueCount(now); sent < due; sent++) {
      const connection = connections[sent % connections.length]
      const dueMs = schedule.dueMs(sent)
      lateness.record(dueMs, performance.now())
      connection.queue(dueMs)
      // One frame, one write: a client with one order to send does not wait for a second one.
      connection.flush()
    }
    await nextTurn()
  }
  const measured = (measurement ?? new Measurement(connections)).end()
  await allAnswered(connections)
  for (const connection of connections) connection.recorder = undefined
  return { ...measured, ...inTotal(connections), latency: latency.summary(), lateness: lateness.summary() }
}

function countAnswers(connections: Connections): AnswerCounts {
  const total = { answered: 0, refused: 0, accepted: 0, cancelled: 0, rejected: 0, fills: 0 }
  for (const connection of connections) {
    for (const key of Object.keys(total) as (keyof AnswerCounts)[]) total[key] += connection[key]
  }
  return total
}

function inTotal(connections: Connections): Pick<LoadResult, 'answeredInTotal' | 'refusedInTotal'> {
  const { answered, refused } = countAnswers(connections)
  return { answeredInTotal: answered, refusedInTotal: refused }
}

/** What happens between its construction and `end`. */
class Measurement {
  private readonly connections: Connections
  private readonly before: AnswerCounts
  private readonly startMs = performance.now()
  private readonly cpuBefore = process.cpuUsage()

  constructor(connections: Connections) {
    this.connections = connections
    this.before = countAnswers(connections)
  }

  end(): Pick<LoadResult, 'counts' | 'seconds' | 'generatorCpu'> {
    const seconds = (performance.now() - this.startMs) / 1_000
    const cpu = process.cpuUsage(this.cpuBefore)
    const counts = { ...countAnswers(this.connections) }
    for (const key of Object.keys(counts) as (keyof AnswerCounts)[]) counts[key] -= this.before[key]
    return { counts, seconds, generatorCpu: (cpu.user + cpu.system) / 1e6 / seconds }
  }
}

async function allAnswered(connections: Connections): Promise<void> {
  const deadline = performance.now() + answerDeadlineMs
  while (connections.some((connection) => connection.unanswered > 0)) {
    if (performance.now() > deadline) {
      const unanswered = connections.reduce((sum, connection) => sum + connection.unanswered, 0)
      throw new Error(`${unanswered} commands were not answered within ${answerDeadlineMs / 1_000} s`)
    }
    await sleep(1)
  }
}

/** Lets the event loop read what has arrived, without sleeping: a timer would be a millisecond late. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** A server under load, the generator that loads it, and what was measured on it. */
import type { GeneratorProcess } from '../load/generator-process.ts'
import type { LoadResult, OpenLoopResult } from '../load/job.ts'
import { readCpuSeconds } from '../process-cpu.ts'

/** Commands that each connection keeps unanswered while throughput is measured. */
export const window = 256
const longestWarmupSeconds = 1

export interface Throughput {
  readonly result: LoadResult
  readonly answeredPerSecond: number
  /** CPU time of the server per answer, microseconds; NaN where it cannot be known. */
  readonly userCpuUs: number
  readonly systemCpuUs: number
}

export class Contestant {
  readonly name: string
  readonly throughput: Throughput[] = []
  /** Commands answered since the connections were opened. */
  answeredInTotal = 0
  /** Commands that the server would not take. */
  refusedInTotal = 0
  private readonly serverPid: number
  private readonly generator: GeneratorProcess

  constructor(name: string, serverPid: number, generator: GeneratorProcess) {
    this.name = name
    this.serverPid = serverPid
    this.generator = generator
  }

  async measureThroughput(seconds: number): Promise<void> {
    const answeredBefore = this.answeredInTotal
    const cpuBefore = readCpuSeconds(this.serverPid)
    const result = await this.generator.runClosedLoop({ window, warmupSeconds: warmupFor(seconds), seconds })
    const cpuAfter = readCpuSeconds(this.serverPid)
    this.count(result)
    const answered = result.answeredInTotal - answeredBefore
    this.throughput.push({
      result,
      answeredPerSecond: result.counts.answered / result.seconds,
      userCpuUs: ((cpuAfter.user - cpuBefore.user) / answered) * 1e6,
      systemCpuUs: ((cpuAfter.system - cpuBefore.system) / answered) * 1e6,
    })
  }

  async measureLatency(ratePerSecond: number, seconds: number): Promise<OpenLoopResult> {
    const loop = { ratePerSecond, warmupSeconds: warmupFor(seconds), seconds }
    const result = await this.generator.runOpenLoop(loop)
    this.count(result)
    return result
  }

  private count({ answeredInTotal, refusedInTotal }: LoadResult): void {
    this.answeredInTotal = answeredInTotal
    this.refusedInTotal = refusedInTotal
  }

  /** Over all turns: what a turn lost to a new segment of the log counts. */
  get answeredPerSecond(): number {
    const sum = (value: (turn: Throughput) => number) => this.throughput.reduce((total, turn) => total + value(turn), 0)
    return sum((turn) => turn.result.counts.answered) / sum((turn) => turn.result.seconds)
  }

  /** The turn with the middle throughput. */
  get middleThroughput(): Throughput {
    const sorted = this.throughput.toSorted((left, right) => left.answeredPerSecond - right.answeredPerSecond)
    return sorted[sorted.length >> 1]
  }
}

/** As long as what is measured, while that is short. */
function warmupFor(seconds: number): number {
  return Math.min(longestWarmupSeconds, seconds)
}

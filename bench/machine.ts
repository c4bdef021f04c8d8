/** The machine that a figure belongs to. A figure without it means nothing. */
import os from 'node:os'

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGib: number
  readonly system: string
  readonly node: string
  /** Date of the run, UTC. */
  readonly date: string
  /** Processes that wanted to run in the minute before, on average. */
  readonly loadAverage: number
}

/** Call it before the run: afterwards the load average is the run's own. */
export function describeMachine(): Machine {
  const cpus = os.cpus()
  return {
    cpu: cpus[0]?.model.trim() ?? 'unknown CPU',
    cores: os.availableParallelism(),
    memoryGib: Math.round(os.totalmem() / 2 ** 30),
    system: `${os.type()} ${os.release()}`,
    node: process.versions.node,
    date: new Date().toISOString().slice(0, 10),
    loadAverage: Number(os.loadavg()[0].toFixed(2)),
  }
}

/** The load generator as its parent sees it: one job at a time, each answered or failed. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Processes } from '../processes.ts'
import type { ClosedLoop, Job, LoadResult, OpenLoop, OpenLoopResult, Reply, Target } from './job.ts'

const script = fileURLToPath(new URL('../load-generator.ts', import.meta.url))

export class GeneratorProcess {
  readonly child: ChildProcess

  private constructor(child: ChildProcess) {
    this.child = child
  }

  /** Starts a generator that has no connections yet. */
  static async start(processes: Processes): Promise<GeneratorProcess> {
    const child = processes.start('the load generator', 'client', [script])
    await once(child, 'message')
    return new GeneratorProcess(child)
  }

  /** Starts a generator and opens its connections. */
  static async connect(processes: Processes, target: Target): Promise<GeneratorProcess> {
    const generator = await GeneratorProcess.start(processes)
    await generator.perform({ type: 'connect', target })
    return generator
  }

  /** Connects and sends one order; returns when it was acknowledged, milliseconds since 1970. */
  async sendFirstOrder(target: Target): Promise<number> {
    return (await this.perform({ type: 'firstOrder', target })).acknowledgedAtMs
  }

  async runClosedLoop(loop: ClosedLoop): Promise<LoadResult> {
    return (await this.perform({ type: 'closedLoop', ...loop })).result
  }

  async runOpenLoop(loop: OpenLoop): Promise<OpenLoopResult> {
    return (await this.perform({ type: 'openLoop', ...loop })).result
  }

  private async perform<Type extends Job['type']>(job: Job & { type: Type }): Promise<Reply & { type: Type }> {
    const answer = once(this.child, 'message')
    this.child.send(job)
    const [reply] = (await answer) as [Reply]
    if (reply.type === 'failed') throw new Error(`the load failed: ${reply.message}`)
    return reply as Reply & { type: Type }
  }
}

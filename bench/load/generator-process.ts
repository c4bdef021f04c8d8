/** The load generator as its parent sees it: one job at a time, each answered or failed. */
import type { ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { clientCore, type Processes } from '../processes.ts'
import type { Job, LoadResult, Reply, Target } from './job.ts'

const script = fileURLToPath(new URL('../load-generator.ts', import.meta.url))

export class GeneratorProcess {
  private readonly child: ChildProcess

  private constructor(child: ChildProcess) {
    this.child = child
  }

  /** Starts a generator and opens its connections. */
  static async connect(processes: Processes, target: Target): Promise<GeneratorProcess> {
    const generator = new GeneratorProcess(processes.start(clientCore, [script]))
    await generator.perform({ type: 'connect', target })
    return generator
  }

  async run(job: Exclude<Job, { type: 'connect' }>): Promise<LoadResult> {
    const reply = await this.perform(job)
    if (reply.type !== 'done') throw new Error(`the load generator answered ${reply.type}`)
    return reply.result
  }

  private async perform(job: Job): Promise<Reply> {
    const { promise, resolve, reject } = Promise.withResolvers<Reply>()
    let errors = ''
    const onErrorOutput = (text: Buffer) => {
      errors += text
    }
    const onExit = () => reject(new Error(`the load generator ended: ${errors.trim() || 'no reason given'}`))
    this.child.stderr?.on('data', onErrorOutput)
    this.child.once('message', resolve as (message: unknown) => void)
    this.child.once('exit', onExit)
    this.child.send(job)
    try {
      const reply = await promise
      if (reply.type === 'failed') throw new Error(`the load generator failed: ${reply.message}`)
      return reply
    } finally {
      this.child.stderr?.off('data', onErrorOutput)
      this.child.off('exit', onExit)
      this.child.removeAllListeners('message')
    }
  }
}

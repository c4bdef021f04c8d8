/**
 * The processes of a run: started on a core of their own where the system can do that, watched, and ended together,
 * whatever becomes of the run.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import os from 'node:os'

/** Cores by role. The parent process only waits while something is measured. */
export const serverCore = 0
export const clientCore = 1

/** After this time without an end, a process is killed. */
const graceMs = 5_000

export class Processes {
  /** Whether processes run on the core that they are started for. */
  readonly pinned = os.availableParallelism() > 1 && spawnSync('taskset', ['--version']).status === 0
  private readonly running = new Set<ChildProcess>()

  /** Starts `node` with these arguments. The child has an IPC channel; its output is piped. */
  start(core: number, args: readonly string[]): ChildProcess {
    const command = this.pinned ? ['taskset', '-c', String(core), process.execPath] : [process.execPath]
    const [file, ...prefix] = command
    const child = spawn(file, [...prefix, ...args], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
    this.running.add(child)
    child.once('exit', () => this.running.delete(child))
    return child
  }

  /** Ends all of them and waits until they are gone. */
  async stop(): Promise<void> {
    await Promise.all(
      [...this.running].map(async (child) => {
        const gone = once(child, 'exit')
        child.kill('SIGTERM')
        const timer = setTimeout(() => child.kill('SIGKILL'), graceMs)
        await gone
        clearTimeout(timer)
      }),
    )
  }
}

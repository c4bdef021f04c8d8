/**
 * The processes of a run: started on a core of their own where the system can do that, watched, and ended together,
 * whatever becomes of the run.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { assignCores, type Cores } from './cores.ts'

/** A process that has not ended by then is killed. */
const graceMs = 5_000
/** How much of its standard error is kept to say why a process ended. */
const maxErrorCharacters = 2_000

export class Processes {
  /** Where they run; undefined if the system decides. */
  readonly cores = assignCores()
  /** Rejects when a process ends that was not told to; never resolves. */
  readonly failure: Promise<never>
  private readonly fail: (error: Error) => void
  private readonly running = new Set<ChildProcess>()
  /** Those that were told to end. */
  private readonly ending = new Set<ChildProcess>()
  private stopped = false

  constructor() {
    const { promise, reject } = Promise.withResolvers<never>()
    this.failure = promise
    this.fail = reject
    // Whoever awaits it hears of it; if nobody does at that moment, that is no reason to crash.
    this.failure.catch(() => {})
  }

  /** Starts `node` with these arguments and an IPC channel; its standard output goes nowhere. */
  start(name: string, role: keyof Cores, args: readonly string[]): ChildProcess {
    this.throwIfStopped()
    const command = [process.execPath, ...args]
    const [file, ...rest] = this.cores === undefined ? command : ['taskset', '-c', String(this.cores[role]), ...command]
    const child = spawn(file, rest, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    this.running.add(child)
    let errors = ''
    child.stderr?.on('data', (text: Buffer) => {
      errors = (errors + text).slice(-maxErrorCharacters)
    })
    child.once('error', (error) => {
      this.running.delete(child)
      this.fail(new Error(`${name} could not be started: ${error.message}`))
    })
    child.once('close', (code, signal) => {
      this.running.delete(child)
      const reason = errors.trim() || (signal === null ? `exit code ${code}` : signal)
      if (!this.ending.delete(child)) this.fail(new Error(`${name} ended by itself: ${reason}`))
    })
    return child
  }

  /** Ends one of them, with `SIGKILL` as a crash would, and waits until it is gone. */
  async end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    if (!this.running.has(child)) return
    this.ending.add(child)
    const gone = once(child, 'close')
    child.kill(signal)
    const timer = setTimeout(() => child.kill('SIGKILL'), graceMs)
    await gone
    clearTimeout(timer)
  }

  /** For what has to be tidied up: a run that was given up may be in the middle of something. */
  throwIfStopped(): void {
    if (this.stopped) throw new Error('the run is over')
  }

  /** Ends all of them and waits until they are gone. */
  async stop(): Promise<void> {
    this.stopped = true
    await Promise.all([...this.running].map((child) => this.end(child)))
  }
}

/** One of the project's programs as a person runs it: what it prints is kept, signals can be sent, its end awaited. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..', '..')

export class ProgramRun {
  /** What it has written to its standard output and its standard error so far. */
  output = ''
  errors = ''
  private readonly child: ChildProcess
  private readonly closed: Promise<unknown[]>

  /** @param program its file, from the project's root */
  constructor(program: string, parameters: readonly string[]) {
    const stdio = ['ignore', 'pipe', 'pipe'] as const
    const child = spawn(process.execPath, [program, ...parameters], { cwd: root, stdio: [...stdio] })
    child.stdout?.on('data', (text) => {
      this.output += text
    })
    child.stderr?.on('data', (text) => {
      this.errors += text
    })
    this.child = child
    this.closed = once(child, 'close')
  }

  get pid(): number {
    return this.child.pid ?? 0
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal)
  }

  /** Resolves with the exit code, null if a signal ended it. */
  async ended(): Promise<number | null> {
    const [exitCode] = await this.closed
    return exitCode as number | null
  }
}

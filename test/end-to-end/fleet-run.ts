/** Runs the fleet's program as a person would, in a temporary data folder, and finds the processes that belong to it. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..', '..')
const pollMs = 50

export class FleetRun {
  readonly folder = mkdtempSync(join(tmpdir(), 'tradefloor-fleet-'))
  data = join(this.folder, 'data')
  output = ''
  errors = ''
  private child: ChildProcess | undefined
  private exit: Promise<unknown[]> | undefined

  /** `bots/main.ts fleet` with these arguments and the data folder. */
  start(...parameters: string[]): void {
    const child = spawn(process.execPath, ['bots/main.ts', 'fleet', ...parameters, '--data', this.data], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child.stdout.on('data', (data) => {
      this.output += data
    })
    child.stderr.on('data', (data) => {
      this.errors += data
    })
    this.child = child
    this.exit = once(child, 'close')
  }

  signal(signal: NodeJS.Signals): void {
    this.child?.kill(signal)
  }

  get hasEnded(): boolean {
    return this.child?.exitCode !== null || this.child.signalCode !== null
  }

  /** Resolves with the exit code, or with the signal that ended it. */
  async ended(): Promise<unknown> {
    const [code, signal] = (await this.exit) ?? []
    return code ?? signal
  }

  /** Processes that have the temporary folder on their command line, the supervisor itself left out. */
  processes(): { pid: number; command: string }[] {
    return execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line.includes(this.folder))
      .map((line) => ({ pid: Number.parseInt(line, 10), command: line.trim() }))
      .filter(({ pid }) => pid !== this.child?.pid)
  }

  /** Ends whatever a failed test left over, and removes the data. */
  clean(): void {
    this.signal('SIGKILL')
    for (const { pid } of this.processes()) process.kill(pid, 'SIGKILL')
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Waits until the condition holds. @throws Error with `what` if it does not within `seconds` */
export async function until(what: string, condition: () => boolean, seconds = 60): Promise<void> {
  const deadline = performance.now() + seconds * 1000
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`not within ${seconds} s: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
}

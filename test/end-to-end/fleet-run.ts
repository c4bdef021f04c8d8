/** Runs the fleet's program as a person would, in a temporary data folder, and finds the processes that belong to it. */
import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { ProgramRun } from '../support/program-run.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const pollMs = 50

export class FleetRun {
  readonly folder = temporaryFolder()
  data = join(this.folder, 'data')
  private program: ProgramRun | undefined

  /** `bots/main.ts fleet` with these arguments and the data folder. */
  start(...parameters: string[]): void {
    this.program = new ProgramRun('bots/main.ts', ['fleet', ...parameters, '--data', this.data])
  }

  get output(): string {
    return this.program?.output ?? ''
  }

  get errors(): string {
    return this.program?.errors ?? ''
  }

  get hasEnded(): boolean {
    return this.program?.hasEnded === true
  }

  /** Waits for what is printed from now on. */
  forgetOutput(): void {
    if (this.program !== undefined) this.program.output = ''
  }

  signal(signal: NodeJS.Signals): void {
    this.program?.signal(signal)
  }

  /** Resolves with the exit code, null if a signal ended it. */
  async ended(): Promise<number | null> {
    return (await this.program?.ended()) ?? null
  }

  /** Processes that have the temporary folder on their command line, the supervisor itself left out. */
  processes(): { pid: number; command: string }[] {
    return execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line.includes(this.folder))
      .map((line) => ({ pid: Number.parseInt(line, 10), command: line.trim() }))
      .filter(({ pid }) => pid !== this.program?.pid)
  }

  /** Ends whatever a failed test left over, and removes the data. */
  async clean(): Promise<void> {
    this.signal('SIGKILL')
    await until('everything is gone', () => {
      const left = this.processes()
      for (const { pid } of left) kill(pid)
      return left.length === 0
    })
    rmSync(this.folder, { recursive: true, force: true })
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    // It may have ended since it was seen.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
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

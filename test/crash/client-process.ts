/** A client process as its parent sees it: started, told where the engine is, killed, started again. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ClientJob, FromClient, ToClient } from './client-main.ts'

const program = fileURLToPath(new URL('client-main.ts', import.meta.url))

const nothingTold: FromClient = { isLive: false, isSettled: false, answerCount: 0 }

export class ClientProcess {
  state: FromClient = nothingTold
  /** What it wrote to its standard error: nothing, unless it failed. */
  errors = ''
  private child: ChildProcess | undefined

  start(job: ClientJob): void {
    const stdio = ['ignore', 'ignore', 'pipe', 'ipc'] as const
    const child = spawn(process.execPath, [program, JSON.stringify(job)], { stdio: [...stdio] })
    child.stderr?.on('data', (text) => {
      this.errors += text
    })
    child.on('message', (state: FromClient) => {
      this.state = state
    })
    this.child = child
  }

  /** Whether it is gone although nobody killed it. */
  get hasEnded(): boolean {
    return this.child !== undefined && (this.child.exitCode !== null || this.child.signalCode !== null)
  }

  tell(message: ToClient): void {
    // It may have been killed a moment ago.
    if (this.child?.connected) this.child.send(message, () => {})
  }

  /** Ends it without any chance to clean up. */
  async kill(): Promise<void> {
    const { child } = this
    if (child === undefined) return
    this.child = undefined
    this.state = nothingTold
    child.removeAllListeners('message')
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }
}

/**
 * Keeps one child process alive: starts it, starts it again with a growing delay when it dies, and ends it when asked,
 * first politely, then for certain. Whoever owns it decides what the child is and what its messages mean.
 */
import type { ChildProcess } from 'node:child_process'
import { Backoff } from './backoff.ts'

/** After SIGTERM a process has this long before SIGKILL. */
const terminateGraceMs = 2_000

/** How a process ended, or why it could not be started. */
export interface Death {
  /** For people: what happened, as the end of a sentence. */
  readonly text: string
  /** Undefined if a signal ended it or it never began. */
  readonly exitCode: number | undefined
  readonly livedMs: number
}

export interface ProcessHandlers {
  /** Starts the process. Called for each life. */
  launch(): ChildProcess
  onMessage(message: unknown): void
  /** It died although nobody asked it to. Returns whether it gets another life, `restartInMs` from now. */
  onDeath(death: Death, restartInMs: number): boolean
}

export class SupervisedProcess {
  private readonly handlers: ProcessHandlers
  private readonly backoff = new Backoff()
  private child: ChildProcess | undefined
  private restartTimer: NodeJS.Timeout | undefined
  private stopping = false
  /** Of the current life. */
  private death = Promise.withResolvers<Death>()
  /** Lives after the first. */
  restarts = 0

  constructor(handlers: ProcessHandlers) {
    this.handlers = handlers
  }

  get running(): boolean {
    return this.child !== undefined
  }

  /** Does nothing once it was stopped. */
  start(): void {
    if (this.stopping) return
    const startedMs = performance.now()
    const child = this.handlers.launch()
    this.child = child
    this.death = Promise.withResolvers()
    let startError = ''
    child.on('message', (message) => this.handlers.onMessage(message))
    child.on('error', (error) => {
      // Also raised when a message cannot be delivered to a child that is going.
      if (child.pid === undefined) startError = error.message
    })
    // Not `exit`: what the child said last may still be on its way then.
    child.on('close', (code, signal) => {
      const livedMs = performance.now() - startedMs
      if (startError !== '') this.gone({ text: `could not be started: ${startError}`, exitCode: undefined, livedMs })
      else if (code === null) this.gone({ text: `was killed by ${signal}`, exitCode: undefined, livedMs })
      else this.gone({ text: `exited with code ${code}`, exitCode: code, livedMs })
    })
  }

  /**
   * Ends it for good: by `ask` (SIGTERM unless given), by SIGTERM after `graceMs`, by SIGKILL in the end.
   * @returns how it ended; undefined if it was not running
   */
  async stop(graceMs: number, ask: (child: ChildProcess) => void = terminate): Promise<Death | undefined> {
    this.stopping = true
    clearTimeout(this.restartTimer)
    const child = this.child
    if (child === undefined) return undefined
    ask(child)
    const politely = setTimeout(() => terminate(child), graceMs)
    const certainly = setTimeout(() => child.kill('SIGKILL'), graceMs + terminateGraceMs)
    const death = await this.death.promise
    clearTimeout(politely)
    clearTimeout(certainly)
    return death
  }

  /** Ends it for good, at once. */
  kill(): void {
    this.stopping = true
    clearTimeout(this.restartTimer)
    this.child?.kill('SIGKILL')
  }

  private gone(death: Death): void {
    this.child = undefined
    this.death.resolve(death)
    if (this.stopping) return
    const delayMs = this.backoff.next(death.livedMs)
    if (!this.handlers.onDeath(death, delayMs)) return
    this.restartTimer = setTimeout(() => {
      this.restarts += 1
      this.start()
    }, delayMs)
  }
}

function terminate(child: ChildProcess): void {
  child.kill('SIGTERM')
}

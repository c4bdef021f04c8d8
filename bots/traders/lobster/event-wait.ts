/** Waiting for what events bring about: until a condition holds, the replay fails, or the engine is silent for too long. */
import type { ReplayError } from './order-entry.ts'

/** How long the engine may stay silent while something is waited for. */
export const silenceTimeoutMs = 5_000

export class EventWait {
  private readonly explainSilence: () => ReplayError
  private reason: Error | undefined
  private check: () => void = () => {}

  /** @param explainSilence what it means that nothing came for `silenceTimeoutMs` */
  constructor(explainSilence: () => ReplayError) {
    this.explainSilence = explainSilence
  }

  get hasFailed(): boolean {
    return this.reason !== undefined
  }

  /** Ends this wait and every later one with an error; the first one counts. */
  fail(error: Error): void {
    this.reason ??= error
    this.check()
  }

  /** Tells that an event has been taken. */
  wake(): void {
    this.check()
  }

  /**
   * Resolves as soon as the condition holds after an event. One wait at a time.
   * @throws Error given to `fail`, or what silence means
   */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.fail(this.explainSilence()), silenceTimeoutMs)
      this.check = () => {
        if (this.reason === undefined && !condition()) {
          timer.refresh()
          return
        }
        clearTimeout(timer)
        this.check = () => {}
        if (this.reason === undefined) resolve()
        else reject(this.reason)
      }
      this.check()
    })
  }
}

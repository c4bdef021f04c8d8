/** A token bucket: on average `ratePerSecond` messages a second, and at most one second's worth at once. */
import { doubleZero } from '../core/index.ts'

export class RateLimiter {
  readonly ratePerSecond: number
  private tokens: number
  private filledMs = doubleZero

  constructor(ratePerSecond: number) {
    this.ratePerSecond = ratePerSecond
    this.tokens = ratePerSecond
  }

  /** Takes one message's token; false if there is none. `nowMs` is monotonic. */
  take(nowMs: number): boolean {
    if (nowMs > this.filledMs) {
      this.tokens = Math.min(this.ratePerSecond, this.tokens + ((nowMs - this.filledMs) * this.ratePerSecond) / 1_000)
      this.filledMs = nowMs
    }
    if (this.tokens < 1) return false
    this.tokens--
    return true
  }

  /** Takes tokens for what turned out to be more than one message; if they are not there, the next ones go to it. */
  charge(messages: number): void {
    this.tokens -= messages
  }
}

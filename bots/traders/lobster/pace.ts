/** When a row may be sent: not before its recorded time, if time counts, and not faster than the sessions' rates allow. */

/** Share of a session's rate that is used: the engine's clock is not this one. */
const usedShareOfRate = 0.9

/** A token bucket of half a second's messages, which is half of what the engine's own holds. */
export class Allowance {
  private readonly messagesPerMs: number
  private readonly mostTokens: number
  private tokens: number
  private filledMs: number
  private counted = 0

  constructor(ratePerSecond: number, nowMs: number) {
    this.messagesPerMs = (ratePerSecond * usedShareOfRate) / 1_000
    this.mostTokens = ratePerSecond / 2
    this.tokens = this.mostTokens
    this.filledMs = nowMs
  }

  /** How long to wait before sending more. @param sent messages sent so far */
  waitMs(sent: number, nowMs: number): number {
    this.tokens = Math.min(this.mostTokens, this.tokens + (nowMs - this.filledMs) * this.messagesPerMs)
    this.tokens -= sent - this.counted
    this.filledMs = nowMs
    this.counted = sent
    return this.tokens >= 0 ? 0 : -this.tokens / this.messagesPerMs
  }
}

/** Recorded time, so many times as fast. */
export class RecordedTime {
  private readonly speed: number
  private readonly startMs: number
  private firstSeconds: number | undefined

  constructor(speed: number, nowMs: number) {
    this.speed = speed
    this.startMs = nowMs
  }

  /** How long to wait before a row of this time is due; 0 if it is. The first row asked for is due at once. */
  waitMs(timeSeconds: number, nowMs: number): number {
    this.firstSeconds ??= timeSeconds
    const dueMs = this.startMs + ((timeSeconds - this.firstSeconds) * 1_000) / this.speed
    return Math.max(0, dueMs - nowMs)
  }
}

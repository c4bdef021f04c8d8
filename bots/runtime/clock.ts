/** Time as bots see it, so that tests can be the clock. */
export interface Clock {
  /** Milliseconds from some fixed point, never backwards. */
  nowMs(): number
  /** Calls `action` once after this time; returns what calls it off. */
  after(delayMs: number, action: () => void): () => void
}

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  after(delayMs, action) {
    const timer = setTimeout(action, delayMs)
    return () => clearTimeout(timer)
  },
}

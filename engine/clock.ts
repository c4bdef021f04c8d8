/** The engine's only source of time. What it reads reaches the exchange as a field of each command. */
export interface Clock {
  /** Milliseconds since some moment. Never goes backwards and never jumps, so intervals are measured with it. */
  monotonicMs(): number
  /** Microseconds since 1970. Jumps when someone sets the machine's clock. */
  wallUs(): number
  /** Calls back once, after this time or a little later; what it returns calls that off. Keeps no process alive. */
  after(milliseconds: number, callback: () => void): () => void
  /** Calls back again and again, this time apart or a little more; what it returns ends that. Keeps no process alive. */
  every(milliseconds: number, callback: () => void): () => void
  /** Calls back once, when what this turn of the event loop brought has been taken in. */
  afterTurn(callback: () => void): void
}

export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  wallUs: () => Date.now() * 1_000,
  after: (milliseconds, callback) => {
    const timer = setTimeout(callback, milliseconds).unref()
    return () => clearTimeout(timer)
  },
  every: (milliseconds, callback) => {
    const timer = setInterval(callback, milliseconds).unref()
    return () => clearInterval(timer)
  },
  afterTurn: (callback) => {
    setImmediate(callback)
  },
}

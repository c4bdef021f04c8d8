/**
 * Time and chance as the client sees them. Whoever hands in another clock, a simulator for one, decides when everything
 * in the client happens: beside this it uses microtasks only.
 */

export interface ClientClock {
  /** Milliseconds from some fixed point, fractions included; never backwards. */
  nowMs(): number
  /** Microseconds since 1970-01-01 UTC, whichever way the platform's clock is set. */
  wallUs(): number
  /** Calls `action` once after this time; returns what calls it off. */
  after(delayMs: number, action: () => void): () => void
  /** Calls `action` each time that this time has passed; returns what calls it off. */
  every(intervalMs: number, action: () => void): () => void
  /** At least 0, below 1. */
  random(): number
}

export const systemClock: ClientClock = {
  nowMs: () => performance.now(),
  wallUs: () => Date.now() * 1000,
  after(delayMs, action) {
    const timer = setTimeout(action, delayMs)
    return () => clearTimeout(timer)
  },
  every(intervalMs, action) {
    const timer = setInterval(action, intervalMs)
    return () => clearInterval(timer)
  },
  random: () => Math.random(),
}

/** How long to wait before a process that died is started again: longer each time, from the start after it kept well. */

export const shortestDelayMs = 1_000
export const longestDelayMs = 30_000
/** A process that lived this long was healthy: its next death is treated as the first. */
export const healthyAfterMs = 60_000

export class Backoff {
  private delayMs = shortestDelayMs

  /** The delay after a death at the end of a life of `livedMs`. */
  next(livedMs: number): number {
    if (livedMs >= healthyAfterMs) this.delayMs = shortestDelayMs
    const delayMs = this.delayMs
    this.delayMs = Math.min(longestDelayMs, delayMs * 2)
    return delayMs
  }
}

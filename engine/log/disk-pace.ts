/**
 * Whether the disk is quick enough to wait for it in the event loop.
 *
 * Measured (bench/disk-waits.ts), a small batch until it is durable, median: in the loop 100 µs, through the thread pool
 * 140 µs, through a worker 125 µs; while the loop is busy with other work 105, 175 and 160 µs. With a whole engine around
 * it, as it is here and always in the pool: 192 and 243 µs from order to acknowledgement at 10,000 orders a second, 657,000
 * and 509,000 orders a second at most. So a quick disk is best waited for in the loop: what the loop could do meanwhile,
 * take in the next turn's commands, it does just as well afterwards, and they share the next sync. With a slow disk those
 * 50 µs don't matter, but nothing else would happen while the loop waits: no order is refused, no heartbeat answered, no
 * price sent. Then it is waited for in the thread pool, until it has been quick for a while.
 */
const quickMs = 1
const commitsUntilQuick = 64

export class DiskPace {
  private slowCommits = 0

  get isSlow(): boolean {
    return this.slowCommits > 0
  }

  /** To be told how long each commit took. */
  add(elapsedMs: number): void {
    if (elapsedMs > quickMs) this.slowCommits = commitsUntilQuick
    else if (this.slowCommits > 0) this.slowCommits -= 1
  }
}

/** How fast a running total grows, over the last seconds. */

/** Long enough to be steady, short enough to be news. */
const windowMs = 5_000
/** Totals are told about once a second; when none has come for longer, the total did not grow. */
const silentAfterMs = 1_500

export class RateMeter {
  private samples: { timeMs: number; total: number }[] = []

  /** Tells the total at a time; times must not go backwards. A total that shrank begins anew. */
  add(timeMs: number, total: number): void {
    if (total < (this.samples.at(-1)?.total ?? 0)) this.samples = []
    this.samples.push({ timeMs, total })
    while (this.samples.length > 2 && this.samples[1].timeMs <= timeMs - windowMs) this.samples.shift()
  }

  perSecond(nowMs: number): number {
    const first = this.samples[0]
    const last = this.samples.at(-1)
    if (first === undefined || last === undefined) return 0
    if (nowMs - last.timeMs > windowMs) return 0
    const untilMs = nowMs - last.timeMs > silentAfterMs ? nowMs : last.timeMs
    return untilMs === first.timeMs ? 0 : (1000 * (last.total - first.total)) / (untilMs - first.timeMs)
  }
}

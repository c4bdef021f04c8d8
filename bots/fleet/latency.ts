/** Order-to-acknowledgement times of many bots added up: over the whole run and over the last seconds. In microseconds. */
import { build, decodeFromCompressedBase64, type Histogram } from 'hdr-histogram-js'
import type { LatencyReport } from '../runtime/report.ts'
import type { LatencyView } from './fleet-view.ts'

/** "The last seconds": as long as the window of the rates beside it. */
const recentMs = 5_000

function emptyHistogram(): Histogram {
  return build({ numberOfSignificantValueDigits: 3 })
}

function viewOf(histogram: Histogram): LatencyView | undefined {
  if (histogram.totalCount === 0) return undefined
  return {
    count: histogram.totalCount,
    p50Us: histogram.getValueAtPercentile(50),
    p99Us: histogram.getValueAtPercentile(99),
    maxUs: histogram.maxValue,
  }
}

export class LatencyTracker {
  private readonly total = emptyHistogram()
  private recent: { timeMs: number; histogram: Histogram }[] = []

  add(report: LatencyReport, nowMs: number): void {
    if (report.count === 0) return
    const histogram = decodeFromCompressedBase64(report.encoded)
    this.total.add(histogram)
    this.recent = this.recent.filter(({ timeMs }) => timeMs > nowMs - recentMs)
    this.recent.push({ timeMs: nowMs, histogram })
  }

  overall(): LatencyView | undefined {
    return viewOf(this.total)
  }

  lately(nowMs: number): LatencyView | undefined {
    const sum = emptyHistogram()
    for (const { timeMs, histogram } of this.recent) {
      if (timeMs > nowMs - recentMs) sum.add(histogram)
    }
    return viewOf(sum)
  }
}

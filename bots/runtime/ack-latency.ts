/** Order-to-ack times of the interval since the last report: from handing a request to the socket until its answer. */
import { build, encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js'
import type { LatencyReport } from './report.ts'

/** An hour; anything longer is counted as this. */
const longestUs = 3_600_000_000

export class AckLatency {
  private readonly histogram: Histogram = build({ numberOfSignificantValueDigits: 3, autoResize: true })

  record(waitedUs: number): void {
    this.histogram.recordValue(Math.min(Math.max(1, Math.round(waitedUs)), longestUs))
  }

  /** The figures since the last call. */
  take(): LatencyReport {
    const { histogram } = this
    const report: LatencyReport = {
      count: histogram.totalCount,
      p50Us: histogram.totalCount === 0 ? 0 : histogram.getValueAtPercentile(50),
      p99Us: histogram.totalCount === 0 ? 0 : histogram.getValueAtPercentile(99),
      encoded: encodeIntoCompressedBase64(histogram),
    }
    histogram.reset()
    return report
  }
}

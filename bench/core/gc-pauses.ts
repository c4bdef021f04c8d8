/** The longest garbage-collection pause of a piece of work. */
import { PerformanceObserver, performance } from 'node:perf_hooks'
import { setImmediate } from 'node:timers/promises'

/** Runs `work` and returns the longest pause in it in milliseconds, 0 if there was none. */
export async function longestGcPauseMs(work: () => void): Promise<number> {
  let longest = 0
  const start = performance.now()
  const note = (entries: readonly { startTime: number; duration: number }[]) => {
    for (const entry of entries) if (entry.startTime >= start) longest = Math.max(longest, entry.duration)
  }
  const observer = new PerformanceObserver((list) => note(list.getEntries()))
  observer.observe({ entryTypes: ['gc'] })
  work()
  // Entries are handed over in a later turn of the event loop.
  await setImmediate()
  note(observer.takeRecords())
  observer.disconnect()
  return longest
}

/**
 * Loaded into the engine's process before it: notes for how long its event loop did nothing else. To a message `loopGap` it
 * answers with the longest gap between two rounds of a timer of one millisecond, since it was last asked.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { LoopGap } from './snapshot-pause.ts'

const delay = monitorEventLoopDelay({ resolution: 1 })
delay.enable()

process.on('message', (message: { readonly type?: unknown }) => {
  if (message.type !== 'loopGap') return
  const answer: LoopGap = { type: 'loopGap', longestMs: delay.max / 1e6 }
  delay.reset()
  process.send?.(answer)
})

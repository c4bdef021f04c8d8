import { expect, it } from 'vitest'
import { recoveryReport } from './recovery-report.ts'
import type { Restart } from './restart.ts'

const stateHash = '0'
const written = { commands: 2_000, openOrders: 10, levelCount: 5, stateHash }
const started = (firstAckMs: number, replayMs: number): Restart => {
  return { firstAckMs, replayMs, commands: 2_000, snapshotSequence: 0, stateHash }
}
const replayed = (milliseconds: number) => ({ commands: 2_000, milliseconds, stateHash })
const snapshot = (loopMs: number, ackMaxUs: number) => {
  return { loopMs, ackMaxUs, refused: 0, copyMs: 1, bytes: 1_000_000, wholeMs: 100 }
}

it('takes the median of what was repeated, the longest of the pauses, and what the process took off a start', () => {
  const { results, reference, ratios } = recoveryReport({
    replay: {
      written,
      replays: [replayed(4), replayed(2), replayed(1)],
      restarts: [started(0, 4), started(0, 10), started(0, 5)],
      files: { bytes: 100_000, milliseconds: 0.5, recordsMilliseconds: 1 },
      batchCommands: { large: 64, small: 2 },
      smallBatches: [replayed(8)],
    },
    snapshot: {
      written,
      undisturbed: { loopMs: 2, ackMaxUs: 3_000, refused: 0 },
      snapshots: [snapshot(12, 15_000), snapshot(20, 18_000), snapshot(11, 21_000)],
      restored: [started(900, 0), started(800, 0), started(950, 0)],
      replayed: [started(4_500, 4_000)],
      empty: [started(400, 0)],
    },
    serialised: { jsonMilliseconds: 500, jsonBytes: 1, v8Milliseconds: 400, v8Bytes: 1 },
    isTrial: false,
    cores: undefined,
  })
  // 2,000 commands in 5 ms.
  expect(results.replayedPerSecond).toEqual({ value: 400_000, unit: 'commands/s' })
  expect(results.replayedBySequencerPerSecond.value).toBe(1_000_000)
  expect(results.replayedInSmallBatchesPerSecond.value).toBe(250_000)
  expect(results.snapshotRestoreMs).toEqual({ value: 900, unit: 'ms' })
  expect(results.snapshotRecoveryMs.value).toBe(500)
  expect(results.snapshotPauseMs).toEqual({ value: 20, unit: 'ms' })
  expect(results.snapshotAckMaxMs.value).toBe(21)
  expect(reference.undisturbedAckMaxMs.value).toBe(3)
  expect(ratios).toEqual({ replayedToJournalFiles: 0.1, restoredToReplayedState: 0.2, pauseToJsonStringify: 0.04 })
})

/**
 * The reference of a durable log: the disk by itself, asked for what the engine asked of it. Reads how many bytes each
 * batch of a journal had, while this and that was measured, and writes as many over and over into a file that is
 * there already, each followed by fdatasync. Started by the gateway suite; one job over IPC, one answer.
 */
import fs from 'node:fs'
import path from 'node:path'
import { performance } from 'node:perf_hooks'
import type { DiskJob, DiskReply, DiskSpeed } from './gateway/disk-process.ts'
import { journalBatches } from './gateway/journal-batches.ts'
import { LatencyRecorder } from './load/latency.ts'

/** As large as a segment of the journal. */
const fileBytes = 64 * 2 ** 20
const syncsBetweenClockChecks = 16

process.on('message', (job: DiskJob) => {
  const journal = journalBatches(path.join(job.folder, 'journal'), job.stretches)
  const reply: DiskReply = { journal, disk: journal.means.map(({ bytes }) => writeAndSync(job, Math.round(bytes))) }
  process.send?.(reply)
})
process.on('disconnect', () => process.exit())
// Ctrl-C reaches the whole group of processes; the parent decides when this one ends.
process.on('SIGINT', () => {})

function writeAndSync({ folder, seconds }: DiskJob, bytes: number): DiskSpeed {
  const name = path.join(folder, 'disk-reference')
  const file = fs.openSync(name, 'w+')
  try {
    fs.writeSync(file, new Uint8Array(fileBytes))
    fs.fsyncSync(file)
    const content = new Uint8Array(bytes).fill(0x55)
    const latency = new LatencyRecorder(0)
    const start = performance.now()
    let now = start
    let position = 0
    let syncs = 0
    while (now < start + seconds * 1_000) {
      for (let index = 0; index < syncsBetweenClockChecks; index++) {
        const begun = performance.now()
        fs.writeSync(file, content, 0, bytes, position)
        fs.fdatasyncSync(file)
        now = performance.now()
        latency.record(begun, now)
        position = position + 2 * bytes > fileBytes ? 0 : position + bytes
      }
      syncs += syncsBetweenClockChecks
    }
    return { syncsPerSecond: (syncs * 1_000) / (now - start), latency: latency.summary() }
  } finally {
    fs.closeSync(file)
    fs.rmSync(name)
  }
}

/**
 * One job of the suite in a process of its own: V8 has compiled nothing for it before, as in an engine that has just
 * been started, and its memory is the job's alone. Started by the suite; one job over IPC, one answer.
 */
import { readAndChecksum } from './checksum.ts'
import type { Answers, Job } from './job.ts'
import { replayJournal } from './replay.ts'
import { serialiseOrders } from './serialise.ts'
import { writeJournal } from './write-journal.ts'

process.on('message', (job: Job) => {
  // A rejection ends the process, and with it the run.
  perform(job).then((answer) => process.send?.(answer))
})
process.on('disconnect', () => process.exit())
// Ctrl-C reaches the whole group of processes; the parent decides when this one ends.
process.on('SIGINT', () => {})

async function perform(job: Job): Promise<Answers[Job['kind']]> {
  switch (job.kind) {
    case 'write':
      return writeJournal(job)
    case 'replay':
      return replayJournal(job.dataFolder, job.fromSnapshot === true)
    case 'checksum':
      return readAndChecksum(job.dataFolder)
    case 'serialise':
      return serialiseOrders(job.orderCount)
  }
}

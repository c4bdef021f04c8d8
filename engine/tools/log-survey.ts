/** What a log is made of: its files and the batches in them, counted while it is read. */
import type { BatchPlace } from '../log/journal-reader.ts'

/** A segment file and what of it was read. */
export interface SegmentSurvey {
  /** Path of the file. */
  readonly file: string
  readonly fileBytes: number
  readonly firstSequence: number
  readonly firstTimeUs: number
  lastSequence: number
  lastTimeUs: number
  commands: number
  batches: number
  /** Bytes from the file's beginning to the end of its last batch. */
  usedBytes: number
}

export class LogSurvey {
  readonly segments: SegmentSurvey[] = []
  identity = ''
  /** Digest of the last batch: it stands for all of the log up to there. */
  digest = ''
  commands = 0
  batches = 0
  firstSequence = 0
  lastSequence = 0
  firstTimeUs = 0
  lastTimeUs = 0
  /** Of all batches together. */
  batchBytes = 0
  largestBatchCommands = 0
  largestBatchBytes = 0

  /** To be called for each batch, in order. */
  add(batch: BatchPlace): void {
    const { identity, file, offset, bytes, commands, timeUs, position } = batch
    let segment = this.segments.at(-1)
    if (segment?.file !== file) {
      segment = beginSegment(batch)
      this.segments.push(segment)
    }
    segment.lastSequence = position.sequence
    segment.lastTimeUs = timeUs
    segment.commands += commands
    segment.batches += 1
    segment.usedBytes = offset + bytes
    if (this.batches === 0) {
      this.firstSequence = segment.firstSequence
      this.firstTimeUs = timeUs
    }
    this.identity = identity
    this.digest = position.digest
    this.lastSequence = position.sequence
    this.lastTimeUs = timeUs
    this.commands += commands
    this.batches += 1
    this.batchBytes += bytes
    this.largestBatchCommands = Math.max(this.largestBatchCommands, commands)
    this.largestBatchBytes = Math.max(this.largestBatchBytes, bytes)
  }
}

function beginSegment({ file, fileBytes, position, commands, timeUs }: BatchPlace): SegmentSurvey {
  const firstSequence = position.sequence - commands + 1
  const begin = { file, fileBytes, firstSequence, firstTimeUs: timeUs }
  return { ...begin, lastSequence: 0, lastTimeUs: 0, commands: 0, batches: 0, usedBytes: 0 }
}

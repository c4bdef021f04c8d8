/**
 * Tells a torn write, which may be cut off, from damage, which must stop the engine. This is where the line is drawn between
 * what was certainly not acknowledged and what may have been.
 *
 * A batch is acknowledged only when it is on the disk, and only then the next one is written. So a crash can leave one batch
 * unfinished, the very last, and whatever is followed by a later write was acknowledged. An unfinished one has parts
 * that were never written, and those still are as they were made (segment-fill.ts); one that was written in full has none. So
 * the tail is cut only if all of this holds:
 * - it is in the last segment, and not the first batch there, for a segment gets its name after that batch was synced
 *   (segment-reader.ts sees to both);
 * - no intact batch comes after it, and no data after the end that its header states;
 * - some word of it was never written, and those of its header that were are what they should be.
 *
 * In mode `os` a crash of the machine may leave anything; then the same rules stop the engine where damage shows.
 *
 * This relies on a disk and kernel that leave every aligned 8-byte word as it was or as it should be. What it cannot tell:
 * a last batch that the disk acknowledged and then has as it was before, wholly or in whole words. Only a second copy
 * of the log could, or something that was noted elsewhere, as the position of a snapshot is.
 */
import {
  batchHeaderBytes,
  batchIsIntact,
  batchLengthAt,
  batchMagic,
  FIRST_SEQUENCE,
  getDigest,
  getUint53,
  LENGTH,
  MAGIC,
  PREVIOUS_DIGEST,
  plausibleLengthAt,
  RECORD_COUNT,
  ZEROS,
} from './batch-format.ts'
import type { LogPosition } from './command-log.ts'
import type { SegmentImage } from './segment-image.ts'

/**
 * Judges what lies in the last segment from `position`, where no intact batch is, to `dataEnd`, from where on nothing was
 * written up to `limit`, where batches must end.
 * @param end where the log ends before it
 * @returns why it cannot be a torn write, or undefined if it can
 */
export function whyNotTorn(
  image: SegmentImage,
  position: number,
  dataEnd: number,
  limit: number,
  end: LogPosition,
): string | undefined {
  const later = findIntactBatch(image, position + 8, dataEnd, limit)
  if (later !== undefined) return `a batch is damaged, and an intact one follows at byte ${later}`
  if (position + batchHeaderBytes > limit) return 'data where no batch has room'
  const damagedField = findDamagedField(image, position, limit, end)
  if (damagedField !== undefined) return `the ${damagedField} of the last batch is damaged`
  if (image.wordIsUnwritten(position + LENGTH)) return undefined
  const batchEnd = position + plausibleLengthAt(image.view, position, limit)
  if (dataEnd > batchEnd) return 'the last batch is damaged, and other data follows it'
  if (!image.hasUnwrittenWord(position, batchEnd)) return 'the last batch was written in full and is damaged'
  return undefined
}

/** Offset of the first intact batch from `start` on. */
function findIntactBatch(image: SegmentImage, start: number, end: number, limit: number): number | undefined {
  for (let offset = start; offset < end; offset += 8) {
    const length = batchLengthAt(image.view, offset, limit)
    if (length !== 0 && batchIsIntact(image.view, offset, length)) return offset
  }
  return undefined
}

/** Name of a field of the header at `position` that was written and is not what it should be. */
function findDamagedField(image: SegmentImage, position: number, limit: number, end: LogPosition): string | undefined {
  const { view } = image
  const wasWritten = (field: number) => !image.wordIsUnwritten(position + field)
  if (wasWritten(MAGIC) && view.getUint32(position + MAGIC, true) !== batchMagic) return 'beginning'
  if (wasWritten(LENGTH) && plausibleLengthAt(view, position, limit) === 0) return 'length'
  if (wasWritten(RECORD_COUNT)) {
    if (view.getUint32(position + RECORD_COUNT, true) === 0) return 'record count'
    if (view.getUint32(position + ZEROS, true) !== 0) return 'record count'
  }
  if (wasWritten(FIRST_SEQUENCE) && getUint53(view, position + FIRST_SEQUENCE) !== end.sequence + 1) {
    return 'first sequence'
  }
  const digest = getDigest(view, position + PREVIOUS_DIGEST)
  if (wasWritten(PREVIOUS_DIGEST) && digest.slice(0, 16) !== end.digest.slice(0, 16)) return 'digest'
  if (wasWritten(PREVIOUS_DIGEST + 8) && digest.slice(16) !== end.digest.slice(16)) return 'digest'
  return undefined
}

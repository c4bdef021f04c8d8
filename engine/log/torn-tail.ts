/**
 * Tells a torn write, which may be cut off, from damage, which must stop the engine. This is where the line is drawn between
 * what was certainly not acknowledged and what may have been.
 *
 * A commit returns only when its batch is on the disk, and only then is anything of it acknowledged and the next batch
 * written. So a crash can leave one batch unfinished, the very last, and whatever is followed by a later write was
 * acknowledged. An unfinished one has parts that were never written, and those are still zero, for a segment is made of
 * zeros and never reused; a batch that was written in full has no zero word in it (but for a message with eight zero bytes
 * in a row). So the tail is cut only if all of this holds:
 * - it is in the last segment, and not the first batch there, for a segment gets its name after that batch was synced
 *   (journal-reader.ts sees to both);
 * - no intact batch comes after it, and no data after the end that its header states;
 * - some word of it was never written, and those of its header that were are as they should be.
 *
 * In mode `os` a crash of the machine may leave anything; then the same rules stop the engine where damage shows.
 *
 * This relies on a disk and kernel that leave every aligned 8-byte word as it was or as it should be. What it cannot tell:
 * a last batch that the disk acknowledged and lost again, wholly or in whole words; only a second copy of the log could.
 */
import {
  batchHeaderBytes,
  batchIsIntact,
  batchLengthAt,
  batchMagic,
  LENGTH,
  MAGIC,
  plausibleLengthAt,
} from './batch-format.ts'
import type { SegmentImage } from './segment-image.ts'

/**
 * Judges what lies in the last segment from `position`, where no intact batch is, to `dataEnd`, where zeros begin.
 * @returns why it cannot be a torn write, or undefined if it can
 */
export function whyNotTorn(image: SegmentImage, position: number, dataEnd: number): string | undefined {
  const { view, size } = image
  const later = findIntactBatch(image, position + 8, dataEnd)
  if (later !== undefined) return `a batch is damaged, and an intact one follows at byte ${later}`
  if (position + batchHeaderBytes > size) return 'data where no batch has room'

  if (!image.wordIsZero(position) && view.getUint32(position + MAGIC, true) !== batchMagic) {
    return 'the last batch is damaged where it begins'
  }
  if (image.wordIsZero(position + LENGTH)) return undefined
  const length = plausibleLengthAt(view, position, size)
  if (length === 0) return 'the length of the last batch is damaged'
  if (dataEnd > position + length) return 'the last batch is damaged, and other data follows it'
  if (!image.hasZeroWord(position, position + length)) return 'the last batch was written in full and is damaged'
  return undefined
}

/** Offset of the first intact batch from `start` on. */
function findIntactBatch(image: SegmentImage, start: number, end: number): number | undefined {
  for (let offset = start; offset < end; offset += 8) {
    const length = batchLengthAt(image.view, offset, image.size)
    if (length !== 0 && batchIsIntact(image.view, offset, length)) return offset
  }
  return undefined
}

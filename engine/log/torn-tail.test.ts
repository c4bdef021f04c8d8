/** What a journal does with a write that a crash interrupted, and with what only looks like one. */
import fs from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { batchCrc, batchHeaderBytes, CRC, LENGTH, LENGTH_INVERTED } from './batch-format.ts'
import { LogCorruptError } from './command-log.ts'
import { copyOf, makeBatches, replayed, type WrittenRecord } from './conformance.ts'
import { FileJournal, type JournalWarning } from './file-journal.ts'
import { readJournal } from './journal-reader.ts'
import { segmentHeaderBytes } from './segment-format.ts'
import { readOnlyStorage, segmentPaths, smallSegments, temporaryFolder, writeJournal } from './test-journal.ts'

let place: ReturnType<typeof temporaryFolder>
beforeEach(() => {
  place = temporaryFolder()
})
afterEach(() => place.remove())

const sizeOfBatch = (batch: readonly WrittenRecord[]) =>
  batch.reduce((sum, { message }) => sum + 8 + Math.ceil(message.length / 8) * 8, batchHeaderBytes)

/** Writes batches into one segment; says where each begins and, last, where the data ends, and the file after each. */
async function writeOneSegment(batches: readonly WrittenRecord[][]) {
  const starts = [segmentHeaderBytes]
  const images: Buffer[] = []
  for (const batch of batches) {
    await writeJournal(place.folder, [batch])
    starts.push(starts.at(-1)! + sizeOfBatch(batch))
    images.push(fs.readFileSync(segmentPaths(place.folder)[0]))
  }
  const [file] = segmentPaths(place.folder)
  return { batches, file, starts, images, image: images.at(-1)!, before: images.at(-2)! }
}

const oneSegment = (...recordCounts: number[]) => writeOneSegment(makeBatches(...recordCounts))

/** What reading a file as the only one comes to. */
function outcomeOf(file: string, image: Uint8Array): { records: WrittenRecord[]; tornBytes: number } | LogCorruptError {
  try {
    const records: WrittenRecord[] = []
    const storage = readOnlyStorage(new Map([[path.basename(file), image]]))
    const { segments } = readJournal(storage, (record) => records.push(copyOf(record)))
    return { records, tornBytes: segments[0].tornBytes }
  } catch (error) {
    if (error instanceof LogCorruptError) return error
    throw error
  }
}

/** Opens the journal for writing and closes it again; says what it warned of. */
function reopen(): { records: WrittenRecord[]; warnings: JournalWarning[] } {
  const warnings: JournalWarning[] = []
  const journal = new FileJournal(place.folder, { ...smallSegments, onWarning: (warning) => warnings.push(warning) })
  const records = replayed(journal)
  journal.close()
  return { records, warnings }
}

describe('a write that a crash interrupted', () => {
  it('after any number of 8-byte words is cut off, and what was before it stays', async () => {
    const { batches, file, starts, image, before } = await oneSegment(2, 1, 4)
    const [, , lastBatch, end] = starts
    for (let written = lastBatch + 8; written < end; written += 8) {
      const torn = Buffer.concat([image.subarray(0, written), before.subarray(written)])
      const tornBytes = written - lastBatch
      expect(outcomeOf(file, torn)).toEqual({ records: batches.slice(0, 2).flat(), tornBytes })
    }
  })

  it('with any of its words on the disk is cut off unless all are', async () => {
    const { batches, file, starts, image, before } = await oneSegment(2, 1, 4)
    const [, , lastBatch, end] = starts
    const words = (end - lastBatch) / 8
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: words, maxLength: words }), (written) => {
        const torn = Buffer.from(image)
        for (const [index, isWritten] of written.entries()) {
          const word = lastBatch + 8 * index
          if (!isWritten) before.copy(torn, word, word, word + 8)
        }
        const { records } = outcomeOf(file, torn) as { records: WrittenRecord[] }
        expect(records).toEqual(written.every(Boolean) ? batches.flat() : batches.slice(0, 2).flat())
      }),
    )
  })

  it('with any set of its sectors on the disk is cut off unless all are, and the file then is as before the write', async () => {
    const { batches, file, starts, image, before } = await oneSegment(2, 80)
    const sector = 512
    const [, lastBatch, end] = starts
    const firstSector = Math.floor(lastBatch / sector)
    const count = Math.ceil(end / sector) - firstSector
    expect(count).toBe(4)
    for (let set = 0; set < 2 ** count; set += 1) {
      const torn = Buffer.from(image)
      for (let index = 0; index < count; index += 1) {
        const from = (firstSector + index) * sector
        if ((set & (1 << index)) === 0) before.copy(torn, from, from, from + sector)
      }
      fs.writeFileSync(file, torn)
      const isWhole = set === 2 ** count - 1
      expect(reopen().records).toEqual(isWhole ? batches.flat() : batches[0])
      expect(fs.readFileSync(file)).toEqual(isWhole ? image : before)
    }
  })

  it('after any number of bytes never brings out anything but whole batches', async () => {
    const { batches, file, starts, images, image } = await oneSegment(2, 1, 4)
    for (let written = starts[1]; written < starts.at(-1)!; written += 1) {
      const whole = batches.filter((_, index) => starts[index + 1] <= written)
      const rest = images[whole.length - 1].subarray(written)
      const outcome = outcomeOf(file, Buffer.concat([image.subarray(0, written), rest]))
      if (!(outcome instanceof LogCorruptError)) expect(outcome.records).toEqual(whole.flat())
    }
  })

  it('is reported with file, offset and bytes, and the journal goes on after it', async () => {
    const { batches, file, starts, image, before } = await oneSegment(2, 1, 4)
    before.copy(image, starts[2] + 56, starts[2] + 56)
    fs.writeFileSync(file, image)
    const { records, warnings } = reopen()
    expect(records).toEqual(batches.slice(0, 2).flat())
    expect(warnings).toMatchObject([{ code: 'tornTailCut', file, offset: starts[2], bytes: 56 }])
    await writeJournal(place.folder, [batches[2]])
    expect(reopen()).toEqual({ records: batches.flat(), warnings: [] })
  })
})

describe('what cannot be an interrupted write stops the engine:', () => {
  it('a batch that was written in full and has a damaged bit, whatever its messages are', async () => {
    const [first] = makeBatches(1)
    const zeros = Array<number>(64).fill(0)
    const { file, starts, image } = await writeOneSegment([
      first,
      [{ sequence: 2, timeUs: 2e15, session: 0, message: zeros }],
    ])
    for (let bit = starts[1] * 8; bit < starts[2] * 8; bit += 1) {
      image[bit >> 3] ^= 1 << (bit & 7)
      expect(outcomeOf(file, image), `bit ${bit}`).toBeInstanceOf(LogCorruptError)
      image[bit >> 3] ^= 1 << (bit & 7)
    }
  })

  it('a last batch of which a part reads as zeros', async () => {
    const { file, starts, image } = await oneSegment(2, 80)
    for (let word = starts[1]; word < starts[2]; word += 8) {
      const damaged = Buffer.from(image)
      damaged.fill(0, word, word + 8)
      if (!damaged.equals(image)) expect(outcomeOf(file, damaged), `word ${word}`).toBeInstanceOf(LogCorruptError)
    }
  })

  it('damage before a later batch', async () => {
    const { file, starts, image } = await oneSegment(2, 3, 4)
    image.fill(0, starts[1], starts[2])
    const outcome = outcomeOf(file, image)
    expect(outcome).toMatchObject({ offset: starts[1] })
    expect((outcome as LogCorruptError).reason).toContain(`an intact one follows at byte ${starts[2]}`)
    expect((outcome as LogCorruptError).message).toContain('Restore')
  })

  it('two batches at the end that are not intact', async () => {
    const { file, starts, image, images } = await oneSegment(2, 3, 4)
    images[0].copy(image, starts[2] - 16, starts[2] - 16, starts[2])
    image[starts[2] + batchHeaderBytes] ^= 1
    const reason = 'the last batch is damaged, and other data follows it'
    expect(outcomeOf(file, image)).toMatchObject({ offset: starts[1], reason })
  })

  it('a first batch that is not there, for it is synced before the file has its name', async () => {
    const { file, image, starts } = await oneSegment(2)
    image.copy(image, starts[0], starts[1], 2 * starts[1] - starts[0])
    expect(outcomeOf(file, image)).toMatchObject({ reason: 'the first batch of the segment is damaged' })
  })

  it('a batch repeated in place of the next', async () => {
    const { file, starts, image } = await oneSegment(1, 14, 1)
    image.copy(image, starts[2], starts[0], starts[1])
    expect(outcomeOf(file, image)).toMatchObject({
      offset: starts[2],
      reason: 'sequence 1 follows 15: commands are missing or out of order',
    })
  })

  it.each([
    ['beginning', 0],
    ['length', 8],
    ['record count', 16],
    ['record count', 20],
    ['first sequence', 24],
    ['digest', 40],
    ['digest', 48],
  ])('a last batch not all of which was written, if its %s is damaged, at byte %i', async (field, offset) => {
    const { file, starts, image, before } = await oneSegment(2, 1, 4)
    const [, , lastBatch, end] = starts
    before.copy(image, end - 8, end - 8, end)
    expect(outcomeOf(file, image)).toMatchObject({ tornBytes: end - 8 - lastBatch })
    image[lastBatch + offset] ^= field === 'record count' && offset === 16 ? 4 : 1
    expect(outcomeOf(file, image)).toMatchObject({ reason: `the ${field} of the last batch is damaged` })
  })

  it('an intact batch that passes the room for the mark', async () => {
    const { file, starts, image } = await oneSegment(2, 150)
    const length = 4_096 - starts[1]
    const view = new DataView(image.buffer, image.byteOffset, image.length)
    view.setUint32(starts[1] + LENGTH, length, true)
    view.setUint32(starts[1] + LENGTH_INVERTED, ~length, true)
    view.setUint32(starts[1] + CRC, batchCrc(view, starts[1], length), true)
    expect(outcomeOf(file, image)).toMatchObject({ reason: 'the length of the last batch is damaged' })
  })
})

describe('a journal that is read while it is being written', () => {
  it('gives whole batches up to some moment of the reading, and no damage', async () => {
    const batches = makeBatches(...Array<number>(20).fill(5))
    const { file, images } = await writeOneSegment(batches)
    for (let from = 0; from < images.length; from += 1) {
      let reads = 0
      const storage = readOnlyStorage(new Map([[path.basename(file), images[from]]]))
      const growing = new Proxy(storage, {
        get: (target, property: keyof typeof storage) => {
          if (property !== 'read') return target[property]
          return (_: number, bytes: Uint8Array, offset: number, length: number, position: number) => {
            const now = images[Math.min(images.length - 1, from + Math.floor(reads / 2))]
            reads += 1
            return now.copy(bytes, offset, position, position + Math.min(length, 512))
          }
        },
      })
      const sequences: number[] = []
      const end = readJournal(growing, ({ sequence }) => sequences.push(sequence))
      expect(end.segments[0].tornBytes).toBe(0)
      expect(end.position.sequence).toBeGreaterThanOrEqual(5 * (from + 1))
      expect(sequences).toEqual(Array.from({ length: end.position.sequence }, (_, index) => index + 1))
    }
  })
})

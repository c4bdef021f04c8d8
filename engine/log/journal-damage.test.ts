/** What a journal does with files that are not as they were written: it never hands out anything else than was written. */
import fs from 'node:fs'
import path from 'node:path'
import { crc32 } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { batchHeaderBytes, setUint53 } from './batch-format.ts'
import { LogCorruptError } from './command-log.ts'
import { commitBatch, copyOf, makeBatches, replayed, type WrittenRecord } from './conformance.ts'
import { FileJournal, type JournalWarning } from './file-journal.ts'
import { readJournal } from './journal-reader.ts'
import { FolderStorage } from './journal-storage.ts'
import { segmentHeaderBytes, writeSegmentHeader } from './segment-format.ts'
import { segmentPaths, smallSegments, temporaryFolder, writeJournal } from './test-journal.ts'

let place: ReturnType<typeof temporaryFolder>
beforeEach(() => {
  place = temporaryFolder()
})
afterEach(() => place.remove())

const sizeOfBatch = (batch: readonly WrittenRecord[]) =>
  batch.reduce((sum, { message }) => sum + 8 + Math.ceil(message.length / 8) * 8, batchHeaderBytes)

/** Writes the batches into one segment; says where each begins and, last, where the data ends. */
function oneSegment(...recordCounts: number[]) {
  const batches = makeBatches(...recordCounts)
  writeJournal(place.folder, batches)
  const [file] = segmentPaths(place.folder)
  const starts = [segmentHeaderBytes]
  for (const batch of batches) starts.push(starts.at(-1)! + sizeOfBatch(batch))
  return { batches, file, starts, image: fs.readFileSync(file) }
}

/** What reading the journal comes to, without changing it. */
function outcomeOf(folder: string): { records: WrittenRecord[]; tornBytes: number } | LogCorruptError {
  try {
    const records: WrittenRecord[] = []
    const end = readJournal(new FolderStorage(folder), (record) => records.push(copyOf(record)))
    return { records, tornBytes: end.lastSegment!.tornBytes }
  } catch (error) {
    expect(error).toBeInstanceOf(LogCorruptError)
    return error as LogCorruptError
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

describe('a flipped bit', () => {
  it('anywhere in header or batches, even in the last one, stops the engine', () => {
    const { file, starts, image } = oneSegment(2, 2, 3)
    for (let bit = 0; bit < starts.at(-1)! * 8; bit += 1) {
      image[bit >> 3] ^= 1 << (bit & 7)
      fs.writeFileSync(file, image)
      expect(outcomeOf(place.folder), `bit ${bit}`).toBeInstanceOf(LogCorruptError)
      image[bit >> 3] ^= 1 << (bit & 7)
    }
  })

  it('in the unused rest of the last segment changes no record', () => {
    const { batches, file, starts, image } = oneSegment(2, 1)
    for (let bit = starts.at(-1)! * 8; bit < image.length * 8; bit += 5) {
      image[bit >> 3] ^= 1 << (bit & 7)
      fs.writeFileSync(file, image)
      const outcome = outcomeOf(place.folder)
      if (!(outcome instanceof LogCorruptError)) expect(outcome.records).toEqual(batches.flat())
      image[bit >> 3] ^= 1 << (bit & 7)
    }
  })

  it('in the unused rest of an earlier segment stops the engine', () => {
    writeJournal(place.folder, makeBatches(60, 60, 60))
    const [file] = segmentPaths(place.folder)
    const image = fs.readFileSync(file)
    image[4_090] ^= 1
    fs.writeFileSync(file, image)
    expect(outcomeOf(place.folder)).toMatchObject({ file, reason: 'a batch is damaged, and later segments follow' })
  })
})

describe('a write that a crash interrupted', () => {
  it('after any number of 8-byte words is cut off, and what was before it stays', () => {
    const { batches, file, starts, image } = oneSegment(2, 1, 4)
    const [, , lastBatch, end] = starts
    for (let written = lastBatch + 8; written < end; written += 8) {
      fs.writeFileSync(file, Buffer.concat([image.subarray(0, written), Buffer.alloc(image.length - written)]))
      const tornBytes = written - lastBatch
      expect(outcomeOf(place.folder)).toEqual({ records: batches.slice(0, 2).flat(), tornBytes })
    }
  })

  it('after any number of bytes never brings out anything but whole batches', () => {
    const { batches, file, starts, image } = oneSegment(2, 1, 4)
    for (let written = segmentHeaderBytes; written < starts.at(-1)!; written += 1) {
      fs.writeFileSync(file, Buffer.concat([image.subarray(0, written), Buffer.alloc(image.length - written)]))
      const outcome = outcomeOf(place.folder)
      if (outcome instanceof LogCorruptError) continue
      const whole = batches.filter((_, index) => starts[index + 1] <= written)
      // Bytes that happen to be zero anyway may complete a batch.
      const completed = batches.slice(0, whole.length + 1)
      expect([whole.flat(), completed.flat()]).toContainEqual(outcome.records)
    }
  })

  it('with any set of its sectors on the disk is cut off unless all are', () => {
    const { batches, file, starts, image } = oneSegment(2, 80)
    const sector = 512
    const [, lastBatch, end] = starts
    const firstSector = Math.floor(lastBatch / sector)
    const count = Math.ceil(end / sector) - firstSector
    expect(count).toBe(4)
    for (let set = 0; set < 1 << count; set += 1) {
      const torn = Buffer.from(image)
      for (let index = 0; index < count; index += 1) {
        if ((set & (1 << index)) !== 0) continue
        const from = (firstSector + index) * sector
        torn.fill(0, Math.max(from, lastBatch), from + sector)
      }
      fs.writeFileSync(file, torn)
      const { records } = reopen()
      expect(records).toEqual(set === (1 << count) - 1 ? batches.flat() : batches[0])
    }
  })

  it('is reported with file, offset and bytes, and the journal goes on after it', () => {
    const { batches, file, starts, image } = oneSegment(2, 1, 4)
    image.fill(0, starts[2] + 56)
    fs.writeFileSync(file, image)
    const { records, warnings } = reopen()
    expect(records).toEqual(batches.slice(0, 2).flat())
    expect(warnings).toMatchObject([{ code: 'tornTailCut', file, offset: starts[2], bytes: 56 }])
    expect(
      fs
        .readFileSync(file)
        .subarray(starts[2])
        .every((byte) => byte === 0),
    ).toBe(true)
    writeJournal(place.folder, [batches[2]])
    expect(reopen()).toEqual({ records: batches.flat(), warnings: [] })
  })

  it('is not what an interrupted write of a later batch looks like: damage before intact data stops the engine', () => {
    const { file, starts, image } = oneSegment(2, 3, 4)
    image.fill(0, starts[1], starts[2])
    fs.writeFileSync(file, image)
    const outcome = outcomeOf(place.folder)
    expect(outcome).toMatchObject({ file, offset: starts[1] })
    expect((outcome as LogCorruptError).reason).toContain(`an intact one follows at byte ${starts[2]}`)
    expect((outcome as LogCorruptError).message).toContain('Restore')
  })

  it('cannot have other data after it, intact or not: two damaged batches at the end stop the engine', () => {
    const { file, starts, image } = oneSegment(2, 3, 4)
    image.fill(0, starts[2] - 16, starts[2])
    image[starts[2] + batchHeaderBytes] ^= 1
    fs.writeFileSync(file, image)
    const reason = 'the last batch is damaged, and other data follows it'
    expect(outcomeOf(place.folder)).toMatchObject({ file, offset: starts[1], reason })
  })

  it('cannot be the first of a segment, which is synced before the file has its name', () => {
    const { file, image } = oneSegment(2)
    image.fill(0, segmentHeaderBytes)
    fs.writeFileSync(file, image)
    expect(outcomeOf(place.folder)).toMatchObject({ reason: 'the first batch of the segment is damaged' })
  })
})

describe('a journal from which something is missing', () => {
  it.each([0, 1, 2])('segment %i of four is found out', (missing) => {
    writeJournal(place.folder, makeBatches(60, 60, 60, 60, 60, 60, 60))
    const segments = segmentPaths(place.folder)
    expect(segments).toHaveLength(4)
    fs.rmSync(segments[missing])
    expect(outcomeOf(place.folder)).toMatchObject({ file: segments[missing + 1], offset: 0 })
  })

  it('a file cut to any length is found out', () => {
    const { file, image } = oneSegment(2, 2)
    for (let length = 0; length < image.length; length += length < 400 ? 1 : 97) {
      fs.writeFileSync(file, image.subarray(0, length))
      expect(outcomeOf(place.folder), `${length} bytes`).toMatchObject({ file, offset: 0 })
    }
  })

  it('two files with their names swapped are found out', () => {
    writeJournal(place.folder, makeBatches(60, 60, 60, 60, 60))
    const [first, second] = segmentPaths(place.folder)
    fs.renameSync(first, `${first}.aside`)
    fs.renameSync(second, first)
    fs.renameSync(`${first}.aside`, second)
    expect(outcomeOf(place.folder)).toMatchObject({ file: first, reason: expect.stringContaining('not as named') })
  })

  it('a batch repeated in place of the next is found out', () => {
    const { file, starts, image } = oneSegment(1, 14, 1)
    image.copy(image, starts[2], starts[0], starts[1])
    fs.writeFileSync(file, image)
    expect(outcomeOf(place.folder)).toMatchObject({
      offset: starts[2],
      reason: 'sequence 1 follows 15: commands are missing or out of order',
    })
  })
})

describe('a segment header', () => {
  const rewriteHeader = (change: (view: DataView) => void) => {
    const { file, image } = oneSegment(2)
    change(new DataView(image.buffer, image.byteOffset, image.length))
    fs.writeFileSync(file, image)
    return outcomeOf(place.folder)
  }

  it('of another format version is refused with both versions named', () => {
    const outcome = rewriteHeader((view) => {
      view.setUint32(8, 2, true)
      const bytes = Buffer.from(view.buffer, view.byteOffset, segmentHeaderBytes)
      view.setUint32(12, crc32(Buffer.concat([bytes.subarray(0, 12), bytes.subarray(16)])), true)
    })
    expect(outcome).toMatchObject({ reason: 'format version 2, but this engine reads version 1' })
  })

  it('with another first sequence than the name is refused', () => {
    const outcome = rewriteHeader((view) => {
      writeSegmentHeader(view, 2, 4_096)
    })
    expect(outcome).toMatchObject({ reason: 'the file begins with sequence 2, not as named' })
  })

  it('changed without its checksum is refused', () => {
    const outcome = rewriteHeader((view) => setUint53(view, 16, 2))
    expect(outcome).toMatchObject({ reason: "the header's checksum is wrong" })
  })
})

it('a folder with a segment named but empty stops the engine and leaves it as it was', () => {
  fs.mkdirSync(place.folder, { recursive: true })
  const file = path.join(place.folder, '000000000001.log')
  fs.writeFileSync(file, new Uint8Array(4_096))
  const journal = new FileJournal(place.folder, smallSegments)
  expect(() => journal.replay(() => {})).toThrow(LogCorruptError)
  expect(() => commitBatch(journal, makeBatches(1)[0])).toThrow()
  journal.close()
  expect(fs.readFileSync(file).every((byte) => byte === 0)).toBe(true)
})

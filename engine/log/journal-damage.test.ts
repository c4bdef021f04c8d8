/** What a journal does with files that are not as they were written: it never hands out anything else than was written. */
import fs from 'node:fs'
import path from 'node:path'
import { crc32 } from 'node:zlib'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { LogCorruptError, type LogPosition } from './command-log.ts'
import { commitBatch, makeBatches, replayed } from './conformance.ts'
import { FileJournal } from './file-journal.ts'
import { readJournal } from './journal-reader.ts'
import { segmentFill } from './segment-fill.ts'
import { continuedMarkBytes, readSegmentHeader, segmentHeaderBytes, writeSegmentHeader } from './segment-format.ts'
import {
  contentsOf,
  readOnlyStorage,
  smallSegments,
  temporaryFolder,
  watchedStorage,
  writeJournal,
} from './test-journal.ts'

type Files = Map<string, Buffer>

let place: ReturnType<typeof temporaryFolder>
beforeEach(() => {
  place = temporaryFolder()
})
afterEach(() => place.remove())

/** The files of a journal of batches of these numbers of records. */
async function journalFiles(segmentBytes: number, ...recordCounts: number[]): Promise<Files> {
  const { folder, remove } = temporaryFolder()
  await writeJournal(folder, makeBatches(...recordCounts), { mode: 'os', segmentBytes })
  const files = contentsOf(folder)
  remove()
  return files
}

interface Outcome {
  readonly position: LogPosition
  readonly tornBytes: number
}

/** What reading comes to. As a digest stands for all of the log up to it, equal positions mean equal records. */
function outcomeOf(files: ReadonlyMap<string, Uint8Array>): Outcome | LogCorruptError {
  try {
    const { position, segments } = readJournal(readOnlyStorage(files), () => {})
    return { position, tornBytes: segments.at(-1)?.tornBytes ?? 0 }
  } catch (error) {
    if (error instanceof LogCorruptError) return error
    throw error
  }
}

/**
 * Expects that reading stops or that no record is missing: that what was changed was never used and is cut off, or was
 * the mark that another segment continues this one, and that one is there.
 */
function expectHarmless(files: Files, intact: Outcome, what: string): 'stopped' | 'cut' | 'unmarked' {
  const outcome = outcomeOf(files)
  if (outcome instanceof LogCorruptError) return 'stopped'
  if (outcome.position.digest !== intact.position.digest) expect.unreachable(what)
  return outcome.tornBytes > 0 ? 'cut' : 'unmarked'
}

/** Where the data of the last file ends. */
function endOf(files: Files): number {
  return readJournal(readOnlyStorage(files), () => {}).segments.at(-1)!.position
}

describe('a flipped bit', () => {
  it('anywhere in the files stops the engine or, where nothing was written yet, is cut off', async () => {
    const files = await journalFiles(4_096, 60, 3, 100, 2, 40)
    expect(files.size).toBe(2)
    const intact = outcomeOf(files) as Outcome
    const dataEnd = endOf(files)
    const last = [...files.keys()].at(-1)
    for (const [name, file] of files) {
      for (let bit = 0; bit < file.length * 8; bit += 1) {
        const byte = bit >> 3
        file[byte] ^= 1 << (bit & 7)
        const result = expectHarmless(files, intact, `bit ${bit} of ${name}`)
        const wasNeverWritten = name === last && byte >= dataEnd && byte < file.length - continuedMarkBytes
        const expected = wasNeverWritten ? ['stopped', 'cut'] : ['stopped']
        if (!expected.includes(result)) expect.unreachable(`bit ${bit} of ${name}: ${result}`)
        file[byte] ^= 1 << (bit & 7)
      }
    }
  })
})

describe.each([512, 4_096])('a sector of %i bytes', (sectorBytes) => {
  let files: Files
  let intact: Outcome
  let sectors: { readonly file: Buffer; readonly start: number; readonly bytes: Buffer }[]
  beforeAll(async () => {
    files = await journalFiles(16_384, 400, 200, 30, 10, 500, 60, 10, 400, 70)
    expect(files.size).toBe(3)
    intact = outcomeOf(files) as Outcome
    sectors = [...files.values()].flatMap((file) =>
      Array.from({ length: file.length / sectorBytes }, (_, index) => {
        const start = index * sectorBytes
        return { file, start, bytes: Buffer.from(file.subarray(start, start + sectorBytes)) }
      }),
    )
  })

  /** Damages the files, looks, and puts right again. */
  function withSectors(changes: readonly [number, Uint8Array][], what: string): void {
    if (changes.every(([index, bytes]) => sectors[index].bytes.equals(bytes))) return
    for (const [index, bytes] of changes) sectors[index].file.set(bytes, sectors[index].start)
    expect(['stopped', 'cut'], what).toContain(expectHarmless(files, intact, what))
    for (const [index] of changes) sectors[index].file.set(sectors[index].bytes, sectors[index].start)
  }

  it('that reads as zeros or as ones is noticed', () => {
    for (const index of sectors.keys()) {
      withSectors([[index, new Uint8Array(sectorBytes)]], `zeros in sector ${index}`)
      withSectors([[index, new Uint8Array(sectorBytes).fill(255)]], `ones in sector ${index}`)
    }
  })

  it('that was written to the place of any other one is noticed', () => {
    for (const target of sectors.keys()) {
      for (const source of sectors.keys()) {
        withSectors([[target, sectors[source].bytes]], `sector ${source} in place of ${target}`)
      }
    }
  })

  it('that changed places with any other one is noticed', () => {
    for (const a of sectors.keys()) {
      for (let b = 0; b < a; b += 1) {
        withSectors(
          [
            [a, sectors[b].bytes],
            [b, sectors[a].bytes],
          ],
          `sectors ${a} and ${b} swapped`,
        )
      }
    }
  })

  it('and all after it that moved by one are noticed', () => {
    for (let from = 1; from < sectors.length; from += 1) {
      const moved = sectors.slice(from).map(({ bytes }, index): [number, Uint8Array] => [from + index - 1, bytes])
      withSectors(moved, `sector ${from - 1} missing`)
    }
  })
})

describe('a file', () => {
  let files: Files
  let names: string[]
  let other: Files
  beforeAll(async () => {
    const recordCounts = [100, 60, 100, 60, 100, 60, 100, 20]
    files = await journalFiles(4_096, ...recordCounts)
    other = await journalFiles(4_096, ...recordCounts)
    names = [...files.keys()]
    expect(names).toHaveLength(4)
    expect([...other.keys()]).toEqual(names)
  })

  const changed = (change: (files: Files) => void) => {
    const copy = new Map(files)
    change(copy)
    return copy
  }

  it('cut to any length stops the engine', () => {
    for (const name of names) {
      const file = files.get(name)!
      for (let length = 0; length < file.length; length += 1) {
        const outcome = outcomeOf(changed((copy) => copy.set(name, file.subarray(0, length))))
        expect(outcome, `${length} bytes of ${name}`).toMatchObject({ file: name, offset: 0 })
      }
    }
  })

  it('that became longer stops the engine', () => {
    for (const name of names) {
      const longer = Buffer.concat([files.get(name)!, Buffer.alloc(4_096)])
      expect(outcomeOf(changed((copy) => copy.set(name, longer)))).toMatchObject({ file: name, offset: 0 })
    }
  })

  it.each([
    ['in the middle', 1, 2, 0, 'the file with sequence 161, which should come before this one, is missing'],
    ['at the end', 3, 2, 4_064, 'the file with sequence 481, which continues this one, is missing'],
  ])('missing %s stops the engine', (_, missing, complaining, offset, reason) => {
    const outcome = outcomeOf(changed((copy) => copy.delete(names[missing])))
    expect(outcome).toMatchObject({ file: names[complaining], offset, reason })
  })

  it('missing at the beginning stops the engine, while tools may read what is there', () => {
    writeFiles(changed((copy) => copy.delete(names[0])))
    const open = () => replayed(new FileJournal(place.folder, smallSegments))
    expect(open).toThrow('the file with sequence 1, which should come before this one, is missing')
    const sequences: number[] = []
    readJournal(readOnlyStorage(contentsOf(place.folder)), ({ sequence }) => sequences.push(sequence))
    expect([sequences[0], sequences.at(-1)]).toEqual([161, 600])
  })

  it('missing like all others stops an engine that knows from elsewhere how far the log went', () => {
    const position = (outcomeOf(files) as Outcome).position
    const replay = () => new FileJournal(place.folder, smallSegments).replay(() => {}, position)
    expect(replay).toThrow('the log ends with sequence 0, but it went on to 600 at least: its end is missing')
  })

  it('under the name of another one, in whatever order they are, stops the engine', () => {
    for (const permutation of permutations(names)) {
      if (permutation.every((name, index) => name === names[index])) continue
      const outcome = outcomeOf(new Map(names.map((name, index) => [name, files.get(permutation[index])!])))
      expect(outcome).toMatchObject({ offset: 0, reason: expect.stringContaining('not as named') })
    }
  })

  it('of another log in its place stops the engine, whichever and however many they are', () => {
    for (let set = 1; set < 2 ** names.length - 1; set += 1) {
      const mixed = new Map(names.map((name, index) => [name, (set & (1 << index) ? other : files).get(name)!]))
      const outcome = outcomeOf(mixed) as LogCorruptError
      expect(outcome).toMatchObject({
        offset: 0,
        reason: expect.stringMatching(/^the file is of log [0-9a-f]{32}, those/),
      })
    }
  })

  it('of a copy of the log that went on otherwise stops the engine', async () => {
    const batches = makeBatches(100, 60, 100, 60, 100, 60, 100, 20)
    const otherwise = batches.map((batch) => batch.map((record) => ({ ...record, session: 9 })))
    await writeJournal(place.folder, batches.slice(0, 3))
    const common = contentsOf(place.folder)
    await writeJournal(place.folder, batches.slice(3))
    const one = contentsOf(place.folder)
    fs.rmSync(place.folder, { recursive: true })
    writeFiles(common)
    await writeJournal(place.folder, otherwise.slice(3))
    const another = contentsOf(place.folder)
    expect([...another.keys()]).toEqual([...one.keys()])
    for (const name of [...one.keys()].slice(1)) {
      const mixed = new Map(one).set(name, another.get(name)!)
      expect(outcomeOf(mixed)).toBeInstanceOf(LogCorruptError)
    }
  })

  function writeFiles(written: Files): void {
    fs.mkdirSync(place.folder, { recursive: true })
    for (const [name, bytes] of written) fs.writeFileSync(path.join(place.folder, name), bytes)
  }
})

function permutations<Item>(items: readonly Item[]): Item[][] {
  if (items.length === 0) return [[]]
  return items.flatMap((item, index) =>
    permutations([...items.slice(0, index), ...items.slice(index + 1)]).map((rest) => [item, ...rest]),
  )
}

describe('the mark of a segment that is continued', () => {
  const recordCounts = [100, 60, 100, 20]

  it('may be there in part or not at all, as a crash leaves it, and is completed when the journal is opened', async () => {
    await writeJournal(place.folder, makeBatches(...recordCounts))
    const whole = contentsOf(place.folder)
    const [first, last] = [...whole.keys()]
    const file = path.join(place.folder, first)
    const unwritten = unwrittenMarkOf(whole.get(first)!)
    for (let words = 0; words < 2 ** 4; words += 1) {
      const bytes = Buffer.from(whole.get(first)!)
      for (let word = 0; word < 4; word += 1) {
        const from = 8 * word
        if ((words & (1 << word)) === 0) unwritten.copy(bytes, 4_096 - continuedMarkBytes + from, from, from + 8)
      }
      fs.writeFileSync(file, bytes)
      await writeJournal(place.folder, [])
      expect(contentsOf(place.folder)).toEqual(whole)
    }
    fs.rmSync(path.join(place.folder, last))
    await expect(writeJournal(place.folder, [])).rejects.toThrow('which continues this one, is missing')
  })

  it('is completed also if the journal is read only from where the segment ends, when the next one has its name for sure', async () => {
    await writeJournal(place.folder, makeBatches(...recordCounts))
    const whole = contentsOf(place.folder)
    const [first] = [...whole.keys()]
    const file = whole.get(first)!
    const unmarked = Buffer.concat([file.subarray(0, 4_096 - continuedMarkBytes), unwrittenMarkOf(file)])
    fs.writeFileSync(path.join(place.folder, first), unmarked)
    let end: LogPosition | undefined
    readJournal(readOnlyStorage(whole), () => {}, {
      visitBatch: ({ file, position }) => {
        if (file === first) end = position
      },
    })
    expect(end?.sequence).toBe(160)
    const disk = watchedStorage(place.folder)
    const journal = new FileJournal(disk.storage, smallSegments)
    journal.replay(() => {}, end)
    expect(disk.operations.filter((name) => name === 'write' || name === 'syncFolder')).toEqual(['syncFolder', 'write'])
    journal.close()
    expect(contentsOf(place.folder)).toEqual(whole)
  })

  it('tells that the one that continues it is missing even if only a word of it is there', async () => {
    const files = await journalFiles(4_096, ...recordCounts)
    const [first, last] = [...files.keys()]
    const unwritten = unwrittenMarkOf(files.get(first)!)
    files.delete(last)
    const mark = files.get(first)!.subarray(4_096 - continuedMarkBytes)
    unwritten.copy(mark, 0, 0, 24)
    expect(outcomeOf(files)).toMatchObject({ offset: 4_088, reason: expect.stringContaining('the mark at the end') })
    unwritten.copy(mark)
    expect(outcomeOf(files)).toMatchObject({ position: { sequence: 160 } })
  })
})

/** What the room for the mark in a file of 4,096 bytes was made of. */
function unwrittenMarkOf(file: Buffer): Buffer {
  const { fillKey } = readSegmentHeader(new DataView(file.buffer, file.byteOffset, file.length))
  return Buffer.from(segmentFill(fillKey, 4_096 - continuedMarkBytes, 4_096))
}

describe('a segment header', () => {
  const withHeader = async (change: (view: DataView) => void) => {
    const files = await journalFiles(4_096, 2)
    const [file] = files.values()
    change(new DataView(file.buffer, file.byteOffset, file.length))
    return outcomeOf(files)
  }

  it('of another format version is refused with both versions named', async () => {
    const outcome = await withHeader((view) => {
      view.setUint32(8, 1, true)
      const bytes = Buffer.from(view.buffer, view.byteOffset, segmentHeaderBytes)
      view.setUint32(12, crc32(Buffer.concat([bytes.subarray(0, 12), bytes.subarray(16)])), true)
    })
    expect(outcome).toMatchObject({ reason: 'format version 1, but this engine reads version 2' })
  })

  it('with another first sequence than the name is refused', async () => {
    const digest = '1'.repeat(32)
    const outcome = await withHeader((view) =>
      writeSegmentHeader(view, { ...readSegmentHeader(view), begin: { sequence: 1, digest } }),
    )
    expect(outcome).toMatchObject({ reason: 'the file begins with sequence 2, not as named' })
  })

  it('of a log that does not begin with its identity is refused', async () => {
    const begin = { sequence: 0, digest: '2'.repeat(32) }
    const outcome = await withHeader((view) => writeSegmentHeader(view, { ...readSegmentHeader(view), begin }))
    expect(outcome).toMatchObject({ reason: 'the log does not begin with its identity' })
  })
})

describe('a journal that cannot be read', () => {
  it('is left exactly as it is', async () => {
    await writeJournal(place.folder, makeBatches(100, 60, 100, 20))
    const whole = contentsOf(place.folder)
    const [first, last] = [...whole.keys()]
    const damages: ((files: Files) => void)[] = [
      (files) => files.delete(first),
      (files) => files.delete(last),
      (files) => files.get(first)!.fill(0, 2_048, 2_560),
      (files) => files.get(last)!.fill(0, 512, 1_024),
      (files) => files.set(first, files.get(last)!),
      (files) => files.set(last, files.get(last)!.subarray(0, 4_000)),
    ]
    for (const damage of damages) {
      const files = new Map([...whole].map(([name, bytes]) => [name, Buffer.from(bytes)]))
      damage(files)
      fs.rmSync(place.folder, { recursive: true })
      fs.mkdirSync(place.folder)
      for (const [name, bytes] of files) fs.writeFileSync(path.join(place.folder, name), bytes)
      const journal = new FileJournal(place.folder, { mode: 'sync', segmentBytes: 4_096 })
      expect(() => journal.replay(() => {})).toThrow(LogCorruptError)
      expect(() => commitBatch(journal, makeBatches(1)[0])).toThrow('replay')
      journal.close()
      expect(contentsOf(place.folder)).toEqual(files)
    }
  })

  it('because a segment is named but empty is one of those', () => {
    fs.mkdirSync(place.folder, { recursive: true })
    fs.writeFileSync(path.join(place.folder, '000000000001.log'), new Uint8Array(4_096))
    const journal = new FileJournal(place.folder, smallSegments)
    expect(() => journal.replay(() => {})).toThrow(LogCorruptError)
    journal.close()
    expect(contentsOf(place.folder)).toEqual(new Map([['000000000001.log', Buffer.alloc(4_096)]]))
  })
})

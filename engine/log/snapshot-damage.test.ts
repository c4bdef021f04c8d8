/** Whatever happened to a snapshot's file, it is noticed, said, and the one before it is used. */
import { crc32 } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { snapshotBlockBytes } from './snapshot-format.ts'
import { checkSnapshot, readSnapshot } from './snapshot-reader.ts'
import { TestDisk } from './test-disk.ts'
import { diskWith, headerAt, openStore, otherLog, partsOf, snapshotOf } from './test-snapshots.ts'

const name = '000000000007.snapshot'
const whole = diskWith(7).contents(name)
const VERSION = 8
const CRC = 12
const headerBytes = 80

/** The same snapshot, changed. */
function changed(change: (bytes: Uint8Array) => void): Uint8Array {
  const bytes = whole.slice()
  change(bytes)
  return bytes
}

/** What both ways of reading say of a file with these bytes. */
function problemOf(bytes: Uint8Array, as = name): string {
  const disk = TestDisk.with([[as, bytes]])
  const problems = [checkSnapshot, readSnapshot].map((read) => {
    try {
      read(disk, as)
      return 'none'
    } catch (error) {
      return (error as Error).message
    }
  })
  expect(problems[0]).toBe(problems[1])
  return problems[0]
}

describe('a snapshot', () => {
  it('comes back as it was written', () => {
    expect(readSnapshot(diskWith(7), name)).toEqual(snapshotOf(7))
    expect(checkSnapshot(diskWith(7), name)).toEqual(headerAt(7))
  })

  it('has an image that begins at a multiple of 8 bytes', () => {
    expect(readSnapshot(diskWith(7), name).image.byteOffset % 8).toBe(0)
  })

  it.each([
    ['nothing', 0, []],
    ['exactly one block', snapshotBlockBytes, [snapshotBlockBytes]],
    ['one byte less than a block', snapshotBlockBytes - 1, [snapshotBlockBytes - 1]],
    ['one byte more than a block', snapshotBlockBytes + 1, [snapshotBlockBytes + 1]],
    ['streams of many sizes', 300_000, [1, 200_000, 0, 131_071, 77, 400_000]],
  ] as const)('may be of %s', (_, imageBytes, streamBytes) => {
    const parts = partsOf(7, imageBytes, streamBytes)
    const disk = new TestDisk()
    openStore(disk).store.writeNow(headerAt(7), parts)
    const { image, streams } = readSnapshot(disk, name)
    expect(Buffer.compare(image, parts.image)).toBe(0)
    expect(Buffer.compare(streams, Buffer.concat(parts.streams))).toBe(0)
  })

  it('is refused when it is written with an identity or a digest that is not 32 hexadecimal digits', () => {
    const { store } = openStore(new TestDisk())
    expect(() => store.writeNow({ ...headerAt(7), identity: 'ABC' }, partsOf(7))).toThrow(RangeError)
    const position = { sequence: 7, digest: '' }
    expect(() => store.writeNow({ ...headerAt(7), position }, partsOf(7))).toThrow(RangeError)
  })
})

describe('damage to a snapshot is noticed:', () => {
  it('any single bit that changed', () => {
    for (let bit = 0; bit < whole.length * 8; bit += 1) {
      const bytes = changed((copy) => {
        copy[bit >> 3] ^= 1 << (bit & 7)
      })
      expect(problemOf(bytes), `bit ${bit}`).toMatch(/checksum|begins like something else/)
    }
  })

  it('any end that is missing', () => {
    for (let length = 0; length < whole.length; length += 1) {
      const problem = length < headerBytes ? `within its header, after ${length}` : `has ${length} bytes but was made`
      expect(problemOf(whole.slice(0, length)), `${length} bytes`).toContain(problem)
    }
  })

  it('something behind its end', () => {
    expect(problemOf(Buffer.concat([whole, new Uint8Array(1)]))).toContain('it has 130 bytes but was made with 129')
  })

  it('blocks that changed places, and blocks of zeros', () => {
    const disk = new TestDisk()
    openStore(disk).store.writeNow(headerAt(7), partsOf(7, 3 * snapshotBlockBytes, []))
    const bytes = disk.contents(name)
    const block = (index: number) =>
      bytes.slice(headerBytes + index * snapshotBlockBytes, headerBytes + (index + 1) * snapshotBlockBytes)
    const tail = bytes.slice(headerBytes + 3 * snapshotBlockBytes)
    const head = bytes.slice(0, headerBytes)
    expect(problemOf(Buffer.concat([head, block(1), block(0), block(2), tail]))).toBe(
      'the checksum of the 131072 bytes at byte 80 is wrong',
    )
    const zeros = new Uint8Array(snapshotBlockBytes)
    expect(problemOf(Buffer.concat([head, block(0), block(1), zeros, tail]))).toBe(
      'the checksum of the 131072 bytes at byte 262224 is wrong',
    )
  })

  it('the beginning of one with the rest of another', () => {
    const other = diskWith(8).contents('000000000008.snapshot')
    expect(other.length).toBe(whole.length)
    const mixed = Buffer.concat([whole.slice(0, headerBytes), other.slice(headerBytes)])
    expect(problemOf(mixed)).toBe('the checksum of its tail is wrong')
  })

  it('the name of another', () => {
    expect(problemOf(whole, '000000000008.snapshot')).toBe('it is of sequence 7, not as named')
  })

  it('another version', () => {
    const bytes = changed((copy) => {
      const file = Buffer.from(copy.buffer)
      file.writeUInt32LE(2, VERSION)
      file.writeUInt32LE(crc32(file.subarray(CRC + 4, headerBytes), crc32(file.subarray(0, CRC))), CRC)
    })
    expect(problemOf(bytes)).toBe('it has format version 2, but this engine reads version 1')
  })
})

describe('the newest snapshot', () => {
  it('is handed out, and what comes of it is returned', () => {
    const { store, warnings } = openStore(diskWith(5, 12, 7))
    expect(store.newest((snapshot) => snapshot)).toEqual(snapshotOf(12))
    expect(warnings).toEqual([])
  })

  it('is passed over with a warning if it is damaged, and the one before it is used', () => {
    const disk = diskWith(5, 7, 9)
    disk.set('000000000009.snapshot', disk.contents('000000000009.snapshot').slice(0, 100))
    disk.set('000000000007.snapshot', disk.contents('000000000007.snapshot').fill(0, 90, 95))
    const { store, warnings } = openStore(disk)
    expect(store.newest(({ position }) => position.sequence)).toBe(5)
    expect(warnings).toEqual([
      'The snapshot /disk/000000000009.snapshot cannot be used: it has 100 bytes but was made with 129. ' +
        'The one before it is used, or the log alone. Remove the file when it is of no more interest.',
      expect.stringContaining('/disk/000000000007.snapshot cannot be used: the checksum of the 24 bytes at byte 80'),
    ])
  })

  it('is passed over with a warning if it is refused', () => {
    const disk = diskWith(5)
    openStore(disk).store.writeNow(headerAt(9, otherLog), partsOf(9))
    const { store, warnings } = openStore(disk)
    const accept = ({ identity, position }: { identity: string; position: { sequence: number } }) => {
      if (identity === otherLog) throw new Error('it is of another log')
      return position.sequence
    }
    expect(store.newest(accept)).toBe(5)
    expect(warnings).toEqual([expect.stringContaining('000000000009.snapshot cannot be used: it is of another log.')])
  })

  it('is none if there is none, or none that is sound', () => {
    expect(openStore(new TestDisk()).store.newest(() => 1)).toBeUndefined()
    const { store, warnings } = openStore(TestDisk.with([[name, new Uint8Array(0)]]))
    expect(store.newest(() => 1)).toBeUndefined()
    expect(warnings).toHaveLength(1)
  })

  it.each(['7.snapshot', '0000000000007.snapshot', 'copy of 000000000007.snapshot', '.snapshot'])(
    'is not one that is called %s, but there is a warning',
    (wrong) => {
      const disk = diskWith(5)
      disk.set(wrong, whole)
      const { store, warnings } = openStore(disk)
      expect(store.newest(({ position }) => position.sequence)).toBe(5)
      expect(warnings).toEqual([
        expect.stringContaining(`${wrong} cannot be used: its name is not that of a snapshot.`),
      ])
    },
  )

  it('is not looked for in files of other kinds', () => {
    const disk = diskWith(5)
    disk.set('unfinished-3', whole)
    disk.set('notes.txt', whole)
    const { store, warnings } = openStore(disk)
    expect(store.newest(({ position }) => position.sequence)).toBe(5)
    expect(warnings).toEqual([])
  })
})

/** Reads a snapshot's file and checks all of it. */
import { crc32 } from 'node:zlib'
import type { JournalStorage } from './journal-storage.ts'
import {
  blockCount,
  decodeHeader,
  SnapshotError,
  type SnapshotHeader,
  type SnapshotLayout,
  sequenceOfSnapshot,
  snapshotBlockBytes,
  snapshotHeaderBytes,
  tailBytes,
  tailCrc,
} from './snapshot-format.ts'

export interface Snapshot extends SnapshotHeader {
  /** Name of its file. */
  readonly name: string
  /** Begins at a multiple of eight bytes. */
  readonly image: Uint8Array
  readonly streams: Uint8Array
}

interface OpenSnapshot {
  readonly storage: JournalStorage
  readonly file: number
  readonly layout: SnapshotLayout
  /** CRC32s of the blocks. */
  readonly tail: Buffer
}

/** @throws SnapshotError if anything is wrong with it */
export function readSnapshot(storage: JournalStorage, name: string): Snapshot {
  return withSnapshot(storage, name, (open) => {
    const { identity, position, timeUs, imageBytes, streamsBytes } = open.layout
    const image = new Uint8Array(imageBytes)
    const streams = new Uint8Array(streamsBytes)
    readBlocks(
      open,
      (begin, end) => image.subarray(begin, end),
      (begin, end) => streams.subarray(begin, end),
    )
    return { name, identity, position, timeUs, image, streams }
  })
}

/** Checks the whole file, a block at a time. @throws SnapshotError if anything is wrong with it */
export function checkSnapshot(storage: JournalStorage, name: string): SnapshotHeader {
  return withSnapshot(storage, name, (open) => {
    const block = new Uint8Array(snapshotBlockBytes)
    const room = (begin: number, end: number) => block.subarray(0, end - begin)
    readBlocks(open, room, room)
    const { identity, position, timeUs } = open.layout
    return { identity, position, timeUs }
  })
}

/** Checks its name, size, beginning and end, which takes no time. @throws SnapshotError if anything is wrong with those */
export function readSnapshotHeader(storage: JournalStorage, name: string): SnapshotHeader {
  return withSnapshot(storage, name, ({ layout: { identity, position, timeUs } }) => ({ identity, position, timeUs }))
}

function withSnapshot<Result>(storage: JournalStorage, name: string, use: (open: OpenSnapshot) => Result): Result {
  let file: number | undefined
  try {
    file = storage.openForReading(name)
    const size = storage.sizeOf(file)
    const header = Buffer.alloc(snapshotHeaderBytes)
    if (size >= snapshotHeaderBytes) readWhole(storage, file, header, 0)
    const layout = decodeHeader(header, size)
    const { sequence } = layout.position
    if (sequence !== sequenceOfSnapshot(name)) throw new SnapshotError(`it is of sequence ${sequence}, not as named`)
    const tail = Buffer.alloc(tailBytes(layout))
    readWhole(storage, file, tail, size - tail.length)
    if (tail.readUInt32LE(tail.length - 4) !== tailCrc(tail, layout.crc)) {
      throw new SnapshotError('the checksum of its tail is wrong')
    }
    return use({ storage, file, layout, tail })
  } catch (error) {
    if (error instanceof SnapshotError) throw error
    throw new SnapshotError(`it cannot be read: ${(error as Error).message}`, { cause: error })
  } finally {
    if (file !== undefined) storage.close(file)
  }
}

type Room = (begin: number, end: number) => Uint8Array

/** Reads image and streams into the room that is given for each of their blocks. */
function readBlocks({ storage, file, layout, tail }: OpenSnapshot, imageRoom: Room, streamsRoom: Room): void {
  const { imageBytes, streamsBytes } = layout
  const imageBlocks = blockCount(imageBytes)
  const parts = [
    { room: imageRoom, bytes: imageBytes, position: snapshotHeaderBytes, firstBlock: 0 },
    { room: streamsRoom, bytes: streamsBytes, position: snapshotHeaderBytes + imageBytes, firstBlock: imageBlocks },
  ]
  for (const { room, bytes, position, firstBlock } of parts) {
    for (let begin = 0; begin < bytes; begin += snapshotBlockBytes) {
      const block = room(begin, Math.min(begin + snapshotBlockBytes, bytes))
      readWhole(storage, file, block, position + begin)
      if (crc32(block) !== tail.readUInt32LE((firstBlock + begin / snapshotBlockBytes) * 4)) {
        throw new SnapshotError(`the checksum of the ${block.length} bytes at byte ${position + begin} is wrong`)
      }
    }
  }
}

function readWhole(storage: JournalStorage, file: number, bytes: Uint8Array, position: number): void {
  for (let filled = 0; filled < bytes.length; ) {
    const count = storage.read(file, bytes, filled, bytes.length - filled, position + filled)
    if (count === 0) throw new SnapshotError(`it ends at byte ${position + filled}`)
    filled += count
  }
}

/**
 * Reads a journal as it lies on the disk, by the description of its format (engine/log/segment-format.ts,
 * segment-fill.ts and batch-format.ts) and with none of the engine's code: it must not share a fault with what it checks. It goes on where it
 * stood, while the journal grows, and sees to it that nothing changes that was read before.
 */
import { createCipheriv, createHash } from 'node:crypto'
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'

const segmentMagic = 'TFJOURNL'
const segmentHeaderBytes = 80
const formatVersion = 2
const markMagic = 'TFCONTIN'
const markBytes = 32
const batchMagic = 0x32_42_46_54
const batchHeaderBytes = 56
const recordHeaderBytes = 8
const readBytes = 2 ** 18

export interface LoggedCommand {
  readonly sequence: number
  readonly timeUs: number
  /** 0 for the engine itself. */
  readonly session: number
  readonly message: Uint8Array
  /** Whether its batch ends with it: then everything before it was released together. */
  readonly endsBatch: boolean
}

interface Segment {
  readonly name: string
  /** Where the next batch is expected. */
  position: number
  /** Of all bytes before `position`. */
  crc: number
}

export class JournalFiles {
  /** What is wrong with the journal itself. */
  readonly faults: string[] = []
  lastSequence = 0
  private readonly folders: readonly string[]
  private readonly sealed: Segment[] = []
  private current: Segment | undefined
  private lastTimeUs = 0
  private identity: Buffer = Buffer.alloc(0)
  /** Of the last batch. */
  private digest: Buffer = Buffer.alloc(0)

  /** @param folders where segments may lie: the journal, then where old ones are put away */
  constructor(...folders: readonly string[]) {
    this.folders = folders
  }

  /** Everything that was written since it was last called, up to where no whole batch is (yet). */
  read(): LoggedCommand[] {
    const commands: LoggedCommand[] = []
    for (;;) {
      if (this.current !== undefined) this.readSegment(this.current, commands)
      const next = segmentName(this.lastSequence + 1)
      if (next === this.current?.name || !this.has(next)) return commands
      if (this.current !== undefined) this.seal(this.current)
      this.current = { name: next, position: 0, crc: 0 }
    }
  }

  /** Reads everything once more that was read so far, and finds out whether it is still the same. */
  checkPast(): void {
    for (const segment of [...this.sealed, this.current]) {
      if (segment !== undefined) this.withFile(segment, (file) => this.checkPrefix(file, segment))
    }
  }

  private readSegment(segment: Segment, commands: LoggedCommand[]): void {
    this.withFile(segment, (file) => {
      if (!this.checkPrefix(file, segment)) return
      if (segment.position === 0) this.readHeader(file, segment)
      let length = readBytes
      for (;;) {
        const bytes = readAt(file, segment.position, length)
        const end = this.readBatches(bytes, commands)
        segment.crc = crc32(bytes.subarray(0, end), segment.crc)
        segment.position += end
        if (bytes.length < length) return
        if (end === 0) {
          // A batch that is larger, or the end of the journal.
          const needed = bytes.readUInt32LE(8)
          if (bytes.readUInt32LE(0) !== batchMagic || needed <= length) return
          length = needed
        }
      }
    })
  }

  private readHeader(file: number, segment: Segment): void {
    const header = readAt(file, 0, segmentHeaderBytes)
    const { size } = fstatSync(file)
    const checked = Buffer.concat([header.subarray(0, 12), header.subarray(16)])
    const version = header.readUInt32LE(8)
    if (header.toString('latin1', 0, 8) !== segmentMagic) this.faults.push(`${segment.name} is no segment`)
    else if (header.readUInt32LE(12) !== crc32(checked)) this.faults.push(`${segment.name}: checksum of the header`)
    else if (version !== formatVersion) this.faults.push(`${segment.name} is of version ${version}`)
    else if (uint64(header, 16) !== this.lastSequence + 1) this.faults.push(`${segment.name} begins elsewhere`)
    else if (uint64(header, 24) !== size) this.faults.push(`${segment.name} has ${size} bytes, not as made`)
    if (this.lastSequence === 0) this.identity = header.subarray(32, 48)
    // A log begins with its identity.
    const previous = this.lastSequence === 0 ? this.identity : this.digest
    if (!header.subarray(32, 48).equals(this.identity)) this.faults.push(`${segment.name} is of another log`)
    if (!header.subarray(48, 64).equals(previous)) this.faults.push(`${segment.name} does not continue the one before`)
    segment.crc = crc32(header)
    segment.position = segmentHeaderBytes
  }

  /** Takes whole batches. @returns where the last one ends */
  private readBatches(bytes: Buffer, commands: LoggedCommand[]): number {
    let position = 0
    for (;;) {
      if (position + batchHeaderBytes > bytes.length || bytes.readUInt32LE(position) !== batchMagic) return position
      const length = bytes.readUInt32LE(position + 8)
      if (bytes.readUInt32LE(position + 12) !== ~length >>> 0 || position + length > bytes.length) return position
      const batch = bytes.subarray(position, position + length)
      if (crc32(batch.subarray(8)) !== batch.readUInt32LE(4)) return position
      this.readRecords(batch, commands)
      position += length
    }
  }

  private readRecords(batch: Buffer, commands: LoggedCommand[]): void {
    const count = batch.readUInt32LE(16)
    const firstSequence = uint64(batch, 24)
    const timeUs = uint64(batch, 32)
    if (firstSequence !== this.lastSequence + 1) {
      this.faults.push(`command ${firstSequence} comes after command ${this.lastSequence}`)
    }
    const previous = this.lastSequence === 0 ? this.identity : this.digest
    if (!batch.subarray(40, 56).equals(previous)) this.faults.push(`the chain is broken at command ${firstSequence}`)
    this.digest = createHash('sha256').update(batch.subarray(8)).digest().subarray(0, 16)
    if (timeUs < this.lastTimeUs) this.faults.push(`time goes back at command ${firstSequence}`)
    let position = batchHeaderBytes
    for (let index = 0; index < count; index += 1) {
      const start = position + recordHeaderBytes
      const end = start + batch.readUInt32LE(position)
      const session = batch.readUInt32LE(position + 4)
      const message = batch.subarray(start, end)
      commands.push({ sequence: firstSequence + index, timeUs, session, message, endsBatch: index === count - 1 })
      position = Math.ceil(end / 8) * 8
    }
    if (position !== batch.length)
      this.faults.push(`the records of the batch of command ${firstSequence} do not fill it`)
    this.lastSequence = firstSequence + count - 1
    this.lastTimeUs = timeUs
  }

  /** After the batches of a segment that another one follows there is nothing but what the file was made of, and the mark. */
  private seal(segment: Segment): void {
    this.sealed.push(segment)
    this.withFile(segment, (file) => {
      const { size } = fstatSync(file)
      const rest = readAt(file, segment.position, size - segment.position)
      const expected = this.unwritten(file, segment.position, size)
      const mark = Buffer.concat([Buffer.from(markMagic), Buffer.alloc(8), this.digest])
      mark.writeBigUInt64LE(BigInt(this.lastSequence + 1), 8)
      for (let offset = 0; offset < rest.length; offset += 8) {
        const word = rest.subarray(offset, offset + 8)
        if (word.equals(expected.subarray(offset, offset + 8))) continue
        const inMark = offset - (rest.length - markBytes)
        if (inMark >= 0 && word.equals(mark.subarray(inMark, inMark + 8))) continue
        this.faults.push(`${segment.name} is damaged at byte ${segment.position + offset}`)
        return
      }
    })
  }

  /** What a segment has up to its end from a place on, before anything is written there. */
  private unwritten(file: number, start: number, end: number): Buffer {
    const key = readAt(file, 64, 16)
    return createCipheriv('aes-128-ctr', key, new Uint8Array(16)).update(new Uint8Array(end)).subarray(start)
  }

  /** Whether what was read of a segment is as it was. */
  private checkPrefix(file: number, segment: Segment): boolean {
    if (crc32(readAt(file, 0, segment.position)) === segment.crc) return true
    this.faults.push(`${segment.name} changed before byte ${segment.position}`)
    return false
  }

  private withFile(segment: Segment, use: (file: number) => void): void {
    const file = this.open(segment.name)
    if (file === undefined) {
      this.faults.push(`${segment.name} is gone`)
      return
    }
    try {
      use(file)
    } finally {
      closeSync(file)
    }
  }

  /** A segment that is being put away is in the last folder if it is no longer in the first. */
  private open(name: string): number | undefined {
    for (const folder of this.folders) {
      try {
        return openSync(join(folder, name), 'r')
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      }
    }
    return undefined
  }

  private has(name: string): boolean {
    return this.folders.some((folder) => existsSync(join(folder, name)))
  }
}

function segmentName(firstSequence: number): string {
  return `${String(firstSequence).padStart(12, '0')}.log`
}

function readAt(file: number, position: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  let filled = 0
  while (filled < length) {
    const count = readSync(file, bytes, filled, length - filled, position + filled)
    if (count === 0) break
    filled += count
  }
  return bytes.subarray(0, filled)
}

function uint64(bytes: Buffer, offset: number): number {
  return bytes.readUInt32LE(offset + 4) * 2 ** 32 + bytes.readUInt32LE(offset)
}

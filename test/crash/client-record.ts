/**
 * What a client process writes down of its dealings with the engine, so that it survives the process: every frame before
 * it is sent, and every frame that came before anything is done about it. One folder for each session, one file after
 * another in it. A file is a sequence of entries, of which a kill may have cut the last one:
 *
 *     entry    length of what follows u32 · kind u8 · content
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'

const kinds = ['begun', 'opened', 'sent', 'received', 'fault'] as const

/**
 * - `begun`: a file begins; the content says what its writer knew then, as JSON.
 * - `opened`: a new connection; what follows belongs to it.
 * - `sent`, `received`: a frame.
 * - `fault`: something that must not happen, seen by the client itself, as text.
 */
export type EntryKind = (typeof kinds)[number]

export interface Entry {
  readonly kind: EntryKind
  readonly content: Buffer
}

const headBytes = 5

export class RecordWriter {
  /** Bytes in the current file. */
  length = 0
  private readonly folder: string
  private number: number
  private file = -1

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true })
    this.folder = folder
    this.number = Number(recordNames(folder).at(-1)?.split('.')[0] ?? 0)
  }

  /** Begins a new file. */
  begin(state: object): void {
    if (this.file !== -1) closeSync(this.file)
    this.number += 1
    this.file = openSync(join(this.folder, recordName(this.number)), 'wx')
    this.length = 0
    this.write('begun', Buffer.from(JSON.stringify(state)))
  }

  write(kind: EntryKind, content: Uint8Array | string = ''): void {
    const entry = encodeEntry(kind, typeof content === 'string' ? Buffer.from(content) : content)
    writeSync(this.file, entry)
    this.length += entry.length
  }
}

/** Reads a session's files while they grow. */
export class RecordReader {
  private readonly folder: string
  private number = 1
  private position = 0

  constructor(folder: string) {
    this.folder = folder
  }

  /** Every whole entry since it was last called. */
  read(): Entry[] {
    const entries: Entry[] = []
    for (;;) {
      // Asked before the current file is read: when the next one is there, nothing is added to the current one any more.
      const hasNext = existsSync(join(this.folder, recordName(this.number + 1)))
      this.readFile(entries)
      if (!hasNext) return entries
      this.number += 1
      this.position = 0
    }
  }

  private readFile(entries: Entry[]): void {
    const path = join(this.folder, recordName(this.number))
    if (!existsSync(path)) return
    const file = openSync(path, 'r')
    try {
      const bytes = Buffer.allocUnsafe(fstatSync(file).size - this.position)
      const count = readSync(file, bytes, 0, bytes.length, this.position)
      this.position += parse(bytes.subarray(0, count), entries)
    } finally {
      closeSync(file)
    }
  }
}

export function encodeEntry(kind: EntryKind, content: Uint8Array): Buffer {
  const entry = Buffer.allocUnsafe(headBytes + content.length)
  entry.writeUInt32LE(1 + content.length, 0)
  entry[4] = kinds.indexOf(kind)
  entry.set(content, headBytes)
  return entry
}

/** The whole entries of a file. */
export function parseEntries(bytes: Buffer): Entry[] {
  const entries: Entry[] = []
  parse(bytes, entries)
  return entries
}

/** The entries of the last file of a session that has any: its writer may have been killed before it wrote one. */
export function lastRecord(folder: string): Entry[] {
  for (const name of recordNames(folder).reverse()) {
    const entries = parseEntries(readFileSync(join(folder, name)))
    if (entries.length > 0) return entries
  }
  return []
}

/** @returns where the last whole entry ends */
function parse(bytes: Buffer, entries: Entry[]): number {
  let position = 0
  while (position + headBytes <= bytes.length) {
    const end = position + 4 + bytes.readUInt32LE(position)
    if (end > bytes.length) break
    entries.push({ kind: kinds[bytes[position + 4]], content: bytes.subarray(position + headBytes, end) })
    position = end
  }
  return position
}

function recordName(number: number): string {
  return `${String(number).padStart(6, '0')}.record`
}

function recordNames(folder: string): string[] {
  if (!existsSync(folder)) return []
  const names = readdirSync(folder).filter((name) => name.endsWith('.record'))
  return names.sort()
}

/**
 * What a log's files are done to on the disk, all of it, behind one port: files by name in one folder. Tests put a failing
 * or simulated disk here. Every method throws what node:fs throws. Those that say so go on beside the event loop, in the
 * thread pool; the others block it. disk-pace.ts says which are used when.
 */
import fs from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'

export interface JournalStorage {
  /** Makes the folder, durably, if it is missing, and checks that files can be made in it. */
  prepareFolder(): void
  /** Full path of a file, for messages. */
  pathOf(name: string): string
  /** None where there is no folder. */
  list(): string[]
  openForReading(name: string): number
  openForWriting(name: string): number
  /** Makes an empty file, in place of any of that name. */
  create(name: string): number
  sizeOf(file: number): number
  /** Reads up to `length` bytes at `position` into `bytes` at `offset`; returns how many, 0 at the end. */
  read(file: number, bytes: Uint8Array, offset: number, length: number, position: number): number
  /** Writes `bytes` from `start` to `end` at `position`, all of them. */
  write(file: number, bytes: Uint8Array, start: number, end: number, position: number): void
  /** Makes the file's contents and size durable. */
  sync(file: number): void
  /** `write` of a whole array and `sync`, without blocking the event loop. */
  writeInBackground(file: number, bytes: Uint8Array, length: number, position: number): Promise<void>
  syncInBackground(file: number): Promise<void>
  rename(from: string, to: string): void
  remove(name: string): void
  /** `remove`, without blocking the event loop: a large file takes tens of milliseconds. */
  removeInBackground(name: string): Promise<void>
  /** The storage in the folder of that name beside this one's. */
  beside(folder: string): JournalStorage
  /** Moves a file into that folder, which must be there: at any moment, also after a crash, it is in one of the two. */
  moveBeside(name: string, folder: string): void
  /** Makes the names in the folder durable. */
  syncFolder(): void
  syncFolderInBackground(): Promise<void>
  close(file: number): void
}

const writeAsync = promisify(fs.write) as (
  file: number,
  bytes: Uint8Array,
  offset: number,
  length: number,
  position: number,
) => Promise<{ bytesWritten: number }>
const fdatasyncAsync = promisify(fs.fdatasync)

/** The journal's files in a folder of the file system. */
export class FolderStorage implements JournalStorage {
  private readonly folder: string

  constructor(folder: string) {
    this.folder = path.resolve(folder)
  }

  prepareFolder(): void {
    const firstMade = fs.mkdirSync(this.folder, { recursive: true })
    fs.accessSync(this.folder, fs.constants.R_OK | fs.constants.W_OK | fs.constants.X_OK)
    if (firstMade === undefined) return
    for (let made = this.folder; made.length >= firstMade.length; made = path.dirname(made)) {
      syncFolder(path.dirname(made))
    }
  }

  pathOf(name: string): string {
    return path.join(this.folder, name)
  }

  list(): string[] {
    return fs.existsSync(this.folder) ? fs.readdirSync(this.folder) : []
  }

  openForReading(name: string): number {
    return fs.openSync(this.pathOf(name), 'r')
  }

  openForWriting(name: string): number {
    return fs.openSync(this.pathOf(name), 'r+')
  }

  create(name: string): number {
    return fs.openSync(this.pathOf(name), 'w+')
  }

  sizeOf(file: number): number {
    return fs.fstatSync(file).size
  }

  read(file: number, bytes: Uint8Array, offset: number, length: number, position: number): number {
    return fs.readSync(file, bytes, offset, length, position)
  }

  write(file: number, bytes: Uint8Array, start: number, end: number, position: number): void {
    let written = start
    while (written < end) {
      written += fs.writeSync(file, bytes, written, end - written, position + written - start)
    }
  }

  sync(file: number): void {
    fs.fdatasyncSync(file)
  }

  async writeInBackground(file: number, bytes: Uint8Array, length: number, position: number): Promise<void> {
    let written = 0
    while (written < length) {
      written += (await writeAsync(file, bytes, written, length - written, position + written)).bytesWritten
    }
  }

  syncInBackground(file: number): Promise<void> {
    return fdatasyncAsync(file)
  }

  rename(from: string, to: string): void {
    fs.renameSync(this.pathOf(from), this.pathOf(to))
  }

  remove(name: string): void {
    fs.rmSync(this.pathOf(name), { force: true })
  }

  beside(folder: string): FolderStorage {
    return new FolderStorage(path.join(path.dirname(this.folder), folder))
  }

  moveBeside(name: string, folder: string): void {
    fs.renameSync(this.pathOf(name), this.beside(folder).pathOf(name))
  }

  removeInBackground(name: string): Promise<void> {
    return fs.promises.rm(this.pathOf(name), { force: true })
  }

  syncFolder(): void {
    syncFolder(this.folder)
  }

  async syncFolderInBackground(): Promise<void> {
    const handle = await fs.promises.open(this.folder, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  }

  close(file: number): void {
    fs.closeSync(file)
  }
}

function syncFolder(folder: string): void {
  const handle = fs.openSync(folder, 'r')
  try {
    fs.fsyncSync(handle)
  } finally {
    fs.closeSync(handle)
  }
}

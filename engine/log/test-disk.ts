/**
 * A small disk in memory, for tests that try every moment at which it may fail or lose its power. What is not synced may
 * be on the disk or not after that: names in any combination, contents not at all, in part, or whole.
 */
import type { JournalStorage } from './journal-storage.ts'

class DiskFile {
  bytes: Uint8Array = new Uint8Array(0)
  durable: Uint8Array = new Uint8Array(0)

  write(bytes: Uint8Array, position: number): void {
    const longer = new Uint8Array(Math.max(this.bytes.length, position + bytes.length))
    longer.set(this.bytes)
    longer.set(bytes, position)
    this.bytes = longer
  }

  /** What may be on the disk when the power goes. */
  remains(): Uint8Array[] {
    if (Buffer.compare(this.bytes, this.durable) === 0) return [this.durable]
    return [this.durable, this.bytes.slice(0, this.bytes.length / 2), this.bytes]
  }
}

/** A change of names that may not be on the disk yet. */
type Change = (names: Map<string, DiskFile>) => void

export class PowerLost extends Error {}

export class TestDisk implements JournalStorage {
  /** What was asked for that changes the disk. */
  readonly operations: string[] = []
  /** Number of the operation that fails, from 0 on, and the error's code; `powerLost`: as all after it. */
  failure: { readonly at: number; readonly code: 'ENOSPC' | 'EIO' | 'powerLost' } | undefined
  /** How many operations beside the event loop were under way at once, at most. */
  mostInBackground = 0
  private inBackground = 0
  private names = new Map<string, DiskFile>()
  private durableNames = new Map<string, DiskFile>()
  private changes: Change[] = []
  private readonly open: DiskFile[] = []

  /** All disks that there may be if the power goes now. */
  survivors(): TestDisk[] {
    const survivors: TestDisk[] = []
    for (let subset = 0; subset < 2 ** this.changes.length; subset += 1) {
      const names = new Map(this.durableNames)
      this.changes.forEach((change, index) => {
        if ((subset & (1 << index)) !== 0) change(names)
      })
      let contents: [string, Uint8Array][][] = [[]]
      for (const [name, file] of names) {
        contents = contents.flatMap((others) =>
          file.remains().map((bytes): [string, Uint8Array][] => [...others, [name, bytes]]),
        )
      }
      survivors.push(...contents.map((files) => TestDisk.with(files)))
    }
    return survivors
  }

  static with(files: Iterable<readonly [string, Uint8Array]>): TestDisk {
    const disk = new TestDisk()
    for (const [name, bytes] of files) disk.set(name, bytes)
    return disk
  }

  /** A file of that contents, durable. */
  set(name: string, bytes: Uint8Array): void {
    const file = new DiskFile()
    file.bytes = bytes.slice()
    file.durable = bytes.slice()
    this.names.set(name, file)
    this.durableNames.set(name, file)
  }

  contents(name: string): Uint8Array {
    return this.find(name).bytes
  }

  prepareFolder(): void {
    this.operation('prepareFolder')
  }

  pathOf(name: string): string {
    return `/disk/${name}`
  }

  list(): string[] {
    return [...this.names.keys()]
  }

  openForReading(name: string): number {
    return this.open.push(this.find(name)) - 1
  }

  openForWriting(name: string): number {
    return this.openForReading(name)
  }

  create(name: string): number {
    this.operation('create')
    const file = new DiskFile()
    this.change((names) => names.set(name, file))
    return this.open.push(file) - 1
  }

  sizeOf(file: number): number {
    return this.open[file].bytes.length
  }

  /** Never more than 100,000 bytes at a time, as an operating system may do. */
  read(file: number, bytes: Uint8Array, offset: number, length: number, position: number): number {
    const some = this.open[file].bytes.subarray(position, position + Math.min(length, 100_000))
    bytes.set(some, offset)
    return some.length
  }

  write(file: number, bytes: Uint8Array, start: number, end: number, position: number): void {
    this.operation('write')
    this.open[file].write(bytes.subarray(start, end), position)
  }

  sync(file: number): void {
    this.operation('sync')
    this.open[file].durable = this.open[file].bytes.slice()
  }

  writeInBackground(file: number, bytes: Uint8Array, length: number, position: number): Promise<void> {
    return this.later(() => this.write(file, bytes, 0, length, position))
  }

  syncInBackground(file: number): Promise<void> {
    return this.later(() => this.sync(file))
  }

  rename(from: string, to: string): void {
    this.operation('rename')
    const file = this.find(from)
    this.change((names) => {
      names.delete(from)
      names.set(to, file)
    })
  }

  remove(name: string): void {
    this.operation('remove')
    if (this.names.has(name)) this.change((names) => names.delete(name))
  }

  removeInBackground(name: string): Promise<void> {
    return this.later(() => this.remove(name))
  }

  beside(): JournalStorage {
    throw new Error('this disk has one folder')
  }

  moveBeside(): void {
    throw new Error('this disk has one folder')
  }

  syncFolder(): void {
    this.operation('syncFolder')
    this.durableNames = new Map(this.names)
    this.changes = []
  }

  syncFolderInBackground(): Promise<void> {
    return this.later(() => this.syncFolder())
  }

  close(): void {}

  private change(change: Change): void {
    change(this.names)
    this.changes.push(change)
  }

  private find(name: string): DiskFile {
    const file = this.names.get(name)
    if (file === undefined) throw Object.assign(new Error(`ENOENT: ${name}`), { code: 'ENOENT', syscall: 'open' })
    return file
  }

  private async later(work: () => void): Promise<void> {
    this.inBackground += 1
    this.mostInBackground = Math.max(this.mostInBackground, this.inBackground)
    await new Promise((resolve) => setImmediate(resolve))
    this.inBackground -= 1
    work()
  }

  private operation(name: string): void {
    const { failure } = this
    const number = this.operations.push(name) - 1
    if (failure === undefined || number < failure.at) return
    if (failure.code === 'powerLost') throw new PowerLost()
    if (number > failure.at) return
    throw Object.assign(new Error(`${failure.code}: injected`), { code: failure.code, syscall: name })
  }
}

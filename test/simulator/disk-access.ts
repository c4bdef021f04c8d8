/**
 * The disk as one process of the engine sees it: the port that journal and snapshots stand on, with calls that take time,
 * fail, misread, and in the middle of which the process may be killed.
 */
import type { RandomSource } from '../../bots/runtime/random.ts'
import type { JournalStorage } from '../../engine/log/journal-storage.ts'
import type { FileNode, SimulatedDisk } from './disk.ts'
import type { Trace } from './trace.ts'
import { ProcessKilled, type VirtualProcess } from './virtual-process.ts'
import type { VirtualTime } from './virtual-time.ts'

/** How the disk behaves at the moment. */
export interface DiskConditions {
  /** How long a sync takes at least and at most. */
  syncUs: readonly [number, number]
  /** Of so many calls one fails; 0: none. */
  writeErrorOneIn: number
  syncErrorOneIn: number
}

export type Misreading = 'flippedBit' | 'otherSector' | 'ioError'

/** One call of the process to the disk: done by it, and what it leaves if the process is killed in the middle of it. */
interface Call {
  readonly name: string
  readonly node?: FileNode
  run(): void
  /** Carries out a part. */
  runPartly?(): void
}

const temporaryPattern = /^(prepared|unfinished)-\d+$/
const nameCalls: ReadonlySet<string> = new Set(['create', 'rename', 'remove', 'move', 'sync folder'])
const writeUs = 4
const wordBytes = 8
const nameChangeUs = 20

export class DiskAccess {
  readonly disk: SimulatedDisk
  readonly random: RandomSource
  private readonly conditions: DiskConditions
  private readonly process: VirtualProcess
  private readonly time: VirtualTime
  private readonly trace: Trace
  private readonly files = new Map<number, FileNode>()
  private lastFile = 2
  /** Calls in the background that are under way. */
  private readonly underWay = new Set<Call>()
  /** Names of temporary files: the code counts them over all journals of its process, which is this one's alone here. */
  private readonly temporaryNames = new Map<string, string>()
  /** The process is killed at the call after so many; at the call that changes or syncs names after so many. */
  callsToLive = Number.POSITIVE_INFINITY
  nameCallsToLive = Number.POSITIVE_INFINITY
  /** One of the next reads goes wrong. */
  misreading: Misreading | undefined
  readsToMisread = 0
  /** What the process was told that is not so, or not as it should be. */
  readonly faults: string[] = []

  constructor(
    disk: SimulatedDisk,
    conditions: DiskConditions,
    process: VirtualProcess,
    time: VirtualTime,
    random: RandomSource,
    trace: Trace,
  ) {
    this.disk = disk
    this.conditions = conditions
    this.process = process
    this.time = time
    this.random = random
    this.trace = trace
  }

  folder(name: string): JournalStorage {
    return new SimulatedFolder(this, name)
  }

  /** Nobody is going to kill the process in the middle of a call any more. */
  spare(): void {
    this.callsToLive = Number.POSITIVE_INFINITY
    this.nameCallsToLive = Number.POSITIVE_INFINITY
  }

  /** The process is dead: calls in the background may have been carried out, in part or not at all. */
  endCalls(): void {
    for (const call of this.underWay) this.leaveUnfinished(call)
    this.underWay.clear()
  }

  /** Carries out a call that blocks. */
  block(us: number, call: Call): void {
    this.countDown(call)
    this.time.spend(us)
    this.trace.note('disk', call.name)
    call.run()
  }

  /** Carries out a call in the thread pool. */
  background(us: number, call: Call): Promise<void> {
    this.countDown(call)
    this.trace.note('disk', call.name)
    this.underWay.add(call)
    return new Promise((resolve, reject) => {
      this.process.after(us, () => {
        this.underWay.delete(call)
        try {
          call.run()
          this.trace.note('disk', `${call.name} done`)
          resolve()
        } catch (error) {
          reject(error)
        }
      })
    })
  }

  write(node: FileNode, bytes: Uint8Array, position: number): Call {
    // Whatever ends a write early, no kernel leaves half a word of it.
    const writePart = () => {
      const end = position + this.random.integerBelow(bytes.length + 1)
      node.write(bytes.subarray(0, Math.max(0, end - (end % wordBytes) - position)), position)
    }
    return {
      name: 'write',
      run: () => {
        if (this.disk.isFull && position + bytes.length > node.size) throw this.fail('ENOSPC', 'write')
        if (this.strikes(this.conditions.writeErrorOneIn)) {
          writePart()
          throw this.fail('EIO', 'write')
        }
        node.write(bytes, position)
      },
      runPartly: writePart,
    }
  }

  sync(node: FileNode): Call {
    const { writeCount } = node
    return {
      name: 'sync',
      run: () => {
        if (this.strikes(this.conditions.syncErrorOneIn)) {
          node.failToSync(this.random)
          throw this.fail('EIO', 'fdatasync')
        }
        node.sync(writeCount)
      },
      runPartly: () => node.sync(this.random.integerBelow(writeCount + 1)),
    }
  }

  syncUs(): number {
    const [shortest, longest] = this.conditions.syncUs
    return shortest + this.random.integerBelow(longest - shortest + 1)
  }

  open(path: string): number {
    const node = this.disk.find(path)
    if (node === undefined) throw systemError('ENOENT', 'open')
    return this.handle(node)
  }

  handle(node: FileNode): number {
    this.lastFile += 1
    this.files.set(this.lastFile, node)
    return this.lastFile
  }

  node(file: number): FileNode {
    const node = this.files.get(file)
    if (node === undefined) throw systemError('EBADF', 'use')
    return node
  }

  close(file: number): void {
    this.node(file)
    this.files.delete(file)
  }

  /** The name that a file is to be made under. */
  nameToCreate(name: string): string {
    if (!temporaryPattern.test(name)) return name
    const numbered = `${name.split('-')[0]}-${this.temporaryNames.size + 1}`
    this.temporaryNames.set(name, numbered)
    return numbered
  }

  nameOf(name: string): string {
    return this.temporaryNames.get(name) ?? name
  }

  read(node: FileNode, bytes: Uint8Array, offset: number, length: number, position: number): number {
    this.countDown({ name: 'read', run: () => {} })
    let count = Math.max(0, Math.min(length, node.size - position))
    // A read may bring less than was asked for.
    if (count > 1 && this.random.integerBelow(8) === 0) count = 1 + this.random.integerBelow(count - 1)
    const target = bytes.subarray(offset, offset + count)
    target.set(node.cached.subarray(position, position + count))
    if (this.misreading !== undefined && count > 0) {
      if (this.readsToMisread === 0) this.misread(target)
      this.readsToMisread -= 1
    }
    return count
  }

  fail(code: string, syscall: string): Error {
    this.faults.push(`${code} ${syscall}`)
    this.trace.note('disk', 'fails', 0, 0, `${syscall}: ${code}`)
    return systemError(code, syscall)
  }

  private misread(bytes: Uint8Array): void {
    const kind = this.misreading!
    this.misreading = undefined
    if (kind === 'ioError') throw this.fail('EIO', 'read')
    const changed = bytes.slice()
    const at = this.random.integerBelow(changed.length)
    if (kind === 'flippedBit') changed[at] ^= 1 << this.random.integerBelow(8)
    else {
      const sector = at - (at % 512)
      for (let index = sector; index < Math.min(sector + 512, changed.length); index += 1) {
        changed[index] = 1 + this.random.integerBelow(255)
      }
    }
    if (hasNewZeroWord(bytes, changed)) return
    bytes.set(changed)
    this.faults.push(kind)
    this.trace.note('disk', 'misreads', at, 0, kind)
  }

  private strikes(oneIn: number): boolean {
    return oneIn > 0 && this.random.integerBelow(oneIn) === 0
  }

  private countDown(call: Call): void {
    if (!this.process.isAlive) throw new ProcessKilled('the process is dead')
    this.callsToLive -= 1
    if (nameCalls.has(call.name)) this.nameCallsToLive -= 1
    if (this.callsToLive >= 0 && this.nameCallsToLive >= 0) return
    this.trace.note('disk', 'kills', 0, 0, call.name)
    this.process.kill()
    this.leaveUnfinished(call)
    throw new ProcessKilled(`killed in ${call.name}`)
  }

  private leaveUnfinished(call: Call): void {
    const fate = this.random.integerBelow(3)
    if (fate === 0) return
    try {
      if (fate === 1) call.runPartly?.()
      else call.run()
    } catch {}
  }
}

class SimulatedFolder implements JournalStorage {
  private readonly access: DiskAccess
  private readonly name: string

  constructor(access: DiskAccess, name: string) {
    this.access = access
    this.name = name
  }

  prepareFolder(): void {
    this.access.block(nameChangeUs, { name: 'prepare folder', run: () => {} })
  }

  pathOf(name: string): string {
    return `${this.name}/${this.access.nameOf(name)}`
  }

  list(): string[] {
    let names: string[] = []
    const run = () => {
      names = this.access.disk.list(this.name).map((path) => path.slice(this.name.length + 1))
    }
    this.access.block(nameChangeUs, { name: 'list', run })
    return names
  }

  openForReading(name: string): number {
    return this.access.open(this.pathOf(name))
  }

  openForWriting(name: string): number {
    return this.access.open(this.pathOf(name))
  }

  create(name: string): number {
    const { access } = this
    const path = `${this.name}/${access.nameToCreate(name)}`
    let file = -1
    const run = () => {
      if (access.disk.isFull && access.random.integerBelow(2) === 0) throw access.fail('ENOSPC', 'open')
      file = access.handle(access.disk.create(path))
    }
    access.block(nameChangeUs, { name: 'create', run })
    return file
  }

  sizeOf(file: number): number {
    return this.access.node(file).size
  }

  read(file: number, bytes: Uint8Array, offset: number, length: number, position: number): number {
    return this.access.read(this.access.node(file), bytes, offset, length, position)
  }

  write(file: number, bytes: Uint8Array, start: number, end: number, position: number): void {
    const { access } = this
    access.block(writeUs, access.write(access.node(file), bytes.subarray(start, end), position))
  }

  sync(file: number): void {
    const { access } = this
    access.block(access.syncUs(), access.sync(access.node(file)))
  }

  writeInBackground(file: number, bytes: Uint8Array, length: number, position: number): Promise<void> {
    const { access } = this
    const delayUs = access.random.integerBelow(200)
    return access.background(delayUs, access.write(access.node(file), bytes.subarray(0, length), position))
  }

  syncInBackground(file: number): Promise<void> {
    const { access } = this
    return access.background(access.syncUs(), access.sync(access.node(file)))
  }

  rename(from: string, to: string): void {
    const { disk } = this.access
    const [source, target] = [this.pathOf(from), this.pathOf(to)]
    this.access.block(nameChangeUs, { name: 'rename', run: () => disk.rename(source, target) })
  }

  remove(name: string): void {
    this.access.block(nameChangeUs, this.removal(name))
  }

  removeInBackground(name: string): Promise<void> {
    return this.access.background(nameChangeUs, this.removal(name))
  }

  beside(folder: string): JournalStorage {
    return this.access.folder(folder)
  }

  moveBeside(name: string, folder: string): void {
    const { disk } = this.access
    const [source, target] = [this.pathOf(name), `${folder}/${name}`]
    this.access.block(nameChangeUs, { name: 'move', run: () => disk.rename(source, target) })
  }

  syncFolder(): void {
    this.access.block(this.access.syncUs(), this.folderSync())
  }

  syncFolderInBackground(): Promise<void> {
    return this.access.background(this.access.syncUs(), this.folderSync())
  }

  close(file: number): void {
    this.access.close(file)
  }

  private removal(name: string): Call {
    const path = this.pathOf(name)
    return { name: 'remove', run: () => this.access.disk.remove(path) }
  }

  private folderSync(): Call {
    return { name: 'sync folder', run: () => this.access.disk.syncNames(this.name) }
  }
}

function systemError(code: string, syscall: string): Error {
  return Object.assign(new Error(`${code}: simulated, ${syscall}`), { code, syscall })
}

/** Whether a word that was not zero is: that looks like one that was never written, which no checksum tells apart. */
export function hasNewZeroWord(before: Uint8Array, after: Uint8Array): boolean {
  for (let word = 0; word < after.length; word += 8) {
    const end = Math.min(word + 8, after.length)
    if (
      after.subarray(word, end).every((byte) => byte === 0) &&
      before.subarray(word, end).some((byte) => byte !== 0)
    ) {
      return true
    }
  }
  return false
}

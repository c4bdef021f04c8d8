/**
 * A disk and the page cache before it. What a process writes is in the cache at once and survives the process; it survives
 * the loss of power only once it was synced. What was not may then be there or not, in any combination of words, sectors
 * or pages, and the same holds for names: a file's contents are synced by `sync`, its name by `syncNames`.
 */
import type { RandomSource } from '../../bots/runtime/random.ts'

/** Something that was written to a file since it was last synced; `position` -1: it was emptied. */
interface UnsyncedWrite {
  readonly position: number
  readonly bytes: Uint8Array
}

/** How much of what is unsynced survives a loss of power, and in pieces of which size. */
export interface PowerLoss {
  readonly unitBytes: number
  readonly survival: number
  /** Whether names change on the disk in the order in which they were changed. */
  readonly namesInOrder: boolean
}

const emptied = new Uint8Array(0)

export class FileNode {
  /** As processes read it; only the first `size` bytes count, and those beyond are zero. */
  cached = new Uint8Array(4_096)
  size = 0
  private durable = new Uint8Array(4_096)
  private durableSize = 0
  private unsynced: UnsyncedWrite[] = []
  /** Whether cache and disk differ although nothing is unsynced: a sync failed. */
  private isTorn = false
  /** How many writes are synced, or lost. */
  private settled = 0

  write(bytes: Uint8Array, position: number): void {
    const end = position + bytes.length
    this.cached = withRoom(this.cached, end)
    this.cached.set(bytes, position)
    this.size = Math.max(this.size, end)
    this.unsynced.push({ position, bytes: bytes.slice() })
  }

  empty(): void {
    this.cached = new Uint8Array(4_096)
    this.size = 0
    this.unsynced.push({ position: -1, bytes: emptied })
  }

  /** How many writes there were by now. */
  get writeCount(): number {
    return this.settled + this.unsynced.length
  }

  /** Makes durable what was written when there were so many writes. */
  sync(writeCount = this.writeCount): void {
    const synced = this.unsynced.splice(0, Math.max(0, writeCount - this.settled))
    this.settled += synced.length
    for (const write of synced) this.keep(write, 0, write.bytes.length)
  }

  /**
   * A sync that fails: some of it is on the disk, the rest never will be, whatever is synced from now on. The cache may
   * still show it, or may not.
   */
  failToSync(random: RandomSource): void {
    this.keepSome(random, { unitBytes: 4_096, survival: 0.5 })
    this.isTorn = true
    if (random.uniform() < 0.3) this.readAgain()
  }

  losePower(random: RandomSource, loss: PowerLoss): void {
    if (this.unsynced.length === 0 && !this.isTorn) return
    this.keepSome(random, loss)
    this.readAgain()
  }

  /** Changes what is on the disk behind everybody's back. */
  damage(change: (bytes: Uint8Array) => void, size = this.size): void {
    this.cached = withRoom(this.cached, size)
    change(this.cached)
    this.cached.fill(0, size)
    this.size = size
    this.durable = this.cached.slice()
    this.durableSize = size
    this.dropUnsynced()
    this.isTorn = false
  }

  private readAgain(): void {
    this.size = this.durableSize
    this.cached = this.durable.slice()
    this.isTorn = false
  }

  private keepSome(random: RandomSource, { unitBytes, survival }: Pick<PowerLoss, 'unitBytes' | 'survival'>): void {
    for (const write of this.unsynced) {
      const { position, bytes } = write
      if (position < 0) {
        if (random.uniform() < survival) this.keep(write, 0, 0)
        continue
      }
      const end = position + bytes.length
      for (let from = position; from < end; ) {
        const to = Math.min(end, from - (from % unitBytes) + unitBytes)
        if (survival === 1 || (survival > 0 && random.uniform() < survival))
          this.keep(write, from - position, to - position)
        from = to
      }
    }
    this.dropUnsynced()
  }

  private dropUnsynced(): void {
    this.settled += this.unsynced.length
    this.unsynced = []
  }

  private keep({ position, bytes }: UnsyncedWrite, start: number, end: number): void {
    if (position < 0) {
      this.durable = new Uint8Array(4_096)
      this.durableSize = 0
      return
    }
    this.durable = withRoom(this.durable, position + end)
    this.durable.set(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end), position + start)
    this.durableSize = Math.max(this.durableSize, position + end)
  }
}

/** A change of names: `from` goes, `to` comes and is this file. */
interface NameChange {
  readonly from: string | undefined
  readonly to: string | undefined
  readonly node: FileNode | undefined
}

/** Names are paths: the folder, a slash, the file. */
export class SimulatedDisk {
  private names = new Map<string, FileNode>()
  private durableNames = new Map<string, FileNode>()
  private changes: NameChange[] = []
  /** No file can grow. */
  isFull = false

  find(path: string): FileNode | undefined {
    return this.names.get(path)
  }

  /** Paths of the files of a folder. */
  list(folder: string): string[] {
    const prefix = `${folder}/`
    const found: string[] = []
    for (const path of this.names.keys()) if (path.startsWith(prefix)) found.push(path)
    return found
  }

  create(path: string): FileNode {
    const known = this.names.get(path)
    if (known !== undefined) {
      known.empty()
      return known
    }
    const node = new FileNode()
    this.change({ from: undefined, to: path, node })
    return node
  }

  rename(from: string, to: string): void {
    this.change({ from, to, node: this.names.get(from) })
  }

  remove(path: string): void {
    if (this.names.has(path)) this.change({ from: path, to: undefined, node: undefined })
  }

  /** Makes the names of a folder durable. */
  syncNames(folder: string): void {
    const prefix = `${folder}/`
    const concerned = ({ from, to }: NameChange) => from?.startsWith(prefix) || to?.startsWith(prefix)
    for (const change of this.changes) if (concerned(change)) apply(this.durableNames, change)
    this.changes = this.changes.filter((change) => !concerned(change))
  }

  /** The machine goes down: what of the unsynced is there afterwards is a matter of luck. */
  losePower(random: RandomSource, loss: PowerLoss): void {
    for (const change of this.changes) {
      const survives = random.uniform() < loss.survival
      if (survives) apply(this.durableNames, change)
      else if (loss.namesInOrder) break
    }
    this.changes = []
    this.names = new Map(this.durableNames)
    for (const node of this.names.values()) node.losePower(random, loss)
  }

  /** Changes a name on the disk behind everybody's back. */
  damageName(path: string, node: FileNode | undefined): void {
    for (const names of [this.names, this.durableNames]) {
      if (node === undefined) names.delete(path)
      else names.set(path, node)
    }
  }

  private change(change: NameChange): void {
    apply(this.names, change)
    this.changes.push(change)
  }
}

function apply(names: Map<string, FileNode>, { from, to, node }: NameChange): void {
  if (from !== undefined) names.delete(from)
  // It may lie under an older name if changes between were lost.
  if (to !== undefined && from !== undefined) for (const [path, other] of names) if (other === node) names.delete(path)
  if (to !== undefined && node !== undefined) names.set(to, node)
}

/** The same bytes in an array of at least `size`. */
function withRoom(bytes: Uint8Array<ArrayBuffer>, size: number): Uint8Array<ArrayBuffer> {
  if (size <= bytes.length) return bytes
  const larger = new Uint8Array(Math.max(size, bytes.length * 2))
  larger.set(bytes)
  return larger
}

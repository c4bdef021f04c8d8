/**
 * What befalls a disk while nobody looks: flipped bits, sectors that are lost, strayed or exchanged, files that are cut
 * off, exchanged or gone. One thing at a time, and nothing that cannot be noticed: the one kind of damage that no log can
 * tell from a write that was never finished is a last batch that reads as what was there before it.
 */
import type { RandomSource } from '../../bots/runtime/random.ts'
import { readJournal } from '../../engine/log/journal-reader.ts'
import type { FileNode, SimulatedDisk } from './disk.ts'
import { plainStorage } from './plain-storage.ts'

export interface Damage {
  readonly what: string
  readonly folder: string
  readonly path: string
  /** Whether another file of the folder is damaged as well. */
  readonly isOfTwo: boolean
  /** Puts back what was there, where nobody wrote since. */
  undo(): void
}

const sectorBytes = 512

export function damageSomething(disk: SimulatedDisk, random: RandomSource): Damage | undefined {
  const folder = random.pick(['journal', 'journal', 'journal', 'snapshots', 'archive'])
  const paths = disk.list(folder).filter((path) => /\.(log|snapshot)$/.test(path))
  if (paths.length === 0) return undefined
  // The newest is what a start needs most.
  const path = random.integerBelow(2) === 0 ? paths.toSorted().at(-1)! : random.pick(paths)
  const node = disk.find(path)!
  if (node.size < sectorBytes) return undefined
  const end = folder === 'journal' ? lastBatchOf(disk, path) : undefined
  if (end !== undefined && random.integerBelow(2) === 0) {
    return bytesDamaged('damaged last batch', folder, path, node, (bytes) => damageWithin(bytes, end, random))
  }
  switch (random.integerBelow(7)) {
    case 0:
      return bytesDamaged('flipped bits', folder, path, node, (bytes) => flipBits(bytes, node.size, random))
    case 1:
      return bytesDamaged('zeroed sector', folder, path, node, (bytes) => sector(bytes, node.size, random).fill(0))
    case 2:
      return bytesDamaged('noise', folder, path, node, (bytes) => {
        const target = sector(bytes, node.size, random)
        for (let index = 0; index < target.length; index += 1) target[index] = random.integerBelow(256)
      })
    case 3:
      return bytesDamaged('strayed sector', folder, path, node, (bytes) => strayed(bytes, node.size, random))
    case 4:
      return sizeDamaged(folder, path, node, random)
    case 5:
      return exchanged(disk, folder, paths, path, random)
    default:
      return removed(disk, folder, paths, path, node)
  }
}

function bytesDamaged(
  what: string,
  folder: string,
  path: string,
  node: FileNode,
  change: (bytes: Uint8Array) => void,
): Damage | undefined {
  const before = node.cached.slice(0, node.size)
  node.damage(change)
  const damaged = node.cached.slice(0, node.size)
  if (Buffer.compare(before, damaged) === 0) return undefined
  const undo = () =>
    node.damage((bytes) => {
      for (let index = 0; index < before.length; index += 1) {
        if (bytes[index] === damaged[index]) bytes[index] = before[index]
      }
    })
  return { what, folder, path, isOfTwo: false, undo }
}

/** Where the last batch of the log lies, if it is in this file. */
function lastBatchOf(disk: SimulatedDisk, path: string): readonly [start: number, end: number] | undefined {
  try {
    const last = readJournal(plainStorage(disk, 'journal'), () => {}).segments.at(-1)
    if (last === undefined || `journal/${last.name}` !== path) return undefined
    return [last.position - last.lastBatch.length, last.position]
  } catch {
    return undefined
  }
}

/** Flips bits, or makes zeros of a word or of all. */
function damageWithin(bytes: Uint8Array, [start, end]: readonly [number, number], random: RandomSource): void {
  const at = start + random.integerBelow(end - start)
  const word = at - (at % 8)
  const kind = random.integerBelow(3)
  if (kind === 0) bytes[at] ^= 1 << random.integerBelow(8)
  else if (kind === 1) bytes.fill(0, word, word + 8)
  else bytes.fill(0, start, end)
}

function flipBits(bytes: Uint8Array, size: number, random: RandomSource): void {
  for (let count = 1 + random.integerBelow(3); count > 0; count -= 1) {
    bytes[random.integerBelow(size)] ^= 1 << random.integerBelow(8)
  }
}

function sector(bytes: Uint8Array, size: number, random: RandomSource): Uint8Array {
  const start = random.integerBelow(Math.ceil(size / sectorBytes)) * sectorBytes
  return bytes.subarray(start, Math.min(start + sectorBytes, size))
}

/** Written to the wrong place: what belongs elsewhere in the file. */
function strayed(bytes: Uint8Array, size: number, random: RandomSource): void {
  const from = sector(bytes, size, random).slice()
  const to = sector(bytes, size, random)
  to.set(from.subarray(0, to.length))
}

function sizeDamaged(folder: string, path: string, node: FileNode, random: RandomSource): Damage {
  const { size } = node
  const rest = node.cached.slice(0, size)
  const shorter = random.integerBelow(size)
  node.damage(() => {}, shorter)
  const undo = () => {
    if (node.size === shorter) node.damage((bytes) => bytes.set(rest), size)
  }
  return { what: `cut off after ${shorter} bytes`, folder, path, isOfTwo: false, undo }
}

function exchanged(
  disk: SimulatedDisk,
  folder: string,
  paths: readonly string[],
  path: string,
  random: RandomSource,
): Damage | undefined {
  const other = random.pick(paths)
  if (other === path) return undefined
  const swap = () => {
    const [one, two] = [disk.find(path), disk.find(other)]
    // One of them may have been put away meanwhile.
    if (one === undefined || two === undefined) return
    disk.damageName(path, two)
    disk.damageName(other, one)
  }
  swap()
  return { what: `exchanged with ${other}`, folder, path, isOfTwo: true, undo: swap }
}

/** The only file of a log would not be missed: there would be no log. */
function removed(
  disk: SimulatedDisk,
  folder: string,
  paths: readonly string[],
  path: string,
  node: FileNode,
): Damage | undefined {
  if (folder === 'journal' && paths.length === 1) return undefined
  disk.damageName(path, undefined)
  const undo = () => {
    if (disk.find(path) === undefined) disk.damageName(path, node)
  }
  return { what: 'removed', folder, path, isOfTwo: false, undo }
}

/** Small snapshots on a disk in memory, for tests. */
import type { SnapshotHeader, SnapshotParts } from './snapshot-format.ts'
import type { Snapshot } from './snapshot-reader.ts'
import { SnapshotStore } from './snapshot-store.ts'
import { TestDisk } from './test-disk.ts'

export const thisLog = '0123456789abcdef0123456789abcdef'
export const otherLog = 'fedcba9876543210fedcba9876543210'

export function headerAt(sequence: number, identity = thisLog): SnapshotHeader {
  return { identity, position: { sequence, digest: `${sequence}`.padStart(32, 'd') }, timeUs: sequence * 1_000 }
}

/** Parts whose bytes tell which snapshot they are of. */
export function partsOf(sequence: number, imageBytes = 24, streamBytes: readonly number[] = [5, 0, 8]): SnapshotParts {
  const bytes = (length: number, part: number) =>
    new Uint8Array(length).map((_, index) => Math.imul(index + sequence * 31 + part * 7, 0x9e3779b1) >>> 24)
  return { image: bytes(imageBytes, 0), streams: streamBytes.map((length, index) => bytes(length, index + 1)) }
}

/** What comes back of a snapshot with these parts. */
export function snapshotOf(sequence: number, parts = partsOf(sequence)): Snapshot {
  const name = `${sequence}`.padStart(12, '0').concat('.snapshot')
  const streams = new Uint8Array(parts.streams.flatMap((stream) => [...stream]))
  return { name, ...headerAt(sequence), image: parts.image, streams }
}

export function openStore(disk: TestDisk, keep = 2) {
  const warnings: string[] = []
  const store = new SnapshotStore(disk, { keep, onWarning: ({ text }) => warnings.push(text) })
  return { store, warnings }
}

/** A disk with a snapshot after each of these commands. */
export function diskWith(...sequences: readonly number[]): TestDisk {
  const disk = new TestDisk()
  const { store } = openStore(disk, 1_000)
  for (const sequence of sequences) store.writeNow(headerAt(sequence), partsOf(sequence))
  disk.operations.length = 0
  return disk
}

export function sequencesOn(disk: TestDisk): number[] {
  return openStore(disk)
    .store.list()
    .map(({ sequence }) => sequence)
}

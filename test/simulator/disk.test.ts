import { describe, expect, it } from 'vitest'
import { RandomSource } from '../../bots/runtime/random.ts'
import { type PowerLoss, SimulatedDisk } from './disk.ts'
import { DiskAccess, type DiskConditions, type Misreading } from './disk-access.ts'
import { calmDisk } from './faults.ts'
import { Trace } from './trace.ts'
import { ProcessKilled, VirtualProcess } from './virtual-process.ts'
import { VirtualTime } from './virtual-time.ts'

const everythingLost: PowerLoss = { unitBytes: 8, survival: 0, namesInOrder: true }
const everythingKept: PowerLoss = { unitBytes: 8, survival: 1, namesInOrder: true }
const random = () => new RandomSource(1)
const bytesOf = (length: number, value: number) => new Uint8Array(length).fill(value)

/** A disk with the durable file `journal/a` of 64 bytes, all 1. */
function diskWithFile() {
  const disk = new SimulatedDisk()
  const node = disk.create('journal/a')
  node.write(bytesOf(64, 1), 0)
  node.sync()
  disk.syncNames('journal')
  return { disk, node }
}

function contents(disk: SimulatedDisk, path = 'journal/a'): number[] | undefined {
  const node = disk.find(path)
  return node && [...node.cached.subarray(0, node.size)]
}

describe('a loss of power', () => {
  it('takes what was written and not synced, or leaves it', () => {
    for (const [loss, expected] of [
      [everythingLost, 1],
      [everythingKept, 2],
    ] as const) {
      const { disk, node } = diskWithFile()
      node.write(bytesOf(64, 2), 0)
      disk.losePower(random(), loss)
      expect(contents(disk)).toEqual([...bytesOf(64, expected)])
    }
  })

  it('leaves what was synced, whatever came after', () => {
    const { disk, node } = diskWithFile()
    node.write(bytesOf(16, 2), 0)
    node.sync()
    node.write(bytesOf(16, 3), 32)
    disk.losePower(random(), everythingLost)
    expect(contents(disk)).toEqual([...bytesOf(16, 2), ...bytesOf(48, 1)])
  })

  it('leaves whole words of what was not, in any combination', () => {
    const seen = new Set<string>()
    for (let seed = 1; seed <= 200; seed += 1) {
      const { disk, node } = diskWithFile()
      node.write(bytesOf(24, 2), 0)
      disk.losePower(new RandomSource(seed), { ...everythingLost, survival: 0.5 })
      const words = contents(disk)!
      for (let word = 0; word < 24; word += 8) expect(new Set(words.slice(word, word + 8)).size).toBe(1)
      seen.add([0, 8, 16].map((word) => words[word]).join(''))
    }
    expect(seen.size).toBe(8)
  })

  it('takes names that were not synced, though the contents were', () => {
    const { disk } = diskWithFile()
    disk.create('journal/b').sync()
    disk.rename('journal/a', 'journal/c')
    disk.losePower(random(), everythingLost)
    expect(disk.list('journal')).toEqual(['journal/a'])
  })

  it('leaves names of one folder that was synced, not those of another', () => {
    const { disk } = diskWithFile()
    disk.rename('journal/a', 'journal/c')
    disk.create('snapshots/b')
    disk.syncNames('journal')
    disk.losePower(random(), everythingLost)
    expect([...disk.list('journal'), ...disk.list('snapshots')]).toEqual(['journal/c'])
  })

  it('never shows a file under two names, whichever changes of names it keeps', () => {
    for (let seed = 1; seed <= 100; seed += 1) {
      const { disk } = diskWithFile()
      disk.rename('journal/a', 'journal/b')
      disk.rename('journal/b', 'journal/c')
      disk.losePower(new RandomSource(seed), { unitBytes: 8, survival: 0.5, namesInOrder: false })
      expect(disk.list('journal')).toHaveLength(1)
    }
  })

  it('takes what a failed sync had to make durable, though the next sync does not fail', () => {
    const lost = []
    for (let seed = 1; seed <= 50; seed += 1) {
      const { disk, node } = diskWithFile()
      node.write(bytesOf(64, 2), 0)
      node.failToSync(new RandomSource(seed))
      node.sync()
      disk.losePower(random(), everythingKept)
      if (contents(disk)![0] === 1) lost.push(seed)
    }
    expect(lost.length).toBeGreaterThan(10)
    expect(lost.length).toBeLessThan(40)
  })
})

/** One process on that disk. */
function accessOf(disk: SimulatedDisk, conditions: Partial<DiskConditions> = {}) {
  const time = new VirtualTime((error) => {
    throw error
  })
  const process = new VirtualProcess(time, random(), { offsetUs: 0 })
  const access = new DiskAccess(disk, { ...calmDisk, ...conditions }, process, time, random(), new Trace(time, false))
  return { access, storage: access.folder('journal'), time, process }
}

describe('a process on the disk', () => {
  it('waits for a sync as long as the disk takes', () => {
    const { disk } = diskWithFile()
    const { storage, time } = accessOf(disk, { syncUs: [300_000, 300_000] })
    storage.sync(storage.openForWriting('a'))
    expect(time.nowUs).toBe(300_000)
  })

  it('goes on while a sync in the background is under way, which covers what was written before it', async () => {
    const { disk, node } = diskWithFile()
    const { storage, time } = accessOf(disk)
    const file = storage.openForWriting('a')
    storage.write(file, bytesOf(8, 2), 0, 8, 0)
    let isDone = false
    const synced = storage.syncInBackground(file).then(() => {
      isDone = true
    })
    storage.write(file, bytesOf(8, 3), 0, 8, 8)
    expect(isDone).toBe(false)
    await time.run(() => isDone, 1_000_000)
    await synced
    disk.losePower(random(), everythingLost)
    expect([...node.cached.subarray(0, 16)]).toEqual([...bytesOf(8, 2), ...bytesOf(8, 1)])
  })

  it('is killed in the middle of a call, and can do nothing from then on', () => {
    const { disk } = diskWithFile()
    const { access, storage, process } = accessOf(disk)
    const file = storage.openForWriting('a')
    access.callsToLive = 1
    storage.write(file, bytesOf(8, 2), 0, 8, 0)
    expect(() => storage.sync(file)).toThrow(ProcessKilled)
    expect(process.isAlive).toBe(false)
    expect(() => storage.write(file, bytesOf(8, 3), 0, 8, 0)).toThrow(ProcessKilled)
    expect(contents(disk)![0]).toBe(2)
  })

  it('cannot let a file grow while the disk is full, but write where there is room', () => {
    const { disk } = diskWithFile()
    disk.isFull = true
    const { storage, access } = accessOf(disk)
    const file = storage.openForWriting('a')
    expect(() => storage.write(file, bytesOf(8, 2), 0, 8, 60)).toThrow('ENOSPC')
    storage.write(file, bytesOf(8, 2), 0, 8, 56)
    expect(access.faults).toEqual(['ENOSPC write'])
  })

  it.each<Misreading>(['flippedBit', 'otherSector'])('reads a file otherwise than it is, once: %s', (misreading) => {
    const { disk } = diskWithFile()
    const { access, storage } = accessOf(disk)
    access.misreading = misreading
    const file = storage.openForReading('a')
    const read = () => {
      const bytes = new Uint8Array(64)
      for (let at = 0; at < 64; ) at += storage.read(file, bytes, at, 64 - at, at)
      return [...bytes]
    }
    expect(read()).not.toEqual([...bytesOf(64, 1)])
    expect(read()).toEqual([...bytesOf(64, 1)])
    expect(access.faults).toEqual([misreading])
  })
})

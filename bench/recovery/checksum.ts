/** The reference of a replay: what the journal's files themselves take, once as bytes and once as records. */
import fs from 'node:fs'
import path from 'node:path'
import { performance } from 'node:perf_hooks'
import { crc32 } from 'node:zlib'
import { readJournal } from '../../engine/log/journal-reader.ts'
import { FolderStorage } from '../../engine/log/journal-storage.ts'
import type { Checksummed } from './job.ts'

const readBytes = 2 ** 20

export function readAndChecksum(dataFolder: string): Checksummed {
  const folder = path.join(dataFolder, 'journal')
  const begunMs = performance.now()
  const { segments } = readJournal(new FolderStorage(folder), () => {})
  const recordsMs = performance.now()
  const buffer = new Uint8Array(readBytes)
  let bytes = 0
  for (const { name, position } of segments) bytes += checksum(path.join(folder, name), position, buffer)
  return { bytes, recordsMilliseconds: recordsMs - begunMs, milliseconds: performance.now() - recordsMs }
}

/** Reads a file up to `end`; returns how many bytes that were. */
function checksum(name: string, end: number, buffer: Uint8Array): number {
  const file = fs.openSync(name, 'r')
  try {
    let value = 0
    let position = 0
    for (;;) {
      const count = fs.readSync(file, buffer, 0, Math.min(buffer.length, end - position), position)
      if (count === 0) return position
      value = crc32(buffer.subarray(0, count), value)
      position += count
    }
  } finally {
    fs.closeSync(file)
  }
}

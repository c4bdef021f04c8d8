/**
 * A simulated disk as a reader sees it that nothing happens to: no time passes, nothing fails. It cannot write, and may be
 * kept from seeing some folders.
 */
import type { JournalStorage } from '../../engine/log/journal-storage.ts'
import type { FileNode, SimulatedDisk } from './disk.ts'

export function plainStorage(disk: SimulatedDisk, folder: string, hidden: readonly string[] = []): JournalStorage {
  const files = new Map<number, FileNode>()
  const open = (name: string) => {
    const node = disk.find(`${folder}/${name}`)
    if (node === undefined) throw Object.assign(new Error(`ENOENT: ${folder}/${name}`), { code: 'ENOENT' })
    files.set(files.size, node)
    return files.size - 1
  }
  const refuse = (): never => {
    throw new Error('this storage is for reading')
  }
  return {
    prepareFolder: () => {},
    pathOf: (name) => `${folder}/${name}`,
    list: () => (hidden.includes(folder) ? [] : disk.list(folder).map((path) => path.slice(folder.length + 1))),
    openForReading: open,
    sizeOf: (file) => files.get(file)!.size,
    read(file, bytes, offset, length, position) {
      const { cached, size } = files.get(file)!
      const count = Math.max(0, Math.min(length, size - position))
      bytes.set(cached.subarray(position, position + count), offset)
      return count
    },
    close: () => {},
    beside: (other) => plainStorage(disk, other, hidden),
    openForWriting: refuse,
    create: refuse,
    write: refuse,
    sync: refuse,
    writeInBackground: refuse,
    syncInBackground: refuse,
    rename: refuse,
    remove: refuse,
    removeInBackground: refuse,
    moveBeside: refuse,
    syncFolder: refuse,
    syncFolderInBackground: refuse,
  }
}

/** Making the folders that the engine keeps its data in. */
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a folder and its parents where they are missing; returns the topmost that it made. What `mkdirSync` does with
 * `recursive`, but that never returns where a parent cannot be made and says that it is missing, as in /proc.
 */
export function makeFolder(folder: string): string | undefined {
  try {
    mkdirSync(folder)
    return folder
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return undefined
    if (code !== 'ENOENT' || dirname(folder) === folder) throw error
  }
  const topmost = makeFolder(dirname(folder))
  mkdirSync(folder)
  return topmost ?? folder
}

/** One engine at a time in a data folder: a lock file that names the process that holds it. */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The folder is in use; `message` says by whom and what to do. */
export class LockError extends Error {}

interface Holder {
  readonly pid: number
  /** When the process was started, as the kernel counts, so that another process with the same id is told apart. */
  readonly started: string
}

export interface Lock {
  release(): void
}

/**
 * Locks a data folder for this process. A lock that was left by a process that no longer runs is taken over.
 * @throws LockError if a running process holds it
 */
export function lockFolder(folder: string): Lock {
  const path = join(folder, 'engine.lock')
  const own = `${path}.${process.pid}`
  const holder: Holder = { pid: process.pid, started: startOf(process.pid) ?? '' }
  try {
    writeFileSync(own, `${JSON.stringify(holder)}\n`)
    // A link appears whole or not at all, and fails if there is a lock already.
    if (!tryLink(own, path)) {
      refuseIfHeld(path, folder)
      removeStale(path, `${own}.stale`, folder)
      if (!tryLink(own, path)) throw heldBy(readHolder(path)?.pid, folder)
    }
  } finally {
    rmSync(own, { force: true })
  }
  return {
    release: () => {
      if (readHolder(path)?.pid === process.pid) rmSync(path, { force: true })
    },
  }
}

/** Process id of the engine that has a data folder locked; undefined if none that runs does. */
export function lockHolder(folder: string): number | undefined {
  const holder = readHolder(join(folder, 'engine.lock'))
  return holder !== undefined && isRunning(holder) ? holder.pid : undefined
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function refuseIfHeld(path: string, folder: string): void {
  const holder = readHolder(path)
  if (holder === undefined || holder.pid === process.pid) return
  if (isRunning(holder)) throw heldBy(holder.pid, folder)
}

function isRunning({ pid, started }: Holder): boolean {
  const now = startOf(pid)
  return now !== undefined && now === started
}

/** Another process may have replaced the stale lock by its own in the meantime: then that one gets it back. */
function removeStale(path: string, aside: string, folder: string): void {
  renameSync(path, aside)
  try {
    refuseIfHeld(aside, folder)
  } catch (error) {
    tryLink(aside, path)
    throw error
  } finally {
    rmSync(aside)
  }
}

function heldBy(pid: number | undefined, folder: string): LockError {
  const engine = pid === undefined ? 'another engine' : `the engine with process id ${pid}`
  return new LockError(
    `the data folder ${folder} is in use by ${engine}: stop that one, or give this one a folder of its own with --data`,
  )
}

function readHolder(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Holder
  } catch {
    return undefined
  }
}

/** When a process was started; undefined if it does not run, an empty text if this system does not tell. */
function startOf(pid: number): string | undefined {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return undefined
  }
  try {
    // The command's name stands in parentheses and may hold anything; the start is the 20th field after it.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return ''
  }
}

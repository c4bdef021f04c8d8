/** Which cores the processes of a run get, so that a server and its load do not push each other around. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Core by what runs on it. The parent process has none: it only waits while something is measured. */
export interface Cores {
  readonly server: number
  readonly client: number
}

/** The first two cores that this process may use; undefined where there are no two, or no way to choose (not Linux). */
export function assignCores(): Cores | undefined {
  if (spawnSync('taskset', ['--version']).status !== 0) return undefined
  const status = readFileSync('/proc/self/status', 'utf8')
  const [server, client] = parseCoreList(/^Cpus_allowed_list:\s*(.*)$/m.exec(status)?.[1] ?? '')
  return client === undefined ? undefined : { server, client }
}

/** Cores of a list as Linux writes it: "0-2,5" → 0, 1, 2, 5. */
export function parseCoreList(text: string): number[] {
  return text
    .split(',')
    .filter((range) => range !== '')
    .flatMap((range) => {
      const [first, last = first] = range.split('-').map(Number)
      return Array.from({ length: last - first + 1 }, (_, index) => first + index)
    })
}

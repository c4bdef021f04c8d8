/** CPU time of another process, from Linux's /proc. */
import fs from 'node:fs'

export interface CpuSeconds {
  readonly user: number
  readonly system: number
}

/** The kernel's clock tick as it shows in /proc, the same on every Linux that Node runs on. */
const ticksPerSecond = 100

/** What the process has used since it started; NaN where there is no /proc. */
export function readCpuSeconds(pid: number): CpuSeconds {
  let stat: string
  try {
    stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return { user: Number.NaN, system: Number.NaN }
  }
  // The name, in brackets, may hold spaces; the fields after it do not. User time is the 12th of them, system the 13th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return { user: Number(fields[11]) / ticksPerSecond, system: Number(fields[12]) / ticksPerSecond }
}

/** The engine's log of what it does, for operators; not the command log. Whatever happens to it, the exchange goes on. */
import { mkdirSync, openSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Logger, pino } from 'pino'

export interface LoggerOptions {
  readonly level: string
  /** `-` for the standard error. */
  readonly path: string
  /** Called once, when a line could not be written, on a full disk for one. */
  readonly onFailure: (error: Error) => void
}

const standardError = 2

/**
 * Opens the log. A line that cannot be written is lost. (pino's own file destination would end the process then, or, on
 * a full disk, try again for ever.)
 * @throws what node:fs throws if the file cannot be opened
 */
export function openLogger({ level, path, onFailure }: LoggerOptions): Logger {
  if (path !== '-') mkdirSync(dirname(path), { recursive: true })
  const file = path === '-' ? standardError : openSync(path, 'a')
  let failed = false
  const write = (line: string) => {
    try {
      writeSync(file, line)
    } catch (error) {
      if (!failed) onFailure(error as Error)
      failed = true
    }
  }
  return pino({ level }, { write })
}

/**
 * The file that takes what a child process writes to its standard output and error. The child holds the file itself, so
 * it can still write when the supervisor is gone.
 */
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import type { Death } from './supervised-process.ts'

export class ProcessLog {
  readonly path: string
  private lifeBegins = 0

  constructor(path: string) {
    this.path = path
  }

  /** Hands a file descriptor for one life to `use`; what it writes is added at the end. */
  during<Result>(use: (descriptor: number) => Result): Result {
    const descriptor = openSync(this.path, 'a')
    try {
      this.lifeBegins = fstatSync(descriptor).size
      return use(descriptor)
    } finally {
      closeSync(descriptor)
    }
  }

  /** The lines for people that the current life wrote: structured log lines begin with a brace. */
  words(): string[] {
    const written = readFileSync(this.path).subarray(this.lifeBegins).toString()
    return written.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('{'))
  }
}

/** A death for people, with the last words of one that ended by itself. */
export function describeDeath({ text, exitCode }: Death, log: ProcessLog): string {
  const words = exitCode === undefined ? undefined : log.words().at(-1)
  return words === undefined ? text : `${text} (${words.trim()})`
}

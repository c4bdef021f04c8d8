/**
 * Lines to the standard output or a file, as many as there are: written as fast as whoever reads takes them, and never
 * kept. Blocking, so that a log of any length goes through without a queue, and Ctrl-C ends it as it ends any program.
 */
import { closeSync, openSync, writeSync } from 'node:fs'
import { UsageError } from './usage-error.ts'

const standardOutput = 1
const bufferedCharacters = 65_536
const retryMs = 2

/** Whoever read the output has heard enough: `| head`, or a pager that was quit. */
export class OutputClosed extends Error {}

export class LineOutput {
  private readonly file: number
  private buffer = ''

  /** @throws UsageError if the file cannot be made */
  constructor(path?: string) {
    try {
      this.file = path === undefined ? standardOutput : openSync(path, 'w')
    } catch (error) {
      throw new UsageError(`${path} cannot be written: ${(error as Error).message}`)
    }
  }

  /** @throws OutputClosed if nobody reads it any more */
  write(line: string): void {
    this.buffer += `${line}\n`
    if (this.buffer.length >= bufferedCharacters) this.flush()
  }

  close(): void {
    this.flush()
    if (this.file !== standardOutput) closeSync(this.file)
  }

  private flush(): void {
    const bytes = Buffer.from(this.buffer)
    this.buffer = ''
    for (let written = 0; written < bytes.length; ) written += this.writeSome(bytes, written)
  }

  /** How many bytes went out; 0 if the reader is busy and its pipe does not block. */
  private writeSome(bytes: Uint8Array, start: number): number {
    try {
      return writeSync(this.file, bytes, start)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EPIPE') throw new OutputClosed()
      if (code !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, retryMs)
      return 0
    }
  }
}

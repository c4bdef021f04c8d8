/** Runs the bots' `replay` command as a person would. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { RecordingFiles } from '../../bots/traders/lobster/recording.ts'
import type { EngineProcess } from '../support/engine-process.ts'

const program = join(import.meta.dirname, '..', '..', 'bots', 'main.ts')

/** What `--json` prints. */
export interface ReplayJson {
  readonly rows: number
  readonly messages: number
  readonly seconds: number
  readonly messagesPerSecond: number
  readonly executionsChecked: number
  readonly executionsExact: number
  readonly bookRowsChecked: number
  readonly bookRowsEqual: number
  readonly reseededLevels: number
  readonly skippedRows: Record<string, number>
}

export class ReplayRun {
  output = ''
  errors = ''
  private readonly child: ChildProcess
  private readonly closed: Promise<unknown[]>

  constructor(engine: EngineProcess, files: RecordingFiles, instrument: string, ...options: string[]) {
    const { messageFile, orderbookFile } = files
    const common = ['--orderbook', orderbookFile, '--instrument', instrument, '--url', engine.url]
    // The last of an option given twice counts.
    const parameters = [program, 'replay', messageFile, ...common, '--data', engine.dataFolder, ...options]
    const child = spawn(process.execPath, parameters, { stdio: ['ignore', 'pipe', 'pipe'] })
    child.stdout.on('data', (data) => {
      this.output += data
    })
    child.stderr.on('data', (data) => {
      this.errors += data
    })
    this.child = child
    this.closed = once(child, 'close')
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal)
  }

  /** Resolves with the exit code, null if a signal ended it. */
  async ended(): Promise<number | null> {
    const [code] = await this.closed
    return code as number | null
  }

  /** The last line of the output. */
  get json(): ReplayJson {
    return JSON.parse(this.output.trimEnd().split('\n').at(-1)!) as ReplayJson
  }
}

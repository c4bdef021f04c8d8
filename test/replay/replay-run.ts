/** Runs the bots' `replay` command as a person would. */
import type { RecordingFiles } from '../../bots/traders/lobster/recording.ts'
import type { EngineProcess } from '../support/engine-process.ts'
import { ProgramRun } from '../support/program-run.ts'

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

export class ReplayRun extends ProgramRun {
  constructor(engine: EngineProcess, files: RecordingFiles, instrument: string, ...options: string[]) {
    const { messageFile, orderbookFile } = files
    const common = ['--orderbook', orderbookFile, '--instrument', instrument, '--url', engine.url]
    // The last of an option given twice counts.
    super('bots/main.ts', ['replay', messageFile, ...common, '--data', engine.dataFolder, ...options])
  }

  /** The last line of the output. */
  get json(): ReplayJson {
    return JSON.parse(this.output.trimEnd().split('\n').at(-1)!) as ReplayJson
  }
}

/** The snapshots of a data folder, each held against itself, against the log, and against what the log comes to. */
import { existsSync, statSync } from 'node:fs'
import { Exchange } from '../core/index.ts'
import type { BatchPlace } from '../log/journal-reader.ts'
import type { SnapshotHeader } from '../log/snapshot-format.ts'
import { checkSnapshot, readSnapshot } from '../log/snapshot-reader.ts'
import type { DataFolder } from './data-folder.ts'
import type { LogSurvey } from './log-survey.ts'

/** What was found out about a snapshot. */
export interface SnapshotCheck {
  /** Path of the file. */
  readonly file: string
  readonly sequence: number
  readonly fileBytes: number
  /** Time of the last command in it, if that can be read. */
  readonly timeUs?: number
  /** What is wrong with it, if something is. */
  readonly problem?: string
}

interface Checked {
  readonly name: string
  readonly header?: SnapshotHeader
  check: SnapshotCheck
  /** Whether the log was held against it. */
  isCompared: boolean
}

export class SnapshotChecks {
  private readonly data: DataFolder
  private readonly bySequence = new Map<number, Checked>()

  /** Looks at the files by themselves. */
  constructor(data: DataFolder) {
    this.data = data
    for (const { name, sequence } of data.snapshots()) {
      const checked = this.checkFile(name, sequence)
      if (checked !== undefined) this.bySequence.set(sequence, checked)
    }
  }

  /** Newest first. */
  get list(): SnapshotCheck[] {
    return [...this.bySequence.values()].map(({ check }) => check)
  }

  /** To be called for each batch of the log, in order. */
  atBatch({ identity, position: { sequence, digest } }: BatchPlace): void {
    const checked = this.bySequence.get(sequence)
    if (checked === undefined) return
    checked.isCompared = true
    if (checked.header === undefined || checked.header.identity !== identity) return
    if (checked.header.position.digest !== digest) this.fault(checked, 'the log has other commands up to there')
  }

  /**
   * To be called when the log was read to its end. Returns a snapshot of a command that the log has not got, if there is
   * one: then the log lost its end.
   */
  atEnd({ identity, firstSequence, lastSequence }: LogSurvey): SnapshotCheck | undefined {
    let ahead: SnapshotCheck | undefined
    for (const [sequence, checked] of this.bySequence) {
      if (checked.header === undefined) continue
      if (checked.header.identity !== identity) this.fault(checked, 'it is of another log')
      else if (sequence > lastSequence) ahead = checked.check
      else if (sequence >= firstSequence && !checked.isCompared) this.fault(checked, 'no batch of the log ends there')
    }
    return ahead
  }

  /** Whether a sound snapshot is of a command or a later one. */
  reach(wanted: number): boolean {
    return this.list.some(({ sequence, problem }) => problem === undefined && sequence >= wanted)
  }

  /** To be called after each command that was carried out. */
  atState(exchange: Exchange): void {
    const checked = this.bySequence.get(exchange.sequence)
    if (checked === undefined || checked.check.problem !== undefined) return
    try {
      const { image } = readSnapshot(this.data.snapshotStorage, checked.name)
      const stateHash = Exchange.fromImage(image).stateHash()
      if (stateHash === exchange.stateHash()) return
      this.fault(checked, `its state is ${stateHash}, but the log comes to ${exchange.stateHash()}`)
    } catch (error) {
      if (existsSync(checked.check.file)) this.fault(checked, (error as Error).message)
      else this.bySequence.delete(exchange.sequence)
    }
  }

  /** Undefined if it is not there any more: an engine that runs removes old ones. */
  private checkFile(name: string, sequence: number): Checked | undefined {
    const storage = this.data.snapshotStorage
    const file = storage.pathOf(name)
    const { size: fileBytes } = statSync(file, { throwIfNoEntry: false }) ?? {}
    if (fileBytes === undefined) return undefined
    try {
      const header = checkSnapshot(storage, name)
      return { name, header, check: { file, sequence, fileBytes, timeUs: header.timeUs }, isCompared: false }
    } catch (error) {
      if (!existsSync(file)) return undefined
      return { name, check: { file, sequence, fileBytes, problem: (error as Error).message }, isCompared: false }
    }
  }

  private fault(checked: Checked, problem: string): void {
    checked.check = { ...checked.check, problem }
  }
}

/**
 * `journal verify`: whether the log and its snapshots are what the engine wrote. Every byte that is in use is covered by a
 * checksum, every batch by the chain of digests, and with --replay every state by what the commands come to.
 */
import { basename } from 'node:path'
import { RecoveryError } from '../command-player.ts'
import { LogCorruptError, restoreAdvice } from '../log/command-log.ts'
import { DataFolder } from './data-folder.ts'
import { formatTime } from './log-point.ts'
import { LogRun } from './log-run.ts'
import { LogSurvey } from './log-survey.ts'
import { type SnapshotCheck, SnapshotChecks } from './snapshot-checks.ts'
import { countOf, formatTable } from './table.ts'

export interface VerifyOptions {
  readonly data: string
  readonly replay?: true
  readonly json?: true
}

/** What is wrong, where, and what can be done. */
interface Problem {
  /** Path of the file. */
  readonly file: string
  /** Where in it, in bytes. */
  readonly offset: number
  readonly reason: string
  readonly action: string
}

interface Finding {
  readonly data: DataFolder
  readonly survey: LogSurvey
  readonly snapshots: readonly SnapshotCheck[]
  readonly problems: readonly Problem[]
  /** Bytes of a last write that was not finished. */
  readonly tornBytes: number
  readonly stateHash: string | undefined
}

const removeSnapshot = 'The engine passes over it. Remove it when it is of no more interest.'

export function verifyJournal(options: VerifyOptions): void {
  const finding = examine(new DataFolder(options.data), options.replay === true)
  if (options.json === true) console.log(JSON.stringify(asJson(finding)))
  else for (const line of asText(finding)) console.log(line)
  if (finding.problems.length > 0) process.exitCode = 1
}

function examine(data: DataFolder, replays: boolean): Finding {
  // The snapshots first: then none of them can be of a command that was logged after the log was read.
  const checks = new SnapshotChecks(data)
  const survey = new LogSurvey()
  const problems: Problem[] = []
  let tornBytes = 0
  let stateHash: string | undefined
  try {
    const end = data.read(() => true, {
      visitBatch: (batch) => {
        survey.add(batch)
        checks.atBatch(batch)
      },
    })
    tornBytes = end?.segments.at(-1)?.tornBytes ?? 0
    const ahead = checks.atEnd(survey)
    if (ahead !== undefined) problems.push(lostEnd(survey, ahead))
    if (data.firstSequence > 1 && !checks.reach(data.firstSequence - 1)) problems.push(lostBeginning(data, survey))
    if (replays && problems.length === 0) stateHash = replay(data, survey, checks)
  } catch (error) {
    problems.push(problemOf(error, survey))
  }
  const snapshots = checks.list
  for (const { file, problem } of snapshots) {
    if (problem !== undefined) problems.push({ file, offset: 0, reason: problem, action: removeSnapshot })
  }
  return { data, survey, snapshots, problems, tornBytes, stateHash }
}

/** Carries out the log, and holds the state against that of each snapshot. Returns the hash of the last one. */
function replay(data: DataFolder, survey: LogSurvey, checks: SnapshotChecks): string {
  const run = new LogRun(data)
  run.play({ unit: 'sequence', value: survey.lastSequence }, () => checks.atState(run.exchange))
  return run.exchange.stateHash()
}

/** The log may end where a segment is whole as well: only a snapshot then knows that it went on. */
function lostEnd({ segments, lastSequence }: LogSurvey, { sequence }: SnapshotCheck): Problem {
  const { file = '', usedBytes = 0 } = segments.at(-1) ?? {}
  const reason = `the log ends with command ${lastSequence}, but there is a snapshot of command ${sequence}: its end is missing`
  return { file, offset: usedBytes, reason, action: restoreAdvice }
}

/** What was deleted on purpose is in a snapshot. */
function lostBeginning({ firstSequence }: DataFolder, { segments }: LogSurvey): Problem {
  const reason = `the log begins with command ${firstSequence}, and no snapshot has what came before`
  return { file: segments[0].file, offset: 0, reason, action: restoreAdvice }
}

function problemOf(error: unknown, { segments }: LogSurvey): Problem {
  if (error instanceof LogCorruptError) {
    const { file, offset, reason } = error
    return { file, offset, reason, action: restoreAdvice }
  }
  if (!(error instanceof RecoveryError)) throw error
  const { sequence, reason, action } = error
  const { file = '' } = segments.findLast(({ firstSequence }) => firstSequence <= sequence) ?? {}
  return { file, offset: 0, reason, action }
}

function asText(finding: Finding): string[] {
  const { data, survey, snapshots, problems, tornBytes, stateHash } = finding
  const lines = formatTable(
    ['file', 'first', 'last', 'last time', 'commands', 'batches', 'bytes', 'state'],
    [...segmentRows(finding), ...snapshots.map((snapshot) => snapshotRow(data, snapshot))],
  )
  if (tornBytes > 0) {
    const { file, usedBytes } = survey.segments.at(-1)!
    const last = `the last write was not finished: ${countOf(tornBytes, 'byte')} at byte ${usedBytes} of ${file}`
    lines.push(
      data.enginePid === undefined
        ? `${last}; the engine cuts them off when it starts`
        : `${last}: the engine is at it`,
    )
  }
  if (data.enginePid !== undefined) {
    lines.push(`an engine is running (process id ${data.enginePid}): this is the log up to its last whole batch`)
  }
  for (const { file, offset, reason, action } of problems) {
    lines.push(`DAMAGED: ${file} at byte ${offset}: ${reason}. ${action}`)
  }
  if (problems.length > 0) return lines
  const replayed = stateHash === undefined ? '' : `, and come to state ${stateHash}`
  const begin = data.firstSequence === 1 ? '' : ` from command ${data.firstSequence} on`
  const what = `${countOf(survey.commands, 'command')} in ${countOf(survey.batches, 'batch')}`
  return [...lines, `the log is sound${begin}: ${what}, up to digest ${survey.digest}${replayed}`]
}

/** The files that were read, and those that were not because of damage before them. */
function segmentRows({ data, survey, problems, tornBytes }: Finding): (string | number)[][] {
  const damaged = new Set(problems.map(({ file }) => basename(file)))
  const last = survey.segments.at(-1)
  const rows = survey.segments.map((segment) => {
    const { file, firstSequence, lastSequence, lastTimeUs, commands, batches, usedBytes } = segment
    const isTorn = tornBytes > 0 && segment === last
    const state = damaged.has(basename(file)) ? 'DAMAGED' : isTorn ? 'sound, torn end' : 'sound'
    const name = data.shortName(file)
    return [name, firstSequence, lastSequence, formatTime(lastTimeUs), commands, batches, usedBytes, state]
  })
  const read = new Set(survey.segments.map(({ file }) => basename(file)))
  const unread = data.segmentPaths.filter((file) => !read.has(basename(file)))
  for (const file of unread) {
    const state = damaged.has(basename(file)) ? 'DAMAGED' : 'not read'
    rows.push([data.shortName(file), '', '', '', '', '', '', state])
  }
  return rows
}

function snapshotRow(data: DataFolder, { file, sequence, timeUs, fileBytes, problem }: SnapshotCheck) {
  const time = timeUs === undefined ? '' : formatTime(timeUs)
  return [data.shortName(file), '', sequence, time, '', '', fileBytes, problem === undefined ? 'sound' : 'DAMAGED']
}

function asJson({ data, survey, snapshots, problems, tornBytes, stateHash }: Finding): object {
  const { identity, digest, firstSequence, lastSequence, firstTimeUs, lastTimeUs, commands, batches, segments } = survey
  return {
    sound: problems.length === 0,
    engineProcessId: data.enginePid,
    identity,
    digest,
    firstSequence,
    lastSequence,
    firstTimeUs,
    lastTimeUs,
    commands,
    batches,
    tornBytes,
    stateHash,
    segments,
    snapshots,
    problems,
  }
}

/** `journal inspect`: what is in the log: how much of it, from when to when, which commands, and from whom. */
import type { LogRecord } from '../log/command-log.ts'
import { DataFolder } from './data-folder.ts'
import { LogCensus } from './log-census.ts'
import { formatTime } from './log-point.ts'
import { LogSurvey } from './log-survey.ts'
import { SnapshotChecks } from './snapshot-checks.ts'
import { formatCount, formatTable } from './table.ts'

export interface InspectOptions {
  readonly data: string
  readonly json?: true
}

interface Contents {
  readonly data: DataFolder
  readonly survey: LogSurvey
  readonly census: LogCensus
  readonly snapshots: SnapshotChecks['list']
}

export function inspectJournal(options: InspectOptions): void {
  const data = new DataFolder(options.data)
  const snapshots = new SnapshotChecks(data).list
  const survey = new LogSurvey()
  const before = data.firstSequence === 1 ? undefined : data.oldestState()
  const census = new LogCensus(before?.exchange)
  const visit = (record: LogRecord) => {
    census.add(record)
    return true
  }
  data.read(visit, { visitBatch: (batch) => survey.add(batch) })
  const contents = { data, survey, census, snapshots }
  if (options.json === true) console.log(JSON.stringify(asJson(contents)))
  else console.log(asText(contents).join('\n'))
}

function asText({ data, survey, census, snapshots }: Contents): string[] {
  const { commands, batches, batchBytes, firstSequence, lastSequence, firstTimeUs, lastTimeUs } = survey
  const mean = (total: number) => formatCount(Math.round(total / batches))
  const largest = `${formatCount(survey.largestBatchCommands)} and ${formatCount(survey.largestBatchBytes)} at most`
  const lines = [
    `log        ${survey.identity}, in ${data.path}`,
    `commands   ${formatCount(commands)}: ${formatCount(firstSequence)} to ${formatCount(lastSequence)}`,
    `time       ${formatTime(firstTimeUs)} to ${formatTime(lastTimeUs)}`,
    `batches    ${formatCount(batches)}: ${mean(commands)} commands and ${mean(batchBytes)} bytes on average, ${largest}`,
  ]
  if (data.enginePid !== undefined) lines.push(`engine     running, process id ${data.enginePid}: the log goes on`)
  const types = census.types.map(({ type, commands: count }) => [type, count])
  const senders = census.senders.map(({ participant, session, commands: count }) => {
    return [participant ?? '(engine)', session ?? '', count]
  })
  const segments = survey.segments.map((segment) => {
    const fill = `${((100 * segment.usedBytes) / segment.fileBytes).toFixed(1)}%`
    return [data.shortName(segment.file), segment.commands, segment.batches, segment.usedBytes, segment.fileBytes, fill]
  })
  lines.push('', ...formatTable(['type', 'commands'], types))
  lines.push('', ...formatTable(['participant', 'session', 'commands'], senders))
  lines.push('', ...formatTable(['segment', 'commands', 'batches', 'used bytes', 'file bytes', 'fill'], segments))
  if (snapshots.length === 0) return [...lines, '', 'no snapshots']
  const files = snapshots.map(({ file, sequence, timeUs, fileBytes, problem }) => {
    const time = timeUs === undefined ? '' : formatTime(timeUs)
    return [data.shortName(file), sequence, time, fileBytes, problem === undefined ? '' : `DAMAGED: ${problem}`]
  })
  return [...lines, '', ...formatTable(['snapshot', 'after command', 'time', 'bytes', ''], files)]
}

function asJson({ data, survey, census, snapshots }: Contents): object {
  const { types, senders } = census
  return { engineProcessId: data.enginePid, ...survey, types, senders, snapshots }
}

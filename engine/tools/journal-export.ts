/** `journal export`: the log as an audit trail, one JSON object a line: who sent what and when, and what came of it. */
import { decodeMessagePack } from '../../protocol/codec.ts'
import { messages } from '../../protocol/messages.ts'
import type { LogRecord } from '../log/command-log.ts'
import { DataFolder } from './data-folder.ts'
import { type EventObject, EventObjects } from './event-object.ts'
import { LineOutput } from './line-output.ts'
import { formatTime, isBefore, parseLogPoint } from './log-point.ts'
import { LogRun } from './log-run.ts'
import { Names } from './names.ts'

export interface ExportOptions {
  readonly data: string
  readonly from?: string
  readonly until?: string
  readonly participant?: string
  readonly session?: string
  readonly output?: string
  readonly all?: true
}

/** One line. Of a command that no session sent and that is about none, participant and session are left out. */
interface Entry {
  readonly sequence: number
  readonly time: string
  readonly timeUs: number
  readonly participant?: string
  readonly session?: string
  readonly command: object
  readonly outcome: readonly EventObject[]
}

export function exportJournal(options: ExportOptions): void {
  const from = options.from === undefined ? undefined : parseLogPoint(options.from, '--from')
  const until = options.until === undefined ? undefined : parseLogPoint(options.until, '--until')
  const run = new LogRun(new DataFolder(options.data), from && ((place) => isBefore(place, from)))
  const names = new Names(run.exchange)
  const events = new EventObjects(names, options.all === true)
  const output = new LineOutput(options.output)
  try {
    run.play(until, (record, caused) => {
      if (from !== undefined && isBefore(record, from)) return
      const command = decodeMessagePack(record.bytes.subarray(record.start, record.end))
      if (messages[command.type].from === 'log') names.forget()
      const outcome = events.of(caused)
      const entry: Entry = { ...headOf(record, names), command: withSymbols(command, names), outcome }
      if (concerns(entry, options)) output.write(JSON.stringify(entry))
    })
  } finally {
    // What comes before damage is worth having.
    output.close()
  }
  // Days on which nothing happened are nothing wrong, so of a time nobody is told.
  if (from?.unit === 'sequence') run.refuseBeyondEnd(from, '--from')
  if (until?.unit === 'sequence') run.refuseBeyondEnd(until, '--until')
}

function headOf({ sequence, timeUs, session }: LogRecord, names: Names): Omit<Entry, 'command' | 'outcome'> {
  return { sequence, time: formatTime(timeUs), timeUs, ...names.session(session) }
}

/** The command with the symbol before each number of an instrument. */
function withSymbols(command: object, names: Names): object {
  const named: Record<string, unknown> = {}
  for (const [field, value] of Object.entries(command)) {
    if (field === 'instrument') {
      const symbol = names.symbol(value as number)
      if (symbol !== undefined) named.symbol = symbol
    }
    named[field] = field === 'quotes' ? (value as object[]).map((quote) => withSymbols(quote, names)) : value
  }
  return named
}

/** Whether the participant and session asked for, if any were, sent the command or were told of what came of it. */
function concerns(entry: Entry, { participant, session }: ExportOptions): boolean {
  if (participant === undefined && session === undefined) return true
  return [entry, ...entry.outcome].some(
    (one) =>
      (participant === undefined || one.participant === participant) &&
      (session === undefined || one.session === session),
  )
}

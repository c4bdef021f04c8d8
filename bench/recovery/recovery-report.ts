/** What the recovery suite hands back, for machines and for people. */
import type { Cores } from '../cores.ts'
import { formatNumber } from '../report.ts'
import { median } from '../statistics.ts'
import type { Figure, Report, Table } from '../suite.ts'
import type { Checksummed, Replayed, Serialised, WrittenJournal } from './job.ts'
import type { Restart } from './restart.ts'
import { type Disturbance, pauseRatePerSecond, type SnapshotDisturbance } from './snapshot-pause.ts'

export interface ReplayFigures {
  readonly written: WrittenJournal
  /** Log and sequencer alone, and the engine's own start. */
  readonly replays: readonly Replayed[]
  readonly restarts: readonly Restart[]
  readonly files: Checksummed
  readonly batchCommands: { readonly large: number; readonly small: number }
  /** Log and sequencer alone, of a journal with small batches. */
  readonly smallBatches: readonly Replayed[]
}

export interface SnapshotFigures {
  readonly written: WrittenJournal
  readonly undisturbed: Disturbance
  readonly snapshots: readonly SnapshotDisturbance[]
  /** With a snapshot, with nothing but the log, and of an exchange without orders. */
  readonly restored: readonly Restart[]
  readonly replayed: readonly Restart[]
  readonly empty: readonly Restart[]
}

export interface RecoveryFigures {
  readonly replay: ReplayFigures
  readonly snapshot: SnapshotFigures
  readonly serialised: Serialised
  readonly isTrial: boolean
  /** Undefined if the processes were not pinned. */
  readonly cores: Cores | undefined
}

/** Of the whole run, from what was measured several times. */
interface Summary {
  /** Commands per second. */
  readonly replayedByEngine: readonly number[]
  readonly replayedBySequencer: readonly number[]
  readonly replayedInSmallBatches: readonly number[]
  readonly checkedPerSecond: number
  readonly filesPerSecond: number
  readonly restoredMs: readonly number[]
  readonly replayedMs: readonly number[]
  readonly emptyMs: readonly number[]
  readonly pausesMs: readonly number[]
  readonly acksMaxMs: readonly number[]
}

export function recoveryReport(figures: RecoveryFigures): Report {
  const { replay, snapshot, serialised } = figures
  const summary = summarise(figures)
  const replayed = median(summary.replayedByEngine)
  const restoredMs = median(summary.restoredMs)
  const emptyMs = median(summary.emptyMs)
  const replayedMs = median(summary.replayedMs)
  const pauseMs = Math.max(...summary.pausesMs)
  return {
    method: method(figures),
    tables: [replayTable(replay, summary), restartTable(snapshot, summary), pauseTable(figures, summary)],
    caveats: caveats(figures),
    results: {
      replayedPerSecond: perSecond(replayed),
      replayedBySequencerPerSecond: perSecond(median(summary.replayedBySequencer)),
      replayedInSmallBatchesPerSecond: perSecond(median(summary.replayedInSmallBatches)),
      snapshotRestoreMs: milliseconds(restoredMs),
      snapshotRecoveryMs: milliseconds(restoredMs - emptyMs),
      snapshotPauseMs: milliseconds(pauseMs),
      snapshotAckMaxMs: milliseconds(Math.max(...summary.acksMaxMs)),
      snapshotBytes: { value: snapshot.snapshots[0].bytes, unit: 'bytes' },
    },
    reference: {
      journalCheckedPerSecond: perSecond(summary.checkedPerSecond),
      journalFilesPerSecond: perSecond(summary.filesPerSecond),
      emptyStartMs: milliseconds(emptyMs),
      replayedStateMs: milliseconds(replayedMs),
      undisturbedLoopMs: milliseconds(snapshot.undisturbed.loopMs),
      undisturbedAckMaxMs: milliseconds(snapshot.undisturbed.ackMaxUs / 1_000),
      jsonStringifyMs: milliseconds(serialised.jsonMilliseconds),
      v8SerializeMs: milliseconds(serialised.v8Milliseconds),
    },
    ratios: {
      replayedToJournalFiles: replayed / summary.filesPerSecond,
      restoredToReplayedState: restoredMs / replayedMs,
      pauseToJsonStringify: pauseMs / serialised.jsonMilliseconds,
    },
  }
}

function summarise({ replay, snapshot }: RecoveryFigures): Summary {
  const { written, files } = replay
  const rateOf = ({ commands, milliseconds }: Replayed) => (commands * 1_000) / milliseconds
  const firstAcks = (restarts: readonly Restart[]) => restarts.map(({ firstAckMs }) => firstAckMs)
  return {
    replayedByEngine: replay.restarts.map(({ commands, replayMs }) => (commands * 1_000) / replayMs),
    replayedBySequencer: replay.replays.map(rateOf),
    replayedInSmallBatches: replay.smallBatches.map(rateOf),
    checkedPerSecond: (written.commands * 1_000) / files.recordsMilliseconds,
    filesPerSecond: (written.commands * 1_000) / files.milliseconds,
    restoredMs: firstAcks(snapshot.restored),
    replayedMs: firstAcks(snapshot.replayed),
    emptyMs: firstAcks(snapshot.empty),
    pausesMs: snapshot.snapshots.map(({ loopMs }) => loopMs),
    acksMaxMs: snapshot.snapshots.map(({ ackMaxUs }) => ackMaxUs / 1_000),
  }
}

function perSecond(value: number): Figure {
  return { value, unit: 'commands/s' }
}

function milliseconds(value: number): Figure {
  return { value, unit: 'ms' }
}

function count(value: number): string {
  return value.toLocaleString('en-US')
}

function spread(values: readonly number[]): string[] {
  return [median(values), Math.min(...values), Math.max(...values)].map(formatNumber)
}

function method({ replay, snapshot, cores }: RecoveryFigures): string[] {
  const placement =
    cores === undefined ? 'processes not pinned to cores' : `engine on core ${cores.server}, load on ${cores.client}`
  return [
    `A journal of ${count(replay.written.commands)} commands, the mixed flow of the core suite and one command in ten of another kind, ${replay.batchCommands.large} to a`,
    `batch; and an exchange with ${count(snapshot.written.openOrders)} open orders on ${count(snapshot.written.levelCount)} price levels. Every replay and every start is a new`,
    `process; ${placement}. Snapshots are asked for with SIGUSR2, under an open loop of ${count(pauseRatePerSecond)} orders/s.`,
  ]
}

function replayTable({ files, batchCommands }: ReplayFigures, summary: Summary): Table {
  const row = (name: string, rates: readonly number[]) => [name, ...spread(rates)]
  const megabytes = formatNumber(files.bytes / 1e6)
  const gigabytesPerSecond = formatNumber(files.bytes / 1e6 / files.milliseconds)
  return {
    title: 'Replay of a journal, commands per second',
    columns: ['', 'median', 'slowest', 'fastest'],
    rows: [
      row("engine's start: log, exchange, events of every session, feed", summary.replayedByEngine),
      row('log, sequencer and exchange alone', summary.replayedBySequencer),
      row(`the same, ${batchCommands.small} commands to a batch`, summary.replayedInSmallBatches),
      row('reference: records found and checked, not applied', [summary.checkedPerSecond]),
      row(`reference: the ${megabytes} MB read, and a CRC32 of them: ${gigabytesPerSecond} GB/s`, [
        summary.filesPerSecond,
      ]),
    ],
  }
}

function restartTable({ restored, replayed }: SnapshotFigures, summary: Summary): Table {
  const row = (name: string, values: readonly number[]) => [name, ...spread(values)]
  return {
    title: "From the start of the engine's process to its first acknowledged order, ms",
    columns: ['', 'median', 'fastest', 'slowest'],
    rows: [
      row(`with a snapshot, and ${count(restored[0].commands)} commands after it`, summary.restoredMs),
      row(`reference: with the log alone, ${count(replayed[0].commands)} commands`, summary.replayedMs),
      row('reference: without orders', summary.emptyMs),
    ],
  }
}

function pauseTable({ snapshot, serialised }: RecoveryFigures, { pausesMs, acksMaxMs }: Summary): Table {
  const { snapshots, undisturbed } = snapshot
  const rows = snapshots.map(({ copyMs, bytes, wholeMs }, index) => [
    `snapshot ${index + 1}, ${formatNumber(bytes / 1e6)} MB`,
    ...[pausesMs[index], acksMaxMs[index], copyMs, wholeMs].map(formatNumber),
  ])
  const reference = (name: string, ms: number) => [`reference: ${name}`, formatNumber(ms), '', '', '']
  return {
    title: 'What taking a snapshot does to the orders, ms',
    columns: [
      '',
      'longest gap of the event loop',
      'longest wait for an answer',
      'by its own account',
      'until on the disk',
    ],
    rows: [
      ...rows,
      ['reference: no snapshot', ...[undisturbed.loopMs, undisturbed.ackMaxUs / 1_000].map(formatNumber), '', ''],
      reference('JSON.stringify of as many orders', serialised.jsonMilliseconds),
      reference('v8.serialize of as many orders', serialised.v8Milliseconds),
    ],
  }
}

function caveats({ snapshot, isTrial, cores }: RecoveryFigures): string[] {
  const refused = [snapshot.undisturbed, ...snapshot.snapshots].reduce((sum, part) => sum + part.refused, 0)
  return [
    ...(isTrial ? ['Figures of less than a second each are a trial of the suite, at a twentieth of its sizes.'] : []),
    'Every replay came to the state hash of the exchange that the journal was written for, and the snapshot to that of the log.',
    "The files lie in the system's cache, as they do after a crash of the process; after one of the machine they are read from the disk.",
    'The engine is killed before every start. Its first order is sent by a session without open orders, and synced before it is acknowledged.',
    'The longest gap is that between two rounds of a timer of one millisecond, the one millisecond included. snapshotPauseMs is the longest of all snapshots.',
    ...(refused === 0 ? [] : [`The engine refused ${refused} orders because too many waited for the disk.`]),
    ...(cores === undefined ? ['Not pinned: the system moved the processes between cores as it liked.'] : []),
  ]
}

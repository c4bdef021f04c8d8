/**
 * The commands that look at a data folder: what is in its log, whether it is sound, what the exchange was like at any
 * place of it. Exit codes: 2 if what was asked for cannot be done, 1 if the data is damaged or anything else went wrong.
 */
import type { Command } from 'commander'
import { RecoveryError } from '../command-player.ts'
import { LockError } from '../lock.ts'
import { LogCorruptError, LogWriteError } from '../log/command-log.ts'
import { SnapshotWriteError } from '../log/snapshot-store.ts'
import { LogChangedError } from './data-folder.ts'
import { exportJournal } from './journal-export.ts'
import { inspectJournal } from './journal-inspect.ts'
import { verifyJournal } from './journal-verify.ts'
import { OutputClosed } from './line-output.ts'
import { replay } from './replay.ts'
import { NoSnapshotError, takeSnapshot } from './snapshot.ts'
import { UsageError } from './usage-error.ts'

/** Errors whose message says all that the person at the keyboard needs. */
const plainErrors = [
  UsageError,
  LogCorruptError,
  LogChangedError,
  RecoveryError,
  NoSnapshotError,
  LockError,
  LogWriteError,
  SnapshotWriteError,
]

const wrongUsage = 2
const mostAttempts = 5

export function addToolCommands(program: Command): void {
  const journal = withUsageCode(program.command('journal').description('the command log: check it, look into it'))
  const pointHelp = 'a sequence number, or a time: UTC as in 2026-03-31T09:30:00, or microseconds since 1970'
  journal
    .command('verify')
    .description('check every file of the log and every snapshot')
    .option('--replay', 'also carry out the log, and compare the state with that of each snapshot')
    .option('--json', 'print one JSON object')
    .option('--data <folder>', 'data folder', './data')
    .action(plainly(repeatedly(verifyJournal)))
  journal
    .command('inspect')
    .description('show what is in the log: how much, from when to when, which commands, from whom')
    .option('--json', 'print one JSON object')
    .option('--data <folder>', 'data folder', './data')
    .action(plainly(repeatedly(inspectJournal)))
  journal
    .command('export')
    .description('print the log as JSON, a line for each command: who sent what and when, and what came of it')
    .option('--from <place>', `begin here: ${pointHelp}`)
    .option('--until <place>', 'end here, this place included')
    .option('--participant <name>', 'only what a participant sent or was told of')
    .option('--session <name>', 'only what a session sent or was told of')
    .option('--output <file>', 'write it to a file')
    .option('--all', 'tell of changed price levels too')
    .option('--data <folder>', 'data folder', './data')
    .action(plainly(exportJournal))
  withUsageCode(program.command('replay'))
    .description('apply the log, and print what the exchange was like then')
    .option('--until <place>', `stop here, this place included: ${pointHelp}`)
    .option('--from-snapshot', 'begin with the newest snapshot before that place, and carry out only what comes after')
    .option('--hash', 'print the hash of the state')
    .option('--json', 'print one JSON object')
    .option('--data <folder>', 'data folder', './data')
    .action(plainly(repeatedly(replay)))
  withUsageCode(program.command('snapshot'))
    .description('take a snapshot, so that the next start reads the log from there on only; also while the engine runs')
    .option('--data <folder>', 'data folder', './data')
    .action(plainly(takeSnapshot))
}

/** Makes a command, and those below it, end with code 2 if they are called wrongly. */
function withUsageCode(command: Command): Command {
  return command.exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : wrongUsage))
}

/** Begins again where an engine deleted what was being read. Not for tools that have said something by then. */
function repeatedly<Options>(tool: (options: Options) => void): (options: Options) => void {
  return (options) => {
    for (let attempt = 1; ; attempt++) {
      try {
        tool(options)
        return
      } catch (error) {
        if (!(error instanceof LogChangedError) || attempt === mostAttempts) throw error
      }
    }
  }
}

/** Tells whatever may happen to a tool in one line. */
function plainly<Options>(tool: (options: Options) => void | Promise<void>): (options: Options) => Promise<void> {
  return async (options) => {
    try {
      await tool(options)
    } catch (error) {
      if (error instanceof OutputClosed) return
      const { message, code } = error as NodeJS.ErrnoException
      const isPlain = code !== undefined || plainErrors.some((type) => error instanceof type)
      if (!isPlain) throw error
      console.error(`engine: ${message}`)
      process.exitCode = error instanceof UsageError ? wrongUsage : 1
    }
  }
}

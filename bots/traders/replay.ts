/** The command `replay`: re-submits a recorded day of order flow to a running engine and reports how it came out. */
import type { Command } from 'commander'
import { defaultUrl, positiveNumber, webSocketUrl } from '../bot-options.ts'
import { type ReplayResult, replayLive } from './lobster/live-replay.ts'
import { showProgress } from './lobster/replay-progress.ts'
import { replayJson, replayReport } from './lobster/replay-report.ts'

/** What shells report for a program that SIGINT ended: the replay is not complete. */
const interruptedExitCode = 130

interface ReplayCommandOptions {
  orderbook: string
  instrument: string
  url: string
  data: string
  resting: string
  aggressor: string
  speed?: number
  json?: true
}

export function registerReplayCommand(program: Command): void {
  program
    .command('replay')
    .description('re-submit a recorded day of order flow (LOBSTER files) as two participants, and check every fill')
    .argument('<message file>', "the recording's message file")
    .requiredOption('--orderbook <file>', "the recording's orderbook file")
    .requiredOption('--instrument <symbol>', 'instrument to replay into; its book must be empty')
    .option('--url <address>', 'address of the engine', webSocketUrl, defaultUrl)
    .option('--data <folder>', 'data folder with the keys', './data')
    .option('--resting <name>', 'participant whose orders rest', 'replay-resting')
    .option('--aggressor <name>', 'participant whose orders trade', 'replay-aggressor')
    .option('--speed <number>', 'times recorded time (default: as fast as answers allow)', positiveNumber)
    .option('--json', 'end with the result as one JSON object')
    .action(async (messageFile: string, options: ReplayCommandOptions) => {
      process.exitCode = await runReplay(messageFile, options)
    })
}

/**
 * @returns the exit code
 * @throws Error in one line
 */
async function runReplay(messageFile: string, options: ReplayCommandOptions): Promise<number> {
  if (options.resting === options.aggressor) throw new Error('--resting and --aggressor must be two participants')
  const interruption = new AbortController()
  const interrupt = () => interruption.abort()
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', interrupt)
  let endProgress = () => {}
  let result: ReplayResult
  try {
    result = await replayLive({
      files: { messageFile, orderbookFile: options.orderbook },
      instrument: options.instrument,
      url: options.url,
      dataFolder: options.data,
      resting: options.resting,
      aggressor: options.aggressor,
      speed: options.speed,
      signal: interruption.signal,
      onStart: (totalRows, tally) => {
        endProgress = showProgress(totalRows, tally)
      },
    })
  } finally {
    endProgress()
    process.off('SIGINT', interrupt)
    process.off('SIGTERM', interrupt)
  }
  for (const line of replayReport(result)) console.log(line)
  if (interruption.signal.aborted) console.log('interrupted: the replay is not complete; its orders are cancelled')
  if (options.json === true) console.log(replayJson(result))
  return interruption.signal.aborted ? interruptedExitCode : 0
}

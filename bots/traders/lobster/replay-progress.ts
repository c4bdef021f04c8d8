/** Shows how far a replay is: a bar on a terminal, a plain line a second elsewhere. Goes to stderr; results go to stdout. */
import { SingleBar } from 'cli-progress'
import type { ReplayTally } from './replay-tally.ts'

const barIntervalMs = 100
const lineIntervalMs = 1_000

/** Begins to show; returns what ends it. */
export function showProgress(totalRows: number, tally: ReplayTally): () => void {
  return process.stderr.isTTY ? showBar(totalRows, tally) : showLines(totalRows, tally)
}

function showBar(totalRows: number, tally: ReplayTally): () => void {
  const bar = new SingleBar({
    format: 'replay {bar} {percentage} % | {value} of {total} rows | {messages} messages | {eta_formatted} left',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    stream: process.stderr,
    hideCursor: true,
    // Ctrl-C is the replay's own business.
    gracefulExit: false,
  })
  bar.start(totalRows, 0, { messages: 0 })
  const update = () => bar.update(tally.rows, { messages: tally.messages })
  const timer = setInterval(update, barIntervalMs)
  return () => {
    clearInterval(timer)
    update()
    bar.stop()
  }
}

function showLines(totalRows: number, tally: ReplayTally): () => void {
  const line = () => process.stderr.write(`replayed ${tally.rows} of ${totalRows} rows, ${tally.messages} messages\n`)
  const timer = setInterval(line, lineIntervalMs)
  return () => clearInterval(timer)
}

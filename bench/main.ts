/**
 * The command line of the measurements: one suite per command, a table for people on the standard output, and with
 * --json one JSON object as its last line. Progress goes to the standard error.
 */
import { Command, InvalidArgumentError } from 'commander'
import { runCoreSuite } from './core/suite.ts'
import { runGatewaySuite } from './gateway/suite.ts'
import { describeMachine } from './machine.ts'
import { runRecoverySuite } from './recovery/suite.ts'
import { formatJson, formatReport } from './report.ts'
import type { Report, SuiteContext } from './suite.ts'

interface CommonOptions {
  readonly seconds: number
  readonly json?: true
}

const program = new Command('bench')
  .description('Measures the exchange, beside something known, in the same run on the same machine.')
  .showHelpAfterError('(--help shows the options)')

suiteCommand('core', 'commands per second of the exchange and its book alone, beside nodejs-order-book', 2)
  .option('--svg <file>', 'draw the rates by size of the book into this file')
  .action((options: CommonOptions & { readonly svg?: string }) =>
    run('core', options, (context) => runCoreSuite(context, options.svg)),
  )

suiteCommand('gateway', 'orders per second and order-to-ack latency over WebSocket, beside a bare echo server', 5)
  .option('--durable', 'acknowledge only what has reached the disk (default: log in memory)')
  .action((options: CommonOptions & { readonly durable?: true }) =>
    run('gateway', options, (context) => runGatewaySuite(context, options.durable === true)),
  )

suiteCommand('recovery', 'replay of a journal, start from a snapshot, and what taking one costs', 5).action(
  (options: CommonOptions) => run('recovery', options, runRecoverySuite),
)

await program.parseAsync()

function suiteCommand(name: string, about: string, seconds: number): Command {
  return program
    .command(name)
    .description(about)
    .option('--seconds <n>', 'how long to measure each figure', parseSeconds, seconds)
    .option('--json', 'print one JSON object as the last line')
}

function parseSeconds(text: string): number {
  const seconds = Number(text)
  if (!(seconds > 0 && seconds <= 86_400))
    throw new InvalidArgumentError('It must be a number above 0, and 86400 at most.')
  return seconds
}

async function run(
  name: string,
  options: CommonOptions,
  measure: (context: SuiteContext) => Promise<Report>,
): Promise<void> {
  const interruption = new AbortController()
  // One Ctrl-C arrives more than once under npm: from the terminal, and passed on.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interruption.abort())
  const machine = describeMachine()
  const progress = (text: string) => process.stderr.write(`${name}: ${text}\n`)
  try {
    const report = await measure({ seconds: options.seconds, progress, signal: interruption.signal })
    console.log(formatReport(name, machine, report))
    if (options.json === true) console.log(formatJson(name, machine, report))
  } catch (error) {
    const interrupted = interruption.signal.aborted
    console.error(`bench ${name}: ${interrupted ? 'interrupted' : (error as Error).message}`)
    process.exitCode = interrupted ? 130 : 1
  }
}

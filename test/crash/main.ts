/** The command line of the crash test: `npm run crash-test -- --kills 1000`. */
import { Command, InvalidArgumentError } from 'commander'
import { describeMachine } from '../../bench/machine.ts'
import { formatJson, formatReport } from '../../bench/report.ts'
import { crashFigures } from './crash-figures.ts'
import { CrashRun } from './crash-run.ts'
import { invariants } from './violations.ts'

interface Options {
  readonly kills: number
  readonly seed: number
  readonly json?: true
  readonly keep?: true
}

const killsPerLine = 25

const program = new Command('crash-test')
  .description(
    'Kills engine and clients under load, again and again, and checks that nothing is lost and nothing done twice.',
  )
  .option('--kills <n>', 'how many times something is killed', parseCount, 100)
  .option('--seed <n>', 'what is killed when follows from it', parseCount, Date.now() % 1_000_000)
  .option('--json', 'print one JSON object as the last line')
  .option('--keep', 'keep journal and records even if nothing is wrong')
  .showHelpAfterError('(--help shows the options)')
  .parse()

process.exitCode = await runTest(program.opts<Options>())

function parseCount(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number above 0.')
  return Number(text)
}

/** @returns the exit code */
async function runTest({ kills, seed, json, keep }: Options): Promise<number> {
  const interruption = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interruption.abort())
  const machine = describeMachine()
  const begunMs = performance.now()
  let told = 0
  const run = new CrashRun({
    ...{ kills, seed, signal: interruption.signal },
    onKill: (count) => {
      if (count < told + killsPerLine) return
      told = count
      process.stderr.write(`crash test: ${count} kills, ${Math.round((performance.now() - begunMs) / 1_000)} s\n`)
    },
  })
  let isSound = false
  try {
    await run.run()
    isSound = run.violations.length === 0
  } catch (error) {
    if (!interruption.signal.aborted) console.error(`crash test: ${(error as Error).message}`)
  }
  const figures = crashFigures(run.report(), seed, performance.now() - begunMs)
  console.log(formatReport('crash test', machine, figures))
  for (const { invariant, text } of run.violations) console.log(`${invariant} (${invariants[invariant]}): ${text}`)
  if (json) console.log(formatJson('crash test', machine, figures))
  const isKept = keep === true || (!isSound && !interruption.signal.aborted)
  await (isKept ? run.end() : run.clean())
  if (isKept) console.error(`crash test: seed ${seed}, journal and records are in ${run.folder}`)
  if (interruption.signal.aborted) return 130
  return isSound ? 0 : 1
}

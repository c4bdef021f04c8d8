/**
 * Runs simulations from the command line, seed after seed, and stops at the first that shows a violation, with what
 * happened before it. `--seed` runs one, with `--trace` all that happens in it.
 */
import { Command } from 'commander'
import { type SimulationResult, simulate } from './simulation.ts'

interface Options {
  readonly seeds: string
  readonly first: string
  readonly seed?: string
  readonly trace?: true
  readonly json?: true
}

const shownLines = 80
const progressEveryMs = 5_000

/** What a number of seeds came to. */
class Tally {
  seeds = 0
  commands = 0
  events = 0
  starts = 0
  virtualUs = 0
  private readonly begunMs = performance.now()

  add({ commands, events, starts, virtualUs }: SimulationResult): void {
    this.seeds += 1
    this.commands += commands
    this.events += events
    this.starts += starts
    this.virtualUs += virtualUs
  }

  get results() {
    const elapsedMs = performance.now() - this.begunMs
    return {
      ...{ seeds: this.seeds, commands: this.commands, events: this.events, starts: this.starts },
      virtualHours: Number((this.virtualUs / 3.6e9).toFixed(2)),
      seconds: Number((elapsedMs / 1_000).toFixed(1)),
      millisecondsPerSeed: Number((elapsedMs / Math.max(1, this.seeds)).toFixed(2)),
    }
  }

  toString(): string {
    const { seeds, commands, starts, virtualHours, millisecondsPerSeed } = this.results
    return `${seeds} seeds, ${commands} commands, ${starts} starts, ${virtualHours} hours, ${millisecondsPerSeed} ms a seed`
  }
}

function show({ seed, violation, traceHash }: SimulationResult, lines: readonly string[]): void {
  for (const line of lines) console.log(line)
  if (violation === undefined) console.log(`seed ${seed}: no violation, trace ${traceHash}`)
  else console.log(`seed ${seed}: ${violation.invariant}: ${violation.text}`)
}

async function runOne(seed: number, keepsTrace: boolean): Promise<void> {
  const result = await simulate(seed, { keepsTrace: true })
  show(result, keepsTrace ? result.trace : [])
  if (result.violation !== undefined) process.exitCode = 1
}

async function runMany(first: number, count: number, json: boolean): Promise<void> {
  const tally = new Tally()
  let shownMs = performance.now()
  for (let seed = first; seed < first + count; seed += 1) {
    const result = await simulate(seed)
    tally.add(result)
    if (result.violation !== undefined) {
      await fail(result, tally, json)
      return
    }
    if (json || performance.now() - shownMs < progressEveryMs) continue
    shownMs = performance.now()
    console.log(`${tally}, up to seed ${seed}`)
  }
  if (json) console.log(JSON.stringify({ results: { ...tally.results, violations: 0 } }))
  else console.log(`${tally}: no violation`)
}

/** Runs the seed once more, for its trace: it happens again exactly as it did. */
async function fail(result: SimulationResult, tally: Tally, json: boolean): Promise<void> {
  process.exitCode = 1
  const { seed, violation } = result
  if (json) {
    console.log(JSON.stringify({ results: { ...tally.results, violations: 1, seed, violation } }))
    return
  }
  const again = await simulate(seed, { keepsTrace: true })
  show(again, again.trace.slice(-shownLines))
  if (again.traceHash !== result.traceHash)
    console.log('the second run was another one: the simulation is not deterministic')
  console.log(`npm run simulate -- --seed ${seed} --trace shows all of it`)
}

function whole(text: string, name: string): number {
  const number = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(number)) return number
  console.error(`--${name} is a whole number`)
  process.exit(2)
}

process.on('unhandledRejection', (error) => {
  console.error('a promise was rejected and nobody listened:', error)
  process.exit(1)
})

await new Command('simulate')
  .description('The whole exchange in one process: engine, clients, disk and network on a virtual clock, from a seed.')
  .option('--seeds <number>', 'how many seeds', '1000')
  .option('--first <seed>', 'the first of them', '1')
  .option('--seed <seed>', 'only this one')
  .option('--trace', 'all that happens in it')
  .option('--json', 'one JSON object at the end')
  .action(async ({ seeds, first, seed, trace, json }: Options) => {
    if (seed === undefined) await runMany(whole(first, 'first'), whole(seeds, 'seeds'), json === true)
    else await runOne(whole(seed, 'seed'), trace === true)
  })
  .parseAsync()

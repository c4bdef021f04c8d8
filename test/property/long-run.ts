/**
 * Streams generated commands through the exchange and its model for as long as asked:
 *
 *     npx node test/property/long-run.ts --commands 1000000 --seed 1
 *
 * Commands come in episodes, each with new exchanges, a seed of its own and alternating kinds of order flow. At the first
 * difference it makes the episode short, prints the steps that still differ, and exits with 1.
 */
import { parseArgs } from 'node:util'
import fc from 'fast-check'
import { Exchange } from '../../engine/core/index.ts'
import { Driver } from './driver.ts'
import { deepFlow, type Flow, fewTraders, roughFlow, setupOf, stepOf } from './generators.ts'
import { brokenInvariant } from './invariants.ts'
import { shrink } from './shrink.ts'
import type { Setup, Step } from './steps.ts'

const { values } = parseArgs({
  options: {
    commands: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    episode: { type: 'string', default: '50000' },
  },
})
const commandCount = Number(values.commands)
const firstSeed = Number(values.seed)
const commandsPerEpisode = Number(values.episode)
/** Events are compared after every command, state after so many. */
const commandsPerStateCheck = 500

interface Difference {
  readonly step: number
  readonly text: string
}

/** @returns the first thing that is wrong, if anything is */
function findDifference(start: Setup, steps: readonly Step[], stepsPerStateCheck: number): Difference | undefined {
  // Little memory, so that it has to grow.
  const exchange = new Exchange(1)
  const driver = new Driver(exchange, start)
  const instruments = start.instruments.map((row) => row.instrument)
  for (const [step, what] of steps.entries()) {
    const isCheckDue = (step + 1) % stepsPerStateCheck === 0 || step === steps.length - 1
    try {
      const state = () => driver.differenceOfState() ?? brokenInvariant(exchange, instruments)
      const text = driver.run(what) ?? (isCheckDue ? state() : undefined)
      if (text) return { step, text }
    } catch (error) {
      return { step, text: `${error instanceof Error ? error.stack : error}` }
    }
  }
  return undefined
}

function runEpisode(seed: number, flow: Flow, commands: number): void {
  const [start] = fc.sample(setupOf(fewTraders), { seed, numRuns: 1 })
  const steps = fc.sample(stepOf(flow, fewTraders), { seed, numRuns: commands })
  const difference = findDifference(start, steps, commandsPerStateCheck)
  if (!difference) return
  console.log(`episode with seed ${seed}, step ${difference.step}: ${difference.text}\nlooking for fewer steps …`)
  const differs = (some: readonly Step[]) => findDifference(start, some, some.length) !== undefined
  const fewest = shrink(steps.slice(0, difference.step + 1), differs)
  console.log(`${findDifference(start, fewest, 1)?.text}\nsetup ${JSON.stringify(start)}\nsteps`)
  for (const step of fewest) console.log(JSON.stringify(step))
  process.exit(1)
}

const startedMs = performance.now()
let done = 0
for (let episode = 0; done < commandCount; episode += 1) {
  const commands = Math.min(commandsPerEpisode, commandCount - done)
  runEpisode(firstSeed + episode, episode % 2 === 0 ? roughFlow : deepFlow, commands)
  done += commands
  const seconds = (performance.now() - startedMs) / 1000
  console.log(`${done} commands without a difference, ${Math.round(done / seconds)}/s`)
}

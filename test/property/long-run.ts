/**
 * Streams generated commands through the exchange and its model for as long as asked:
 *
 *     npx node test/property/long-run.ts --commands 1000000 --seed 1 [--flow rough] [--model-only]
 *
 * Commands come in short episodes, each with new exchanges (a model of little is fast), a seed of its own and the next
 * kind of order flow. Runs with other seeds share the work. At the first difference it makes the episode short, writes
 * it as a file that can be kept in the folder regressions, and exits with 1.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import fc from 'fast-check'
import { Exchange } from '../../engine/core/index.ts'
import { type FlowName, fewTraders, flows } from './flows.ts'
import { stepOf } from './generators.ts'
import { setupOf } from './setups.ts'
import { shrink } from './shrink.ts'
import type { Step } from './steps.ts'
import { type Wrong, whatIsWrong } from './stream.ts'

const { values } = parseArgs({
  options: {
    commands: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    episode: { type: 'string', default: '1000' },
    flow: { type: 'string' },
    'model-only': { type: 'boolean', default: false },
  },
})
const commandCount = Number(values.commands)
const commandsPerEpisode = Number(values.episode)
const commandsPerStateCheck = 250
const commandsPerReport = 100_000
const names = values.flow === undefined ? (Object.keys(flows) as FlowName[]) : [values.flow as FlowName]
if (names.some((name) => !(name in flows))) throw new Error(`flows are ${Object.keys(flows).join(', ')}`)

// Little memory, so that it has to grow.
const newExchange = () => (values['model-only'] ? undefined : new Exchange(1))

function runEpisode(seed: number, name: FlowName, commands: number): void {
  const flow = flows[name]
  const [setup] = fc.sample(setupOf(flow, fewTraders), { seed, numRuns: 1 })
  const steps = fc.sample(stepOf(flow, fewTraders), { seed, numRuns: commands })
  const wrong = whatIsWrong(newExchange(), { setup, steps }, commandsPerStateCheck)
  if (!wrong) return
  console.log(`flow ${name}, seed ${seed}, step ${wrong.step}: ${wrong.text}\nlooking for fewer steps …`)
  // Another difference, met on the way to fewer steps, is for another run.
  const fails = (some: readonly Step[]) => {
    const other = whatIsWrong(newExchange(), { setup, steps: some }, some.length)
    return other !== undefined && kindOf(other) === kindOf(wrong)
  }
  const regression = { setup, steps: shrink(steps.slice(0, wrong.step + 1), fails) }
  const file = `difference-${name}-${seed}.json`
  writeFileSync(file, `${JSON.stringify(regression, undefined, 2)}\n`)
  console.log(`${whatIsWrong(newExchange(), regression, 1)?.text}\n${regression.steps.length} steps in ${file}`)
  for (const step of regression.steps) console.log(JSON.stringify(step))
  process.exit(1)
}

/** What is wrong, whatever the numbers. */
function kindOf({ text }: Wrong): string {
  return text.split('\n')[0].replaceAll(/\d+/g, '#')
}

const startedMs = performance.now()
let done = 0
let reported = 0
for (let episode = 0; done < commandCount; episode += 1) {
  const commands = Math.min(commandsPerEpisode, commandCount - done)
  runEpisode(Number(values.seed) + episode, names[episode % names.length], commands)
  done += commands
  if (done - reported < commandsPerReport && done < commandCount) continue
  reported = done
  const seconds = (performance.now() - startedMs) / 1_000
  console.log(`${done} commands without a difference, ${Math.round(done / seconds)}/s`)
}

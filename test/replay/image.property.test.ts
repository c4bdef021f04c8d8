/**
 * Generated streams of commands through two exchanges, one of which goes through an image again and again: every event
 * and the hash of the state must be the same. PROPERTY_SEED and PROPERTY_RUNS choose other and more streams.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Command, EventBuffer, Exchange } from '../../engine/core/index.ts'
import { type Applied, applyMessage, Driver } from '../property/driver.ts'
import { type Crowd, type FlowName, fewTraders, flows, manyTraders } from '../property/flows.ts'
import { stepOf } from '../property/generators.ts'
import { setupOf } from '../property/setups.ts'
import type { Setup, Step } from '../property/steps.ts'

const seed = Number(process.env.PROPERTY_SEED ?? 20_261_120)
const runs = Number(process.env.PROPERTY_RUNS ?? 50)
const flowNames = Object.keys(flows) as FlowName[]
const commandsBetweenImages = 60

/** The commands that steps come to. */
function commandsOf(setup: Setup, steps: readonly Step[]): Applied[] {
  const commands: Applied[] = []
  const driver = new Driver(undefined, setup, (applied) => commands.push(applied))
  for (const step of steps) driver.run(step)
  return commands
}

/** Applies commands and returns their events. */
function apply(exchange: Exchange, commands: readonly Applied[]): Float64Array {
  const out = new EventBuffer()
  for (const command of commands) {
    if (command instanceof Command) exchange.apply(command, out)
    else applyMessage(exchange, command, out)
  }
  return out.data.subarray(0, out.length)
}

function checkStreams(name: FlowName, crowd: Crowd, numRuns: number): void {
  const steps = fc.array(stepOf(flows[name], crowd), { maxLength: 600, size: 'max' })
  const property = fc.property(setupOf(flows[name], crowd), steps, (setup, some) => {
    const commands = commandsOf(setup, some)
    const straight = new Exchange(1)
    let cut = new Exchange()
    for (let begin = 0; begin < commands.length; begin += commandsBetweenImages) {
      cut = Exchange.fromImage(cut.image())
      const part = commands.slice(begin, begin + commandsBetweenImages)
      expect(Buffer.compare(bytesOf(apply(cut, part)), bytesOf(apply(straight, part))), `after ${begin}`).toBe(0)
      expect(cut.stateHash(), `state after ${begin + part.length}`).toBe(straight.stateHash())
    }
  })
  fc.assert(property, { seed, numRuns })
}

function bytesOf({ buffer, byteOffset, byteLength }: Float64Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}

describe(`exchanges with and without images, seed ${seed}`, { timeout: 60_000 + runs * 1_000 }, () => {
  it.each(flowNames)('cause the same events and come to the same state in the flow %s', (name) => {
    checkStreams(name, fewTraders, Math.ceil(runs / 5))
  })

  it('do so where there are many participants, sessions and instruments', () => {
    checkStreams('rough', manyTraders, Math.ceil(runs / 25))
  })
})

/**
 * Short scenarios from other engines' own tests: what others agree on must hold here, in the exchange and in its model.
 * The files lie beside the repository, not in it; without them there is nothing to run.
 *
 * Conversions: every owner is a participant with one session, ids become refs; a replacement's open quantity becomes the
 * order's total; a reduction becomes a replacement at the same price, or a cancellation if nothing would be left. An order
 * that asks for no self-trade prevention gets an owner of its own, a reduction by nothing or less a total of 0.
 */
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Exchange } from '../../engine/core/index.ts'
import { NaiveExchange } from '../property/naive-exchange.ts'
import { type Scenario, ScenarioRun } from './scenario-run.ts'

const folder = '../shared/scenarios'
const files = ['exchange-core.json', 'nodejs-order-book.json', 'takehome.json']
const scenarioCount = 72

function load(file: string): Scenario[] {
  return JSON.parse(readFileSync(resolve(folder, file), 'utf8'))
}

describe.skipIf(!existsSync(folder))(`scenarios of other engines (skipped unless there is ${folder})`, () => {
  const scenarios = existsSync(folder) ? files.flatMap(load) : []

  it('are all there', () => {
    expect(scenarios).toHaveLength(scenarioCount)
  })

  for (const [title, create] of [
    ['exchange', () => new Exchange()],
    ['model', () => new NaiveExchange()],
  ] as const) {
    describe(title, () => {
      for (const scenario of scenarios) {
        it(`${scenario.source.split(' ')[0]}: ${scenario.name}`, () => {
          const run = new ScenarioRun(create())
          for (const step of scenario.steps) run.do(step)
          expect(run.outcome(scenario.expect)).toEqual(run.expected(scenario.expect))
        })
      }
    })
  }
})

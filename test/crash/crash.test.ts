/** Nothing lost, nothing twice: `npm run crash-test` in short. */
import { afterAll, expect, it } from 'vitest'
import { CrashRun } from './crash-run.ts'

const kills = 20
const seed = 20_261_120

const run = new CrashRun({ kills, seed })

afterAll(async () => {
  if (run.violations.length === 0) return run.clean()
  await run.end()
  console.error(`journal and records are in ${run.folder}`)
})

it(`an exchange of which something is killed ${kills} times breaks no invariant`, { timeout: 240_000 }, async () => {
  await run.run()
  const report = run.report()
  expect(report.violations).toEqual([])
  expect(report.commands).toBeGreaterThan(1_000)
  expect(report.checked).toBeGreaterThan(1_000)
  expect(report.hashes).toBeGreaterThan(10)
})

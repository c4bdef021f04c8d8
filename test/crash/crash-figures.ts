/** The figures of a crash test, in the form in which measurements are reported. */
import { formatNumber } from '../../bench/report.ts'
import type { Report } from '../../bench/suite.ts'
import type { CrashReport } from './crash-run.ts'

export function crashFigures(report: CrashReport, seed: number, durationMs: number): Report {
  const { checked, commands, hashes, kills, violations } = report
  const restartsMs = report.restartsMs.toSorted((one, other) => one - other)
  const medianMs = restartsMs[restartsMs.length >> 1] ?? 0
  const maxMs = restartsMs.at(-1) ?? 0
  const killCount = Object.values(kills).reduce((sum, count) => sum + count, 0)
  const figures: [string, number, string][] = [
    ['kills', killCount, ''],
    ['  of the engine', kills.engine, ''],
    ['  of clients', kills.clients, ''],
    ['  of both', kills.both, ''],
    ['  of the engine while it takes a snapshot', kills.snapshot, ''],
    ['  of the engine while it starts', kills.startUp, ''],
    ['commands in the log', commands, ''],
    ['events and market data checked', checked, ''],
    ['state hashes checked', hashes, ''],
    ['restart of the engine, median', medianMs, 'ms'],
    ['restart of the engine, longest', maxMs, 'ms'],
    ['violations', violations.length, ''],
  ]
  return {
    method: [
      `Seed ${seed}, ${formatNumber(durationMs / 1_000)} s. A restart lasts from the start of the process until it takes connections.`,
    ],
    tables: [
      {
        title: 'Crash test',
        columns: ['', '', ''],
        rows: figures.map(([name, value, unit]) => [
          name,
          unit === '' ? value.toLocaleString('en-US') : formatNumber(value),
          unit,
        ]),
      },
    ],
    caveats: [],
    results: {
      kills: { value: killCount, unit: 'kills' },
      violations: { value: violations.length, unit: 'violations' },
      commands: { value: commands, unit: 'commands' },
      checked: { value: checked, unit: 'messages' },
      restartMsMedian: { value: medianMs, unit: 'ms' },
      restartMsMax: { value: maxMs, unit: 'ms' },
    },
    reference: {},
    ratios: {},
  }
}

/** Prints a report: tables for people, and one line of JSON for programs. */
import type { Machine } from './machine.ts'
import type { Figure, Report, Table } from './suite.ts'

/** A load average above this means that something else was running. */
const idleLoadAverage = 0.5

export function formatReport(suite: string, machine: Machine, report: Report): string {
  const caveats = [...report.caveats]
  if (machine.loadAverage > idleLoadAverage) {
    caveats.push(
      `The machine was not idle: load average ${machine.loadAverage} before the run. Expect worse figures than its own.`,
    )
  }
  const lines = [
    `${suite}: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGib} GiB, ${machine.system}, Node ${machine.node}, ${machine.date}`,
    ...report.method,
    ...report.tables.flatMap((table) => ['', ...formatTable(table)]),
    '',
    ...caveats.map((caveat) => `* ${caveat}`),
  ]
  return lines.join('\n')
}

/** The last line of a run with --json. */
export function formatJson(suite: string, machine: Machine, report: Report): string {
  const { results, reference, ratios } = report
  return JSON.stringify({
    suite,
    machine,
    results: roundFigures(results),
    reference: roundFigures(reference),
    ratios: Object.fromEntries(Object.entries(ratios).map(([name, value]) => [name, round(value)])),
  })
}

/** First column to the left, numbers to the right. */
export function formatTable(table: Table): string[] {
  const rows = [table.columns, ...table.rows]
  const widths = table.columns.map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  const line = (row: readonly string[]) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join('   ')
  const rule = '─'.repeat(line(table.columns).length)
  return [table.title, rule, line(table.columns), rule, ...table.rows.map(line), rule]
}

/** 1234567.8 → "1,234,568"; small numbers keep two decimals. */
export function formatNumber(value: number): string {
  const decimals = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return value.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals })
}

function roundFigures(figures: Readonly<Record<string, Figure>>): Record<string, Figure> {
  const rounded = Object.entries(figures).map(([name, { value, unit }]) => [name, { value: round(value), unit }])
  return Object.fromEntries(rounded)
}

/** Four significant digits are more than any of these measurements has. */
function round(value: number): number {
  return Math.abs(value) >= 10_000 ? Math.round(value) : Number(value.toPrecision(4))
}

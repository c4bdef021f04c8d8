/** The result of a replay, as text for people and as one JSON object for programs. */
import { formatCount, formatShare } from '../../format.ts'
import type { ReplayResult } from './live-replay.ts'
import { type SkipReason, skipReasons } from './market-row.ts'
import type { Deviation, ReplayTally } from './replay-tally.ts'

/** Lines for people. */
export function replayReport(result: ReplayResult): string[] {
  const { tally, totalRows, seconds, checkpoints, checkpointsEqual } = result
  const rate = Math.round(messagesPerSecond(result))
  return [
    `rows                ${formatCount(tally.rows)} of ${formatCount(totalRows)}`,
    `messages            ${formatCount(tally.messages)} in ${seconds.toFixed(2)} s, ${formatCount(rate)} messages/s`,
    `executions          ${share(tally.executionsExact, tally.executionsChecked)} filled exactly the recorded order and size`,
    `book rows           ${share(tally.bookRowsEqual, tally.bookRowsChecked)} equal`,
    `published book      ${checkpointsEqual} of ${checkpoints} checkpoints equal`,
    `re-seeded levels    ${formatCount(tally.reseededLevels)}`,
    ...skippedLines(tally),
    ...deviationLines(tally),
  ]
}

/** One line of JSON. */
export function replayJson(result: ReplayResult): string {
  const { tally, seconds } = result
  return JSON.stringify({
    rows: tally.rows,
    messages: tally.messages,
    seconds: Math.round(seconds * 1_000) / 1_000,
    messagesPerSecond: Math.round(messagesPerSecond(result)),
    executionsChecked: tally.executionsChecked,
    executionsExact: tally.executionsExact,
    bookRowsChecked: tally.bookRowsChecked,
    bookRowsEqual: tally.bookRowsEqual,
    reseededLevels: tally.reseededLevels,
    skippedRows: tally.skippedRows,
  })
}

function messagesPerSecond({ tally, seconds }: ReplayResult): number {
  return seconds === 0 ? 0 : tally.messages / seconds
}

function skippedLines({ skippedRows }: ReplayTally): string[] {
  const reasons = (Object.keys(skippedRows) as SkipReason[]).filter((reason) => skippedRows[reason] > 0)
  if (reasons.length === 0) return ['rows skipped        none']
  const total = reasons.reduce((sum, reason) => sum + skippedRows[reason], 0)
  return [
    `rows skipped        ${formatCount(total)}`,
    ...reasons.map((reason) => `  ${formatCount(skippedRows[reason]).padStart(8)}  ${skipReasons[reason]}`),
  ]
}

function deviationLines(tally: ReplayTally): string[] {
  const total = tally.executionsChecked - tally.executionsExact
  if (total === 0) return []
  const listed = tally.deviations.length
  return [
    `deviations          ${formatCount(total)}${listed < total ? `, the first ${listed}` : ''}: the recording departs from price and time`,
    ...tally.deviations.map((deviation) => `  ${describe(deviation)}`),
  ]
}

function describe({ line, orderId, quantityLots, fills }: Deviation): string {
  const filled = fills.map((fill) => `${fill.quantityLots} of ${orderName(fill.orderId)}`).join(' and ') || 'nothing'
  return `line ${line}: recorded ${quantityLots} of ${orderName(orderId)}, filled ${filled}`
}

function orderName(orderId: number): string {
  return orderId === 0 ? "the level's anonymous order" : `order ${orderId}`
}

function share(part: number, whole: number): string {
  return `${formatCount(part)} of ${formatCount(whole)} (${formatShare(part, whole, 2)})`
}

/**
 * The whole console as lines: header, instruments, bots, what happened lately, keys. Pure, so that it can be tested at any
 * size; the size is that of the terminal, and nothing is ever wider or higher.
 */
import { formatCompact, formatDuration, formatMeasure, formatMicroseconds } from '../../format.ts'
import type { FleetView, LatencyView } from '../fleet-view.ts'
import { botTable, clampFirst } from './bot-table.ts'
import { marketTable } from './market-table.ts'
import { clip, type Line, span, spread } from './spans.ts'

export interface ScreenSize {
  readonly columns: number
  readonly rows: number
}

const mostIncidents = 4
/** Title, one bot, sums. */
const leastBotLines = 3

/** At most `rows` lines of at most `columns` characters, the footer in the last row. `first`: the first bot to show. */
export function layOutScreen(view: FleetView, { columns, rows }: ScreenSize, first = 0): Line[] {
  const blank: Line = []
  const header = headerLines(view, columns)
  const market = fitMarket(view, columns, rows - header.length - 3 - leastBotLines)
  const above = [...header, blank, ...market, blank]
  const botRows = Math.max(leastBotLines, Math.min(view.bots.length + 2, rows - above.length - 1))
  const firstShown = clampFirst(first, view.bots.length, botRows)
  const bots = botTable(view, columns, botRows, firstShown)
  const spare = rows - above.length - bots.length - 2
  const incidents = view.incidents
    .slice(spare > 0 ? -Math.min(spare, mostIncidents) : view.incidents.length)
    .map(({ time, text }) => clip([span(`${time}  `, 'quiet'), span(text)], columns))
  const body = [...above, ...bots, ...(incidents.length > 0 ? [blank, ...incidents] : [])].slice(0, rows - 1)
  const padding = Array.from({ length: Math.max(0, rows - 1 - body.length) }, () => blank)
  return [...body, ...padding, footer(view, columns, firstShown, botRows - 2)]
}

function headerLines(view: FleetView, width: number): Line[] {
  const { engine } = view
  const remaining = view.remainingSeconds
  const clock = `${formatDuration(view.runningSeconds)}${remaining === undefined ? '' : `, ${formatDuration(remaining)} left`}`
  const log = engine.own === undefined ? 'running before this fleet' : `log ${engine.own.logMode}`
  const restarts = engine.own?.restarts ?? 0
  const connection = engine.connected
    ? span(
        `${log} · ${formatCompact(engine.sequence)} commands, ${formatMeasure(engine.sequencePerSecond)}/s${restarts > 0 ? ` · restarted ${restarts}×` : ''}`,
      )
    : span('NOT CONNECTED to the engine: prices are the last ones known', 'alarm')
  const stopping = view.stopping ? [span('  stopping…', 'warning')] : []
  return [
    spread([span('tradefloor', 'strong'), span(`  ${engine.url}`), ...stopping], [span(clock)], width),
    spread([connection], acknowledgement(view.recentAck), width),
  ]
}

function acknowledgement(ack: LatencyView | undefined): Line {
  if (ack === undefined) return [span('order to ack: none lately', 'quiet')]
  return [
    span('order to ack  ', 'quiet'),
    span('p50 ', 'quiet'),
    span(formatMicroseconds(ack.p50Us), 'strong'),
    span('  p99 ', 'quiet'),
    span(formatMicroseconds(ack.p99Us), 'strong'),
  ]
}

/** The market table; where it is too high, its last lines give way to one that counts them. */
function fitMarket(view: FleetView, width: number, height: number): Line[] {
  const lines = marketTable(view.instruments, width)
  if (lines.length <= height || height < 3) return lines
  const hidden = lines.length - (height - 1)
  return [...lines.slice(0, height - 1), [span(`and ${hidden} more instruments`, 'quiet')]]
}

function footer(view: FleetView, width: number, first: number, shown: number): Line {
  const keys: Line = [span('q', 'strong'), span(' or ', 'quiet'), span('Ctrl-C', 'strong'), span('  stop', 'quiet')]
  if (shown >= view.bots.length) return clip(keys, width)
  const range = `bots ${first + 1} to ${first + shown} of ${view.bots.length}`
  return spread([...keys, span('    ↑ ↓', 'strong'), span('  scroll', 'quiet')], [span(range, 'quiet')], width)
}

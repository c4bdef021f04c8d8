/**
 * A bot as a process: reports once a second, to its parent over IPC or to people as a plain line, and ends cleanly on
 * SIGINT, SIGTERM, the parent's `stop`, or the parent's death: quotes cancelled, answers waited for.
 */
import { Bot, type BotOptions } from './bot.ts'
import { systemClock } from './clock.ts'
import type { BotReport, StopRequest } from './report.ts'
import type { MakeTrader } from './trader.ts'

const reportIntervalMs = 1_000

/**
 * Runs until it is asked to stop.
 * @param isQuiet no line a second
 * @throws Error in one line, if the bot cannot start or cannot go on
 */
export async function runBot(
  options: Omit<BotOptions, 'onIncident'>,
  makeTrader: MakeTrader,
  isQuiet: boolean,
): Promise<void> {
  let lastIncident = ''
  const onIncident = (text: string) => {
    // Attempts to connect that fail the same way again are no news.
    if (text !== lastIncident) console.error(`${options.participant}.${options.session}: ${text}`)
    lastIncident = text
  }
  const bot = new Bot({ ...options, onIncident }, makeTrader, systemClock)
  const tell = reporter(isQuiet)
  const timer = setInterval(() => tell(bot.report()), reportIntervalMs)
  const stopAsked = stopRequest()
  try {
    await Promise.race([bot.start(), stopAsked])
    await Promise.race([bot.failed, stopAsked])
    await bot.stop()
    clearInterval(timer)
    await tell(bot.report())
  } finally {
    clearInterval(timer)
    await bot.stop()
    if (process.connected) process.disconnect()
  }
}

/** Resolves when the process is to end. */
function stopRequest(): Promise<void> {
  return new Promise((resolve) => {
    process.on('SIGINT', resolve)
    process.on('SIGTERM', resolve)
    process.on('disconnect', resolve)
    process.on('message', (message: StopRequest) => {
      if (message.type === 'stop') resolve()
    })
  })
}

/** Where reports go. What it returns resolves when the report is on its way. */
function reporter(isQuiet: boolean): (report: BotReport) => Promise<void> {
  if (process.send !== undefined) {
    return (report) =>
      new Promise((resolve) => {
        // The parent may be gone; its going is what ends the bot, not this.
        if (process.connected) process.send!(report, undefined, undefined, () => resolve())
        else resolve()
      })
  }
  return async (report) => {
    if (!isQuiet) console.log(describeReport(report))
  }
}

/** A report in one line, for people. */
export function describeReport(report: BotReport): string {
  const { positions, submittedLots, filledLots, ackMicroseconds, haltReason } = report
  const state = haltReason === undefined ? report.state : `${report.state} (${haltReason})`
  const holdings = positions.map(
    ({ symbol, positionLots, pnlMinor }) => `${symbol} ${positionLots} lots P&L ${pnlMinor}`,
  )
  const fillRate = submittedLots === 0 ? 0 : (100 * filledLots) / submittedLots
  const counts = `orders ${report.orders}, fills ${report.fills} (${fillRate.toFixed(1)} % of lots), rejects ${report.rejects}`
  const acks = `acks p50 ${ackMicroseconds.p50} p99 ${ackMicroseconds.p99} µs`
  return [`${report.bot} ${state}`, ...holdings, counts, acks].join(' | ')
}

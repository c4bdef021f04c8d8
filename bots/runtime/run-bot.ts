/**
 * A bot as a process: reports once a second, to its parent over IPC or to people as a plain line, and ends cleanly on
 * SIGINT, SIGTERM, the parent's `stop`, or the parent's death: quotes cancelled, answers waited for.
 */
import type { Row } from '../../protocol/messages.ts'
import { formatCount, formatMicroseconds, formatMoney, formatShare } from '../format.ts'
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
    if (text !== lastIncident) console.error(`${systemTime()} ${options.participant}.${options.session}: ${text}`)
    lastIncident = text
  }
  const bot = new Bot({ ...options, onIncident }, makeTrader, systemClock)
  const tell = reporter(bot, isQuiet)
  const timer = setInterval(tell, reportIntervalMs)
  const stopAsked = stopRequest()
  try {
    await Promise.race([bot.start(), stopAsked])
    await Promise.race([bot.failed, stopAsked])
    await bot.stop()
    clearInterval(timer)
    await tell()
  } finally {
    clearInterval(timer)
    await bot.stop()
    if (process.connected) process.disconnect()
  }
}

/** To the second: what is printed may be read long after, in a log file that many runs wrote. */
function systemTime(): string {
  return `${new Date().toISOString().slice(0, 19)}Z`
}

/** Resolves when the process is to end. */
function stopRequest(): Promise<void> {
  return new Promise((resolve) => {
    process.on('SIGINT', resolve)
    process.on('SIGTERM', resolve)
    process.on('disconnect', resolve)
    // The parent may have died before anybody listened.
    if (process.connected === false) resolve()
    process.on('message', (message: StopRequest) => {
      if (message.type === 'stop') resolve()
    })
  })
}

/** Where reports go. What it returns resolves when the report is on its way. */
function reporter(bot: Bot, isQuiet: boolean): () => Promise<void> {
  if (process.send !== undefined) {
    return () =>
      new Promise((resolve) => {
        // The parent may be gone; its going is what ends the bot, not this.
        if (process.connected) process.send!(bot.report(), undefined, undefined, () => resolve())
        else resolve()
      })
  }
  return async () => {
    const line = describeReport(bot.report(), bot.instruments)
    if (!isQuiet) console.log(line)
  }
}

/** A report in one line, for people. */
export function describeReport(report: BotReport, instruments: readonly Row<'instrument'>[]): string {
  const { submittedLots, filledLots, ackLatency, haltReason } = report
  const state = haltReason === undefined ? report.state : `${report.state} (${haltReason})`
  const holdings = report.positions.map(({ symbol, current, pnlMinor }) => {
    const { currency, currencyDecimals } = instruments.find((instrument) => instrument.symbol === symbol)!
    return `${symbol} ${formatCount(current.positionLots)} lots, P&L ${formatMoney(pnlMinor, currencyDecimals)} ${currency}`
  })
  const filled = `${formatShare(filledLots, submittedLots)} of lots filled`
  const counts = `${report.orders} orders, ${report.fills} fills, ${filled}, ${report.rejects} rejects`
  const { count, p50Us, p99Us } = ackLatency
  const acks = count === 0 ? 'no acks' : `acks p50 ${formatMicroseconds(p50Us)}, p99 ${formatMicroseconds(p99Us)}`
  return [`${report.bot} ${state}`, ...holdings, counts, acks].join(' | ')
}

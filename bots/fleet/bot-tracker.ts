/**
 * What one bot of the fleet did over all the lives of its process: takes its reports, adds up what begins again at 0 with
 * each life, and values its account at the prices it is given. No I/O, no clock of its own.
 */
import type { AccountReport, BotReport } from '../runtime/report.ts'
import type { BotPlan } from './fleet-file.ts'
import type { BotView, InstrumentView, MoneyView } from './fleet-view.ts'
import { LatencyTracker } from './latency.ts'
import { RateMeter } from './rate-meter.ts'

/** A live bot reports every second; one that has not for this long is in trouble. */
const silentAfterMs = 5_000

interface Totals {
  submittedLots: number
  filledLots: number
  orders: number
  fills: number
  rejects: number
}

const totalNames = ['submittedLots', 'filledLots', 'orders', 'fills', 'rejects'] as const

/** What the supervisor knows of the process, beside what the bot says. */
export type ProcessState = 'running' | 'restarting' | 'ended'

export class BotTracker {
  readonly plan: BotPlan
  readonly latency = new LatencyTracker()
  private readonly formerLives: Totals = { submittedLots: 0, filledLots: 0, orders: 0, fills: 0, rejects: 0 }
  /** The last report of the current life, and the last of all. */
  private report: BotReport | undefined
  private lastReport: BotReport | undefined
  private reportedMs = 0
  private readonly openings = new Map<string, AccountReport>()
  private readonly orderRate = new RateMeter()

  constructor(plan: BotPlan) {
    this.plan = plan
  }

  /** The reason to tell people, if the report is the first one of a halt. */
  take(report: BotReport, nowMs: number): string | undefined {
    const wasHalted = this.report?.state === 'halted'
    this.report = report
    this.lastReport = report
    this.reportedMs = nowMs
    // Before it has logged on for the first time it does not know what it holds.
    if (report.state !== 'connecting') {
      for (const { symbol, opening } of report.positions) {
        if (!this.openings.has(symbol)) this.openings.set(symbol, opening)
      }
    }
    this.latency.add(report.ackLatency, nowMs)
    this.orderRate.add(nowMs, this.total('orders'))
    return report.state === 'halted' && !wasHalted ? (report.haltReason ?? 'no reason given') : undefined
  }

  /** Its process has ended: its totals begin again at 0 with the next one. */
  lifeEnded(): void {
    for (const name of totalNames) this.formerLives[name] += this.report?.[name] ?? 0
    this.report = undefined
  }

  /** In the current life of its process. */
  get hasReported(): boolean {
    return this.report !== undefined
  }

  /** The last thing that it said was that its quotes are cancelled. */
  get endedWell(): boolean {
    return this.lastReport?.state === 'stopped'
  }

  view(process: ProcessState, restarts: number, instruments: readonly InstrumentView[], nowMs: number): BotView {
    return {
      name: this.plan.name,
      kind: this.plan.kind,
      ...this.condition(process, nowMs),
      positions: (this.lastReport?.positions ?? []).map(({ symbol, current, openOrders }) => ({
        symbol,
        positionLots: current.positionLots,
        openOrders,
      })),
      money: this.money(instruments),
      submittedLots: this.total('submittedLots'),
      filledLots: this.total('filledLots'),
      orders: this.total('orders'),
      fills: this.total('fills'),
      rejects: this.total('rejects'),
      ordersPerSecond: this.orderRate.perSecond(nowMs),
      recentAck: this.latency.lately(nowMs),
      restarts,
    }
  }

  private total(name: keyof Totals): number {
    return this.formerLives[name] + (this.report?.[name] ?? 0)
  }

  private condition(process: ProcessState, nowMs: number): Pick<BotView, 'state' | 'health'> {
    if (process === 'restarting') return { state: 'restarting', health: 'dead' }
    if (process === 'ended')
      return this.endedWell ? { state: 'stopped', health: 'troubled' } : { state: 'dead', health: 'dead' }
    if (this.report === undefined) return { state: 'starting', health: 'troubled' }
    if (nowMs - this.reportedMs > silentAfterMs) return { state: 'silent', health: 'troubled' }
    return { state: this.report.state, health: this.report.state === 'live' ? 'well' : 'troubled' }
  }

  /** Gain since the opening, both ends valued: the account now at the mark, the one then at the opening price. */
  private money(instruments: readonly InstrumentView[]): MoneyView[] {
    const sums = new Map<string, { currency: string; currencyDecimals: number; pnlMinor: number; feesMinor: number }>()
    for (const { symbol, current } of this.lastReport?.positions ?? []) {
      const instrument = instruments.find((candidate) => candidate.symbol === symbol)
      if (instrument === undefined) continue
      const { currency, currencyDecimals, tickValueMinor } = instrument
      const opening = this.openings.get(symbol) ?? current
      const sum = sums.get(currency) ?? { currency, currencyDecimals, pnlMinor: 0, feesMinor: 0 }
      sum.pnlMinor += valueMinor(current, instrument.markPriceTicks, tickValueMinor)
      sum.pnlMinor -= valueMinor(opening, instrument.openingPriceTicks, tickValueMinor)
      sum.feesMinor += current.feesMinor - opening.feesMinor
      sums.set(currency, sum)
    }
    return [...sums.values()]
  }
}

function valueMinor(account: AccountReport, priceTicks: number, tickValueMinor: number): number {
  return account.cashMinor + account.positionLots * priceTicks * tickValueMinor
}

/**
 * What the fleet's operator sees of the market, from public market data alone: takes the messages of the channels `top`,
 * `trades` and `status` with the time of their arrival, and sums up each instrument. No I/O, no clock of its own.
 */
import type { Message, Row } from '../../protocol/messages.ts'
import type { InstrumentView } from './fleet-view.ts'
import { RateMeter } from './rate-meter.ts'

const historyStepMs = 1_000
const historyLength = 60

/** Time-weighted mean of a value that stays until it is set again. */
class TimeWeightedMean {
  private weightedSum = 0
  private weightMs = 0
  private value: number | undefined
  private sinceMs = 0

  set(value: number | undefined, nowMs: number): void {
    this.settle(nowMs)
    this.value = value
  }

  /** Undefined if there was no value at any time. */
  mean(nowMs: number): number | undefined {
    this.settle(nowMs)
    return this.weightMs === 0 ? undefined : this.weightedSum / this.weightMs
  }

  private settle(nowMs: number): void {
    if (this.value !== undefined) {
      this.weightedSum += this.value * (nowMs - this.sinceMs)
      this.weightMs += nowMs - this.sinceMs
    }
    this.sinceMs = nowMs
  }
}

/**
 * How much a total of the engine grew since it was first told. The engine's totals begin again at 0 if it is restarted
 * without its log.
 */
class Growth {
  private last: number | undefined
  total = 0

  set(total: number): void {
    if (this.last !== undefined) this.total += total >= this.last ? total - this.last : total
    this.last = total
  }
}

class InstrumentTracker {
  readonly definition: Row<'instrument'>
  private top: Message<'top'> | undefined
  private phase = 'continuous'
  private lastPriceTicks = 0
  private openingPriceTicks = 0
  private readonly tradesByStatus = new Growth()
  private readonly volumeByStatus = new Growth()
  private readonly orders = new Growth()
  private tradesSeen = 0
  private volumeSeen = 0
  private readonly tradeRate = new RateMeter()
  private readonly orderRate = new RateMeter()
  private readonly spreadTicks = new TimeWeightedMean()
  private readonly spreadBasisPoints = new TimeWeightedMean()
  private readonly history: number[] = []
  /** Set when the run has ended. */
  private finalMarkTicks: number | undefined

  constructor(definition: Row<'instrument'>) {
    this.definition = definition
  }

  takeTop(top: Message<'top'>, nowMs: number): void {
    this.top = top
    if (this.finalMarkTicks !== undefined) return
    const ticks = top.askPriceTicks - top.bidPriceTicks
    // A book that collects for an auction may be crossed: it has no spread.
    const hasSpread = top.bidQuantityLots > 0 && top.askQuantityLots > 0 && ticks > 0
    this.spreadTicks.set(hasSpread ? ticks : undefined, nowMs)
    const basisPoints = (2e4 * ticks) / (top.askPriceTicks + top.bidPriceTicks)
    this.spreadBasisPoints.set(hasSpread ? basisPoints : undefined, nowMs)
  }

  takeTrades({ trades }: Message<'trades'>): void {
    for (const trade of trades) {
      this.tradesSeen += 1
      this.volumeSeen += trade.quantityLots
      this.lastPriceTicks = trade.priceTicks
    }
  }

  takeStatus(status: Message<'status'>, nowMs: number): void {
    this.phase = status.phase
    const last = status.lastPriceTicks
    if (this.openingPriceTicks === 0) this.openingPriceTicks = last > 0 ? last : this.definition.referencePriceTicks
    if (last > 0) this.lastPriceTicks = last
    this.tradesByStatus.set(status.tradeCount)
    this.volumeByStatus.set(status.volumeLots)
    this.orders.set(status.commandCount)
    this.orderRate.add(nowMs, this.orders.total)
  }

  /** Trades are counted where they are told, at once; those missed while disconnected are in the status that follows. */
  private get tradeCount(): number {
    return Math.max(this.tradesSeen, this.tradesByStatus.total)
  }

  /** Whole ticks, so that money stays in whole minor units. */
  get markPriceTicks(): number {
    if (this.finalMarkTicks !== undefined) return this.finalMarkTicks
    const { top } = this
    if (top !== undefined && top.bidQuantityLots > 0 && top.askQuantityLots > 0) {
      return Math.floor((top.bidPriceTicks + top.askPriceTicks) / 2)
    }
    return this.lastPriceTicks > 0 ? this.lastPriceTicks : this.definition.referencePriceTicks
  }

  /** The spread is unknown until the next top. */
  pauseSpread(nowMs: number): void {
    this.spreadTicks.set(undefined, nowMs)
    this.spreadBasisPoints.set(undefined, nowMs)
  }

  endRun(nowMs: number): void {
    this.pauseSpread(nowMs)
    this.finalMarkTicks = this.markPriceTicks
  }

  sample(nowMs: number, historyDue: boolean): void {
    this.tradeRate.add(nowMs, this.tradeCount)
    if (!historyDue) return
    this.history.push(this.markPriceTicks)
    if (this.history.length > historyLength) this.history.shift()
  }

  view(nowMs: number): InstrumentView {
    const { symbol, currency, currencyDecimals, tickSize, lotSize, tickValueMinor } = this.definition
    return {
      symbol,
      currency,
      currencyDecimals,
      tickSize,
      lotSize,
      tickValueMinor,
      phase: this.phase,
      bidPriceTicks: this.top?.bidPriceTicks ?? 0,
      bidQuantityLots: this.top?.bidQuantityLots ?? 0,
      askPriceTicks: this.top?.askPriceTicks ?? 0,
      askQuantityLots: this.top?.askQuantityLots ?? 0,
      lastPriceTicks: this.lastPriceTicks,
      openingPriceTicks: this.openingPriceTicks,
      markPriceTicks: this.markPriceTicks,
      tradesPerSecond: this.tradeRate.perSecond(nowMs),
      ordersPerSecond: this.orderRate.perSecond(nowMs),
      tradeCount: this.tradeCount,
      orderCount: this.orders.total,
      volumeLots: Math.max(this.volumeSeen, this.volumeByStatus.total),
      meanSpreadTicks: this.spreadTicks.mean(nowMs),
      meanSpreadBasisPoints: this.spreadBasisPoints.mean(nowMs),
      priceHistory: this.history,
    }
  }
}

export class MarketTracker {
  private readonly instruments = new Map<number, InstrumentTracker>()
  private readonly sequenceRate = new RateMeter()
  private nextHistoryMs = 0
  /** Highest sequence number told on any channel: a lower bound of the commands that the engine has carried out. */
  sequence = 0

  /** The instruments to follow, in the order in which they are shown. */
  define(definitions: readonly Row<'instrument'>[]): void {
    for (const definition of definitions) {
      this.instruments.set(definition.instrument, new InstrumentTracker(definition))
    }
  }

  take(message: Message<'top' | 'trades' | 'status'>, nowMs: number): void {
    this.sequence = Math.max(this.sequence, message.sequence)
    const instrument = this.instruments.get(message.instrument)
    if (message.type === 'top') instrument?.takeTop(message, nowMs)
    else if (message.type === 'trades') instrument?.takeTrades(message)
    else instrument?.takeStatus(message, nowMs)
  }

  /** Nothing of the market is known any more but what it was: spreads stop counting. */
  disconnected(nowMs: number): void {
    this.sequence = 0
    for (const instrument of this.instruments.values()) instrument.pauseSpread(nowMs)
  }

  /** What comes now belongs to the fleet's going, and says nothing about the spreads that it kept or the prices it made. */
  endRun(nowMs: number): void {
    for (const instrument of this.instruments.values()) instrument.endRun(nowMs)
  }

  /** To be called several times a second: rates and price history follow from the samples. */
  sample(nowMs: number): void {
    const historyDue = nowMs >= this.nextHistoryMs
    if (historyDue) this.nextHistoryMs = nowMs + historyStepMs
    this.sequenceRate.add(nowMs, this.sequence)
    for (const instrument of this.instruments.values()) instrument.sample(nowMs, historyDue)
  }

  sequencePerSecond(nowMs: number): number {
    return this.sequenceRate.perSecond(nowMs)
  }

  views(nowMs: number): InstrumentView[] {
    return [...this.instruments.values()].map((instrument) => instrument.view(nowMs))
  }
}

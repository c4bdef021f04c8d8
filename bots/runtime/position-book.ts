/**
 * What a bot holds in one instrument and what it has made of it: position, cash, fees and marked profit, in integers of
 * minor units, and the counts that go with them.
 */
import type { Message, Row } from '../../protocol/messages.ts'

export class PositionBook {
  readonly instrument: Row<'instrument'>
  positionLots = 0
  /** Received minus paid, fees included. */
  cashMinor = 0
  /** Paid, rebates subtracted. */
  feesMinor = 0
  filledLots = 0
  fills = 0
  private markTicks: number
  /** Value and fees when the bot began. */
  private startValueMinor = 0
  private startFeesMinor = 0
  private hasStarted = false

  constructor(instrument: Row<'instrument'>) {
    this.instrument = instrument
    this.markTicks = instrument.referencePriceTicks
  }

  /** The engine's account of it, told at each logon. */
  onPosition(position: Message<'position'>): void {
    this.positionLots = position.positionLots
    this.cashMinor = position.cashMinor
    this.feesMinor = position.feesMinor
  }

  /** Everything from here on counts as the bot's own result. Called once, when the first positions and a price are known. */
  start(): void {
    if (this.hasStarted) return
    this.hasStarted = true
    this.startValueMinor = this.valueMinor()
    this.startFeesMinor = this.feesMinor
  }

  /** @param replayed the fill came before the positions told at logon, which include it */
  onFill(fill: Message<'filled'>, replayed: boolean): void {
    this.fills += 1
    this.filledLots += fill.quantityLots
    if (replayed) return
    const signedLots = fill.side === 'buy' ? fill.quantityLots : -fill.quantityLots
    this.positionLots += signedLots
    this.cashMinor -= signedLots * fill.priceTicks * this.instrument.tickValueMinor + fill.feeMinor
    this.feesMinor += fill.feeMinor
  }

  /** Marks the position at this price in ticks, halves allowed. */
  mark(priceTicks: number): void {
    this.markTicks = priceTicks
  }

  /** Cash plus position at the mark, since the bot began; rounded to whole minor units. */
  get pnlMinor(): number {
    return Math.round(this.valueMinor() - this.startValueMinor)
  }

  /** Fees since the bot began. */
  get feesSinceStartMinor(): number {
    return this.feesMinor - this.startFeesMinor
  }

  private valueMinor(): number {
    return this.cashMinor + this.positionLots * this.markTicks * this.instrument.tickValueMinor
  }
}

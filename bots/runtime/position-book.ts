/**
 * What a bot holds in one instrument and what it has made of it: position, cash, fees and marked profit, in integers of
 * minor units, and the counts that go with them.
 */
import type { Message, Row } from '../../protocol/messages.ts'
import type { AccountReport, PositionReport } from './report.ts'

const emptyAccount: AccountReport = { positionLots: 0, cashMinor: 0, feesMinor: 0 }

export class PositionBook {
  filledLots = 0
  fills = 0
  private readonly instrument: Row<'instrument'>
  private account = emptyAccount
  private markTicks: number
  /** The account when the bot began, and what it was worth then. */
  private opening: AccountReport | undefined
  private openingValueMinor = 0

  constructor(instrument: Row<'instrument'>) {
    this.instrument = instrument
    this.markTicks = instrument.referencePriceTicks
  }

  /** Lots held, negative when short. */
  get positionLots(): number {
    return this.account.positionLots
  }

  /** The engine's account of it, told at each logon. */
  onPosition({ positionLots, cashMinor, feesMinor }: Message<'position'>): void {
    this.account = { positionLots, cashMinor, feesMinor }
  }

  /** The engine began with another log: nothing is held there until it is told, and the result begins anew. */
  reopen(): void {
    this.account = emptyAccount
    this.opening = undefined
  }

  /** What comes after the first call is the bot's own result; to be called when positions and a price are known. */
  start(): void {
    if (this.opening !== undefined) return
    this.opening = this.account
    this.openingValueMinor = this.valueMinor()
  }

  /** @param replayed the fill came before the positions told at logon, which include it */
  onFill(fill: Message<'filled'>, replayed: boolean): void {
    this.fills += 1
    this.filledLots += fill.quantityLots
    if (replayed) return
    const signedLots = fill.side === 'buy' ? fill.quantityLots : -fill.quantityLots
    const { positionLots, cashMinor, feesMinor } = this.account
    this.account = {
      positionLots: positionLots + signedLots,
      cashMinor: cashMinor - signedLots * fill.priceTicks * this.instrument.tickValueMinor - fill.feeMinor,
      feesMinor: feesMinor + fill.feeMinor,
    }
  }

  /** Marks the position at this price in ticks, halves allowed. */
  mark(priceTicks: number): void {
    this.markTicks = priceTicks
  }

  /** Cash plus position at the mark, since the bot began; rounded to whole minor units. */
  get pnlMinor(): number {
    return this.opening === undefined ? 0 : Math.round(this.valueMinor() - this.openingValueMinor)
  }

  report(openOrders: number): PositionReport {
    const opening = this.opening ?? this.account
    return {
      symbol: this.instrument.symbol,
      opening,
      current: this.account,
      pnlMinor: this.pnlMinor,
      feesMinor: this.account.feesMinor - opening.feesMinor,
      openOrders,
    }
  }

  private valueMinor(): number {
    const { positionLots, cashMinor } = this.account
    return cashMinor + positionLots * this.markTicks * this.instrument.tickValueMinor
  }
}

/** What a fill does to an account, and what it costs. */
import type { Side } from '../../protocol/messages.ts'

/** Always: cash = realised − fees − cost. */
export interface Ledger {
  positionLots: number
  cashMinor: number
  feesMinor: number
  /** What the open position was bought for; negative when short. */
  costMinor: number
  realisedMinor: number
}

export interface Fill {
  readonly side: Side
  readonly quantityLots: number
  /** Value of one lot. */
  readonly priceMinor: number
  readonly feeMinor: number
}

export function bookFill(ledger: Ledger, { side, quantityLots, priceMinor, feeMinor }: Fill): void {
  const sign = side === 'buy' ? 1 : -1
  const oldLots = ledger.positionLots
  const isReducing = oldLots !== 0 && Math.sign(oldLots) !== sign
  const closedLots = isReducing ? Math.min(quantityLots, Math.abs(oldLots)) : 0
  const openedLots = quantityLots - closedLots

  ledger.positionLots += sign * quantityLots
  ledger.cashMinor -= sign * quantityLots * priceMinor + feeMinor
  ledger.feesMinor += feeMinor
  if (closedLots > 0) {
    const closedCostMinor = shareOf(Math.abs(ledger.costMinor), closedLots, Math.abs(oldLots))
    ledger.costMinor += sign * closedCostMinor
    ledger.realisedMinor -= sign * (closedLots * priceMinor - closedCostMinor)
  }
  ledger.costMinor += sign * openedLots * priceMinor
}

/** Rate in millionths, rounded half up, exact. */
export function feeOf(notionalMinor: number, rate: number): number {
  return Number(floorOf(2n * BigInt(notionalMinor) * BigInt(rate) + 1_000_000n, 2_000_000n))
}

function shareOf(costMinor: number, lots: number, ofLots: number): number {
  return Number((BigInt(costMinor) * BigInt(lots)) / BigInt(ofLots))
}

function floorOf(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor
  return dividend % divisor < 0n ? quotient - 1n : quotient
}

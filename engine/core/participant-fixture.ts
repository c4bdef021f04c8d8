/** For tests: the limits of a participant who is hardly bounded. */
import { limits } from '../../protocol/limits.ts'
import type { RiskLimits } from './participants.ts'

export const wideLimits: RiskLimits = {
  maxOrderQuantityLots: limits.maxQuantityLots,
  maxOrderNotionalMinor: limits.maxNotionalMinor,
  maxPositionLots: 1_000_000,
  maxOpenOrders: 1_000,
  maxGrossExposureMinor: 0,
  maxDailyLossMinor: 0,
  maxMessagesPerSecond: 0,
  maxPriceDistanceBasisPoints: 0,
  maxDuplicateOrders: 0,
  duplicateWindowMs: 0,
}

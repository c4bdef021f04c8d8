/** Bounds that every check has to compute and that no flow reaches. */
export const highLimits = {
  maxOrderQuantityLots: 10_000_000,
  maxOrderNotionalMinor: 2 ** 46,
  maxPositionLots: 1_000_000_000,
  maxOpenOrders: 10_000_000,
  maxGrossExposureMinor: 2 ** 52,
  maxDailyLossMinor: 2 ** 52,
  maxMessagesPerSecond: 10_000_000,
  maxPriceDistanceBasisPoints: 5_000,
  maxDuplicateOrders: 1_000,
  duplicateWindowMs: 1,
} as const

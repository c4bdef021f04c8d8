/**
 * What an instrument is worth to a market maker that has no view of its own: a slow average of what the others' prices
 * say, pulled gently towards the instrument's reference price.
 *
 * Slow, because makers that follow each other's quotes at once would chase each other; pulled, because makers that only
 * follow each other would drift anywhere without anything holding them.
 */

/** Time in which the average covers half of the way to what is observed. */
const observationHalfLifeMs = 5_000
/** Time in which the pull halves the distance to the reference price. */
const referenceHalfLifeMs = 300_000

export interface PriceObservation {
  /** Best prices of the others, 0 where there are none. */
  readonly bestBidTicks: number
  readonly bestAskTicks: number
  /** Price of the last trade, 0 before the first. */
  readonly lastTradePriceTicks: number
}

export class FairPrice {
  private readonly referencePriceTicks: number
  private anchorTicks: number
  private lastMs: number | undefined

  constructor(referencePriceTicks: number) {
    this.referencePriceTicks = referencePriceTicks
    this.anchorTicks = referencePriceTicks
  }

  /**
   * The fair price in ticks, fractions included, at this time. Observes the middle of the others' book, else the last
   * trade, else nothing. The first observation counts in full.
   */
  observe(observation: PriceObservation, nowMs: number): number {
    const observedTicks = observedPriceTicks(observation)
    if (this.lastMs === undefined) {
      this.anchorTicks = observedTicks ?? this.referencePriceTicks
    } else {
      const elapsedMs = nowMs - this.lastMs
      if (observedTicks !== undefined) this.approach(observedTicks, elapsedMs / observationHalfLifeMs)
      this.approach(this.referencePriceTicks, elapsedMs / referenceHalfLifeMs)
    }
    this.lastMs = nowMs
    return this.anchorTicks
  }

  private approach(targetTicks: number, halfLives: number): void {
    this.anchorTicks += (targetTicks - this.anchorTicks) * (1 - 2 ** -halfLives)
  }
}

function observedPriceTicks({ bestBidTicks, bestAskTicks, lastTradePriceTicks }: PriceObservation): number | undefined {
  if (bestBidTicks > 0 && bestAskTicks > 0) return (bestBidTicks + bestAskTicks) / 2
  return lastTradePriceTicks > 0 ? lastTradePriceTicks : undefined
}

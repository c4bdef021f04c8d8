/** From the numbers of a recording to an instrument's ticks and lots, exactly: a number between two steps is refused. */

/** LOBSTER states prices in dollars × 10,000. */
const priceDecimals = 4

export class InstrumentGrid {
  private readonly tick: Step
  private readonly lot: Step

  /**
   * @param tickSize, lotSize decimal text, as in the instrument's definition
   * @throws Error if one of them is not a decimal above zero
   */
  constructor(tickSize: string, lotSize: string) {
    this.tick = stepOf(tickSize, priceDecimals)
    this.lot = stepOf(lotSize, 0)
  }

  /** A recorded price (dollars × 10,000) in ticks; undefined if it is not a whole number of them above zero. */
  priceTicks(price: number): number | undefined {
    return wholeSteps(price, this.tick)
  }

  /** A recorded size (shares) in lots; undefined if it is not a whole number of them above zero. */
  quantityLots(size: number): number | undefined {
    return wholeSteps(size, this.lot)
  }
}

/** n recorded units are n × numerator / denominator steps. */
interface Step {
  readonly numerator: number
  readonly denominator: number
}

function stepOf(decimal: string, recordedDecimals: number): Step {
  const parts = /^(\d+)(?:\.(\d+))?$/.exec(decimal)
  const fraction = parts?.[2] ?? ''
  const digits = Number(`${parts?.[1]}${fraction}`)
  if (parts === null || digits === 0) throw new Error(`${JSON.stringify(decimal)} is not a step above zero`)
  return { numerator: 10 ** fraction.length, denominator: digits * 10 ** recordedDecimals }
}

function wholeSteps(units: number, step: Step): number | undefined {
  const product = units * step.numerator
  return units > 0 && product % step.denominator === 0 ? product / step.denominator : undefined
}

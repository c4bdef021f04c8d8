/** Money in whole minor units. All of it exact: no result depends on how a floating-point number was rounded. */

/** Fee rates are in hundredths of a basis point. */
const RATE_UNIT = 1_000_000

/**
 * Fee of a trade in minor units, rounded half up: floor(notional × rate / 10^6 + 1/2).
 *
 * @param notionalMinor value of the trade, 0 … 2^46
 * @param rate hundredths of a basis point, |rate| ≤ 10^6; negative for a rebate
 */
export function feeMinor(notionalMinor: number, rate: number): number {
  // notional × rate may not fit in 53 bits; split so that every intermediate value does.
  const whole = Math.floor(notionalMinor / RATE_UNIT)
  const rest = notionalMinor - whole * RATE_UNIT
  return whole * rate + Math.floor((rest * rate + RATE_UNIT / 2) / RATE_UNIT)
}

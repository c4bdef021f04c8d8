/** Money in whole minor units. All of it exact: no result depends on how a floating-point number was rounded. */

/** Fee rates are in hundredths of a basis point. */
const RATE_UNIT = 1_000_000
const MAX_SAFE = Number.MAX_SAFE_INTEGER

/**
 * Fee of a trade in minor units, rounded half up: floor(notional × rate / 10^6 + 1/2).
 *
 * @param notionalMinor value of the trade, 0 … 2^53 - 1
 * @param rate hundredths of a basis point, |rate| ≤ 10^6; negative for a rebate
 */
export function feeMinor(notionalMinor: number, rate: number): number {
  // The quotient of a safe integer by 10^6 is never rounded up to the next integer, so its floor is exact.
  const product = notionalMinor * rate + RATE_UNIT / 2
  if (Math.abs(product) <= MAX_SAFE) return Math.floor(product / RATE_UNIT)
  // Split so that every intermediate value fits in 53 bits.
  const whole = Math.floor(notionalMinor / RATE_UNIT)
  const rest = notionalMinor - whole * RATE_UNIT
  return whole * rate + Math.floor((rest * rate + RATE_UNIT / 2) / RATE_UNIT)
}

/** floor(a × b / divisor) of safe integers a, b ≥ 0 and divisor > 0 whose result is a safe integer. */
export function multiplyDivide(a: number, b: number, divisor: number): number {
  const product = a * b
  // A quotient of two safe integers is never rounded up to an integer: the next one is at least 1 / divisor away.
  if (product <= MAX_SAFE) return Math.floor(product / divisor)
  return Number((BigInt(a) * BigInt(b)) / BigInt(divisor))
}

/** Decimal numbers as text, exactly: prices and sizes of the configuration, which the engine counts in whole ticks and lots. */

export interface Decimal {
  /** The number times ten to the power of `scale`. */
  readonly digits: bigint
  readonly scale: number
}

const pattern = /^(\d{1,15})(?:\.(\d{1,9}))?$/

/** Reads a plain number of at least 0 with up to 15 digits before and 9 behind the point; undefined for anything else. */
export function parseDecimal(text: string): Decimal | undefined {
  const match = pattern.exec(text)
  if (match === null) return undefined
  const [, whole, fraction = ''] = match
  return { digits: BigInt(whole + fraction), scale: fraction.length }
}

/** How often `unit` fits into `value`, if that is a whole number. */
export function countOf(value: Decimal, unit: Decimal): number | undefined {
  const dividend = value.digits * 10n ** BigInt(unit.scale)
  const divisor = unit.digits * 10n ** BigInt(value.scale)
  return divisor > 0n && dividend % divisor === 0n ? Number(dividend / divisor) : undefined
}

export function multiply(left: Decimal, right: Decimal): Decimal {
  return { digits: left.digits * right.digits, scale: left.scale + right.scale }
}

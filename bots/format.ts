/**
 * Numbers as people read them: prices in the instrument's own decimals, money in its currency, rates and durations in
 * few characters. The wire's integers stay exact until here; nothing may compute with what these return.
 */

/** Shown where there is nothing to show. */
export const nothing = '–'

/** A decimal such as '0.05' as an integer and the number of its decimals: 5 and 2. */
function parseDecimal(decimal: string): { units: bigint; decimals: number } {
  const [whole, fraction = ''] = decimal.split('.')
  return { units: BigInt(whole + fraction), decimals: fraction.length }
}

function withPoint(units: bigint, decimals: number): string {
  const digits = (units < 0n ? -units : units).toString().padStart(decimals + 1, '0')
  const whole = digits.slice(0, digits.length - decimals).replace(/\B(?=(\d{3})+$)/g, ',')
  const sign = units < 0n ? '-' : ''
  return decimals === 0 ? sign + whole : `${sign}${whole}.${digits.slice(-decimals)}`
}

/** `count` times the step: a price from ticks and tick size, a quantity from lots and lot size. Exact. */
export function formatSteps(count: number, step: string): string {
  const { units, decimals } = parseDecimal(step)
  return withPoint(BigInt(count) * units, decimals)
}

/** The same with a sign in front of gains as well: price changes. */
export function formatSignedSteps(count: number, step: string): string {
  return count > 0 ? `+${formatSteps(count, step)}` : formatSteps(count, step)
}

/** A whole number with its thousands set off: 12,345. Exact. */
export function formatCount(count: number): string {
  return withPoint(BigInt(count), 0)
}

/** Money from minor units. Exact. */
export function formatMoney(minor: number, currencyDecimals: number): string {
  return withPoint(BigInt(minor), currencyDecimals)
}

/** A count in at most five characters and its sign: 999, 12.3k, 4.56M. */
export function formatCompact(count: number): string {
  const magnitude = Math.abs(count)
  if (magnitude < 10_000) return Math.round(count).toString()
  for (const [unit, name] of [
    [1e3, 'k'],
    [1e6, 'M'],
    [1e9, 'G'],
    [1e12, 'T'],
  ] as const) {
    const scaled = magnitude / unit
    if (scaled < 999.5 || name === 'T') {
      const decimals = scaled < 9.995 ? 2 : scaled < 99.95 ? 1 : 0
      return `${count < 0 ? '-' : ''}${scaled.toFixed(decimals)}${name}`
    }
  }
  return nothing
}

/** A measured number such as a rate: one decimal while it is small. */
export function formatMeasure(value: number): string {
  return value < 99.95 ? value.toFixed(1) : formatCompact(value)
}

/** A duration given in microseconds, in the unit that suits it. */
export function formatMicroseconds(microseconds: number): string {
  if (microseconds < 999.5) return `${Math.round(microseconds)} µs`
  if (microseconds < 999_500) return `${threeDigits(microseconds / 1e3)} ms`
  return `${threeDigits(microseconds / 1e6)} s`
}

function threeDigits(value: number): string {
  return value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0)
}

/** A share of the whole: 1 of 8 as 12.5%. */
export function formatShare(part: number, whole: number, decimals = 1): string {
  return whole === 0 ? nothing : `${((100 * part) / whole).toFixed(decimals)}%`
}

/** Hours, minutes and seconds: 0:05, 12:34, 1:02:03. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const two = (value: number) => value.toString().padStart(2, '0')
  const hours = Math.floor(whole / 3600)
  const minutes = Math.floor(whole / 60) % 60
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`
}

const bars = '▁▂▃▄▅▆▇█'

/** The last `width` values as bars between their lowest and highest; empty on the left while there are fewer. */
export function sparkline(values: readonly number[], width: number): string {
  const shown = values.slice(-width)
  const lowest = Math.min(...shown)
  const range = Math.max(...shown) - lowest
  const bar = (value: number) => bars[range === 0 ? 3 : Math.round(((value - lowest) / range) * (bars.length - 1))]
  return shown.map(bar).join('').padStart(width)
}

/** Prices, quantities and money of one instrument, from what the wire says to what people read. */
import type { Row } from '../../protocol/messages.ts'
import { formatMoney, formatSteps, nothing } from '../format.ts'

/** The units that a field is counted in, by the end of its name. */
const units = /(?:PriceTicks|priceTicks|Lots|Minor|TimeUs)$/

/** A value by the name of its field, and the name without its unit. Without the instrument numbers stay what they are. */
export function describeField(name: string, value: unknown, instrument: Row<'instrument'> | undefined): string {
  const [unit] = units.exec(name) ?? []
  if (unit === 'TimeUs') return `${name.slice(0, -2)} ${formatTime(value as number)}`
  if (unit === undefined || instrument === undefined) return `${name} ${value}`
  const number = value as number
  if (unit === 'Lots') return `${name.slice(0, -4)} ${formatSteps(number, instrument.lotSize)}`
  if (unit === 'Minor') return `${name.slice(0, -5)} ${moneyOf(number, instrument)} ${instrument.currency}`
  return `${name.slice(0, -5)} ${formatSteps(number, instrument.tickSize)}`
}

export function moneyOf(minor: number, { currencyDecimals }: Row<'instrument'>): string {
  return formatMoney(minor, currencyDecimals)
}

/** A price, nothing for 0. */
export function priceOf(ticks: number, { tickSize }: Row<'instrument'>): string {
  return ticks === 0 ? nothing : formatSteps(ticks, tickSize)
}

/** What the lots of a position were bought or sold for each, to a hundredth of a tick. */
export function averagePriceOf({ positionLots, costMinor }: Row<'position'>, instrument: Row<'instrument'>): string {
  if (positionLots === 0) return nothing
  const ticks = costMinor / positionLots / instrument.tickValueMinor
  const decimals = (instrument.tickSize.split('.')[1]?.length ?? 0) + 2
  return (ticks * Number(instrument.tickSize)).toFixed(decimals)
}

/** Engine time, to the microsecond. */
export function formatTime(timeUs: number): string {
  const micros = (timeUs % 1_000_000).toString().padStart(6, '0')
  return `${new Date(Math.floor(timeUs / 1000)).toISOString().slice(0, 19)}.${micros}Z`
}

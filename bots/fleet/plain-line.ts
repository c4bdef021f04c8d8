/** One line a second where there is no terminal: the key figures, in words that a person or a script can read. */
import { formatDuration, formatMeasure, formatMicroseconds, formatSteps, nothing } from '../format.ts'
import type { FleetView, InstrumentView } from './fleet-view.ts'

export function plainLine(view: FleetView): string {
  const live = view.bots.filter(({ health }) => health === 'well').length
  const ack = view.recentAck
  return [
    formatDuration(view.runningSeconds),
    ...(view.engine.connected ? [] : ['NOT CONNECTED']),
    ...view.instruments.map(instrumentPart),
    `ack p50 ${ack === undefined ? nothing : formatMicroseconds(ack.p50Us)} p99 ${ack === undefined ? nothing : formatMicroseconds(ack.p99Us)}`,
    `bots ${live}/${view.bots.length}`,
  ].join(' | ')
}

function instrumentPart(instrument: InstrumentView): string {
  const { symbol, phase, tickSize } = instrument
  const price = (ticks: number, present: boolean) => (present ? formatSteps(ticks, tickSize) : nothing)
  return [
    symbol,
    ...(phase === 'continuous' ? [] : [phase.toUpperCase()]),
    `${price(instrument.bidPriceTicks, instrument.bidQuantityLots > 0)}/${price(instrument.askPriceTicks, instrument.askQuantityLots > 0)}`,
    `last ${price(instrument.lastPriceTicks, instrument.lastPriceTicks > 0)}`,
    `${formatMeasure(instrument.tradesPerSecond)} trades/s`,
    `${formatMeasure(instrument.ordersPerSecond)} orders/s`,
  ].join(' ')
}

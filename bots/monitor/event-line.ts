/** Events of a drop copy, one line each. */
import type { SessionEvent } from '../../protocol/client/index.ts'
import { messages, type Row } from '../../protocol/messages.ts'
import { describeField, formatTime } from './instrument-units.ts'

/** Said at the beginning of the line, or of no use to people. */
const omitted = new Set(['eventNumber', 'sequence', 'engineTimeUs'])

export class EventLines {
  private readonly instruments = new Map<number, Row<'instrument'>>()
  /** The instrument of each open order that was heard of, by the order's id: some events don't name it. */
  private readonly instrumentOfOrder = new Map<number, number>()

  constructor(instruments: readonly Row<'instrument'>[]) {
    for (const instrument of instruments) this.instruments.set(instrument.instrument, instrument)
  }

  /** Orders that are open before the first event. */
  know(orders: readonly Row<'openOrder'>[]): void {
    for (const { orderId, instrument } of orders) this.instrumentOfOrder.set(orderId, instrument)
  }

  line(session: string, event: SessionEvent): string {
    const instrument = this.instruments.get(this.follow(event))
    const values = event as unknown as Record<string, unknown>
    const fields: string[] = []
    for (const field of messages[event.type].fields) {
      const { name } = field
      if (omitted.has(name) || ('default' in field && values[name] === field.default)) continue
      if (name === 'instrument' && instrument !== undefined) fields.push(`instrument ${instrument.symbol}`)
      else fields.push(describeField(name, values[name], instrument))
    }
    const { eventNumber, engineTimeUs, type } = event
    return `${formatTime(engineTimeUs)}  ${session} ${eventNumber}  ${type}: ${fields.join(', ')}`
  }

  /** Notes which orders there are. Returns the number of the event's instrument, 0 if it is not known. */
  private follow(event: SessionEvent): number {
    const known = this.instrumentOfOrder
    switch (event.type) {
      case 'accepted':
        known.set(event.orderId, event.instrument)
        return event.instrument
      case 'quoteAccepted':
        known.set(event.bidOrderId, event.instrument)
        known.set(event.askOrderId, event.instrument)
        return event.instrument
      case 'filled':
        if (event.leavesLots === 0) known.delete(event.orderId)
        return event.instrument
      case 'cancelled':
      case 'expired': {
        const instrument = known.get(event.orderId) ?? 0
        known.delete(event.orderId)
        return instrument
      }
      case 'replaced':
      case 'triggered':
      case 'reduced':
        return known.get(event.orderId) ?? 0
      case 'quoteRejected':
        return event.instrument
      default:
        return 0
    }
  }
}

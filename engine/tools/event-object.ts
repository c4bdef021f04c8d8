/** What a command caused, as objects with names: the form that an audit trail has it in. */
import { decodeMessagePack } from '../../protocol/codec.ts'
import { maxEventBytes } from '../../protocol/event-codec.ts'
import { enumerations } from '../../protocol/messages.ts'
import { WireWriter } from '../../protocol/wire.ts'
import { type EventBuffer, eventLayout, eventType, eventWidth, isPublicEvent } from '../core/index.ts'
import { encodeEventRecord } from '../gateway/event-record.ts'
import type { Names } from './names.ts'

export type EventObject = { readonly type: string } & Record<string, unknown>

const { DETAIL_1, DETAIL_3, INSTRUMENT, PRICE_TICKS, QUANTITY_LOTS, REF, SESSION, SIDE, TYPE } = eventLayout
const sideNames = namesByValue(enumerations.side)
const phaseNames = namesByValue(enumerations.phase)

export class EventObjects {
  private readonly names: Names
  private readonly withLevels: boolean
  private readonly writer = new WireWriter(maxEventBytes)

  /** @param withLevels whether changed price levels are told too */
  constructor(names: Names, withLevels: boolean) {
    this.names = names
    this.withLevels = withLevels
  }

  /** Every event of a buffer, in order. */
  of({ data, length }: EventBuffer): EventObject[] {
    const objects: EventObject[] = []
    for (let base = 0; base < length; base += eventWidth(data[base + TYPE])) {
      const type = data[base + TYPE]
      if (type === eventType.levelChanged && !this.withLevels) continue
      objects.push(isPublicEvent(type) ? this.publicEvent(data, base) : this.privateEvent(data, base))
    }
    return objects
  }

  private privateEvent(data: Float64Array, base: number): EventObject {
    const to = this.names.session(data[base + SESSION])
    if (data[base + TYPE] === eventType.duplicateRef) {
      return { type: 'duplicateRef', ...to, ref: data[base + REF], lastRef: data[base + DETAIL_3] }
    }
    const { writer } = this
    writer.position = 0
    encodeEventRecord(writer, data, base)
    // Sequence and time are the command's.
    const { type, sequence, engineTimeUs, ...fields } = decodeMessagePack(
      writer.bytes.subarray(0, writer.position),
    ) as EventObject
    const symbol = this.names.symbol(data[base + INSTRUMENT])
    return { type, ...to, ...(symbol === undefined ? {} : { symbol }), ...fields }
  }

  private publicEvent(data: Float64Array, base: number): EventObject {
    const instrument = data[base + INSTRUMENT]
    const about = { symbol: this.names.symbol(instrument), instrument }
    const detail = data[base + DETAIL_1]
    const side = sideNames.get(data[base + SIDE])
    const price = { priceTicks: data[base + PRICE_TICKS], quantityLots: data[base + QUANTITY_LOTS] }
    switch (data[base + TYPE]) {
      case eventType.traded:
        return { type: 'traded', ...about, tradeId: detail, aggressorSide: side, ...price }
      case eventType.phaseChanged:
        return { type: 'phaseChanged', ...about, phase: phaseNames.get(detail) }
      case eventType.levelChanged:
        return { type: 'levelChanged', ...about, side, ...price, orderCount: detail }
      default:
        throw new Error(`event type ${data[base + TYPE]} is not known`)
    }
  }
}

function namesByValue(values: Readonly<Record<string, number>>): ReadonlyMap<number, string> {
  return new Map(Object.entries(values).map(([name, value]) => [value, name]))
}

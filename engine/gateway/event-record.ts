/** A private event of the exchange, as it stands in an event buffer, to its message. */
import {
  encodeAccepted,
  encodeCancelled,
  encodeFilled,
  encodeMassCancelled,
  encodeRejected,
  encodeReplaced,
} from '../../protocol/event-codec.ts'
import type { WireWriter } from '../../protocol/wire.ts'
import { eventLayout, eventType } from '../core/index.ts'

const {
  DETAIL_1,
  DETAIL_2,
  DETAIL_3,
  EVENT_NUMBER,
  INSTRUMENT,
  LEAVES_LOTS,
  ORDER_ID,
  ORDER_REF,
  PRICE_TICKS,
  QUANTITY_LOTS,
  REF,
  SEQUENCE,
  SIDE,
  TIME_US,
  TYPE,
} = eventLayout
const { accepted, cancelled, filled, massCancelled, rejected, replaced } = eventType

/** Writes the message of the numbered event at `base`; the writer must have room (`maxEventBytes`). */
export function encodeEventRecord(writer: WireWriter, data: Float64Array, base: number): void {
  const event = data[base + EVENT_NUMBER]
  const sequence = data[base + SEQUENCE]
  const timeUs = data[base + TIME_US]
  const ref = data[base + REF]
  const orderRef = data[base + ORDER_REF]
  const orderId = data[base + ORDER_ID]
  const instrument = data[base + INSTRUMENT]
  const side = data[base + SIDE]
  const price = data[base + PRICE_TICKS]
  const quantity = data[base + QUANTITY_LOTS]
  const leaves = data[base + LEAVES_LOTS]
  const detail1 = data[base + DETAIL_1]
  const detail2 = data[base + DETAIL_2]
  const detail3 = data[base + DETAIL_3]
  switch (data[base + TYPE]) {
    case accepted:
      encodeAccepted(writer, event, sequence, timeUs, ref, orderId, instrument, side, detail1, detail2, quantity, price)
      break
    case rejected:
      encodeRejected(writer, event, sequence, timeUs, ref, detail1, detail2, detail3)
      break
    case filled:
      encodeFilled(
        writer,
        event,
        sequence,
        timeUs,
        orderRef,
        orderId,
        detail2,
        instrument,
        side,
        price,
        quantity,
        leaves,
        detail1,
        detail3,
      )
      break
    case cancelled:
      encodeCancelled(writer, event, sequence, timeUs, ref, orderRef, orderId, quantity, detail1)
      break
    case replaced:
      encodeReplaced(writer, event, sequence, timeUs, ref, orderRef, orderId, quantity, price, leaves, detail1 === 1)
      break
    case massCancelled:
      encodeMassCancelled(writer, event, sequence, timeUs, ref, detail1)
      break
    default:
      throw new Error(`event type ${data[base + TYPE]} is not one of a session`)
  }
}

/** A private event of the exchange, as it stands in an event buffer, to its message. */
import {
  encodeAccepted,
  encodeCancelled,
  encodeCarriedOut,
  encodeExpired,
  encodeFilled,
  encodeMassCancelled,
  encodeMassQuoted,
  encodeProtectionTriggered,
  encodeQuoteAccepted,
  encodeQuoteRejected,
  encodeReduced,
  encodeRejected,
  encodeReplaced,
  encodeTriggered,
} from '../../protocol/event-codec.ts'
import type { WireWriter } from '../../protocol/wire.ts'
import { eventLayout, eventType } from '../core/index.ts'

const {
  DETAIL_1,
  DETAIL_2,
  DETAIL_3,
  DISPLAY_LOTS,
  EVENT_NUMBER,
  EXPIRE_TIME_US,
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

const {
  accepted,
  cancelled,
  carriedOut,
  expired,
  filled,
  massCancelled,
  massQuoted,
  protectionTriggered,
  quoteAccepted,
  quoteRejected,
  reduced,
  rejected,
  replaced,
  triggered,
} = eventType

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
      encodeAccepted(
        writer,
        event,
        sequence,
        timeUs,
        ref,
        orderId,
        instrument,
        side,
        detail1,
        detail2,
        quantity,
        price,
        detail3,
        data[base + DISPLAY_LOTS],
        data[base + EXPIRE_TIME_US],
      )
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
      encodeReplaced(
        writer,
        event,
        sequence,
        timeUs,
        ref,
        orderRef,
        orderId,
        quantity,
        price,
        leaves,
        detail1 === 1,
        detail2,
      )
      break
    case massCancelled:
      encodeMassCancelled(writer, event, sequence, timeUs, ref, detail1)
      break
    default:
      encodeRarerRecord(writer, data, base)
  }
}

/** The events that are not part of an ordinary order's life. */
function encodeRarerRecord(writer: WireWriter, data: Float64Array, base: number): void {
  const event = data[base + EVENT_NUMBER]
  const sequence = data[base + SEQUENCE]
  const timeUs = data[base + TIME_US]
  const ref = data[base + REF]
  const orderRef = data[base + ORDER_REF]
  const orderId = data[base + ORDER_ID]
  const instrument = data[base + INSTRUMENT]
  const price = data[base + PRICE_TICKS]
  const quantity = data[base + QUANTITY_LOTS]
  const detail1 = data[base + DETAIL_1]
  const detail2 = data[base + DETAIL_2]
  const detail3 = data[base + DETAIL_3]
  switch (data[base + TYPE]) {
    case triggered:
      encodeTriggered(writer, event, sequence, timeUs, orderRef, orderId, price)
      break
    case expired:
      encodeExpired(writer, event, sequence, timeUs, orderRef, orderId, quantity)
      break
    case reduced:
      encodeReduced(writer, event, sequence, timeUs, orderRef, orderId, quantity, data[base + LEAVES_LOTS], detail1)
      break
    case quoteAccepted:
      encodeQuoteAccepted(
        writer,
        event,
        sequence,
        timeUs,
        ref,
        instrument,
        orderId,
        price,
        quantity,
        detail1,
        detail2,
        detail3,
      )
      break
    case quoteRejected:
      encodeQuoteRejected(writer, event, sequence, timeUs, ref, instrument, detail1, detail2, detail3)
      break
    case massQuoted:
      encodeMassQuoted(writer, event, sequence, timeUs, ref, detail1, detail2)
      break
    case protectionTriggered:
      encodeProtectionTriggered(writer, event, sequence, timeUs, detail1, detail2)
      break
    case carriedOut:
      encodeCarriedOut(writer, event, sequence, timeUs, ref)
      break
    default:
      throw new Error(`event type ${data[base + TYPE]} is not one of a session`)
  }
}

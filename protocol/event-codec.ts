/**
 * The events of a session from numbers straight to MessagePack: one call per event, arguments in the order of the
 * message table, numbers in their shortest format. The writer must have room (`maxEventBytes`).
 */
import { messages } from './messages.ts'
import type { WireWriter } from './wire.ts'

/** Room that every event fits in: a header, and 9 bytes for each number of the longest. */
export const maxEventBytes = 1 + 14 * 9

function begin(writer: WireWriter, number: number, fields: number, event: number, sequence: number, timeUs: number) {
  writer.array(fields + 1)
  writer.uint(number)
  writer.uint(event)
  writer.uint(sequence)
  writer.uint(timeUs)
}

export function encodeAccepted(
  writer: WireWriter,
  eventNumber: number,
  sequence: number,
  engineTimeUs: number,
  ref: number,
  orderId: number,
  instrument: number,
  side: number,
  orderType: number,
  timeInForce: number,
  quantityLots: number,
  priceTicks: number,
): void {
  begin(writer, messages.accepted.number, 11, eventNumber, sequence, engineTimeUs)
  writer.uint(ref)
  writer.uint(orderId)
  writer.uint(instrument)
  writer.uint(side)
  writer.uint(orderType)
  writer.uint(timeInForce)
  writer.uint(quantityLots)
  writer.uint(priceTicks)
}

export function encodeRejected(
  writer: WireWriter,
  eventNumber: number,
  sequence: number,
  engineTimeUs: number,
  ref: number,
  code: number,
  field: number,
  bound: number,
): void {
  begin(writer, messages.rejected.number, 7, eventNumber, sequence, engineTimeUs)
  writer.uint(ref)
  writer.uint(code)
  writer.uint(field)
  writer.int(bound)
}

export function encodeFilled(
  writer: WireWriter,
  eventNumber: number,
  sequence: number,
  engineTimeUs: number,
  orderRef: number,
  orderId: number,
  tradeId: number,
  instrument: number,
  side: number,
  priceTicks: number,
  quantityLots: number,
  leavesLots: number,
  liquidity: number,
  feeMinor: number,
): void {
  begin(writer, messages.filled.number, 13, eventNumber, sequence, engineTimeUs)
  writer.uint(orderRef)
  writer.uint(orderId)
  writer.uint(tradeId)
  writer.uint(instrument)
  writer.uint(side)
  writer.uint(priceTicks)
  writer.uint(quantityLots)
  writer.uint(leavesLots)
  writer.uint(liquidity)
  writer.int(feeMinor)
}

export function encodeCancelled(
  writer: WireWriter,
  eventNumber: number,
  sequence: number,
  engineTimeUs: number,
  ref: number,
  orderRef: number,
  orderId: number,
  cancelledLots: number,
  reason: number,
): void {
  begin(writer, messages.cancelled.number, 8, eventNumber, sequence, engineTimeUs)
  writer.uint(ref)
  writer.uint(orderRef)
  writer.uint(orderId)
  writer.uint(cancelledLots)
  writer.uint(reason)
}

export function encodeReplaced(
  writer: WireWriter,
  eventNumber: number,
  sequence: number,
  engineTimeUs: number,
  ref: number,
  orderRef: number,
  orderId: number,
  quantityLots: number,
  priceTicks: number,
  leavesLots: number,
  priorityKept: boolean,
): void {
  begin(writer, messages.replaced.number, 10, eventNumber, sequence, engineTimeUs)
  writer.uint(ref)
  writer.uint(orderRef)
  writer.uint(orderId)
  writer.uint(quantityLots)
  writer.uint(priceTicks)
  writer.uint(leavesLots)
  writer.boolean(priorityKept)
}

export function encodeMassCancelled(
  writer: WireWriter,
  eventNumber: number,
  sequence: number,
  engineTimeUs: number,
  ref: number,
  orderCount: number,
): void {
  begin(writer, messages.massCancelled.number, 5, eventNumber, sequence, engineTimeUs)
  writer.uint(ref)
  writer.uint(orderCount)
}

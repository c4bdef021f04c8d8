/**
 * The events of a session from numbers straight to MessagePack: one call per event, arguments in the order of the
 * message table, numbers in their shortest format, defaults at the end left out. The writer must have room
 * (`maxEventBytes`).
 */
import { messages } from './messages.ts'
import type { WireWriter } from './wire.ts'

/** Room that every event fits in: a header, and 9 bytes for each number of the longest. */
export const maxEventBytes = 1 + 15 * 9

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
  stopPriceTicks: number,
  displayQuantityLots: number,
  expireTimeUs: number,
): void {
  const options = expireTimeUs !== 0 ? 3 : displayQuantityLots !== 0 ? 2 : stopPriceTicks !== 0 ? 1 : 0
  begin(writer, messages.accepted.number, 11 + options, eventNumber, sequence, engineTimeUs)
  writer.uint(ref)
  writer.uint(orderId)
  writer.uint(instrument)
  writer.uint(side)
  writer.uint(orderType)
  writer.uint(timeInForce)
  writer.uint(quantityLots)
  writer.uint(priceTicks)
  if (options === 0) return
  writer.uint(stopPriceTicks)
  if (options > 1) writer.uint(displayQuantityLots)
  if (options > 2) writer.uint(expireTimeUs)
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
  stopPriceTicks: number,
): void {
  begin(writer, messages.replaced.number, stopPriceTicks === 0 ? 10 : 11, eventNumber, sequence, engineTimeUs)
  writer.uint(ref)
  writer.uint(orderRef)
  writer.uint(orderId)
  writer.uint(quantityLots)
  writer.uint(priceTicks)
  writer.uint(leavesLots)
  writer.boolean(priorityKept)
  if (stopPriceTicks !== 0) writer.uint(stopPriceTicks)
}

export function encodeTriggered(
  writer: WireWriter,
  eventNumber: number,
  sequence: number,
  engineTimeUs: number,
  orderRef: number,
  orderId: number,
  priceTicks: number,
): void {
  begin(writer, messages.triggered.number, 6, eventNumber, sequence, engineTimeUs)
  writer.uint(orderRef)
  writer.uint(orderId)
  writer.uint(priceTicks)
}

export function encodeExpired(
  writer: WireWriter,
  eventNumber: number,
  sequence: number,
  engineTimeUs: number,
  orderRef: number,
  orderId: number,
  expiredLots: number,
): void {
  begin(writer, messages.expired.number, 6, eventNumber, sequence, engineTimeUs)
  writer.uint(orderRef)
  writer.uint(orderId)
  writer.uint(expiredLots)
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

export function encodeQuoteAccepted(
  writer: WireWriter,
  eventNumber: number,
  sequence: number,
  engineTimeUs: number,
  ref: number,
  instrument: number,
  bidOrderId: number,
  bidPriceTicks: number,
  bidQuantityLots: number,
  askOrderId: number,
  askPriceTicks: number,
  askQuantityLots: number,
): void {
  begin(writer, messages.quoteAccepted.number, 11, eventNumber, sequence, engineTimeUs)
  writer.uint(ref)
  writer.uint(instrument)
  writer.uint(bidOrderId)
  writer.uint(bidPriceTicks)
  writer.uint(bidQuantityLots)
  writer.uint(askOrderId)
  writer.uint(askPriceTicks)
  writer.uint(askQuantityLots)
}

export function encodeQuoteRejected(
  writer: WireWriter,
  eventNumber: number,
  sequence: number,
  engineTimeUs: number,
  ref: number,
  instrument: number,
  code: number,
  field: number,
  bound: number,
): void {
  begin(writer, messages.quoteRejected.number, 8, eventNumber, sequence, engineTimeUs)
  writer.uint(ref)
  writer.uint(instrument)
  writer.uint(code)
  writer.uint(field)
  writer.int(bound)
}

export function encodeMassQuoted(
  writer: WireWriter,
  eventNumber: number,
  sequence: number,
  engineTimeUs: number,
  ref: number,
  acceptedCount: number,
  rejectedCount: number,
): void {
  begin(writer, messages.massQuoted.number, 6, eventNumber, sequence, engineTimeUs)
  writer.uint(ref)
  writer.uint(acceptedCount)
  writer.uint(rejectedCount)
}

export function encodeProtectionTriggered(
  writer: WireWriter,
  eventNumber: number,
  sequence: number,
  engineTimeUs: number,
  group: number,
  thawTimeUs: number,
): void {
  begin(writer, messages.protectionTriggered.number, 5, eventNumber, sequence, engineTimeUs)
  writer.uint(group)
  writer.uint(thawTimeUs)
}

export function encodeCarriedOut(
  writer: WireWriter,
  eventNumber: number,
  sequence: number,
  engineTimeUs: number,
  ref: number,
): void {
  begin(writer, messages.carriedOut.number, 4, eventNumber, sequence, engineTimeUs)
  writer.uint(ref)
}

export function encodeReduced(
  writer: WireWriter,
  eventNumber: number,
  sequence: number,
  engineTimeUs: number,
  orderRef: number,
  orderId: number,
  reducedLots: number,
  leavesLots: number,
  reason: number,
): void {
  begin(writer, messages.reduced.number, 8, eventNumber, sequence, engineTimeUs)
  writer.uint(orderRef)
  writer.uint(orderId)
  writer.uint(reducedLots)
  writer.uint(leavesLots)
  writer.uint(reason)
}

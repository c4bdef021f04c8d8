/**
 * The market-data changes that the engine publishes every turn, from numbers straight to MessagePack, in their
 * shortest format. Lists are written as a header and then row by row.
 */
import { messages } from './messages.ts'
import type { WireWriter } from './wire.ts'

/** Room that everything but the rows of a list fits in. */
const maxHeadBytes = 128
/** Room that one row of a list fits in. */
const maxRowBytes = 64

function begin(
  writer: WireWriter,
  message: { readonly number: number; readonly fields: readonly unknown[] },
  instrument: number,
  previousSequence: number,
  sequence: number,
  engineTimeUs: number,
): void {
  writer.reserve(maxHeadBytes)
  writer.array(message.fields.length + 1)
  writer.uint(message.number)
  writer.uint(instrument)
  writer.uint(previousSequence)
  writer.uint(sequence)
  writer.uint(engineTimeUs)
}

export function encodeTop(
  writer: WireWriter,
  instrument: number,
  previousSequence: number,
  sequence: number,
  engineTimeUs: number,
  bidPriceTicks: number,
  bidQuantityLots: number,
  askPriceTicks: number,
  askQuantityLots: number,
): void {
  begin(writer, messages.top, instrument, previousSequence, sequence, engineTimeUs)
  writer.uint(bidPriceTicks)
  writer.uint(bidQuantityLots)
  writer.uint(askPriceTicks)
  writer.uint(askQuantityLots)
}

export function encodeAuctionIndication(
  writer: WireWriter,
  instrument: number,
  previousSequence: number,
  sequence: number,
  engineTimeUs: number,
  priceTicks: number,
  volumeLots: number,
  imbalanceLots: number,
): void {
  begin(writer, messages.auctionIndication, instrument, previousSequence, sequence, engineTimeUs)
  writer.uint(priceTicks)
  writer.uint(volumeLots)
  writer.int(imbalanceLots)
}

/** Begins a bookUpdate; `changeCount` calls of `encodeLevelChange` must follow. */
export function beginBookUpdate(
  writer: WireWriter,
  instrument: number,
  previousSequence: number,
  sequence: number,
  engineTimeUs: number,
  changeCount: number,
): void {
  begin(writer, messages.bookUpdate, instrument, previousSequence, sequence, engineTimeUs)
  writer.array(changeCount)
}

export function encodeLevelChange(
  writer: WireWriter,
  side: number,
  priceTicks: number,
  quantityLots: number,
  orderCount: number,
): void {
  writer.reserve(maxRowBytes)
  writer.array(4)
  writer.uint(side)
  writer.uint(priceTicks)
  writer.uint(quantityLots)
  writer.uint(orderCount)
}

/** Begins a trades message; `tradeCount` calls of `encodeTrade` must follow. */
export function beginTrades(
  writer: WireWriter,
  instrument: number,
  previousSequence: number,
  sequence: number,
  engineTimeUs: number,
  tradeCount: number,
): void {
  begin(writer, messages.trades, instrument, previousSequence, sequence, engineTimeUs)
  writer.array(tradeCount)
}

export function encodeTrade(
  writer: WireWriter,
  tradeId: number,
  priceTicks: number,
  quantityLots: number,
  aggressorSide: number,
): void {
  writer.reserve(maxRowBytes)
  writer.array(4)
  writer.uint(tradeId)
  writer.uint(priceTicks)
  writer.uint(quantityLots)
  writer.uint(aggressorSide)
}

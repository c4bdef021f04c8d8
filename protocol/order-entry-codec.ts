/**
 * The five order-entry messages between bytes and one flat, reused object of numbers: the path that every order takes,
 * at the engine and at load generators. It decodes exactly what codec.ts decodes; what it declines, codec.ts diagnoses.
 */
import { limits } from './limits.ts'
import { enumerations, type Message, messages } from './messages.ts'
import { WireReader, type WireWriter } from './wire.ts'

/** An order-entry message as numbers. `type` is the message's number; it says which of the others count. */
export interface OrderEntryFields {
  type: number
  ref: number
  instrument: number
  /** A value of `enumerations.side`. */
  side: number
  /** A value of `enumerations.orderType`. */
  orderType: number
  /** A value of `enumerations.timeInForce`. */
  timeInForce: number
  quantityLots: number
  priceTicks: number
  stopPriceTicks: number
  displayQuantityLots: number
  expireTimeUs: number
  /** A value of `enumerations.selfTradePrevention`. */
  selfTradePrevention: number
  /** 1 if it is set, else 0. */
  reduceOnly: number
  orderRef: number
  group: number
  quoteCount: number
  /** `quoteSize` numbers for each quote: the columns of a row. Has room for `limits.maxQuotesPerMessage`. */
  readonly quotes: Float64Array
}

export type OrderEntryName = 'newOrder' | 'cancelOrder' | 'replaceOrder' | 'massCancel' | 'massQuote'

/** Room that every order-entry message but a massQuote fits in, in bytes. */
export const maxOrderEntryBytes = 96

/** Numbers of a quote: instrument, bid price, bid quantity, ask price, ask quantity. */
export const quoteSize = 5
/** Room that a row of a massQuote fits in, in bytes. */
const maxQuoteBytes = 1 + quoteSize * 9

const newOrder = messages.newOrder.number
const cancelOrder = messages.cancelOrder.number
const replaceOrder = messages.replaceOrder.number
const massCancel = messages.massCancel.number
const massQuote = messages.massQuote.number
// The five numbers follow each other; the test of this file holds them to it.

// The enumerations' values are 0 or 1 to the last, without gaps; the test of this file holds them to it.
const lastSide = enumerations.side.sell
const lastOrderType = enumerations.orderType.stopLimit
const lastTimeInForce = enumerations.timeInForce.atClose
const lastSelfTradePrevention = enumerations.selfTradePrevention.decrement
const anySide = enumerations.side.any
const { maxQuotesPerMessage } = limits

// Elements of a newOrder, its number included: without a price, without what follows the price, with all its fields.
const withoutPrice = 7
const withoutStop = 8
const wholeNewOrder = 13

const reader = new WireReader()

/**
 * Decodes the message that begins at `start`, in the form that clients send most.
 * @returns where it ends; -1 if it is another message, or not a valid one: then `into` holds nothing of use
 */
export function decodeOrderEntry(bytes: Uint8Array, start: number, end: number, into: OrderEntryFields): number {
  reader.reset(bytes, start, end)
  const length = reader.array()
  if (length < 2) return -1
  const type = reader.uint()
  if (type < newOrder || type > massQuote) return -1
  into.type = type
  into.ref = reader.uint()
  if (into.ref < 0) return -1
  switch (type) {
    case newOrder:
      return length >= withoutPrice && length <= wholeNewOrder ? decodeNewOrder(length, into) : -1
    case cancelOrder:
      return length === 3 ? decodeCancelOrder(into) : -1
    case replaceOrder:
      return length === 5 || length === 6 ? decodeReplaceOrder(length, into) : -1
    case massCancel:
      return length <= 4 ? decodeMassCancel(length, into) : -1
    default:
      return length === 4 ? decodeMassQuote(into) : -1
  }
}

function decodeNewOrder(length: number, into: OrderEntryFields): number {
  const instrument = reader.uint()
  const side = reader.uint()
  const orderType = reader.uint()
  const timeInForce = reader.uint()
  if (instrument < 0 || side < 0 || side > lastSide) return -1
  if (orderType < 1 || orderType > lastOrderType || timeInForce < 1 || timeInForce > lastTimeInForce) return -1
  into.instrument = instrument
  into.side = side
  into.orderType = orderType
  into.timeInForce = timeInForce
  into.quantityLots = reader.uint()
  into.priceTicks = length < withoutStop || reader.nil() ? 0 : reader.uint()
  if (into.quantityLots < 0 || into.priceTicks < 0) return -1
  if (length > withoutStop) return decodeNewOrderOptions(length, into)
  into.stopPriceTicks = 0
  into.displayQuantityLots = 0
  into.expireTimeUs = 0
  into.selfTradePrevention = 0
  into.reduceOnly = 0
  return reader.position
}

/** What most orders leave out. */
function decodeNewOrderOptions(length: number, into: OrderEntryFields): number {
  into.stopPriceTicks = reader.nil() ? 0 : reader.uint()
  into.displayQuantityLots = length < withoutStop + 2 || reader.nil() ? 0 : reader.uint()
  into.expireTimeUs = length < withoutStop + 3 || reader.nil() ? 0 : reader.uint()
  into.selfTradePrevention = length < withoutStop + 4 || reader.nil() ? 0 : reader.uint()
  into.reduceOnly = length < wholeNewOrder || reader.nil() ? 0 : reader.boolean()
  if (into.stopPriceTicks < 0 || into.displayQuantityLots < 0 || into.expireTimeUs < 0) return -1
  if (into.selfTradePrevention < 0 || into.selfTradePrevention > lastSelfTradePrevention) return -1
  return into.reduceOnly >= 0 ? reader.position : -1
}

function decodeCancelOrder(into: OrderEntryFields): number {
  into.orderRef = reader.uint()
  return into.orderRef >= 0 ? reader.position : -1
}

function decodeReplaceOrder(length: number, into: OrderEntryFields): number {
  into.orderRef = reader.uint()
  into.quantityLots = reader.uint()
  into.priceTicks = reader.uint()
  into.stopPriceTicks = length < 6 || reader.nil() ? 0 : reader.uint()
  if (into.orderRef < 0 || into.quantityLots < 0 || into.priceTicks < 0) return -1
  return into.stopPriceTicks >= 0 ? reader.position : -1
}

function decodeMassCancel(length: number, into: OrderEntryFields): number {
  const instrument = length < 3 || reader.nil() ? 0 : reader.uint()
  const side = length < 4 || reader.nil() ? anySide : reader.uint()
  if (instrument < 0 || side < 0 || side > lastSide) return -1
  into.instrument = instrument
  into.side = side
  return reader.position
}

function decodeMassQuote(into: OrderEntryFields): number {
  into.group = reader.uint()
  const count = reader.array()
  if (into.group < 0 || count < 0 || count > maxQuotesPerMessage) return -1
  into.quoteCount = count
  const { quotes } = into
  for (let base = 0; base < count * quoteSize; base += quoteSize) {
    if (reader.array() !== quoteSize) return -1
    for (let column = 0; column < quoteSize; column++) {
      const value = reader.uint()
      if (value < 0) return -1
      quotes[base + column] = value
    }
  }
  return reader.position
}

/**
 * Writes the message that `from` holds; defaults at its end are left out. The writer must have room
 * (`maxOrderEntryBytes`), but for a massQuote, which makes its own.
 */
export function encodeOrderEntry(writer: WireWriter, from: OrderEntryFields): void {
  switch (from.type) {
    case newOrder:
      encodeNewOrder(writer, from)
      break
    case cancelOrder:
      writer.array(3)
      writer.uint(cancelOrder)
      writer.uint(from.ref)
      writer.uint(from.orderRef)
      break
    case replaceOrder:
      writer.array(from.stopPriceTicks === 0 ? 5 : 6)
      writer.uint(replaceOrder)
      writer.uint(from.ref)
      writer.uint(from.orderRef)
      writer.uint(from.quantityLots)
      writer.uint(from.priceTicks)
      if (from.stopPriceTicks !== 0) writer.uint(from.stopPriceTicks)
      break
    case massCancel:
      encodeMassCancel(writer, from)
      break
    case massQuote:
      encodeMassQuote(writer, from)
      break
    default:
      throw new RangeError(`${from.type} is not the number of an order-entry message`)
  }
}

function encodeNewOrder(writer: WireWriter, from: OrderEntryFields): void {
  const length = newOrderLength(from)
  writer.array(length)
  writer.uint(newOrder)
  writer.uint(from.ref)
  writer.uint(from.instrument)
  writer.uint(from.side)
  writer.uint(from.orderType)
  writer.uint(from.timeInForce)
  writer.uint(from.quantityLots)
  if (length > withoutPrice) writer.uint(from.priceTicks)
  if (length <= withoutStop) return
  writer.uint(from.stopPriceTicks)
  if (length > withoutStop + 1) writer.uint(from.displayQuantityLots)
  if (length > withoutStop + 2) writer.uint(from.expireTimeUs)
  if (length > withoutStop + 3) writer.uint(from.selfTradePrevention)
  if (length === wholeNewOrder) writer.boolean(from.reduceOnly !== 0)
}

function newOrderLength(from: OrderEntryFields): number {
  if (from.reduceOnly !== 0) return wholeNewOrder
  if (from.selfTradePrevention !== 0) return withoutStop + 4
  if (from.expireTimeUs !== 0) return withoutStop + 3
  if (from.displayQuantityLots !== 0) return withoutStop + 2
  if (from.stopPriceTicks !== 0) return withoutStop + 1
  return from.priceTicks === 0 ? withoutPrice : withoutStop
}

function encodeMassCancel(writer: WireWriter, from: OrderEntryFields): void {
  const length = from.side !== anySide ? 4 : from.instrument === 0 ? 2 : 3
  writer.array(length)
  writer.uint(massCancel)
  writer.uint(from.ref)
  if (length > 2) writer.uint(from.instrument)
  if (length > 3) writer.uint(from.side)
}

function encodeMassQuote(writer: WireWriter, from: OrderEntryFields): void {
  const { quoteCount, quotes } = from
  writer.reserve(maxOrderEntryBytes + quoteCount * maxQuoteBytes)
  writer.array(4)
  writer.uint(massQuote)
  writer.uint(from.ref)
  writer.uint(from.group)
  writer.array(quoteCount)
  for (let base = 0; base < quoteCount * quoteSize; base += quoteSize) {
    writer.array(quoteSize)
    for (let column = 0; column < quoteSize; column++) writer.uint(quotes[base + column])
  }
}

/** The numbers of a message that another codec decoded. */
export function flattenOrderEntry(message: Message<OrderEntryName>, into: OrderEntryFields): void {
  into.type = messages[message.type].number
  into.ref = message.ref
  switch (message.type) {
    case 'newOrder':
      flattenNewOrder(message, into)
      break
    case 'cancelOrder':
      into.orderRef = message.orderRef
      break
    case 'replaceOrder':
      into.orderRef = message.orderRef
      into.quantityLots = message.quantityLots
      into.priceTicks = message.priceTicks
      into.stopPriceTicks = message.stopPriceTicks
      break
    case 'massCancel':
      into.instrument = message.instrument
      into.side = enumerations.side[message.side]
      break
    case 'massQuote':
      into.group = message.group
      into.quoteCount = message.quotes.length
      message.quotes.forEach((quote, index) => {
        into.quotes.set(
          [quote.instrument, quote.bidPriceTicks, quote.bidQuantityLots, quote.askPriceTicks, quote.askQuantityLots],
          index * quoteSize,
        )
      })
      break
  }
}

function flattenNewOrder(message: Message<'newOrder'>, into: OrderEntryFields): void {
  into.instrument = message.instrument
  into.side = enumerations.side[message.side]
  into.orderType = enumerations.orderType[message.orderType]
  into.timeInForce = enumerations.timeInForce[message.timeInForce]
  into.quantityLots = message.quantityLots
  into.priceTicks = message.priceTicks
  into.stopPriceTicks = message.stopPriceTicks
  into.displayQuantityLots = message.displayQuantityLots
  into.expireTimeUs = message.expireTimeUs
  into.selfTradePrevention = enumerations.selfTradePrevention[message.selfTradePrevention]
  into.reduceOnly = message.reduceOnly ? 1 : 0
}

/**
 * The four order-entry messages between bytes and one flat, reused object of numbers: the path that every order takes,
 * at the engine and at load generators. It decodes exactly what codec.ts decodes; what it declines, codec.ts diagnoses.
 */
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
  orderRef: number
}

export type OrderEntryName = 'newOrder' | 'cancelOrder' | 'replaceOrder' | 'massCancel'

/** Room that every order-entry message fits in, in bytes. */
export const maxOrderEntryBytes = 64

const newOrder = messages.newOrder.number
const cancelOrder = messages.cancelOrder.number
const replaceOrder = messages.replaceOrder.number
const massCancel = messages.massCancel.number
// The four numbers follow each other; the test of this file holds them to it.

// The enumerations' values are 0 or 1 to the last, without gaps; the test of this file holds them to it.
const lastSide = enumerations.side.sell
const lastOrderType = enumerations.orderType.postOnly
const lastTimeInForce = enumerations.timeInForce.fillOrKill

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
  if (type < newOrder || type > massCancel) return -1
  into.type = type
  into.ref = reader.uint()
  if (into.ref < 0) return -1
  switch (type) {
    case newOrder:
      return length === 8 || length === 7 ? decodeNewOrder(length, into) : -1
    case cancelOrder:
      return length === 3 ? decodeCancelOrder(into) : -1
    case replaceOrder:
      return length === 5 ? decodeReplaceOrder(into) : -1
    default:
      return length <= 4 ? decodeMassCancel(length, into) : -1
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
  into.priceTicks = length < 8 || reader.nil() ? 0 : reader.uint()
  return into.quantityLots >= 0 && into.priceTicks >= 0 ? reader.position : -1
}

function decodeCancelOrder(into: OrderEntryFields): number {
  into.orderRef = reader.uint()
  return into.orderRef >= 0 ? reader.position : -1
}

function decodeReplaceOrder(into: OrderEntryFields): number {
  into.orderRef = reader.uint()
  into.quantityLots = reader.uint()
  into.priceTicks = reader.uint()
  return into.orderRef >= 0 && into.quantityLots >= 0 && into.priceTicks >= 0 ? reader.position : -1
}

function decodeMassCancel(length: number, into: OrderEntryFields): number {
  const instrument = length < 3 || reader.nil() ? 0 : reader.uint()
  const side = length < 4 || reader.nil() ? enumerations.side.any : reader.uint()
  if (instrument < 0 || side < 0 || side > lastSide) return -1
  into.instrument = instrument
  into.side = side
  return reader.position
}

/** Writes the message that `from` holds, every field of it. The writer must have room (`maxOrderEntryBytes`). */
export function encodeOrderEntry(writer: WireWriter, from: OrderEntryFields): void {
  switch (from.type) {
    case newOrder:
      writer.array(8)
      writer.uint(newOrder)
      writer.uint(from.ref)
      writer.uint(from.instrument)
      writer.uint(from.side)
      writer.uint(from.orderType)
      writer.uint(from.timeInForce)
      writer.uint(from.quantityLots)
      writer.uint(from.priceTicks)
      break
    case cancelOrder:
      writer.array(3)
      writer.uint(cancelOrder)
      writer.uint(from.ref)
      writer.uint(from.orderRef)
      break
    case replaceOrder:
      writer.array(5)
      writer.uint(replaceOrder)
      writer.uint(from.ref)
      writer.uint(from.orderRef)
      writer.uint(from.quantityLots)
      writer.uint(from.priceTicks)
      break
    case massCancel:
      writer.array(4)
      writer.uint(massCancel)
      writer.uint(from.ref)
      writer.uint(from.instrument)
      writer.uint(from.side)
      break
    default:
      throw new RangeError(`${from.type} is not the number of an order-entry message`)
  }
}

/** The numbers of a message that another codec decoded. */
export function flattenOrderEntry(message: Message<OrderEntryName>, into: OrderEntryFields): void {
  into.type = messages[message.type].number
  into.ref = message.ref
  switch (message.type) {
    case 'newOrder':
      into.instrument = message.instrument
      into.side = enumerations.side[message.side]
      into.orderType = enumerations.orderType[message.orderType]
      into.timeInForce = enumerations.timeInForce[message.timeInForce]
      into.quantityLots = message.quantityLots
      into.priceTicks = message.priceTicks
      break
    case 'cancelOrder':
      into.orderRef = message.orderRef
      break
    case 'replaceOrder':
      into.orderRef = message.orderRef
      into.quantityLots = message.quantityLots
      into.priceTicks = message.priceTicks
      break
    case 'massCancel':
      into.instrument = message.instrument
      into.side = enumerations.side[message.side]
      break
  }
}

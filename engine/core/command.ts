/**
 * A command as the exchange takes it: one flat, reused object, so that an order passes without an allocation. Which
 * fields count depends on the type; the others keep whatever was there before.
 */

import { limits } from '../../protocol/limits.ts'
import { messages } from '../../protocol/messages.ts'
import { doubleZero } from './double-zero.ts'

export const commandType = {
  newOrder: messages.newOrder.number,
  cancelOrder: messages.cancelOrder.number,
  replaceOrder: messages.replaceOrder.number,
  massCancel: messages.massCancel.number,
  massQuote: messages.massQuote.number,
} as const

/** Columns of a row of `Command.quotes`. */
export const quoteLayout = {
  INSTRUMENT: 0,
  BID_PRICE_TICKS: 1,
  BID_QUANTITY_LOTS: 2,
  ASK_PRICE_TICKS: 3,
  ASK_QUANTITY_LOTS: 4,
  /** Numbers per row. */
  QUOTE_WIDTH: 5,
} as const

export class Command {
  /** Message number from the protocol's table. */
  type = 0
  /** Number of the command in the log, from 1, without gaps. */
  sequence = doubleZero
  /** Engine time of the command, microseconds since the epoch; never goes backwards. */
  timeUs = doubleZero
  /** Number of the session that sent it. */
  session = 0
  /** The client's number of this command. */
  ref = doubleZero
  /** newOrder, massCancel. */
  instrument = doubleZero
  /** newOrder, massCancel: 1 buy, 2 sell (0 both, massCancel only). */
  side = 0
  /** newOrder. */
  orderType = 0
  /** newOrder. */
  timeInForce = 0
  /** newOrder, replaceOrder. */
  quantityLots = doubleZero
  /** newOrder, replaceOrder. */
  priceTicks = doubleZero
  /** newOrder; replaceOrder of a waiting stop, 0: as it is. */
  stopPriceTicks = doubleZero
  /** newOrder: most that the book shows of it, 0: all. */
  displayQuantityLots = doubleZero
  /** newOrder: end of a good-till-date order, else 0. */
  expireTimeUs = doubleZero
  /** newOrder: 0 for the session's default. */
  selfTradePrevention = 0
  /** newOrder: 1 if it may only bring the position nearer to zero, else 0. */
  reduceOnly = 0
  /** cancelOrder, replaceOrder: the ref of the order concerned. */
  orderRef = doubleZero
  /** massQuote. */
  group = doubleZero
  /** massQuote: rows in `quotes`. */
  quoteCount = 0
  /** massQuote: its rows, one after the other, see `quoteLayout`. */
  readonly quotes = new Float64Array(quoteLayout.QUOTE_WIDTH * limits.maxQuotesPerMessage)
}

/**
 * A command as the exchange takes it: one flat, reused object, so that an order passes without an allocation. Which
 * fields count depends on the type; the others keep whatever was there before.
 */

import { messages } from '../../protocol/messages.ts'
import { doubleZero } from './double-zero.ts'

export const commandType = {
  newOrder: messages.newOrder.number,
  cancelOrder: messages.cancelOrder.number,
  replaceOrder: messages.replaceOrder.number,
  massCancel: messages.massCancel.number,
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
  /** cancelOrder, replaceOrder: the ref of the order concerned. */
  orderRef = doubleZero
}

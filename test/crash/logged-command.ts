/** The messages of a log, decoded by the protocol's general codec, and as commands of the exchange. */
import { type Command, commandType, quoteLayout } from '../../engine/core/index.ts'
import { enumerations, type Message } from '../../protocol/messages.ts'
import type { LoggedCommand } from './journal-files.ts'

const { side, orderType, timeInForce, selfTradePrevention } = enumerations
const { ASK_PRICE_TICKS, ASK_QUANTITY_LOTS, BID_PRICE_TICKS, BID_QUANTITY_LOTS, INSTRUMENT, QUOTE_WIDTH } = quoteLayout

type OrderEntry = Message<keyof typeof commandType>

const controls: ReadonlySet<string> = new Set([
  'setProtection',
  'resetProtection',
  'changePhase',
  'changeLimit',
  'blockParticipant',
])

export function isOrderEntry(message: Message): message is OrderEntry {
  return message.type in commandType
}

export function isControl(message: Message): boolean {
  return controls.has(message.type)
}

/** Fills `command`, which is returned. */
export function commandOf(
  message: OrderEntry,
  { sequence, timeUs, session }: LoggedCommand,
  command: Command,
): Command {
  Object.assign(command, { type: commandType[message.type], sequence, timeUs, session, ref: message.ref })
  switch (message.type) {
    case 'newOrder': {
      const { instrument, quantityLots, priceTicks, stopPriceTicks, displayQuantityLots, expireTimeUs } = message
      Object.assign(command, {
        instrument,
        quantityLots,
        priceTicks,
        stopPriceTicks,
        displayQuantityLots,
        expireTimeUs,
      })
      command.side = side[message.side]
      command.orderType = orderType[message.orderType]
      command.timeInForce = timeInForce[message.timeInForce]
      command.selfTradePrevention = selfTradePrevention[message.selfTradePrevention]
      command.reduceOnly = message.reduceOnly ? 1 : 0
      break
    }
    case 'cancelOrder':
      command.orderRef = message.orderRef
      break
    case 'replaceOrder': {
      const { orderRef, quantityLots, priceTicks, stopPriceTicks } = message
      Object.assign(command, { orderRef, quantityLots, priceTicks, stopPriceTicks })
      break
    }
    case 'massCancel':
      command.instrument = message.instrument
      command.side = side[message.side]
      break
    case 'massQuote':
      command.group = message.group
      command.quoteCount = message.quotes.length
      for (const [index, quote] of message.quotes.entries()) {
        const base = index * QUOTE_WIDTH
        command.quotes[base + INSTRUMENT] = quote.instrument
        command.quotes[base + BID_PRICE_TICKS] = quote.bidPriceTicks
        command.quotes[base + BID_QUANTITY_LOTS] = quote.bidQuantityLots
        command.quotes[base + ASK_PRICE_TICKS] = quote.askPriceTicks
        command.quotes[base + ASK_QUANTITY_LOTS] = quote.askQuantityLots
      }
  }
  return command
}

/** What a replay needs of a participant's session to send orders; the client library's session is one. */
import type { NewOrder } from '../../../protocol/client/index.ts'

/** Each method sends one message and returns its ref. */
export interface OrderEntry {
  newOrder(order: NewOrder): number
  cancelOrder(orderRef: number): number
  replaceOrder(orderRef: number, quantityLots: number, priceTicks: number): number
}

/** The replay cannot go on. The message is one line. */
export class ReplayError extends Error {}

export const intruderText = 'someone else trades in this instrument; a replay needs its book to itself'

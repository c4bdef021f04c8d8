/** What a replay needs of a participant's session to send orders; the client library's session is one. */
import type { ClientSession } from '../../../protocol/client/index.ts'

/** Each method sends one message and returns its ref. */
export type OrderEntry = Pick<ClientSession, 'newOrder' | 'cancelOrder' | 'replaceOrder'>

/** The replay cannot go on. The message is one line. */
export class ReplayError extends Error {}

export const intruderText = 'someone else trades in this instrument; a replay needs its book to itself'

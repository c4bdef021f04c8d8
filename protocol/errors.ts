/**
 * Every reject and every reason to close a connection, in one table: number on the wire, name, what it means, and what
 * the client should do. Numbers are never reused.
 *
 * `answer` says how a code reaches the client:
 * - `error`: an unnumbered `error` message. The request had no effect and its `ref` was not used up.
 * - `close`: an `error` message, then the connection is closed with WebSocket code 4000 + number and the name as reason.
 * - `reject`: a numbered `rejected` event of the session. The command is in the log and its `ref` is used up.
 */
export const errors = {
  malformedFrame: {
    number: 1,
    answer: 'close',
    meaning: 'The frame is not a sequence of messages in the negotiated encoding.',
    action: 'Correct the encoder; nothing of the frame from the malformed message on was processed.',
  },
  unknownMessage: {
    number: 2,
    answer: 'error',
    meaning: 'No message that a client may send has this number or name.',
    action: 'Check the message table and the direction of the message.',
  },
  invalidField: {
    number: 3,
    answer: 'error',
    meaning: 'A field is missing, of the wrong type, or outside what its type allows.',
    action: 'Correct the named field and send again.',
  },
  frameTooLarge: {
    number: 4,
    answer: 'close',
    meaning: 'The frame is larger than maxFrameBytes.',
    action: 'Send smaller frames.',
  },
  tooManyMessages: {
    number: 5,
    answer: 'close',
    meaning: 'The frame holds more messages than maxMessagesPerFrame; the first maxMessagesPerFrame were processed.',
    action: 'Send fewer messages per frame.',
  },
  notLoggedOn: {
    number: 6,
    answer: 'error',
    meaning: 'The message needs a session and this connection has none.',
    action: 'Log on first.',
  },
  logonFailed: {
    number: 7,
    answer: 'close',
    meaning: 'Unknown participant or session, or the signature does not verify.',
    action: 'Check the names and the key; the text is the same for every cause.',
  },
  alreadyLoggedOn: {
    number: 8,
    answer: 'error',
    meaning: 'This connection has a session already.',
    action: 'Use a second connection for a second session.',
  },
  logonTimeout: {
    number: 9,
    answer: 'close',
    meaning: 'Neither a logon nor a subscription came within logonTimeoutMs.',
    action: 'Connect again and log on at once.',
  },
  heartbeatTimeout: {
    number: 10,
    answer: 'close',
    meaning: 'No message came within heartbeatIntervalsUntilDead heartbeat intervals.',
    action: 'Send heartbeats; connect again.',
  },
  superseded: {
    number: 11,
    answer: 'close',
    meaning: 'A newer logon took over this session.',
    action: 'Do not reconnect unless the other connection was not meant.',
  },
  slowConsumer: {
    number: 12,
    answer: 'close',
    meaning: 'The connection did not read what was sent to it.',
    action: 'Read faster or subscribe to less; connect again and resume.',
  },
  rateLimited: {
    number: 13,
    answer: 'error',
    meaning: 'The session sent more commands, or the connection more requests, than its rate allows.',
    action: 'Slow down and send again, a command with a new ref; bound is the rate in messages per second.',
  },
  duplicateRef: {
    number: 14,
    answer: 'error',
    meaning:
      'The ref is not above the last one processed, so the message was not applied again; bound is the last ref processed.',
    action: 'After a resend: nothing, the outcome is in the event stream. Otherwise use a higher ref.',
  },
  serviceHalted: {
    number: 15,
    answer: 'error',
    meaning: 'Order entry is stopped because the command log cannot be written.',
    action: 'Wait for the operator; orders are kept.',
  },
  shuttingDown: {
    number: 16,
    answer: 'close',
    meaning: 'The engine is being stopped.',
    action: 'Connect again later and resume.',
  },
  unknownSubscription: {
    number: 17,
    answer: 'error',
    meaning: 'No such instrument to subscribe to.',
    action: 'Ask for the instrument list.',
  },
  tooManyConnections: {
    number: 18,
    answer: 'close',
    meaning: 'The engine holds maxConnections connections.',
    action: 'Close unused connections.',
  },
  internalError: {
    number: 19,
    answer: 'close',
    meaning: 'The engine failed to process the frame.',
    action: 'Connect again and resume; report it.',
  },
  overloaded: {
    number: 20,
    answer: 'error',
    meaning:
      'The disk is slow and too many commands wait for it; bound is maxWaitingCommands, and twice that for what is no new order, replacement or quote.',
    action: 'Wait for answers, then send it with a new ref. A cancel is still taken when a new order is not.',
  },
  keyRevoked: {
    number: 21,
    answer: 'close',
    meaning: 'The key that the session logged on with was removed or replaced.',
    action: 'Do not reconnect with this key; ask the operator.',
  },

  unknownInstrument: {
    number: 64,
    answer: 'reject',
    meaning: 'No instrument has this number.',
    action: 'Ask for the instrument list.',
  },
  invalidSide: {
    number: 65,
    answer: 'reject',
    meaning: 'The side is neither buy nor sell.',
    action: 'Correct the side.',
  },
  invalidOrderType: {
    number: 66,
    answer: 'reject',
    meaning: 'No such order type.',
    action: 'Use limit, market, postOnly, stop or stopLimit.',
  },
  invalidTimeInForce: {
    number: 67,
    answer: 'reject',
    meaning: 'This time in force does not go with the order type.',
    action:
      'Limit: any. Market: immediateOrCancel, fillOrKill, atOpen, atClose. Post-only, stop, stop-limit: goodTillCancel, day, goodTillDate.',
  },
  quantityOutOfRange: {
    number: 68,
    answer: 'reject',
    meaning: 'The quantity is not between one lot and the largest order allowed; bound is that largest order.',
    action: 'Send a quantity within the bound.',
  },
  priceOutOfRange: {
    number: 69,
    answer: 'reject',
    meaning: "The price is not within the instrument's range; bound is the limit that was crossed.",
    action: 'Send a price within the range.',
  },
  priceBand: {
    number: 70,
    answer: 'reject',
    meaning:
      'The price is too far from the reference price (last trade, else in continuous trading the middle of the book, else the defined one); bound is the nearest price allowed.',
    action: 'Send a price within the band.',
  },
  orderNotional: {
    number: 71,
    answer: 'reject',
    meaning: "Price times quantity is above the participant's bound, in minor units.",
    action: 'Send a smaller order.',
  },
  positionLimit: {
    number: 72,
    answer: 'reject',
    meaning:
      "The position could pass the participant's bound if this and all its open orders on that side filled; bound is in lots.",
    action: 'Cancel or reduce on that side first.',
  },
  openOrderLimit: {
    number: 73,
    answer: 'reject',
    meaning: 'The participant has as many open orders as it may have; bound is that number.',
    action: 'Cancel some orders first.',
  },
  postOnlyWouldTrade: {
    number: 74,
    answer: 'reject',
    meaning: 'The post-only order would trade at once; bound is the best opposite price.',
    action: 'Send a less aggressive price.',
  },
  unknownOrder: {
    number: 75,
    answer: 'reject',
    meaning: 'The session has no open order with this ref: never accepted, filled, or cancelled already.',
    action: 'Read the event stream: its outcome is there.',
  },
  participantBlocked: {
    number: 76,
    answer: 'reject',
    meaning: 'An admin has blocked the participant.',
    action: 'Ask the operator.',
  },
  messageRate: {
    number: 77,
    answer: 'reject',
    meaning:
      'The participant sent more new orders, replacements and mass quotes in a second than it may; bound is that number.',
    action: 'Slow down; cancels are not counted.',
  },
  invalidDisplayQuantity: {
    number: 78,
    answer: 'reject',
    meaning:
      'A display quantity is for limit, post-only and stop-limit orders that are goodTillCancel, day or goodTillDate, and at least one part in maxIcebergParts of the quantity; bound is the least one, or the largest quantity of a replacement.',
    action: 'Leave it out, or show more.',
  },
  invalidStopPrice: {
    number: 79,
    answer: 'reject',
    meaning: "A stop or stop-limit order needs a stop price within the instrument's range, and nothing else has one.",
    action: 'Correct the stop price.',
  },
  invalidExpireTime: {
    number: 80,
    answer: 'reject',
    meaning:
      'A goodTillDate order needs an expireTimeUs later than now, and nothing else has one; bound is the engine time.',
    action: 'Correct the expiry time.',
  },
  wrongPhase: {
    number: 81,
    answer: 'reject',
    meaning: "The instrument's trading phase does not take this; bound is the phase's number.",
    action: 'Wait for the phase that does; the status channel tells.',
  },
  priceDistance: {
    number: 82,
    answer: 'reject',
    meaning:
      "The price is further from the reference price than the participant's bound allows; bound is the nearest price allowed.",
    action: 'Send a price that is nearer.',
  },
  duplicateOrders: {
    number: 83,
    answer: 'reject',
    meaning:
      'The participant sent the same order more often in a short time than it may; bound is how often it may be repeated.',
    action: 'Look for a loop in the client.',
  },
  reduceOnly: {
    number: 84,
    answer: 'reject',
    meaning:
      'There is no position left that the order could reduce; or a replacement asks for more of a reduce-only order.',
    action: 'Nothing: the position is flat, or other reduce-only orders cover it. Send a new order for more.',
  },
  grossExposure: {
    number: 85,
    answer: 'reject',
    meaning:
      "The value of all positions could pass the participant's bound if open orders filled; bound is in minor units.",
    action: 'Cancel orders or reduce positions first.',
  },
  dailyLoss: {
    number: 86,
    answer: 'reject',
    meaning: 'The participant lost more today than it may; bound is in minor units.',
    action: 'Only reduce-only orders are taken until the next day.',
  },
  ledgerRange: {
    number: 87,
    answer: 'reject',
    meaning: 'Money or volume could outgrow the numbers that count it exactly.',
    action: 'Send less, or reduce the position first.',
  },
  repeatedQuote: {
    number: 88,
    answer: 'reject',
    meaning: 'The instrument came earlier in the same mass quote.',
    action: 'Name each instrument once.',
  },
  crossedQuote: {
    number: 89,
    answer: 'reject',
    meaning: 'The buy price of the quote is not below its sell price.',
    action: 'Correct the prices.',
  },
  invalidGroup: {
    number: 90,
    answer: 'reject',
    meaning: 'A protection group is a number from 1 to maxProtectionGroup; bound is that number.',
    action: 'Correct the group.',
  },
  groupFrozen: {
    number: 91,
    answer: 'reject',
    meaning:
      'The protection of the group was triggered; bound is the time at which it thaws, 0 if only resetProtection thaws it.',
    action: 'Wait, or send resetProtection.',
  },
  notAuthorized: {
    number: 92,
    answer: 'reject',
    meaning: "The command is an admin's and the participant is none.",
    action: 'Use a session of an admin.',
  },
  unknownParticipant: {
    number: 93,
    answer: 'reject',
    meaning: 'No participant has this name.',
    action: 'Check the name.',
  },
  invalidPhase: {
    number: 94,
    answer: 'reject',
    meaning: 'No such trading phase.',
    action: 'Correct the phase.',
  },
  invalidLimit: {
    number: 95,
    answer: 'reject',
    meaning: 'No such limit, or not a value for it; bound is the largest value.',
    action: 'Correct limit and value.',
  },
} as const

export type ErrorName = keyof typeof errors

/** Error names by their number on the wire. */
export const errorNameOf: readonly (ErrorName | undefined)[] = (() => {
  const names: (ErrorName | undefined)[] = []
  for (const name of Object.keys(errors) as ErrorName[]) names[errors[name].number] = name
  return names
})()

/** The WebSocket close code that goes with an error: 4000 + its number. */
export function closeCodeOf(name: ErrorName): number {
  return 4000 + errors[name].number
}

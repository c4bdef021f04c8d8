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
    action: 'Use limit, market or postOnly.',
  },
  invalidTimeInForce: {
    number: 67,
    answer: 'reject',
    meaning: 'This time in force does not go with the order type.',
    action: 'A market order is immediateOrCancel or fillOrKill; a post-only order is goodTillCancel.',
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
      'The price is too far from the reference price (last trade, else the middle of the book, else the defined one); bound is the nearest price allowed.',
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

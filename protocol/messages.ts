/**
 * Every message, in one table: its number on the wire, who sends it, its fields in order with type and unit. Both
 * encodings, the TypeScript types, the checks on what arrives and the tables in README.md follow from it.
 *
 * In MessagePack a message is an array: the number, then the fields in order. In JSON it is an object: `type`, then the
 * fields by name. Fields are only ever added at the end, with a default; numbers are never reused.
 */
import { errors } from './errors.ts'
import { limits } from './limits.ts'

export const protocolVersion = 1

/** Enumerations: numbers in MessagePack and in the log, names in JSON and in TypeScript. */
export const enumerations = {
  side: { any: 0, buy: 1, sell: 2 },
  orderType: { limit: 1, market: 2, postOnly: 3, stop: 4, stopLimit: 5 },
  timeInForce: {
    goodTillCancel: 1,
    immediateOrCancel: 2,
    fillOrKill: 3,
    day: 4,
    goodTillDate: 5,
    atOpen: 6,
    atClose: 7,
  },
  selfTradePrevention: { sessionDefault: 0, cancelNewest: 1, cancelOldest: 2, cancelBoth: 3, decrement: 4 },
  liquidity: { maker: 1, taker: 2, auction: 3 },
  cancelReason: {
    requested: 1,
    massCancel: 2,
    immediateOrCancel: 3,
    fillOrKill: 4,
    selfTrade: 5,
    disconnected: 6,
    replacedBelowFilled: 7,
    protection: 8,
    killSwitch: 9,
    reduceOnly: 10,
    auctionOver: 11,
    priceBand: 12,
    halted: 13,
    quoteReplaced: 14,
  },
  channel: { top: 1, book: 2, trades: 3, status: 4, auction: 5 },
  phase: { continuous: 1, preOpen: 2, openingAuction: 3, halted: 4, closingAuction: 5, closed: 6 },
  riskLimit: {
    maxOrderQuantityLots: 1,
    maxOrderNotionalMinor: 2,
    maxPositionLots: 3,
    maxOpenOrders: 4,
    maxGrossExposureMinor: 5,
    maxDailyLossMinor: 6,
    maxMessagesPerSecond: 7,
    maxPriceDistanceBasisPoints: 8,
    maxDuplicateOrders: 9,
    duplicateWindowMs: 10,
  },
  noticeCode: { orderEntryHalted: 1, shuttingDown: 2 },
  orderState: { open: 1, notOpen: 2, notProcessed: 3 },
  field: {
    none: 0,
    type: 1,
    ref: 2,
    orderRef: 3,
    instrument: 4,
    side: 5,
    orderType: 6,
    timeInForce: 7,
    quantityLots: 8,
    priceTicks: 9,
    participant: 10,
    session: 11,
    signature: 12,
    cancelOnDisconnect: 13,
    heartbeatIntervalMs: 14,
    nextEvent: 15,
    channel: 16,
    timeUs: 17,
    stopPriceTicks: 18,
    displayQuantityLots: 19,
    expireTimeUs: 20,
    selfTradePrevention: 21,
    reduceOnly: 22,
    group: 23,
    quotes: 24,
    bidPriceTicks: 25,
    bidQuantityLots: 26,
    askPriceTicks: 27,
    askQuantityLots: 28,
    phase: 29,
    limit: 30,
    value: 31,
    blocked: 32,
    intervalMs: 33,
    maxLots: 34,
    maxNotionalMinor: 35,
    maxFills: 36,
    maxNetLots: 37,
    freezeMs: 38,
    sessions: 39,
  },
  errorCode: Object.fromEntries(Object.entries(errors).map(([name, row]) => [name, row.number])) as {
    readonly [Name in keyof typeof errors]: (typeof errors)[Name]['number']
  },
} as const

export type EnumerationName = keyof typeof enumerations
export type Side = 'buy' | 'sell'
export type Channel = keyof typeof enumerations.channel
export type OrderType = keyof typeof enumerations.orderType
export type TimeInForce = keyof typeof enumerations.timeInForce

interface RowColumn {
  readonly name: string
  readonly type: 'uint' | 'int' | 'boolean' | 'string' | EnumerationName
  readonly about: string
  /** Makes the column optional on arrival, if every column after it is. */
  readonly default?: number | boolean | string
}

/** Rows of the list fields: in MessagePack arrays in this order, in JSON objects. */
export const rows = {
  level: [
    { name: 'priceTicks', type: 'uint', about: 'price' },
    { name: 'quantityLots', type: 'uint', about: 'quantity of all its orders' },
    { name: 'orderCount', type: 'uint', about: 'how many orders' },
  ],
  levelChange: [
    { name: 'side', type: 'side', about: 'buy: a bid level, sell: an ask level' },
    { name: 'priceTicks', type: 'uint', about: 'price' },
    { name: 'quantityLots', type: 'uint', about: 'quantity of all its orders now, 0 if the level is gone' },
    { name: 'orderCount', type: 'uint', about: 'how many orders now' },
  ],
  trade: [
    { name: 'tradeId', type: 'uint', about: 'number of the trade within the exchange, from 1' },
    { name: 'priceTicks', type: 'uint', about: "the resting order's price" },
    { name: 'quantityLots', type: 'uint', about: 'quantity' },
    { name: 'aggressorSide', type: 'side', about: 'side of the order that came in' },
  ],
  instrument: [
    { name: 'instrument', type: 'uint', about: 'number, from 1' },
    { name: 'symbol', type: 'string', about: 'name' },
    { name: 'currency', type: 'string', about: 'currency of prices and money' },
    {
      name: 'currencyDecimals',
      type: 'uint',
      about: 'decimals of the currency: 2 means that a minor unit is a hundredth',
    },
    { name: 'tickSize', type: 'string', about: 'price of one tick in the currency, decimal text, for showing prices' },
    { name: 'lotSize', type: 'string', about: 'units in one lot, decimal text, for showing quantities' },
    {
      name: 'tickValueMinor',
      type: 'uint',
      about: 'money that one lot is worth per tick of price: notional in minor units is price × quantity × this',
    },
    { name: 'minPriceTicks', type: 'uint', about: 'lowest price of an order' },
    { name: 'maxPriceTicks', type: 'uint', about: 'highest price of an order' },
    { name: 'maxOrderQuantityLots', type: 'uint', about: 'largest order' },
    {
      name: 'referencePriceTicks',
      type: 'uint',
      about: 'centre of the price band until there is a trade or both sides of the book have orders',
    },
    {
      name: 'priceBandBasisPoints',
      type: 'uint',
      about: 'how far the price band reaches from its centre, in hundredths of a percent of it; 0: no band',
    },
    {
      name: 'makerFeeRate',
      type: 'int',
      about: 'fee of the resting side in hundredths of a basis point of notional; negative: a rebate',
    },
    { name: 'takerFeeRate', type: 'int', about: 'the same for the side that came in' },
    {
      name: 'staticBandBasisPoints',
      type: 'uint',
      about:
        'how far from the static reference trades may be before the instrument halts, in hundredths of a percent; 0: any',
      default: 0,
    },
    {
      name: 'dynamicBandBasisPoints',
      type: 'uint',
      about: 'the same from the last price before the order came in',
      default: 0,
    },
    { name: 'haltDurationMs', type: 'uint', about: 'how long a volatility halt lasts before its auction', default: 0 },
    {
      name: 'auctionDurationMs',
      type: 'uint',
      about:
        'how long an opening auction lasts that the schedule did not begin; 0: after a volatility halt none, else until an admin ends it',
      default: 0,
    },
    {
      name: 'schedule',
      type: 'string',
      about:
        'phases by time of day (UTC), like "08:00 preOpen, 08:50 openingAuction, 09:00 continuous"; empty: always continuous',
      default: '',
    },
    {
      name: 'quoteMaxSpreadTicks',
      type: 'uint',
      about: 'widest spread with which a quote fulfils its obligation; 0: none asked for',
      default: 0,
    },
    {
      name: 'quoteMinQuantityLots',
      type: 'uint',
      about: 'least quantity on each side with which a quote fulfils its obligation',
      default: 0,
    },
  ],
  quote: [
    { name: 'instrument', type: 'uint', about: 'instrument number' },
    { name: 'bidPriceTicks', type: 'uint', about: 'price of the buy order' },
    { name: 'bidQuantityLots', type: 'uint', about: 'its quantity, 0 for none' },
    { name: 'askPriceTicks', type: 'uint', about: 'price of the sell order' },
    { name: 'askQuantityLots', type: 'uint', about: 'its quantity, 0 for none' },
  ],
  obligation: [
    { name: 'instrument', type: 'uint', about: 'instrument number' },
    { name: 'metUs', type: 'uint', about: "time today in which the session's quote was as the instrument asks" },
    { name: 'tradingUs', type: 'uint', about: "the instrument's time in continuous trading today" },
  ],
  position: [
    { name: 'instrument', type: 'uint', about: 'instrument number' },
    { name: 'positionLots', type: 'int', about: 'lots held, negative when short' },
    { name: 'cashMinor', type: 'int', about: 'money received minus money paid for this instrument, fees included' },
    { name: 'feesMinor', type: 'int', about: 'fees paid for this instrument, rebates subtracted' },
    {
      name: 'costMinor',
      type: 'int',
      about:
        'what the open position was bought for, negative when short; by lots and tick value it is the average price',
      default: 0,
    },
    { name: 'realisedMinor', type: 'int', about: 'profit of what was closed, before fees', default: 0 },
    { name: 'unrealisedMinor', type: 'int', about: 'profit of what is open, at the last price', default: 0 },
  ],
  openOrder: [
    { name: 'orderRef', type: 'uint', about: 'ref of the order; of a quote, ref of its mass quote' },
    { name: 'orderId', type: 'uint', about: "the engine's id of the order" },
    { name: 'instrument', type: 'uint', about: 'instrument number' },
    { name: 'side', type: 'side', about: 'buy or sell' },
    { name: 'orderType', type: 'orderType', about: 'as accepted; limit for a stopLimit that was triggered' },
    { name: 'timeInForce', type: 'timeInForce', about: 'as accepted' },
    { name: 'quantityLots', type: 'uint', about: 'total quantity, the filled part included' },
    { name: 'leavesLots', type: 'uint', about: 'what is left of it' },
    { name: 'priceTicks', type: 'uint', about: 'limit price; 0 for a waiting stop order' },
    { name: 'stopPriceTicks', type: 'uint', about: 'price that triggers it, 0 if it is no waiting stop', default: 0 },
    {
      name: 'displayQuantityLots',
      type: 'uint',
      about: 'most that the book shows of it at a time; 0: all',
      default: 0,
    },
    { name: 'expireTimeUs', type: 'uint', about: 'end of a goodTillDate order', default: 0 },
    { name: 'reduceOnly', type: 'boolean', about: 'may only bring the position nearer to zero', default: false },
    { name: 'isQuote', type: 'boolean', about: 'whether it is one side of a quote', default: false },
  ],
  dropCopyStart: [
    { name: 'session', type: 'string', about: 'name of a session of the participant' },
    {
      name: 'nextEvent',
      type: 'uint',
      about: 'number of the first event; in a subscription 0: new ones only',
      default: 0,
    },
  ],
} as const satisfies Record<string, readonly RowColumn[]>

export type RowName = keyof typeof rows

/**
 * Field types. `uint` and `int` are safe integers (|n| < 2^53) in any MessagePack number format that holds them
 * exactly; a name of `enumerations` is one of its values; `list:` a list of rows.
 */
export type FieldType = 'uint' | 'int' | 'boolean' | 'string' | EnumerationName | `list:${RowName}`

export interface FieldDefinition {
  readonly name: string
  readonly type: FieldType
  readonly about: string
  /** Makes the field optional on arrival. */
  readonly default?: number | boolean | string
  /** Largest number, or most rows of a list (`invalidField`). */
  readonly max?: number
}

export interface MessageDefinition {
  readonly number: number
  /** `log` messages are never sent: the engine writes them into its command log. */
  readonly from: 'client' | 'engine' | 'both' | 'log'
  readonly about: string
  readonly fields: readonly FieldDefinition[]
}

/** Every numbered event of a session begins with these. */
const eventHead = [
  { name: 'eventNumber', type: 'uint', about: 'number of this event within its session, without gaps, from 1' },
  { name: 'sequence', type: 'uint', about: 'sequence number of the command that caused it' },
  { name: 'engineTimeUs', type: 'uint', about: 'when that command was sequenced' },
] as const

/** Every market-data change begins with these. */
const feedHead = [
  { name: 'instrument', type: 'uint', about: 'instrument number' },
  {
    name: 'previousSequence',
    type: 'uint',
    about: 'sequence of the message before it on this channel; 0 in a snapshot',
  },
  { name: 'sequence', type: 'uint', about: 'sequence number of the last command that it includes' },
  { name: 'engineTimeUs', type: 'uint', about: 'when that command was sequenced' },
] as const

export const messages = {
  // ── session ─────────────────────────────────────────────────────────────────────────────────────────────────────
  challenge: {
    number: 1,
    from: 'engine',
    about: 'First message on every connection.',
    fields: [
      { name: 'protocolVersion', type: 'uint', about: 'version of this protocol' },
      { name: 'nonce', type: 'string', about: 'random text to sign, good for this connection only' },
      { name: 'engineTimeUs', type: 'uint', about: "the engine's clock" },
    ],
  },
  logon: {
    number: 2,
    from: 'client',
    about: 'Opens a session. A newer logon of the same session takes it over.',
    fields: [
      { name: 'participant', type: 'string', about: 'name of the participant' },
      { name: 'session', type: 'string', about: 'name of the session within the participant' },
      { name: 'signature', type: 'string', about: 'Ed25519 signature of the logon text, base64' },
      {
        name: 'cancelOnDisconnect',
        type: 'boolean',
        about: "cancel the session's orders when its connection ends",
        default: true,
      },
      {
        name: 'heartbeatIntervalMs',
        type: 'uint',
        about: 'how often each side sends something at least',
        default: 5000,
      },
      {
        name: 'nextEvent',
        type: 'uint',
        about: 'number of the first event wanted; 0: a snapshot instead of what is past',
        default: 0,
      },
    ],
  },
  logonResult: {
    number: 3,
    from: 'engine',
    about:
      'The session is open. Its positions follow, then its open orders if this is a snapshot, else the events asked for; then what happens from now on.',
    fields: [
      { name: 'participant', type: 'string', about: 'name of the participant' },
      { name: 'session', type: 'string', about: 'name of the session' },
      { name: 'lastRef', type: 'uint', about: 'last ref that was processed; use higher ones' },
      {
        name: 'firstEvent',
        type: 'uint',
        about: 'number of the first event that follows: the one asked for, or nextEvent if this is a snapshot',
      },
      { name: 'nextEvent', type: 'uint', about: 'number that the next new event will have' },
      { name: 'ratePerSecond', type: 'uint', about: 'messages per second that the session may send' },
      { name: 'heartbeatIntervalMs', type: 'uint', about: 'the interval in force' },
      {
        name: 'logId',
        type: 'string',
        about: "identity of the exchange's command log; another one means that refs and events began anew",
        default: '',
      },
      {
        name: 'snapshot',
        type: 'boolean',
        about: 'openOrders follow, as they are before nextEvent; no event before it is sent',
        default: false,
      },
    ],
  },
  heartbeat: {
    number: 4,
    from: 'both',
    about: 'Sent when nothing else was sent for a heartbeat interval.',
    fields: [{ name: 'timeUs', type: 'uint', about: "the sender's clock", default: 0 }],
  },
  error: {
    number: 5,
    from: 'engine',
    about: 'A message that had no effect, or the reason why the connection is about to be closed. Not numbered.',
    fields: [
      { name: 'code', type: 'errorCode', about: 'what was wrong' },
      { name: 'ref', type: 'uint', about: 'ref of the message concerned, 0 if it had none' },
      { name: 'field', type: 'field', about: 'field that was wrong' },
      { name: 'bound', type: 'int', about: 'the bound that was broken, 0 if none' },
      { name: 'text', type: 'string', about: 'the same for people' },
    ],
  },
  notice: {
    number: 6,
    from: 'engine',
    about: 'Something that concerns everyone.',
    fields: [
      { name: 'code', type: 'noticeCode', about: 'what it is about' },
      { name: 'text', type: 'string', about: 'the same for people' },
    ],
  },
  position: {
    number: 7,
    from: 'engine',
    about: "After logonResult: one of the participant's positions, as it is before the session's next new event.",
    fields: rows.position,
  },
  queryObligations: {
    number: 8,
    from: 'client',
    about: "Asks how well the session's quotes fulfil their obligations.",
    fields: [],
  },
  obligations: {
    number: 9,
    from: 'engine',
    about:
      'Quoting obligations since midnight UTC, one row for each instrument that asks for them and that the session quoted.',
    fields: [{ name: 'obligations', type: 'list:obligation', about: 'by instrument' }],
  },
  queryOrder: {
    number: 10,
    from: 'client',
    about: "Asks for one of the session's orders.",
    fields: [{ name: 'orderRef', type: 'uint', about: 'ref of the order' }],
  },
  orderStatus: {
    number: 11,
    from: 'engine',
    about: 'What is known of an order. It includes every event before it and none after it.',
    fields: [
      { name: 'orderRef', type: 'uint', about: 'as asked' },
      {
        name: 'state',
        type: 'orderState',
        about:
          'open; notOpen: a command with this ref was processed, and no open order has it; notProcessed: the session sent no ref as high',
      },
      { name: 'lastRef', type: 'uint', about: 'last ref that was processed' },
      { name: 'orders', type: 'list:openOrder', about: 'the order, if it is open' },
    ],
  },
  queryOpenOrders: {
    number: 12,
    from: 'client',
    about: "Asks for a session's open orders, quotes and waiting stops included.",
    fields: [
      { name: 'instrument', type: 'uint', about: 'only of this instrument; 0: of all', default: 0 },
      { name: 'session', type: 'string', about: 'another session of the participant; empty: its own', default: '' },
    ],
  },
  openOrders: {
    number: 13,
    from: 'engine',
    about:
      'Open orders of the session, as an answer or as part of a snapshot. They include every event before them and none after them.',
    fields: [
      { name: 'orders', type: 'list:openOrder', about: 'at most maxOpenOrdersPerMessage, oldest first' },
      { name: 'last', type: 'boolean', about: 'false: more of them follow in another message' },
    ],
  },
  queryPositions: { number: 14, from: 'client', about: "Asks for the participant's positions.", fields: [] },
  positions: {
    number: 15,
    from: 'engine',
    about:
      'Every position of the participant. They include every event of the session before them and none after them.',
    fields: [{ name: 'positions', type: 'list:position', about: 'by instrument' }],
  },

  // ── order entry ─────────────────────────────────────────────────────────────────────────────────────────────────
  newOrder: {
    number: 16,
    from: 'client',
    about: 'A new order. Its ref is its id within the session from then on.',
    fields: [
      { name: 'ref', type: 'uint', about: 'above every ref that the session sent before' },
      { name: 'instrument', type: 'uint', about: 'instrument number' },
      { name: 'side', type: 'side', about: 'buy or sell' },
      { name: 'orderType', type: 'orderType', about: 'limit, market, postOnly, stop or stopLimit' },
      { name: 'timeInForce', type: 'timeInForce', about: 'how long it stays' },
      { name: 'quantityLots', type: 'uint', about: 'quantity' },
      { name: 'priceTicks', type: 'uint', about: 'limit price; ignored for market and stop orders', default: 0 },
      { name: 'stopPriceTicks', type: 'uint', about: 'last price that triggers a stop or stopLimit order', default: 0 },
      {
        name: 'displayQuantityLots',
        type: 'uint',
        about: 'most that the book shows of it at a time; 0: all',
        default: 0,
      },
      { name: 'expireTimeUs', type: 'uint', about: 'end of a goodTillDate order, microseconds since 1970', default: 0 },
      {
        name: 'selfTradePrevention',
        type: 'selfTradePrevention',
        about: 'what happens when it meets an order of the same participant',
        default: 'sessionDefault',
      },
      { name: 'reduceOnly', type: 'boolean', about: 'may only bring the position nearer to zero', default: false },
    ],
  },
  cancelOrder: {
    number: 17,
    from: 'client',
    about: 'Cancels one open order of the session.',
    fields: [
      { name: 'ref', type: 'uint', about: 'above every ref that the session sent before' },
      { name: 'orderRef', type: 'uint', about: 'ref of the order' },
    ],
  },
  replaceOrder: {
    number: 18,
    from: 'client',
    about: 'Changes price and total quantity of one open order, which keeps its ref.',
    fields: [
      { name: 'ref', type: 'uint', about: 'above every ref that the session sent before' },
      { name: 'orderRef', type: 'uint', about: 'ref of the order' },
      { name: 'quantityLots', type: 'uint', about: 'new total quantity, the filled part included' },
      { name: 'priceTicks', type: 'uint', about: 'new limit price; ignored for a waiting stop order' },
      { name: 'stopPriceTicks', type: 'uint', about: 'new stop price of a waiting stop; 0: as it is', default: 0 },
    ],
  },
  massCancel: {
    number: 19,
    from: 'client',
    about: "Cancels the session's open orders.",
    fields: [
      { name: 'ref', type: 'uint', about: 'above every ref that the session sent before' },
      { name: 'instrument', type: 'uint', about: 'only of this instrument; 0: of all', default: 0 },
      { name: 'side', type: 'side', about: 'only of this side; any: both', default: 'any' },
    ],
  },
  massQuote: {
    number: 20,
    from: 'client',
    about: "Replaces the session's quotes in the instruments named, all at once.",
    fields: [
      { name: 'ref', type: 'uint', about: 'above every ref that the session sent before' },
      { name: 'group', type: 'uint', about: 'protection group of these quotes, from 1' },
      {
        name: 'quotes',
        type: 'list:quote',
        about: 'at most maxQuotesPerMessage',
        max: limits.maxQuotesPerMessage,
      },
    ],
  },
  setProtection: {
    number: 21,
    from: 'client',
    about: "Sets the protection of a group of the participant's quotes; bounds of 0 are none.",
    fields: [
      { name: 'ref', type: 'uint', about: 'above every ref that the session sent before' },
      { name: 'group', type: 'uint', about: 'which group, from 1' },
      {
        name: 'intervalMs',
        type: 'uint',
        about: 'length of the rolling interval, at most maxProtectionIntervalMs; 0: no protection',
        max: limits.maxProtectionIntervalMs,
      },
      { name: 'maxLots', type: 'uint', about: 'lots traded that trigger it' },
      { name: 'maxNotionalMinor', type: 'uint', about: 'notional traded that triggers it' },
      { name: 'maxFills', type: 'uint', about: 'number of fills that triggers it' },
      { name: 'maxNetLots', type: 'uint', about: 'lots bought minus sold, either way, that trigger it' },
      { name: 'freezeMs', type: 'uint', about: 'how long the group is frozen then; 0: until resetProtection' },
    ],
  },
  resetProtection: {
    number: 22,
    from: 'client',
    about: 'Thaws a frozen group and forgets what it traded so far.',
    fields: [
      { name: 'ref', type: 'uint', about: 'above every ref that the session sent before' },
      { name: 'group', type: 'uint', about: 'which group, from 1' },
    ],
  },

  // ── commands of an admin ────────────────────────────────────────────────────────────────────────────────────────
  changePhase: {
    number: 24,
    from: 'client',
    about: 'Sets the trading phase: halts, resumes, begins an auction. For sessions of an admin.',
    fields: [
      { name: 'ref', type: 'uint', about: 'above every ref that the session sent before' },
      {
        name: 'instrument',
        type: 'uint',
        about:
          'of which instrument; 0: halts all that are not closed, or ends the halt of all that are halted, which enter the phase that their schedule says',
      },
      { name: 'phase', type: 'phase', about: 'the new phase' },
    ],
  },
  changeLimit: {
    number: 25,
    from: 'client',
    about: 'Changes one risk limit of a participant. For sessions of an admin.',
    fields: [
      { name: 'ref', type: 'uint', about: 'above every ref that the session sent before' },
      { name: 'participant', type: 'string', about: 'name of the participant' },
      { name: 'limit', type: 'riskLimit', about: 'which limit' },
      { name: 'value', type: 'uint', about: 'its new value' },
    ],
  },
  blockParticipant: {
    number: 26,
    from: 'client',
    about:
      'Kill switch: cancels all orders of a participant and takes no more, until unblocked. For sessions of an admin.',
    fields: [
      { name: 'ref', type: 'uint', about: 'above every ref that the session sent before' },
      { name: 'participant', type: 'string', about: 'name of the participant' },
      { name: 'blocked', type: 'boolean', about: 'false: unblock it', default: true },
    ],
  },

  // ── events of a session ─────────────────────────────────────────────────────────────────────────────────────────
  accepted: {
    number: 32,
    from: 'engine',
    about: 'A new order was accepted. Fills and cancellation follow as events of their own.',
    fields: [
      ...eventHead,
      { name: 'ref', type: 'uint', about: 'ref of the order' },
      { name: 'orderId', type: 'uint', about: "the engine's id of the order, unique in the exchange" },
      { name: 'instrument', type: 'uint', about: 'instrument number' },
      { name: 'side', type: 'side', about: 'buy or sell' },
      { name: 'orderType', type: 'orderType', about: 'as sent' },
      { name: 'timeInForce', type: 'timeInForce', about: 'as sent' },
      { name: 'quantityLots', type: 'uint', about: 'as sent; of a reduceOnly order what the position leaves' },
      {
        name: 'priceTicks',
        type: 'uint',
        about: 'as sent; for a market order the worst price that it may trade at, for a stop order 0',
      },
      { name: 'stopPriceTicks', type: 'uint', about: 'as sent', default: 0 },
      { name: 'displayQuantityLots', type: 'uint', about: 'as sent', default: 0 },
      { name: 'expireTimeUs', type: 'uint', about: 'as sent', default: 0 },
    ],
  },
  rejected: {
    number: 33,
    from: 'engine',
    about: 'A command was rejected and changed nothing else. Its ref is used up.',
    fields: [
      ...eventHead,
      { name: 'ref', type: 'uint', about: 'ref of the command' },
      { name: 'code', type: 'errorCode', about: 'which rule was broken' },
      { name: 'field', type: 'field', about: 'field that broke it' },
      { name: 'bound', type: 'int', about: 'the bound that was broken, 0 if none' },
    ],
  },
  filled: {
    number: 34,
    from: 'engine',
    about: 'An order traded.',
    fields: [
      ...eventHead,
      { name: 'orderRef', type: 'uint', about: 'ref of the order' },
      { name: 'orderId', type: 'uint', about: "the engine's id of the order" },
      {
        name: 'tradeId',
        type: 'uint',
        about: 'number of the trade, the same for both sides and on the trades channel',
      },
      { name: 'instrument', type: 'uint', about: 'instrument number' },
      { name: 'side', type: 'side', about: "the order's side" },
      { name: 'priceTicks', type: 'uint', about: "price of the trade: the resting order's" },
      { name: 'quantityLots', type: 'uint', about: 'quantity of the trade' },
      { name: 'leavesLots', type: 'uint', about: 'what is left of the order' },
      {
        name: 'liquidity',
        type: 'liquidity',
        about: 'maker: the order rested; taker: it came in; auction: it traded in an auction',
      },
      { name: 'feeMinor', type: 'int', about: 'fee of this fill; negative: a rebate' },
    ],
  },
  cancelled: {
    number: 35,
    from: 'engine',
    about: 'An order is gone, all that was left of it.',
    fields: [
      ...eventHead,
      { name: 'ref', type: 'uint', about: 'ref of the command that asked for it, 0 if none did' },
      { name: 'orderRef', type: 'uint', about: 'ref of the order' },
      { name: 'orderId', type: 'uint', about: "the engine's id of the order" },
      { name: 'cancelledLots', type: 'uint', about: 'what was left of it' },
      { name: 'reason', type: 'cancelReason', about: 'why' },
    ],
  },
  replaced: {
    number: 36,
    from: 'engine',
    about: 'An order was changed. Fills caused by a new price follow as events of their own.',
    fields: [
      ...eventHead,
      { name: 'ref', type: 'uint', about: 'ref of the replace command' },
      { name: 'orderRef', type: 'uint', about: 'ref of the order' },
      { name: 'orderId', type: 'uint', about: "the engine's id of the order" },
      { name: 'quantityLots', type: 'uint', about: 'total quantity now' },
      { name: 'priceTicks', type: 'uint', about: 'price now' },
      { name: 'leavesLots', type: 'uint', about: 'what is left of it, before any fill that follows' },
      { name: 'priorityKept', type: 'boolean', about: 'whether it kept its place in the queue' },
      { name: 'stopPriceTicks', type: 'uint', about: 'stop price now, 0 if it is no waiting stop', default: 0 },
    ],
  },
  triggered: {
    number: 37,
    from: 'engine',
    about: 'A waiting stop became active. Fills and cancellation follow as events of their own.',
    fields: [
      ...eventHead,
      { name: 'orderRef', type: 'uint', about: 'ref of the order' },
      { name: 'orderId', type: 'uint', about: "the engine's id of the order" },
      { name: 'priceTicks', type: 'uint', about: 'limit price; of a stop order the worst price that it may trade at' },
    ],
  },
  expired: {
    number: 38,
    from: 'engine',
    about: 'An order reached the end of its time: its day is over or its expireTimeUs has come.',
    fields: [
      ...eventHead,
      { name: 'orderRef', type: 'uint', about: 'ref of the order' },
      { name: 'orderId', type: 'uint', about: "the engine's id of the order" },
      { name: 'expiredLots', type: 'uint', about: 'what was left of it' },
    ],
  },
  massCancelled: {
    number: 39,
    from: 'engine',
    about: 'A mass cancel was carried out; a cancelled event for each order came before it.',
    fields: [
      ...eventHead,
      { name: 'ref', type: 'uint', about: 'ref of the mass cancel' },
      { name: 'orderCount', type: 'uint', about: 'how many orders were cancelled' },
    ],
  },
  quoteAccepted: {
    number: 40,
    from: 'engine',
    about:
      "The session's quote in an instrument is now this one; fills follow as events of their own. A side of 0 lots has no order.",
    fields: [
      ...eventHead,
      { name: 'ref', type: 'uint', about: 'ref of the mass quote; fills of the quote name it as their orderRef' },
      { name: 'instrument', type: 'uint', about: 'instrument number' },
      { name: 'bidOrderId', type: 'uint', about: "the engine's id of the buy order, 0 if there is none" },
      { name: 'bidPriceTicks', type: 'uint', about: 'its price' },
      { name: 'bidQuantityLots', type: 'uint', about: 'its quantity' },
      { name: 'askOrderId', type: 'uint', about: "the engine's id of the sell order, 0 if there is none" },
      { name: 'askPriceTicks', type: 'uint', about: 'its price' },
      { name: 'askQuantityLots', type: 'uint', about: 'its quantity' },
    ],
  },
  quoteRejected: {
    number: 41,
    from: 'engine',
    about: 'One quote of a mass quote was rejected; the one that it was to replace is cancelled.',
    fields: [
      ...eventHead,
      { name: 'ref', type: 'uint', about: 'ref of the mass quote' },
      { name: 'instrument', type: 'uint', about: 'instrument number, as sent' },
      { name: 'code', type: 'errorCode', about: 'which rule was broken' },
      { name: 'field', type: 'field', about: 'field that broke it' },
      { name: 'bound', type: 'int', about: 'the bound that was broken, 0 if none' },
    ],
  },
  massQuoted: {
    number: 42,
    from: 'engine',
    about: 'A mass quote was carried out; what became of each quote came before it.',
    fields: [
      ...eventHead,
      { name: 'ref', type: 'uint', about: 'ref of the mass quote' },
      { name: 'acceptedCount', type: 'uint', about: 'how many quotes were accepted' },
      { name: 'rejectedCount', type: 'uint', about: 'how many were rejected' },
    ],
  },
  protectionTriggered: {
    number: 43,
    from: 'engine',
    about:
      'The quotes of a group traded as much as its protection allows: all of them are cancelled, and new ones are rejected.',
    fields: [
      ...eventHead,
      { name: 'group', type: 'uint', about: 'which group' },
      { name: 'thawTimeUs', type: 'uint', about: 'when it takes quotes again; 0: after resetProtection' },
    ],
  },
  carriedOut: {
    number: 44,
    from: 'engine',
    about: "A command that has no event of its own was carried out: setProtection, resetProtection, an admin's.",
    fields: [...eventHead, { name: 'ref', type: 'uint', about: 'ref of the command' }],
  },
  reduced: {
    number: 45,
    from: 'engine',
    about: 'An open order was made smaller, its total quantity too, without trading.',
    fields: [
      ...eventHead,
      { name: 'orderRef', type: 'uint', about: 'ref of the order' },
      { name: 'orderId', type: 'uint', about: "the engine's id of the order" },
      { name: 'reducedLots', type: 'uint', about: 'by how much' },
      { name: 'leavesLots', type: 'uint', about: 'what is left of it' },
      { name: 'reason', type: 'cancelReason', about: 'selfTrade or reduceOnly' },
    ],
  },

  // ── drop copy ───────────────────────────────────────────────────────────────────────────────────────────────────
  subscribeDropCopy: {
    number: 48,
    from: 'client',
    about: "Asks for the events of all sessions of the participant, the connection's own included.",
    fields: [
      {
        name: 'sessions',
        type: 'list:dropCopyStart',
        about: 'where to begin with which; of sessions not named, new events only',
      },
    ],
  },
  dropCopySubscribed: {
    number: 49,
    from: 'engine',
    about: 'The drop copy is in force. A session that is added later begins with its first event.',
    fields: [
      {
        name: 'sessions',
        type: 'list:dropCopyStart',
        about: 'where each session begins: above what was asked for if that is no longer kept',
      },
    ],
  },
  dropCopy: {
    number: 50,
    from: 'engine',
    about: "The next eventCount messages of the frame are events of the session named, not of the connection's own.",
    fields: [
      { name: 'session', type: 'string', about: 'name of the session' },
      { name: 'eventCount', type: 'uint', about: 'how many messages' },
    ],
  },

  // ── market data ─────────────────────────────────────────────────────────────────────────────────────────────────
  listInstruments: { number: 64, from: 'client', about: 'Asks for the instrument list.', fields: [] },
  instrumentList: {
    number: 65,
    from: 'engine',
    about: 'All instruments.',
    fields: [{ name: 'instruments', type: 'list:instrument', about: 'by number' }],
  },
  subscribe: {
    number: 66,
    from: 'client',
    about: 'Subscribes to a channel; the snapshot follows, then changes. Needs no session.',
    fields: [
      { name: 'channel', type: 'channel', about: 'which channel' },
      { name: 'instrument', type: 'uint', about: 'of which instrument; 0: of all', default: 0 },
    ],
  },
  unsubscribe: {
    number: 67,
    from: 'client',
    about: 'Ends a subscription.',
    fields: [
      { name: 'channel', type: 'channel', about: 'which channel' },
      { name: 'instrument', type: 'uint', about: 'of which instrument; 0: of all', default: 0 },
    ],
  },
  subscribed: {
    number: 68,
    from: 'engine',
    about: 'A subscription is in force; the next change on the channel has this sequence as its previousSequence.',
    fields: [
      { name: 'channel', type: 'channel', about: 'which channel' },
      { name: 'instrument', type: 'uint', about: 'instrument number' },
      { name: 'sequence', type: 'uint', about: 'sequence of the last change on the channel' },
    ],
  },
  unsubscribed: {
    number: 69,
    from: 'engine',
    about: 'A subscription has ended.',
    fields: [
      { name: 'channel', type: 'channel', about: 'which channel' },
      { name: 'instrument', type: 'uint', about: 'instrument number' },
    ],
  },
  top: {
    number: 70,
    from: 'engine',
    about: 'Best bid and ask, both in every message. A quantity of 0 means that the side is empty.',
    fields: [
      ...feedHead,
      { name: 'bidPriceTicks', type: 'uint', about: 'best bid' },
      { name: 'bidQuantityLots', type: 'uint', about: 'quantity at the best bid' },
      { name: 'askPriceTicks', type: 'uint', about: 'best ask' },
      { name: 'askQuantityLots', type: 'uint', about: 'quantity at the best ask' },
    ],
  },
  bookSnapshot: {
    number: 71,
    from: 'engine',
    about: 'All price levels.',
    fields: [
      ...feedHead,
      { name: 'bids', type: 'list:level', about: 'best first' },
      { name: 'asks', type: 'list:level', about: 'best first' },
    ],
  },
  bookUpdate: {
    number: 72,
    from: 'engine',
    about: 'The price levels that changed, as they are now. A quantity of 0 removes the level.',
    fields: [...feedHead, { name: 'changes', type: 'list:levelChange', about: 'each level at most once' }],
  },
  trades: {
    number: 73,
    from: 'engine',
    about: 'Trades, in order.',
    fields: [...feedHead, { name: 'trades', type: 'list:trade', about: 'oldest first' }],
  },
  status: {
    number: 74,
    from: 'engine',
    about: 'State and running totals of an instrument; at most once a second unless the phase changes.',
    fields: [
      ...feedHead,
      { name: 'phase', type: 'phase', about: 'trading phase' },
      { name: 'lastPriceTicks', type: 'uint', about: 'price of the last trade, 0 before the first' },
      { name: 'tradeCount', type: 'uint', about: 'trades so far' },
      { name: 'volumeLots', type: 'uint', about: 'quantity traded so far' },
      {
        name: 'commandCount',
        type: 'uint',
        about: 'new orders, cancels, replaces and rows of mass quotes processed so far',
      },
    ],
  },
  auctionIndication: {
    number: 75,
    from: 'engine',
    about:
      'What an auction would do if it ended now, while one collects orders; all 0 when nothing would trade, and once more when it is over.',
    fields: [
      ...feedHead,
      { name: 'priceTicks', type: 'uint', about: 'the price at which it would trade' },
      { name: 'volumeLots', type: 'uint', about: 'what would trade' },
      {
        name: 'imbalanceLots',
        type: 'int',
        about: 'what would be left at that price: positive to buy, negative to sell',
      },
    ],
  },

  // ── only in the command log ─────────────────────────────────────────────────────────────────────────────────────
  instrumentDefined: {
    number: 128,
    from: 'log',
    about: 'Adds an instrument or changes its definition.',
    fields: [{ name: 'instruments', type: 'list:instrument', about: 'one instrument' }],
  },
  participantDefined: {
    number: 129,
    from: 'log',
    about: 'Adds a participant or changes its risk limits.',
    fields: [
      { name: 'participant', type: 'uint', about: 'participant number' },
      { name: 'name', type: 'string', about: 'name' },
      { name: 'maxOrderQuantityLots', type: 'uint', about: 'largest order' },
      { name: 'maxOrderNotionalMinor', type: 'uint', about: 'largest price times quantity of an order' },
      { name: 'maxPositionLots', type: 'uint', about: 'largest position either way, open orders counted' },
      { name: 'maxOpenOrders', type: 'uint', about: 'most open orders' },
      {
        name: 'maxGrossExposureMinor',
        type: 'uint',
        about: 'largest value of all positions, open orders counted; 0: any',
        default: 0,
      },
      { name: 'maxDailyLossMinor', type: 'uint', about: 'largest loss of a day, positions marked; 0: any', default: 0 },
      {
        name: 'maxMessagesPerSecond',
        type: 'uint',
        about: 'most new orders, replacements and mass quotes in a second; 0: any',
        default: 0,
      },
      {
        name: 'maxPriceDistanceBasisPoints',
        type: 'uint',
        about: 'how far from the reference price its orders may be, in hundredths of a percent; 0: any',
        default: 0,
      },
      {
        name: 'maxDuplicateOrders',
        type: 'uint',
        about: 'how often the same order may be sent again; 0: any',
        default: 0,
      },
      { name: 'duplicateWindowMs', type: 'uint', about: 'within this time of the first of them', default: 0 },
      {
        name: 'isAdmin',
        type: 'boolean',
        about: 'whether its sessions may send the commands of an admin',
        default: false,
      },
    ],
  },
  sessionDefined: {
    number: 130,
    from: 'log',
    about: 'Adds a session.',
    fields: [
      { name: 'session', type: 'uint', about: 'session number' },
      { name: 'participant', type: 'uint', about: 'participant number' },
      { name: 'name', type: 'string', about: 'name' },
      {
        name: 'selfTradePrevention',
        type: 'selfTradePrevention',
        about: 'mode of orders that state none',
        default: 'cancelNewest',
      },
    ],
  },
  sessionConnected: {
    number: 131,
    from: 'log',
    about: 'The session of the record logged on.',
    fields: [{ name: 'cancelOnDisconnect', type: 'boolean', about: 'as asked for at logon' }],
  },
  sessionDisconnected: {
    number: 132,
    from: 'log',
    about: "The connection of the record's session ended; with cancelOnDisconnect its orders are cancelled.",
    fields: [],
  },
  timeAdvanced: {
    number: 133,
    from: 'log',
    about: 'Nothing but time: what is due by the time of the record happens.',
    fields: [],
  },
} as const satisfies Record<string, MessageDefinition>

export type MessageName = keyof typeof messages

type ValueOfField<Type extends FieldType> = Type extends 'uint' | 'int'
  ? number
  : Type extends 'boolean'
    ? boolean
    : Type extends 'string'
      ? string
      : Type extends EnumerationName
        ? keyof (typeof enumerations)[Type] & string
        : Type extends `list:${infer Name extends RowName}`
          ? Row<Name>[]
          : never

/** One row of a list field, as an object. */
export type Row<Name extends RowName> = {
  [Field in (typeof rows)[Name][number] as Field['name']]: ValueOfField<Field['type']>
}

type RequiredFields<Fields extends readonly FieldDefinition[]> = Exclude<Fields[number], { readonly default: unknown }>
type OptionalFields<Fields extends readonly FieldDefinition[]> = Extract<Fields[number], { readonly default: unknown }>

/** One row of a list field as it is handed to an encoder: columns with a default may be left out. */
export type OutgoingRow<Name extends RowName> = {
  [Field in RequiredFields<(typeof rows)[Name]> as Field['name']]: ValueOfField<Field['type']>
} & {
  [Field in OptionalFields<(typeof rows)[Name]> as Field['name']]?: ValueOfField<Field['type']>
}

type OutgoingValueOfField<Type extends FieldType> = Type extends `list:${infer Name extends RowName}`
  ? readonly OutgoingRow<Name>[]
  : ValueOfField<Type>

/** A message as it arrives: an object with `type` and every field. */
export type Message<Name extends MessageName = MessageName> = {
  [Key in Name]: { type: Key } & {
    [Field in (typeof messages)[Key]['fields'][number] as Field['name']]: ValueOfField<Field['type']>
  }
}[Name]

/** A message as it is handed to an encoder: fields and columns with a default may be left out. */
export type OutgoingMessage<Name extends MessageName = MessageName> = {
  [Key in Name]: { type: Key } & {
    [Field in RequiredFields<(typeof messages)[Key]['fields']> as Field['name']]: OutgoingValueOfField<Field['type']>
  } & {
    [Field in OptionalFields<(typeof messages)[Key]['fields']> as Field['name']]?: OutgoingValueOfField<Field['type']>
  }
}[Name]

/** Message names by their number on the wire. */
export const messageNameOf: readonly (MessageName | undefined)[] = (() => {
  const names: (MessageName | undefined)[] = []
  for (const name of Object.keys(messages) as MessageName[]) names[messages[name].number] = name
  return names
})()

/** WebSocket subprotocols, one per encoding. */
export const subprotocols = { msgpack: 'tradefloor.v1.msgpack', json: 'tradefloor.v1.json' } as const

/** Path of the WebSocket endpoint. */
export const webSocketPath = '/v1'

/** The text whose Ed25519 signature a logon carries. */
export function logonText(nonce: string, participant: string, session: string): string {
  return `tradefloor.v1 logon\n${nonce}\n${participant}\n${session}`
}

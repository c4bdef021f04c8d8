/**
 * The MessagePack encoding, from sections 2, 11 and 12 of protocol/README.md, through a library that the engine doesn't
 * use. The tables are typed in by hand from that page: if the page were wrong, so would they be.
 */
import { decodeMulti, type EncoderOptions, encode } from '@msgpack/msgpack'
import type { Encoding, Fields, Value } from './client.ts'

const event = 'eventNumber sequence engineTimeUs'
const order = 'instrument side orderType timeInForce quantityLots priceTicks'
const bid = 'bidPriceTicks bidQuantityLots'
const ask = 'askPriceTicks askQuantityLots'
const change = 'instrument previousSequence sequence engineTimeUs'

/** Section 11: name, then the fields in order, by number. */
const messages = split({
  1: 'challenge protocolVersion nonce engineTimeUs',
  2: 'logon participant session signature cancelOnDisconnect heartbeatIntervalMs nextEvent',
  3: 'logonResult participant session lastRef firstEvent nextEvent ratePerSecond heartbeatIntervalMs logId snapshot',
  4: 'heartbeat timeUs',
  5: 'error code ref field bound text',
  6: 'notice noticeCode text',
  7: 'position instrument positionLots cashMinor feesMinor costMinor realisedMinor unrealisedMinor',
  10: 'queryOrder orderRef',
  11: 'orderStatus orderRef state lastRef orders',
  12: 'queryOpenOrders instrument',
  13: 'openOrders orders last',
  14: 'queryPositions',
  15: 'positions positions',
  16: `newOrder ref ${order} stopPriceTicks displayQuantityLots expireTimeUs selfTradePrevention reduceOnly`,
  17: 'cancelOrder ref orderRef',
  18: 'replaceOrder ref orderRef quantityLots priceTicks stopPriceTicks',
  19: 'massCancel ref instrument side',
  20: 'massQuote ref group quotes',
  21: 'setProtection ref group intervalMs maxLots maxNotionalMinor maxFills maxNetLots freezeMs',
  24: 'changePhase ref instrument phase',
  32: `accepted ${event} ref orderId ${order} stopPriceTicks displayQuantityLots expireTimeUs`,
  33: `rejected ${event} ref code field bound`,
  34: `filled ${event} orderRef orderId tradeId instrument side priceTicks quantityLots leavesLots liquidity feeMinor`,
  35: `cancelled ${event} ref orderRef orderId cancelledLots reason`,
  36: `replaced ${event} ref orderRef orderId quantityLots priceTicks leavesLots priorityKept stopPriceTicks`,
  37: `triggered ${event} orderRef orderId priceTicks`,
  38: `expired ${event} orderRef orderId expiredLots`,
  39: `massCancelled ${event} ref orderCount`,
  40: `quoteAccepted ${event} ref instrument bidOrderId ${bid} askOrderId ${ask}`,
  42: `massQuoted ${event} ref acceptedCount rejectedCount`,
  43: `protectionTriggered ${event} group thawTimeUs`,
  44: `carriedOut ${event} ref`,
  48: 'subscribeDropCopy sessions',
  49: 'dropCopySubscribed sessions',
  50: 'dropCopy session eventCount',
  64: 'listInstruments',
  65: 'instrumentList instruments',
  66: 'subscribe channel instrument',
  67: 'unsubscribe channel instrument',
  68: 'subscribed channel instrument sequence',
  69: 'unsubscribed channel instrument',
  70: `top ${change} ${bid} ${ask}`,
  71: `bookSnapshot ${change} bids asks`,
  72: `bookUpdate ${change} changes`,
  73: `trades ${change} trades`,
  74: `status ${change} phase lastPriceTicks tradeCount volumeLots commandCount`,
  75: `auctionIndication ${change} priceTicks volumeLots imbalanceLots`,
})

/** Section 11: columns of the rows, by the field that holds them. */
const columns = split({
  bids: 'priceTicks quantityLots orderCount',
  asks: 'priceTicks quantityLots orderCount',
  changes: 'side priceTicks quantityLots orderCount',
  quotes: `instrument ${bid} ${ask}`,
  orders:
    `orderRef orderId instrument side orderType timeInForce quantityLots leavesLots priceTicks stopPriceTicks ` +
    'displayQuantityLots expireTimeUs reduceOnly isQuote',
  positions: 'instrument positionLots cashMinor feesMinor costMinor realisedMinor unrealisedMinor',
  sessions: 'session nextEvent',
  trades: 'tradeId priceTicks quantityLots aggressorSide',
  instruments:
    'instrument symbol currency currencyDecimals tickSize lotSize tickValueMinor minPriceTicks maxPriceTicks ' +
    'maxOrderQuantityLots referencePriceTicks priceBandBasisPoints makerFeeRate takerFeeRate ' +
    'staticBandBasisPoints dynamicBandBasisPoints haltDurationMs auctionDurationMs schedule quoteMaxSpreadTicks ' +
    'quoteMinQuantityLots',
})

/** Section 2: what an array that ends before a field stands for. Most defaults of what the engine sends are 0. */
const defaults: Record<string, Value> = { schedule: '', logId: '', snapshot: false, reduceOnly: false, isQuote: false }

/** Section 12, and of section 13 the codes that the tests meet. */
const sides = byNumber('0 any 1 buy 2 sell')
const enumerations: Record<string, Record<number, string>> = {
  side: sides,
  aggressorSide: sides,
  orderType: byNumber('1 limit 2 market 3 postOnly 4 stop 5 stopLimit'),
  timeInForce: byNumber('1 goodTillCancel 2 immediateOrCancel 3 fillOrKill 4 day 5 goodTillDate 6 atOpen 7 atClose'),
  selfTradePrevention: byNumber('0 sessionDefault 1 cancelNewest 2 cancelOldest 3 cancelBoth 4 decrement'),
  liquidity: byNumber('1 maker 2 taker 3 auction'),
  reason: byNumber(
    '1 requested 2 massCancel 3 immediateOrCancel 4 fillOrKill 5 selfTrade 6 disconnected 7 replacedBelowFilled ' +
      '8 protection',
  ),
  channel: byNumber('1 top 2 book 3 trades 4 status 5 auction'),
  phase: byNumber('1 continuous 2 preOpen 3 openingAuction 4 halted 5 closingAuction 6 closed'),
  state: byNumber('1 open 2 notOpen 3 notProcessed'),
  field: byNumber('0 none 1 type 4 instrument 7 timeInForce 8 quantityLots 9 priceTicks 39 sessions'),
  code: byNumber(
    '2 unknownMessage 3 invalidField 6 notLoggedOn 7 logonFailed 11 superseded 14 duplicateRef ' +
      '17 unknownSubscription 21 keyRevoked 64 unknownInstrument 68 quantityOutOfRange 70 priceBand 75 unknownOrder 81 wrongPhase 92 notAuthorized',
  ),
}

function split(table: Record<string, string>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(table).map(([key, words]) => [key, words.split(' ')]))
}

/** From '1 buy 2 sell' to { 1: 'buy', 2: 'sell' }. */
function byNumber(pairs: string): Record<number, string> {
  return Object.fromEntries([...pairs.matchAll(/(\d+) (\w+)/g)].map(([, number, name]) => [number, name]))
}

const numberOf = (names: Record<number, string>, name: Value) =>
  Number(Object.keys(names).find((number) => names[Number(number)] === name))

function toArray(message: Fields): unknown[] {
  const [number, [, ...fields]] = Object.entries(messages).find(([, [name]]) => name === message.type)!
  const values = fields.map((name) => {
    const value = message[name]
    // Section 2: nil stands for the default.
    if (value === undefined) return null
    if (columns[name]) return (value as Fields[]).map((row) => columns[name].map((column) => row[column]))
    return enumerations[name] ? numberOf(enumerations[name], value) : value
  })
  return [Number(number), ...values]
}

function toFields(names: string[], values: unknown[]): Fields {
  const fields: Fields = {}
  names.forEach((name, index) => {
    const value = (values[index] ?? defaults[name] ?? 0) as Value
    if (columns[name]) fields[name] = (value as unknown as unknown[][]).map((row) => toFields(columns[name], row))
    else fields[name] = enumerations[name]?.[value as number] ?? value
  })
  return fields
}

function messagePack(options: EncoderOptions): Encoding {
  return {
    subprotocol: 'tradefloor.v1.msgpack',
    encode: (list) => Buffer.concat(list.map((message) => encode(toArray(message), options))),
    decode(frame) {
      return [...decodeMulti(frame)].map((array) => {
        const [number, ...values] = array as [number, ...unknown[]]
        const [type, ...names] = messages[number]
        return { type, ...toFields(names, values) }
      })
    },
  }
}

export const messagePackIntegers = messagePack({})
/** Some languages have no integers: section 2 lets them send floats. */
export const messagePackFloats = messagePack({ forceIntegerToFloat: true })

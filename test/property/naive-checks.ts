/** Every check of an order, a replacement and a quote, in the order in which the first one broken is the answer. */
import { bothSides, type PriceRange } from '../../engine/core/book/naive-order.ts'
import type { Command } from '../../engine/core/index.ts'
import type { ErrorName } from '../../protocol/errors.ts'
import { limits } from '../../protocol/limits.ts'
import { enumerations, type OrderType, type Side, type TimeInForce } from '../../protocol/messages.ts'
import { priceBand, rangeAround, referenceTicks } from './naive-prices.ts'
import { type Exposure, equity, grossExposure, openLots } from './naive-risk.ts'
import type { Market, NaiveState, Participant } from './naive-state.ts'

type Field = keyof typeof enumerations.field

export interface Reject {
  readonly code: ErrorName
  readonly field: Field
  readonly bound: number
}

export function reject(code: ErrorName, field: Field, bound = 0): Reject {
  return { code, field, bound }
}

/** An order to be checked, and what it is checked against. */
export interface Candidate {
  readonly state: NaiveState
  readonly market: Market
  readonly participant: Participant
  readonly side: Side
  readonly orderType: OrderType
  readonly priceTicks: number
  readonly stopPriceTicks: number
  readonly quantityLots: number
  readonly reduceOnly: boolean
  /** Orders that are open beside it. */
  readonly openOrders: readonly Exposure[]
  /** How its fields are called in the message. */
  readonly priceField: Field
  readonly quantityField: Field
}

const { side, orderType, timeInForce, phase } = enumerations
const { goodTillCancel, day, goodTillDate, atOpen, atClose, immediateOrCancel, fillOrKill } = timeInForce
const untilGone: readonly number[] = [goodTillCancel, day, goodTillDate]
const timesInForce: Readonly<Record<number, readonly number[]>> = {
  [orderType.limit]: Object.values(timeInForce),
  [orderType.market]: [immediateOrCancel, fillOrKill, atOpen, atClose],
  [orderType.postOnly]: untilGone,
  [orderType.stop]: untilGone,
  [orderType.stopLimit]: untilGone,
}

/** The checks of what kind of order it is. */
export function checkKind(command: Command, { definition }: Market, timeUs: number): Reject | undefined {
  const { displayQuantityLots, expireTimeUs } = command
  if (command.side !== side.buy && command.side !== side.sell) return reject('invalidSide', 'side')
  const allowed = timesInForce[command.orderType]
  if (!allowed) return reject('invalidOrderType', 'orderType')
  if (!allowed.includes(command.timeInForce)) return reject('invalidTimeInForce', 'timeInForce')
  const mayBeIceberg = command.orderType !== orderType.stop && untilGone.includes(command.timeInForce)
  if (displayQuantityLots !== 0 && !mayBeIceberg) return reject('invalidDisplayQuantity', 'displayQuantityLots')
  const leastLots = Math.ceil(command.quantityLots / limits.maxIcebergParts)
  if (displayQuantityLots !== 0 && displayQuantityLots < leastLots) {
    return reject('invalidDisplayQuantity', 'displayQuantityLots', leastLots)
  }
  const isStop = command.orderType === orderType.stop || command.orderType === orderType.stopLimit
  const invalidStop = checkStopPrice(command.stopPriceTicks, isStop, definition)
  if (invalidStop) return invalidStop
  if (command.timeInForce === goodTillDate) {
    return expireTimeUs <= timeUs ? reject('invalidExpireTime', 'expireTimeUs', timeUs) : undefined
  }
  return expireTimeUs === 0 ? undefined : reject('invalidExpireTime', 'expireTimeUs')
}

export function checkStopPrice(
  stopPriceTicks: number,
  isStop: boolean,
  { minPriceTicks, maxPriceTicks }: Market['definition'],
): Reject | undefined {
  if (isStop !== stopPriceTicks > 0) return reject('invalidStopPrice', 'stopPriceTicks')
  if (!isStop) return undefined
  if (stopPriceTicks < minPriceTicks) return reject('invalidStopPrice', 'stopPriceTicks', minPriceTicks)
  if (stopPriceTicks > maxPriceTicks) return reject('invalidStopPrice', 'stopPriceTicks', maxPriceTicks)
  return undefined
}

/** Whether the phase takes such an order. */
export function checkPhase(market: Market, type: OrderType, inForce: TimeInForce): Reject | undefined {
  const canRest = ['limit', 'postOnly'].includes(type) && ['goodTillCancel', 'day', 'goodTillDate'].includes(inForce)
  const isStop = type === 'stop' || type === 'stopLimit'
  const isTaken = {
    preOpen: canRest || isStop || inForce === 'atOpen' || inForce === 'atClose',
    openingAuction: canRest || isStop || inForce === 'atOpen' || inForce === 'atClose',
    continuous: inForce !== 'atOpen',
    closingAuction: canRest || isStop || inForce === 'atClose',
    halted: false,
    closed: false,
  }[market.phase]
  return isTaken ? undefined : wrongPhase(market)
}

export function wrongPhase(market: Market): Reject {
  return reject('wrongPhase', 'instrument', phase[market.phase])
}

export function checkQuantity({ market, participant, quantityLots, quantityField }: Candidate): Reject | undefined {
  const bound = Math.min(market.definition.maxOrderQuantityLots, participant.terms.maxOrderQuantityLots)
  return quantityLots < 1 || quantityLots > bound ? reject('quantityOutOfRange', quantityField, bound) : undefined
}

export function checkPriceRange({ market, priceTicks, priceField }: Candidate): Reject | undefined {
  const { minPriceTicks, maxPriceTicks } = market.definition
  if (priceTicks < minPriceTicks) return reject('priceOutOfRange', priceField, minPriceTicks)
  if (priceTicks > maxPriceTicks) return reject('priceOutOfRange', priceField, maxPriceTicks)
  return undefined
}

/** How far the price may be from the reference: by the instrument's band, then by the participant's own bound. */
export function checkPriceBands(candidate: Candidate): Reject | undefined {
  const { market, participant, orderType: type } = candidate
  const outsideBand = type === 'stopLimit' ? undefined : checkBand('priceBand', candidate, priceBand(market))
  const ownRange = rangeAround(referenceTicks(market), participant.terms.maxPriceDistanceBasisPoints)
  return outsideBand ?? checkBand('priceDistance', candidate, ownRange)
}

function checkBand(code: ErrorName, candidate: Candidate, { lowest, highest }: PriceRange): Reject | undefined {
  const { priceTicks, priceField } = candidate
  if (priceTicks < lowest) return reject(code, priceField, lowest)
  if (priceTicks > highest) return reject(code, priceField, highest)
  return undefined
}

export function checkNotional(candidate: Candidate): Reject | undefined {
  const { market, participant, quantityLots, quantityField } = candidate
  const bound = Math.min(participant.terms.maxOrderNotionalMinor, limits.maxNotionalMinor)
  const bestBuyTicks = market.book.resting.buy[0]?.priceTicks ?? 0
  const dearestTicks = Math.max(candidate.priceTicks, candidate.side === 'sell' ? bestBuyTicks : 0)
  const priceTicks = candidate.orderType === 'stop' ? candidate.stopPriceTicks : dearestTicks
  const notionalMinor = BigInt(priceTicks) * BigInt(quantityLots) * BigInt(market.definition.tickValueMinor)
  return notionalMinor > BigInt(bound) ? reject('orderNotional', quantityField, bound) : undefined
}

export function checkOpenOrders({ participant, openOrders }: Candidate): Reject | undefined {
  const bound = participant.terms.maxOpenOrders
  const own = openOrders.filter((order) => order.owner === participant.terms.participant)
  return own.length >= bound ? reject('openOrderLimit', 'none', bound) : undefined
}

/** What the participant's positions could become if the lots came in addition. */
export function checkRisk(candidate: Candidate, addedLots: number): Reject | undefined {
  const { state, market, participant, openOrders, quantityField, reduceOnly } = candidate
  const { participant: owner, maxPositionLots, maxGrossExposureMinor, maxDailyLossMinor } = participant.terms
  const { instrument } = market.definition
  const positionLots = state.positionLots(owner, instrument) * (candidate.side === 'buy' ? 1 : -1)
  const worstLots = positionLots + openLots(openOrders, owner, instrument, candidate.side) + addedLots
  if (worstLots > maxPositionLots) return reject('positionLimit', quantityField, maxPositionLots)

  const added = { owner, instrument, side: candidate.side, leavesLots: addedLots }
  const exposureMinor = maxGrossExposureMinor === 0 ? 0n : grossExposure(state, owner, [...openOrders, added])
  if (exposureMinor > BigInt(maxGrossExposureMinor)) {
    return reject('grossExposure', quantityField, maxGrossExposureMinor)
  }
  const lossMinor = BigInt(participant.dayStartEquityMinor) - equity(state, owner)
  if (maxDailyLossMinor > 0 && lossMinor > BigInt(maxDailyLossMinor) && !reduceOnly) {
    return reject('dailyLoss', 'none', maxDailyLossMinor)
  }
  return isWithinLedger(candidate, addedLots) ? undefined : reject('ledgerRange', quantityField)
}

/** Of the range, or of a buy order that lies above a range that was narrowed since. */
function highestPriceTicks(state: NaiveState, { definition }: Market): number {
  const buys = state.ordersIn(definition.instrument).filter((order) => order.side === 'buy')
  const tradable = buys.filter((order) => order.place === 'book' || order.place === 'untilClose')
  return tradable.reduce((highest, order) => Math.max(highest, order.priceTicks), definition.maxPriceTicks)
}

/** Whether no later fill at any price can take a figure beyond the numbers that count it exactly. */
function isWithinLedger({ state, market, participant, openOrders }: Candidate, addedLots: number): boolean {
  const { instrument, tickValueMinor } = market.definition
  const owner = participant.terms.participant
  const account = state.account(owner, instrument)
  const open = bothSides.map((of) => openLots(openOrders, owner, instrument, of))
  const lots = Math.abs(account?.positionLots ?? 0) + open[0] + open[1] + addedLots
  const atWorstMinor = 2n * BigInt(lots) * BigInt(highestPriceTicks(state, market)) * BigInt(tickValueMinor)
  const { cashMinor = 0, feesMinor = 0, realisedMinor = 0 } = account ?? {}
  const bookedMinor = Math.abs(cashMinor) + Math.abs(feesMinor) + Math.abs(realisedMinor)
  const isVolumeCountable = market.volumeLots + addedLots <= 2 ** 52
  return atWorstMinor + BigInt(bookedMinor) <= BigInt(Number.MAX_SAFE_INTEGER) && isVolumeCountable
}

/** Every check of a new order and of a replacement, in the order in which the first one broken is the answer. */
import type { Command } from '../../engine/core/index.ts'
import type { ErrorName } from '../../protocol/errors.ts'
import { limits } from '../../protocol/limits.ts'
import { enumerations } from '../../protocol/messages.ts'
import type { InstrumentDefinition, ParticipantState } from './surface.ts'

export interface Reject {
  readonly code: ErrorName
  readonly field: keyof typeof enumerations.field
  readonly bound: number
}

/** What the checks need to know of the state before the command. */
export interface Circumstances {
  readonly instrument: InstrumentDefinition
  readonly participant: ParticipantState
  /** Last trade, else the middle of a two-sided book, else the defined price. */
  readonly referencePriceTicks: number
  /** Open orders of the participant, all instruments together. */
  readonly openOrderCount: number
  /** The position in the order's direction if every open order of that side filled. */
  readonly exposureLots: number
}

export interface RestingTerms {
  readonly priceTicks: number
  readonly quantityLots: number
  readonly leavesLots: number
}

const { side, orderType, timeInForce } = enumerations

/** The checks of the command's own fields that need no instrument's rules. */
export function checkKind(command: Command): Reject | undefined {
  if (command.side !== side.buy && command.side !== side.sell) return reject('invalidSide', 'side')
  const types: number[] = Object.values(orderType)
  if (!types.includes(command.orderType)) return reject('invalidOrderType', 'orderType')
  const allowed: number[] = {
    [orderType.limit]: Object.values(timeInForce),
    [orderType.market]: [timeInForce.immediateOrCancel, timeInForce.fillOrKill],
    [orderType.postOnly]: [timeInForce.goodTillCancel],
  }[command.orderType]!
  if (!allowed.includes(command.timeInForce)) return reject('invalidTimeInForce', 'timeInForce')
  return undefined
}

/** The checks of quantity, price and risk. `priceTicks` is the limit price, or a market order's worst price. */
export function checkNewOrder(command: Command, priceTicks: number, at: Circumstances): Reject | undefined {
  const isMarket = command.orderType === orderType.market
  return (
    checkQuantity(command.quantityLots, at) ??
    (isMarket ? undefined : (checkPriceRange(priceTicks, at) ?? checkPriceBand(priceTicks, at))) ??
    checkNotional(priceTicks, command.quantityLots, at) ??
    checkOpenOrders(at) ??
    checkPosition(command.quantityLots, at)
  )
}

/** The same for a replacement; what did not change, or did not grow, is not checked against band and position again. */
export function checkReplacement(command: Command, old: RestingTerms, at: Circumstances): Reject | undefined {
  const { priceTicks, quantityLots } = command
  return (
    checkQuantity(quantityLots, at) ??
    checkPriceRange(priceTicks, at) ??
    (priceTicks === old.priceTicks ? undefined : checkPriceBand(priceTicks, at)) ??
    checkNotional(priceTicks, quantityLots, at) ??
    (quantityLots <= old.quantityLots ? undefined : checkPosition(quantityLots - old.quantityLots, at))
  )
}

/** The worst price that a market order may trade at: the edge of the band, or of the instrument's range if that is nearer. */
export function worstPriceTicks(orderSide: number, at: Circumstances): number {
  const { minPriceTicks, maxPriceTicks, priceBandBasisPoints } = at.instrument
  const isBuy = orderSide === side.buy
  if (priceBandBasisPoints === 0) return isBuy ? maxPriceTicks : minPriceTicks
  if (isBuy) return Math.min(maxPriceTicks, at.referencePriceTicks + bandWidthTicks(at))
  return Math.max(minPriceTicks, at.referencePriceTicks - bandWidthTicks(at))
}

export function reject(code: ErrorName, field: Reject['field'], bound = 0): Reject {
  return { code, field, bound }
}

function bandWidthTicks({ referencePriceTicks, instrument }: Circumstances): number {
  return Math.floor((referencePriceTicks * instrument.priceBandBasisPoints) / 10_000)
}

function checkQuantity(quantityLots: number, { instrument, participant }: Circumstances): Reject | undefined {
  const bound = Math.min(instrument.maxOrderQuantityLots, participant.maxOrderQuantityLots)
  return quantityLots < 1 || quantityLots > bound ? reject('quantityOutOfRange', 'quantityLots', bound) : undefined
}

function checkPriceRange(priceTicks: number, { instrument }: Circumstances): Reject | undefined {
  const { minPriceTicks, maxPriceTicks } = instrument
  if (priceTicks < minPriceTicks) return reject('priceOutOfRange', 'priceTicks', minPriceTicks)
  if (priceTicks > maxPriceTicks) return reject('priceOutOfRange', 'priceTicks', maxPriceTicks)
  return undefined
}

function checkPriceBand(priceTicks: number, at: Circumstances): Reject | undefined {
  if (at.instrument.priceBandBasisPoints === 0) return undefined
  const lowest = at.referencePriceTicks - bandWidthTicks(at)
  const highest = at.referencePriceTicks + bandWidthTicks(at)
  if (priceTicks < lowest) return reject('priceBand', 'priceTicks', lowest)
  if (priceTicks > highest) return reject('priceBand', 'priceTicks', highest)
  return undefined
}

function checkNotional(priceTicks: number, quantityLots: number, at: Circumstances): Reject | undefined {
  const bound = Math.min(at.participant.maxOrderNotionalMinor, limits.maxNotionalMinor)
  const notionalMinor = priceTicks * quantityLots * at.instrument.tickValueMinor
  return notionalMinor > bound ? reject('orderNotional', 'quantityLots', bound) : undefined
}

function checkOpenOrders({ openOrderCount, participant }: Circumstances): Reject | undefined {
  const bound = participant.maxOpenOrders
  return openOrderCount >= bound ? reject('openOrderLimit', 'none', bound) : undefined
}

function checkPosition(increaseLots: number, { exposureLots, participant }: Circumstances): Reject | undefined {
  const bound = participant.maxPositionLots
  return exposureLots + increaseLots > bound ? reject('positionLimit', 'quantityLots', bound) : undefined
}

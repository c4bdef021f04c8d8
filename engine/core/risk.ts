/**
 * The checks that a command must pass before it may touch the book, in a fixed order: the first rule that it breaks is
 * the one that its reject names.
 */

import { errors } from '../../protocol/errors.ts'
import { limits } from '../../protocol/limits.ts'
import { enumerations } from '../../protocol/messages.ts'
import type { Accounts } from './accounts.ts'

import type { Command } from './command.ts'
import { doubleZero } from './double-zero.ts'
import type { Instrument } from './instrument.ts'
import type { Participants } from './participants.ts'

const { buy: BUY, sell: SELL } = enumerations.side
const { field, orderType, timeInForce } = enumerations
const { maxNotionalMinor } = limits

export class Risk {
  private readonly participants: Participants
  private readonly accounts: Accounts
  /** What the last failed check found: field number and bound, as in the `rejected` message. */
  field = 0
  bound = doubleZero

  constructor(participants: Participants, accounts: Accounts) {
    this.participants = participants
    this.accounts = accounts
  }

  /** Checks side, type and time in force, alone and together. Returns 0 or an error number. */
  checkKind(command: Command): number {
    if (command.side !== BUY && command.side !== SELL) return this.fail(errors.invalidSide.number, field.side, 0)
    switch (command.orderType) {
      case orderType.limit:
        if (command.timeInForce >= timeInForce.goodTillCancel && command.timeInForce <= timeInForce.fillOrKill) return 0
        break
      case orderType.market:
        if (command.timeInForce === timeInForce.immediateOrCancel) return 0
        if (command.timeInForce === timeInForce.fillOrKill) return 0
        break
      case orderType.postOnly:
        if (command.timeInForce === timeInForce.goodTillCancel) return 0
        break
      default:
        return this.fail(errors.invalidOrderType.number, field.orderType, 0)
    }
    return this.fail(errors.invalidTimeInForce.number, field.timeInForce, 0)
  }

  checkQuantity(participant: number, instrument: Instrument, lots: number): number {
    const max = Math.min(
      instrument.definition.maxOrderQuantityLots,
      this.participants.maxOrderQuantityLots(participant),
    )
    return lots >= 1 && lots <= max ? 0 : this.fail(errors.quantityOutOfRange.number, field.quantityLots, max)
  }

  checkPriceRange(instrument: Instrument, priceTicks: number): number {
    const { minPriceTicks, maxPriceTicks } = instrument.definition
    if (priceTicks < minPriceTicks) return this.fail(errors.priceOutOfRange.number, field.priceTicks, minPriceTicks)
    if (priceTicks > maxPriceTicks) return this.fail(errors.priceOutOfRange.number, field.priceTicks, maxPriceTicks)
    return 0
  }

  checkPriceBand(instrument: Instrument, priceTicks: number): number {
    if (instrument.definition.priceBandBasisPoints === 0) return 0
    const lowest = instrument.lowestAllowedPriceTicks()
    if (priceTicks < lowest) return this.fail(errors.priceBand.number, field.priceTicks, lowest)
    const highest = instrument.highestAllowedPriceTicks()
    if (priceTicks > highest) return this.fail(errors.priceBand.number, field.priceTicks, highest)
    return 0
  }

  checkNotional(participant: number, instrument: Instrument, lots: number, priceTicks: number): number {
    const max = Math.min(maxNotionalMinor, this.participants.maxOrderNotionalMinor(participant))
    // A product beyond 2^53 is rounded, but stays far beyond any bound.
    const notionalMinor = priceTicks * lots * instrument.definition.tickValueMinor
    return notionalMinor <= max ? 0 : this.fail(errors.orderNotional.number, field.quantityLots, max)
  }

  checkOpenOrders(participant: number): number {
    const max = this.participants.maxOpenOrders(participant)
    return this.participants.openOrderCount(participant) < max
      ? 0
      : this.fail(errors.openOrderLimit.number, field.none, max)
  }

  /** Counts every open order of the side as if it had traded. */
  checkPosition(participant: number, account: number, isBuy: boolean, addedLots: number): number {
    const max = this.participants.maxPositionLots(participant)
    return this.accounts.worstPositionLots(account, isBuy, addedLots) <= max
      ? 0
      : this.fail(errors.positionLimit.number, field.quantityLots, max)
  }

  checkPostOnly(instrument: Instrument, side: number, priceTicks: number): number {
    if (!instrument.book.crosses(side, priceTicks)) return 0
    const best = instrument.book.bestPriceTicks(BUY + SELL - side)
    return this.fail(errors.postOnlyWouldTrade.number, field.priceTicks, best)
  }

  private fail(code: number, failedField: number, bound: number): number {
    this.field = failedField
    this.bound = bound
    return code
  }
}

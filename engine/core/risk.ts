/**
 * The checks that a command must pass before it may touch the book. Their order is that of the rules (`README.md`,
 * "Checks"): the first rule that a command breaks is the one that its reject names. Each returns 0 or an error number.
 */
import { errors } from '../../protocol/errors.ts'
import { limits } from '../../protocol/limits.ts'
import { enumerations } from '../../protocol/messages.ts'
import type { Accounts } from './accounts.ts'
import type { Command } from './command.ts'
import { doubleZero } from './double-zero.ts'
import type { Instrument } from './instrument.ts'
import type { Participants } from './participants.ts'
import type { Valuation } from './valuation.ts'

const { field } = enumerations
const { none: NO_FIELD, priceTicks: PRICE, quantityLots: QUANTITY } = field
const { buy: BUY, sell: SELL } = enumerations.side
const { limit: LIMIT, market: MARKET, stop: STOP, stopLimit: STOP_LIMIT } = enumerations.orderType
const {
  goodTillCancel: GTC,
  immediateOrCancel: IOC,
  fillOrKill: FOK,
  day: DAY,
  goodTillDate: GTD,
  atOpen: AT_OPEN,
  atClose: AT_CLOSE,
} = enumerations.timeInForce
/** Times in force as a set of bits. */
const RESTING = (1 << GTC) | (1 << DAY) | (1 << GTD)
const OF_MARKET = (1 << IOC) | (1 << FOK) | (1 << AT_OPEN) | (1 << AT_CLOSE)
const OF_LIMIT = RESTING | OF_MARKET

const BASIS_POINTS = 10_000
const { maxIcebergParts: MAX_ICEBERG_PARTS } = limits
const MAX_VOLUME_LOTS = 2 ** 52
/** A limit that is switched off. */
const UNBOUNDED = Number.POSITIVE_INFINITY

export class Risk {
  private readonly participants: Participants
  private readonly accounts: Accounts
  private readonly valuation: Valuation
  /** What the last failed check found: field number and bound, as in the `rejected` message. */
  field = 0
  bound = doubleZero

  constructor(participants: Participants, accounts: Accounts, valuation: Valuation) {
    this.participants = participants
    this.accounts = accounts
    this.valuation = valuation
  }

  /** Notes what a reject names; for checks that are made elsewhere too. */
  fail(code: number, failedField: number, bound: number): number {
    this.field = failedField
    this.bound = bound
    return code
  }

  /**
   * The first checks of a new order, replacement or mass quote: whether its participant is blocked, and how many
   * messages it sent. Counts the message where there is a bound, and values the participant's positions before if that
   * is due.
   */
  checkParticipant(participant: number, timeUs: number): number {
    const { participants } = this
    if (timeUs >= participants.nextLookUs(participant)) {
      this.valuation.revalueIfDue(participant, timeUs)
      if (participants.isBlocked(participant)) return this.fail(errors.participantBlocked.number, NO_FIELD, 0)
    }
    const max = participants.maxMessagesPerSecond(participant)
    return max === UNBOUNDED || participants.countMessage(participant, timeUs) <= max
      ? 0
      : this.fail(errors.messageRate.number, NO_FIELD, max)
  }

  /** Checks what a new order says of itself: side, type, time in force, display quantity, stop price, expiry. */
  checkKind(command: Command, instrument: Instrument): number {
    const { orderType, side, timeInForce } = command
    if (side !== BUY && side !== SELL) return this.fail(errors.invalidSide.number, field.side, 0)
    if (orderType < LIMIT || orderType > STOP_LIMIT) {
      return this.fail(errors.invalidOrderType.number, field.orderType, 0)
    }
    const allowed = orderType === LIMIT ? OF_LIMIT : orderType === MARKET ? OF_MARKET : RESTING
    if (timeInForce < GTC || timeInForce > AT_CLOSE || ((allowed >> timeInForce) & 1) === 0) {
      return this.fail(errors.invalidTimeInForce.number, field.timeInForce, 0)
    }
    const isPlain =
      command.displayQuantityLots + command.stopPriceTicks + command.expireTimeUs === 0 &&
      timeInForce !== GTD &&
      orderType < STOP
    return isPlain ? 0 : this.checkRareTerms(command, instrument)
  }

  /** The stop price of a replacement, where 0 means as it is. */
  checkNewStopPrice(instrument: Instrument, isWaitingStop: boolean, stopPriceTicks: number): number {
    if (stopPriceTicks === 0) return 0
    return isWaitingStop
      ? this.checkStopPriceRange(instrument, stopPriceTicks)
      : this.fail(errors.invalidStopPrice.number, field.stopPriceTicks, 0)
  }

  checkPhase(instrument: Instrument, timeInForce: number): number {
    if (instrument.takes(timeInForce)) return 0
    return this.fail(errors.wrongPhase.number, field.instrument, instrument.phase)
  }

  /** @param meetsBand whether the price band of now counts: a stop-limit order meets that of its trigger */
  checkPrice(participant: number, instrument: Instrument, priceTicks: number, meetsBand: boolean): number {
    return (
      (meetsBand && instrument.allows(priceTicks)
        ? 0
        : this.checkPriceRange(instrument, priceTicks) ||
          (meetsBand ? this.checkPriceBand(instrument, priceTicks) : 0)) ||
      this.checkPriceDistance(participant, instrument, priceTicks)
    )
  }

  checkQuantity(participant: number, instrument: Instrument, lots: number, ofField: number = QUANTITY): number {
    const max = Math.min(
      instrument.definition.maxOrderQuantityLots,
      this.participants.maxOrderQuantityLots(participant),
    )
    return lots >= 1 && lots <= max ? 0 : this.fail(errors.quantityOutOfRange.number, ofField, max)
  }

  checkPriceRange(instrument: Instrument, priceTicks: number, ofField: number = PRICE): number {
    const { minPriceTicks, maxPriceTicks } = instrument.definition
    if (priceTicks < minPriceTicks) return this.fail(errors.priceOutOfRange.number, ofField, minPriceTicks)
    if (priceTicks > maxPriceTicks) return this.fail(errors.priceOutOfRange.number, ofField, maxPriceTicks)
    return 0
  }

  checkPriceBand(instrument: Instrument, priceTicks: number, ofField: number = PRICE): number {
    if (instrument.definition.priceBandBasisPoints === 0) return 0
    const lowest = instrument.lowestAllowedPriceTicks()
    if (priceTicks < lowest) return this.fail(errors.priceBand.number, ofField, lowest)
    const highest = instrument.highestAllowedPriceTicks()
    if (priceTicks > highest) return this.fail(errors.priceBand.number, ofField, highest)
    return 0
  }

  checkPriceDistance(participant: number, instrument: Instrument, priceTicks: number, ofField: number = PRICE): number {
    const max = this.participants.maxPriceDistanceBasisPoints(participant)
    return max === UNBOUNDED ? 0 : this.checkDistance(instrument, priceTicks, max, ofField)
  }

  checkNotional(
    participant: number,
    instrument: Instrument,
    lots: number,
    priceTicks: number,
    ofField: number = QUANTITY,
  ): number {
    const max = this.participants.maxOrderNotionalMinor(participant)
    // A product beyond 2^53 is rounded, but stays far beyond any bound.
    const notionalMinor = priceTicks * lots * instrument.definition.tickValueMinor
    return notionalMinor <= max ? 0 : this.fail(errors.orderNotional.number, ofField, max)
  }

  /**
   * Counts the order too, where there is a bound.
   *
   * @param priceTicks the price with which it would be accepted
   */
  checkDuplicate(participant: number, command: Command, priceTicks: number): number {
    const max = this.participants.maxDuplicateOrders(participant)
    return max === UNBOUNDED ? 0 : this.checkRepetition(participant, command, priceTicks, max)
  }

  checkOpenOrders(participant: number): number {
    const max = this.participants.maxOpenOrders(participant)
    return this.participants.openOrderCount(participant) < max
      ? 0
      : this.fail(errors.openOrderLimit.number, NO_FIELD, max)
  }

  /** Whether an order that shows so much at a time (0: it is no iceberg) may grow to this quantity. */
  checkIcebergParts(displayQuantityLots: number, quantityLots: number): number {
    const mostLots = displayQuantityLots * MAX_ICEBERG_PARTS
    return displayQuantityLots === 0 || quantityLots <= mostLots
      ? 0
      : this.fail(errors.invalidDisplayQuantity.number, QUANTITY, mostLots)
  }

  /** What depends on the participant's positions and open orders. */
  checkExposure(
    participant: number,
    account: number,
    instrument: Instrument,
    side: number,
    addedLots: number,
    worstPositionLots: number,
    isReduceOnly: boolean,
  ): number {
    return (
      this.checkPosition(participant, worstPositionLots) ||
      this.checkGrossExposure(participant, account, instrument, side, addedLots) ||
      (isReduceOnly ? 0 : this.checkDailyLoss(participant)) ||
      this.checkLedgerRange(account, instrument, addedLots)
    )
  }

  /** @param worstPositionLots with every open order of the side as if it had traded */
  checkPosition(participant: number, worstPositionLots: number, ofField: number = QUANTITY): number {
    const max = this.participants.maxPositionLots(participant)
    return worstPositionLots <= max ? 0 : this.fail(errors.positionLimit.number, ofField, max)
  }

  checkGrossExposure(
    participant: number,
    account: number,
    instrument: Instrument,
    side: number,
    addedLots: number,
    ofField: number = QUANTITY,
  ): number {
    const max = this.participants.maxGrossExposureMinor(participant)
    if (max === UNBOUNDED) return 0
    const addedMinor = this.accounts.addedExposureMinor(account, side, addedLots, instrument)
    return this.participants.grossExposureMinor(participant) + addedMinor <= max
      ? 0
      : this.fail(errors.grossExposure.number, ofField, max)
  }

  checkDailyLoss(participant: number): number {
    const max = this.participants.maxDailyLossMinor(participant)
    return max === UNBOUNDED || this.participants.lossOfDayMinor(participant) <= max
      ? 0
      : this.fail(errors.dailyLoss.number, NO_FIELD, max)
  }

  /** Sees to it that no fill at any price takes a sum of money, or the volume, beyond what is counted exactly. */
  checkLedgerRange(account: number, instrument: Instrument, addedLots: number, ofField: number = QUANTITY): number {
    const { accounts } = this
    const highestMinor = highestPriceTicks(instrument) * instrument.definition.tickValueMinor
    const tradableMinor = 2 * (accounts.reachableLots(account) + addedLots) * highestMinor
    // Sums beyond 2^53 are rounded, but not to below it.
    return tradableMinor + accounts.bookedMinor(account) <= Number.MAX_SAFE_INTEGER &&
      instrument.volumeLots + addedLots <= MAX_VOLUME_LOTS
      ? 0
      : this.fail(errors.ledgerRange.number, ofField, 0)
  }

  checkPostOnly(instrument: Instrument, side: number, priceTicks: number): number {
    if (!instrument.book.crosses(side, priceTicks)) return 0
    const best = instrument.book.bestPriceTicks(BUY + SELL - side)
    return this.fail(errors.postOnlyWouldTrade.number, PRICE, best)
  }

  /** Display quantity, stop price and expiry of a new order, which few orders have. */
  private checkRareTerms(command: Command, instrument: Instrument): number {
    const { displayQuantityLots, expireTimeUs, orderType, stopPriceTicks, timeInForce, timeUs } = command
    const rests = ((RESTING >> timeInForce) & 1) === 1
    if (displayQuantityLots !== 0 && (!rests || orderType === MARKET || orderType === STOP)) {
      return this.fail(errors.invalidDisplayQuantity.number, field.displayQuantityLots, 0)
    }
    const leastLots = Math.ceil(command.quantityLots / MAX_ICEBERG_PARTS)
    if (displayQuantityLots !== 0 && displayQuantityLots < leastLots) {
      return this.fail(errors.invalidDisplayQuantity.number, field.displayQuantityLots, leastLots)
    }
    if (isStop(orderType) !== (stopPriceTicks !== 0)) {
      return this.fail(errors.invalidStopPrice.number, field.stopPriceTicks, 0)
    }
    const code = isStop(orderType) ? this.checkStopPriceRange(instrument, stopPriceTicks) : 0
    if (code !== 0) return code
    if (timeInForce === GTD) {
      return expireTimeUs > timeUs ? 0 : this.fail(errors.invalidExpireTime.number, field.expireTimeUs, timeUs)
    }
    return expireTimeUs === 0 ? 0 : this.fail(errors.invalidExpireTime.number, field.expireTimeUs, 0)
  }

  private checkStopPriceRange(instrument: Instrument, stopPriceTicks: number): number {
    const { minPriceTicks, maxPriceTicks } = instrument.definition
    const { number } = errors.invalidStopPrice
    if (stopPriceTicks < minPriceTicks) return this.fail(number, field.stopPriceTicks, minPriceTicks)
    if (stopPriceTicks > maxPriceTicks) return this.fail(number, field.stopPriceTicks, maxPriceTicks)
    return 0
  }

  private checkDistance(instrument: Instrument, priceTicks: number, basisPoints: number, ofField: number): number {
    const reference = instrument.referencePriceTicks()
    const distance = priceTicks - reference
    if (Math.abs(distance) * BASIS_POINTS <= reference * basisPoints) return 0
    const width = Math.floor((reference * basisPoints) / BASIS_POINTS)
    return this.fail(errors.priceDistance.number, ofField, distance < 0 ? reference - width : reference + width)
  }

  private checkRepetition(participant: number, command: Command, priceTicks: number, max: number): number {
    const { instrument, orderType, quantityLots, side, stopPriceTicks, timeUs } = command
    const kind = (instrument << 5) | (orderType << 2) | side
    const { participants } = this
    return participants.countRepetition(participant, kind, priceTicks, stopPriceTicks, quantityLots, timeUs) <= max
      ? 0
      : this.fail(errors.duplicateOrders.number, NO_FIELD, max)
  }
}

/** Whether an order of this type waits for a stop price first. */
export function isStop(orderType: number): boolean {
  return orderType === STOP || orderType === STOP_LIMIT
}

/** The highest price of a trade from now on: buy orders may lie above a range that was narrowed since. */
function highestPriceTicks(instrument: Instrument): number {
  const highest = Math.max(instrument.definition.maxPriceTicks, instrument.book.bestPriceTicks(BUY))
  return instrument.hasWaitingAtClose ? Math.max(highest, instrument.waitingAtClose().bestPriceTicks(BUY)) : highest
}

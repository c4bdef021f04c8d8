/**
 * Participants: their risk limits, and what the checks remember about each. Numbered from 1 without gaps.
 *
 * What an order needs of its participant is one record of numbers. A limit that may be switched off is infinite there
 * when it is, so that no check has to ask whether there is one; on the outside it is 0 then.
 */
import { limits as protocolLimits } from '../../protocol/limits.ts'
import { enumerations } from '../../protocol/messages.ts'
import type { ImageReader, ImageWriter } from './image.ts'
import { float64Table } from './line-memory.ts'

export type RiskLimits = Readonly<Record<keyof typeof enumerations.riskLimit, number>>

const limitNames = Object.keys(enumerations.riskLimit) as (keyof RiskLimits)[]
const { maxGrossExposureMinor, maxMessagesPerSecond, maxPriceDistanceBasisPoints } = enumerations.riskLimit
const { maxDailyLossMinor, maxDuplicateOrders, maxOrderNotionalMinor } = enumerations.riskLimit
/** Limits of which 0 means that there is none. */
const switchedOffByZero: readonly number[] = [
  maxGrossExposureMinor,
  maxDailyLossMinor,
  maxMessagesPerSecond,
  maxPriceDistanceBasisPoints,
  maxDuplicateOrders,
]

const RECORD_SIZE = 32
// What every order needs comes first, as few cache lines as it goes.
const MAX_ORDER_QUANTITY = 0
const MAX_ORDER_NOTIONAL = 1
const MAX_POSITION = 2
const MAX_OPEN_ORDERS = 3
const MAX_MESSAGES = 4
/** From this time on the next command must look whether the participant is blocked or has to be revalued. */
const NEXT_LOOK_US = 5
/** The second that message rates are counted in. */
const SECOND_END_US = 6
const SECOND_MESSAGES = 7
const OPEN_ORDERS = 8
const MAX_PRICE_DISTANCE = 9
const MAX_DUPLICATES = 10
const MAX_GROSS_EXPOSURE = 11
const MAX_DAILY_LOSS = 12
// Sums over all accounts, which may outgrow 53 bits: SUM_HIGH columns further on, each has a number of whole SUM_UNITs.
const GROSS_EXPOSURE = 13
const EQUITY = 14
const DAY_START_EQUITY = 15
const SUM_HIGH = 3
const DUPLICATE_WINDOW_MS = 19
const REVALUED_US = 20
const IS_BLOCKED = 21
const IS_ADMIN = 22
// The order that was sent last, and how often again.
const SENT_KIND = 23
const SENT_PRICE = 24
const SENT_LOTS = 25
const SENT_STOP_PRICE = 26
const SENT_SINCE_US = 27
const SENT_AGAIN = 28

const UNBOUNDED = Number.POSITIVE_INFINITY
/** By number of `enumerations.riskLimit`. */
const columnOfLimit = [
  -1,
  MAX_ORDER_QUANTITY,
  MAX_ORDER_NOTIONAL,
  MAX_POSITION,
  MAX_OPEN_ORDERS,
  MAX_GROSS_EXPOSURE,
  MAX_DAILY_LOSS,
  MAX_MESSAGES,
  MAX_PRICE_DISTANCE,
  MAX_DUPLICATES,
  DUPLICATE_WINDOW_MS,
]

const SECOND_US = 1_000_000
const MILLISECOND_US = 1_000
const REVALUATION_INTERVAL_US = 100_000
/** No single change of a sum is above two of these, which the ledger's range sees to; their sum is still exact. */
const SUM_UNIT = 2 ** 52

/** Where a participant's record begins. The mask changes nothing, but tells V8 that adding a column cannot overflow. */
const recordOf = (participant: number): number => (participant & 0xfffff) * RECORD_SIZE

export interface ParticipantDefinition extends RiskLimits {
  readonly participant: number
  readonly name: string
  readonly isAdmin: boolean
}

/** The limits are those in force. */
export interface ParticipantState extends ParticipantDefinition {
  readonly isBlocked: boolean
  /** Value of all positions at their valuation prices if every open order that makes them larger filled. */
  readonly grossExposureMinor: number
  /** Cash and positions at their valuation prices. */
  readonly equityMinor: number
  readonly dayStartEquityMinor: number
  /** The last definition: a limit in force differs where it was changed since. */
  readonly configured: ParticipantDefinition
}

export class Participants {
  private readonly names: string[] = ['']
  private readonly numbers = new Map<string, number>()
  private readonly configured: (ParticipantDefinition | undefined)[] = [undefined]
  private data = float64Table(RECORD_SIZE * 64)

  get count(): number {
    return this.names.length - 1
  }

  /** The number of the participant of this name, 0 if there is none. */
  byName(name: string): number {
    return this.numbers.get(name) ?? 0
  }

  /**
   * Adds a participant (its number must be the next one) or defines an existing one again: a limit that is configured
   * as it was before stays as it is in force.
   */
  define(definition: ParticipantDefinition): void {
    const { participant, name, isAdmin } = definition
    if (participant < 1 || participant > this.names.length)
      throw new Error(`participant ${participant} is out of order`)
    if (participant === this.names.length) this.add(participant)
    // Another one may have its former name already.
    if (this.byName(this.names[participant]) === participant) this.numbers.delete(this.names[participant])
    this.numbers.set(name, participant)
    this.names[participant] = name
    this.data[recordOf(participant) + IS_ADMIN] = Number(isAdmin)
    const before = this.configured[participant]
    this.configured[participant] = { participant, name, ...limitsBy((limit) => definition[limit]), isAdmin }
    for (const limit of limitNames) {
      if (before?.[limit] === definition[limit]) continue
      this.setLimit(participant, enumerations.riskLimit[limit], definition[limit])
    }
  }

  /** @param limit number of `enumerations.riskLimit` */
  setLimit(participant: number, limit: number, value: number): void {
    const base = recordOf(participant)
    if (limit === maxOrderNotionalMinor) value = Math.min(value, protocolLimits.maxNotionalMinor)
    const isOff = value === 0 && switchedOffByZero.includes(limit)
    this.data[base + columnOfLimit[limit]] = isOff ? UNBOUNDED : value
    this.scheduleLook(participant)
  }

  setBlocked(participant: number, isBlocked: boolean): void {
    this.data[recordOf(participant) + IS_BLOCKED] = Number(isBlocked)
    this.scheduleLook(participant)
  }

  isBlocked(participant: number): boolean {
    return this.data[recordOf(participant) + IS_BLOCKED] === 1
  }

  isAdmin(participant: number): boolean {
    return this.data[recordOf(participant) + IS_ADMIN] === 1
  }

  state(participant: number): ParticipantState | undefined {
    const configured = this.configured[participant]
    if (configured === undefined) return undefined
    return {
      participant,
      name: this.names[participant],
      ...limitsBy((limit) => this.limit(participant, enumerations.riskLimit[limit])),
      isAdmin: this.isAdmin(participant),
      isBlocked: this.isBlocked(participant),
      grossExposureMinor: this.grossExposureMinor(participant),
      equityMinor: this.equityMinor(participant),
      dayStartEquityMinor: this.sum(participant, DAY_START_EQUITY),
      configured,
    }
  }

  /** All that the checks go by: `state` does not tell times, counts and the order sent last. */
  memory(participant: number): Float64Array {
    const base = recordOf(participant)
    return this.data.slice(base, base + RECORD_SIZE)
  }

  write(image: ImageWriter): void {
    image.number(this.count)
    for (let participant = 1; participant <= this.count; participant++) {
      const name = this.names[participant]
      image.text(name)
      image.flag(this.byName(name) === participant)
      image.record(this.configured[participant]!)
    }
    image.array(this.data)
  }

  read(image: ImageReader): void {
    for (let left = image.number(); left > 0; left--) {
      const name = image.text()
      if (image.flag()) this.numbers.set(name, this.names.length)
      this.names.push(name)
      this.configured.push(image.record() as unknown as ParticipantDefinition)
    }
    this.data = image.float64()
  }

  // ── limits in force ───────────────────────────────────────────────────────────────────────────────────────────────

  maxOrderQuantityLots(participant: number): number {
    return this.data[recordOf(participant) + MAX_ORDER_QUANTITY]
  }

  maxOrderNotionalMinor(participant: number): number {
    return this.data[recordOf(participant) + MAX_ORDER_NOTIONAL]
  }

  maxPositionLots(participant: number): number {
    return this.data[recordOf(participant) + MAX_POSITION]
  }

  maxOpenOrders(participant: number): number {
    return this.data[recordOf(participant) + MAX_OPEN_ORDERS]
  }

  maxGrossExposureMinor(participant: number): number {
    return this.data[recordOf(participant) + MAX_GROSS_EXPOSURE]
  }

  maxDailyLossMinor(participant: number): number {
    return this.data[recordOf(participant) + MAX_DAILY_LOSS]
  }

  maxMessagesPerSecond(participant: number): number {
    return this.data[recordOf(participant) + MAX_MESSAGES]
  }

  maxPriceDistanceBasisPoints(participant: number): number {
    return this.data[recordOf(participant) + MAX_PRICE_DISTANCE]
  }

  maxDuplicateOrders(participant: number): number {
    return this.data[recordOf(participant) + MAX_DUPLICATES]
  }

  // ── what the checks count ─────────────────────────────────────────────────────────────────────────────────────────

  openOrderCount(participant: number): number {
    return this.data[recordOf(participant) + OPEN_ORDERS]
  }

  addOpenOrders(participant: number, count: number): void {
    this.data[recordOf(participant) + OPEN_ORDERS] += count
  }

  nextLookUs(participant: number): number {
    return this.data[recordOf(participant) + NEXT_LOOK_US]
  }

  /** When its positions have to be valued again, which only a bound that depends on their values asks for. */
  revaluationDueUs(participant: number): number {
    const base = recordOf(participant)
    const isBounded = this.data[base + MAX_GROSS_EXPOSURE] < UNBOUNDED || this.data[base + MAX_DAILY_LOSS] < UNBOUNDED
    return isBounded ? this.data[base + REVALUED_US] + REVALUATION_INTERVAL_US : UNBOUNDED
  }

  setRevalued(participant: number, timeUs: number): void {
    this.data[recordOf(participant) + REVALUED_US] = timeUs
    this.scheduleLook(participant)
  }

  /** Counts a message and returns how many the second has, which begins with the first after the last one ended. */
  countMessage(participant: number, timeUs: number): number {
    const base = recordOf(participant)
    if (timeUs >= this.data[base + SECOND_END_US]) {
      this.data[base + SECOND_END_US] = timeUs + SECOND_US
      this.data[base + SECOND_MESSAGES] = 0
    }
    return ++this.data[base + SECOND_MESSAGES]
  }

  /**
   * Remembers an order and returns how often it was sent again in a row.
   *
   * @param kind instrument, side and type as one number above 0
   */
  countRepetition(
    participant: number,
    kind: number,
    priceTicks: number,
    stopPriceTicks: number,
    lots: number,
    timeUs: number,
  ): number {
    const base = recordOf(participant)
    const { data } = this
    const isSame =
      data[base + SENT_PRICE] === priceTicks &&
      data[base + SENT_LOTS] === lots &&
      data[base + SENT_KIND] === kind &&
      data[base + SENT_STOP_PRICE] === stopPriceTicks
    if (isSame && timeUs < data[base + SENT_SINCE_US] + data[base + DUPLICATE_WINDOW_MS] * MILLISECOND_US) {
      return ++data[base + SENT_AGAIN]
    }
    data[base + SENT_KIND] = kind
    data[base + SENT_PRICE] = priceTicks
    data[base + SENT_STOP_PRICE] = stopPriceTicks
    data[base + SENT_LOTS] = lots
    data[base + SENT_SINCE_US] = timeUs
    data[base + SENT_AGAIN] = 0
    return 0
  }

  // ── sums over the accounts ────────────────────────────────────────────────────────────────────────────────────────

  /** Exact up to 2^53, then rounded but never to less than that. */
  grossExposureMinor(participant: number): number {
    return this.sum(participant, GROSS_EXPOSURE)
  }

  equityMinor(participant: number): number {
    return this.sum(participant, EQUITY)
  }

  /** What was lost since the day began, negative for a profit. */
  lossOfDayMinor(participant: number): number {
    const base = recordOf(participant)
    const { data } = this
    const units = data[base + DAY_START_EQUITY + SUM_HIGH] - data[base + EQUITY + SUM_HIGH]
    return units * SUM_UNIT + (data[base + DAY_START_EQUITY] - data[base + EQUITY])
  }

  addGrossExposure(participant: number, changeMinor: number): void {
    this.addTo(recordOf(participant) + GROSS_EXPOSURE, changeMinor)
  }

  addEquity(participant: number, changeMinor: number): void {
    this.addTo(recordOf(participant) + EQUITY, changeMinor)
  }

  /** The loss of the day begins at zero. */
  beginDay(participant: number): void {
    const base = recordOf(participant)
    this.data[base + DAY_START_EQUITY] = this.data[base + EQUITY]
    this.data[base + DAY_START_EQUITY + SUM_HIGH] = this.data[base + EQUITY + SUM_HIGH]
  }

  private sum(participant: number, column: number): number {
    const base = recordOf(participant)
    return this.data[base + column + SUM_HIGH] * SUM_UNIT + this.data[base + column]
  }

  private addTo(index: number, change: number): void {
    const sum = this.data[index] + change
    if (Math.abs(sum) <= SUM_UNIT) this.data[index] = sum
    else this.carry(index, change)
  }

  private carry(index: number, change: number): void {
    const sum = BigInt(this.data[index]) + BigInt(change)
    this.data[index] = Number(sum % BigInt(SUM_UNIT))
    this.data[index + SUM_HIGH] += Number(sum / BigInt(SUM_UNIT))
  }

  private limit(participant: number, limit: number): number {
    const value = this.data[recordOf(participant) + columnOfLimit[limit]]
    return value === UNBOUNDED ? 0 : value
  }

  /** The next command of a blocked participant looks, and of one whose bounds depend on values when those are due. */
  private scheduleLook(participant: number): void {
    const dueUs = this.isBlocked(participant) ? 0 : this.revaluationDueUs(participant)
    this.data[recordOf(participant) + NEXT_LOOK_US] = dueUs
  }

  private add(participant: number): void {
    this.names.push('')
    this.configured.push(undefined)
    if (this.names.length * RECORD_SIZE > this.data.length) {
      const larger = float64Table(this.data.length * 2)
      larger.set(this.data)
      this.data = larger
    }
    // Never valued yet, so whatever the time is, it is due.
    this.data[recordOf(participant) + REVALUED_US] = -REVALUATION_INTERVAL_US
  }
}

function limitsBy(read: (limit: keyof RiskLimits) => number): RiskLimits {
  return Object.fromEntries(limitNames.map((limit) => [limit, read(limit)])) as unknown as RiskLimits
}

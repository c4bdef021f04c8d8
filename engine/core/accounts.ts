/**
 * Accounts: what one participant has in one instrument. Positions of an instrument sum to zero over all accounts, and
 * so does cash plus fees. Whatever changes an account changes the gross exposure and the equity of its participant with
 * it.
 *
 * Sides are numbers here, buy 1 and sell 2, and pick columns and signs: which side an order has cannot be foreseen, so
 * a branch on it costs more than the arithmetic.
 */
import { enumerations } from '../../protocol/messages.ts'
import { doubleZero } from './double-zero.ts'
import type { ImageReader, ImageWriter } from './image.ts'
import type { Instrument } from './instrument.ts'
import { asInt32, float64Table } from './line-memory.ts'
import { feeMinor, multiplyDivide } from './money.ts'
import type { Participants } from './participants.ts'

const { buy: BUY, sell: SELL } = enumerations.side

/** One cache line: of many thousand accounts each is far away, and whatever touches one waits for it once. */
const ACCOUNT_SIZE = 8
const POSITION = 0
/**
 * What the position would become if every open buy order traded, and minus what it would become if every open sell
 * order did, in the columns that have the sides' numbers. The larger of the two counts as exposure.
 */
const REACH_BUY = 1
const REACH_SELL = 2
/** What a lot is worth: the valuation price in money. */
const LOT_VALUE = 3
const FEES = 4
const REALISED = 5
/** What the open position was bought for, negative when short. Cash is what was realised, minus this and the fees. */
const COST = 6
// 32-bit columns, in units of 4 bytes from the record's beginning.
const PARTICIPANT_32 = 14
const VALUATION_PRICE_32 = 15

/**
 * What is rarely asked for is kept apart: the instrument, then open quantity of reduce-only orders, waiting stops left
 * out, in the columns that have the sides' numbers.
 */
const RARE_SIZE = 4
const INSTRUMENT = 0

/** Where an account's record begins. The mask changes nothing, but tells V8 that adding a column cannot overflow. */
const recordOf = (account: number): number => (account & 0x1ffffff) * ACCOUNT_SIZE

const rareOf = (account: number): number => (account & 0x1ffffff) * RARE_SIZE

/** 1 for buy, -1 for sell. */
const signOf = (side: number): number => 3 - 2 * (side & 3)

export interface AccountState {
  readonly participant: number
  readonly instrument: number
  readonly positionLots: number
  /** Money received minus money paid, fees included. */
  readonly cashMinor: number
  /** Fees paid, rebates subtracted. */
  readonly feesMinor: number
  /** What the open position was bought for, negative when short. */
  readonly costMinor: number
  /** Profit of what was closed, before fees. */
  readonly realisedMinor: number
  /** Profit of what is open, at the mark. */
  readonly unrealisedMinor: number
  readonly openBuyLots: number
  readonly openSellLots: number
  /** Price at which gross exposure and loss count the position. */
  readonly valuationPriceTicks: number
}

export class Accounts {
  private readonly participants: Participants
  private data = float64Table(ACCOUNT_SIZE * 256)
  private int32 = asInt32(this.data)
  private rare = new Float64Array(RARE_SIZE * 256)
  /** Number that the next account will have. Account 0 belongs to nobody and stays empty. */
  private next = 1
  /** Account by participant and instrument, 0 if there is none yet. */
  private byParticipant: Int32Array[] = []
  /** Open quantity of all reduce-only orders, waiting stops left out. */
  private reduceOnlyLots = doubleZero

  constructor(participants: Participants) {
    this.participants = participants
  }

  /** The account of a participant in an instrument, 0 if nothing was ever accepted there: all that it has is 0. */
  find(participant: number, instrument: number): number {
    const accounts = this.byParticipant[participant]
    return accounts !== undefined && instrument < accounts.length ? accounts[instrument] : 0
  }

  participant(account: number): number {
    return this.int32[recordOf(account) * 2 + PARTICIPANT_32]
  }

  positionLots(account: number): number {
    return this.data[recordOf(account) + POSITION]
  }

  // ── what the checks ask ───────────────────────────────────────────────────────────────────────────────────────────

  /** What the position could become, in the side's direction, if this quantity and all its open orders traded. */
  worstPositionLots(account: number, side: number, lots: number): number {
    const base = recordOf(account)
    return this.data[base + (side & 3)] + lots
  }

  /** By how much this quantity would raise the gross exposure. An account not opened yet is valued at the mark. */
  addedExposureMinor(account: number, side: number, lots: number, instrument: Instrument): number {
    const base = recordOf(account)
    const lotValue =
      account === 0 ? instrument.markPriceTicks() * instrument.definition.tickValueMinor : this.data[base + LOT_VALUE]
    const lead = this.leadLots(base, side)
    return ((lots + Math.abs(lead + lots) - Math.abs(lead)) / 2) * lotValue
  }

  /** Lots that it holds or could still trade. */
  reachableLots(account: number): number {
    const base = recordOf(account)
    return Math.abs(this.data[base + POSITION]) + this.data[base + REACH_BUY] + this.data[base + REACH_SELL]
  }

  /** The sizes of its sums of money together. */
  bookedMinor(account: number): number {
    const base = recordOf(account)
    const { data } = this
    return Math.abs(this.cashMinor(base)) + Math.abs(data[base + FEES]) + Math.abs(data[base + REALISED])
  }

  /** What an order of the side may reduce beside the reduce-only orders that are open on it. */
  reducibleLots(account: number, side: number): number {
    const base = recordOf(account)
    const held = -this.data[base + POSITION] * signOf(side)
    return Math.max(0, held - this.rare[rareOf(account) + (side & 3)])
  }

  /** By how much the open reduce-only orders of a side are more than the position leaves to reduce. */
  excessReduceOnlyLots(account: number, side: number): number {
    const base = recordOf(account)
    const held = -this.data[base + POSITION] * signOf(side)
    return Math.max(0, this.rare[rareOf(account) + (side & 3)] - Math.max(0, held))
  }

  /** Whether any account has open reduce-only orders. */
  get hasReduceOnly(): boolean {
    return this.reduceOnlyLots > 0
  }

  // ── what changes it ───────────────────────────────────────────────────────────────────────────────────────────────

  /** Open quantity came (positive) or went (negative). */
  addOpenLots(account: number, side: number, lots: number): void {
    const base = recordOf(account)
    const lead = this.leadLots(base, side)
    const worstLots = (lots + Math.abs(lead + lots) - Math.abs(lead)) / 2
    this.data[base + (side & 3)] += lots
    this.participants.addGrossExposure(this.participant(account), worstLots * this.data[base + LOT_VALUE])
  }

  /** The same for the part of it that is of reduce-only orders. */
  addReduceOnlyLots(account: number, side: number, lots: number): void {
    this.rare[rareOf(account) + (side & 3)] += lots
    this.reduceOnlyLots += lots
  }

  /**
   * Books one side of a trade and returns its fee in minor units.
   *
   * @param openLots what of the traded quantity was counted as open: all of a resting order's, none of the aggressor's
   */
  trade(account: number, side: number, lots: number, notionalMinor: number, feeRate: number, openLots: number): number {
    const { data, participants } = this
    const base = recordOf(account)
    const sign = signOf(side)
    const fee = feeMinor(notionalMinor, feeRate)
    const position = data[base + POSITION]
    const lotValue = data[base + LOT_VALUE]
    const paidMinor = notionalMinor * sign
    const lead = this.leadLots(base, side)
    const worstLots = (Math.abs(lead + 2 * lots - openLots) - openLots - Math.abs(lead)) / 2
    data[base + (side & 3)] += lots - openLots
    data[base + BUY + SELL - (side & 3)] -= lots
    data[base + POSITION] = position + lots * sign
    data[base + FEES] += fee
    // What of it closes the position, whose cost it takes a share of; all the rest opens. Without a branch, as above.
    const held = (Math.abs(position) - position * sign) / 2
    const closedLots = (lots + held - Math.abs(lots - held)) / 2
    const costMinor = Math.abs(data[base + COST])
    const closedCostMinor = position === 0 ? 0 : multiplyDivide(costMinor, closedLots, Math.abs(position))
    // The notional is lots times a price, so this is exact.
    const closedMinor = (notionalMinor / lots) * closedLots
    data[base + REALISED] += (closedCostMinor - closedMinor) * sign
    data[base + COST] += (closedCostMinor + notionalMinor - closedMinor) * sign
    const participant = this.participant(account)
    participants.addEquity(participant, lots * sign * lotValue - paidMinor - fee)
    participants.addGrossExposure(participant, worstLots * lotValue)
    return fee
  }

  /** Counts a participant's positions and open orders at the marks from now on. */
  revalue(participant: number, instruments: readonly (Instrument | undefined)[]): void {
    const accounts = this.byParticipant[participant]
    if (accounts === undefined) return
    for (let number = 1; number < accounts.length; number++) {
      if (accounts[number] === 0) continue
      const base = recordOf(accounts[number])
      const before = this.data[base + LOT_VALUE]
      this.value(base, instruments[number]!)
      const change = this.data[base + LOT_VALUE] - before
      if (change === 0) continue
      const worstLots = Math.max(this.data[base + REACH_BUY], this.data[base + REACH_SELL])
      this.participants.addEquity(participant, this.data[base + POSITION] * change)
      this.participants.addGrossExposure(participant, worstLots * change)
    }
  }

  /** Makes the account of a participant in an instrument, which must not exist yet. */
  open(participant: number, instrument: Instrument): number {
    const account = this.next++
    if (this.next * ACCOUNT_SIZE > this.data.length) {
      const larger = float64Table(this.data.length * 2)
      larger.set(this.data)
      this.data = larger
      this.int32 = asInt32(larger)
      const rare = new Float64Array(this.rare.length * 2)
      rare.set(this.rare)
      this.rare = rare
    }
    const { number } = instrument
    this.int32[recordOf(account) * 2 + PARTICIPANT_32] = participant
    this.rare[rareOf(account) + INSTRUMENT] = number
    this.value(recordOf(account), instrument)
    while (this.byParticipant.length <= participant) this.byParticipant.push(new Int32Array(16))
    const existing = this.byParticipant[participant]
    if (number >= existing.length) {
      const larger = new Int32Array(Math.max(number + 1, existing.length * 2))
      larger.set(existing)
      this.byParticipant[participant] = larger
    }
    this.byParticipant[participant][number] = account
    return account
  }

  /** All accounts, in the order in which they were opened. */
  list(instruments: readonly (Instrument | undefined)[]): AccountState[] {
    const states: AccountState[] = []
    for (let account = 1; account < this.next; account++) {
      states.push(this.state(account, instruments[this.rare[rareOf(account) + INSTRUMENT]]!))
    }
    return states
  }

  /** The accounts of one participant, by instrument. */
  listOf(participant: number, instruments: readonly (Instrument | undefined)[]): AccountState[] {
    const states: AccountState[] = []
    this.byParticipant[participant]?.forEach((account, instrument) => {
      if (account !== 0) states.push(this.state(account, instruments[instrument]!))
    })
    return states
  }

  /** All that accounts hold, in the same order: `list` leaves out reduce-only quantities and what a lot is worth. */
  records(): number[][] {
    const records: number[][] = []
    for (let account = 1; account < this.next; account++) {
      const base = recordOf(account)
      const rare = rareOf(account)
      records.push([
        ...this.int32.subarray(base * 2 + PARTICIPANT_32, (base + ACCOUNT_SIZE) * 2),
        ...this.data.subarray(base, base + PARTICIPANT_32 / 2),
        ...this.rare.subarray(rare, rare + RARE_SIZE),
      ])
    }
    return records
  }

  write(image: ImageWriter): void {
    image.array(this.data, this.next * ACCOUNT_SIZE)
    image.array(this.rare, this.next * RARE_SIZE)
    image.number(this.next)
    image.arrayList(this.byParticipant)
    image.number(this.reduceOnlyLots)
  }

  read(image: ImageReader): void {
    this.data = image.float64()
    this.int32 = asInt32(this.data)
    this.rare = image.float64()
    this.next = image.number()
    this.byParticipant = image.int32List()
    this.reduceOnlyLots = image.number()
  }

  /**
   * How much farther it reaches on a side than on the other. The larger of two numbers is half their sum and half the
   * size of their difference, and a size takes no branch.
   */
  private leadLots(base: number, side: number): number {
    return this.data[base + (side & 3)] - this.data[base + BUY + SELL - (side & 3)]
  }

  /** Exact, and so is the step between: the sizes of cash and fees together are bounded. */
  private cashMinor(base: number): number {
    return this.data[base + REALISED] - this.data[base + COST] - this.data[base + FEES]
  }

  private value(base: number, instrument: Instrument): void {
    const priceTicks = instrument.markPriceTicks()
    this.int32[base * 2 + VALUATION_PRICE_32] = priceTicks
    this.data[base + LOT_VALUE] = priceTicks * instrument.definition.tickValueMinor
  }

  private state(account: number, instrument: Instrument): AccountState {
    const { data } = this
    const base = recordOf(account)
    const lotMarkMinor = instrument.markPriceTicks() * instrument.definition.tickValueMinor
    return {
      participant: this.participant(account),
      instrument: instrument.number,
      positionLots: data[base + POSITION],
      cashMinor: this.cashMinor(base),
      feesMinor: data[base + FEES],
      costMinor: data[base + COST],
      realisedMinor: data[base + REALISED],
      unrealisedMinor: data[base + POSITION] * lotMarkMinor - data[base + COST],
      openBuyLots: data[base + REACH_BUY] - data[base + POSITION],
      openSellLots: data[base + REACH_SELL] + data[base + POSITION],
      valuationPriceTicks: this.int32[base * 2 + VALUATION_PRICE_32],
    }
  }
}

/**
 * Accounts: what one participant has in one instrument. Positions of an instrument sum to zero over all accounts, and so
 * does cash plus fees.
 */
import { enumerations } from '../../protocol/messages.ts'
import { feeMinor } from './money.ts'

const { buy: BUY } = enumerations.side

const ACCOUNT_SIZE = 8
const POSITION = 0
const CASH = 1
const FEES = 2
/** Open quantity of all its buy orders and of all its sell orders. */
const OPEN_BUY = 3
const OPEN_SELL = 4
const PARTICIPANT = 5
const INSTRUMENT = 6

export interface AccountState {
  readonly participant: number
  readonly instrument: number
  readonly positionLots: number
  /** Money received minus money paid, fees included. */
  readonly cashMinor: number
  /** Fees paid, rebates subtracted. */
  readonly feesMinor: number
  readonly openBuyLots: number
  readonly openSellLots: number
}

export class Accounts {
  private data = new Float64Array(ACCOUNT_SIZE * 256)
  /** Number that the next account will have. Account 0 belongs to nobody and stays empty. */
  private next = 1
  /** Account by participant and instrument, 0 if there is none yet. */
  private readonly byParticipant: Int32Array[] = []

  /** The account of a participant in an instrument, 0 if nothing was ever accepted there: all that it has is 0. */
  find(participant: number, instrument: number): number {
    const accounts = this.byParticipant[participant]
    return accounts !== undefined && instrument < accounts.length ? accounts[instrument] : 0
  }

  /** What the position could become if this quantity and every open order of its side traded. */
  worstPositionLots(account: number, isBuy: boolean, lots: number): number {
    const base = account * ACCOUNT_SIZE
    return isBuy
      ? this.data[base + POSITION] + this.data[base + OPEN_BUY] + lots
      : this.data[base + OPEN_SELL] - this.data[base + POSITION] + lots
  }

  /** Open quantity came (positive) or went (negative). */
  addOpenLots(account: number, side: number, lots: number): void {
    this.data[account * ACCOUNT_SIZE + OPEN_BUY - BUY + side] += lots
  }

  /** Books one side of a trade and returns its fee in minor units. */
  trade(account: number, isBuy: boolean, lots: number, notionalMinor: number, feeRate: number): number {
    const base = account * ACCOUNT_SIZE
    const fee = feeMinor(notionalMinor, feeRate)
    this.data[base + POSITION] += isBuy ? lots : -lots
    this.data[base + CASH] += (isBuy ? -notionalMinor : notionalMinor) - fee
    this.data[base + FEES] += fee
    return fee
  }

  /** All accounts, in the order in which they were opened. */
  list(): AccountState[] {
    const states: AccountState[] = []
    for (let account = 1; account < this.next; account++) states.push(this.state(account))
    return states
  }

  /** Makes the account of a participant in an instrument, which must not exist yet. */
  open(participant: number, instrument: number): number {
    const account = this.next++
    if (this.next * ACCOUNT_SIZE > this.data.length) {
      const larger = new Float64Array(this.data.length * 2)
      larger.set(this.data)
      this.data = larger
    }
    this.data[account * ACCOUNT_SIZE + PARTICIPANT] = participant
    this.data[account * ACCOUNT_SIZE + INSTRUMENT] = instrument
    while (this.byParticipant.length <= participant) this.byParticipant.push(new Int32Array(16))
    const existing = this.byParticipant[participant]
    if (instrument >= existing.length) {
      const larger = new Int32Array(Math.max(instrument + 1, existing.length * 2))
      larger.set(existing)
      this.byParticipant[participant] = larger
    }
    this.byParticipant[participant][instrument] = account
    return account
  }

  private state(account: number): AccountState {
    const base = account * ACCOUNT_SIZE
    return {
      participant: this.data[base + PARTICIPANT],
      instrument: this.data[base + INSTRUMENT],
      positionLots: this.data[base + POSITION],
      cashMinor: this.data[base + CASH],
      feesMinor: this.data[base + FEES],
      openBuyLots: this.data[base + OPEN_BUY],
      openSellLots: this.data[base + OPEN_SELL],
    }
  }
}

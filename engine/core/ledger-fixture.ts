/** Instruments, participants and accounts without a book around them, for tests of ledger and limits. */
import { Accounts } from './accounts.ts'
import { BookMemory } from './book/book-memory.ts'
import { Instrument, type InstrumentDefinition } from './instrument.ts'
import { deafListener, plainDefinition } from './instrument-fixture.ts'
import { wideLimits } from './participant-fixture.ts'
import { type ParticipantDefinition, Participants } from './participants.ts'
import { Risk } from './risk.ts'
import { Valuation } from './valuation.ts'

/** Instruments 1 to 3 with prices around 100, participants 1 and 2 without bounds that matter. */
export class Ledger {
  readonly participants = new Participants()
  readonly accounts = new Accounts(this.participants)
  readonly instruments: (Instrument | undefined)[] = [undefined]
  readonly valuation = new Valuation(this.participants, this.accounts, this.instruments)
  readonly risk = new Risk(this.participants, this.accounts, this.valuation)
  private readonly memory = new BookMemory(16)

  constructor(terms: Partial<InstrumentDefinition> = {}) {
    for (let instrument = 1; instrument <= 3; instrument++) {
      const definition = { ...plainDefinition, instrument, symbol: `I${instrument}`, ...terms }
      this.instruments.push(new Instrument(definition, this.memory, deafListener))
    }
    this.define(1, {})
    this.define(2, {})
  }

  define(participant: number, terms: Partial<ParticipantDefinition>): void {
    this.participants.define({ participant, name: `p${participant}`, isAdmin: false, ...wideLimits, ...terms })
  }

  instrument(number: number): Instrument {
    return this.instruments[number]!
  }

  /** The account of a participant in an instrument, opened if it is not yet. */
  account(participant: number, instrument = 1): number {
    const account = this.accounts.find(participant, instrument)
    return account !== 0 ? account : this.accounts.open(participant, this.instrument(instrument))
  }

  /** Books one side of a trade, of which nothing was counted as open before, at a price in ticks. */
  trade(account: number, side: number, lots: number, priceTicks: number, instrument = 1, feeRate = 0): number {
    const notionalMinor = priceTicks * lots * this.instrument(instrument).definition.tickValueMinor
    return this.accounts.trade(account, side, lots, notionalMinor, feeRate, 0)
  }

  /** Makes a price the last one of an instrument. */
  mark(priceTicks: number, instrument = 1): void {
    this.instrument(instrument).recordTrade(priceTicks, 1)
  }
}

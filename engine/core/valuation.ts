/** When positions are valued again, for the bounds on gross exposure and on the loss of a day. */
import type { Accounts } from './accounts.ts'
import type { Instrument } from './instrument.ts'
import type { Participants } from './participants.ts'

export class Valuation {
  private readonly participants: Participants
  private readonly accounts: Accounts
  private readonly instruments: readonly (Instrument | undefined)[]

  constructor(participants: Participants, accounts: Accounts, instruments: readonly (Instrument | undefined)[]) {
    this.participants = participants
    this.accounts = accounts
    this.instruments = instruments
  }

  /** To be called before anything of a participant's order, replacement or mass quote is checked. */
  revalueIfDue(participant: number, timeUs: number): void {
    if (timeUs >= this.participants.revaluationDueUs(participant)) this.revalue(participant, timeUs)
  }

  /** Revalues everyone; each one's loss of the day begins at zero. */
  beginDay(timeUs: number): void {
    for (let participant = 1; participant <= this.participants.count; participant++) {
      this.revalue(participant, timeUs)
      this.participants.beginDay(participant)
    }
  }

  private revalue(participant: number, timeUs: number): void {
    this.accounts.revalue(participant, this.instruments)
    this.participants.setRevalued(participant, timeUs)
  }
}

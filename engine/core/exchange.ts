/**
 * The exchange as a pure, synchronous, deterministic state machine: commands in, events out, nothing else. The same
 * commands give the same state and the same events, byte for byte, on any machine.
 */
import type { Message, Row } from '../../protocol/messages.ts'
import type { Command } from './command.ts'
import type { EventBuffer } from './events.ts'

export type InstrumentDefinition = Row<'instrument'>

export type Definition = Message<
  'instrumentDefined' | 'participantDefined' | 'sessionDefined' | 'sessionConnected' | 'sessionDisconnected'
>

export interface SessionState {
  readonly session: number
  readonly participant: number
  readonly name: string
  /** Last ref processed, 0 before the first. */
  readonly lastRef: number
  /** Number that the next event will have, from 1. */
  readonly nextEvent: number
  /** Between sessionConnected and sessionDisconnected. */
  readonly connected: boolean
  readonly cancelOnDisconnect: boolean
  readonly openOrderCount: number
}

export interface ParticipantState {
  readonly participant: number
  readonly name: string
  readonly maxOrderQuantityLots: number
  readonly maxOrderNotionalMinor: number
  readonly maxPositionLots: number
  readonly maxOpenOrders: number
}

export interface AccountState {
  readonly participant: number
  readonly instrument: number
  readonly positionLots: number
  readonly cashMinor: number
  readonly feesMinor: number
  readonly openBuyLots: number
  readonly openSellLots: number
}

export interface LevelState {
  readonly priceTicks: number
  readonly quantityLots: number
  readonly orderCount: number
}

export interface OrderState {
  readonly orderId: number
  readonly session: number
  readonly ref: number
  readonly instrument: number
  readonly side: number
  readonly priceTicks: number
  readonly quantityLots: number
  readonly leavesLots: number
}

export declare class Exchange {
  /** Applies one order-entry command (newOrder, cancelOrder, replaceOrder, massCancel); appends what it causes to `out`. */
  apply(command: Command, out: EventBuffer): void
  /** Applies one command of the log that is not order entry. `session` only matters to the sessionXxx ones that go by the record's session. */
  applyDefinition(definition: Definition, sequence: number, timeUs: number, session: number, out: EventBuffer): void
  /** Sequence number of the last command applied; 0 before the first. */
  readonly sequence: number
  /** Time of the last command applied. */
  readonly timeUs: number
  /** Indexed by number; index 0 is never used. */
  readonly instruments: readonly (InstrumentDefinition | undefined)[]
  session(session: number): SessionState | undefined
  participant(participant: number): ParticipantState | undefined
  readonly sessionCount: number
  readonly participantCount: number
  /** Every account (participant × instrument) that was ever used. */
  accounts(): AccountState[]
  /** Levels of one side, best first. `side`: 1 bids, 2 asks. */
  levels(instrument: number, side: number): LevelState[]
  /** Open orders of one side in priority order. */
  orders(instrument: number, side: number): OrderState[]
  /** Best price of one side, 0 if it is empty, and the quantity there. */
  bestPriceTicks(instrument: number, side: number): number
  bestQuantityLots(instrument: number, side: number): number
  /** Price of the last trade, 0 before the first. */
  lastPriceTicks(instrument: number): number
  /** Running totals for the status channel. */
  tradeCount(instrument: number): number
  volumeLots(instrument: number): number
  commandCount(instrument: number): number
  /** Hash of the whole state: equal after the same commands, on any machine. */
  stateHash(): string
}

/** The core's front door: what the rest of the engine may use of it. */
export type { AccountState } from './accounts.ts'
export { Command, commandType } from './command.ts'
export * from './events.ts'
export { type Definition, Exchange, type LevelState } from './exchange.ts'
export type { InstrumentDefinition } from './instrument.ts'
export type { ParticipantState } from './participants.ts'
export type { SessionState } from './sessions.ts'
export type { OrderState } from './state-hash.ts'

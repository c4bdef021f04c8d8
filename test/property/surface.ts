/** What the exchange and the model of it have in common: what may be told them and asked of either. */
import type { ControlCommand, Exchange } from '../../engine/core/index.ts'
import type { enumerations, Message } from '../../protocol/messages.ts'

export type {
  AccountState,
  Definition,
  Indication,
  InstrumentDefinition,
  LevelState,
  OrderState,
  ParticipantState,
  SessionState,
} from '../../engine/core/index.ts'
export type Control = ControlCommand
export type ParticipantDefinition = Omit<Message<'participantDefined'>, 'type'>
export type ProtectionState = NonNullable<ReturnType<Exchange['protection']>>
export type QuoteState = NonNullable<ReturnType<Exchange['quote']>>
export type Phase = keyof typeof enumerations.phase

export type ExchangeSurface = Pick<
  Exchange,
  | 'apply'
  | 'applyControl'
  | 'applyDefinition'
  | 'sequence'
  | 'timeUs'
  | 'nextTimerUs'
  | 'sessionCount'
  | 'participantCount'
  | 'session'
  | 'participant'
  | 'accounts'
  | 'levels'
  | 'orders'
  | 'stops'
  | 'waitingAtClose'
  | 'quote'
  | 'protection'
  | 'obligations'
  | 'phase'
  | 'indication'
  | 'bestPriceTicks'
  | 'bestQuantityLots'
  | 'lastPriceTicks'
  | 'tradeCount'
  | 'volumeLots'
  | 'commandCount'
>

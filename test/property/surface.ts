/** What the exchange and the model of it have in common: the questions that a test may ask of either. */
import type { Exchange } from '../../engine/core/index.ts'
import type { Row } from '../../protocol/messages.ts'

export type ExchangeSurface = Pick<
  Exchange,
  | 'apply'
  | 'applyDefinition'
  | 'sequence'
  | 'timeUs'
  | 'session'
  | 'participant'
  | 'sessionCount'
  | 'participantCount'
  | 'accounts'
  | 'levels'
  | 'orders'
  | 'bestPriceTicks'
  | 'bestQuantityLots'
  | 'lastPriceTicks'
  | 'tradeCount'
  | 'volumeLots'
  | 'commandCount'
>

export type Definition = Parameters<Exchange['applyDefinition']>[0]
export type InstrumentDefinition = Row<'instrument'>
export type ParticipantState = NonNullable<ReturnType<Exchange['participant']>>
export type SessionState = NonNullable<ReturnType<Exchange['session']>>
export type AccountState = ReturnType<Exchange['accounts']>[number]
export type LevelState = ReturnType<Exchange['levels']>[number]
export type OrderState = ReturnType<Exchange['orders']>[number]

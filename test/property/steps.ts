/**
 * What a generated test does, step by step. A step names orders and prices relative to the state that it meets ("my third
 * open order", "two ticks above the reference price"), so that a list of steps still makes sense after any of them is left
 * out: that is how failures shrink. Driver turns steps into commands.
 */
import type { OutgoingMessage } from '../../protocol/messages.ts'
import type { InstrumentDefinition } from './surface.ts'

/** A number relative to one that is only known when the step is done. */
export interface Relative {
  /** `reference`: the instrument's defined price; `order`: the price or total quantity of the order concerned. */
  readonly from: 'zero' | 'reference' | 'order' | 'filled'
  readonly plus: number
  /** Prices only: whether to take `plus` away from the other side of the book, whatever its sign. */
  readonly passive?: boolean
}

/** `refPlus`: the ref beyond the session's last one. `target`: which of the session's open orders; negative: no such. */
export type OrderEntryStep =
  | {
      readonly do: 'newOrder'
      readonly session: number
      readonly refPlus: number
      readonly instrument: number
      readonly side: number
      readonly orderType: number
      readonly timeInForce: number
      readonly quantityLots: number
      readonly price: Relative
    }
  | { readonly do: 'cancelOrder'; readonly session: number; readonly refPlus: number; readonly target: number }
  | {
      readonly do: 'replaceOrder'
      readonly session: number
      readonly refPlus: number
      readonly target: number
      readonly quantity: Relative
      readonly price: Relative
    }
  | {
      readonly do: 'massCancel'
      readonly session: number
      readonly refPlus: number
      readonly instrument: number
      readonly side: number
    }

export type Step =
  | OrderEntryStep
  | { readonly do: 'connect'; readonly session: number; readonly cancelOnDisconnect: boolean }
  | { readonly do: 'disconnect'; readonly session: number }
  | { readonly do: 'redefineInstrument'; readonly instrument: number; readonly change: Partial<InstrumentDefinition> }
  | { readonly do: 'redefineParticipant'; readonly participant: number; readonly limits: RiskLimits }

export type RiskLimits = Omit<OutgoingMessage<'participantDefined'>, 'type' | 'participant' | 'name'>

/** The exchange that a stream of steps begins with. */
export interface Setup {
  readonly instruments: readonly InstrumentDefinition[]
  readonly participants: readonly RiskLimits[]
  /** The participant of each session. */
  readonly sessions: readonly number[]
}

/**
 * What a generated test does, step by step. A step names orders, prices and times relative to the state that it meets
 * ("my third open order", "two ticks above the last price"), so that a list of steps still makes sense after any of
 * them is left out: that is how failures shrink. Driver turns steps into commands.
 */
import type { Message } from '../../protocol/messages.ts'
import type { Control, InstrumentDefinition } from './surface.ts'

/** A number relative to one that is only known when the step is done. */
export interface Relative {
  /**
   * `reference`: the instrument's defined price; `last`: its last price, or that; `own`: the price, stop price or total
   * quantity that the order or quote has, or the reference; `filled`: what is filled of the order.
   */
  readonly from: 'zero' | 'reference' | 'last' | 'own' | 'filled'
  readonly plus: number
  /** Prices only: whether to take `plus` away from the other side of the book, whatever its sign. */
  readonly passive?: boolean
}

export interface NewOrderStep {
  readonly do: 'newOrder'
  readonly session: number
  readonly refPlus: number
  readonly instrument: number
  readonly side: number
  readonly orderType: number
  readonly timeInForce: number
  readonly quantityLots: number
  readonly price: Relative
  readonly stopPrice: Relative
  readonly displayQuantityLots: number
  /** Microseconds until it expires; 0: no time to expire at. */
  readonly expiresInUs: number
  readonly selfTradePrevention: number
  readonly reduceOnly: number
}

export interface QuoteSideStep {
  readonly price: Relative
  readonly quantityLots: number
}

/** `refPlus`: how far the ref is beyond the last one. `target`: which open order of the session; negative: none. */
export type OrderEntryStep =
  | NewOrderStep
  /** The last new order once more, by the same session. */
  | { readonly do: 'repeatOrder'; readonly refPlus: number }
  | { readonly do: 'cancelOrder'; readonly session: number; readonly refPlus: number; readonly target: number }
  | {
      readonly do: 'replaceOrder'
      readonly session: number
      readonly refPlus: number
      readonly target: number
      readonly quantity: Relative
      readonly price: Relative
      /** A waiting stop gets one; others usually none. */
      readonly stopPrice: Relative
    }
  | {
      readonly do: 'massCancel'
      readonly session: number
      readonly refPlus: number
      readonly instrument: number
      readonly side: number
    }
  | {
      readonly do: 'massQuote'
      readonly session: number
      readonly refPlus: number
      readonly group: number
      readonly quotes: readonly {
        readonly instrument: number
        readonly bid: QuoteSideStep
        readonly ask: QuoteSideStep
      }[]
    }

type WithoutRef<Sent> = Sent extends unknown ? Omit<Sent, 'ref'> : never
/** A control message that has no ref yet. */
export type ControlTerms = WithoutRef<Control>

export type Step =
  | OrderEntryStep
  | {
      readonly do: 'control'
      readonly session: number
      readonly refPlus: number
      readonly message: ControlTerms
    }
  /** Time passes; `toTimer`: not for so long, but up to what is due next, and so much beyond. `told`: by a command. */
  | { readonly do: 'passTime'; readonly us: number; readonly toTimer: boolean; readonly told: boolean }
  | { readonly do: 'connect'; readonly session: number; readonly cancelOnDisconnect: boolean }
  | { readonly do: 'disconnect'; readonly session: number }
  | { readonly do: 'redefineInstrument'; readonly instrument: number; readonly change: Partial<InstrumentDefinition> }
  | { readonly do: 'redefineParticipant'; readonly participant: number; readonly limits: RiskLimits }

export type RiskLimits = Omit<Message<'participantDefined'>, 'type' | 'participant' | 'name'>
export type SelfTradePrevention = Message<'sessionDefined'>['selfTradePrevention']

/** The exchange that a stream of steps begins with. */
export interface Setup {
  readonly instruments: readonly InstrumentDefinition[]
  readonly participants: readonly RiskLimits[]
  readonly sessions: readonly { readonly participant: number; readonly selfTradePrevention: SelfTradePrevention }[]
}

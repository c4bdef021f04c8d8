/**
 * When a bot must not trade, and how much it may ask for. The guard looks at one instrument; when it halts, the bot pulls
 * all its quotes there and says why.
 */
import type { Side } from '../../protocol/messages.ts'

export interface RiskLimits {
  /** Largest position either way, in lots, all open orders counted as filled. */
  readonly maxPositionLots: number
  /** Largest loss since the bot began, in minor units, marked at the middle of the book. */
  readonly stopLossMinor: number
  /** Longest silence of the market data, heartbeats included, in milliseconds. */
  readonly maxSilenceMs: number
}

/** What the guard judges. */
export interface RiskView {
  readonly positionLots: number
  /** The most that open orders may still be filled for, in lots. */
  readonly openBuyLots: number
  readonly openSellLots: number
  readonly pnlMinor: number
  readonly isSessionLive: boolean
  /** Whether `openBuyLots` and `openSellLots` include every order that there is. */
  readonly areOrdersKnown: boolean
  /** Whether the book is complete and in step with the engine. */
  readonly isBookSynchronised: boolean
  /** Time since the last message of the market data, in milliseconds. */
  readonly silenceMs: number
}

export class RiskGuard {
  private readonly limits: RiskLimits
  /** Why it halted for good: until a person starts the bot again. */
  private breached: string | undefined

  constructor(limits: RiskLimits) {
    this.limits = limits
  }

  /** Why the bot must not trade now, in one line for people; undefined if it may. */
  check(view: RiskView): string | undefined {
    this.breached ??= this.breach(view)
    return this.breached ?? this.blindness(view)
  }

  /** How many more lots one side may ask for, 0 or more: what is left of the bound if all open orders were filled. */
  roomLots(side: Side, view: Pick<RiskView, 'positionLots' | 'openBuyLots' | 'openSellLots'>): number {
    const reached = side === 'buy' ? view.positionLots + view.openBuyLots : view.openSellLots - view.positionLots
    return Math.max(0, this.limits.maxPositionLots - reached)
  }

  private breach({ positionLots, pnlMinor }: RiskView): string | undefined {
    const { maxPositionLots, stopLossMinor } = this.limits
    if (pnlMinor <= -stopLossMinor) {
      return `stop-loss: lost ${-pnlMinor} of ${stopLossMinor} minor units`
    }
    if (Math.abs(positionLots) > maxPositionLots) {
      return `position limit: holds ${positionLots} of ${maxPositionLots} lots`
    }
    return undefined
  }

  private blindness({ isSessionLive, areOrdersKnown, isBookSynchronised, silenceMs }: RiskView): string | undefined {
    if (!isSessionLive) return 'disconnected: the session is not live'
    if (!areOrdersKnown) return 'unknown orders: their cancellation is not answered'
    if (!isBookSynchronised) return 'stale market data: the book is incomplete'
    const { maxSilenceMs } = this.limits
    if (silenceMs > maxSilenceMs) {
      return `stale market data: nothing came for more than ${maxSilenceMs / 1000} s`
    }
    return undefined
  }
}

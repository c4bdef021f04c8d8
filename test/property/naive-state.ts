/** The state of the naive exchange and every question that can be asked about it, answered by summing up. */
import type { BookOrder, NaiveBook } from '../../engine/core/book/naive-book.ts'
import { enumerations, type Side } from '../../protocol/messages.ts'
import type { Circumstances } from './naive-checks.ts'
import type {
  AccountState,
  InstrumentDefinition,
  LevelState,
  OrderState,
  ParticipantState,
  SessionState,
} from './surface.ts'

const { side, orderType } = enumerations

type Writable<State> = { -readonly [Key in keyof State]: State[Key] }
export type Session = Writable<Omit<SessionState, 'openOrderCount'>>
export type Account = Writable<Omit<AccountState, 'openBuyLots' | 'openSellLots'>>
export type OpenOrder = BookOrder & { readonly session: number; readonly ref: number; readonly instrument: number }

export interface Market {
  readonly book: NaiveBook
  lastPriceTicks: number
  tradeCount: number
  volumeLots: number
  commandCount: number
}

export class NaiveState {
  sequence = 0
  timeUs = 0
  protected readonly definitions: InstrumentDefinition[] = []
  protected readonly markets: Market[] = []
  protected readonly participants: ParticipantState[] = []
  protected readonly sessions: Session[] = []
  protected readonly accountList: Account[] = []
  /** Oldest accepted first. */
  protected openOrders: OpenOrder[] = []

  session(session: number): SessionState | undefined {
    const state = this.sessions[session]
    return state && { ...state, openOrderCount: this.ordersOf(session).length }
  }

  participant(participant: number): ParticipantState | undefined {
    return this.participants[participant]
  }

  get sessionCount(): number {
    return Math.max(0, this.sessions.length - 1)
  }

  get participantCount(): number {
    return Math.max(0, this.participants.length - 1)
  }

  accounts(): AccountState[] {
    return this.accountList.map((account) => ({
      ...account,
      openBuyLots: this.openLots(account.participant, account.instrument, 'buy'),
      openSellLots: this.openLots(account.participant, account.instrument, 'sell'),
    }))
  }

  orders(instrument: number, orderSide: number): OrderState[] {
    return this.queue(instrument, orderSide).map((order) => ({
      orderId: order.orderId,
      session: order.session,
      ref: order.ref,
      instrument,
      side: orderSide,
      orderType: orderType[order.orderType],
      priceTicks: order.priceTicks,
      quantityLots: order.quantityLots,
      leavesLots: order.leavesLots,
    }))
  }

  levels(instrument: number, orderSide: number): LevelState[] {
    const byPrice = Map.groupBy(this.queue(instrument, orderSide), (order) => order.priceTicks)
    return [...byPrice].map(([priceTicks, orders]) => ({
      priceTicks,
      quantityLots: sumOfLeaves(orders),
      orderCount: orders.length,
    }))
  }

  bestPriceTicks(instrument: number, orderSide: number): number {
    return this.queue(instrument, orderSide)[0]?.priceTicks ?? 0
  }

  bestQuantityLots(instrument: number, orderSide: number): number {
    return this.levels(instrument, orderSide)[0]?.quantityLots ?? 0
  }

  lastPriceTicks(instrument: number): number {
    return this.markets[instrument].lastPriceTicks
  }

  tradeCount(instrument: number): number {
    return this.markets[instrument].tradeCount
  }

  volumeLots(instrument: number): number {
    return this.markets[instrument].volumeLots
  }

  commandCount(instrument: number): number {
    return this.markets[instrument].commandCount
  }

  /** Open orders of a session, oldest accepted first. */
  ordersOf(session: number): OpenOrder[] {
    return this.openOrders.filter((order) => order.session === session)
  }

  protected account(participant: number, instrument: number): Account {
    const found = this.accountList.find((one) => one.participant === participant && one.instrument === instrument)
    if (found) return found
    const account = { participant, instrument, positionLots: 0, cashMinor: 0, feesMinor: 0 }
    this.accountList.push(account)
    return account
  }

  /** What the checks of an order of that participant, instrument and side need to know. */
  protected circumstances(instrument: number, participant: number, orderSide: Side): Circumstances {
    const definition = this.definitions[instrument]
    const bid = this.bestPriceTicks(instrument, side.buy)
    const ask = this.bestPriceTicks(instrument, side.sell)
    const middle = bid !== 0 && ask !== 0 ? Math.floor((bid + ask) / 2) : 0
    const { positionLots } = this.account(participant, instrument)
    return {
      instrument: definition,
      participant: this.participants[participant],
      referencePriceTicks: this.lastPriceTicks(instrument) || middle || definition.referencePriceTicks,
      openOrderCount: this.openOrders.filter((order) => order.owner === participant).length,
      exposureLots:
        (orderSide === 'buy' ? positionLots : -positionLots) + this.openLots(participant, instrument, orderSide),
    }
  }

  private queue(instrument: number, orderSide: number): OpenOrder[] {
    const { resting } = this.markets[instrument].book
    // Only this exchange puts orders into its books, and all of them are open orders of a session.
    return (orderSide === side.buy ? resting.buy : resting.sell) as OpenOrder[]
  }

  private openLots(participant: number, instrument: number, orderSide: Side): number {
    return sumOfLeaves(
      this.openOrders.filter(
        (order) => order.owner === participant && order.instrument === instrument && order.side === orderSide,
      ),
    )
  }
}

function sumOfLeaves(orders: readonly BookOrder[]): number {
  return orders.reduce((sum, order) => sum + order.leavesLots, 0)
}

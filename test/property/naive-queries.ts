/** Every question that can be asked of the naive exchange, answered by summing up what its state says. */

import { auctionOf } from '../../engine/core/book/naive-auction.ts'
import { shownOf } from '../../engine/core/book/naive-order.ts'
import { enumerations, type Row } from '../../protocol/messages.ts'
import { protectionState } from './naive-protection.ts'
import { equity, grossExposure, markOf, openLots } from './naive-risk.ts'
import { NaiveState, type Obligation, type OpenOrder } from './naive-state.ts'
import { stopsInOrder } from './naive-trading.ts'
import type {
  AccountState,
  Indication,
  LevelState,
  OrderState,
  ParticipantState,
  ProtectionState,
  QuoteState,
  SessionState,
} from './surface.ts'

const { side, orderType, timeInForce, selfTradePrevention, phase } = enumerations

export class NaiveQueries {
  readonly state = new NaiveState()

  get sequence(): number {
    return this.state.sequence
  }

  get timeUs(): number {
    return this.state.timeUs
  }

  get nextTimerUs(): number {
    return this.state.timers.earliest?.timeUs ?? 0
  }

  get sessionCount(): number {
    return Math.max(0, this.state.sessions.length - 1)
  }

  get participantCount(): number {
    return Math.max(0, this.state.participants.length - 1)
  }

  session(session: number): SessionState | undefined {
    const known = this.state.sessions[session]
    return known && { ...known, openOrderCount: this.state.ordersOf(session).length }
  }

  participant(participant: number): ParticipantState | undefined {
    const known = this.state.participants[participant]
    return (
      known && {
        ...known.terms,
        configured: known.configured,
        isBlocked: known.isBlocked,
        grossExposureMinor: Number(grossExposure(this.state, participant, this.state.openOrders)),
        equityMinor: Number(equity(this.state, participant)),
        dayStartEquityMinor: known.dayStartEquityMinor,
      }
    )
  }

  accounts(): AccountState[] {
    const { openOrders } = this.state
    return this.state.accounts.map((account) => {
      const market = this.state.market(account)
      const { participant, instrument, positionLots, costMinor } = account
      const worth = BigInt(positionLots) * BigInt(markOf(market)) * BigInt(market.definition.tickValueMinor)
      return {
        ...account,
        unrealisedMinor: Number(worth - BigInt(costMinor)),
        openBuyLots: openLots(openOrders, participant, instrument, 'buy'),
        openSellLots: openLots(openOrders, participant, instrument, 'sell'),
      }
    })
  }

  levels(instrument: number, orderSide: number): LevelState[] {
    const byPrice = Map.groupBy(this.queue(instrument, orderSide), (order) => order.priceTicks)
    return [...byPrice].map(([priceTicks, orders]) => ({
      priceTicks,
      quantityLots: orders.reduce((sum, order) => sum + order.shownLots, 0),
      orderCount: orders.length,
    }))
  }

  orders(instrument: number, orderSide: number): OrderState[] {
    return this.queue(instrument, orderSide).map(stateOf)
  }

  stops(instrument: number, orderSide: number): OrderState[] {
    return stopsInOrder(this.state, instrument, orderSide === side.buy ? 'buy' : 'sell').map(stateOf)
  }

  waitingAtClose(instrument: number): OrderState[] {
    const orders = this.state.ordersIn(instrument)
    return orders.filter((order) => order.place === 'untilClose').map(stateOf)
  }

  quote(session: number, instrument: number): QuoteState | undefined {
    const orders = this.state.quoteOf(session, instrument)
    const idOf = (of: 'buy' | 'sell') => orders.find((order) => order.side === of)?.orderId ?? 0
    return orders[0] && { group: orders[0].group, bidOrderId: idOf('buy'), askOrderId: idOf('sell') }
  }

  protection(participant: number, group: number): ProtectionState | undefined {
    const known = this.state.protections.find((one) => one.participant === participant && one.group === group)
    return known && protectionState(known, this.state.timeUs)
  }

  obligations(session: number): Row<'obligation'>[] {
    return this.state.obligations
      .filter((one) => one.session === session)
      .filter(({ instrument }) => this.state.markets[instrument].definition.quoteMaxSpreadTicks > 0)
      .toSorted((one, other) => one.instrument - other.instrument)
      .map(({ instrument, metUs }) => ({ instrument, metUs, tradingUs: this.state.markets[instrument].tradingUs }))
  }

  phase(instrument: number): number {
    return phase[this.state.markets[instrument].phase]
  }

  indication(instrument: number): Indication {
    const market = this.state.markets[instrument]
    return auctionOf(market.book, markOf(market)) ?? { priceTicks: 0, volumeLots: 0, imbalanceLots: 0 }
  }

  bestPriceTicks(instrument: number, orderSide: number): number {
    return this.queue(instrument, orderSide)[0]?.priceTicks ?? 0
  }

  bestQuantityLots(instrument: number, orderSide: number): number {
    return this.levels(instrument, orderSide)[0]?.quantityLots ?? 0
  }

  lastPriceTicks(instrument: number): number {
    return this.state.markets[instrument].lastPriceTicks
  }

  tradeCount(instrument: number): number {
    return this.state.markets[instrument].tradeCount
  }

  volumeLots(instrument: number): number {
    return this.state.markets[instrument].volumeLots
  }

  commandCount(instrument: number): number {
    return this.state.markets[instrument].commandCount
  }

  /** Whether a session's quote is as the instrument asks, now. */
  protected isMet({ session, instrument }: Obligation): boolean {
    const market = this.state.markets[instrument]
    const { quoteMaxSpreadTicks, quoteMinQuantityLots } = market.definition
    if (quoteMaxSpreadTicks === 0 || market.phase !== 'continuous') return false
    const orders = this.state.quoteOf(session, instrument)
    const bid = orders.find((order) => order.side === 'buy')
    const ask = orders.find((order) => order.side === 'sell')
    if (!bid || !ask || ask.priceTicks - bid.priceTicks > quoteMaxSpreadTicks) return false
    return Math.min(bid.leavesLots, ask.leavesLots) >= quoteMinQuantityLots
  }

  private queue(instrument: number, orderSide: number): OpenOrder[] {
    const { resting } = this.state.markets[instrument].book
    // Only this exchange puts orders into its books, and all of them are open orders of a session.
    return (orderSide === side.buy ? resting.buy : resting.sell) as OpenOrder[]
  }
}

function stateOf(order: OpenOrder): OrderState {
  const { orderId, session, ref, instrument, priceTicks, quantityLots, leavesLots, reduceOnly, isQuote } = order
  return {
    ...{ orderId, session, ref, instrument, priceTicks, quantityLots, leavesLots, reduceOnly, isQuote },
    side: side[order.side],
    orderType: orderType[order.orderType],
    timeInForce: timeInForce[order.timeInForce],
    shownLots: order.place === 'book' ? order.shownLots : shownOf(order),
    displayQuantityLots: order.displayQuantityLots,
    stopPriceTicks: order.stopPriceTicks,
    expireTimeUs: order.expireTimeUs,
    selfTradePrevention: selfTradePrevention[order.selfTradePrevention],
  }
}

/**
 * What must hold in any exchange after any command, checked without the model: it can't be wrong in the same way as the
 * exchange and the model together. Every check returns what is broken, if anything is.
 */
import { type EventBuffer, eventLayout, eventType, eventWidth, isPublicEvent } from '../../engine/core/index.ts'
import type { AccountState, ExchangeSurface, LevelState, OrderState } from './surface.ts'

const { EVENT_NUMBER, SESSION, TYPE } = eventLayout

const bids = 1
const asks = 2

/** Event numbers of every session go up by one, from 1. To be asked after every command. */
export class EventNumbers {
  private readonly nextOf = new Map<number, number>()

  broken(events: EventBuffer): string | undefined {
    for (let base = 0; base < events.length; base += eventWidth(events.data[base + TYPE])) {
      const type = events.data[base + TYPE]
      if (isPublicEvent(type) || type === eventType.duplicateRef) continue
      const session = events.data[base + SESSION]
      const expected = this.nextOf.get(session) ?? 1
      const number = events.data[base + EVENT_NUMBER]
      if (number !== expected) return `event ${number} of session ${session} came instead of ${expected}`
      this.nextOf.set(session, expected + 1)
    }
    return undefined
  }
}

export function brokenInvariant(exchange: ExchangeSurface, instruments: readonly number[]): string | undefined {
  for (const instrument of instruments) {
    const accounts = exchange.accounts().filter((account) => account.instrument === instrument)
    const broken =
      brokenSpread(exchange, instrument) ??
      brokenSide(exchange, instrument, bids, accounts) ??
      brokenSide(exchange, instrument, asks, accounts) ??
      brokenSums(accounts)
    if (broken) return `instrument ${instrument}: ${broken}`
  }
  return undefined
}

function brokenSpread(exchange: ExchangeSurface, instrument: number): string | undefined {
  const bid = exchange.bestPriceTicks(instrument, bids)
  const ask = exchange.bestPriceTicks(instrument, asks)
  return bid !== 0 && ask !== 0 && bid >= ask ? `crossed, bid ${bid} and ask ${ask}` : undefined
}

function brokenSide(
  exchange: ExchangeSurface,
  instrument: number,
  side: number,
  accounts: readonly AccountState[],
): string | undefined {
  const orders = exchange.orders(instrument, side)
  const levels = exchange.levels(instrument, side)
  const where = side === bids ? 'bids' : 'asks'
  const better = (one: LevelState, other: LevelState) =>
    (side === bids ? 1 : -1) * (one.priceTicks - other.priceTicks) > 0
  if (levels.some((level, index) => index > 0 && !better(levels[index - 1], level)))
    return `${where} are not best first`
  if (orders.some(({ leavesLots, quantityLots }) => leavesLots < 1 || leavesLots > quantityLots)) {
    return `an order of the ${where} has nothing left, or more than its quantity`
  }
  const summed = [...Map.groupBy(orders, (order) => order.priceTicks)].map(asLevel)
  if (levels.length !== summed.length || levels.some((level, index) => !sameLevel(level, summed[index]))) {
    return `levels of the ${where} are not the sums of their orders`
  }
  const openLots = sumOf(accounts.map((account) => (side === bids ? account.openBuyLots : account.openSellLots)))
  if (openLots !== sumOf(orders.map((order) => order.leavesLots))) return `open lots of accounts are not the ${where}'s`
  return undefined
}

/** What one buys another sells, and what is paid is received or kept as fees. */
function brokenSums(accounts: readonly AccountState[]): string | undefined {
  const positionLots = sumOf(accounts.map((account) => account.positionLots))
  if (positionLots !== 0) return `positions sum up to ${positionLots}`
  const cashAndFeesMinor = sumOf(accounts.map((account) => account.cashMinor + account.feesMinor))
  return cashAndFeesMinor === 0 ? undefined : `cash and fees sum up to ${cashAndFeesMinor}`
}

function asLevel([priceTicks, orders]: [number, readonly OrderState[]]): LevelState {
  return { priceTicks, quantityLots: sumOf(orders.map((order) => order.leavesLots)), orderCount: orders.length }
}

function sameLevel(one: LevelState, other: LevelState): boolean {
  return (
    one.priceTicks === other.priceTicks &&
    one.quantityLots === other.quantityLots &&
    one.orderCount === other.orderCount
  )
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0)
}

/**
 * What must hold in any exchange after any command, checked without the model: it can't be wrong in the same way as the
 * exchange and the model together. Every check returns what is broken, if anything is.
 */
import { type EventBuffer, eventLayout, eventType, eventWidth, isPublicEvent } from '../../engine/core/index.ts'
import { enumerations } from '../../protocol/messages.ts'
import { readRecords } from './naive-records.ts'
import type { Setup } from './steps.ts'
import type { AccountState, ExchangeSurface, InstrumentDefinition, LevelState, OrderState } from './surface.ts'

const { EVENT_NUMBER, SESSION, TYPE } = eventLayout
const { phase, side: sides } = enumerations
const bids = sides.buy
const asks = sides.sell

/** Event numbers of every session go up by one, from 1. To be asked after every command. */
export class EventNumbers {
  private readonly nextOf = new Map<number, number>()

  broken({ data, length }: EventBuffer): string | undefined {
    for (let base = 0; base < length; base += eventWidth(data[base + TYPE])) {
      const type = data[base + TYPE]
      if (isPublicEvent(type) || type === eventType.duplicateRef) continue
      const session = data[base + SESSION]
      const expected = this.nextOf.get(session) ?? 1
      const number = data[base + EVENT_NUMBER]
      if (number !== expected) return `event ${number} of session ${session} came instead of ${expected}`
      this.nextOf.set(session, expected + 1)
    }
    return undefined
  }
}

/** The two sides of a trade are never of one participant. To be asked after every command. */
export function selfTrade(events: EventBuffer, { sessions }: Setup): string | undefined {
  const fills = readRecords(events).filter(({ type }) => type === eventType.filled)
  for (const [tradeId, both] of Map.groupBy(fills, (fill) => fill.detail2)) {
    const owners = new Set(both.map((fill) => sessions[fill.session - 1].participant))
    if (both.length !== 2 || owners.size !== 2) return `trade ${tradeId} has ${both.length} sides of ${owners.size}`
  }
  return undefined
}

export function brokenInvariant(exchange: ExchangeSurface, setup: Setup): string | undefined {
  const accounts = exchange.accounts()
  for (const definition of setup.instruments) {
    const { instrument } = definition
    const own = accounts.filter((account) => account.instrument === instrument)
    const broken =
      brokenSpread(exchange, instrument) ??
      brokenSide(exchange, instrument, bids, own) ??
      brokenSide(exchange, instrument, asks, own) ??
      brokenSums(own) ??
      own.map((account) => brokenAccount(exchange, definition, account)).find((text) => text !== undefined) ??
      brokenReduceOnly(exchange, setup, instrument, own)
    if (broken) return `instrument ${instrument}: ${broken}`
  }
  return brokenCounts(exchange, setup) ?? brokenValuation(exchange, setup, accounts)
}

function brokenSpread(exchange: ExchangeSurface, instrument: number): string | undefined {
  const bid = exchange.bestPriceTicks(instrument, bids)
  const ask = exchange.bestPriceTicks(instrument, asks)
  const isCrossed = bid !== 0 && ask !== 0 && bid >= ask
  const { volumeLots } = exchange.indication(instrument)
  if (isCrossed !== volumeLots > 0) return `bid ${bid} and ask ${ask}, but ${volumeLots} lots would trade`
  const isContinuous = exchange.phase(instrument) === phase.continuous
  return isCrossed && isContinuous ? `crossed, bid ${bid} and ask ${ask}` : undefined
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
  if (orders.some((order) => !isWhole(order))) return `an order of the ${where} has or shows too little or too much`
  const summed = [...Map.groupBy(orders, (order) => order.priceTicks)].map(asLevel)
  if (levels.length !== summed.length || levels.some((level, index) => !sameLevel(level, summed[index]))) {
    return `levels of the ${where} are not the sums of their orders`
  }
  const open = openOrders(exchange, instrument).filter((order) => order.side === side)
  const openLots = sumOf(accounts.map((account) => (side === bids ? account.openBuyLots : account.openSellLots)))
  if (openLots !== sumOf(open.map((order) => order.leavesLots))) return `open lots of accounts are not the ${where}'s`
  return undefined
}

function isWhole({ leavesLots, quantityLots, shownLots, displayQuantityLots }: OrderState): boolean {
  const mayShowLots = displayQuantityLots === 0 ? leavesLots : Math.min(displayQuantityLots, leavesLots)
  const showsAll = displayQuantityLots === 0 ? shownLots === leavesLots : shownLots >= 1
  return leavesLots >= 1 && leavesLots <= quantityLots && shownLots <= mayShowLots && showsAll
}

/** What one buys another sells, and what is paid is received or kept as fees. */
function brokenSums(accounts: readonly AccountState[]): string | undefined {
  const positionLots = sumOf(accounts.map((account) => account.positionLots))
  if (positionLots !== 0) return `positions sum up to ${positionLots}`
  const cashAndFeesMinor = sumOf(accounts.map((account) => account.cashMinor + account.feesMinor))
  return cashAndFeesMinor === 0 ? undefined : `cash and fees sum up to ${cashAndFeesMinor}`
}

function brokenAccount(
  exchange: ExchangeSurface,
  { instrument, tickValueMinor, referencePriceTicks }: InstrumentDefinition,
  account: AccountState,
): string | undefined {
  const { participant, positionLots, cashMinor, feesMinor, costMinor, realisedMinor, unrealisedMinor } = account
  const whose = `of participant ${participant}`
  if (cashMinor !== realisedMinor - feesMinor - costMinor) return `cash ${whose} is not realised − fees − cost`
  if (Math.sign(costMinor) !== Math.sign(positionLots)) return `cost ${whose} has not its position's sign`
  const markTicks = exchange.lastPriceTicks(instrument) || referencePriceTicks
  const worthMinor = BigInt(positionLots) * BigInt(markTicks) * BigInt(tickValueMinor)
  if (BigInt(unrealisedMinor) !== worthMinor - BigInt(costMinor)) return `unrealised ${whose} is not worth − cost`
  return undefined
}

/** Reduce-only orders, all but waiting stops, never add up to more than the position. */
function brokenReduceOnly(
  exchange: ExchangeSurface,
  { sessions }: Setup,
  instrument: number,
  accounts: readonly AccountState[],
): string | undefined {
  const orders = openOrders(exchange, instrument).filter((order) => order.reduceOnly && order.stopPriceTicks === 0)
  const byOwner = Map.groupBy(orders, ({ session, side }) => `${sessions[session - 1].participant} ${side}`)
  for (const [ownerAndSide, some] of byOwner) {
    const [owner, side] = ownerAndSide.split(' ').map(Number)
    const { positionLots = 0 } = accounts.find((account) => account.participant === owner) ?? {}
    const lots = sumOf(some.map((order) => order.leavesLots))
    const reducibleLots = side === asks ? positionLots : -positionLots
    if (lots > reducibleLots) return `reduce-only orders of participant ${owner} are ${lots} of ${reducibleLots} lots`
  }
  return undefined
}

function brokenCounts(exchange: ExchangeSurface, { instruments, sessions }: Setup): string | undefined {
  const orders = instruments.flatMap(({ instrument }) => openOrders(exchange, instrument))
  for (const index of sessions.keys()) {
    const count = orders.filter((order) => order.session === index + 1).length
    const told = exchange.session(index + 1)!.openOrderCount
    if (count !== told) return `session ${index + 1} has ${count} open orders, not ${told}`
  }
  return undefined
}

/** Gross exposure and equity, summed up from accounts. */
function brokenValuation(
  exchange: ExchangeSurface,
  { instruments, participants }: Setup,
  accounts: readonly AccountState[],
): string | undefined {
  for (const index of participants.keys()) {
    let exposureMinor = 0n
    let equityMinor = 0n
    for (const account of accounts.filter(({ participant }) => participant === index + 1)) {
      const { positionLots, openBuyLots, openSellLots, valuationPriceTicks, cashMinor } = account
      const { tickValueMinor } = instruments[account.instrument - 1]
      const lotMinor = BigInt(valuationPriceTicks) * BigInt(tickValueMinor)
      exposureMinor += lotMinor * BigInt(Math.max(positionLots + openBuyLots, openSellLots - positionLots))
      equityMinor += lotMinor * BigInt(positionLots) + BigInt(cashMinor)
    }
    const told = exchange.participant(index + 1)!
    if (told.grossExposureMinor !== Number(exposureMinor)) return `gross exposure of participant ${index + 1} is wrong`
    if (told.equityMinor !== Number(equityMinor)) return `equity of participant ${index + 1} is wrong`
  }
  return undefined
}

/** In the book, and waiting. */
function openOrders(exchange: ExchangeSurface, instrument: number): OrderState[] {
  const ofSides = [bids, asks].flatMap((side) => [
    ...exchange.orders(instrument, side),
    ...exchange.stops(instrument, side),
  ])
  return [...ofSides, ...exchange.waitingAtClose(instrument)]
}

function asLevel([priceTicks, orders]: [number, readonly OrderState[]]): LevelState {
  return { priceTicks, quantityLots: sumOf(orders.map((order) => order.shownLots)), orderCount: orders.length }
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

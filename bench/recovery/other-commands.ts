/**
 * The kinds of commands that the mixed flow does not have, as a trader or a market maker sends them: replacements, quotes,
 * stops, icebergs, orders with an end, mass cancels, protection. They trade among themselves, in an instrument of their
 * own, so that what the mixed flow comes to stays known.
 */
import type { ControlCommand } from '../../engine/core/index.ts'
import { enumerations, messages } from '../../protocol/messages.ts'
import type { OrderEntryFields } from '../../protocol/order-entry-codec.ts'
import { Random } from '../random.ts'
import { otherFairPriceTicks, otherInstrument, otherSessions } from './venue.ts'

const { buy, sell, any } = enumerations.side
const { limit, postOnly, stop, stopLimit } = enumerations.orderType
const { goodTillCancel, goodTillDate } = enumerations.timeInForce

const depthTicks = 20
/** Replacements and cancels name one of as many of the session's last orders; some are gone by then. */
const rememberedOrders = 16
const dayUs = 86_400_000_000
const group = 1

export class OtherCommands {
  private readonly random: Random
  private readonly lastRefs = new Array<number>(otherSessions + 1).fill(0)
  /** Refs of the last new orders of each session. */
  private readonly orders: readonly number[][] = this.lastRefs.map(() => [])

  constructor(seed: number) {
    this.random = new Random(seed)
  }

  /** Which of the sessions sends the next one, from 1. */
  nextSession(): number {
    return this.random.between(1, otherSessions)
  }

  /** Writes the session's next command into `command`, whose optional fields are 0; or returns it, if it is of another kind. */
  next(session: number, timeUs: number, command: OrderEntryFields): ControlCommand | undefined {
    const draw = this.random.between(1, 100)
    const ref = ++this.lastRefs[session]
    command.ref = ref
    if (draw === 100) return this.protection(ref)
    if (draw <= 30) this.replace(session, command)
    else if (draw <= 50) this.quote(command)
    else if (draw <= 90) this.newOrder(session, draw, timeUs, command)
    else if (draw <= 94) this.massCancel(command)
    else this.cancel(session, command)
    return undefined
  }

  private newOrder(session: number, draw: number, timeUs: number, command: OrderEntryFields): void {
    const { random } = this
    const side = random.between(buy, sell)
    const away = random.between(-2, depthTicks)
    command.type = messages.newOrder.number
    command.instrument = otherInstrument
    command.side = side
    command.orderType = draw <= 74 ? limit : draw <= 80 ? postOnly : draw <= 86 ? stop : stopLimit
    command.timeInForce = draw <= 70 ? goodTillCancel : draw <= 74 ? goodTillDate : goodTillCancel
    command.quantityLots = random.between(10, 100)
    command.priceTicks = command.orderType === stop ? 0 : this.price(side, away)
    if (draw > 60 && draw <= 70) command.displayQuantityLots = random.between(1, 10)
    if (command.timeInForce === goodTillDate) command.expireTimeUs = timeUs + dayUs
    // A stop to buy waits above the market.
    if (draw > 80) command.stopPriceTicks = this.price(side, -random.between(3, depthTicks))
    const orders = this.orders[session]
    orders.push(command.ref)
    if (orders.length > rememberedOrders) orders.shift()
  }

  private replace(session: number, command: OrderEntryFields): void {
    command.type = messages.replaceOrder.number
    command.orderRef = this.someOrder(session)
    command.quantityLots = this.random.between(10, 100)
    command.priceTicks = this.price(this.random.between(buy, sell), this.random.between(1, depthTicks))
  }

  private cancel(session: number, command: OrderEntryFields): void {
    command.type = messages.cancelOrder.number
    command.orderRef = this.someOrder(session)
  }

  private massCancel(command: OrderEntryFields): void {
    command.type = messages.massCancel.number
    command.instrument = otherInstrument
    command.side = any
  }

  private quote(command: OrderEntryFields): void {
    const { random } = this
    const half = random.between(1, 5)
    const middle = otherFairPriceTicks + random.between(-5, 5)
    command.type = messages.massQuote.number
    command.group = group
    command.quoteCount = 1
    const row = [otherInstrument, middle - half, random.between(10, 50), middle + half, random.between(10, 50)]
    command.quotes.set(row)
  }

  private protection(ref: number): ControlCommand {
    if (this.random.between(0, 1) === 0) return { type: 'resetProtection', ref, group }
    const bounds = { maxLots: 1_000, maxNotionalMinor: 0, maxFills: 0, maxNetLots: 0, freezeMs: 0 }
    return { type: 'setProtection', ref, group, intervalMs: 100, ...bounds }
  }

  private someOrder(session: number): number {
    const orders = this.orders[session]
    return orders.length === 0 ? 1 : orders[this.random.between(0, orders.length - 1)]
  }

  /** A price so far from the middle, on the side where it does not trade. */
  private price(side: number, away: number): number {
    return side === buy ? otherFairPriceTicks - away : otherFairPriceTicks + away
  }
}

/**
 * The quotes of all sessions, at most one of a session in an instrument: the orders of its two sides, its protection
 * group, and the clock that says how long it was as the instrument's obligation asks. A quote's number is good for
 * ever; 0 means none.
 */
import { enumerations, type Row } from '../../protocol/messages.ts'
import { type OrderPool, orderLayout } from './book/order-pool.ts'
import { unsigned } from './double-zero.ts'
import type { ImageReader, ImageWriter } from './image.ts'
import type { Instrument } from './instrument.ts'
import type { Protection } from './protection.ts'

const { LEAVES, ORDER_SESSION, ORDER_SIZE, PRICE } = orderLayout
const { buy: BUY, sell: SELL } = enumerations.side

const QUOTE_SIZE = 8
const SESSION = 0
const INSTRUMENT = 1
/** Slot of the protection group. */
const GROUP = 2
/** Orders of the two sides, 0 for none: BID for a buy, the column after it for a sell. */
const BID = 3
const ASK = 4
const FLAGS = 5
/** Neighbours among the quotes of the group, 0 at the ends. */
const GROUP_NEXT = 6
const GROUP_PREVIOUS = 7

const BID_ENTERS = 1
const ASK_ENTERS = 2
/** The obligation is being fulfilled, since MET_SINCE. */
const MET = 4

const TIMES_SIZE = 2
/** Time today during which the obligation was fulfilled, without that since MET_SINCE. */
const MET_TIME = 0
const MET_SINCE = 1

export interface QuoteState {
  /** Number of the protection group. */
  readonly group: number
  /** 0 for a side without an order. */
  readonly bidOrderId: number
  readonly askOrderId: number
}

/** Time of the command that is being carried out. */
interface Clock {
  readonly timeUs: number
}

export class QuoteTable {
  private readonly orders: OrderPool
  private readonly instruments: readonly (Instrument | undefined)[]
  private readonly protection: Protection
  private readonly clock: Clock
  private int32 = new Int32Array(QUOTE_SIZE * 256)
  private times = new Float64Array(TIMES_SIZE * 256)
  /** Number that the next quote will have. */
  private next = 1
  /** Quote by session and instrument, 0 if there was none yet. */
  private bySession: Int32Array[] = []
  /** By slot of the protection group: one of its quotes, 0 if there is none. */
  private firstOfGroups = new Int32Array(64)

  constructor(
    orders: OrderPool,
    instruments: readonly (Instrument | undefined)[],
    protection: Protection,
    clock: Clock,
  ) {
    this.orders = orders
    this.instruments = instruments
    this.protection = protection
    this.clock = clock
  }

  find(session: number, instrument: number): number {
    const quotes = this.bySession[session]
    return quotes !== undefined && instrument < quotes.length ? quotes[instrument] : 0
  }

  /** Makes the quote of a session in an instrument, which must not exist yet. */
  open(session: number, instrument: number): number {
    const quote = this.next++
    if (this.next * QUOTE_SIZE > this.int32.length) this.grow()
    this.int32[quote * QUOTE_SIZE + SESSION] = session
    this.int32[quote * QUOTE_SIZE + INSTRUMENT] = instrument
    while (this.bySession.length <= session) this.bySession.push(new Int32Array(0))
    let quotes = this.bySession[session]
    if (instrument >= quotes.length) {
      quotes = larger(quotes, instrument + 1)
      this.bySession[session] = quotes
    }
    quotes[instrument] = quote
    return quote
  }

  /** The quote that an order is a side of. */
  quoteOf(order: number): number {
    return this.find(this.orders.int32[order * ORDER_SIZE + ORDER_SESSION], this.orders.instrument(order))
  }

  session(quote: number): number {
    return this.int32[quote * QUOTE_SIZE + SESSION]
  }

  /** Order of a side, 0 if there is none. */
  order(quote: number, side: number): number {
    return this.int32[quote * QUOTE_SIZE + BID - BUY + side]
  }

  /** @param enters whether the order, if there is one, still has to enter the book */
  setOrder(quote: number, side: number, order: number, enters: boolean): void {
    const base = quote * QUOTE_SIZE
    const flag = entersFlag(side)
    this.int32[base + BID - BUY + side] = order
    if (enters && order !== 0) this.int32[base + FLAGS] |= flag
    else this.int32[base + FLAGS] &= ~flag
  }

  /** The order of a side that has to enter the book, 0 if there is none; from now on it has entered. */
  takeEntering(quote: number, side: number): number {
    const base = quote * QUOTE_SIZE
    const flag = entersFlag(side)
    if ((this.int32[base + FLAGS] & flag) === 0) return 0
    this.int32[base + FLAGS] &= ~flag
    return this.order(quote, side)
  }

  /** An order of a quote ends, for whatever reason. If its quote has given it up already, nothing is done. */
  orderGone(order: number): void {
    const quote = this.quoteOf(order)
    const side = this.orders.side(order)
    if (this.order(quote, side) !== order) return
    this.setOrder(quote, side, 0, false)
    this.evaluate(quote)
  }

  /** An order of a quote has less open than before. */
  orderReduced(order: number): void {
    this.evaluate(this.quoteOf(order))
  }

  // ── groups ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Slot of its protection group. */
  group(quote: number): number {
    return this.int32[quote * QUOTE_SIZE + GROUP]
  }

  setGroup(quote: number, group: number): void {
    const { int32 } = this
    const base = quote * QUOTE_SIZE
    const former = int32[base + GROUP]
    if (group === former) return
    const next = int32[base + GROUP_NEXT]
    const previous = int32[base + GROUP_PREVIOUS]
    if (next !== 0) int32[next * QUOTE_SIZE + GROUP_PREVIOUS] = previous
    if (previous !== 0) int32[previous * QUOTE_SIZE + GROUP_NEXT] = next
    else if (former !== 0) this.firstOfGroups[former] = next
    if (group >= this.firstOfGroups.length) this.firstOfGroups = larger(this.firstOfGroups, group + 1)
    const first = this.firstOfGroups[group]
    if (first !== 0) int32[first * QUOTE_SIZE + GROUP_PREVIOUS] = quote
    int32[base + GROUP] = group
    int32[base + GROUP_NEXT] = first
    int32[base + GROUP_PREVIOUS] = 0
    this.firstOfGroups[group] = quote
  }

  /** The quotes of a group, in no order that means anything. 0 after the last. */
  firstOfGroup(group: number): number {
    return group < this.firstOfGroups.length ? this.firstOfGroups[group] : 0
  }

  nextOfGroup(quote: number): number {
    return this.int32[quote * QUOTE_SIZE + GROUP_NEXT]
  }

  // ── obligations ───────────────────────────────────────────────────────────────────────────────────────────────────

  /** To be called when anything changed that decides whether a quote fulfils its obligation. */
  evaluate(quote: number): void {
    const flags = this.int32[quote * QUOTE_SIZE + FLAGS]
    const isMet = this.fulfilsObligation(quote)
    if (isMet === ((flags & MET) !== 0)) return
    this.int32[quote * QUOTE_SIZE + FLAGS] = flags ^ MET
    const base = quote * TIMES_SIZE
    if (isMet) this.times[base + MET_SINCE] = this.clock.timeUs
    else this.times[base + MET_TIME] += this.clock.timeUs - this.times[base + MET_SINCE]
  }

  /** An instrument's phase or definition changed. */
  instrumentChanged(instrument: number): void {
    for (const quotes of this.bySession) {
      if (instrument < quotes.length && quotes[instrument] !== 0) this.evaluate(quotes[instrument])
    }
  }

  beginDay(): void {
    for (let quote = 1; quote < this.next; quote++) {
      this.times[quote * TIMES_SIZE + MET_TIME] = 0
      this.times[quote * TIMES_SIZE + MET_SINCE] = this.clock.timeUs
    }
  }

  /**
   * One row for each instrument that asks for quotes and that the session quoted, by number.
   * @param timeUs until when to count: not before the last command
   */
  obligations(session: number, timeUs = this.clock.timeUs): Row<'obligation'>[] {
    const rows: Row<'obligation'>[] = []
    for (const instrument of this.instruments) {
      if (instrument === undefined || instrument.definition.quoteMaxSpreadTicks === 0) continue
      const quote = this.find(session, instrument.number)
      if (quote === 0) continue
      const tradingUs = unsigned(instrument.tradingUs(timeUs))
      rows.push({ instrument: instrument.number, metUs: this.metUs(quote, timeUs), tradingUs })
    }
    return rows
  }

  private fulfilsObligation(quote: number): boolean {
    const base = quote * QUOTE_SIZE
    const bid = this.int32[base + BID]
    const ask = this.int32[base + ASK]
    if (bid === 0 || ask === 0 || (this.int32[base + FLAGS] & (BID_ENTERS | ASK_ENTERS)) !== 0) return false
    const instrument = this.instruments[this.int32[base + INSTRUMENT]]!
    const { quoteMaxSpreadTicks, quoteMinQuantityLots } = instrument.definition
    if (quoteMaxSpreadTicks === 0 || !instrument.isContinuous) return false
    const { int32 } = this.orders
    return (
      int32[ask * ORDER_SIZE + PRICE] - int32[bid * ORDER_SIZE + PRICE] <= quoteMaxSpreadTicks &&
      int32[bid * ORDER_SIZE + LEAVES] >= quoteMinQuantityLots &&
      int32[ask * ORDER_SIZE + LEAVES] >= quoteMinQuantityLots
    )
  }

  /** Time today during which a quote fulfilled its obligation. */
  private metUs(quote: number, timeUs: number): number {
    const base = quote * TIMES_SIZE
    const isMet = (this.int32[quote * QUOTE_SIZE + FLAGS] & MET) !== 0
    return this.times[base + MET_TIME] + (isMet ? timeUs - this.times[base + MET_SINCE] : 0)
  }

  // ── what others may see ───────────────────────────────────────────────────────────────────────────────────────────

  /** The quote of a session in an instrument, if it has an open order. */
  state(session: number, instrument: number): QuoteState | undefined {
    const quote = this.find(session, instrument)
    const bid = this.order(quote, BUY)
    const ask = this.order(quote, SELL)
    if (bid === 0 && ask === 0) return undefined
    return {
      group: this.protection.group(this.group(quote)),
      bidOrderId: bid === 0 ? 0 : this.orders.orderId(bid),
      askOrderId: ask === 0 ? 0 : this.orders.orderId(ask),
    }
  }

  /** All quotes, by session and instrument: also those without an open order, because their clocks count. */
  records(): number[][] {
    const records: number[][] = []
    for (const [session, quotes] of this.bySession.entries()) {
      for (const [instrument, quote] of quotes.entries()) {
        if (quote === 0) continue
        const { group, bidOrderId, askOrderId } = this.state(session, instrument) ?? noOrders
        const isMet = this.int32[quote * QUOTE_SIZE + FLAGS] & MET
        records.push([session, instrument, group, bidOrderId, askOrderId, this.metUs(quote, this.clock.timeUs), isMet])
      }
    }
    return records
  }

  write(image: ImageWriter): void {
    image.array(this.int32, this.next * QUOTE_SIZE)
    image.array(this.times, this.next * TIMES_SIZE)
    image.number(this.next)
    image.arrayList(this.bySession)
    image.array(this.firstOfGroups)
  }

  read(image: ImageReader): void {
    this.int32 = image.int32()
    this.times = image.float64()
    this.next = image.number()
    this.bySession = image.int32List()
    this.firstOfGroups = image.int32()
  }

  private grow(): void {
    this.int32 = larger(this.int32, this.int32.length * 2)
    const times = new Float64Array(this.times.length * 2)
    times.set(this.times)
    this.times = times
  }
}

const noOrders: QuoteState = { group: 0, bidOrderId: 0, askOrderId: 0 }

function entersFlag(side: number): number {
  return side === BUY ? BID_ENTERS : ASK_ENTERS
}

function larger(numbers: Int32Array, least: number): Int32Array<ArrayBuffer> {
  const copy = new Int32Array(Math.max(least, numbers.length * 2))
  copy.set(numbers)
  return copy
}

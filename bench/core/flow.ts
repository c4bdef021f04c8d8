/**
 * A flow of commands for any venue: columns that are written before anything is timed, and what they must cause.
 *
 * Every cancel hits a resting order and no order meets one of its own participant, so that venues with different rules
 * for those cases do exactly the same work.
 */
import { enumerations, messages } from '../../protocol/messages.ts'
import { GeneratorBook } from './generator-book.ts'

const { buy } = enumerations.side
const { limit, market } = enumerations.orderType
const { goodTillCancel } = enumerations.timeInForce

/** Where every flow begins. Its prices stay within 10 % of this, so that they are inside every price band. */
export const fairPriceTicks = 1_000_000

/** Sessions of each participant. */
const sessionsPerParticipant = 2

/** Session numbers are dense from 1; sessions of a participant are as far apart as there are participants. */
export function participantOf(session: number, sessionCount: number): number {
  return ((session - 1) % (sessionCount / sessionsPerParticipant)) + 1
}

export interface Outcome {
  readonly tradeCount: number
  readonly tradedLots: number
  readonly restingOrders: number
}

export interface FlowSize {
  readonly count: number
  /** Index of the first command that is timed: those before fill the book and warm up. */
  readonly timedFrom: number
  readonly instrumentCount: number
  readonly sessionCount: number
}

/** One command per index; columns that a type does not use are 0. */
export class Flow {
  readonly count: number
  readonly timedFrom: number
  readonly instrumentCount: number
  readonly sessionCount: number
  readonly type: Uint8Array
  readonly instrument: Uint16Array
  readonly session: Uint16Array
  readonly ref: Uint32Array
  readonly side: Uint8Array
  readonly orderType: Uint8Array
  readonly timeInForce: Uint8Array
  readonly quantityLots: Uint32Array
  readonly priceTicks: Uint32Array
  readonly orderRef: Uint32Array
  /** Index of the command that placed the order concerned: its own for a new order. */
  readonly order: Uint32Array
  /** What the whole flow must cause, by the generator's own books. */
  expected: Outcome = { tradeCount: 0, tradedLots: 0, restingOrders: 0 }
  /** Price levels at the end, of all instruments. */
  levelCount = 0

  constructor({ count, timedFrom, instrumentCount, sessionCount }: FlowSize) {
    this.count = count
    this.timedFrom = timedFrom
    this.instrumentCount = instrumentCount
    this.sessionCount = sessionCount
    this.type = new Uint8Array(count)
    this.instrument = new Uint16Array(count)
    this.session = new Uint16Array(count)
    this.ref = new Uint32Array(count)
    this.side = new Uint8Array(count)
    this.orderType = new Uint8Array(count)
    this.timeInForce = new Uint8Array(count)
    this.quantityLots = new Uint32Array(count)
    this.priceTicks = new Uint32Array(count)
    this.orderRef = new Uint32Array(count)
    this.order = new Uint32Array(count)
  }

  get timedCount(): number {
    return this.count - this.timedFrom
  }

  get participantCount(): number {
    return this.sessionCount / sessionsPerParticipant
  }

  participantOf(session: number): number {
    return participantOf(session, this.sessionCount)
  }
}

/** Writes a flow, command by command, and keeps the generator's own book of each instrument in step with it. */
export class FlowWriter {
  readonly flow: Flow
  /** Index of the next command. */
  index = 0
  private readonly books: readonly GeneratorBook[]
  private readonly lastRef: Uint32Array

  constructor(size: FlowSize) {
    this.flow = new Flow(size)
    this.books = Array.from({ length: size.instrumentCount }, () => new GeneratorBook())
    this.lastRef = new Uint32Array(size.sessionCount + 1)
  }

  book(instrument: number): GeneratorBook {
    return this.books[instrument - 1]
  }

  /** A limit order that does not trade, and waits. */
  passive(instrument: number, session: number, side: number, quantityLots: number, priceTicks: number): void {
    this.book(instrument).rest(this.index, side, priceTicks, this.flow.participantOf(session), quantityLots)
    this.newOrder(instrument, session, side, limit, goodTillCancel, quantityLots, priceTicks)
  }

  /** Cancels the order at a place of the book's list. */
  cancel(instrument: number, place: number): void {
    const { flow, index } = this
    const { order } = this.book(instrument).orderAt(place)
    this.book(instrument).cancelAt(place)
    flow.type[index] = messages.cancelOrder.number
    flow.instrument[index] = instrument
    flow.session[index] = flow.session[order]
    flow.ref[index] = ++this.lastRef[flow.session[order]]
    flow.orderRef[index] = flow.ref[order]
    flow.order[index] = order
    this.index++
  }

  /**
   * An order that trades as far as its price allows (a market order's is not looked at). It comes from the first
   * session from `session` on whose participant it does not meet.
   */
  taking(
    instrument: number,
    session: number,
    side: number,
    orderType: number,
    timeInForce: number,
    quantityLots: number,
    priceTicks: number,
  ): void {
    const { flow } = this
    const book = this.book(instrument)
    const worstTicks = orderType !== market ? priceTicks : side === buy ? Number.MAX_SAFE_INTEGER : 0
    const met = book.participantsMet(side, quantityLots, worstTicks)
    if (met.size === flow.participantCount) throw new Error('a taker of the flow would meet every participant')
    let own = session
    while (met.has(flow.participantOf(own))) own = (own % flow.sessionCount) + 1
    const leavesLots = book.take(side, quantityLots, worstTicks)
    if (leavesLots > 0 && timeInForce === goodTillCancel) {
      book.rest(this.index, side, priceTicks, flow.participantOf(own), leavesLots)
    }
    this.newOrder(instrument, own, side, orderType, timeInForce, quantityLots, orderType === market ? 0 : priceTicks)
  }

  /** The flow, once every command is written. */
  finish(): Flow {
    const sum = (count: (book: GeneratorBook) => number) => this.books.reduce((total, book) => total + count(book), 0)
    this.flow.expected = {
      tradeCount: sum((book) => book.tradeCount),
      tradedLots: sum((book) => book.tradedLots),
      restingOrders: sum((book) => book.orderCount),
    }
    this.flow.levelCount = sum((book) => book.levelCount)
    return this.flow
  }

  private newOrder(
    instrument: number,
    session: number,
    side: number,
    orderType: number,
    timeInForce: number,
    quantityLots: number,
    priceTicks: number,
  ): void {
    const { flow, index } = this
    flow.type[index] = messages.newOrder.number
    flow.instrument[index] = instrument
    flow.session[index] = session
    flow.ref[index] = ++this.lastRef[session]
    flow.side[index] = side
    flow.orderType[index] = orderType
    flow.timeInForce[index] = timeInForce
    flow.quantityLots[index] = quantityLots
    flow.priceTicks[index] = priceTicks
    flow.order[index] = index
    this.index++
  }
}

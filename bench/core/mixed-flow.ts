/**
 * The mixed flow: 47 passive limit orders to 45 cancels, 5 crossing limit orders and 3 immediate-or-cancel or market
 * orders, around a thousand resting orders, generated into columns before anything is timed.
 *
 * Every cancel hits a resting order and no order meets one of its own participant, so that venues with different rules
 * for those cases do exactly the same work.
 */
import { enumerations, messages } from '../../protocol/messages.ts'
import { Random } from '../random.ts'
import { buy, NaiveBook, sell } from './naive-book.ts'

export const participantCount = 16
export const sessionCount = 32

/** Flow prices stay within this many ticks of `fairPriceTicks`. */
const wanderTicks = 500
export const fairPriceTicks = 100_000

const restingTarget = 1_000
const passiveDepthTicks = 50
const { limit, market } = enumerations.orderType
const { goodTillCancel, immediateOrCancel } = enumerations.timeInForce

/** Session numbers are dense from 1; sessions of a participant are `participantCount` apart. */
export function participantOf(session: number): number {
  return ((session - 1) % participantCount) + 1
}

/** One command per index; columns that a type does not use are 0. */
export class MixedFlow {
  readonly count: number
  readonly type: Uint8Array
  readonly session: Uint8Array
  readonly ref: Uint32Array
  readonly side: Uint8Array
  readonly orderType: Uint8Array
  readonly timeInForce: Uint8Array
  readonly quantityLots: Uint32Array
  readonly priceTicks: Uint32Array
  readonly orderRef: Uint32Array
  /** Index of the command that placed the order concerned: its own for a new order. */
  readonly order: Uint32Array
  /** What the flow must cause, by the generator's own book. */
  readonly expected: { readonly tradeCount: number; readonly tradedLots: number; readonly restingOrders: number }

  constructor(count: number, seed: number) {
    this.count = count
    this.type = new Uint8Array(count)
    this.session = new Uint8Array(count)
    this.ref = new Uint32Array(count)
    this.side = new Uint8Array(count)
    this.orderType = new Uint8Array(count)
    this.timeInForce = new Uint8Array(count)
    this.quantityLots = new Uint32Array(count)
    this.priceTicks = new Uint32Array(count)
    this.orderRef = new Uint32Array(count)
    this.order = new Uint32Array(count)
    this.expected = new Generator(this, seed).run()
  }
}

class Generator {
  private readonly flow: MixedFlow
  private readonly random: Random
  private readonly book = new NaiveBook()
  private readonly lastRef = new Uint32Array(sessionCount + 1)
  private fair = fairPriceTicks

  constructor(flow: MixedFlow, seed: number) {
    this.flow = flow
    this.random = new Random(seed)
  }

  run(): MixedFlow['expected'] {
    for (let index = 0; index < this.flow.count; index++) {
      if (index % 200 === 0) this.wander()
      const draw = this.random.between(1, 100)
      // Until the book has its size for the first time, it is only filled.
      if (draw <= 47 || index < restingTarget) this.passive(index)
      else if (draw <= 92) this.cancel(index)
      else if (draw <= 97) this.aggressive(index, limit, goodTillCancel)
      else this.aggressive(index, draw === 98 ? market : limit, immediateOrCancel)
    }
    return {
      tradeCount: this.book.tradeCount,
      tradedLots: this.book.tradedLots,
      restingOrders: this.book.orderCount,
    }
  }

  private wander(): void {
    const step = this.random.between(-2, 2)
    if (Math.abs(this.fair + step - fairPriceTicks) <= wanderTicks) this.fair += step
  }

  private passive(index: number): void {
    const side = this.random.between(buy, sell)
    // Orders lie denser near the touch than far from it, as in real books.
    const away = this.random.between(1, this.random.between(1, passiveDepthTicks))
    const opposite = this.oppositeBest(side)
    const priceTicks = side === buy ? Math.min(this.fair, opposite) - away : Math.max(this.fair, opposite) + away
    const session = this.random.between(1, sessionCount)
    const quantityLots = this.random.between(10, 100)
    this.newOrder(index, session, side, limit, goodTillCancel, quantityLots, priceTicks)
    this.book.rest(index, side, priceTicks, participantOf(session), quantityLots)
  }

  private cancel(index: number): void {
    const { flow } = this
    const place = this.random.between(0, this.book.orderCount - 1)
    const order = this.book.orderAt(place)
    this.book.cancelAt(place)
    flow.type[index] = messages.cancelOrder.number
    flow.session[index] = flow.session[order]
    flow.ref[index] = ++this.lastRef[flow.session[order]]
    flow.orderRef[index] = flow.ref[order]
    flow.order[index] = order
  }

  /** A taker: small while the book is below its size, larger above, so that the flow keeps its shares and the book its size. */
  private aggressive(index: number, orderType: number, timeInForce: number): void {
    const side = this.random.between(buy, sell)
    const quantityLots = this.random.between(1, this.book.orderCount < restingTarget ? 20 : 100)
    const through = this.random.between(0, 2)
    const opposite = this.oppositeBest(side)
    const limitTicks = side === buy ? opposite + through : opposite - through
    const worstTicks = orderType !== market ? limitTicks : side === buy ? Number.MAX_SAFE_INTEGER : 0
    const met = this.book.participantsMet(side, quantityLots, worstTicks)
    if (met.size === participantCount) throw new Error('a taker of the flow would meet every participant')
    let session = this.random.between(1, sessionCount)
    while (met.has(participantOf(session))) session = (session % sessionCount) + 1
    this.newOrder(index, session, side, orderType, timeInForce, quantityLots, orderType === market ? 0 : limitTicks)
    const leavesLots = this.book.take(side, quantityLots, worstTicks)
    if (leavesLots > 0 && timeInForce === goodTillCancel) {
      this.book.rest(index, side, limitTicks, participantOf(session), leavesLots)
    }
  }

  private newOrder(
    index: number,
    session: number,
    side: number,
    orderType: number,
    timeInForce: number,
    quantityLots: number,
    priceTicks: number,
  ): void {
    const { flow } = this
    flow.type[index] = messages.newOrder.number
    flow.session[index] = session
    flow.ref[index] = ++this.lastRef[session]
    flow.side[index] = side
    flow.orderType[index] = orderType
    flow.timeInForce[index] = timeInForce
    flow.quantityLots[index] = quantityLots
    flow.priceTicks[index] = priceTicks
    flow.order[index] = index
  }

  private oppositeBest(side: number): number {
    return side === buy ? this.book.bestPriceTicks(sell, this.fair + 1) : this.book.bestPriceTicks(buy, this.fair - 1)
  }
}

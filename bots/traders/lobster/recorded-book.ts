/**
 * The book as the recording tells it, order by order: what the venue's book must be after each row. It turns rows into
 * steps, which are what the resting side has to send so that the venue's book becomes the same.
 *
 * A recording shows a window of the best levels. What rested at a level before it came into the window is unknown: it is
 * taken for one anonymous order at the front of the queue. A level that leaves the window is forgotten with its orders,
 * because nothing more is told of it.
 */
import type { Side } from '../../../protocol/messages.ts'
import type { Ladder, MarketRow } from './market-row.ts'

/** An order of the recording, or the anonymous one of a level. */
export interface RecordedOrder {
  /** Id in the recording; 0 if anonymous. */
  readonly recordedId: number
  readonly side: Side
  readonly priceTicks: number
  /** What is left of it; 0 once it is gone. */
  leavesLots: number
  /** Ref under which the venue knows it; 0 until it is submitted. */
  ref: number
  /** Total quantity that the venue knows, the filled part included. */
  submittedLots: number
}

/** Something to send to the venue. `reduce`: so much less than it had. */
export type Step =
  | { readonly kind: 'submit' | 'cancel'; readonly order: RecordedOrder }
  | { readonly kind: 'reduce'; readonly order: RecordedOrder; readonly byLots: number }

/** An execution of the recording: which order it says traded. */
export interface Execution {
  readonly order: RecordedOrder
  /** Whether an aggressor would meet this order first and fill within it. If not, the recording departs from price and time. */
  readonly isDue: boolean
}

class Level {
  lots = 0
  /** In order of priority. */
  readonly queue: RecordedOrder[] = []
}

class BookSide {
  readonly levels = new Map<number, Level>()
  /** Prices of the window, best first. Between two rows these are exactly the keys of `levels`. */
  window: readonly number[] = []
  /** The levels at these prices: a row whose window is the same needs no look-up by price. */
  windowLevels: readonly Level[] = []
}

export class RecordedBook {
  private readonly sides: Readonly<Record<Side, BookSide>> = { buy: new BookSide(), sell: new BookSide() }
  private readonly ordersById = new Map<number, RecordedOrder>()
  /** Levels whose recorded quantity no row explains: forgotten and seeded anew. */
  unexplainedLevels = 0

  /** Orders at a price in order of priority. */
  queue(side: Side, priceTicks: number): readonly RecordedOrder[] {
    return this.sides[side].levels.get(priceTicks)?.queue ?? []
  }

  /** Whether the row shows the same levels as the row before, with the quantities that the book has. */
  explains(row: MarketRow): boolean {
    return isExplained(this.sides.buy, row.buy) && isExplained(this.sides.sell, row.sell)
  }

  /** Takes a row that adds, reduces, cancels or skips, window included; undefined if its order is unknown. */
  apply(row: MarketRow): Step[] | undefined {
    if (row.action === 'add') {
      const order = this.add(row)
      // Whatever rested there before is seeded first and so stands before it.
      const steps = this.explains(row) ? [] : this.moveWindow(row)
      if (order.leavesLots > 0) steps.push({ kind: 'submit', order })
      return steps
    }
    if (row.action === 'skip') return this.moveWindow(row)
    const order = this.find(row)
    if (order === undefined) return undefined
    const { leavesLots } = order
    this.take(order, row.action === 'cancel' && order.recordedId !== 0 ? leavesLots : row.quantityLots)
    const step: Step =
      order.leavesLots === 0
        ? { kind: 'cancel', order }
        : { kind: 'reduce', order, byLots: leavesLots - order.leavesLots }
    return this.explains(row) ? [step] : [step, ...this.moveWindow(row)]
  }

  /** Takes an execution, window excluded; undefined if its order is unknown. */
  execute(row: MarketRow): Execution | undefined {
    const order = this.find(row)
    if (order === undefined) return undefined
    const best = this.sides[row.side].windowLevels[0]
    const isDue = best.queue[0] === order && order.priceTicks === row.priceTicks && order.leavesLots >= row.quantityLots
    this.take(order, row.quantityLots)
    return { order, isDue }
  }

  /** Makes the book equal the orderbook row: forgets the levels that left the window, seeds those that entered. */
  moveWindow(row: MarketRow): Step[] {
    const steps: Step[] = []
    for (const side of ['buy', 'sell'] as const) this.forgetOutside(this.sides[side], row[side], steps)
    for (const side of ['buy', 'sell'] as const) this.seed(side, row[side], steps)
    return steps
  }

  private add(row: MarketRow): RecordedOrder {
    const order = newOrder(row.orderId, row.side, row.priceTicks, row.quantityLots)
    const { levels } = this.sides[row.side]
    let level = levels.get(row.priceTicks)
    if (level === undefined) {
      level = new Level()
      levels.set(row.priceTicks, level)
    }
    level.queue.push(order)
    level.lots += order.leavesLots
    this.ordersById.set(order.recordedId, order)
    return order
  }

  /** The row's order: the known one, else what is anonymous at its price. */
  private find(row: MarketRow): RecordedOrder | undefined {
    const known = this.ordersById.get(row.orderId)
    if (known !== undefined) return known
    const first = this.queue(row.side, row.priceTicks)[0]
    return first?.recordedId === 0 ? first : undefined
  }

  private take(order: RecordedOrder, quantityLots: number): void {
    const { levels } = this.sides[order.side]
    const level = levels.get(order.priceTicks)!
    const takenLots = Math.min(quantityLots, order.leavesLots)
    order.leavesLots -= takenLots
    level.lots -= takenLots
    if (order.leavesLots > 0) return
    this.ordersById.delete(order.recordedId)
    level.queue.splice(level.queue.indexOf(order), 1)
    if (level.queue.length === 0) levels.delete(order.priceTicks)
  }

  private forgetOutside(bookSide: BookSide, ladder: Ladder, steps: Step[]): void {
    for (const priceTicks of bookSide.levels.keys()) {
      if (!ladder.pricesTicks.includes(priceTicks)) this.forget(bookSide, priceTicks, steps)
    }
  }

  private seed(side: Side, ladder: Ladder, steps: Step[]): void {
    const bookSide = this.sides[side]
    for (let rank = 0; rank < ladder.pricesTicks.length; rank += 1) {
      const priceTicks = ladder.pricesTicks[rank]
      const knownLots = bookSide.levels.get(priceTicks)?.lots ?? 0
      let seededLots = ladder.quantitiesLots[rank] - knownLots
      if (seededLots === 0) continue
      if (seededLots < 0 || bookSide.window.includes(priceTicks)) {
        this.unexplainedLevels += 1
        this.forget(bookSide, priceTicks, steps)
        seededLots = ladder.quantitiesLots[rank]
      }
      const order = newOrder(0, side, priceTicks, seededLots)
      const level = bookSide.levels.get(priceTicks) ?? new Level()
      level.queue.unshift(order)
      level.lots += seededLots
      bookSide.levels.set(priceTicks, level)
      steps.push({ kind: 'submit', order })
    }
    bookSide.window = ladder.pricesTicks
    bookSide.windowLevels = ladder.pricesTicks.map((priceTicks) => bookSide.levels.get(priceTicks)!)
  }

  private forget(bookSide: BookSide, priceTicks: number, steps: Step[]): void {
    for (const order of bookSide.levels.get(priceTicks)?.queue ?? []) {
      order.leavesLots = 0
      this.ordersById.delete(order.recordedId)
      if (order.ref !== 0) steps.push({ kind: 'cancel', order })
    }
    bookSide.levels.delete(priceTicks)
  }
}

function newOrder(recordedId: number, side: Side, priceTicks: number, quantityLots: number): RecordedOrder {
  return { recordedId, side, priceTicks, leavesLots: quantityLots, ref: 0, submittedLots: 0 }
}

function isExplained(bookSide: BookSide, ladder: Ladder): boolean {
  const { window, windowLevels, levels } = bookSide
  const { pricesTicks, quantitiesLots } = ladder
  if (pricesTicks.length !== window.length || levels.size !== window.length) return false
  for (let rank = 0; rank < window.length; rank += 1) {
    if (pricesTicks[rank] !== window[rank] || windowLevels[rank].lots !== quantitiesLots[rank]) return false
  }
  return true
}

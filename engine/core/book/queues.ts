/**
 * The queues of the levels: who is in line at a price, what each order shows there, and what of it is hidden. Keeps the
 * sums of a level equal to what its orders have. Knows nothing of sides, prices and other levels.
 */
import { type LevelPool, levelLayout } from './level-pool.ts'
import { type OrderPool, orderLayout } from './order-pool.ts'
import { type OrderTerms, termsLayout } from './order-terms.ts'

const { HEAD, LEVEL_SIZE, ORDER_COUNT, TAIL } = levelLayout
const { LEAVES, LEVEL, NEXT, ORDER_SIZE, PREVIOUS, SLOT_MASK, TERMS } = orderLayout
const { DISPLAY, SHOWN, TERMS_SIZE } = termsLayout

export class Queues {
  private readonly orders: OrderPool
  private readonly levels: LevelPool
  private readonly terms: OrderTerms

  constructor(orders: OrderPool, levels: LevelPool) {
    this.orders = orders
    this.levels = levels
    this.terms = orders.terms
  }

  /** Puts an order, whose leaves are set, at the end of a level's queue. An iceberg shows a whole part. */
  enter(order: number, level: number): void {
    const { orders, levels } = this
    const base = order * ORDER_SIZE
    orders.int32[base + LEVEL] = level
    this.link(order, level)
    if (orders.int32[base + TERMS] === 0) levels.addLots(level, orders.int32[base + LEAVES])
    else this.show(order, level)
  }

  /** Counts what an order with rare terms shows and hides: of an iceberg a whole part is shown. */
  private show(order: number, level: number): void {
    const { orders, levels, terms } = this
    const base = order * ORDER_SIZE
    const leaves = orders.int32[base + LEAVES]
    const termsBase = orders.int32[base + TERMS] * TERMS_SIZE
    const display = terms.int32[termsBase + DISPLAY]
    const shown = display === 0 || leaves < display ? leaves : display
    terms.int32[termsBase + SHOWN] = shown
    levels.addLots(level, shown)
    levels.addHiddenLots(level, leaves - shown)
  }

  /** Takes an order out of its level's queue; its leaves stay what they were. */
  leave(order: number, level: number): void {
    const { orders, levels } = this
    const base = order * ORDER_SIZE
    if (orders.int32[base + TERMS] === 0) levels.addLots(level, -orders.int32[base + LEAVES])
    else this.hide(order, level)
    this.unlink(order, level)
  }

  /** Counts an order with rare terms no more. */
  private hide(order: number, level: number): void {
    const shown = this.orders.shownLots(order)
    this.levels.addLots(level, -shown)
    this.levels.addHiddenLots(level, shown - this.orders.int32[order * ORDER_SIZE + LEAVES])
  }

  /** Lets an order trade up to `lots` of what it shows. Returns how many; with nothing left it is out of the queue. */
  trade(order: number, level: number, lots: number): number {
    const { orders, levels } = this
    const base = order * ORDER_SIZE
    const leaves = orders.int32[base + LEAVES]
    const isPlain = orders.int32[base + TERMS] === 0
    const shown = isPlain ? leaves : orders.shownLots(order)
    const traded = shown < lots ? shown : lots
    orders.int32[base + LEAVES] = leaves - traded
    levels.addLots(level, -traded)
    if (traded === leaves) this.unlink(order, level)
    else if (!isPlain) this.showNext(order, level, traded)
    return traded
  }

  /** Lowers an order's leaves, its hidden part first; it keeps its place, but at 0 it is out of the queue. */
  lower(order: number, level: number, newLeaves: number): void {
    const { orders, levels, terms } = this
    const base = order * ORDER_SIZE
    const leaves = orders.int32[base + LEAVES]
    const shown = orders.shownLots(order)
    const newShown = shown < newLeaves ? shown : newLeaves
    orders.int32[base + LEAVES] = newLeaves
    if (orders.int32[base + TERMS] !== 0) terms.int32[orders.int32[base + TERMS] * TERMS_SIZE + SHOWN] = newShown
    levels.addLots(level, newShown - shown)
    levels.addHiddenLots(level, newLeaves - newShown - (leaves - shown))
    if (newLeaves === 0) this.unlink(order, level)
  }

  /** After a trade of an order with rare terms: a used-up part of an iceberg is followed by the next, at the back. */
  private showNext(order: number, level: number, traded: number): void {
    const { levels, orders, terms } = this
    const base = orders.int32[order * ORDER_SIZE + TERMS] * TERMS_SIZE
    const display = terms.int32[base + DISPLAY]
    if (display === 0) return
    const shown = terms.int32[base + SHOWN] - traded
    terms.int32[base + SHOWN] = shown
    if (shown > 0) return
    const leaves = orders.int32[order * ORDER_SIZE + LEAVES]
    const next = leaves < display ? leaves : display
    terms.int32[base + SHOWN] = next
    levels.addLots(level, next)
    levels.addHiddenLots(level, -next)
    this.unlink(order, level)
    this.link(order, level)
  }

  private link(order: number, level: number): void {
    const { orders, levels } = this
    const base = order * ORDER_SIZE
    const levelBase = level * LEVEL_SIZE
    const tail = levels.int32[levelBase + TAIL] & SLOT_MASK
    orders.int32[base + PREVIOUS] = tail
    orders.int32[base + NEXT] = 0
    if (tail === 0) levels.int32[levelBase + HEAD] = order
    else orders.int32[tail * ORDER_SIZE + NEXT] = order
    levels.int32[levelBase + TAIL] = order
    levels.int32[levelBase + ORDER_COUNT]++
  }

  private unlink(order: number, level: number): void {
    const { orders, levels } = this
    const base = order * ORDER_SIZE
    const next = orders.int32[base + NEXT] & SLOT_MASK
    const previous = orders.int32[base + PREVIOUS] & SLOT_MASK
    if (previous === 0) levels.int32[level * LEVEL_SIZE + HEAD] = next
    else orders.int32[previous * ORDER_SIZE + NEXT] = next
    if (next === 0) levels.int32[level * LEVEL_SIZE + TAIL] = previous
    else orders.int32[next * ORDER_SIZE + PREVIOUS] = previous
    levels.int32[level * LEVEL_SIZE + ORDER_COUNT]--
  }
}

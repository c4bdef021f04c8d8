/** What a listener may do to the book while its orders trade: the level at work is told once, at the end. */
import { describe, expect, it } from 'vitest'
import { enumerations } from '../../../protocol/messages.ts'
import { Book, type BookListener } from './book.ts'
import { BookMemory } from './book-memory.ts'
import { levelLayout } from './level-pool.ts'
import { orderLayout } from './order-pool.ts'

const { LEVEL_PRICE, LEVEL_SIZE, ORDER_COUNT } = levelLayout
const { ACCOUNT, KIND, LEAVES, ORDER_SIZE, PRICE } = orderLayout
const { buy: BUY, sell: SELL } = enumerations.side
const { cancelNewest: CANCEL_NEWEST } = enumerations.selfTradePrevention

/** A book that does what it is told after each fill, such as to remove an order that the fill makes too much. */
class Desk implements BookListener {
  readonly memory = new BookMemory(4)
  readonly book = new Book(this.memory, this)
  afterFill = () => {}
  private lines: string[] = []

  /** Buys and sells are of different accounts unless it is said whose they are. */
  add(side: number, lots: number, priceTicks: number, account = side): number {
    const { orders } = this.memory
    const order = orders.allocate(orders.size + 1, orders.size + 1)
    const base = order * ORDER_SIZE
    orders.int32[base + PRICE] = priceTicks
    orders.int32[base + LEAVES] = lots
    orders.int32[base + ACCOUNT] = account
    orders.int32[base + KIND] = side
    this.book.add(order, side)
    this.told()
    return order
  }

  told(): string[] {
    const told = this.lines
    this.lines = []
    return told
  }

  onFill(maker: number, priceTicks: number, lots: number): void {
    this.lines.push(`order ${maker} filled: ${lots} @ ${priceTicks}`)
    this.afterFill()
  }

  onSelfTrade(maker: number, lots: number): void {
    this.lines.push(`order ${maker} loses ${lots}`)
  }

  onAuctionFill(buy: number, sell: number, priceTicks: number, lots: number): void {
    this.lines.push(`order ${buy} buys from ${sell}: ${lots} @ ${priceTicks}`)
    this.afterFill()
  }

  onAuctionSelfTrade(newer: number, older: number, newerLots: number, olderLots: number): void {
    this.lines.push(`order ${newer} loses ${newerLots}, ${older} loses ${olderLots}`)
  }

  onLevelChanged(side: number, level: number): void {
    const { levels } = this.memory
    const base = level * LEVEL_SIZE
    const name = side === BUY ? 'bids' : 'asks'
    this.lines.push(
      `${name} ${levels.int32[base + LEVEL_PRICE]}: ${levels.totalLots(level)} in ${levels.int32[base + ORDER_COUNT]}`,
    )
  }
}

describe('while an order matches', () => {
  it('orders taken out of the level that it is at are told with that level, once', () => {
    const desk = new Desk()
    desk.add(SELL, 5, 100)
    const second = desk.add(SELL, 5, 100)
    desk.add(SELL, 5, 100)
    desk.afterFill = () => {
      desk.afterFill = () => {}
      desk.book.remove(second, SELL)
    }
    expect(desk.book.match(BUY, 100, 7, 3, CANCEL_NEWEST)).toBe(0)
    expect(desk.told()).toEqual(['order 1 filled: 5 @ 100', 'order 3 filled: 2 @ 100', 'asks 100: 3 in 1'])
  })

  it('the order that was just filled in part may be taken out', () => {
    const desk = new Desk()
    const maker = desk.add(SELL, 5, 100)
    desk.afterFill = () => desk.book.remove(maker, SELL)
    expect(desk.book.match(BUY, 100, 2, 3, CANCEL_NEWEST)).toBe(0)
    expect(desk.told()).toEqual(['order 1 filled: 2 @ 100', 'asks 100: 0 in 0'])
    expect(desk.book.best(SELL)).toBe(0)
  })

  it('orders taken out elsewhere are told at once, and are not met', () => {
    const desk = new Desk()
    desk.add(SELL, 5, 100)
    const next = desk.add(SELL, 5, 101)
    const bid = desk.add(BUY, 5, 99)
    desk.add(SELL, 5, 102)
    desk.afterFill = () => {
      desk.afterFill = () => {}
      desk.book.remove(next, SELL)
      desk.book.remove(bid, BUY)
    }
    expect(desk.book.match(BUY, 102, 6, 3, CANCEL_NEWEST)).toBe(0)
    expect(desk.told()).toEqual([
      'order 1 filled: 5 @ 100',
      'asks 101: 0 in 0',
      'bids 99: 0 in 0',
      'asks 100: 0 in 0',
      'order 4 filled: 1 @ 102',
      'asks 102: 4 in 1',
    ])
    expect(desk.book.best(BUY)).toBe(0)
  })

  it('it may be stopped', () => {
    const desk = new Desk()
    desk.add(SELL, 5, 100)
    desk.add(SELL, 5, 100)
    desk.afterFill = () => desk.book.stopMatching()
    expect(desk.book.match(BUY, 100, 9, 3, CANCEL_NEWEST)).toBe(4)
    expect(desk.book.stoppedAtOwnOrder).toBe(false)
    expect(desk.told()).toEqual(['order 1 filled: 5 @ 100', 'asks 100: 5 in 1'])
  })

  it('no order is that of account 0', () => {
    const desk = new Desk()
    desk.add(SELL, 5, 100, 0)
    expect(desk.book.canFill(BUY, 100, 5, 0, CANCEL_NEWEST)).toBe(true)
    expect(desk.book.match(BUY, 100, 5, 0, CANCEL_NEWEST)).toBe(0)
  })
})

describe('while a book is uncrossed', () => {
  it('orders taken out of the levels that trade are told with those levels, others at once', () => {
    const desk = new Desk()
    desk.add(BUY, 5, 101)
    const bid = desk.add(BUY, 5, 101)
    const lower = desk.add(BUY, 5, 100)
    desk.add(SELL, 2, 99)
    const ask = desk.add(SELL, 2, 99)
    desk.add(SELL, 2, 99)
    desk.afterFill = () => {
      desk.afterFill = () => {}
      desk.book.remove(bid, BUY)
      desk.book.remove(lower, BUY)
      desk.book.remove(ask, SELL)
    }
    desk.book.uncross(101)
    expect(desk.told()).toEqual([
      'order 1 buys from 4: 2 @ 101',
      'bids 100: 0 in 0',
      'order 1 buys from 6: 2 @ 101',
      'asks 99: 0 in 0',
      'bids 101: 1 in 1',
    ])
  })
})

describe('an order that is no more', () => {
  it('leaves its slot to the next one; an empty pool begins at its first slot again', () => {
    const { orders } = new BookMemory(2)
    const slots = [1, 2, 3, 4, 5].map((id) => orders.allocate(id, id))
    expect(new Set(slots).size).toBe(5)
    orders.release(slots[3])
    expect(orders.allocate(6, 6)).toBe(slots[3])
    for (const slot of slots) orders.release(slot)
    expect([7, 8, 9, 10, 11].map((id) => orders.allocate(id, id))).toEqual(slots)
  })

  it('gives its terms back with its slot', () => {
    const { orders, terms } = new BookMemory(4)
    const order = orders.allocate(1, 1)
    const first = terms.allocate()
    orders.int32[order * ORDER_SIZE + orderLayout.TERMS] = first
    terms.setExpireTimeUs(first, 1_790_000_000_000_000)
    orders.release(order)
    expect(terms.allocate()).toBe(first)
    expect(terms.expireTimeUs(first)).toBe(0)
  })
})

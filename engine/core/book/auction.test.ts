/** The rules of auctions, of the fast and of the naive book alike, with numbers to check by hand. */
import { describe, expect, it } from 'vitest'
import { FastOrderBook, NaiveOrderBook } from './order-book-fixture.ts'

describe.each([
  { name: 'the fast book', OrderBook: FastOrderBook },
  { name: 'the naive book', OrderBook: NaiveOrderBook },
])('$name', ({ OrderBook }) => {
  describe('auction price', () => {
    /** Gathers buys and sells given as [lots, price]. */
    function gathered(buys: readonly [number, number][], sells: readonly [number, number][]) {
      const book = new OrderBook()
      book.gather()
      let orderId = 0
      for (const [lots, priceTicks] of buys) book.submit(++orderId, 'buy', lots, priceTicks)
      for (const [lots, priceTicks] of sells) book.submit(++orderId, 'sell', lots, priceTicks)
      return book
    }

    it('is none if the sides do not meet', () => {
      const none = { priceTicks: 0, volumeLots: 0, imbalanceLots: 0 }
      expect(gathered([[5, 99]], [[5, 100]]).indication(100)).toEqual(none)
      expect(gathered([[5, 99]], []).indication(100)).toEqual(none)
      expect(gathered([], [[5, 99]]).indication(100)).toEqual(none)
    })

    it('is that at which most trades', () => {
      // 102: 10 to buy, 18 to sell; 101: 15 and 12; 100: 20 and 5.
      const book = gathered(
        [
          [10, 102],
          [5, 101],
          [5, 100],
        ],
        [
          [5, 100],
          [7, 101],
          [6, 102],
        ],
      )
      expect(book.indication(100)).toEqual({ priceTicks: 101, volumeLots: 12, imbalanceLots: 3 })
    })

    it('is, of several, that with the smallest imbalance', () => {
      // From 100 to 104 ten trade: 20 to buy up to 101, 12 above it.
      const book = gathered(
        [
          [12, 104],
          [8, 101],
        ],
        [[10, 100]],
      )
      expect(book.indication(100)).toEqual({ priceTicks: 104, volumeLots: 10, imbalanceLots: 2 })
    })

    it('is the highest if all have more to buy, and the lowest if all have more to sell', () => {
      expect(gathered([[9, 110]], [[5, 100]]).indication(105)).toMatchObject({ priceTicks: 110, imbalanceLots: 4 })
      expect(gathered([[5, 110]], [[9, 100]]).indication(105)).toMatchObject({ priceTicks: 100, imbalanceLots: -4 })
    })

    it('is else the nearest to the reference price, also where nobody has an order', () => {
      const book = gathered([[5, 110]], [[5, 100]])
      expect(book.indication(104).priceTicks).toBe(104)
      expect(book.indication(90).priceTicks).toBe(100)
      expect(book.indication(200).priceTicks).toBe(110)
    })

    it('is near the reference price, too, where some have as much more to buy as others to sell', () => {
      // Up to 104 there are 7 to buy and 5 to sell, from 105 on 5 and 7.
      const book = gathered(
        [
          [5, 110],
          [2, 104],
        ],
        [
          [5, 100],
          [2, 105],
        ],
      )
      expect(book.indication(102)).toEqual({ priceTicks: 102, volumeLots: 5, imbalanceLots: 2 })
      expect(book.indication(104)).toEqual({ priceTicks: 104, volumeLots: 5, imbalanceLots: 2 })
      expect(book.indication(107)).toEqual({ priceTicks: 107, volumeLots: 5, imbalanceLots: -2 })
    })

    it('counts hidden parts', () => {
      const book = new OrderBook()
      book.gather()
      book.submit(1, 'buy', 10, 102, { displayQuantityLots: 1 })
      book.submit(2, 'sell', 8, 100, { displayQuantityLots: 3 })
      expect(book.indication(100)).toEqual({ priceTicks: 102, volumeLots: 8, imbalanceLots: 2 })
    })
  })

  describe('uncrossing', () => {
    it('trades at one price, first in line with first in line, and tells levels when they are done', () => {
      const book = new OrderBook()
      book.gather()
      book.submit(1, 'buy', 6, 102)
      book.submit(2, 'buy', 4, 101)
      book.submit(3, 'sell', 5, 99)
      book.submit(4, 'sell', 3, 101)
      // At 101 there are 10 to buy and 8 to sell.
      expect(book.uncross(100)).toEqual([
        '#1 buys from #3: 5 @ 101',
        'sell 99: 0 in 0',
        '#1 buys from #4: 1 @ 101',
        'buy 102: 0 in 0',
        '#2 buys from #4: 2 @ 101',
        'sell 101: 0 in 0',
        'buy 101: 2 in 1',
        'auction price 101',
      ])
    })

    it('lets icebergs trade what they show, turn by turn', () => {
      const book = new OrderBook()
      book.gather()
      book.submit(1, 'buy', 6, 100, { displayQuantityLots: 4 })
      book.submit(2, 'buy', 5, 100)
      book.submit(3, 'sell', 10, 100)
      expect(book.uncross(100)).toEqual([
        '#1 buys from #3: 4 @ 100',
        '#2 buys from #3: 5 @ 100',
        '#1 buys from #3: 1 @ 100',
        'sell 100: 0 in 0',
        'buy 100: 1 in 1',
        'auction price 100',
      ])
    })

    it('prevents self-trades in the mode of the newer order, whichever its side', () => {
      const book = new OrderBook()
      book.gather()
      book.submit(1, 'sell', 5, 100, { owner: 7, mode: 'cancelNewest' })
      book.submit(2, 'buy', 5, 100, { owner: 7, mode: 'cancelOldest' })
      book.submit(3, 'sell', 5, 100)
      expect(book.uncross(100)).toEqual([
        '#1 cancelled: 5, selfTrade',
        'sell 100: 5 in 1',
        '#2 buys from #3: 5 @ 100',
        'buy 100: 0 in 0',
        'sell 100: 0 in 0',
        'auction price 100',
      ])
    })

    it('decrements by what both show', () => {
      const book = new OrderBook()
      book.gather()
      book.submit(1, 'sell', 9, 100, { owner: 7, displayQuantityLots: 2 })
      book.submit(2, 'buy', 5, 100, { owner: 7, mode: 'decrement' })
      expect(book.uncross(100).slice(0, 5)).toEqual([
        '#1 reduced: by 2 to 7',
        '#2 reduced: by 2 to 3',
        'buy 100: 3 in 1',
        '#1 reduced: by 2 to 5',
        '#2 reduced: by 2 to 1',
      ])
    })

    it('keeps first orders of one owner apart before it looks for a price', () => {
      const book = new OrderBook()
      book.gather()
      book.submit(1, 'buy', 5, 102, { owner: 7 })
      book.submit(2, 'sell', 9, 100, { owner: 7 })
      book.submit(3, 'buy', 3, 101)
      book.submit(4, 'sell', 3, 101)
      // Without order 2 there are 8 to buy and 3 to sell at 101, 5 to buy and 3 to sell at 102.
      expect(book.uncross(100)).toEqual([
        '#2 cancelled: 9, selfTrade',
        'sell 100: 0 in 0',
        '#1 buys from #4: 3 @ 102',
        'sell 101: 0 in 0',
        'buy 102: 2 in 1',
        'auction price 102',
      ])
    })

    it('takes the price of the round before for the reference of the next', () => {
      const book = new OrderBook()
      book.gather()
      book.submit(1, 'sell', 5, 100)
      book.submit(2, 'sell', 9, 100, { owner: 7 })
      book.submit(3, 'buy', 5, 105)
      book.submit(4, 'buy', 9, 105, { owner: 7 })
      book.submit(5, 'buy', 9, 103)
      // 14 to buy and 14 to sell at 104 and 105. When order 4 is gone, 9 and 9 from 100 to 103.
      expect(book.uncross(100)).toEqual([
        '#3 buys from #1: 5 @ 104',
        '#4 cancelled: 9, selfTrade',
        'buy 105: 0 in 0',
        'sell 100: 9 in 1',
        '#5 buys from #2: 9 @ 103',
        'buy 103: 0 in 0',
        'sell 100: 0 in 0',
        'auction price 104',
      ])
    })

    it('matches at once again afterwards', () => {
      const book = new OrderBook()
      book.gather()
      book.submit(1, 'buy', 5, 100)
      expect(book.submit(2, 'sell', 1, 101)).toEqual(['sell 101: 1 in 1'])
      expect(book.uncross(100)).toEqual(['auction price 0'])
      expect(book.submit(3, 'sell', 2, 100)).toEqual(['#1 filled by #3: 2 @ 100', 'buy 100: 3 in 1'])
    })
  })
})

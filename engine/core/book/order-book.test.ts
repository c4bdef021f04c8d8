/** The rules of matching, of the fast and of the naive book alike, with numbers to check by hand. */
import { describe, expect, it } from 'vitest'
import { FastOrderBook, NaiveOrderBook } from './order-book-fixture.ts'

describe.each([
  { name: 'the fast book', OrderBook: FastOrderBook },
  { name: 'the naive book', OrderBook: NaiveOrderBook },
])('$name', ({ OrderBook }) => {
  describe('matching', () => {
    it('trades at the resting price, best price first, oldest first, and tells each level once', () => {
      const book = new OrderBook()
      book.submit(1, 'sell', 5, 102)
      book.submit(2, 'sell', 3, 101)
      book.submit(3, 'sell', 4, 101)
      expect(book.submit(4, 'buy', 9, 103)).toEqual([
        '#2 filled by #4: 3 @ 101',
        '#3 filled by #4: 4 @ 101',
        'sell 101: 0 in 0',
        '#1 filled by #4: 2 @ 102',
        'sell 102: 3 in 1',
      ])
    })

    it('rests what is left at the limit price', () => {
      const book = new OrderBook()
      book.submit(1, 'buy', 5, 100)
      book.submit(2, 'buy', 5, 98)
      expect(book.submit(3, 'sell', 8, 99)).toEqual(['#1 filled by #3: 5 @ 100', 'buy 100: 0 in 0', 'sell 99: 3 in 1'])
    })

    it('cancels what an immediate-or-cancel order cannot trade at once', () => {
      const book = new OrderBook()
      book.submit(1, 'sell', 5, 100)
      expect(book.submit(2, 'buy', 8, 100, { timeInForce: 'immediateOrCancel' })).toEqual([
        '#1 filled by #2: 5 @ 100',
        'sell 100: 0 in 0',
        '#2 cancelled: 3, immediateOrCancel',
      ])
    })

    it('does not take a post-only order that would trade', () => {
      const book = new OrderBook()
      book.submit(1, 'sell', 5, 100)
      expect(book.submit(2, 'buy', 1, 100, { type: 'postOnly' })).toEqual(['not taken'])
      expect(book.submit(2, 'buy', 1, 99, { type: 'postOnly' })).toEqual(['buy 99: 1 in 1'])
      expect(book.replace(2, 100, 1)).toEqual(['not taken'])
      expect(book.orders('buy')).toEqual(['99: #2 1'])
    })

    it('does not take what names no open order', () => {
      const book = new OrderBook()
      book.submit(1, 'sell', 5, 100)
      book.submit(2, 'buy', 5, 100)
      expect(book.cancel(1)).toEqual(['not taken'])
      expect(book.replace(2, 100, 1)).toEqual(['not taken'])
    })
  })

  describe('replace', () => {
    it('keeps the place for less quantity at the same price, the filled part included in the total', () => {
      const book = new OrderBook()
      book.submit(1, 'buy', 10, 100)
      book.submit(2, 'buy', 5, 100)
      book.submit(3, 'sell', 4, 100)
      expect(book.replace(1, 100, 8)).toEqual(['buy 100: 9 in 2'])
      expect(book.orders('buy')).toEqual(['100: #1 4', '100: #2 5'])
      expect(book.replace(1, 100, 8)).toEqual([])
      expect(book.replace(1, 100, 4)).toEqual(['#1 cancelled: 4, replacedBelowFilled', 'buy 100: 5 in 1'])
    })

    it('lets an order with more quantity or another price come in again, trading if it crosses', () => {
      const book = new OrderBook()
      book.submit(1, 'buy', 10, 100)
      book.submit(2, 'buy', 5, 100)
      book.submit(3, 'sell', 4, 102)
      expect(book.replace(1, 100, 11)).toEqual(['buy 100: 5 in 1', 'buy 100: 16 in 2'])
      expect(book.orders('buy')).toEqual(['100: #2 5', '100: #1 11'])
      expect(book.replace(1, 102, 11)).toEqual([
        'buy 100: 5 in 1',
        '#3 filled by #1: 4 @ 102',
        'sell 102: 0 in 0',
        'buy 102: 7 in 1',
      ])
    })
  })

  describe('fill-or-kill', () => {
    const fillOrKill = { timeInForce: 'fillOrKill' } as const

    it('trades whole or not at all', () => {
      const book = new OrderBook()
      book.submit(1, 'sell', 5, 100)
      book.submit(2, 'sell', 5, 101)
      expect(book.submit(3, 'buy', 11, 101, fillOrKill)).toEqual(['#3 cancelled: 11, fillOrKill'])
      expect(book.submit(4, 'buy', 6, 100, fillOrKill)).toEqual(['#4 cancelled: 6, fillOrKill'])
      book.submit(5, 'buy', 10, 101, fillOrKill)
      expect(book.orders('sell')).toEqual([])
    })

    it('counts on hidden parts', () => {
      const book = new OrderBook()
      book.submit(1, 'sell', 9, 100, { displayQuantityLots: 2 })
      expect(book.submit(2, 'buy', 10, 100, fillOrKill)).toEqual(['#2 cancelled: 10, fillOrKill'])
      expect(book.submit(3, 'buy', 9, 100, fillOrKill).at(-1)).toBe('sell 100: 0 in 0')
    })

    it('counts on what lies before an own order, but not on hidden parts that would come behind it', () => {
      const book = new OrderBook()
      book.submit(1, 'sell', 9, 99, { displayQuantityLots: 2 })
      book.submit(2, 'sell', 9, 100, { displayQuantityLots: 2 })
      book.submit(3, 'sell', 1, 100)
      book.submit(4, 'sell', 1, 100, { owner: 7 })
      book.submit(5, 'sell', 50, 100)
      const own = { owner: 7, ...fillOrKill }
      // Nine at 99, two of nine and one at 100.
      expect(book.submit(6, 'buy', 13, 100, own)).toEqual(['#6 cancelled: 13, fillOrKill'])
      expect(book.submit(7, 'buy', 12, 100, own).at(-1)).toBe('sell 100: 53 in 3')
    })

    it('counts on what lies behind an own order that would be cancelled', () => {
      const book = new OrderBook()
      book.submit(1, 'sell', 3, 100, { owner: 7 })
      book.submit(2, 'sell', 5, 100)
      const own = { owner: 7, mode: 'cancelOldest', ...fillOrKill } as const
      expect(book.submit(3, 'buy', 6, 100, own)).toEqual(['#3 cancelled: 6, fillOrKill'])
      expect(book.submit(4, 'buy', 5, 100, own)).toEqual([
        '#1 cancelled: 3, selfTrade',
        '#2 filled by #4: 5 @ 100',
        'sell 100: 0 in 0',
      ])
    })
  })

  describe('icebergs', () => {
    it('show a part, and the next one at the back of the level when it is used up', () => {
      const book = new OrderBook()
      expect(book.submit(1, 'sell', 10, 100, { displayQuantityLots: 4 })).toEqual(['sell 100: 4 in 1'])
      book.submit(2, 'sell', 5, 100)
      expect(book.submit(3, 'buy', 5, 100)).toEqual([
        '#1 filled by #3: 4 @ 100',
        '#2 filled by #3: 1 @ 100',
        'sell 100: 8 in 2',
      ])
      expect(book.orders('sell')).toEqual(['100: #2 4', '100: #1 4+2'])
    })

    it('are met again by an aggressor that has lots left', () => {
      const book = new OrderBook()
      book.submit(1, 'sell', 10, 100, { displayQuantityLots: 4 })
      book.submit(2, 'sell', 1, 100)
      expect(book.submit(3, 'buy', 12, 100)).toEqual([
        '#1 filled by #3: 4 @ 100',
        '#2 filled by #3: 1 @ 100',
        '#1 filled by #3: 4 @ 100',
        '#1 filled by #3: 2 @ 100',
        'sell 100: 0 in 0',
        'buy 100: 1 in 1',
      ])
    })

    it('do not tell a level that shows the same as before', () => {
      const book = new OrderBook()
      book.submit(1, 'sell', 8, 100, { displayQuantityLots: 4 })
      expect(book.submit(2, 'buy', 4, 100)).toEqual(['#1 filled by #2: 4 @ 100'])
    })

    it('keep what is left of the shown part in its place', () => {
      const book = new OrderBook()
      book.submit(1, 'sell', 10, 100, { displayQuantityLots: 4 })
      book.submit(2, 'sell', 5, 100)
      book.submit(3, 'buy', 3, 100)
      expect(book.orders('sell')).toEqual(['100: #1 1+6', '100: #2 5'])
    })

    it('lose hidden quantity first when they are made smaller', () => {
      const book = new OrderBook()
      book.submit(1, 'sell', 10, 100, { displayQuantityLots: 4 })
      book.submit(2, 'sell', 5, 100)
      expect(book.replace(1, 100, 6)).toEqual([])
      expect(book.orders('sell')).toEqual(['100: #1 4+2', '100: #2 5'])
      book.replace(1, 100, 3)
      expect(book.orders('sell')).toEqual(['100: #1 3', '100: #2 5'])
    })

    it('trade with their whole quantity when they come in', () => {
      const book = new OrderBook()
      book.submit(1, 'sell', 7, 100)
      expect(book.submit(2, 'buy', 10, 100, { displayQuantityLots: 2 })).toEqual([
        '#1 filled by #2: 7 @ 100',
        'sell 100: 0 in 0',
        'buy 100: 2 in 1',
      ])
      expect(book.orders('buy')).toEqual(['100: #2 2+1'])
    })

    it('of a display quantity of at least the quantity are ordinary orders', () => {
      const book = new OrderBook()
      expect(book.submit(1, 'sell', 4, 100, { displayQuantityLots: 4 })).toEqual(['sell 100: 4 in 1'])
    })
  })

  describe('self-trade prevention', () => {
    /** Sells at 100: two lots of a stranger, then five of owner 7, then six of a stranger. */
    function bookOfThree() {
      const book = new OrderBook()
      book.submit(1, 'sell', 2, 100)
      book.submit(2, 'sell', 5, 100, { owner: 7 })
      book.submit(3, 'sell', 6, 100)
      return book
    }

    it('cancelNewest cancels what is left of the order that came in', () => {
      expect(bookOfThree().submit(4, 'buy', 9, 100, { owner: 7, mode: 'cancelNewest' })).toEqual([
        '#1 filled by #4: 2 @ 100',
        'sell 100: 11 in 2',
        '#4 cancelled: 7, selfTrade',
      ])
    })

    it('tells nothing of a level at which nothing happened', () => {
      const book = new OrderBook()
      book.submit(1, 'sell', 5, 100, { owner: 7 })
      expect(book.submit(2, 'buy', 3, 100, { owner: 7 })).toEqual(['#2 cancelled: 3, selfTrade'])
    })

    it('cancelOldest cancels the resting order and goes on', () => {
      expect(bookOfThree().submit(4, 'buy', 9, 100, { owner: 7, mode: 'cancelOldest' })).toEqual([
        '#1 filled by #4: 2 @ 100',
        '#2 cancelled: 5, selfTrade',
        '#3 filled by #4: 6 @ 100',
        'sell 100: 0 in 0',
        'buy 100: 1 in 1',
      ])
    })

    it('cancelBoth cancels the resting order, then what is left of the one that came in', () => {
      expect(bookOfThree().submit(4, 'buy', 9, 100, { owner: 7, mode: 'cancelBoth' })).toEqual([
        '#1 filled by #4: 2 @ 100',
        '#2 cancelled: 5, selfTrade',
        'sell 100: 6 in 1',
        '#4 cancelled: 7, selfTrade',
      ])
    })

    it('decrement takes the smaller open quantity from both and goes on', () => {
      expect(bookOfThree().submit(4, 'buy', 9, 100, { owner: 7, mode: 'decrement' })).toEqual([
        '#1 filled by #4: 2 @ 100',
        '#2 cancelled: 5, selfTrade',
        '#4 reduced: by 5 to 2',
        '#3 filled by #4: 2 @ 100',
        'sell 100: 4 in 1',
      ])
    })

    it('decrement leaves the larger resting order in its place with less', () => {
      const book = bookOfThree()
      expect(book.submit(4, 'buy', 5, 100, { owner: 7, mode: 'decrement' })).toEqual([
        '#1 filled by #4: 2 @ 100',
        '#2 reduced: by 3 to 2',
        '#4 cancelled: 3, selfTrade',
        'sell 100: 8 in 2',
      ])
      expect(book.orders('sell')).toEqual(['100: #2 2', '100: #3 6'])
    })

    it('decrement takes the hidden part of an iceberg first, all of it counting', () => {
      const book = new OrderBook()
      book.submit(1, 'sell', 10, 100, { owner: 7, displayQuantityLots: 4 })
      book.submit(2, 'buy', 5, 100, { owner: 7, mode: 'decrement' })
      expect(book.orders('sell')).toEqual(['100: #1 4+1'])
    })

    it('counts lots lost to decrement as gone from the total that replace states', () => {
      const book = new OrderBook()
      book.submit(1, 'sell', 10, 100, { owner: 7 })
      book.submit(2, 'buy', 4, 100, { owner: 7, mode: 'decrement' })
      // Six are left of a total of six; none is filled.
      expect(book.replace(1, 100, 6)).toEqual([])
      expect(book.replace(1, 100, 5)).toEqual(['sell 100: 5 in 1'])
      book.submit(3, 'buy', 8, 100, { owner: 7, mode: 'decrement' })
      expect(book.orders('buy')).toEqual(['100: #3 3'])
      expect(book.replace(3, 100, 3)).toEqual([])
    })

    it('counts them for an order that came in again, too', () => {
      const book = new OrderBook()
      book.submit(1, 'sell', 4, 102, { owner: 7 })
      book.submit(2, 'buy', 10, 100, { owner: 7, mode: 'decrement' })
      book.replace(2, 102, 10)
      expect(book.orders('buy')).toEqual(['102: #2 6'])
      expect(book.replace(2, 102, 6)).toEqual([])
    })

    it('goes by the mode of the order that came in, not by that of the resting one', () => {
      const book = new OrderBook()
      book.submit(1, 'sell', 5, 100, { owner: 7, mode: 'cancelOldest' })
      expect(book.submit(2, 'buy', 3, 100, { owner: 7, mode: 'cancelNewest' })).toEqual(['#2 cancelled: 3, selfTrade'])
    })
  })
})

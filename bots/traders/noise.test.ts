import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RandomSource } from '../runtime/random.ts'
import { decide, type NoiseAction, type NoiseParameters, type NoiseView, nextWaitMs } from './noise.ts'

const parameters: NoiseParameters = {
  limitRate: 4,
  marketRate: 1,
  cancelRate: 0.2,
  meanSizeLots: 5,
  meanOffsetTicks: 8,
  maxOpenOrders: 30,
}

function viewOf(change: Partial<NoiseView> = {}): NoiseView {
  return {
    openOrders: 25,
    bestBidTicks: 9_990,
    bestAskTicks: 10_010,
    lastPriceTicks: 10_000,
    minPriceTicks: 1,
    maxPriceTicks: 1_000_000,
    buyRoomLots: 1_000,
    sellRoomLots: 1_000,
    ...change,
  }
}

function draw(count: number, view: NoiseView, seed = 1): NoiseAction[] {
  const random = new RandomSource(seed)
  return Array.from({ length: count }, () => decide(view, parameters, random))
}

const share = (actions: NoiseAction[], is: (action: NoiseAction) => boolean) =>
  actions.filter(is).length / actions.length

test('the same seed and the same views give the same decisions, another seed others', () => {
  expect(draw(100, viewOf(), 7)).toEqual(draw(100, viewOf(), 7))
  expect(draw(100, viewOf(), 8)).not.toEqual(draw(100, viewOf(), 7))
})

test('limit orders, market orders and cancels come in proportion to their rates', () => {
  // 4 + 1 + 0.2 × 25 open orders = 10 a second.
  const actions = draw(100_000, viewOf())
  expect(share(actions, (action) => action.type === 'limit')).toBeCloseTo(0.4, 2)
  expect(share(actions, (action) => action.type === 'market')).toBeCloseTo(0.1, 2)
  expect(share(actions, (action) => action.type === 'cancel')).toBeCloseTo(0.5, 2)
  expect(share(actions, (action) => 'side' in action && action.side === 'buy')).toBeCloseTo(0.25, 2)
})

test('the mean wait is one second divided by the sum of the rates', () => {
  const random = new RandomSource(1)
  let sumMs = 0
  for (let count = 0; count < 100_000; count += 1) sumMs += nextWaitMs(25, parameters, random)
  expect(sumMs / 100_000).toBeGreaterThan(99)
  expect(sumMs / 100_000).toBeLessThan(101)
})

test('quantities have their mean, and are whole and at least one lot', () => {
  const sizes = draw(100_000, viewOf()).flatMap((action) => ('quantityLots' in action ? [action.quantityLots] : []))
  expect(Math.min(...sizes)).toBe(1)
  expect(sizes.every(Number.isInteger)).toBe(true)
  const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length
  expect(mean).toBeGreaterThan(4.9)
  expect(mean).toBeLessThan(5.1)
})

test('a limit order does not reach the best opposite price, and may better its own side', () => {
  const prices = draw(100_000, viewOf()).flatMap((action) =>
    action.type === 'limit' && action.side === 'buy' ? [action.priceTicks] : [],
  )
  expect(Math.max(...prices)).toBe(10_009)
  expect(Math.min(...prices)).toBeLessThan(9_990)
})

test('while a side is empty, prices go by the last price, and nobody sends market orders into it', () => {
  const actions = draw(10_000, viewOf({ bestAskTicks: 0 }))
  const buys = actions.filter((action) => 'side' in action && action.side === 'buy')
  expect(buys.some((action) => action.type === 'market')).toBe(false)
  expect(Math.max(...buys.map((action) => (action.type === 'limit' ? action.priceTicks : 0)))).toBe(9_999)
})

test('with as many open orders as allowed, it cancels where it would have placed one more', () => {
  const actions = draw(10_000, viewOf({ openOrders: 30 }))
  expect(actions.some((action) => action.type === 'limit')).toBe(false)
})

test('whatever the view, the action stays within the price range, the room and the open orders', () => {
  const anyView = fc
    .record({
      openOrders: fc.integer({ min: 0, max: 40 }),
      bestBidTicks: fc.integer({ min: 0, max: 110 }),
      spreadTicks: fc.integer({ min: 1, max: 50 }),
      isAskEmpty: fc.boolean(),
      lastPriceTicks: fc.integer({ min: 90, max: 110 }),
      buyRoomLots: fc.integer({ min: 0, max: 9 }),
      sellRoomLots: fc.integer({ min: 0, max: 9 }),
    })
    .map(({ spreadTicks, isAskEmpty, ...view }) =>
      viewOf({
        ...view,
        bestAskTicks: isAskEmpty ? 0 : view.bestBidTicks + spreadTicks,
        minPriceTicks: 90,
        maxPriceTicks: 110,
      }),
    )
  fc.assert(
    fc.property(anyView, fc.integer({ min: 0 }), (view, seed) => {
      for (const action of draw(5, view, seed)) {
        if (action.type === 'cancel') expect(action.index).toBeLessThan(view.openOrders)
        if (!('side' in action)) continue
        const roomLots = action.side === 'buy' ? view.buyRoomLots : view.sellRoomLots
        expect(action.quantityLots).toBeGreaterThan(0)
        expect(action.quantityLots).toBeLessThanOrEqual(roomLots)
        if (action.type !== 'limit') continue
        expect(action.priceTicks).toBeGreaterThanOrEqual(90)
        expect(action.priceTicks).toBeLessThanOrEqual(110)
      }
    }),
  )
})

/** One bot with the tests' engine, on vitest's timers. */
import { vi } from 'vitest'
import { FakeEngine } from '../../protocol/client/fake-engine.ts'
import type { Message } from '../../protocol/messages.ts'
import { Bot, type BotOptions } from './bot.ts'
import { systemClock } from './clock.ts'
import type { Desk } from './desk.ts'
import type { MakeTrader } from './trader.ts'

export const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

export function snapshot(sequence: number, bidTicks: number, askTicks: number): Message<'bookSnapshot'> {
  return {
    type: 'bookSnapshot',
    instrument: 1,
    previousSequence: 0,
    sequence,
    engineTimeUs: sequence,
    bids: [{ priceTicks: bidTicks, quantityLots: 5, orderCount: 1 }],
    asks: [{ priceTicks: askTicks, quantityLots: 5, orderCount: 1 }],
  }
}

/** Places one buy order at its first act, and notes when it acts. */
export function traderOf(acts: number[], desks: Desk[] = []): MakeTrader {
  return (desk) => {
    desks.push(desk)
    return {
      reactionMs: 100,
      act(nowMs) {
        acts.push(nowMs)
        if (desk.orders.count === 0)
          desk.orders.submit({ instrument: 1, side: 'buy', quantityLots: 10, priceTicks: 99 })
        return 1_000
      },
    }
  }
}

export function stand(makeTrader: MakeTrader = traderOf([]), change: Partial<BotOptions> = {}) {
  const engine = new FakeEngine()
  engine.books.set(1, snapshot(1, 9_990, 10_010))
  const incidents: string[] = []
  const bot = new Bot(
    {
      kind: 'test',
      url: 'ws://engine',
      participant: 'maker-1',
      session: 'main',
      sign: () => 'signature',
      openWebSocket: engine.openWebSocket,
      symbols: ['ACME'],
      seed: 1,
      limits: { maxPositionLots: 100, stopLossMinor: 5_000, maxSilenceMs: 3_000 },
      onIncident: (text) => incidents.push(text),
      ...change,
    },
    makeTrader,
    systemClock,
  )
  return { engine, bot, incidents }
}

/** The other side of an order's fill, as the engine tells it. */
export function filled(engine: FakeEngine, orderRef: number, quantityLots: number, priceTicks: number): void {
  engine.emit({
    type: 'filled',
    orderRef,
    orderId: orderRef,
    tradeId: 1,
    instrument: 1,
    side: 'buy',
    priceTicks,
    quantityLots,
    leavesLots: 10 - quantityLots,
    liquidity: 'maker',
    feeMinor: 0,
  })
}

/** Keeps the connections alive, as an engine without news does. */
export async function idle(engine: FakeEngine, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 500) {
    engine.publish({ type: 'heartbeat' })
    await pass(500)
  }
}

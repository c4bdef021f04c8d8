import { describe, expect, it } from 'vitest'
import { finalReport } from './final-report.ts'
import { plainLine } from './plain-line.ts'
import { botView, fleetView, instrumentView } from './view-fixture.ts'

describe('the plain line', () => {
  it('holds the key figures of a second', () => {
    expect(plainLine(fleetView({ instruments: [instrumentView()] }))).toBe(
      '1:00 | ACME 99.99/100.01 last 100.01 12.3 trades/s 346 orders/s | ack p50 312 µs p99 1.20 ms | bots 3/3',
    )
  })

  it('says what is missing: connection, a side of the book, the first trade, acknowledgements, bots', () => {
    const view = fleetView({
      instruments: [instrumentView({ phase: 'halted', bidQuantityLots: 0, lastPriceTicks: 0 })],
      bots: [botView(), botView({ health: 'dead' })],
      recentAck: undefined,
    })
    expect(plainLine({ ...view, engine: { ...view.engine, connected: false } })).toBe(
      '1:00 | NOT CONNECTED | ACME HALTED –/100.01 last – 12.3 trades/s 346 orders/s | ack p50 – p99 – | bots 1/2',
    )
  })
})

describe('the final report', () => {
  const report = (view = fleetView(), failures: string[] = []) => finalReport(view, failures, 120, false)

  it('shows the run per instrument and per bot, valued at one price per instrument', () => {
    expect(report()).toEqual([
      'Final report after 1:00 on ws://127.0.0.1:9001/v1, log sync',
      '',
      'instrument  trades  volume    last  mean spread   bp  orders/s  trades/s',
      'ACME           740  45,600  100.01   2.25 ticks  2.3       346      12.3',
      'BOLT           740  45,600  500.05   2.25 ticks  2.3       346      12.3',
      '',
      'bot      kind          ACME  BOLT  P&L USD  fees USD  filled  orders  fills  rejects',
      'maker-1  market-maker    30   -10   123.45     -0.50   12.5%     500     25        1',
      'noise-1  noise          -20    10  -100.00      1.50   12.5%     500     25        1',
      'noise-2  noise          -10     0   -26.45      2.00   12.5%     500     25        1',
      'all                       0     0    -3.00      3.00   12.5%   1,500     75        3',
      '',
      'Order to ack: p50 305 µs, p99 1.15 ms, max 12.3 ms over 41,234 requests.',
      'P&L is since the start, with positions valued at the mid prices: ACME 100.01, BOLT 500.05.',
      'P&L + fees of all bots: 0.00 USD.',
    ])
  })

  it('keeps the required columns on 80 characters', () => {
    const [title] = finalReport(fleetView(), [], 80, false).filter((line) => line.startsWith('bot'))
    expect(title).toBe('bot      ACME  BOLT  P&L USD  fees USD  filled  orders  fills  rejects')
  })

  it('says where the rest lies when the bots are not the whole market', () => {
    const lines = report(fleetView({ bots: [botView()] }))
    expect(lines.at(-1)).toBe(
      'P&L + fees of all bots: 122.95 USD; the rest lies with participants outside this fleet or without a last report.',
    )
  })

  it('names what was started again, and what failed', () => {
    const view = fleetView({ bots: [botView({ restarts: 2 })] })
    const engine = { ...view.engine, own: { logMode: 'os', restarts: 1 } }
    const lines = report({ ...view, engine }, ['maker-1 was killed by SIGKILL'])
    expect(lines.slice(-2)).toEqual([
      'Started again: maker-1 2×, the engine 1×.',
      'Failed: maker-1 was killed by SIGKILL',
    ])
  })

  it('can be made of a run in which nothing happened', () => {
    const lines = report(fleetView({ instruments: [], bots: [], ack: undefined, runningSeconds: 0 }))
    expect(lines).toContain('Order to ack: no order was acknowledged.')
  })
})

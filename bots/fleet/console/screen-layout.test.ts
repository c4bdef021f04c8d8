import { describe, expect, it } from 'vitest'
import { botView, fleetView, instrumentView } from '../view-fixture.ts'
import { layOutScreen } from './screen-layout.ts'
import { paint, widthOf } from './spans.ts'

const screen = (view = fleetView(), columns = 80, rows = 24, first = 0) =>
  layOutScreen(view, { columns, rows }, first).map((line) => paint(line, false).trimEnd())

const crowd = (count: number) =>
  fleetView({ bots: Array.from({ length: count }, (_, index) => botView({ name: `bot-${index + 1}` })) })

describe('the console on 80 × 24', () => {
  it('shows header, instruments, bots with their sums, and keys', () => {
    expect(screen()).toEqual([
      'tradefloor  ws://127.0.0.1:9001/v1                                          1:00',
      'log sync · 41.2k commands, 691/s           order to ack  p50 312 µs  p99 1.20 ms',
      '',
      'symbol    bid × size      ask × size    spread     last  trades/s  orders/s',
      'ACME     99.99 × 120    100.01 × 80       0.02   100.01      12.3       346',
      'BOLT    499.95 × 120    500.05 × 80       0.10   500.05      12.3       346',
      '',
      'bot       state         ACME    BOLT      P&L USD  fill rate  orders/s  ack p99',
      'maker-1   live            30     -10       123.45      12.5%       8.3  1.50 ms',
      'noise-1   live           -20      10      -100.00      12.5%       8.3  1.50 ms',
      'noise-2   live           -10       0       -26.45      12.5%       8.3  1.50 ms',
      'all       3 of 3           0       0        -3.00      12.5%      24.9  1.20 ms',
      ...Array.from({ length: 11 }, () => ''),
      'q or Ctrl-C  stop',
    ])
  })
})

describe('the console at any size', () => {
  it('is never wider or higher than the terminal, and always ends with the keys', () => {
    for (const columns of [1, 20, 40, 80, 120, 300]) {
      for (const rows of [1, 5, 10, 24, 60]) {
        const lines = layOutScreen(crowd(30), { columns, rows })
        expect(lines).toHaveLength(rows)
        for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(columns)
        expect(paint(lines.at(-1)!, false)).toContain(columns < 20 ? '' : 'q or Ctrl-C')
      }
    }
  })

  it('scrolls bots that do not fit, no further than the last one, and says which are shown', () => {
    const names = (first: number) => screen(crowd(30), 80, 24, first).filter((line) => line.startsWith('bot-'))
    expect(names(0)[0]).toMatch(/^bot-1 /)
    expect(names(5)[0]).toMatch(/^bot-6 /)
    expect(names(99).at(-1)).toMatch(/^bot-30 /)
    expect(names(99)).toHaveLength(names(0).length)
    expect(screen(crowd(30), 80, 24, 5).at(-1)).toMatch(/bots 6 to 19 of 30$/)
  })

  it('counts the instruments that do not fit', () => {
    const view = fleetView({ instruments: Array.from({ length: 40 }, (_, i) => instrumentView({ symbol: `S${i}` })) })
    const lines = screen(view)
    const shown = lines.filter((line) => /^S\d/.test(line)).length
    expect(lines).toContain(`and ${40 - shown} more instruments`)
    expect(lines.some((line) => line.startsWith('all'))).toBe(true)
  })

  it('draws the price where there is room for it', () => {
    const lines = screen(fleetView(), 120, 40)
    expect(lines[3]).toMatch(/volume {8}mid, last 20 s$/)
    expect(lines[4]).toMatch(/▁▅█▅$/)
    expect(lines[4]).toHaveLength(lines[3].length)
  })
})

describe('what is out of order is plainly visible without colours', () => {
  it('says that there is no connection', () => {
    const view = fleetView()
    const lines = screen({ ...view, engine: { ...view.engine, connected: false } })
    expect(lines[1]).toMatch(/^NOT CONNECTED to the engine/)
  })

  it('shows an empty side of a book', () => {
    expect(screen(fleetView({ instruments: [instrumentView({ askQuantityLots: 0 })] }))[4]).toMatch(/empty +– /)
  })

  it('shows the phase of all instruments when one does not trade continuously', () => {
    expect(screen().join()).not.toContain('continuous')
    const lines = screen(
      fleetView({ instruments: [instrumentView(), instrumentView({ symbol: 'BOLT', phase: 'halted' })] }),
    )
    expect(lines[5]).toMatch(/^BOLT +halted/)
  })

  it('counts bots that are not at work and shows the last incidents', () => {
    const bots = [botView(), botView({ name: 'maker-2', state: 'restarting', health: 'dead', restarts: 1 })]
    const incidents = [{ time: '10:12:03', text: 'maker-2 was killed by SIGKILL; it restarts in 1 s' }]
    const lines = screen(fleetView({ bots, incidents }))
    expect(lines.find((line) => line.startsWith('maker-2'))).toMatch(/restarting/)
    expect(lines.find((line) => line.startsWith('all'))).toMatch(/1 of 2/)
    expect(lines).toContain('10:12:03  maker-2 was killed by SIGKILL; it restarts in 1 s')
  })

  it('says that it is stopping, and how much time is left before', () => {
    expect(screen(fleetView({ stopping: true }))[0]).toMatch(/stopping…/)
    expect(screen(fleetView({ remainingSeconds: 12 }))[0]).toMatch(/1:00, 0:12 left$/)
  })
})

import { describe, expect, it } from 'vitest'
import { describeMachine } from './machine.ts'
import { formatJson, formatNumber, formatTable } from './report.ts'

const report = {
  method: [],
  tables: [],
  caveats: [],
  results: { applyMixed: { value: 3_321_464.123, unit: 'commands/s' }, applyP999Us: { value: 0.861234, unit: 'µs' } },
  reference: { nodejsOrderBookMixed: { value: 840_589.5, unit: 'commands/s' } },
  ratios: { applyMixedToNodejsOrderBook: 3.95123 },
}

describe('report', () => {
  it('is one line of JSON with suite, machine, results, reference and ratios', () => {
    const line = formatJson('core', describeMachine(), report)
    expect(line).not.toContain('\n')
    expect(JSON.parse(line)).toEqual({
      suite: 'core',
      machine: describeMachine(),
      results: { applyMixed: { value: 3_321_464, unit: 'commands/s' }, applyP999Us: { value: 0.8612, unit: 'µs' } },
      reference: { nodejsOrderBookMixed: { value: 840_590, unit: 'commands/s' } },
      ratios: { applyMixedToNodejsOrderBook: 3.951 },
    })
  })

  it('aligns the columns of a table', () => {
    const rows = [
      ['a', '1'],
      ['longer', '1,000'],
    ]
    const lines = formatTable({ title: 'T', columns: ['', 'rate'], rows })
    expect(lines.slice(2)).toEqual([
      '          rate',
      '─'.repeat(14),
      'a            1',
      'longer   1,000',
      '─'.repeat(14),
    ])
  })

  it('shows no more digits than a measurement has', () => {
    expect([0.864, 12.34, 123.4, 3_321_464.5].map(formatNumber)).toEqual(['0.86', '12.3', '123', '3,321,465'])
  })
})

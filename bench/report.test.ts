import { describe, expect, it } from 'vitest'
import { formatJson, formatNumber, formatReport, formatTable } from './report.ts'

const machine = {
  cpu: 'CPU of 3 GHz',
  cores: 2,
  memoryGib: 8,
  system: 'Linux 6.1',
  node: '22.1.0',
  date: '2026-01-31',
  loadAverage: 0.1,
}

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
    const line = formatJson('core', machine, report)
    expect(line).not.toContain('\n')
    expect(JSON.parse(line)).toEqual({
      suite: 'core',
      machine: machine,
      results: { applyMixed: { value: 3_321_464, unit: 'commands/s' }, applyP999Us: { value: 0.8612, unit: 'µs' } },
      reference: { nodejsOrderBookMixed: { value: 840_590, unit: 'commands/s' } },
      ratios: { applyMixedToNodejsOrderBook: 3.951 },
    })
  })

  it('begins with the machine, and says so if it was not idle', () => {
    const [first] = formatReport('core', machine, report).split('\n')
    expect(first).toBe('core: CPU of 3 GHz, 2 cores, 8 GiB, Linux 6.1, Node 22.1.0, 2026-01-31')
    expect(formatReport('core', machine, report)).not.toContain('not idle')
    expect(formatReport('core', { ...machine, loadAverage: 3 }, report)).toContain('load average 3 before the run')
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

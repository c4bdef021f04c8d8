import { describe, expect, it } from 'vitest'
import { clip, paint, span, spread } from './spans.ts'
import { type Column, layOutTable } from './table.ts'

interface Row {
  readonly name: string
  readonly amount: string
}

const columns: Column<Row>[] = [
  { title: 'name', width: 6, align: 'left', expendable: 0, cell: (row) => span(row.name, 'strong') },
  { title: 'rank', width: 4, align: 'right', expendable: 2, cell: () => span('1') },
  { title: 'amount', width: 0, align: 'right', expendable: 1, cell: (row) => span(row.amount) },
]
const rows = [
  { name: 'one', amount: '1.50' },
  { name: 'two', amount: '-10.00' },
]
const text = (width: number) => layOutTable(columns, rows, width).map((line) => paint(line, false))

describe('a table', () => {
  it('lines numbers up on the right and words on the left', () => {
    expect(text(80)).toEqual(['name    rank  amount', 'one        1    1.50', 'two        1  -10.00'])
  })

  it('leaves out the most expendable columns first where there is no room', () => {
    expect(text(19)[1]).toBe('one       1.50')
    expect(text(10)[1]).toBe('one   ')
  })

  it('cuts what cannot be left out, and shows that it did', () => {
    expect(text(3)).toEqual(['na…', 'on…', 'tw…'])
  })

  it('widens a column for a cell that needs more than is reserved', () => {
    const wide = layOutTable(columns, [{ name: 'a-long-name', amount: '1' }], 80).map((line) => paint(line, false))
    expect(wide).toEqual(['name         rank  amount', 'a-long-name     1       1'])
  })
})

describe('a line', () => {
  it('is clipped by characters, whatever its colours', () => {
    const line = [span('red', 'loss'), span('plain')]
    expect(paint(clip(line, 8), false)).toBe('redplain')
    expect(paint(clip(line, 5), false)).toBe('redp…')
    expect(paint(clip(line, 0), false)).toBe('')
  })

  it('has no escape sequence without colours, and ends each colour with them', () => {
    const line = [span('a', 'gain'), span('b')]
    expect(paint(line, false)).toBe('ab')
    expect(paint(line, true)).toBe('\x1b[32ma\x1b[39mb')
  })

  it('gives up its right end rather than its left one', () => {
    expect(paint(spread([span('left')], [span('right')], 12), false)).toBe('left   right')
    expect(paint(spread([span('left')], [span('right')], 10), false)).toBe('left')
  })
})

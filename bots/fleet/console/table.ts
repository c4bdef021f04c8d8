/**
 * Tables of fixed-width columns that fit the width they are given: where there is not enough, the columns that matter
 * least go first. Pure: the same rows and width give the same lines.
 */
import { clip, type Line, type Span, span } from './spans.ts'

export interface Column<Row> {
  readonly title: string
  /** Characters reserved, so that columns stay put while numbers change. Grows with the title and with cells that need more. */
  readonly width: number
  readonly align: 'left' | 'right'
  /** The columns of the highest number are left out first; 0 stays whatever happens. */
  readonly expendable: number
  readonly cell: (row: Row) => Span
}

const gap = '  '

/** The title line and one line per row. Nothing is wider than `width`. */
export function layOutTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width: number): Line[] {
  const sized = columns.map((column) => {
    const cells = rows.map(column.cell)
    const needed = Math.max(column.width, column.title.length, ...cells.map(({ text }) => text.length))
    return { column, cells, needed }
  })
  while (sized.length > 1 && tableWidth(sized) > width) {
    const most = Math.max(...sized.map(({ column }) => column.expendable))
    if (most === 0) break
    sized.splice(
      sized.findLastIndex(({ column }) => column.expendable === most),
      1,
    )
  }
  const line = (pick: (sizedColumn: (typeof sized)[number]) => Span): Line =>
    clip(
      sized.flatMap((sizedColumn, index) => {
        const cell = pad(pick(sizedColumn), sizedColumn.needed, sizedColumn.column.align)
        return index === 0 ? [cell] : [span(gap), cell]
      }),
      width,
    )
  return [
    line(({ column }) => span(column.title, 'title')),
    ...rows.map((_, index) => line(({ cells }) => cells[index])),
  ]
}

function tableWidth(sized: readonly { needed: number }[]): number {
  return sized.reduce((sum, { needed }) => sum + needed, gap.length * (sized.length - 1))
}

function pad({ text, style }: Span, width: number, align: 'left' | 'right'): Span {
  return span(align === 'right' ? text.padStart(width) : text.padEnd(width), style)
}

/**
 * Lines of text with styles, before they become escape sequences: what is shown is decided and tested without a
 * terminal, and clipping counts characters, not bytes of colour.
 */
import { styleText } from 'node:util'

/** What a piece of text means; how that looks is decided in `paint`. */
export type Style = 'plain' | 'strong' | 'quiet' | 'title' | 'gain' | 'loss' | 'warning' | 'alarm'

export interface Span {
  readonly text: string
  readonly style: Style
}

export type Line = readonly Span[]

export function span(text: string, style: Style = 'plain'): Span {
  return { text, style }
}

type Look = Parameters<typeof styleText>[0]

const looks: Record<Exclude<Style, 'plain'>, Look> = {
  strong: 'bold',
  quiet: 'dim',
  title: 'dim',
  gain: 'green',
  loss: 'red',
  warning: 'yellow',
  alarm: ['bold', 'red'],
}

/** The line as text, with escape sequences if `coloured`. */
export function paint(line: Line, coloured: boolean): string {
  const paintSpan = ({ text, style }: Span) =>
    !coloured || style === 'plain' || text.trim() === ''
      ? text
      : styleText(looks[style], text, { validateStream: false })
  return line.map(paintSpan).join('')
}

export function widthOf(line: Line): number {
  return line.reduce((width, { text }) => width + text.length, 0)
}

/** The line cut to `width` characters; a cut is marked by an ellipsis. */
export function clip(line: Line, width: number): Line {
  if (widthOf(line) <= width) return line
  const kept: Span[] = []
  let left = width - 1
  for (const { text, style } of line) {
    if (left <= 0) break
    kept.push({ text: text.slice(0, left), style })
    left -= text.length
  }
  return width > 0 ? [...kept, span('…', 'quiet')] : []
}

/** The two lines as one of `width` characters, one at either end; the right one gives way if there is no room. */
export function spread(left: Line, right: Line, width: number): Line {
  const gap = width - widthOf(left) - widthOf(right)
  return gap < 2 ? clip(left, width) : [...left, span(' '.repeat(gap)), ...right]
}

/**
 * Draws lines in place on the terminal's alternate screen, and hears keys. Each frame is one write of the lines that
 * changed, so nothing flickers. Whatever ends the program, the terminal must be given back as it was: `close` does that,
 * and so does the exit handler.
 */
import { writeSync } from 'node:fs'
import type { ReadStream, WriteStream } from 'node:tty'
import type { ScreenSize } from './screen-layout.ts'
import { type Line, paint } from './spans.ts'

const csi = '\x1b['
/** Alternate screen, cursor hidden, no wrapping at the right edge. */
const enter = `${csi}?1049h${csi}?25l${csi}?7l${csi}2J`
const leave = `${csi}?7h${csi}?25h${csi}?1049l`
/** Terminals that know them show what lies between these two at once; the others ignore them. */
const beginFrame = `${csi}?2026h`
const endFrame = `${csi}?2026l`

export type Key = 'stop' | 'up' | 'down'

/** What the bytes of one read from the keyboard ask for. */
export function keysOf(input: string): Key[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: arrow keys arrive as escape sequences, Ctrl-C as byte 3.
  const found = input.match(/\x1b\[[A-Z]|./gs) ?? []
  return found.flatMap((key): Key[] => {
    if (key === 'q' || key === 'Q' || key === '\x03') return ['stop']
    if (key === `${csi}A` || key === 'k') return ['up']
    if (key === `${csi}B` || key === 'j') return ['down']
    return []
  })
}

/** The bytes that turn `before` into `after` on the screen; empty if they are the same. */
export function frameBytes(before: readonly string[], after: readonly string[]): string {
  let changes = ''
  // Erased before it is written: after a line of full width the cursor stands on its last character.
  for (let row = 0; row < Math.max(before.length, after.length); row++) {
    const line = after[row] ?? ''
    if (line !== before[row]) changes += `${csi}${row + 1};1H${csi}0m${csi}K${line}`
  }
  return changes === '' ? '' : beginFrame + changes + endFrame
}

export class Terminal {
  private readonly output: WriteStream & { readonly fd: number }
  private readonly input: ReadStream | undefined
  private readonly coloured: boolean
  private readonly onKey: (key: Key) => void
  private shown: string[] = []
  private isOpen = true

  /** `input` is read in raw mode if it is a terminal; without one there are no keys, and Ctrl-C comes as a signal. */
  constructor(output: WriteStream & { readonly fd: number }, input: ReadStream | undefined, onKey: (key: Key) => void) {
    this.output = output
    this.input = input?.isTTY ? input : undefined
    this.coloured = output.hasColors()
    this.onKey = onKey
    output.write(enter)
    output.on('resize', this.redrawAll)
    this.input?.setRawMode(true).on('data', this.hear).resume()
    process.on('exit', this.giveBack)
  }

  get size(): ScreenSize {
    return { columns: this.output.columns, rows: this.output.rows }
  }

  draw(lines: readonly Line[]): void {
    // A terminal that takes nothing must not fill memory: skip frames until it has taken the last ones.
    if (!this.isOpen || this.output.writableNeedDrain) return
    const painted = lines.map((line) => paint(line, this.coloured))
    const bytes = frameBytes(this.shown, painted)
    this.shown = painted
    if (bytes !== '') this.output.write(bytes)
  }

  /** Back to the ordinary screen; what is written from now on stays. */
  close(): void {
    if (!this.isOpen) return
    process.off('exit', this.giveBack)
    this.output.off('resize', this.redrawAll)
    this.giveBack()
    this.input?.off('data', this.hear).pause()
  }

  private readonly hear = (data: Buffer): void => {
    for (const key of keysOf(data.toString())) this.onKey(key)
  }

  private readonly redrawAll = (): void => {
    this.shown = []
    this.output.write(`${csi}2J`)
  }

  /** Synchronous, because it also runs while the process exits. */
  private readonly giveBack = (): void => {
    this.isOpen = false
    this.input?.setRawMode(false)
    try {
      writeSync(this.output.fd, leave)
    } catch {
      // The terminal is gone: there is nothing left to give back.
    }
  }
}

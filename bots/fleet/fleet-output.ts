/**
 * How a running fleet shows itself: as a live console on a terminal, as a plain line a second elsewhere, or not at all.
 */
import type { ReadStream, WriteStream } from 'node:tty'
import { clampFirst } from './console/bot-table.ts'
import { layOutScreen } from './console/screen-layout.ts'
import { type Key, Terminal } from './console/terminal.ts'
import type { FleetView, Incident } from './fleet-view.ts'
import { plainLine } from './plain-line.ts'

const frameEveryMs = 250
const lineEveryMs = 1_000

export interface FleetOutput {
  incident(incident: Incident): void
  /** Nothing is shown from now on; a terminal is as it was before. */
  close(): void
}

/** Whether full-screen drawing would work there. */
export function isTerminal(output: { readonly isTTY?: boolean }): boolean {
  return output.isTTY === true && process.env.TERM !== 'dumb'
}

export const silentOutput: FleetOutput = { incident: () => {}, close: () => {} }

/** Lines of text to `write`: the state once a second, incidents when they happen. */
export class PlainOutput implements FleetOutput {
  private readonly write: (line: string) => void
  private readonly timer: NodeJS.Timeout
  private hasWritten = false

  constructor(view: () => FleetView, writeLine: (line: string) => void) {
    const write = (line: string) => {
      this.hasWritten = true
      writeLine(line)
    }
    this.write = write
    this.timer = setInterval(() => {
      const current = view()
      if (current.instruments.length > 0 && !current.stopping) write(plainLine(current))
    }, lineEveryMs)
  }

  incident({ time, text }: Incident): void {
    this.write(`${time} ${text}`)
  }

  /** What follows is set off by an empty line. */
  close(): void {
    clearInterval(this.timer)
    if (this.hasWritten) this.write('')
  }
}

/** The console on the terminal's alternate screen. */
export class LiveConsole implements FleetOutput {
  private readonly view: () => FleetView
  private readonly onStop: () => void
  private readonly terminal: Terminal
  private readonly timer: NodeJS.Timeout
  private firstBot = 0

  constructor(
    view: () => FleetView,
    output: WriteStream & { readonly fd: number },
    input: ReadStream,
    onStop: () => void,
  ) {
    this.view = view
    this.onStop = onStop
    this.terminal = new Terminal(output, input, (key) => this.press(key))
    this.timer = setInterval(() => this.draw(), frameEveryMs)
    this.draw()
  }

  incident(): void {
    this.draw()
  }

  close(): void {
    clearInterval(this.timer)
    this.terminal.close()
  }

  private press(key: Key): void {
    if (key === 'stop') this.onStop()
    else this.firstBot += key === 'down' ? 1 : -1
    this.draw()
  }

  private draw(): void {
    const view = this.view()
    // Scrolling ends where the list does, whatever the height: one line of bots is always shown.
    this.firstBot = clampFirst(this.firstBot, view.bots.length, 3)
    this.terminal.draw(layOutScreen(view, this.terminal.size, this.firstBot))
  }
}

/**
 * What happened in a simulation, one line each. The lines are kept only if asked for; their hash always is, and is what two
 * runs of one seed are compared by.
 */
import type { VirtualTime } from './virtual-time.ts'

export class Trace {
  readonly lines: string[] = []
  /** Whether lines are kept: only then is it worth to put together a text that says more. */
  readonly isKept: boolean
  private readonly time: VirtualTime
  private high = 0x811c9dc5
  private low = 0x01000193

  constructor(time: VirtualTime, isKept: boolean) {
    this.time = time
    this.isKept = isKept
  }

  /** Hash of all that was noted. */
  get hash(): string {
    return [this.high, this.low].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('')
  }

  /** `detail` goes into the line but not into the hash. */
  note(who: string, what: string, first = 0, second = 0, detail = ''): void {
    this.mix(this.time.nowUs)
    for (let index = 0; index < who.length; index += 1) this.mix(who.charCodeAt(index))
    for (let index = 0; index < what.length; index += 1) this.mix(what.charCodeAt(index))
    this.mix(first)
    this.mix(second)
    if (this.isKept) this.keep(who, what, first, second, detail)
  }

  private keep(who: string, what: string, first: number, second: number, detail: string): void {
    const seconds = (this.time.nowUs / 1e6).toFixed(6).padStart(11)
    const numbers = [first, second].filter((number) => number !== 0).join(' ')
    this.lines.push(`${seconds} ${who.padEnd(9)} ${what} ${numbers} ${detail}`.trimEnd())
  }

  private mix(number: number): void {
    const upper = (number / 2 ** 32) | 0
    this.high = Math.imul(this.high ^ (number | 0), 0x01000193) ^ (this.low >>> 13)
    this.low = Math.imul(this.low ^ upper ^ (this.high >>> 7), 0x85ebca6b)
  }
}

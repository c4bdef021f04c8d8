/** What is due at a time: earliest first, at the same time in the order in which it was set. */
export interface Timer {
  readonly timeUs: number
  readonly action: () => void
}

export class Timers {
  private pending: Timer[] = []

  set(timeUs: number, action: () => void): Timer {
    const timer = { timeUs, action }
    this.pending.push(timer)
    return timer
  }

  drop(timer: Timer | undefined): void {
    this.pending = this.pending.filter((other) => other !== timer)
  }

  /** The one to happen next; undefined if there is none. */
  get earliest(): Timer | undefined {
    return this.pending.toSorted((one, other) => one.timeUs - other.timeUs)[0]
  }
}

/**
 * A desk with its trader: when the trader acts, and whether the desk is halted. Whether it may act is asked of its owner
 * each time.
 */
import type { Clock } from './clock.ts'
import type { Desk } from './desk.ts'
import type { Trader } from './trader.ts'

export class Seat {
  readonly desk: Desk
  /** Why it is halted, as of the last look at the desk. */
  haltReason: string | undefined
  private readonly trader: Trader
  private readonly clock: Clock
  private readonly mayAct: (seat: Seat) => boolean
  private lastActMs = -Infinity
  /** When it acts next; Infinity if that is not known. */
  private dueMs = Infinity
  private callOff: () => void = () => {}

  constructor(desk: Desk, trader: Trader, clock: Clock, mayAct: (seat: Seat) => boolean) {
    this.desk = desk
    this.trader = trader
    this.clock = clock
    this.mayAct = mayAct
  }

  /** Something changed at the desk: the trader acts as soon as its reaction time allows. */
  changed(): void {
    this.schedule(Math.max(this.clock.nowMs(), this.lastActMs + this.trader.reactionMs))
  }

  /** Looks at the desk, and lets a trader go on that was held up. */
  check(): void {
    if (this.mayAct(this) && this.dueMs === Infinity) this.schedule(this.clock.nowMs())
  }

  stop(): void {
    this.callOff()
    this.dueMs = Infinity
  }

  /** Lets the trader act at this time at the latest. */
  private schedule(dueMs: number): void {
    if (dueMs >= this.dueMs) return
    this.callOff()
    this.dueMs = dueMs
    this.callOff = this.clock.after(dueMs - this.clock.nowMs(), () => this.act())
  }

  private act(): void {
    this.dueMs = Infinity
    if (!this.mayAct(this)) return
    const nowMs = this.clock.nowMs()
    this.lastActMs = nowMs
    this.schedule(nowMs + this.trader.act(nowMs))
  }
}

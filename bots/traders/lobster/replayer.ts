/**
 * Re-submits a recording to a venue through two sessions and checks what comes of it.
 *
 * Two sessions have two connections, and nothing orders what goes over one against what goes over the other, except
 * answers. So a run of rows of one session is sent without waiting, and all its answers are waited for before the first
 * message of the other session. In between nothing is awaited, so that a run leaves in as few frames as possible.
 *
 * Where the recording departs from price and time, the venue fills another order than the recording. The fills tell, and
 * that level is then cancelled and submitted anew, order by order, as the recording has it.
 */
import type { SessionEvent } from '../../../protocol/client/index.ts'
import type { Message, Side } from '../../../protocol/messages.ts'
import { AggressorRun, type RunRow } from './aggressor-run.ts'
import { EventWait, silenceTimeoutMs } from './event-wait.ts'
import type { MarketRow } from './market-row.ts'
import { intruderText, type OrderEntry, ReplayError } from './order-entry.ts'
import { RecordedBook } from './recorded-book.ts'
import { ReplayTally } from './replay-tally.ts'
import { RestingSide } from './resting-side.ts'

/** Most messages without an answer. */
const mostOutstanding = 1_024

/** A row of which everything is sent: it is checked as soon as so many messages of the resting side are answered. */
interface SentRow {
  readonly row: MarketRow
  readonly answersNeeded: number
  readonly isExplained: boolean
}

export class Replayer {
  readonly tally = new ReplayTally()
  private readonly book = new RecordedBook()
  private readonly resting: RestingSide
  private readonly aggressors: AggressorRun
  private readonly sentRows: SentRow[] = []
  private isFirstRow = true
  private readonly wait = new EventWait(() => this.silence())

  constructor(resting: OrderEntry, aggressor: OrderEntry, instrument: number) {
    this.resting = new RestingSide(resting, instrument)
    this.aggressors = new AggressorRun(aggressor, instrument)
  }

  /** To be told of every event of the resting session, in order. */
  onRestingEvent(event: SessionEvent): void {
    this.guard(() => {
      this.resting.onEvent(event)
      this.checkAnsweredRows()
    })
  }

  /** To be told of every event of the aggressor's session, in order. */
  onAggressorEvent(event: SessionEvent): void {
    this.guard(() => this.aggressors.onEvent(event))
  }

  /** Makes the replay end with this error. */
  fail(error: Error): void {
    this.wait.fail(error)
  }

  /** Messages sent so far by the resting side and by the aggressors. */
  get sentMessages(): { readonly resting: number; readonly aggressor: number } {
    return { resting: this.resting.sent, aggressor: this.aggressors.sent }
  }

  /** Whether a row can be sent at once. */
  isReadyFor(row: MarketRow): boolean {
    if (this.wait.hasFailed) return false
    if (row.action === 'execute') return this.resting.outstanding === 0 && this.aggressors.outstanding < mostOutstanding
    if (!this.aggressors.isEmpty) return this.isIdle(row)
    return this.resting.outstanding < mostOutstanding
  }

  /** Sends a row for which it is ready. Returns whether its outcome must be waited for before the next row. */
  send(row: MarketRow): boolean {
    if (row.action === 'execute') return this.execute(row)
    if (row.skipReason !== undefined) this.tally.skippedRows[row.skipReason] += 1
    if (!this.aggressors.isEmpty) {
      this.aggressors.pass(row)
      return false
    }
    const { unexplainedLevels } = this.book
    const steps = this.isIdle(row) ? [] : this.book.apply(row)
    if (steps === undefined) this.tally.skippedRows.unknownOrder += 1
    this.resting.send(steps ?? this.book.moveWindow(row))
    this.rowSent(row, unexplainedLevels)
    return false
  }

  /**
   * Waits for the answers to everything sent, and ends the aggressors' run, which may send what puts the book right.
   * @throws Error if the replay cannot go on
   */
  async settle(): Promise<void> {
    await this.wait.until(() => this.isSettled())
    if (!this.aggressors.isEmpty) this.finishRun()
  }

  /**
   * Waits until every row sent is answered and checked, so that the venue's book is the recorded one.
   * @throws Error if the replay cannot go on
   */
  async finish(): Promise<void> {
    await this.settle()
    await this.wait.until(() => this.isSettled())
  }

  /** Waits until few enough messages are without an answer, or until everything is where the row needs that. */
  async makeReadyFor(row: MarketRow): Promise<void> {
    if (row.action === 'execute' || !this.aggressors.isEmpty) await this.settle()
    await this.wait.until(() => this.isReadyFor(row))
  }

  private isSettled(): boolean {
    return (
      this.resting.outstanding === 0 &&
      this.aggressors.outstanding === 0 &&
      this.resting.filledLots === this.aggressors.filledLots
    )
  }

  /** Whether nothing is to be sent for a row. */
  private isIdle(row: MarketRow): boolean {
    return row.action === 'skip' && this.book.explains(row)
  }

  private execute(row: MarketRow): boolean {
    const execution = this.book.execute(row)
    if (execution === undefined) {
      this.tally.skippedRows.unknownOrder += 1
      this.aggressors.pass(row)
      return !this.book.explains(row)
    }
    this.aggressors.execute(row, execution)
    // A row that will deviate ends the run, so that its level is put right before the next execution.
    return !execution.isDue || !this.book.explains(row)
  }

  /** Judges the run's rows by their fills, puts right what went otherwise, and moves the window to that of the last row. */
  private finishRun(): void {
    const fills = this.resting.takeFills()
    const rows = this.aggressors.takeRows()
    const wrongLevels = new Map<string, { side: Side; priceTicks: number }>()
    const markWrong = (side: Side, priceTicks: number) => wrongLevels.set(`${side} ${priceTicks}`, { side, priceTicks })
    let next = 0
    rows.forEach((runRow, index) => {
      const ownFills: Message<'filled'>[] = []
      while (fills[next] !== undefined && fills[next].sequence === runRow.sequence) ownFills.push(fills[next++])
      for (const fill of ownFills) this.resting.venue.apply(fill)
      if (runRow.execution !== undefined && !this.judge(runRow, ownFills, rows)) {
        markWrong(runRow.execution.order.side, runRow.execution.order.priceTicks)
        for (const fill of ownFills) markWrong(fill.side as Side, fill.priceTicks)
      }
      if (index < rows.length - 1) this.check({ row: runRow.row, answersNeeded: 0, isExplained: true })
    })
    if (next < fills.length) throw new ReplayError(intruderText)
    for (const { side, priceTicks } of wrongLevels.values()) this.repair(side, priceTicks)
    const { row } = rows[rows.length - 1]
    const { unexplainedLevels } = this.book
    if (!this.book.explains(row)) this.resting.send(this.book.moveWindow(row))
    this.rowSent(row, unexplainedLevels)
  }

  /** Whether an execution filled exactly the order and quantity of the recording; counted where it is known which order. */
  private judge({ row, execution }: RunRow, fills: readonly Message<'filled'>[], run: readonly RunRow[]): boolean {
    const { order } = execution!
    const isExact = fills.length === 1 && fills[0].orderRef === order.ref && fills[0].quantityLots === row.quantityLots
    if (order.recordedId === 0) return isExact
    this.tally.executionsChecked += 1
    if (isExact) {
      this.tally.executionsExact += 1
      return true
    }
    this.tally.deviation({
      line: row.line,
      orderId: order.recordedId,
      quantityLots: row.quantityLots,
      fills: fills.map((fill) => ({ orderId: this.recordedIdOf(fill, run), quantityLots: fill.quantityLots })),
    })
    return false
  }

  /** Id of the filled order in the recording, whose book may have it still, or no more because the run executed it. */
  private recordedIdOf(fill: Message<'filled'>, run: readonly RunRow[]): number {
    const open = this.book.queue(fill.side as Side, fill.priceTicks).find(({ ref }) => ref === fill.orderRef)
    const executed = run.find(({ execution }) => execution?.order.ref === fill.orderRef)?.execution?.order
    return (open ?? executed)?.recordedId ?? 0
  }

  /** Cancels a level and submits it anew as the recording has it, unless it is so already. */
  private repair(side: Side, priceTicks: number): void {
    const { venue } = this.resting
    const there = venue.ordersAt(side, priceTicks)
    const wanted = this.book.queue(side, priceTicks)
    const isRight =
      there.length === wanted.length &&
      wanted.every(({ ref, leavesLots }) => venue.order(ref)?.leavesLots === leavesLots)
    if (isRight) return
    this.tally.reseededLevels += 1
    for (const order of there) this.resting.cancel(order.ref)
    for (const order of wanted) this.resting.submit(order)
  }

  private rowSent(row: MarketRow, unexplainedBefore: number): void {
    const unexplained = this.book.unexplainedLevels - unexplainedBefore
    this.tally.reseededLevels += unexplained
    this.sentRows.push({ row, answersNeeded: this.resting.sent, isExplained: unexplained === 0 })
    this.checkAnsweredRows()
  }

  private checkAnsweredRows(): void {
    while (this.sentRows.length > 0 && this.sentRows[0].answersNeeded <= this.resting.answered) {
      this.check(this.sentRows.shift()!)
    }
  }

  /** Compares the venue's book with the orderbook row, after all that was sent for it and nothing after it. */
  private check({ row, isExplained }: SentRow): void {
    const { tally } = this
    tally.rows += 1
    tally.messages = this.resting.sent + this.aggressors.sent
    if (this.isFirstRow) {
      this.isFirstRow = false
      return
    }
    tally.bookRowsChecked += 1
    if (isExplained && this.resting.venue.equals(row)) tally.bookRowsEqual += 1
  }

  /** Runs what an event sets off; what goes wrong there ends the replay, not the connection. */
  private guard(action: () => void): void {
    if (this.wait.hasFailed) return
    try {
      action()
      const { resting, aggressors } = this
      const isIntruded = aggressors.outstanding === 0 && resting.filledLots > aggressors.filledLots
      if (isIntruded) throw new ReplayError(intruderText)
      this.wait.wake()
    } catch (error) {
      this.fail(error as Error)
    }
  }

  private silence(): ReplayError {
    const areAllAnswered = this.resting.outstanding === 0 && this.aggressors.outstanding === 0
    if (areAllAnswered) return new ReplayError(intruderText)
    return new ReplayError(`the engine did not answer for ${silenceTimeoutMs / 1000} s`)
  }
}

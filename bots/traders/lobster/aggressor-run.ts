/**
 * The participant whose orders trade, and the run of rows that it is at: executions that follow each other without a
 * change of the resting side between them, sent together and judged together once all their fills are told.
 */
import type { SessionEvent } from '../../../protocol/client/index.ts'
import type { MarketRow } from './market-row.ts'
import { type OrderEntry, ReplayError } from './order-entry.ts'
import type { Execution } from './recorded-book.ts'
import { rejection } from './resting-side.ts'

/** A row of the run. Without an execution it sends nothing and is there to be checked in its turn. */
export interface RunRow {
  readonly row: MarketRow
  readonly execution: Execution | undefined
  /** Ref of the aggressor's order; 0 if there is none. */
  readonly ref: number
  /** Sequence number of that order, under which its fills are told to both sides; 0 until it is accepted. */
  sequence: number
}

export class AggressorRun {
  /** Messages sent so far, in all runs. */
  sent = 0
  /** Lots that the run's orders have traded. */
  filledLots = 0
  private readonly session: OrderEntry
  private readonly instrument: number
  private rows: RunRow[] = []
  private readonly openRows = new Map<number, RunRow>()

  constructor(session: OrderEntry, instrument: number) {
    this.session = session
    this.instrument = instrument
  }

  /** Whether the run has no rows. */
  get isEmpty(): boolean {
    return this.rows.length === 0
  }

  /** Orders whose outcome is not told yet. */
  get outstanding(): number {
    return this.openRows.size
  }

  /** Sends what takes the recorded quantity at the recorded price from the other side. */
  execute(row: MarketRow, execution: Execution): void {
    const ref = this.session.newOrder({
      instrument: this.instrument,
      side: row.side === 'buy' ? 'sell' : 'buy',
      quantityLots: row.quantityLots,
      priceTicks: row.priceTicks,
      timeInForce: 'immediateOrCancel',
    })
    this.sent += 1
    const runRow: RunRow = { row, execution, ref, sequence: 0 }
    this.rows.push(runRow)
    this.openRows.set(ref, runRow)
  }

  /** Takes a row that sends nothing into the run. */
  pass(row: MarketRow): void {
    this.rows.push({ row, execution: undefined, ref: 0, sequence: 0 })
  }

  /** @throws ReplayError if the venue did not carry an order out */
  onEvent(event: SessionEvent): void {
    switch (event.type) {
      case 'accepted':
        this.openRow(event.ref).sequence = event.sequence
        break
      case 'filled':
        this.filledLots += event.quantityLots
        if (event.leavesLots === 0) this.openRows.delete(event.orderRef)
        break
      case 'cancelled':
        this.openRows.delete(event.orderRef)
        break
      case 'rejected':
        throw rejection(event)
    }
  }

  /** Ends the run and returns its rows in order. */
  takeRows(): RunRow[] {
    const { rows } = this
    this.rows = []
    this.filledLots = 0
    return rows
  }

  private openRow(ref: number): RunRow {
    const row = this.openRows.get(ref)
    if (row === undefined) throw new ReplayError(`the engine accepted order ${ref}, which the replay did not send`)
    return row
  }
}

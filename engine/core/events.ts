/**
 * What commands cause, in order: fixed-width records in one array of numbers, written by the exchange and read by the
 * gateway (private events) and the feed (public ones) once the commands are durable. Numbers only, so that nothing is
 * allocated per event and the same commands give the same bytes on any machine.
 *
 * Columns that a type does not use are 0.
 */
import { messages } from '../../protocol/messages.ts'

/**
 * Columns of a record. `DETAIL_1` to `DETAIL_3` mean what the type says, see `eventType`. Whoever reads or writes many records
 * takes the columns out of this object into constants of his own file; `engine/compiler.ts` says why.
 */
export const eventLayout = {
  TYPE: 0,
  /** Session that the event goes to; 0 for public events. */
  SESSION: 1,
  /** Number of the event within its session; 0 for public events and for `duplicateRef`. */
  EVENT_NUMBER: 2,
  SEQUENCE: 3,
  TIME_US: 4,
  /** Ref of the command that is answered, 0 if none is. */
  REF: 5,
  /** Ref of the order concerned. */
  ORDER_REF: 6,
  ORDER_ID: 7,
  INSTRUMENT: 8,
  SIDE: 9,
  PRICE_TICKS: 10,
  QUANTITY_LOTS: 11,
  LEAVES_LOTS: 12,
  DETAIL_1: 13,
  DETAIL_2: 14,
  DETAIL_3: 15,
} as const

/** Numbers per record. */
const width = 16
export const eventWidth = width

export const eventType = {
  /** QUANTITY_LOTS, PRICE_TICKS as accepted; DETAIL_1 order type; DETAIL_2 time in force. */
  accepted: messages.accepted.number,
  /** DETAIL_1 error number; DETAIL_2 field; DETAIL_3 bound. */
  rejected: messages.rejected.number,
  /** DETAIL_1 liquidity; DETAIL_2 trade id; DETAIL_3 fee in minor units. */
  filled: messages.filled.number,
  /** QUANTITY_LOTS what was left; DETAIL_1 reason. */
  cancelled: messages.cancelled.number,
  /** QUANTITY_LOTS new total; DETAIL_1 1 if priority was kept. */
  replaced: messages.replaced.number,
  /** DETAIL_1 how many orders. */
  massCancelled: messages.massCancelled.number,
  /** Not numbered: REF was processed before; DETAIL_3 the last ref processed. */
  duplicateRef: messages.error.number,
  /** Public. A price level as it is now: QUANTITY_LOTS at PRICE_TICKS in DETAIL_1 orders; 0 and 0 if it is gone. */
  levelChanged: 256,
  /** Public. SIDE of the aggressor; DETAIL_2 trade id. */
  traded: 257,
} as const

export class EventBuffer {
  /** Records, `eventWidth` numbers each. Replaced when it grows: do not keep a reference across writes. */
  data: Float64Array
  /** Numbers in use; a multiple of `eventWidth`. */
  length = 0

  constructor(capacity = 4096) {
    this.data = new Float64Array(capacity * width)
  }

  /** Number of records. */
  get count(): number {
    return this.length / width
  }

  clear(): void {
    this.length = 0
  }

  /** Makes room for one record and returns where it begins. The caller must write all its columns. */
  claim(): number {
    const base = this.length
    if (base === this.data.length) this.grow()
    this.length = base + width
    return base
  }

  private grow(): void {
    const larger = new Float64Array(this.data.length * 2)
    larger.set(this.data)
    this.data = larger
  }
}

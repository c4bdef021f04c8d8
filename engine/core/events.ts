/**
 * What commands cause, in order: records in one array of numbers, written by the exchange and read by the gateway
 * (private events) and the feed (public ones) once the commands are durable. Numbers only, so that nothing is allocated
 * per event and the same commands give the same bytes on any machine.
 *
 * A public event is a record of half the width: every number that is written costs about as much as a risk check, and
 * nearly every command changes a price level. Columns that a type does not use are 0.
 */
import { messages } from '../../protocol/messages.ts'

/**
 * Columns of a record. `DETAIL_1` to `DETAIL_3` mean what the type says, see `eventType`. Whoever reads or writes many
 * records takes them out of this object into constants of his own file; `engine/compiler.ts` says why.
 */
export const eventLayout = {
  TYPE: 0,
  SEQUENCE: 1,
  TIME_US: 2,
  INSTRUMENT: 3,
  SIDE: 4,
  PRICE_TICKS: 5,
  QUANTITY_LOTS: 6,
  DETAIL_1: 7,
  // From here on private events only.
  /** Session that the event goes to. */
  SESSION: 8,
  /** Number of the event within its session; 0 for `duplicateRef`. */
  EVENT_NUMBER: 9,
  /** Ref of the command that is answered, 0 if none is. */
  REF: 10,
  /** Ref of the order concerned. */
  ORDER_REF: 11,
  ORDER_ID: 12,
  LEAVES_LOTS: 13,
  DETAIL_2: 14,
  DETAIL_3: 15,
  /** Of an accepted order, which has no use for the columns that these take. */
  EXPIRE_TIME_US: 11,
  DISPLAY_LOTS: 13,
  /** Numbers per record. */
  PUBLIC_WIDTH: 8,
  PRIVATE_WIDTH: 16,
} as const

const { PUBLIC_WIDTH, PRIVATE_WIDTH } = eventLayout
const FIRST_PUBLIC_TYPE = 256

export const eventType = {
  /** QUANTITY_LOTS, PRICE_TICKS as accepted; DETAIL_1 order type; DETAIL_2 time in force; DETAIL_3 stop price. */
  accepted: messages.accepted.number,
  /** DETAIL_1 error number; DETAIL_2 field; DETAIL_3 bound. */
  rejected: messages.rejected.number,
  /** DETAIL_1 liquidity; DETAIL_2 trade id; DETAIL_3 fee in minor units. */
  filled: messages.filled.number,
  /** QUANTITY_LOTS what was left; DETAIL_1 reason. */
  cancelled: messages.cancelled.number,
  /** QUANTITY_LOTS new total; DETAIL_1 1 if priority was kept; DETAIL_2 stop price of a waiting stop. */
  replaced: messages.replaced.number,
  /** QUANTITY_LOTS total; PRICE_TICKS limit price, or the worst that it may trade at. */
  triggered: messages.triggered.number,
  /** QUANTITY_LOTS what was left. */
  expired: messages.expired.number,
  /** QUANTITY_LOTS by how much; DETAIL_1 reason. */
  reduced: messages.reduced.number,
  /** DETAIL_1 how many orders. */
  massCancelled: messages.massCancelled.number,
  /** ORDER_ID, PRICE_TICKS, QUANTITY_LOTS of the buy; DETAIL_1 to DETAIL_3 of the sell; 0 without an order. */
  quoteAccepted: messages.quoteAccepted.number,
  /** INSTRUMENT as sent; DETAIL_1 error number; DETAIL_2 field; DETAIL_3 bound. */
  quoteRejected: messages.quoteRejected.number,
  /** DETAIL_1 how many quotes were accepted; DETAIL_2 how many rejected. */
  massQuoted: messages.massQuoted.number,
  /** DETAIL_1 group; DETAIL_2 time at which it thaws by itself, else 0. */
  protectionTriggered: messages.protectionTriggered.number,
  /** Nothing but REF. */
  carriedOut: messages.carriedOut.number,
  /** Not numbered: REF was processed before; DETAIL_3 the last ref processed. */
  duplicateRef: messages.error.number,
  /** Public. A price level as it is now: QUANTITY_LOTS at PRICE_TICKS in DETAIL_1 orders; 0 and 0 if it is gone. */
  levelChanged: FIRST_PUBLIC_TYPE,
  /** Public. SIDE of the aggressor; DETAIL_1 trade id. */
  traded: FIRST_PUBLIC_TYPE + 1,
  /** Public. DETAIL_1 phase. */
  phaseChanged: FIRST_PUBLIC_TYPE + 2,
} as const

/** Whether events of a type are everyone's and not a session's. */
export function isPublicEvent(type: number): boolean {
  return type >= FIRST_PUBLIC_TYPE
}

/** Numbers in a record of a type: from one record's begin to the next one's. */
export function eventWidth(type: number): number {
  return isPublicEvent(type) ? PUBLIC_WIDTH : PRIVATE_WIDTH
}

export class EventBuffer {
  /** The records, one after the other. Replaced when it grows: do not keep a reference across writes. */
  data: Float64Array
  /** Numbers in use. */
  length = 0

  constructor(capacity = 4096) {
    this.data = new Float64Array(capacity * PRIVATE_WIDTH)
  }

  clear(): void {
    this.length = 0
  }

  /** Makes room for one record and returns where it begins. The caller must write all its columns. */
  claim(width: number): number {
    // The mask changes nothing, but tells V8 that adding a column cannot overflow, which it would check at every store.
    const base = this.length & 0x3fffffff
    if (base + width > this.data.length) this.grow()
    this.length = base + width
    return base
  }

  private grow(): void {
    const larger = new Float64Array(this.data.length * 2)
    larger.set(this.data)
    this.data = larger
  }
}

/** Writes event records by column name, so that the naive exchange reads like the rules. Columns not named are 0. */
import { type EventBuffer, eventLayout, eventWidth } from '../../engine/core/index.ts'

const {
  DETAIL_1,
  DETAIL_2,
  DETAIL_3,
  EVENT_NUMBER,
  INSTRUMENT,
  LEAVES_LOTS,
  ORDER_ID,
  ORDER_REF,
  PRICE_TICKS,
  QUANTITY_LOTS,
  REF,
  SEQUENCE,
  SESSION,
  SIDE,
  TIME_US,
  TYPE,
} = eventLayout

const columns = {
  type: TYPE,
  session: SESSION,
  eventNumber: EVENT_NUMBER,
  sequence: SEQUENCE,
  timeUs: TIME_US,
  ref: REF,
  orderRef: ORDER_REF,
  orderId: ORDER_ID,
  instrument: INSTRUMENT,
  side: SIDE,
  priceTicks: PRICE_TICKS,
  quantityLots: QUANTITY_LOTS,
  leavesLots: LEAVES_LOTS,
  detail1: DETAIL_1,
  detail2: DETAIL_2,
  detail3: DETAIL_3,
}

export type ColumnName = keyof typeof columns
export const columnNames = Object.keys(columns) as ColumnName[]
export type EventRecord = Partial<Record<ColumnName, number>>

export function writeRecord(out: EventBuffer, record: EventRecord): void {
  const width = eventWidth(record.type!)
  const base = out.claim(width)
  out.data.fill(0, base, base + width)
  for (const name in record) out.data[base + columns[name as ColumnName]] = record[name as ColumnName]!
}

/** All records of a buffer, as objects with every column. */
export function readRecords(out: EventBuffer): Required<EventRecord>[] {
  const records: Required<EventRecord>[] = []
  for (let base = 0; base < out.length; ) {
    const width = eventWidth(out.data[base + TYPE])
    const values = columnNames.map((name) => [name, columns[name] < width ? out.data[base + columns[name]] : 0])
    records.push(Object.fromEntries(values))
    base += width
  }
  return records
}

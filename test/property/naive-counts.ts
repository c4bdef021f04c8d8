/** What is counted of a participant's messages and bounded: how many per second, the same order in a row. */
import { type Reject, reject } from './naive-checks.ts'
import type { Participant } from './naive-state.ts'

/** Of new orders, replacements and mass quotes, those that are rejected for it too. */
export function countMessage({ terms, second }: Participant, timeUs: number): Reject | undefined {
  const bound = terms.maxMessagesPerSecond
  if (bound === 0) return undefined
  if (timeUs >= second.beginUs + 1_000_000) Object.assign(second, { beginUs: timeUs, messageCount: 0 })
  second.messageCount += 1
  return second.messageCount > bound ? reject('messageRate', 'none', bound) : undefined
}

/** @param order all that makes one order the same as another */
export function countRepetition({ terms, repetition }: Participant, order: string, timeUs: number): Reject | undefined {
  const bound = terms.maxDuplicateOrders
  if (bound === 0) return undefined
  const isRepeated = order === repetition.order && timeUs < repetition.beginUs + terms.duplicateWindowMs * 1_000
  if (isRepeated) repetition.count += 1
  else Object.assign(repetition, { order, beginUs: timeUs, count: 0 })
  return repetition.count > bound ? reject('duplicateOrders', 'none', bound) : undefined
}

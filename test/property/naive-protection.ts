/** Protection of a group of quotes: what it traded within its interval, and whether that is as much as it may. */
import type { Message } from '../../protocol/messages.ts'
import type { ProtectionState } from './surface.ts'

export interface ProtectedFill {
  readonly timeUs: number
  /** Negative when sold. */
  readonly signedLots: number
  readonly notionalMinor: number
}

export interface Protection {
  readonly participant: number
  readonly group: number
  terms: Message<'setProtection'>
  fills: ProtectedFill[]
  isFrozen: boolean
  /** 0 unless it thaws by itself. */
  thawTimeUs: number
}

export function protectionState(protection: Protection, timeUs: number): ProtectionState {
  const { terms, isFrozen, thawTimeUs } = protection
  const fills = protection.fills.filter((fill) => timeUs < fill.timeUs + terms.intervalMs * 1_000)
  return {
    frozen: isFrozen,
    thawTimeUs,
    tradedLots: sumOf(fills.map((fill) => Math.abs(fill.signedLots))),
    tradedNotionalMinor: sumOf(fills.map((fill) => fill.notionalMinor)),
    fills: fills.length,
    netLots: sumOf(fills.map((fill) => fill.signedLots)),
  }
}

/** Takes quotes again, and forgets what was traded so far. */
export function thaw(protection: Protection): void {
  Object.assign(protection, { isFrozen: false, thawTimeUs: 0, fills: [] })
}

export function isTriggered(protection: Protection, timeUs: number): boolean {
  const { maxLots, maxNotionalMinor, maxFills, maxNetLots } = protection.terms
  const { tradedLots, tradedNotionalMinor, fills, netLots } = protectionState(protection, timeUs)
  const reaches = (figure: number, bound: number) => bound > 0 && figure >= bound
  return (
    reaches(tradedLots, maxLots) ||
    reaches(tradedNotionalMinor, maxNotionalMinor) ||
    reaches(fills, maxFills) ||
    reaches(Math.abs(netLots), maxNetLots)
  )
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0)
}

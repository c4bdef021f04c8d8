/**
 * Market-maker protection: per participant and group, what the quotes of the group have traded within a rolling
 * interval, the bounds on it, and whether the group is frozen because one was reached. Exact: every fill counts for its
 * whole interval and not a microsecond longer.
 *
 * A group is found by its number once per command; fills name it by its slot.
 */
import type { ImageReader, ImageWriter } from './image.ts'

const GROUP_SIZE = 17
const PARTICIPANT = 0
const GROUP = 1
/** Whether its terms were ever set; before, it is only a name under which there are quotes. */
const IS_SET = 2
/** Its terms, as sent; times in microseconds. */
const INTERVAL_US = 3
const MAX_LOTS = 4
const MAX_NOTIONAL = 5
const MAX_FILLS = 6
const MAX_NET_LOTS = 7
const FREEZE_US = 8
const IS_FROZEN = 9
/** When it thaws by itself, 0 if it does not. */
const THAW_TIME = 10
/** Sums of the fills that count. */
const LOTS = 11
const NOTIONAL = 12
const FILLS = 13
const NET_LOTS = 14
/** The fills that count: where the oldest lies in the group's ring, and how many entries there are. */
const OLDEST = 15
const ENTRIES = 16

/** An entry of a ring: all that was filled at one time. */
const ENTRY_SIZE = 5
const ENTRY_TIME = 0
const ENTRY_LOTS = 1
const ENTRY_NOTIONAL = 2
const ENTRY_FILLS = 3
const ENTRY_NET_LOTS = 4

const MICROSECONDS_PER_MS = 1_000
/** Groups of a participant are keyed by participant × this + group. */
const GROUPS_PER_PARTICIPANT = 65_536

export interface ProtectionTerms {
  readonly intervalMs: number
  readonly maxLots: number
  readonly maxNotionalMinor: number
  readonly maxFills: number
  readonly maxNetLots: number
  readonly freezeMs: number
}

export interface ProtectionState {
  readonly frozen: boolean
  /** When it thaws by itself, 0 if it is not frozen or does not. */
  readonly thawTimeUs: number
  /** What the group's quotes traded within the interval. */
  readonly tradedLots: number
  readonly tradedNotionalMinor: number
  readonly fills: number
  /** Bought minus sold. */
  readonly netLots: number
}

export class Protection {
  private data = new Float64Array(GROUP_SIZE * 64)
  /** By slot: entries of fills, one for each time, in a ring with room for a power of two. */
  private rings: Float64Array[] = [new Float64Array(0)]
  /** Slot by participant and group. */
  private readonly slots = new Map<number, number>()

  /** Slot of a group, 0 if neither its terms were set nor anything was quoted in it. */
  find(participant: number, group: number): number {
    return this.slots.get(participant * GROUPS_PER_PARTICIPANT + group) ?? 0
  }

  /** Slot of a group, which is made if there is none yet. */
  open(participant: number, group: number): number {
    const existing = this.find(participant, group)
    if (existing !== 0) return existing
    const slot = this.rings.length
    if ((slot + 1) * GROUP_SIZE > this.data.length) {
      const larger = new Float64Array(this.data.length * 2)
      larger.set(this.data)
      this.data = larger
    }
    this.data[slot * GROUP_SIZE + PARTICIPANT] = participant
    this.data[slot * GROUP_SIZE + GROUP] = group
    this.rings.push(new Float64Array(0))
    this.slots.set(participant * GROUPS_PER_PARTICIPANT + group, slot)
    return slot
  }

  /** Sets the terms and counts fills from now on. A group that is frozen stays so. */
  set(slot: number, terms: ProtectionTerms): void {
    const base = slot * GROUP_SIZE
    this.data[base + IS_SET] = 1
    this.data[base + INTERVAL_US] = terms.intervalMs * MICROSECONDS_PER_MS
    this.data[base + MAX_LOTS] = terms.maxLots
    this.data[base + MAX_NOTIONAL] = terms.maxNotionalMinor
    this.data[base + MAX_FILLS] = terms.maxFills
    this.data[base + MAX_NET_LOTS] = terms.maxNetLots
    this.data[base + FREEZE_US] = terms.freezeMs * MICROSECONDS_PER_MS
    this.forgetFills(slot)
  }

  /** Thaws the group and forgets its fills. */
  reset(slot: number): void {
    this.data[slot * GROUP_SIZE + IS_FROZEN] = 0
    this.data[slot * GROUP_SIZE + THAW_TIME] = 0
    this.forgetFills(slot)
  }

  /** Thaws the group first if it was to thaw by this time. */
  isFrozen(slot: number, timeUs: number): boolean {
    const base = slot * GROUP_SIZE
    if (this.data[base + IS_FROZEN] === 0) return false
    const thawTimeUs = this.data[base + THAW_TIME]
    if (thawTimeUs === 0 || timeUs < thawTimeUs) return true
    this.reset(slot)
    return false
  }

  /** Of a frozen group: when it thaws by itself, 0 if it does not. */
  thawTimeUs(slot: number): number {
    return this.data[slot * GROUP_SIZE + THAW_TIME]
  }

  /** Its number, as its participant says it. */
  group(slot: number): number {
    return this.data[slot * GROUP_SIZE + GROUP]
  }

  /** Counts a fill of one of the group's quotes. Returns whether a figure reached its bound: the group is frozen. */
  countFill(slot: number, timeUs: number, isBuy: boolean, lots: number, notionalMinor: number): boolean {
    const base = slot * GROUP_SIZE
    if (this.data[base + INTERVAL_US] === 0 || this.data[base + IS_FROZEN] !== 0) return false
    this.dropExpired(slot, timeUs)
    const netLots = isBuy ? lots : -lots
    const { data } = this
    data[base + LOTS] += lots
    data[base + NOTIONAL] += notionalMinor
    data[base + FILLS] += 1
    data[base + NET_LOTS] += netLots
    const entry = this.entryAt(slot, timeUs)
    const ring = this.rings[slot]
    ring[entry + ENTRY_LOTS] += lots
    ring[entry + ENTRY_NOTIONAL] += notionalMinor
    ring[entry + ENTRY_FILLS] += 1
    ring[entry + ENTRY_NET_LOTS] += netLots
    const reached =
      reaches(data[base + LOTS], data[base + MAX_LOTS]) ||
      reaches(data[base + NOTIONAL], data[base + MAX_NOTIONAL]) ||
      reaches(data[base + FILLS], data[base + MAX_FILLS]) ||
      reaches(Math.abs(data[base + NET_LOTS]), data[base + MAX_NET_LOTS])
    if (reached) this.freeze(base, timeUs)
    return reached
  }

  /** A group whose terms were set, as it is at a time that is not before the last fill. */
  state(slot: number, timeUs: number): ProtectionState | undefined {
    const base = slot * GROUP_SIZE
    if (this.data[base + IS_SET] === 0) return undefined
    const frozen = this.isFrozen(slot, timeUs)
    this.dropExpired(slot, timeUs)
    return {
      frozen,
      thawTimeUs: this.data[base + THAW_TIME],
      tradedLots: this.data[base + LOTS],
      tradedNotionalMinor: this.data[base + NOTIONAL],
      fills: this.data[base + FILLS],
      netLots: this.data[base + NET_LOTS],
    }
  }

  /** The groups whose terms were set, as of that time, by participant and group: all columns, then the fills. */
  records(timeUs: number): number[][] {
    const records: number[][] = []
    for (const [, slot] of [...this.slots].sort(([one], [other]) => one - other)) {
      if (this.state(slot, timeUs) === undefined) continue
      const base = slot * GROUP_SIZE
      const ring = this.rings[slot]
      const record = [...this.data.subarray(base, base + OLDEST)]
      for (let entry = 0; entry < this.data[base + ENTRIES]; entry++) {
        const begin = ((this.data[base + OLDEST] + entry) & (roomOf(ring) - 1)) * ENTRY_SIZE
        record.push(...ring.subarray(begin, begin + ENTRY_SIZE))
      }
      records.push(record)
    }
    return records
  }

  write(image: ImageWriter): void {
    image.array(this.data, this.rings.length * GROUP_SIZE)
    image.arrayList(this.rings)
  }

  read(image: ImageReader): void {
    this.data = image.float64()
    this.rings = image.float64List()
    for (let slot = 1; slot < this.rings.length; slot++) {
      const base = slot * GROUP_SIZE
      this.slots.set(this.data[base + PARTICIPANT] * GROUPS_PER_PARTICIPANT + this.data[base + GROUP], slot)
    }
  }

  private freeze(base: number, timeUs: number): void {
    const freezeUs = this.data[base + FREEZE_US]
    this.data[base + IS_FROZEN] = 1
    this.data[base + THAW_TIME] = freezeUs === 0 ? 0 : Math.min(timeUs + freezeUs, Number.MAX_SAFE_INTEGER)
  }

  private forgetFills(slot: number): void {
    const base = slot * GROUP_SIZE
    this.data.fill(0, base + LOTS, base + ENTRIES + 1)
  }

  /** Takes out what is as old as the interval or older. */
  private dropExpired(slot: number, timeUs: number): void {
    const { data } = this
    const base = slot * GROUP_SIZE
    const ring = this.rings[slot]
    const intervalUs = data[base + INTERVAL_US]
    while (data[base + ENTRIES] > 0) {
      const entry = data[base + OLDEST] * ENTRY_SIZE
      if (timeUs < ring[entry + ENTRY_TIME] + intervalUs) return
      data[base + LOTS] -= ring[entry + ENTRY_LOTS]
      data[base + NOTIONAL] -= ring[entry + ENTRY_NOTIONAL]
      data[base + FILLS] -= ring[entry + ENTRY_FILLS]
      data[base + NET_LOTS] -= ring[entry + ENTRY_NET_LOTS]
      data[base + OLDEST] = (data[base + OLDEST] + 1) & (roomOf(ring) - 1)
      data[base + ENTRIES]--
    }
  }

  /** Where the entry of a time lies in the ring: the newest one, or a new one of zeros. */
  private entryAt(slot: number, timeUs: number): number {
    const base = slot * GROUP_SIZE
    const entries = this.data[base + ENTRIES]
    if (entries === roomOf(this.rings[slot])) this.growRing(slot)
    const ring = this.rings[slot]
    const mask = roomOf(ring) - 1
    const oldest = this.data[base + OLDEST]
    if (entries > 0) {
      const newest = ((oldest + entries - 1) & mask) * ENTRY_SIZE
      if (ring[newest + ENTRY_TIME] === timeUs) return newest
    }
    const entry = ((oldest + entries) & mask) * ENTRY_SIZE
    ring.fill(0, entry, entry + ENTRY_SIZE)
    ring[entry + ENTRY_TIME] = timeUs
    this.data[base + ENTRIES]++
    return entry
  }

  /** Gives a ring that is full twice the room, its oldest entry first. */
  private growRing(slot: number): void {
    const base = slot * GROUP_SIZE
    const ring = this.rings[slot]
    const oldest = this.data[base + OLDEST] * ENTRY_SIZE
    const larger = new Float64Array(Math.max(16 * ENTRY_SIZE, ring.length * 2))
    larger.set(ring.subarray(oldest))
    larger.set(ring.subarray(0, oldest), ring.length - oldest)
    this.rings[slot] = larger
    this.data[base + OLDEST] = 0
  }
}

/** A bound of 0 is none. */
function reaches(figure: number, bound: number): boolean {
  return bound !== 0 && figure >= bound
}

/** Entries that a ring has room for. */
function roomOf(ring: Float64Array): number {
  return ring.length / ENTRY_SIZE
}

/** Protection groups: what counts, for how long, and what freezes and thaws a group. */
import { describe, expect, it } from 'vitest'
import { Protection, type ProtectionTerms } from './protection.ts'

const SECOND = 1_000_000
const unbounded: ProtectionTerms = {
  intervalMs: 1_000,
  maxLots: 0,
  maxNotionalMinor: 0,
  maxFills: 0,
  maxNetLots: 0,
  freezeMs: 0,
}

function groupWith(terms: Partial<ProtectionTerms>) {
  const protection = new Protection()
  const slot = protection.open(1, 7)
  protection.set(slot, { ...unbounded, ...terms })
  return {
    /** A fill of so many lots at a price of 10, bought if positive. Returns whether a bound was reached. */
    fill: (timeUs: number, lots: number) =>
      protection.countFill(slot, timeUs, lots > 0, Math.abs(lots), Math.abs(lots) * 10),
    state: (timeUs: number) => protection.state(slot, timeUs)!,
    isFrozen: (timeUs: number) => protection.isFrozen(slot, timeUs),
    set: (changed: Partial<ProtectionTerms>) => protection.set(slot, { ...unbounded, ...changed }),
    reset: () => protection.reset(slot),
  }
}

describe('the rolling interval', () => {
  it('counts a fill at time t for times below t + interval', () => {
    const group = groupWith({ maxLots: 100 })
    group.fill(5 * SECOND, 30)
    expect(group.state(6 * SECOND - 1).tradedLots).toBe(30)
    expect(group.state(6 * SECOND).tradedLots).toBe(0)
  })

  it('forgets the oldest fill and keeps the ones after it', () => {
    const group = groupWith({ maxLots: 100 })
    expect(group.fill(0, 60)).toBe(false)
    expect(group.fill(SECOND / 2, 39)).toBe(false)
    // 60 left, 39 count: 39 + 60 = 99.
    expect(group.fill(SECOND, 60)).toBe(false)
    expect(group.state(SECOND)).toMatchObject({ tradedLots: 99, fills: 2 })
    expect(group.fill(SECOND, 1)).toBe(true)
  })

  it('is exact over more fills than there was room for at first', () => {
    const group = groupWith({ maxFills: 1_000 })
    // One fill each millisecond, of 1, 2, 3 … lots: the last 1,000 of them count.
    for (let millisecond = 1; millisecond <= 999; millisecond++) group.fill(millisecond * 1_000, millisecond)
    expect(group.state(999_000)).toMatchObject({ fills: 999, tradedLots: (999 * 1_000) / 2 })
    for (let millisecond = 1_500; millisecond <= 1_600; millisecond++) group.fill(millisecond * 1_000, -1)
    // Fills of the milliseconds 601 to 999 still count, and 101 of one lot sold.
    const bought = (399 * (601 + 999)) / 2
    expect(group.state(1_600_000)).toEqual({
      frozen: false,
      thawTimeUs: 0,
      tradedLots: bought + 101,
      tradedNotionalMinor: (bought + 101) * 10,
      fills: 399 + 101,
      netLots: bought - 101,
    })
  })

  it('counts each of several fills at the same time', () => {
    const group = groupWith({ maxFills: 3 })
    expect([group.fill(9, 1), group.fill(9, 1), group.fill(9, 1)]).toEqual([false, false, true])
  })
})

describe('a bound', () => {
  it('of lots is reached by what was bought and sold together', () => {
    const group = groupWith({ maxLots: 100 })
    expect([group.fill(1, 50), group.fill(2, -49), group.fill(3, 1)]).toEqual([false, false, true])
  })

  it('of notional is reached by price times quantity', () => {
    const group = groupWith({ maxNotionalMinor: 1_000 })
    expect([group.fill(1, 99), group.fill(2, -1)]).toEqual([false, true])
  })

  it('of net lots is reached either way, but not by lots that were bought and sold', () => {
    const group = groupWith({ maxNetLots: 10 })
    expect([group.fill(1, 9), group.fill(2, -9), group.fill(3, -9), group.fill(4, -1)]).toEqual([
      false,
      false,
      false,
      true,
    ])
  })

  it('of 0 is none, and an interval of 0 counts nothing', () => {
    expect(groupWith({}).fill(1, 1_000_000)).toBe(false)
    const off = groupWith({ intervalMs: 0, maxLots: 1 })
    expect(off.fill(1, 10)).toBe(false)
    expect(off.state(1).tradedLots).toBe(0)
  })
})

describe('a group whose bound was reached', () => {
  it('is frozen until the freeze is over, and then begins at zero', () => {
    const group = groupWith({ maxLots: 10, freezeMs: 500, intervalMs: 60_000 })
    group.fill(SECOND, 10)
    expect(group.state(SECOND)).toMatchObject({ frozen: true, thawTimeUs: 1.5 * SECOND, tradedLots: 10 })
    expect(group.isFrozen(1.5 * SECOND - 1)).toBe(true)
    expect(group.isFrozen(1.5 * SECOND)).toBe(false)
    expect(group.state(1.5 * SECOND)).toMatchObject({ thawTimeUs: 0, tradedLots: 0 })
    expect(group.fill(1.5 * SECOND, 9)).toBe(false)
  })

  it('with a freeze of 0 stays frozen until it is reset', () => {
    const group = groupWith({ maxLots: 10 })
    group.fill(SECOND, 10)
    expect(group.isFrozen(1_000 * SECOND)).toBe(true)
    group.reset()
    expect(group.isFrozen(1_000 * SECOND)).toBe(false)
    expect(group.state(1_000 * SECOND)).toMatchObject({ frozen: false, thawTimeUs: 0, fills: 0 })
  })

  it('stays frozen when its terms are set again', () => {
    const group = groupWith({ maxLots: 10, freezeMs: 500 })
    group.fill(SECOND, 10)
    group.set({ maxLots: 1_000 })
    expect(group.isFrozen(1.5 * SECOND - 1)).toBe(true)
    expect(group.isFrozen(1.5 * SECOND)).toBe(false)
  })
})

it('setting the terms of a group begins to count anew', () => {
  const group = groupWith({ maxLots: 10 })
  group.fill(1, 9)
  group.set({ maxLots: 10 })
  expect(group.fill(2, 9)).toBe(false)
  expect(group.fill(3, 1)).toBe(true)
})

it('a group that was only quoted in has no protection', () => {
  const protection = new Protection()
  const slot = protection.open(2, 65_535)
  expect(protection.find(2, 65_535)).toBe(slot)
  expect(protection.find(3, 65_535)).toBe(0)
  expect(protection.countFill(slot, 1, true, 1_000, 1_000)).toBe(false)
  expect(protection.state(slot, 1)).toBeUndefined()
})

it('records tell the terms, the sums and each fill that counts, of the groups whose terms were set', () => {
  const protection = new Protection()
  protection.open(1, 9)
  const slot = protection.open(1, 7)
  protection.set(slot, { ...unbounded, maxLots: 100, freezeMs: 5 })
  protection.countFill(slot, 0, true, 9, 90)
  protection.countFill(slot, SECOND, true, 30, 300)
  protection.countFill(slot, SECOND + 1, false, 20, 200)
  expect(protection.records(SECOND + 1)).toEqual([
    [1, 7, 1, SECOND, 100, 0, 0, 0, 5_000, 0, 0, 50, 500, 2, 10, SECOND, 30, 300, 1, 30, SECOND + 1, 20, 200, 1, -20],
  ])
})

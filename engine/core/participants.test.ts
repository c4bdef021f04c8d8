import { describe, expect, it } from 'vitest'
import { limits } from '../../protocol/limits.ts'
import { enumerations } from '../../protocol/messages.ts'
import { Ledger } from './ledger-fixture.ts'

const { riskLimit } = enumerations

describe('participants', () => {
  it('are numbered from 1 without gaps and found by name', () => {
    const { participants } = new Ledger()
    expect(participants.count).toBe(2)
    expect(participants.byName('p2')).toBe(2)
    expect(participants.byName('p3')).toBe(0)
    expect(participants.state(3)).toBeUndefined()
    const definition = participants.state(1)!.configured
    expect(() => participants.define({ ...definition, participant: 4 })).toThrow('out of order')
    participants.define({ ...definition, participant: 1, name: 'renamed' })
    expect([participants.byName('p1'), participants.byName('renamed')]).toEqual([0, 1])
  })

  it('may swap their names', () => {
    const { participants } = new Ledger()
    const [one, two] = [1, 2].map((participant) => participants.state(participant)!.configured)
    participants.define({ ...one, name: 'p2' })
    participants.define({ ...two, name: 'p1' })
    expect([participants.byName('p1'), participants.byName('p2')]).toEqual([2, 1])
  })

  it('may be many', () => {
    const ledger = new Ledger()
    for (let participant = 3; participant <= 200; participant++) {
      ledger.define(participant, { maxOpenOrders: participant })
    }
    expect(ledger.participants.state(2)?.maxOpenOrders).toBe(1_000)
    expect(ledger.participants.state(200)?.maxOpenOrders).toBe(200)
  })

  it('keep a limit that was changed until the configured one is another', () => {
    const ledger = new Ledger()
    ledger.define(1, { maxOpenOrders: 5, maxDailyLossMinor: 700 })
    ledger.participants.setLimit(1, riskLimit.maxOpenOrders, 3)
    ledger.define(1, { maxOpenOrders: 5, maxDailyLossMinor: 800 })
    expect(ledger.participants.state(1)).toMatchObject({
      maxOpenOrders: 3,
      maxDailyLossMinor: 800,
      configured: { maxOpenOrders: 5, maxDailyLossMinor: 800 },
    })
    ledger.define(1, { maxOpenOrders: 6, maxDailyLossMinor: 800 })
    expect(ledger.participants.state(1)).toMatchObject({ maxOpenOrders: 6, configured: { maxOpenOrders: 6 } })
  })

  it('state every limit by its own name, 0 where there is none', () => {
    const ledger = new Ledger()
    const names = Object.keys(riskLimit) as (keyof typeof riskLimit)[]
    names.forEach((name, index) => {
      ledger.participants.setLimit(1, riskLimit[name], index + 10)
    })
    const state = ledger.participants.state(1)!
    expect(names.map((name) => state[name])).toEqual(names.map((_, index) => index + 10))
    for (const name of names) ledger.participants.setLimit(1, riskLimit[name], 0)
    expect(names.map((name) => ledger.participants.state(1)![name])).toEqual(names.map(() => 0))
  })

  it('never have a larger order value in force than sums of money allow', () => {
    const ledger = new Ledger()
    ledger.define(1, { maxOrderNotionalMinor: 2 ** 50 })
    expect(ledger.participants.state(1)).toMatchObject({
      maxOrderNotionalMinor: limits.maxNotionalMinor,
      configured: { maxOrderNotionalMinor: 2 ** 50 },
    })
  })

  it('are admins as the definition says, and blocked until unblocked', () => {
    const ledger = new Ledger()
    ledger.define(1, { isAdmin: true })
    ledger.participants.setBlocked(1, true)
    ledger.define(1, { isAdmin: false })
    expect(ledger.participants.state(1)).toMatchObject({ isAdmin: false, isBlocked: true })
    ledger.participants.setBlocked(1, false)
    expect(ledger.participants.isBlocked(1)).toBe(false)
  })
})

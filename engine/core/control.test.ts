import { describe, expect, it } from 'vitest'
import { errorNameOf } from '../../protocol/errors.ts'
import { limits } from '../../protocol/limits.ts'
import { enumerations } from '../../protocol/messages.ts'
import { Control, type ControlCommand } from './control.ts'
import { EventWriter } from './event-writer.ts'
import { EventBuffer } from './events.ts'
import { deafListener, plainDefinition } from './instrument-fixture.ts'
import { Phases } from './phases.ts'
import { ExchangeState } from './state.ts'

const { cancelReason, field, phase, riskLimit } = enumerations

const noon = Date.parse('2026-03-02T12:00Z') * 1_000

/** Three instruments; session 1 is of "desk", an admin, session 2 of "fund", which is none. */
class Desk {
  readonly state = new ExchangeState(16)
  private readonly control: Control
  /** Open orders of "fund", and which of them were cancelled. */
  private readonly orders = [7, 9, 4]
  readonly cancelled: string[] = []

  constructor() {
    const { state } = this
    const events = new EventWriter(state.memory, state.sessions)
    events.begin(new EventBuffer(), 1, noon)
    const nothing = {
      uncross() {},
      lookAtStops() {},
      ordersOf: () => [],
      waitingAtClose: () => [],
      cancel() {},
      expire() {},
      takeOut() {},
      rest() {},
    }
    const phases = new Phases(state, events, nothing, nothing)
    phases.advance(noon)
    for (let instrument = 1; instrument <= 3; instrument++) {
      phases.defined(state.defineInstrument({ ...plainDefinition, instrument }, deafListener), true)
    }
    const noLimits = Object.fromEntries(Object.keys(riskLimit).map((name) => [name, 0])) as Record<
      keyof typeof riskLimit,
      number
    >
    ;['desk', 'fund'].forEach((name, index) => {
      const number = index + 1
      state.participants.define({ participant: number, name, isAdmin: name === 'desk', ...noLimits })
      state.sessions.define(number, number, 'main', enumerations.selfTradePrevention.cancelNewest)
    })
    this.control = new Control(
      state,
      {
        ordersOfParticipant: (participant) => (participant === 2 ? this.orders : []),
        cancel: (order, ref, reason) => this.cancelled.push(`${order} for ${ref}, reason ${reason}`),
      },
      phases,
    )
  }

  /** "carried out", or the error with its field and bound. */
  send(command: ControlCommand, session = 1): string {
    const code = this.control.carryOut(command, session)
    if (code === 0) return 'carried out'
    const [name] = Object.entries(field).find(([, number]) => number === this.control.field)!
    return `${errorNameOf[code]} ${name} ${this.control.bound}`
  }

  phases(): number[] {
    return this.state.instruments.flatMap((instrument) => instrument?.phase ?? [])
  }
}

describe("an admin's commands", () => {
  it('are for admins, whatever else is wrong with them', () => {
    const desk = new Desk()
    expect(desk.send({ type: 'changePhase', ref: 1, instrument: 99, phase: 'halted' }, 2)).toBe('notAuthorized none 0')
    expect(desk.send({ type: 'blockParticipant', ref: 1, participant: 'nobody', blocked: true }, 2)).toBe(
      'notAuthorized none 0',
    )
    const command = { type: 'changeLimit', ref: 1, participant: 'fund', limit: 'maxPositionLots', value: 1 } as const
    expect(desk.send(command, 2)).toBe('notAuthorized none 0')
    expect(desk.state.participants.maxPositionLots(2)).toBe(0)
  })

  it('set the phase of one instrument, or with instrument 0 of all that are not closed', () => {
    const desk = new Desk()
    expect(desk.send({ type: 'changePhase', ref: 1, instrument: 2, phase: 'closed' })).toBe('carried out')
    expect(desk.phases()).toEqual([phase.continuous, phase.closed, phase.continuous])
    expect(desk.send({ type: 'changePhase', ref: 2, instrument: 0, phase: 'halted' })).toBe('carried out')
    expect(desk.phases()).toEqual([phase.halted, phase.closed, phase.halted])
    expect(desk.send({ type: 'changePhase', ref: 3, instrument: 2, phase: 'preOpen' })).toBe('carried out')
    expect(desk.phases()).toEqual([phase.halted, phase.preOpen, phase.halted])
  })

  it('name an instrument and a phase that there are', () => {
    const desk = new Desk()
    const lunch = 'lunch' as 'halted'
    expect(desk.send({ type: 'changePhase', ref: 1, instrument: 4, phase: lunch })).toBe(
      'unknownInstrument instrument 0',
    )
    expect(desk.send({ type: 'changePhase', ref: 2, instrument: 1, phase: lunch })).toBe('invalidPhase phase 0')
  })

  it('change one limit of a participant', () => {
    const desk = new Desk()
    const command = { type: 'changeLimit', ref: 1, participant: 'fund', limit: 'maxPositionLots', value: 500 } as const
    expect(desk.send(command)).toBe('carried out')
    expect(desk.state.participants.maxPositionLots(2)).toBe(500)
    expect(desk.state.participants.maxPositionLots(1)).toBe(0)
  })

  it('take limits as large as they may be and no larger', () => {
    const desk = new Desk()
    const change = (limit: keyof typeof riskLimit, value: number) =>
      desk.send({ type: 'changeLimit', ref: 1, participant: 'fund', limit, value })
    expect(change('maxOrderQuantityLots', limits.maxQuantityLots)).toBe('carried out')
    expect(change('maxOrderQuantityLots', limits.maxQuantityLots + 1)).toBe('invalidLimit value 2147483647')
    expect(change('maxOrderNotionalMinor', limits.maxNotionalMinor)).toBe('carried out')
    expect(change('maxOrderNotionalMinor', limits.maxNotionalMinor + 1)).toBe('invalidLimit value 70368744177664')
    expect(change('maxDailyLossMinor', Number.MAX_SAFE_INTEGER)).toBe('carried out')
  })

  it('name a participant and a limit that there are', () => {
    const desk = new Desk()
    const luck = 'maxLuck' as 'maxOpenOrders'
    expect(desk.send({ type: 'changeLimit', ref: 1, participant: 'Fund', limit: luck, value: 1 })).toBe(
      'unknownParticipant participant 0',
    )
    expect(desk.send({ type: 'changeLimit', ref: 2, participant: 'fund', limit: luck, value: 1 })).toBe(
      `invalidLimit value ${Number.MAX_SAFE_INTEGER}`,
    )
    expect(desk.send({ type: 'blockParticipant', ref: 3, participant: 'Fund', blocked: true })).toBe(
      'unknownParticipant participant 0',
    )
  })

  it("block a participant: its orders are cancelled, without the admin's ref, and it stays blocked until unblocked", () => {
    const desk = new Desk()
    expect(desk.send({ type: 'blockParticipant', ref: 5, participant: 'fund', blocked: true })).toBe('carried out')
    const { killSwitch } = cancelReason
    expect(desk.cancelled).toEqual([7, 9, 4].map((order) => `${order} for 0, reason ${killSwitch}`))
    expect(desk.state.participants.isBlocked(2)).toBe(true)
    expect(desk.send({ type: 'blockParticipant', ref: 6, participant: 'fund', blocked: false })).toBe('carried out')
    expect(desk.state.participants.isBlocked(2)).toBe(false)
    expect(desk.cancelled).toHaveLength(3)
  })
})

describe('protection', () => {
  const terms = { intervalMs: 1_000, maxLots: 10, maxNotionalMinor: 0, maxFills: 0, maxNetLots: 0, freezeMs: 0 }

  it('is set and reset by anyone for groups of his own', () => {
    const desk = new Desk()
    const { protection } = desk.state
    expect(desk.send({ type: 'setProtection', ref: 1, group: 3, ...terms }, 2)).toBe('carried out')
    expect(protection.find(1, 3)).toBe(0)
    const slot = protection.find(2, 3)
    expect(protection.countFill(slot, noon, true, 10, 1_000)).toBe(true)
    expect(desk.send({ type: 'resetProtection', ref: 2, group: 3 }, 1)).toBe('carried out')
    expect(protection.isFrozen(slot, noon)).toBe(true)
    expect(desk.send({ type: 'resetProtection', ref: 2, group: 3 }, 2)).toBe('carried out')
    expect(protection.isFrozen(slot, noon)).toBe(false)
  })

  it('is of groups from 1 to 65,535', () => {
    const desk = new Desk()
    for (const group of [0, 65_536]) {
      expect(desk.send({ type: 'setProtection', ref: 1, group, ...terms })).toBe('invalidGroup group 65535')
      expect(desk.send({ type: 'resetProtection', ref: 2, group })).toBe('invalidGroup group 65535')
    }
    expect(desk.send({ type: 'setProtection', ref: 3, group: 65_535, ...terms })).toBe('carried out')
  })
})

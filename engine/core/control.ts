/**
 * Commands that are rare: those of an admin, and what a participant says about the protection of its quotes. Each is
 * checked whole before it changes anything.
 */
import { errors } from '../../protocol/errors.ts'
import { limits } from '../../protocol/limits.ts'
import { enumerations, type Message } from '../../protocol/messages.ts'
import { doubleZero } from './double-zero.ts'
import type { Instrument } from './instrument.ts'
import type { Phases } from './phases.ts'
import { phaseAt } from './schedule.ts'
import type { ExchangeState } from './state.ts'

const { field, phase: phases, riskLimit } = enumerations
const { killSwitch } = enumerations.cancelReason

export type ControlCommand = Message<
  'changePhase' | 'changeLimit' | 'blockParticipant' | 'setProtection' | 'resetProtection'
>

/** What the kill switch does with open orders. */
export interface ControlOrders {
  /** Open orders of a participant, lowest order id first. */
  ordersOfParticipant(participant: number): number[]
  cancel(order: number, ref: number, reason: number): void
}

export class Control {
  private readonly state: ExchangeState
  private readonly orders: ControlOrders
  private readonly phases: Phases
  /** What was wrong with the last command that was rejected: field number and bound, as in the `rejected` message. */
  field = 0
  bound = doubleZero

  constructor(state: ExchangeState, orders: ControlOrders, phases: Phases) {
    this.state = state
    this.orders = orders
    this.phases = phases
  }

  /** Carries out a command of a session. Returns 0, or the number of the error for which it is rejected. */
  carryOut(command: ControlCommand, session: number): number {
    const { participants, sessions } = this.state
    const participant = sessions.participant(session)
    if (command.type === 'setProtection' || command.type === 'resetProtection') {
      return this.protect(command, participant)
    }
    if (!participants.isAdmin(participant)) return this.fail(errors.notAuthorized.number, field.none, 0)
    switch (command.type) {
      case 'changePhase':
        return this.changePhase(command)
      case 'changeLimit':
        return this.changeLimit(command)
      case 'blockParticipant':
        return this.blockParticipant(command)
    }
  }

  private protect(command: Message<'setProtection' | 'resetProtection'>, participant: number): number {
    const { group } = command
    const { protection } = this.state
    if (group < 1 || group > limits.maxProtectionGroup) {
      return this.fail(errors.invalidGroup.number, field.group, limits.maxProtectionGroup)
    }
    if (command.type === 'setProtection') {
      protection.set(protection.open(participant, group), command)
    } else {
      const slot = protection.find(participant, group)
      if (slot !== 0) protection.reset(slot)
    }
    return 0
  }

  private changePhase({ instrument: number, phase }: Message<'changePhase'>): number {
    const { instruments } = this.state
    if (number !== 0 && instruments[number] === undefined) {
      return this.fail(errors.unknownInstrument.number, field.instrument, 0)
    }
    if (!Object.hasOwn(phases, phase)) return this.fail(errors.invalidPhase.number, field.phase, 0)
    for (const instrument of instruments) {
      if (instrument === undefined) continue
      if (instrument.number === number) this.phases.changeByAdmin(instrument, phases[phase])
      else if (number === 0) this.changeWithAll(instrument, phases[phase])
    }
    return 0
  }

  /** One halt for the whole market; or its end, after which each instrument is where its schedule says. */
  private changeWithAll(instrument: Instrument, phase: number): void {
    if (phase === phases.halted) {
      if (instrument.phase !== phases.closed) this.phases.changeByAdmin(instrument, phase)
    } else if (instrument.phase === phases.halted) {
      const { schedule } = instrument
      this.phases.changeByAdmin(instrument, schedule.length === 0 ? phase : phaseAt(schedule, this.state.timeUs))
    }
  }

  private changeLimit({ participant: name, limit, value }: Message<'changeLimit'>): number {
    const { participants } = this.state
    const participant = participants.byName(name)
    if (participant === 0) return this.fail(errors.unknownParticipant.number, field.participant, 0)
    const largest = largestLimit(limit)
    if (!Object.hasOwn(riskLimit, limit) || value > largest) {
      return this.fail(errors.invalidLimit.number, field.value, largest)
    }
    participants.setLimit(participant, riskLimit[limit], value)
    return 0
  }

  private blockParticipant({ participant: name, blocked }: Message<'blockParticipant'>): number {
    const { participants } = this.state
    const participant = participants.byName(name)
    if (participant === 0) return this.fail(errors.unknownParticipant.number, field.participant, 0)
    participants.setBlocked(participant, blocked)
    if (blocked) {
      for (const order of this.orders.ordersOfParticipant(participant)) this.orders.cancel(order, 0, killSwitch)
    }
    return 0
  }

  private fail(code: number, failedField: number, bound: number): number {
    this.field = failedField
    this.bound = bound
    return code
  }
}

function largestLimit(limit: keyof typeof riskLimit): number {
  if (limit === 'maxOrderQuantityLots') return limits.maxQuantityLots
  if (limit === 'maxOrderNotionalMinor') return limits.maxNotionalMinor
  return Number.MAX_SAFE_INTEGER
}

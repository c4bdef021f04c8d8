/** Commands about protection, and those of an admin. What they return is why they are rejected. */
import { limits } from '../../protocol/limits.ts'
import { enumerations, type Message } from '../../protocol/messages.ts'
import { type Reject, reject } from './naive-checks.ts'
import { thaw } from './naive-protection.ts'
import { checkGroup } from './naive-quotes.ts'
import { lastChange } from './naive-schedule.ts'
import type { NaiveState, Participant } from './naive-state.ts'
import { cancel } from './naive-trades.ts'
import { enterPhase } from './naive-trading.ts'
import type { Control } from './surface.ts'

const { phase, riskLimit } = enumerations

export function control(state: NaiveState, message: Control, session: number): Reject | undefined {
  switch (message.type) {
    case 'setProtection':
      return setProtection(state, message, session)
    case 'resetProtection':
      return resetProtection(state, message, session)
    default:
      return state.participantOf(session).terms.isAdmin ? administer(state, message) : reject('notAuthorized', 'none')
  }
}

type AdminMessage = Message<'changePhase' | 'changeLimit' | 'blockParticipant'>

function administer(state: NaiveState, message: AdminMessage): Reject | undefined {
  if (message.type === 'changePhase') return changePhase(state, message)
  const named = state.participants.find((one) => one?.terms.name === message.participant)
  if (!named) return reject('unknownParticipant', 'participant')
  return message.type === 'changeLimit' ? changeLimit(named, message) : block(state, named, message)
}

function setProtection(state: NaiveState, message: Message<'setProtection'>, session: number): Reject | undefined {
  const invalid = checkGroup(message.group)
  if (invalid) return invalid
  const { participant } = state.sessions[session]
  const { group } = message
  const known = state.protections.find((one) => one.participant === participant && one.group === group)
  if (known) Object.assign(known, { terms: message, fills: [] })
  else {
    const nothingYet = { fills: [], isFrozen: false, thawTimeUs: 0 }
    state.protections.push({ participant, group, terms: message, ...nothingYet })
  }
  return undefined
}

function resetProtection(
  state: NaiveState,
  { group }: Message<'resetProtection'>,
  session: number,
): Reject | undefined {
  const { participant } = state.sessions[session]
  const known = state.protections.find((one) => one.participant === participant && one.group === group)
  if (known) thaw(known)
  return checkGroup(group)
}

function changePhase(state: NaiveState, message: Message<'changePhase'>): Reject | undefined {
  if (message.instrument !== 0 && !state.markets[message.instrument]) return reject('unknownInstrument', 'instrument')
  if (!(message.phase in phase)) return reject('invalidPhase', 'phase')
  if (message.instrument !== 0) enterPhase(state, state.markets[message.instrument], message.phase, 'admin')
  else if (message.phase === 'halted') {
    const trading = state.allMarkets.filter((market) => market.phase !== 'closed')
    for (const market of trading) enterPhase(state, market, 'halted', 'admin')
  } else {
    const halted = state.allMarkets.filter((market) => market.phase === 'halted')
    for (const market of halted) {
      const scheduled = lastChange(market.definition.schedule, state.timeUs)
      enterPhase(state, market, scheduled?.phase ?? message.phase, 'admin')
    }
  }
  return undefined
}

function changeLimit(named: Participant, { limit, value }: Message<'changeLimit'>): Reject | undefined {
  const { maxQuantityLots, maxNotionalMinor } = limits
  const largest: Partial<Record<typeof limit, number>> = {
    maxOrderQuantityLots: maxQuantityLots,
    maxOrderNotionalMinor: maxNotionalMinor,
  }
  const bound = largest[limit] ?? Number.MAX_SAFE_INTEGER
  if (!(limit in riskLimit) || value > bound) return reject('invalidLimit', 'value', bound)
  named.terms = { ...named.terms, [limit]: value }
  return undefined
}

function block(state: NaiveState, named: Participant, { blocked }: Message<'blockParticipant'>): Reject | undefined {
  named.isBlocked = blocked
  const orders = state.openOrders.filter((order) => order.owner === named.terms.participant)
  if (blocked) for (const order of orders) cancel(state, order, 'killSwitch')
  return undefined
}

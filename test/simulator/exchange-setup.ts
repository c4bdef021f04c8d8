/** The exchange that every simulation runs: what is traded, who trades, and with which sessions. */
import { checkConfiguration } from '../../engine/configuration.ts'
import type { Definition, Exchange } from '../../engine/core/index.ts'
import type { Sequencer } from '../../engine/sequencer.ts'

const sessionNames = [
  ['alpha', 'one'],
  ['alpha', 'two'],
  ['beta', 'main'],
  ['gamma', 'main'],
  ['delta', 'admin'],
] as const

const configuration = checkConfiguration(
  {
    instruments: [
      { symbol: 'ACME', tickSize: '0.01', referencePrice: '100.00', makerFeeBasisPoints: -1, takerFeeBasisPoints: 3 },
      {
        ...{ symbol: 'BOLT', tickSize: '0.01', referencePrice: '10.00', takerFeeBasisPoints: 5 },
        // Narrow bands: halts and auctions, and with them timers, come by themselves.
        ...{ dynamicBandBasisPoints: 50, haltDurationMs: 400, auctionDurationMs: 700, quoteMaxSpreadTicks: 20 },
      },
    ],
    participants: ['alpha', 'beta', 'gamma', 'delta'].map((name) => ({ name, admin: name === 'delta' })),
  },
  'simulation',
)

export const { reconnectGraceMs } = configuration

export const instrumentDefinitions = configuration.instruments.map((row, index) => ({ instrument: index + 1, ...row }))

const participantDefinitions = configuration.participants.map(({ sessions: _, admin, ...entry }, index) => {
  const { ordersPerSecond: _rate, selfTradePrevention: _mode, name, ...limits } = entry
  return { participant: index + 1, name, ...limits, isAdmin: admin }
})

export const participantLimits = participantDefinitions.map(({ participant: _, name: _name, ...limits }) => limits)

const participantNames = participantDefinitions.map(({ name }) => name)

export interface SessionIdentity {
  /** Session number. */
  readonly session: number
  readonly participant: number
  readonly participantName: string
  readonly name: string
}

export const sessions: readonly SessionIdentity[] = sessionNames.map(([participantName, name], index) => ({
  session: index + 1,
  participant: participantNames.indexOf(participantName) + 1,
  participantName,
  name,
}))

export const adminSession = sessions.find(({ participantName }) => participantName === 'delta')!

export function sessionOf(participantName: string, name: string): SessionIdentity | undefined {
  return sessions.find((session) => session.participantName === participantName && session.name === name)
}

/** Submits whatever of it the exchange does not have. */
export function defineMissing(exchange: Exchange, sequencer: Sequencer): void {
  const submit = (definition: Definition) => sequencer.submitDefinition(definition, 0)
  for (const row of instrumentDefinitions.slice(Math.max(0, exchange.instruments.length - 1))) {
    submit({ type: 'instrumentDefined', instruments: [row] })
  }
  for (const row of participantDefinitions.slice(exchange.participantCount)) {
    submit({ type: 'participantDefined', ...row })
  }
  for (const { session, participant, name } of sessions.slice(exchange.sessionCount)) {
    submit({ type: 'sessionDefined', session, participant, name, selfTradePrevention: 'cancelNewest' })
  }
}

/** The exchange of a crash test, and its clients: which process runs which sessions. */
import type { ConfigurationFile } from '../../engine/configuration.ts'
import type { Role } from './requests.ts'

const unbounded = { maxPositionLots: 2 ** 40, ordersPerSecond: 10_000_000 }

export const configuration: ConfigurationFile = {
  instruments: [
    { symbol: 'ONE', tickSize: '0.01', referencePrice: '100', takerFeeBasisPoints: 0.5, makerFeeBasisPoints: -0.2 },
    {
      ...{ symbol: 'TWO', tickSize: '0.01', referencePrice: '100', takerFeeBasisPoints: 0.5 },
      // Halts by itself now and then.
      ...{ dynamicBandBasisPoints: 12, haltDurationMs: 5, auctionDurationMs: 5 },
      ...{ quoteMaxSpreadTicks: 6, quoteMinQuantityLots: 5 },
    },
  ],
  participants: [
    { name: 'alpha', sessions: ['main', 'second'], ...unbounded },
    { name: 'beta', ...unbounded },
    { name: 'gamma', ...unbounded },
    { name: 'maker', ...unbounded },
    { name: 'admin', admin: true, ...unbounded },
  ],
  // Shorter than a client takes to come back after its own end, longer than after the engine's: both happen.
  reconnectGraceMs: 250,
}

export interface SessionSetup {
  readonly participant: string
  readonly session: string
  readonly role: Role
  readonly encoding: 'msgpack' | 'json'
  readonly cancelOnDisconnect: boolean
  /** Whether it also asks for the events of all sessions of its participant. */
  readonly dropCopy?: true
}

/** What runs in one client process. */
export interface ClientSetup {
  readonly name: string
  readonly sessions: readonly SessionSetup[]
  /** Whether it follows market data. */
  readonly marketData?: true
}

const plain = { session: 'main', role: 'trader', encoding: 'msgpack', cancelOnDisconnect: false } as const

export const clientSetups: readonly ClientSetup[] = [
  { name: 'alpha', sessions: [{ ...plain, participant: 'alpha' }] },
  {
    name: 'alpha-second',
    sessions: [
      {
        ...{ ...plain, participant: 'alpha', session: 'second' },
        ...{ encoding: 'json', cancelOnDisconnect: true, dropCopy: true },
      },
    ],
  },
  {
    name: 'beta-gamma',
    sessions: [
      { ...plain, participant: 'beta', role: 'stopTrader' },
      { ...plain, participant: 'gamma', role: 'stopTrader', cancelOnDisconnect: true },
    ],
  },
  {
    name: 'maker-admin',
    sessions: [
      { ...plain, participant: 'maker', role: 'maker', cancelOnDisconnect: true },
      { ...plain, participant: 'admin', role: 'admin' },
    ],
  },
  { name: 'market-data', sessions: [], marketData: true },
]

/** Name of a session, and of the folder of its record. */
export function nameOf({ participant, session }: { readonly participant: string; readonly session: string }): string {
  return `${participant}.${session}`
}

export const marketDataName = 'market-data'

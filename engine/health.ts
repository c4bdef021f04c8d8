/** `GET /health`: whether orders are taken, and where the engine stands. Shows released state only. */
import type { Exchange } from './core/index.ts'
import type { Gateway } from './gateway/gateway.ts'
import type { Sequencer } from './sequencer.ts'

export interface HealthSources {
  readonly sequencer: Sequencer
  readonly exchange: Exchange
  readonly gateway: Gateway
  readonly logMode: string
}

/** Answers with 200 while orders are taken, else with 503. The query `hash=1` asks for the hash of the state. */
export function answerHealth(
  { sequencer, exchange, gateway, logMode }: HealthSources,
  query: string,
  answer: (httpStatus: number, body: object) => void,
): void {
  const report = () => ({
    status: sequencer.state === 'open' ? 'ok' : 'halted',
    orderEntry: sequencer.state,
    sequence: sequencer.sequence,
    logMode,
    sessions: gateway.liveSessionCount,
    connections: gateway.connectionCount,
    uptimeSeconds: Math.floor(process.uptime()),
  })
  const answerHalted = () => answer(503, report())
  if (sequencer.state !== 'open') {
    answerHalted()
    return
  }
  const withHash = new URLSearchParams(query).get('hash') === '1'
  const answerOpen = () => answer(200, withHash ? { ...report(), stateHash: exchange.stateHash() } : report())
  sequencer.afterRelease(answerOpen, answerHalted)
}

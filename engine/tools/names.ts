/** Names behind the numbers that commands and events carry, as the exchange knows them at that moment. */
import type { Exchange } from '../core/index.ts'

/** Who sent a command, or is told something. */
export interface SessionName {
  readonly participant: string
  readonly session: string
}

export class Names {
  private readonly exchange: Exchange
  private sessions: (SessionName | undefined)[] = []
  private symbols: (string | undefined)[] = []

  constructor(exchange: Exchange) {
    this.exchange = exchange
  }

  /** To be called after a command that may have given names. */
  forget(): void {
    this.sessions = []
    this.symbols = []
  }

  /** Undefined if there is no such session, as there is none of the engine's own commands. */
  session(session: number): SessionName | undefined {
    this.sessions[session] ??= this.findSession(session)
    return this.sessions[session]
  }

  symbol(instrument: number): string | undefined {
    this.symbols[instrument] ??= this.exchange.instruments[instrument]?.symbol
    return this.symbols[instrument]
  }

  private findSession(session: number): SessionName | undefined {
    const state = this.exchange.session(session)
    if (state === undefined) return undefined
    return { participant: this.exchange.participant(state.participant)?.name ?? '', session: state.name }
  }
}

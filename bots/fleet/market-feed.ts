/** Connects the market tracker to an engine's public market data, and keeps it connected. */
import { MarketDataClient } from '../../protocol/client/index.ts'
import { openWebSocket } from '../../protocol/client/node.ts'
import { MarketTracker } from './market-tracker.ts'

/** How long the last status is waited for. */
const refreshTimeoutMs = 1_000

export class MarketFeed {
  readonly tracker = new MarketTracker()
  private readonly client: MarketDataClient

  constructor(url: string) {
    const take = (message: Parameters<MarketTracker['take']>[0]) => this.tracker.take(message, performance.now())
    this.client = new MarketDataClient(
      { url, openWebSocket },
      {
        onTop: take,
        onTrades: take,
        onStatus: take,
        onState: (state) => {
          if (state !== 'live') this.tracker.disconnected(performance.now())
        },
      },
    )
  }

  get connected(): boolean {
    return this.client.state === 'live'
  }

  /**
   * Begins to follow these instruments; later losses of the connection are repaired by itself.
   * @returns the symbols of all instruments that the engine trades
   * @throws Error if the engine cannot be reached
   */
  async connect(symbols: readonly string[]): Promise<string[]> {
    await this.client.connect()
    const listed = await this.client.listInstruments()
    this.tracker.define(listed.filter(({ symbol }) => symbols.includes(symbol)))
    for (const channel of ['top', 'trades', 'status'] as const) this.client.subscribe(channel, 0)
    return listed.map(({ symbol }) => symbol)
  }

  /** Brings the totals of the status channel, which is told once a second, up to now. */
  async refresh(): Promise<void> {
    if (!this.connected) return
    this.client.subscribe('status', 0)
    // Answers come in order: when this one is here, so are the snapshots.
    const fence = this.client.listInstruments()
    await Promise.race([fence, new Promise((resolve) => setTimeout(resolve, refreshTimeoutMs).unref())])
  }

  close(): void {
    this.client.close()
  }
}

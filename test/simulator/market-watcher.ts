/** Watches market data with the real client library; its books must be the exchange's. */
import { MarketDataClient } from '../../protocol/client/index.ts'
import { enumerations, type Message } from '../../protocol/messages.ts'
import { instrumentDefinitions } from './exchange-setup.ts'
import type { World } from './trader.ts'
import { VirtualProcess } from './virtual-process.ts'

const retryUs = 500_000

export class MarketWatcher {
  private readonly world: World
  private readonly client: MarketDataClient
  private readonly process: VirtualProcess
  /** Instruments of which trades may have been missed: while there was no connection. As long as one lasts it loses nothing. */
  private mayMiss = new Set<number>()
  private readonly tops = new Map<number, Message<'top'>>()

  constructor(world: World) {
    this.world = world
    this.process = new VirtualProcess(world.time, world.random, world.wall)
    const options = {
      url: 'ws://engine/v1',
      openWebSocket: (_: string, subprotocol: string) => world.network.connect(this.process, 0, subprotocol),
      clock: this.process.clientClock(),
    }
    this.client = new MarketDataClient(options, {
      onState: (state) => {
        if (state === 'disconnected') this.mayMiss = new Set(instrumentDefinitions.map(({ instrument }) => instrument))
      },
      onTop: (top) => this.tops.set(top.instrument, top),
      onTrades: ({ instrument }) => this.mayMiss.delete(instrument),
      onGap: (channel, instrument) => {
        if (channel === 'trades' && this.mayMiss.delete(instrument)) return
        world.oracle.violated('I6', `something was missed on ${channel} of instrument ${instrument}`)
      },
    })
    for (const channel of ['book', 'trades', 'top', 'status'] as const) this.client.subscribe(channel, 0)
    this.connect()
  }

  get isSettled(): boolean {
    if (this.client.state !== 'live') return false
    return instrumentDefinitions.every(({ instrument }) => this.client.book(instrument)?.synchronised)
  }

  describe(): string {
    return `the watcher of market data is ${this.client.state}`
  }

  /** What is in the books and not known here. */
  whatIsMissing(): string | undefined {
    const { exchange } = this.world.oracle.reference
    for (const { instrument } of instrumentDefinitions) {
      if (exchange.instruments[instrument] === undefined) return `instrument ${instrument} is not defined yet`
      for (const side of ['buy', 'sell'] as const) {
        const levels = exchange.levels(instrument, enumerations.side[side])
        const book = this.client.book(instrument)!
        const isSame = levels.every(
          (level, rank) =>
            book.priceTicksAt(side, rank) === level.priceTicks &&
            book.quantityLotsAt(side, rank) === level.quantityLots &&
            book.orderCountAt(side, rank) === level.orderCount,
        )
        const top = this.tops.get(instrument)
        const bestTicks = side === 'buy' ? top?.bidPriceTicks : top?.askPriceTicks
        const bestLots = side === 'buy' ? top?.bidQuantityLots : top?.askQuantityLots
        const isBest = bestTicks === (levels[0]?.priceTicks ?? 0) && bestLots === (levels[0]?.quantityLots ?? 0)
        if (isSame && isBest && book.depth(side) === levels.length) continue
        return `the ${side} side of instrument ${instrument} is another one at the client than ${JSON.stringify(levels)}`
      }
    }
    return undefined
  }

  finish(): void {}

  private connect(): void {
    // The first attempt is not repeated by the client.
    this.client.connect().catch(() => this.world.time.after(retryUs, () => this.connect()))
  }
}

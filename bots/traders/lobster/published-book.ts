/** The instrument's book as the engine publishes it to everyone, asked for when it is wanted. */
import { type BookBuilder, MarketDataClient } from '../../../protocol/client/index.ts'
import { openWebSocket } from '../../../protocol/client/node.ts'
import type { Side } from '../../../protocol/messages.ts'
import type { Ladder, MarketRow } from './market-row.ts'
import { ReplayError } from './order-entry.ts'

/** How long a snapshot may take. */
const snapshotTimeoutMs = 5_000

export class PublishedBook {
  private readonly client: MarketDataClient
  private readonly instrument: number
  private onSnapshot: ((book: BookBuilder) => void) | undefined

  constructor(url: string, instrument: number) {
    this.instrument = instrument
    this.client = new MarketDataClient({ url, openWebSocket }, { onBook: (book) => this.onSnapshot?.(book) })
  }

  /** @throws Error in one line if the engine cannot be reached */
  connect(): Promise<void> {
    return this.client.connect()
  }

  /**
   * The book as it is now; subscribed to for this one snapshot only, so that following it does not cost the replay time.
   * @throws ReplayError if it does not come
   */
  read(): Promise<BookBuilder> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new ReplayError('the engine sent no book')), snapshotTimeoutMs)
      this.onSnapshot = (book) => {
        clearTimeout(timer)
        this.onSnapshot = undefined
        this.client.unsubscribe('book', this.instrument)
        resolve(book)
      }
      this.client.subscribe('book', this.instrument)
    })
  }

  /** Whether the book as it is now has exactly the levels of an orderbook row. */
  async equals(row: MarketRow): Promise<boolean> {
    const book = await this.read()
    return equalsLadder(book, 'buy', row.buy) && equalsLadder(book, 'sell', row.sell)
  }

  close(): void {
    this.client.close()
  }
}

function equalsLadder(book: BookBuilder, side: Side, { pricesTicks, quantitiesLots }: Ladder): boolean {
  return (
    book.depth(side) === pricesTicks.length &&
    pricesTicks.every(
      (priceTicks, rank) =>
        book.priceTicksAt(side, rank) === priceTicks && book.quantityLotsAt(side, rank) === quantitiesLots[rank],
    )
  )
}

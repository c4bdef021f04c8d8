/** Watches a participant's session over a drop copy: every order that it ever had open, and how many at a time. */
import { ClientSession, type SessionEvent } from '../../protocol/client/index.ts'
import { openWebSocket, signerFromKeyFile } from '../../protocol/client/node.ts'
import type { Row, Side } from '../../protocol/messages.ts'

export interface QuoteWatchOptions {
  readonly url: string
  readonly participant: string
  /** The session that watches. */
  readonly session: string
  readonly keyFile: string
  /** The session that is watched. */
  readonly watched: string
}

export class QuoteWatch {
  /** Most orders that were open on a side at the same time. */
  readonly mostOpen: Record<Side, number> = { buy: 0, sell: 0 }
  /** Events that came, and whatever must not happen. */
  eventCount = 0
  readonly faults: string[] = []
  private readonly session: ClientSession
  private readonly watched: string
  private readonly open = new Map<number, Side>()
  private lastRef = 0

  constructor({ url, participant, session, keyFile, watched }: QuoteWatchOptions) {
    this.watched = watched
    this.session = new ClientSession(
      { url, participant, session, sign: signerFromKeyFile(keyFile), openWebSocket },
      {
        onDropCopy: (name, event) => {
          if (name === watched) this.take(event)
        },
        onDropCopyGap: (name, expected, first) => this.faults.push(`${name}: events ${expected} to ${first} are gone`),
        onNewLog: () => this.faults.push('the engine runs on another log'),
        onState: (state, reason) => {
          if (state === 'closed' && reason !== 'closed by this side') this.faults.push(reason)
        },
      },
    )
  }

  /** To be called before the watched session has done anything. */
  async start(): Promise<void> {
    await this.session.connect()
    await this.session.subscribeDropCopy([{ session: this.watched, nextEvent: 1 }])
  }

  /** Orders that are open now, as far as the events tell. */
  get openCount(): number {
    return this.open.size
  }

  /** Orders that are open now, as the engine tells. */
  openOrders(): Promise<Row<'openOrder'>[]> {
    return this.session.queryOpenOrders(0, this.watched)
  }

  positions(): Promise<Row<'position'>[]> {
    return this.session.queryPositions()
  }

  close(): Promise<boolean> {
    return this.session.close()
  }

  private take(event: SessionEvent): void {
    this.eventCount += 1
    if (event.type === 'accepted' || event.type === 'replaced') {
      if (event.ref <= this.lastRef) this.faults.push(`ref ${event.ref} was carried out after ${this.lastRef}`)
      this.lastRef = event.ref
    }
    if (event.type === 'accepted') this.open.set(event.ref, event.side as Side)
    if (event.type === 'cancelled' || (event.type === 'filled' && event.leavesLots === 0)) {
      this.open.delete(event.orderRef)
    }
    for (const side of ['buy', 'sell'] as const) {
      const count = [...this.open.values()].filter((open) => open === side).length
      this.mostOpen[side] = Math.max(this.mostOpen[side], count)
    }
  }
}

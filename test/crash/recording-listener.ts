/** A client process's market data: follows every instrument, and its record holds what was told. */
import { MarketDataClient } from '../../protocol/client/index.ts'
import { RecordWriter } from './client-record.ts'
import { openRecordingSocket } from './recording-socket.ts'

const recordFileBytes = 2 ** 20
const retryDelayMs = 20

export class RecordingListener {
  private readonly record: RecordWriter
  private readonly url: () => string
  private readonly onChange: () => void
  private client: MarketDataClient

  constructor(folder: string, url: () => string, onChange: () => void) {
    this.record = new RecordWriter(folder)
    this.record.begin({})
    this.url = url
    this.onChange = onChange
    this.client = this.newClient()
  }

  get isLive(): boolean {
    return this.client.state === 'live'
  }

  async start(): Promise<void> {
    for (;;) {
      try {
        await this.client.connect()
        return
      } catch {
        await new Promise((resolve) => setTimeout(resolve, retryDelayMs))
        this.client = this.newClient()
      }
    }
  }

  private newClient(): MarketDataClient {
    const client = new MarketDataClient(
      {
        ...{ url: this.url(), firstRetryDelayMs: retryDelayMs, longestRetryDelayMs: retryDelayMs },
        openWebSocket: (_, subprotocol) => openRecordingSocket(this.url(), subprotocol, this.recorder, () => false),
      },
      {
        // Trades that were missed while there was no connection do not come any more, and the library says so.
        onGap: (channel, instrument) => {
          if (channel !== 'trades') this.record.write('fault', `the library told a gap in ${channel} of ${instrument}`)
        },
        onState: () => this.onChange(),
      },
    )
    for (const channel of ['top', 'book', 'trades'] as const) client.subscribe(channel, 0)
    return client
  }

  private readonly recorder = {
    opened: () => this.record.write('opened'),
    sent: (frame: Uint8Array | string) => this.record.write('sent', frame),
    received: (frame: Uint8Array | string) => {
      if (this.record.length > recordFileBytes) this.record.begin({})
      this.record.write('received', frame)
    },
  }
}

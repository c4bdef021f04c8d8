/**
 * One of the replay's two sessions. A replay can't survive a lost connection, because the engine cancels the orders then:
 * it is told and ends.
 */
import { ClientSession, type SessionEvent } from '../../../protocol/client/index.ts'
import { openWebSocket } from '../../../protocol/client/node.ts'
import { sessionSigner } from '../../runtime/session-key.ts'
import { ReplayError } from './order-entry.ts'

/** Every participant of a replay trades through its session of this name. */
const sessionName = 'main'

export interface ReplaySessionListener {
  onEvent(event: SessionEvent): void
  onFailure(error: ReplayError): void
}

export class ReplaySession {
  readonly client: ClientSession
  /** Who is told of events and failures; nobody while orders of before or after the replay are being cancelled. */
  listener: ReplaySessionListener | undefined
  private readonly participant: string
  private onMassCancelled: (() => void) | undefined

  /** @throws Error in one line if the key cannot be read */
  constructor(url: string, dataFolder: string, participant: string) {
    this.participant = participant
    const sign = sessionSigner(dataFolder, participant, sessionName)
    this.client = new ClientSession(
      { url, participant, session: sessionName, sign, openWebSocket },
      {
        onEvent: (event) => this.take(event),
        onError: (error) => this.fail(`${participant}: ${error.code}: ${error.text}`),
        onState: (state, reason) => {
          if (state === 'disconnected' || state === 'closed') this.fail(`${participant}: ${reason}`)
        },
      },
    )
  }

  /** @throws Error in one line if the engine cannot be reached or refuses the logon */
  async connect(): Promise<void> {
    try {
      await this.client.connect()
    } catch (error) {
      throw new ReplayError(`${this.participant}: ${(error as Error).message}`)
    }
  }

  /** Cancels all orders of the session in an instrument; a lost connection does the same. */
  cancelAll(instrument: number): Promise<void> {
    if (this.client.state !== 'live') return Promise.resolve()
    return new Promise((resolve) => {
      this.onMassCancelled = resolve
      this.client.massCancel(instrument)
    })
  }

  async close(): Promise<void> {
    this.listener = undefined
    await this.client.close()
  }

  private take(event: SessionEvent): void {
    if (event.type === 'massCancelled') this.onMassCancelled?.()
    this.listener?.onEvent(event)
  }

  private fail(text: string): void {
    this.onMassCancelled?.()
    this.listener?.onFailure(new ReplayError(text))
  }
}

/** What the engine has told since the logon on the current connection, until everything that precedes `live` is here. */
import type { Message, Row } from '../messages.ts'

export class LogonProgress {
  /** The nonce that was signed. */
  nonce = ''
  /** The engine's answer; undefined before it. */
  result: Message<'logonResult'> | undefined
  readonly positions: Row<'position'>[] = []
  readonly openOrders: Row<'openOrder'>[] = []
  /** Whether `openOrders` are all that there are. */
  hasOpenOrders = false
  /** Whether the answer to the first question came: it stands behind the positions. */
  hasPositions = false

  /** Whether positions, open orders and past events are here. */
  isComplete(expectedEvent: number): boolean {
    const { result } = this
    if (result === undefined || !this.hasPositions) return false
    return result.snapshot ? this.hasOpenOrders : expectedEvent >= result.nextEvent
  }
}

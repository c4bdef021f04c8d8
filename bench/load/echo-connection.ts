/** A connection to the echo server: every frame that comes back answers the oldest command. */
import { LoadConnection } from './connection.ts'
import type { OrderStream } from './order-stream.ts'

export class EchoConnection extends LoadConnection {
  private readonly onOpened: () => void

  constructor(port: number, stream: OrderStream, onOpened: () => void, onFailure: (error: Error) => void) {
    super(port, stream, onFailure)
    this.onOpened = onOpened
  }

  protected override opened(): void {
    this.onOpened()
  }

  protected override payload(): void {
    this.accepted++
    this.firstAnswer(this.nextAnswer)
  }
}

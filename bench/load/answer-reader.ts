/**
 * Reads what the engine answers, as far as a load generator has to: which command is answered and how, and which orders
 * are gone. Nothing is allocated; the client library is the place to learn the protocol from.
 */
import { messages } from '../../protocol/messages.ts'
import { WireReader } from '../../protocol/wire.ts'

const accepted = messages.accepted.number
const rejected = messages.rejected.number
const filled = messages.filled.number
const cancelled = messages.cancelled.number

export interface AnswerHandler {
  onAccepted(ref: number): void
  onRejected(ref: number): void
  /** `ref` is that of the cancel, 0 if the engine cancelled by itself. */
  onCancelled(ref: number, orderRef: number): void
  onFilled(orderRef: number, leavesLots: number): void
  /** Any other message. */
  onOther(bytes: Uint8Array, start: number, end: number): void
}

export class AnswerReader {
  private readonly handler: AnswerHandler
  private readonly reader = new WireReader()

  constructor(handler: AnswerHandler) {
    this.handler = handler
  }

  /** Reads every message of a frame's payload. */
  read(bytes: Uint8Array, start: number, end: number): void {
    const { reader, handler } = this
    reader.reset(bytes, start, end)
    while (reader.position < end) {
      const messageStart = reader.position
      const fields = reader.array() - 1
      const type = reader.uint()
      if (type === accepted || type === rejected) {
        this.skip(3) // event number, sequence, engine time
        const ref = reader.uint()
        this.skip(fields - 4)
        if (type === accepted) handler.onAccepted(ref)
        else handler.onRejected(ref)
      } else if (type === cancelled) {
        this.skip(3)
        const ref = reader.uint()
        const orderRef = reader.uint()
        this.skip(fields - 5)
        handler.onCancelled(ref, orderRef)
      } else if (type === filled) {
        this.skip(3)
        const orderRef = reader.uint()
        this.skip(6) // order id, trade id, instrument, side, price, quantity
        const leavesLots = reader.uint()
        this.skip(fields - 11)
        handler.onFilled(orderRef, leavesLots)
      } else {
        this.skip(fields)
        handler.onOther(bytes, messageStart, reader.position)
      }
    }
  }

  private skip(values: number): void {
    for (let index = 0; index < values; index++) {
      if (!this.reader.skip()) throw new Error('a frame that does not hold whole messages')
    }
  }
}

/** A connection to the engine: logs on, and reads its answers. */
import { createPrivateKey, sign } from 'node:crypto'
import { decodeMessagePack, encodeMessagePack } from '../../protocol/codec.ts'
import { logonText } from '../../protocol/messages.ts'
import { type AnswerHandler, AnswerReader } from './answer-reader.ts'
import { LoadConnection } from './connection.ts'
import type { Credentials } from './job.ts'
import type { OrderStream } from './order-stream.ts'

/** Long, so that a generator which waits for its next job hardly ever disturbs what is measured meanwhile. */
const heartbeatIntervalMs = 30_000

export class EngineConnection extends LoadConnection implements AnswerHandler {
  private readonly credentials: Credentials
  private readonly onLoggedOn: () => void
  private readonly reader = new AnswerReader(this)

  constructor(
    port: number,
    credentials: Credentials,
    stream: OrderStream,
    onLoggedOn: () => void,
    onFailure: (error: Error) => void,
  ) {
    super(port, stream, onFailure)
    this.credentials = credentials
    this.onLoggedOn = onLoggedOn
  }

  onAccepted(ref: number): void {
    this.accepted++
    this.firstAnswer(ref)
  }

  onRejected(ref: number): void {
    this.rejected++
    this.stream.orderClosed(ref)
    this.firstAnswer(ref)
  }

  onCancelled(ref: number, orderRef: number): void {
    if (ref === 0) {
      this.stream.orderClosed(orderRef)
    } else {
      this.cancelled++
      this.firstAnswer(ref)
    }
  }

  onFilled(orderRef: number, leavesLots: number): void {
    this.fills++
    if (leavesLots === 0) this.stream.orderClosed(orderRef)
  }

  onOther(bytes: Uint8Array, start: number, end: number): void {
    const message = decodeMessagePack(bytes.slice(start, end))
    switch (message.type) {
      case 'challenge':
        this.logOn(message.nonce)
        break
      case 'logonResult':
        this.firstRef = message.lastRef + 1
        this.onLoggedOn()
        break
      case 'error':
        if (message.code !== 'overloaded') throw new Error(`the engine sent ${JSON.stringify(message)}`)
        this.stream.orderClosed(message.ref)
        this.refuse(message.ref)
        break
      case 'heartbeat':
      case 'openOrders':
      case 'position':
        break
      default:
        throw new Error(`the engine sent ${JSON.stringify(message)}`)
    }
  }

  protected override opened(): void {
    const heartbeat = encodeMessagePack({ type: 'heartbeat' })
    setInterval(() => this.sendCold(heartbeat), heartbeatIntervalMs).unref()
  }

  protected override payload(bytes: Buffer, start: number, end: number): void {
    this.reader.read(bytes, start, end)
  }

  private logOn(nonce: string): void {
    const { participant, session, privateKeyPem } = this.credentials
    const text = Buffer.from(logonText(nonce, participant, session))
    const signature = sign(null, text, createPrivateKey(privateKeyPem)).toString('base64')
    const options = { cancelOnDisconnect: false, heartbeatIntervalMs }
    this.sendCold(encodeMessagePack({ type: 'logon', participant, session, signature, ...options }))
  }
}

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { decodeMessagePack } from '../../protocol/codec.ts'
import type { Message } from '../../protocol/messages.ts'
import { LoadConnection } from './connection.ts'
import { EchoConnection } from './echo-connection.ts'
import { OrderStream } from './order-stream.ts'

/** Its server answers a command with the command's number, or refuses it with that of the number below zero. */
class NumberedConnection extends LoadConnection {
  private readonly onOpened: () => void

  constructor(port: number, stream: OrderStream, onOpened: () => void, onFailure: (error: Error) => void) {
    super(port, stream, onFailure)
    this.onOpened = onOpened
  }

  protected override opened(): void {
    this.onOpened()
  }

  protected override payload(bytes: Buffer, start: number): void {
    const number = bytes.readInt32LE(start)
    if (number > 0) this.firstAnswer(number)
    else this.refuse(-number)
  }
}

describe('a connection of the load', () => {
  let server: WebSocketServer

  beforeEach(async () => {
    server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
    await once(server, 'listening')
  })
  afterEach(() => server.close())

  /** Sends so many commands; resolves when all of them are answered or refused. */
  async function send(Kind: typeof EchoConnection | typeof NumberedConnection, count: number): Promise<LoadConnection> {
    const { port } = server.address() as AddressInfo
    const stream = new OrderStream(1, { instrument: 7, fairPriceTicks: 10_000 })
    const connection = await new Promise<LoadConnection>((resolve, reject) => {
      const opened: LoadConnection = new Kind(port, stream, () => resolve(opened), reject)
    })
    const answered = new Promise<void>((resolve) => {
      connection.onAnswers = () => connection.unanswered === 0 && resolve()
    })
    for (let index = 0; index < count; index++) connection.queue(0)
    connection.flush()
    await answered
    connection.close()
    return connection
  }

  it('sends what another WebSocket server understands as commands numbered from 1', async () => {
    const received: Message[] = []
    server.on('connection', (socket) => {
      socket.on('message', (frame: Buffer) => {
        received.push(decodeMessagePack(frame))
        socket.send(Buffer.alloc(39))
      })
    })
    const { answered } = await send(EchoConnection, 300)
    expect(received.map((message) => 'ref' in message && message.ref)).toEqual(
      Array.from({ length: 300 }, (_, index) => index + 1),
    )
    expect(answered).toBe(300)
  })

  it('takes refusals that come before answers to the commands before them', async () => {
    server.on('connection', (socket: WebSocket) => {
      socket.once('message', () => {
        for (const number of [-3, -4, 1, 2, 5, -6]) {
          const frame = Buffer.alloc(4)
          frame.writeInt32LE(number)
          socket.send(frame)
        }
      })
    })
    const { answered, refused } = await send(NumberedConnection, 6)
    expect({ answered, refused }).toEqual({ answered: 3, refused: 3 })
  })
})

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import { decodeMessagePack } from '../../protocol/codec.ts'
import type { Message } from '../../protocol/messages.ts'
import { EchoConnection } from './echo-connection.ts'
import { OrderStream } from './order-stream.ts'

describe('a connection of the load', () => {
  let server: WebSocketServer | undefined

  afterEach(() => server?.close())

  it('sends what another WebSocket server understands as commands numbered from 1', async () => {
    server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
    await once(server, 'listening')
    const received: Message[] = []
    server.on('connection', (socket) => {
      socket.on('message', (frame: Buffer) => {
        received.push(decodeMessagePack(frame))
        socket.send(Buffer.alloc(39))
      })
    })
    const { port } = server.address() as AddressInfo
    const connection = await new Promise<EchoConnection>((resolve, reject) => {
      const opened: EchoConnection = new EchoConnection(
        port,
        new OrderStream(1, { instrument: 7, fairPriceTicks: 10_000 }),
        () => resolve(opened),
        reject,
      )
    })
    const answered = new Promise<void>((resolve) => {
      connection.onAnswers = () => connection.unanswered === 0 && resolve()
    })
    for (let index = 0; index < 300; index++) connection.queue(0)
    connection.flush()
    await answered
    connection.close()
    expect(received.map((message) => 'ref' in message && message.ref)).toEqual(
      Array.from({ length: 300 }, (_, index) => index + 1),
    )
    expect(connection.answered).toBe(300)
  })
})

/** Puts the tests' engine behind a real port, for tests over real sockets and with real processes. */
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import type { FakeEngine } from './fake-engine.ts'

export interface FakeEngineServer {
  readonly url: string
  /** Subprotocols of the connections so far. */
  readonly subprotocols: readonly string[]
  close(): Promise<void>
}

/** Serves on a free port of the loopback interface. Frames pass between socket and engine as they are. */
export async function serveFakeEngine(engine: FakeEngine): Promise<FakeEngineServer> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  const subprotocols: string[] = []
  server.on('connection', (socket) => {
    subprotocols.push(socket.protocol)
    const inner = engine.openWebSocket('', socket.protocol)
    inner.onmessage = (event) => socket.send(new Uint8Array(event.data as ArrayBuffer))
    inner.onclose = ({ code, reason }) => {
      // What is said of a connection that is lost; nobody can send it.
      if (code === 1006) socket.terminate()
      else socket.close(code, reason)
    }
    socket.on('message', (data: Buffer) => inner.send(data))
  })
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `ws://127.0.0.1:${port}/v1`,
    subprotocols,
    close() {
      for (const socket of server.clients) socket.terminate()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

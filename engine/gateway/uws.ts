/**
 * The transport over uWebSockets.js, and the one module that imports it. It knows connections, frames and topics, and the
 * protocol's names for them; nothing of sessions or orders.
 */
import * as uWS from 'uWebSockets.js'
import { limits } from '../../protocol/limits.ts'
import { subprotocols, webSocketPath } from '../../protocol/messages.ts'
import type { Encoding } from '../feed/publisher.ts'
import { findFreePort } from './free-address.ts'
import { ListenError, type Socket, type Transport, type TransportHandlers } from './transport.ts'

/** Peers that are silent for this long are pinged; those that don't answer are cut. */
const idleTimeoutSeconds = 120

/** LIBUS_LISTEN_EXCLUSIVE_PORT of uSockets. */
const exclusivePort = 1

type ListenExclusively = (
  host: string,
  port: number,
  options: number,
  done: (socket: uWS.us_listen_socket | false) => void,
) => void

interface UserData<Connection> {
  readonly encoding: Encoding
  socket: UwsSocket<Connection> | undefined
  connection: Connection | undefined
}

class UwsSocket<Connection> implements Socket {
  /** Undefined once it is closed: uWebSockets.js throws on any use after that. */
  private ws: uWS.WebSocket<UserData<Connection>> | undefined

  constructor(ws: uWS.WebSocket<UserData<Connection>>) {
    this.ws = ws
  }

  send(frame: Uint8Array | string): void {
    this.ws?.send(frame, typeof frame !== 'string')
  }

  cork(write: () => void): void {
    this.ws?.cork(write)
  }

  end(code: number, reason: string): void {
    this.ws?.end(code, reason)
  }

  unsentBytes(): number {
    return this.ws?.getBufferedAmount() ?? 0
  }

  subscribe(topic: string): void {
    this.ws?.subscribe(topic)
  }

  unsubscribe(topic: string): void {
    this.ws?.unsubscribe(topic)
  }

  detach(): void {
    this.ws = undefined
  }
}

/**
 * Listens and serves.
 * @throws ListenError if the address cannot be listened on
 */
export async function listen<Connection>(
  host: string,
  port: number,
  handlers: TransportHandlers<Connection>,
): Promise<Transport> {
  const freePort = await findFreePort(host, port)
  const app = uWS.App()
  app.ws<UserData<Connection>>(webSocketPath, webSocketBehavior(handlers))
  app.get('/health', (response, request) => answerHealth(response, request, handlers))
  app.any('/*', (response, request) => {
    const isWebSocket = request.getUrl() === webSocketPath
    const status = isWebSocket ? 426 : 404
    const detail = isWebSocket ? 'This is a WebSocket endpoint.' : `There are ${webSocketPath} and /health.`
    refuse(response, status, isWebSocket ? 'Upgrade Required' : 'Not Found', detail)
  })
  return new Promise((resolve, reject) => {
    // Without the exclusive option a second process could share a busy port, unnoticed. The types know neither the
    // option's value nor that it goes with a host.
    const listenExclusively = app.listen.bind(app) as unknown as ListenExclusively
    listenExclusively(host, freePort, exclusivePort, (socket) => {
      if (socket === false) reject(new ListenError(`cannot listen on ${host}:${freePort}`))
      else resolve(transportOf(app, socket))
    })
  })
}

function webSocketBehavior<Connection>(
  handlers: TransportHandlers<Connection>,
): uWS.WebSocketBehavior<UserData<Connection>> {
  return {
    compression: 0,
    maxPayloadLength: limits.maxTransportFrameBytes,
    maxBackpressure: limits.maxUnsentBytes,
    idleTimeout: idleTimeoutSeconds,
    upgrade: upgrade<Connection>,
    open(ws) {
      const data = ws.getUserData()
      data.socket = new UwsSocket(ws)
      data.connection = handlers.opened(data.socket, data.encoding)
    },
    message(ws, message, isBinary) {
      handlers.received(ws.getUserData().connection as Connection, new Uint8Array(message), isBinary)
    },
    drain(ws) {
      handlers.writable(ws.getUserData().connection as Connection)
    },
    dropped(ws) {
      handlers.dropped(ws.getUserData().connection as Connection)
    },
    close(ws) {
      const { socket, connection } = ws.getUserData()
      socket?.detach()
      handlers.closed(connection as Connection)
    },
  }
}

/** Takes connections that offer exactly one of the protocol's encodings. */
function upgrade<Connection>(
  response: uWS.HttpResponse,
  request: uWS.HttpRequest,
  context: uWS.us_socket_context_t,
): void {
  const offered = request.getHeader('sec-websocket-protocol')
  const encodings = (Object.keys(subprotocols) as Encoding[]).filter((encoding) =>
    offered.split(',').some((name) => name.trim() === subprotocols[encoding]),
  )
  if (encodings.length !== 1) {
    const names = Object.values(subprotocols).join(' or ')
    const detail = `Offer exactly one subprotocol of this engine in Sec-WebSocket-Protocol: ${names}.`
    refuse(response, 400, 'Bad Request', detail)
    return
  }
  const [encoding] = encodings
  const userData: UserData<Connection> = { encoding, socket: undefined, connection: undefined }
  const key = request.getHeader('sec-websocket-key')
  response.upgrade(userData, key, subprotocols[encoding], request.getHeader('sec-websocket-extensions'), context)
}

function answerHealth<Connection>(
  response: uWS.HttpResponse,
  request: uWS.HttpRequest,
  handlers: TransportHandlers<Connection>,
): void {
  let aborted = false
  response.onAborted(() => {
    aborted = true
  })
  handlers.health(request.getQuery(), (status, body) => {
    if (aborted) return
    response.cork(() => {
      response.writeStatus(status === 200 ? '200 OK' : '503 Service Unavailable')
      response.writeHeader('content-type', 'application/json')
      response.end(`${JSON.stringify(body)}\n`)
    })
  })
}

/** Answers with a problem document (RFC 9457). */
function refuse(response: uWS.HttpResponse, status: number, title: string, detail: string): void {
  response.writeStatus(`${status} ${title}`)
  response.writeHeader('content-type', 'application/problem+json')
  response.end(`${JSON.stringify({ type: 'about:blank', title, status, detail })}\n`)
}

function transportOf(app: uWS.TemplatedApp, socket: uWS.us_listen_socket): Transport {
  let listening = true
  const stopListening = () => {
    if (listening) uWS.us_listen_socket_close(socket)
    listening = false
  }
  return {
    port: uWS.us_socket_local_port(socket as unknown as uWS.us_socket),
    subscriberCount: (topic) => app.numSubscribers(topic),
    publish: (topic, frame) => {
      app.publish(topic, frame, typeof frame !== 'string')
    },
    stopListening,
    close() {
      listening = false
      app.close()
    },
  }
}

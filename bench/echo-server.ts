/**
 * The reference of the gateway suite: a bare uWebSockets.js server that answers every frame with one of a fixed size and
 * looks at nothing. It is the most that any server on this transport can do. Started by the suite; the size in bytes is
 * its only argument, the port that it listens on its only message.
 */
import * as uWS from 'uWebSockets.js'
import { subprotocols, webSocketPath } from '../protocol/messages.ts'

const answer = new Uint8Array(Number(process.argv[2]))

process.on('disconnect', () => process.exit())
// Ctrl-C reaches the whole group of processes; the parent decides when this one ends.
process.on('SIGINT', () => {})

uWS
  .App()
  .ws(webSocketPath, {
    compression: 0,
    idleTimeout: 0,
    maxBackpressure: 0,
    upgrade: (response, request, context) => {
      const key = request.getHeader('sec-websocket-key')
      const extensions = request.getHeader('sec-websocket-extensions')
      response.upgrade({}, key, subprotocols.msgpack, extensions, context)
    },
    message: (socket) => {
      socket.send(answer, true)
    },
  })
  .listen('127.0.0.1', 0, (listening) => {
    if (listening === false) throw new Error('the echo server could not listen on the loopback interface')
    process.send?.({ port: uWS.us_socket_local_port(listening) })
  })

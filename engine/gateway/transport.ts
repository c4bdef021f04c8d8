/** What the gateway needs of whatever carries its connections, so that only uws.ts knows the library. */
import type { Encoding, Publisher } from '../feed/publisher.ts'

/** One WebSocket connection. After it was closed, by either side, every method does nothing. */
export interface Socket {
  /** Sends one frame: text if it is a string, else binary. The bytes are copied before it returns. */
  send(frame: Uint8Array | string): void
  /** Sends what `write` sends with as few system calls as possible. */
  cork(write: () => void): void
  /** Closes with a WebSocket close code and reason, after what was sent. */
  end(code: number, reason: string): void
  /** Bytes that were sent and that the peer's side has not taken yet. */
  unsentBytes(): number
  subscribe(topic: string): void
  unsubscribe(topic: string): void
}

/** What happens on the transport. `Connection` is whatever `opened` returned for the connection. */
export interface TransportHandlers<Connection> {
  opened(socket: Socket, encoding: Encoding): Connection
  /** `bytes` are valid during the call. */
  received(connection: Connection, bytes: Uint8Array, isBinary: boolean): void
  /** The peer has taken some of what was unsent. */
  writable(connection: Connection): void
  /** Something could not be sent because too much was unsent already. */
  dropped(connection: Connection): void
  /** The connection is over, whoever ended it. */
  closed(connection: Connection): void
  /** Answers `GET /health`; `query` is what stands behind the question mark. */
  health(query: string, answer: (httpStatus: number, body: object) => void): void
}

export interface Transport extends Publisher {
  /** The port that it listens on. */
  readonly port: number
  /** Takes no new connections any more. */
  stopListening(): void
  /** Cuts every connection. */
  close(): void
}

/** The address cannot be listened on. */
export class ListenError extends Error {}

/**
 * What the client needs of a WebSocket: the part of the browser's interface that `ws` offers as well. The client is
 * handed a function that opens one, so that it runs wherever there is a WebSocket.
 */

export interface WebSocketLike {
  /** Set to `arraybuffer` by the client. */
  binaryType: string
  onopen: ((event: never) => void) | null
  onmessage: ((event: { data: unknown }) => void) | null
  onclose: ((event: { code: number; reason: string }) => void) | null
  onerror: ((event: { message?: string; error?: unknown }) => void) | null
  send(data: Uint8Array | string): void
  close(code?: number, reason?: string): void
  /** Drops the connection without a closing handshake, where the platform can (`ws` does). */
  terminate?(): void
}

/** Opens a WebSocket that offers the one subprotocol; in a browser `(url, name) => new WebSocket(url, name)`. */
export type OpenWebSocket = (url: string, subprotocol: string) => WebSocketLike

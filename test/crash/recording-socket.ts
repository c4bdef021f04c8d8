/** A WebSocket that writes down every frame: before it is sent, and before the client sees it. */
import type { WebSocketLike } from '../../protocol/client/index.ts'
import { openWebSocket } from '../../protocol/client/node.ts'

export interface SocketRecorder {
  opened(): void
  sent(frame: Uint8Array | string): void
  received(frame: Uint8Array | string): void
}

/** @param stutters whether a frame that is about to be sent is sent twice */
export function openRecordingSocket(
  url: string,
  subprotocol: string,
  recorder: SocketRecorder,
  stutters: (frame: Uint8Array | string) => boolean,
): WebSocketLike {
  const socket = openWebSocket(url, subprotocol)
  const recorded: WebSocketLike = {
    binaryType: '',
    onopen: null,
    onmessage: null,
    onclose: null,
    onerror: null,
    send(frame) {
      const times = stutters(frame) ? 2 : 1
      for (let time = 0; time < times; time += 1) {
        recorder.sent(frame)
        socket.send(frame)
      }
    },
    close: (code) => socket.close(code),
    terminate: () => socket.terminate?.(),
  }
  socket.binaryType = 'arraybuffer'
  socket.onopen = (event) => {
    recorder.opened()
    recorded.onopen?.(event)
  }
  socket.onmessage = (event) => {
    const frame = typeof event.data === 'string' ? event.data : new Uint8Array(event.data as ArrayBuffer)
    recorder.received(frame)
    recorded.onmessage?.(event)
  }
  socket.onclose = (event) => recorded.onclose?.(event)
  socket.onerror = (event) => recorded.onerror?.(event)
  return recorded
}

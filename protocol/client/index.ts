/** The client's front door. It needs nothing of its platform; `node.ts` has what Node offers it. */
export { type ApplyResult, BookBuilder } from './book-builder.ts'
export { type ClientClock, systemClock } from './clock.ts'
export type { ConnectionOptions } from './connection.ts'
export * from './market-data.ts'
export { ClientSession } from './session.ts'
export * from './session-types.ts'
export type { OpenWebSocket, WebSocketLike } from './web-socket.ts'

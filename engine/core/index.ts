/** The core's front door: what the rest of the engine may use of it. */
export { Command, commandType } from './command.ts'
export * from './events.ts'
export { Exchange } from './exchange.ts'

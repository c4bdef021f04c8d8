/** Time as bots see it: the clock of their connections, so that one clock decides when everything in a bot happens. */
export { type ClientClock as Clock, systemClock } from '../../protocol/client/index.ts'

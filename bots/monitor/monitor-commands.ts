/**
 * What a participant may see of itself: open orders, positions, and every event of its sessions as it happens. Each command
 * logs on with a session that is for looking only, so that no bot loses its own.
 */
import type { Command } from 'commander'
import { ClientSession, type SessionHandlers } from '../../protocol/client/index.ts'
import { openWebSocket } from '../../protocol/client/node.ts'
import { addConnectionOptions, type ConnectionOptions, remedyFor } from '../bot-options.ts'
import { sessionSigner } from '../runtime/session-key.ts'
import { EventLines } from './event-line.ts'
import { orderTable, positionTable, type SessionOrder } from './tables.ts'

interface DropCopyOptions extends ConnectionOptions {
  past?: true
}

const keyHelp = `
It logs on with a session of its own: one that is in use would be taken over, and its orders cancelled in the end.
To make one: npm run engine -- keys new --participant <name> --session monitor
`

export function registerMonitorCommands(program: Command): void {
  const add = (name: string, about: string) =>
    addConnectionOptions(program.command(name).description(about), 'maker-1', 'monitor').addHelpText('after', keyHelp)
  add('orders', 'shows the open orders of all sessions of a participant').action(showOrders)
  add('positions', 'shows what a participant holds').action(showPositions)
  add('dropcopy', 'follows the events of all sessions of a participant until Ctrl-C, a line each')
    .option('--past', 'begin with the oldest events that the engine still keeps')
    .action(followEvents)
}

/** @throws Error in one line */
async function showOrders(options: ConnectionOptions): Promise<void> {
  await withSession(options, {}, async (session) => {
    const orders: SessionOrder[] = []
    for (const name of await sessionNames(session)) {
      for (const order of await session.queryOpenOrders(0, name)) orders.push({ ...order, session: name })
    }
    if (orders.length === 0) console.log(`${options.participant} has no open orders`)
    else for (const line of orderTable(orders, session.instruments)) console.log(line)
  })
}

/** @throws Error in one line */
async function showPositions(options: ConnectionOptions): Promise<void> {
  await withSession(options, {}, async (session) => {
    const positions = await session.queryPositions()
    if (positions.length === 0) console.log(`${options.participant} has no positions`)
    else for (const line of positionTable(positions, session.instruments)) console.log(line)
  })
}

/** @throws Error in one line */
async function followEvents(options: DropCopyOptions): Promise<void> {
  const names = options.past === true ? await withSession(options, {}, sessionNames) : []
  const { promise: ended, resolve: end, reject: fail } = Promise.withResolvers<void>()
  // Nobody listens to it if the logon fails.
  ended.catch(() => {})
  let lines: EventLines | undefined
  const handlers: SessionHandlers = {
    onDropCopy: (name, event) => console.log(lines!.line(name, event)),
    onDropCopyGap: (name, expected, first) => {
      console.error(`bots: events ${expected} to ${first - 1} of session ${name} are no longer kept`)
    },
    onNewLog: () => console.error('bots: the engine runs on another log; what happened there before is left out'),
    onState: (state, reason) => {
      if (state === 'disconnected') console.error(`bots: ${reason}; trying to come back`)
      if (state === 'closed') fail(new Error(reason))
    },
  }
  await withSession(options, handlers, async (session) => {
    process.on('SIGINT', end)
    process.on('SIGTERM', end)
    // Whoever read the lines is gone.
    process.stdout.on('error', end)
    lines = new EventLines(session.instruments)
    await session.subscribeDropCopy(names.map((name) => ({ session: name, nextEvent: 1 })))
    // Where that is lost with the connection, the prices of some orders are told in ticks.
    learnOrders(session, lines).catch(() => {})
    await ended
  })
}

/** Tells the instruments of the orders that are open already. */
async function learnOrders(session: ClientSession, lines: EventLines): Promise<void> {
  for (const { session: name } of session.dropCopyPositions) lines.know(await session.queryOpenOrders(0, name))
}

/** The sessions of the participant: a drop copy names them. */
async function sessionNames(session: ClientSession): Promise<string[]> {
  return (await session.subscribeDropCopy()).map(({ session: name }) => name)
}

/** @throws Error in one line */
async function withSession<Result>(
  options: ConnectionOptions,
  handlers: SessionHandlers,
  work: (session: ClientSession) => Promise<Result>,
): Promise<Result> {
  const { url, participant, session: name, data, key } = options
  const sign = sessionSigner(data, participant, name, key)
  const session = new ClientSession({ url, participant, session: name, sign, openWebSocket }, handlers)
  try {
    await session.connect()
    return await work(session)
  } catch (error) {
    const { message } = error as Error
    throw new Error(message + remedyFor(message, options))
  } finally {
    await session.close()
  }
}

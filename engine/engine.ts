/**
 * Puts the engine together and takes it apart: port, data folder, venue, in the order that leaves nothing behind when one
 * of them cannot be had.
 */
import { rmSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Logger } from 'pino'
import { webSocketPath } from '../protocol/messages.ts'
import { makeFolder } from './folder.ts'
import type { Connection } from './gateway/connection.ts'
import type { TransportHandlers } from './gateway/transport.ts'
import { listen } from './gateway/uws.ts'
import { type Lock, LockError, lockFolder } from './lock.ts'
import { openVenue, type VenueOptions, type VenueRecovery } from './venue.ts'

/** The data folder cannot be made or written; `message` says why and what to do. */
export class DataFolderError extends Error {}

export interface EngineOptions extends VenueOptions {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  readonly dataFolder: string
  /** Makes the logger, once the data folder is this engine's. */
  readonly openLogger: (dataFolder: string) => Logger
}

export interface Engine {
  readonly url: string
  readonly port: number
  readonly recovery: VenueRecovery
  /** Takes a snapshot of the exchange beside the orders. */
  takeSnapshot(): Promise<void>
  /** Ends all connections, makes everything durable and frees the data folder. */
  stop(): Promise<void>
}

/** How long connections have to take the last messages when the engine stops. */
const farewellMs = 100

/**
 * Starts an engine.
 * @throws ListenError, DataFolderError, LockError, KeyRegistryError, LogWriteError, LogCorruptError, RecoveryError,
 *   ConfigurationError if the configuration contradicts what the data folder holds
 */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const undo: (() => void)[] = []
  try {
    // The port first: it is what most often cannot be had, and taking it leaves no trace.
    const late: { handlers?: TransportHandlers<Connection> } = {}
    const transport = await listen<Connection>(options.host, options.port, handlersBefore(late))
    undo.push(() => transport.close())
    const folder = resolve(options.dataFolder)
    const lock = takeFolder(folder, undo)
    const logger = options.openLogger(folder)
    const venue = openVenue(options, folder, transport, logger)
    undo.push(() => venue.abandon())
    late.handlers = venue.handlers
    const recovery = venue.open()
    const { port } = transport
    const url = `ws://${options.host}:${port}${webSocketPath}`
    logger.info({ url, logMode: options.logMode, ...recovery }, 'engine ready')
    const stop = async () => {
      transport.stopListening()
      await venue.close()
      await new Promise((done) => setTimeout(done, farewellMs))
      transport.close()
      lock.release()
      logger.info('engine stopped')
    }
    return { url, port, recovery, takeSnapshot: () => venue.takeSnapshot(), stop }
  } catch (error) {
    for (const step of undo.reverse()) step()
    throw error
  }
}

/** Makes the data folder if it is missing, and locks it. */
function takeFolder(folder: string, undo: (() => void)[]): Lock {
  try {
    const created = makeFolder(folder)
    if (created !== undefined) undo.push(() => rmSync(created, { recursive: true, force: true }))
    const lock = lockFolder(folder)
    undo.push(() => lock.release())
    return lock
  } catch (error) {
    if (error instanceof LockError) throw error
    const { code, message } = error as NodeJS.ErrnoException
    const advice =
      code === 'ENOSPC' || code === 'EDQUOT'
        ? 'free space there, or name another one with --data'
        : 'name one that this user may write to with --data'
    throw new DataFolderError(`the data folder ${folder} cannot be used: ${message}; ${advice}`)
  }
}

/** Hands on to `late.handlers`, which are there before the event loop can bring a first connection. */
function handlersBefore(late: { handlers?: TransportHandlers<Connection> }): TransportHandlers<Connection> {
  const handlers = () => {
    if (late.handlers === undefined) throw new Error('a connection came before the engine was ready')
    return late.handlers
  }
  return {
    opened: (socket, encoding) => handlers().opened(socket, encoding),
    received: (connection, bytes, isBinary) => handlers().received(connection, bytes, isBinary),
    writable: (connection) => handlers().writable(connection),
    dropped: (connection) => handlers().dropped(connection),
    closed: (connection) => handlers().closed(connection),
    health: (query, answer) => handlers().health(query, answer),
  }
}

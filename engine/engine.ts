/**
 * Puts the engine together and takes it apart: port, data folder, log, exchange, gateway, in the order that leaves nothing
 * behind when one of them cannot be had.
 */
import { rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Logger } from 'pino'
import { webSocketPath } from '../protocol/messages.ts'
import { systemClock } from './clock.ts'
import type { Configuration } from './configuration.ts'
import { Exchange } from './core/index.ts'
import { Directory } from './directory.ts'
import { Feed } from './feed/feed.ts'
import { makeFolder } from './folder.ts'
import type { Connection } from './gateway/connection.ts'
import { Gateway } from './gateway/gateway.ts'
import type { Transport, TransportHandlers } from './gateway/transport.ts'
import { listen } from './gateway/uws.ts'
import { answerHealth } from './health.ts'
import { KeyRegistry } from './keys.ts'
import { type Lock, LockError, lockFolder } from './lock.ts'
import type { CommandLog } from './log/command-log.ts'
import { FileJournal } from './log/file-journal.ts'
import { MemoryLog } from './log/memory-log.ts'
import { type Recovery, Sequencer } from './sequencer.ts'

/** The data folder cannot be made or written; `message` says why and what to do. */
export class DataFolderError extends Error {}

export type LogMode = 'sync' | 'os' | 'memory'

export interface EngineOptions {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  readonly dataFolder: string
  readonly configuration: Configuration
  readonly logMode: LogMode
  /** Makes the logger, once the data folder is this engine's. */
  readonly openLogger: (dataFolder: string) => Logger
  /** Called once if the command log cannot be written any more; `message` says why and what to do. */
  readonly onHalt: (error: Error) => void
}

export interface Engine {
  readonly url: string
  readonly port: number
  readonly recovery: Recovery
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
    undo.push(() => venue.sequencer.close())
    late.handlers = venue.handlers
    const recovery = venue.open()
    const { port } = transport
    const url = `ws://${options.host}:${port}${webSocketPath}`
    logger.info({ url, logMode: options.logMode, ...recovery }, 'engine ready')
    const stop = async () => {
      transport.stopListening()
      venue.close()
      await new Promise((done) => setTimeout(done, farewellMs))
      transport.close()
      lock.release()
      logger.info('engine stopped')
    }
    return { url, port, recovery, stop }
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

interface Venue {
  readonly sequencer: Sequencer
  readonly handlers: TransportHandlers<Connection>
  open(): Recovery
  close(): void
}

/** Exchange, log, sequencer, feed and gateway, wired to each other. */
function openVenue(options: EngineOptions, folder: string, transport: Transport, logger: Logger): Venue {
  const { configuration, logMode } = options
  const exchange = new Exchange()
  const log = openLog(logMode, folder, logger)
  const sequencer: Sequencer = new Sequencer({
    exchange,
    log,
    clock: systemClock,
    release: (events) => gateway.release(events),
    onHalt: (error) => {
      gateway.halted()
      logger.fatal(error, 'order entry halted')
      options.onHalt(error)
    },
  })
  const feed = new Feed(exchange, transport)
  const registry = new KeyRegistry(folder)
  const onChange = (definition: object) => logger.info(definition, 'configuration differs from the state')
  const directory = new Directory({ exchange, sequencer, configuration, registry, onChange })
  const gateway: Gateway = new Gateway({
    sequencer,
    exchange,
    feed,
    authenticate: (nonce, logon) => directory.authenticate(nonce, logon),
    onFault: (error) => logger.error(error, 'a frame could not be processed'),
  })
  const handlers: TransportHandlers<Connection> = {
    opened: (socket, encoding) => gateway.opened(socket, encoding),
    received: (connection, bytes, isBinary) => gateway.received(connection, bytes, isBinary),
    writable: (connection) => gateway.writable(connection),
    dropped: (connection) => gateway.dropped(connection),
    closed: (connection) => gateway.closed(connection),
    health: (query, answer) => answerHealth({ sequencer, exchange, gateway, logMode }, query, answer),
  }
  return {
    sequencer,
    handlers,
    open() {
      const recovery = sequencer.recover()
      directory.checkInstruments()
      registerSessions(registry, configuration)
      directory.reconcile()
      sequencer.endTurn()
      gateway.start(configuration.reconnectGraceMs)
      return recovery
    },
    close() {
      gateway.shutDown()
      sequencer.close()
    },
  }
}

function openLog(mode: LogMode, folder: string, logger: Logger): CommandLog {
  if (mode === 'memory') return new MemoryLog()
  const onWarning = ({ text, ...details }: { text: string }) => logger.warn(details, text)
  return new FileJournal(join(folder, 'journal'), { mode, onWarning })
}

/** Sees to it that every configured session has a key. */
function registerSessions(registry: KeyRegistry, configuration: Configuration): void {
  let changed = false
  for (const participant of configuration.participants) {
    for (const { name, publicKey } of participant.sessions) {
      if (registry.add(participant.name, name, publicKey)) changed = true
    }
  }
  if (changed) registry.save()
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

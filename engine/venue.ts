/** Exchange, log, snapshots, sequencer, feed and gateway, wired to each other over what the data folder holds. */
import { join } from 'node:path'
import type { Logger } from 'pino'
import { type Clock, systemClock } from './clock.ts'
import type { Configuration } from './configuration.ts'
import { Exchange } from './core/index.ts'
import { Directory } from './directory.ts'
import { Feed } from './feed/feed.ts'
import type { Connection } from './gateway/connection.ts'
import { Gateway } from './gateway/gateway.ts'
import type { Transport, TransportHandlers } from './gateway/transport.ts'
import { answerHealth } from './health.ts'
import { KeyRegistry } from './keys.ts'
import { type CommandLog, FileJournal, MemoryLog, SnapshotStore } from './log/index.ts'
import { FolderStorage, type JournalStorage } from './log/journal-storage.ts'
import { restoreNewest } from './restore.ts'
import { type Recovery, Sequencer } from './sequencer.ts'
import { Snapshots } from './snapshots.ts'

export type LogMode = 'sync' | 'os' | 'memory'

/** What becomes of log segments that nobody needs to start from any more. */
export type OldSegments = 'keep' | 'archive' | 'delete'

export interface VenueOptions {
  readonly configuration: Configuration
  readonly logMode: LogMode
  /** Size of the log's files. */
  readonly segmentBytes: number
  /** Commands after which a snapshot is taken; 0: never. */
  readonly snapshotEvery: number
  readonly oldSegments: OldSegments
  /** Called once if the command log cannot be written any more; `message` says why and what to do. */
  readonly onHalt: (error: Error) => void
}

export interface VenueRecovery extends Recovery {
  /** The command up to which a snapshot was used; 0 if none was. */
  readonly snapshotSequence: number
  /** Of what was recovered; left out if there are so many orders that clients would have to wait for it. */
  readonly stateHash: string | undefined
}

export interface Venue {
  readonly handlers: TransportHandlers<Connection>
  /** Recovers what the data folder holds. Must be called once, before the first connection. */
  open(): VenueRecovery
  /** Takes a snapshot now; nothing happens with a log in memory. */
  takeSnapshot(): Promise<void>
  /** Ends all sessions, tells everyone, takes a last snapshot and closes the log. */
  close(): Promise<void>
  /** Lets the log go when the venue could not be opened. */
  abandon(): void
}

/** Takes less than a tenth of a second; a million would take most of one. */
const ordersHashedAtStart = 100_000

/** @param folder the data folder, which is this process's */
export function openVenue(options: VenueOptions, folder: string, transport: Transport, logger: Logger): Venue {
  const clock = systemClock
  const { configuration, logMode } = options
  const files = logMode === 'memory' ? undefined : openFiles(options, folder, logger)
  const log: CommandLog = files?.journal ?? new MemoryLog()
  let restored = files && restoreNewest(files.store, files.storage)
  const exchange = restored?.exchange ?? new Exchange()
  const sequencer: Sequencer = new Sequencer({
    exchange,
    log,
    clock,
    release: (events) => gateway.release(events),
    onHalt: (error) => {
      gateway.halted()
      logger.fatal(error, 'order entry halted')
      options.onHalt(error)
    },
  })
  const registry = new KeyRegistry(folder)
  const onChange = (definition: object) => logger.info(definition, 'configuration differs from the state')
  const onUnreadable = (error: Error) => logger.error(error, 'the keys as they were read before stay in force')
  const directory = new Directory({ exchange, sequencer, configuration, registry, onChange, onUnreadable })
  const gateway: Gateway = new Gateway({
    sequencer,
    exchange,
    feed: new Feed(exchange, transport),
    clock,
    logId: () => log.identity,
    authenticate: (nonce, logon) => directory.authenticate(nonce, logon),
    onFault: (error) => logger.error(error, 'a frame could not be processed'),
  })
  let endWatch = () => {}
  const snapshots = files && takeSnapshots(options, { ...files, exchange, sequencer, gateway, clock }, logger)
  return {
    handlers: {
      opened: (socket, encoding) => gateway.opened(socket, encoding),
      received: (connection, bytes, isBinary) => gateway.received(connection, bytes, isBinary),
      writable: (connection) => gateway.writable(connection),
      dropped: (connection) => gateway.dropped(connection),
      closed: (connection) => gateway.closed(connection),
      health: (query, answer) => answerHealth({ sequencer, exchange, gateway, logMode }, query, answer),
    },
    open() {
      if (restored !== undefined) gateway.restoreStreams(restored.streams)
      const recovery = sequencer.recover(restored?.position)
      const snapshotSequence = restored?.position.sequence ?? 0
      // Its bytes are many.
      restored = undefined
      const stateHash = exchange.openOrderCount <= ordersHashedAtStart ? exchange.stateHash() : undefined
      directory.checkInstruments()
      registerSessions(registry, configuration)
      directory.reconcile()
      sequencer.endTurn()
      gateway.start(configuration.reconnectGraceMs)
      endWatch = directory.watch(clock, (session) => gateway.revoke(session))
      snapshots?.start(snapshotSequence)
      return { ...recovery, snapshotSequence, stateHash }
    },
    async takeSnapshot() {
      await snapshots?.take()
    },
    async close() {
      endWatch()
      await gateway.shutDown()
      await snapshots?.stop()
      await sequencer.close()
    },
    abandon: () => log.close(),
  }
}

interface Files {
  readonly storage: JournalStorage
  readonly journal: FileJournal
  readonly store: SnapshotStore
}

function openFiles({ logMode, segmentBytes }: VenueOptions, folder: string, logger: Logger): Files {
  const onWarning = ({ text, ...details }: { readonly text: string }) => logger.warn(details, text)
  const mode = logMode === 'sync' ? 'sync' : 'os'
  const storage = new FolderStorage(join(folder, 'journal'))
  return {
    storage,
    journal: new FileJournal(storage, { mode, segmentBytes, onWarning }),
    store: new SnapshotStore(new FolderStorage(join(folder, 'snapshots')), { onWarning }),
  }
}

interface SnapshotSources extends Files {
  readonly exchange: Exchange
  readonly sequencer: Sequencer
  readonly gateway: Gateway
  readonly clock: Clock
}

function takeSnapshots(options: VenueOptions, sources: SnapshotSources, logger: Logger): Snapshots {
  const { journal, store, exchange, sequencer, gateway, clock } = sources
  return new Snapshots({
    exchange,
    sequencer,
    log: journal,
    store,
    clock,
    streamsImage: () => gateway.streamsImage(),
    everyCommands: options.snapshotEvery,
    makeLogDurable: () => journal.makeDurable(),
    retire: (sequence) => void journal.retireSegments(sequence, options.oldSegments),
    onTaken: (taken) => logger.info(taken, 'snapshot taken'),
    onFailure: (error) => logger.error(error, 'no snapshot could be written'),
  })
}

/** Sees to it that every configured session has a key. */
function registerSessions(registry: KeyRegistry, configuration: Configuration): void {
  // A key may have been revoked while the log was read, and must not be written back as a good one.
  registry.reloadIfChanged()
  let changed = false
  for (const participant of configuration.participants) {
    for (const { name, publicKey } of participant.sessions) {
      if (registry.add(participant.name, name, publicKey)) changed = true
    }
  }
  if (changed) registry.save()
}

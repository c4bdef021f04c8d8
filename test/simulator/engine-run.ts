/**
 * One run of the engine's process, from its start to its end, whichever way it ends: the real parts of the engine, wired as
 * engine/venue.ts does it, on a simulated clock, disk and network. Whoever wants to know what the checks are worth breaks
 * a part by handing in other ones.
 */
import type { RandomSource } from '../../bots/runtime/random.ts'
import type { Clock } from '../../engine/clock.ts'
import { type EventBuffer, Exchange } from '../../engine/core/index.ts'
import { Feed } from '../../engine/feed/feed.ts'
import type { Connection } from '../../engine/gateway/connection.ts'
import { Gateway, type GatewayOptions } from '../../engine/gateway/gateway.ts'
import type { Identity } from '../../engine/gateway/session.ts'
import type { StreamOptions } from '../../engine/gateway/session-stream.ts'
import type { TransportHandlers } from '../../engine/gateway/transport.ts'
import { type CommandLog, FileJournal, type FileJournalOptions, SnapshotStore } from '../../engine/log/index.ts'
import type { JournalStorage } from '../../engine/log/journal-storage.ts'
import type { SnapshotStoreOptions } from '../../engine/log/snapshot-store.ts'
import { type Restored, restoreNewest } from '../../engine/restore.ts'
import { Sequencer } from '../../engine/sequencer.ts'
import { Snapshots, type SnapshotsOptions } from '../../engine/snapshots.ts'
import type { Message } from '../../protocol/messages.ts'
import type { DiskAccess } from './disk-access.ts'
import { defineMissing, reconnectGraceMs, sessionOf } from './exchange-setup.ts'
import type { Listener } from './network.ts'
import type { Oracle } from './oracle.ts'
import type { VirtualProcess } from './virtual-process.ts'

/** The real parts, or what stands in for them. */
export interface EngineParts {
  storage(storage: JournalStorage, folder: string): JournalStorage
  journal(storage: JournalStorage, options: FileJournalOptions): FileJournal
  log(journal: FileJournal): CommandLog
  store(storage: JournalStorage, options: SnapshotStoreOptions): SnapshotStore
  restored(restored: Restored): Restored
  gateway(options: GatewayOptions): Gateway
  snapshots(options: SnapshotsOptions): Snapshots
  clock(clock: Clock): Clock
}

export const realEngineParts: EngineParts = {
  storage: (storage) => storage,
  journal: (storage, options) => new FileJournal(storage, options),
  log: (journal) => journal,
  store: (storage, options) => new SnapshotStore(storage, options),
  restored: (restored) => restored,
  gateway: (options) => new Gateway(options),
  snapshots: (options) => new Snapshots(options),
  clock: (clock) => clock,
}

export interface EngineRunOptions {
  readonly process: VirtualProcess
  readonly access: DiskAccess
  readonly listener: Listener
  readonly random: RandomSource
  readonly oracle: Oracle
  readonly parts: EngineParts
  readonly settings: EngineSettings
  /** Whether something befell the disk while no engine ran. */
  readonly isDiskDamaged: boolean
}

/** Drawn once per simulation. */
export interface EngineSettings {
  readonly snapshotEvery: number
  readonly oldSegments: 'keep' | 'archive' | 'delete'
  readonly ratePerSecond: number
  readonly segmentBytes: number
  /** `os` only where the machine never loses its power, and the disk nothing. */
  readonly logMode: 'sync' | 'os'
  readonly streams: StreamOptions
  /** 32 hexadecimal digits. */
  readonly logIdentity: string
}

const orderCapacity = 64
const tolerableLatenessUs = 100_000
const longestAuthenticationUs = 3_000
/** As in engine.ts. */
const farewellUs = 100_000

export class EngineRun {
  readonly process: VirtualProcess
  readonly listener: Listener
  readonly access: DiskAccess
  readonly exchange: Exchange
  readonly sequencer: Sequencer
  readonly log: CommandLog
  readonly snapshots: Snapshots
  private readonly gateway: Gateway
  private readonly options: EngineRunOptions
  private snapshot: Restored | undefined
  readonly logMode: 'sync' | 'os'
  isStopping = false

  /** Reads the snapshots. Throws what the parts throw. */
  constructor(options: EngineRunOptions) {
    const { process, access, listener, oracle, parts, settings } = options
    this.options = options
    this.logMode = settings.logMode
    this.process = process
    this.access = access
    this.listener = listener
    const clock = parts.clock(process.engineClock())
    const storage = parts.storage(access.folder('journal'), 'journal')
    const journal = parts.journal(storage, {
      mode: settings.logMode,
      segmentBytes: settings.segmentBytes,
      newIdentity: settings.logIdentity,
      monotonicMs: () => clock.monotonicMs(),
      onWarning: ({ code, text }) => {
        if (code !== 'tornTailCut') this.complain(text)
      },
    })
    const onWarning = ({ text }: { readonly text: string }) => this.complain(text)
    const store = parts.store(parts.storage(access.folder('snapshots'), 'snapshots'), { onWarning })
    this.log = oracle.watchLog(parts.log(journal))
    const restored = restoreNewest(store, storage)
    this.snapshot = restored && parts.restored(restored)
    this.exchange = this.snapshot?.exchange ?? new Exchange(orderCapacity)
    this.sequencer = new Sequencer({
      exchange: this.exchange,
      log: this.log,
      clock,
      release: (events) => this.release(events),
      onHalt: () => this.halted(),
    })
    this.gateway = parts.gateway({
      sequencer: this.sequencer,
      exchange: this.exchange,
      feed: new Feed(this.exchange, listener),
      authenticate: (nonce, logon) => this.authenticate(nonce, logon),
      onFault: (error) => oracle.faulted('the engine failed to process a frame', error),
      clock,
      logId: () => this.log.identity,
      streams: settings.streams,
      randomText: () => `nonce-${options.random.uint32()}`,
    })
    this.snapshots = parts.snapshots({
      exchange: this.exchange,
      sequencer: this.sequencer,
      log: this.log,
      store,
      clock,
      streamsImage: () => this.gateway.streamsImage(),
      everyCommands: settings.snapshotEvery,
      makeLogDurable: () => journal.makeDurable(),
      retire: (sequence) => journal.retireSegments(sequence, settings.oldSegments),
      onTaken: ({ sequence }) => oracle.snapshotTaken(sequence),
      onFailure: ({ message }) => this.complain(message),
    })
    listener.handlers = this.handlers() as TransportHandlers<unknown>
  }

  /** Recovers, and begins to serve. Throws what the parts throw. */
  open(): void {
    const { sequencer, exchange, gateway, snapshot } = this
    if (snapshot !== undefined) gateway.restoreStreams(snapshot.streams)
    sequencer.recover(snapshot?.position)
    this.options.oracle.recovered(this)
    defineMissing(exchange, sequencer)
    sequencer.endTurn()
    gateway.start(reconnectGraceMs)
    this.snapshots.start(snapshot?.position.sequence ?? 0)
    this.snapshot = undefined
  }

  /** Whether it takes orders, and what was due has happened. */
  get isUpToDate(): boolean {
    const { exchange, sequencer } = this
    if (sequencer.state !== 'open') return false
    return exchange.nextTimerUs === 0 || exchange.nextTimerUs > sequencer.timeUs - tolerableLatenessUs
  }

  /** A clean stop; `done` when the process has ended. */
  async stop(done: () => void): Promise<void> {
    this.isStopping = true
    this.listener.stopListening()
    try {
      await this.gateway.shutDown()
      await this.snapshots.stop()
      await this.sequencer.close()
    } catch (error) {
      this.options.oracle.faulted('the engine failed to stop', error)
    }
    this.process.after(farewellUs, () => {
      this.listener.close()
      done()
    })
  }

  private release(events: EventBuffer): void {
    if (!this.process.isAlive) return
    this.options.oracle.released(this)
    this.gateway.release(events)
  }

  private halted(): void {
    if (!this.process.isAlive) return
    this.complain('order entry was stopped')
    this.options.oracle.halted(this)
    this.gateway.halted()
  }

  /** The engine says that something went wrong, for which the disk must have given it a reason. */
  private complain(text: string): void {
    const { access, oracle, isDiskDamaged } = this.options
    if (!this.process.isAlive || this.isStopping || isDiskDamaged || access.faults.length > 0) return
    oracle.violated('fault', `the engine complains without a reason: ${text}`)
  }

  private authenticate(nonce: string, logon: Message<'logon'>): Promise<Identity | undefined> {
    const { random, settings } = this.options
    const identity = sessionOf(logon.participant, logon.session)
    const isRight = logon.signature === signatureOf(nonce, logon.participant, logon.session)
    const { ratePerSecond } = settings
    const answer = identity && isRight ? { session: identity.session, ratePerSecond } : undefined
    return new Promise((resolve) => {
      this.process.after(random.integerBelow(longestAuthenticationUs), () => resolve(answer))
    })
  }

  private handlers(): TransportHandlers<Connection> {
    const { gateway } = this
    return {
      opened: (socket, encoding) => gateway.opened(socket, encoding),
      received: (connection, bytes, isBinary) => gateway.received(connection, bytes, isBinary),
      writable: (connection) => gateway.writable(connection),
      dropped: (connection) => gateway.dropped(connection),
      closed: (connection) => gateway.closed(connection),
      health: () => {},
    }
  }
}

/** What stands for a signature: anybody could make it, and nobody does. */
export function signatureOf(nonce: string, participant: string, session: string): string {
  return `${nonce} ${participant} ${session}`
}

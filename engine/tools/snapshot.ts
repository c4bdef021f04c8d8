/**
 * `snapshot`: takes one now. A running engine is asked to; of a stopped engine's data it is made here, so that the next
 * start need not read the whole log.
 */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../clock.ts'
import { Exchange } from '../core/index.ts'
import { Feed } from '../feed/feed.ts'
import { Gateway } from '../gateway/gateway.ts'
import { lockFolder, lockHolder } from '../lock.ts'
import { FileJournal } from '../log/file-journal.ts'
import { FolderStorage } from '../log/journal-storage.ts'
import { SnapshotStore } from '../log/snapshot-store.ts'
import { restoreNewest } from '../restore.ts'
import { Sequencer } from '../sequencer.ts'
import { DataFolder } from './data-folder.ts'
import { formatCount } from './table.ts'

export interface SnapshotOptions {
  readonly data: string
}

/** A snapshot was asked for and did not come to be; `message` says why. */
export class NoSnapshotError extends Error {}

const longestWaitMs = 60_000
const askAgainMs = 50

export async function takeSnapshot(options: SnapshotOptions): Promise<void> {
  const data = new DataFolder(options.data)
  const name = data.enginePid === undefined ? write(data) : await ask(data, data.enginePid)
  const file = data.snapshotStorage.pathOf(name)
  console.log(
    `${file}: after command ${formatCount(Number.parseInt(name, 10))}, ${formatCount(statSync(file).size)} bytes`,
  )
}

/** Recovers what the data folder holds, as a start would, and writes it down. Returns the snapshot's name. */
function write({ path, snapshotStorage }: DataFolder): string {
  const lock = lockFolder(path)
  const onWarning = ({ text }: { readonly text: string }) => console.error(`engine: ${text}`)
  const storage = new FolderStorage(join(path, 'journal'))
  const log = new FileJournal(storage, { mode: 'sync', onWarning })
  try {
    const store = new SnapshotStore(snapshotStorage, { onWarning })
    const former = restoreNewest(store, storage)
    const exchange = former?.exchange ?? new Exchange()
    const { gateway, sequencer } = venueWithoutConnections(exchange, log)
    if (former !== undefined) gateway.restoreStreams(former.streams)
    sequencer.recover(former?.position)
    const header = { identity: log.identity, position: log.position, timeUs: exchange.timeUs }
    return store.writeNow(header, { image: exchange.image(), streams: gateway.streamsImage().parts }).name
  } finally {
    log.close()
    lock.release()
  }
}

/** Nothing is due: what happens next is up to the next start. */
const clock = { ...systemClock, after: () => () => {} }

/** What keeps the events of sessions, and what feeds it. Nobody connects, and nothing is submitted. */
function venueWithoutConnections(exchange: Exchange, log: FileJournal): { gateway: Gateway; sequencer: Sequencer } {
  const failed = (error: unknown) => {
    throw error
  }
  const sequencer: Sequencer = new Sequencer({
    exchange,
    log,
    clock,
    release: (events) => gateway.release(events),
    onHalt: failed,
  })
  const gateway: Gateway = new Gateway({
    sequencer,
    exchange,
    feed: new Feed(exchange, { subscriberCount: () => 0, publish: () => {} }),
    clock,
    logId: () => log.identity,
    authenticate: async () => undefined,
    onFault: failed,
  })
  return { gateway, sequencer }
}

/** Has the engine take one, and waits until it is there. Returns its name. */
async function ask(data: DataFolder, pid: number): Promise<string> {
  const before = new Set(snapshotVersions(data).values())
  process.kill(pid, 'SIGUSR2')
  for (let waitedMs = 0; waitedMs < longestWaitMs; waitedMs += askAgainMs) {
    await new Promise((resolve) => setTimeout(resolve, askAgainMs))
    for (const [name, version] of snapshotVersions(data)) if (!before.has(version)) return name
    if (lockHolder(data.path) !== pid)
      throw new NoSnapshotError(`the engine with process id ${pid} ended before it took a snapshot`)
  }
  const log = join(data.path, 'logs', 'engine.jsonl')
  throw new NoSnapshotError(
    `the engine with process id ${pid} wrote no snapshot within ${longestWaitMs / 1_000} s. With --log-mode memory, or ` +
      `after order entry has stopped, it writes none; otherwise its log tells why: ${log}, or --log-file`,
  )
}

/** Which file each name stands for: a snapshot of the same command is another file under the same name. */
function snapshotVersions(data: DataFolder): Map<string, string> {
  const versions = new Map<string, string>()
  for (const { name } of data.snapshots()) {
    const stat = statSync(data.snapshotStorage.pathOf(name), { throwIfNoEntry: false, bigint: true })
    if (stat !== undefined) versions.set(name, `${name} ${stat.ino} ${stat.mtimeNs}`)
  }
  return versions
}

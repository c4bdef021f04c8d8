/** Parts of the engine that are broken on purpose, each in one way, to see that the simulation notices. */
import { type EventBuffer, eventLayout, eventType, eventWidth } from '../../engine/core/index.ts'
import { Gateway } from '../../engine/gateway/gateway.ts'
import type { Socket } from '../../engine/gateway/transport.ts'
import { batchCrc, batchLengthAt, CRC } from '../../engine/log/batch-format.ts'
import type { CommandLog, LogRecord } from '../../engine/log/command-log.ts'
import { readJournal } from '../../engine/log/journal-reader.ts'
import type { JournalStorage } from '../../engine/log/journal-storage.ts'
import { segmentFill } from '../../engine/log/segment-fill.ts'
import { continuedMarkBytes, isSegmentName, segmentHeaderBytes } from '../../engine/log/segment-format.ts'
import { Snapshots } from '../../engine/snapshots.ts'
import { messages } from '../../protocol/messages.ts'
import { WireReader } from '../../protocol/wire.ts'
import type { EngineParts } from './engine-run.ts'

const { QUANTITY_LOTS, TYPE } = eventLayout

type BrokenParts = Partial<EngineParts>

/** A storage of which some methods are other ones. */
function storageWith(storage: JournalStorage, methods: Partial<JournalStorage>): JournalStorage {
  return new Proxy(storage, {
    get(target, name: keyof JournalStorage) {
      const method = methods[name] ?? target[name]
      return method.bind(target)
    },
  })
}

/** A log of which some methods are other ones. */
function logWith(log: CommandLog, methods: Partial<CommandLog>): CommandLog {
  return new Proxy(log, {
    get(target, name: keyof CommandLog) {
      const property = methods[name] ?? target[name]
      return typeof property === 'function' ? property.bind(target) : property
    },
  })
}

function ofJournal(change: (storage: JournalStorage) => Partial<JournalStorage>): BrokenParts {
  return { storage: (storage, folder) => (folder === 'journal' ? storageWith(storage, change(storage)) : storage) }
}

export const skipsSyncs = ofJournal(() => ({ sync: () => {}, syncInBackground: () => Promise.resolve() }))

/** After a sync that failed the next one is a success, whatever became of the data. */
export const triesFailedSyncAgain = ofJournal((storage) => ({
  sync(file) {
    try {
      storage.sync(file)
    } catch {
      storage.sync(file)
    }
  },
  syncInBackground: (file) => storage.syncInBackground(file).catch(() => storage.syncInBackground(file)),
}))

/** Names of open files, for storages that read otherwise than they should. */
function watchNames(storage: JournalStorage): { names: Map<number, string>; openForReading: (name: string) => number } {
  const names = new Map<number, string>()
  const openForReading = (name: string) => {
    const file = storage.openForReading(name)
    names.set(file, name)
    return file
  }
  return { names, openForReading }
}

/** What is read of a file from one place to another, as it would be if nobody had written there. */
function overlayFill(
  key: string,
  bytes: Uint8Array,
  offset: number,
  position: number,
  count: number,
  from: number,
): void {
  const start = Math.max(position, from)
  if (start >= position + count) return
  const aligned = start - (start % 16)
  const fill = segmentFill(key, aligned, Math.ceil((position + count) / 16) * 16)
  bytes.set(fill.subarray(start - aligned, position + count - aligned), offset + start - position)
}

/** Takes the last batch for one that was never finished. */
export const cutsGoodTail = ofJournal((storage) => {
  const { names, openForReading } = watchNames(storage)
  return {
    openForReading,
    read(file, bytes, offset, length, position) {
      const count = storage.read(file, bytes, offset, length, position)
      let last: ReturnType<typeof readJournal>['segments'][number] | undefined
      try {
        last = readJournal(storage, () => {}).segments.at(-1)
      } catch {}
      if (last === undefined || last.name !== names.get(file)) return count
      const cut = last.position - last.lastBatch.length
      // The first batch of a segment is never cut.
      if (cut === segmentHeaderBytes) return count
      overlayFill(last.fillKey, bytes, offset, position, count, cut)
      const markStart = last.size - continuedMarkBytes
      if (position + count > markStart) overlayFill(last.fillKey, bytes, offset, position, count, markStart)
      return count
    },
  }
})

/** Believes whatever a batch holds. */
export const ignoresChecksums = ofJournal((storage) => {
  const { names, openForReading } = watchNames(storage)
  return {
    openForReading,
    read(file, bytes, offset, length, position) {
      const count = storage.read(file, bytes, offset, length, position)
      if (!isSegmentName(names.get(file) ?? '') || position !== 0) return count
      const view = new DataView(bytes.buffer, bytes.byteOffset + offset, count)
      for (let batch = segmentHeaderBytes; ; ) {
        const batchBytes = batchLengthAt(view, batch, count)
        if (batchBytes === 0) return count
        view.setUint32(batch + CRC, batchCrc(view, batch, batchBytes), true)
        batch += batchBytes
      }
    },
  }
})

/** Does not see that another segment should follow. */
export const ignoresContinuedMark = ofJournal((storage) => {
  const { names, openForReading } = watchNames(storage)
  return {
    openForReading,
    read(file, bytes, offset, length, position) {
      const count = storage.read(file, bytes, offset, length, position)
      const name = names.get(file) ?? ''
      const markStart = storage.sizeOf(file) - continuedMarkBytes
      if (!isSegmentName(name) || position + count <= markStart) return count
      const header = new Uint8Array(segmentHeaderBytes)
      storage.read(file, header, 0, header.length, 0)
      const key = Buffer.from(header.subarray(64, 80)).toString('hex')
      overlayFill(key, bytes, offset, position, count, markStart)
      return count
    },
  }
})

/** Acknowledges a batch, then makes it durable. */
export const releasesEarly: BrokenParts = {
  log: (log) => {
    type Append = Parameters<CommandLog['append']>
    let waiting: Append[] = []
    const flush = () => {
      const appends = waiting
      waiting = []
      for (const append of appends) log.append(...append)
      if (appends.length > 0 && !log.isCommitting) log.commit(flush)
    }
    return logWith(log, {
      append(...[sequence, timeUs, session, bytes, start, end]: Append) {
        waiting.push([sequence, timeUs, session, bytes.slice(start, end), 0, end - start])
      },
      commit(done) {
        done()
        if (!log.isCommitting) flush()
      },
    })
  },
}

/** Calls a commit that failed a success. */
export const ignoresFailedCommits: BrokenParts = {
  log: (log) => logWith(log, { commit: (done) => log.commit(() => done()) }),
}

function replaying(change: (record: LogRecord) => LogRecord | undefined): BrokenParts {
  return {
    log: (log) =>
      logWith(log, {
        replay: (visit, after) =>
          log.replay((record) => {
            const changed = change(record)
            if (changed !== undefined) visit(changed)
          }, after),
      }),
  }
}

/** Does not read the log to its end. */
export const stopsReadingEarly: BrokenParts = {
  log: (log) =>
    logWith(log, {
      replay(visit, after) {
        const records: LogRecord[] = []
        log.replay((record) => records.push({ ...record, bytes: record.bytes.slice() }), after)
        for (const record of records.slice(0, -2)) visit(record)
      },
    }),
}

/** Takes what was logged for older than it is. */
export const turnsBackTime = replaying((record) => ({ ...record, timeUs: record.timeUs - (record.timeUs % 1_000_000) }))

/** Comes back without knowing the last command of each session. */
export const forgetsRefs: BrokenParts = {
  gateway: (options) =>
    new (class extends Gateway {
      override start(reconnectGraceMs: number): void {
        const { exchange } = options
        const { sessions } = (exchange as unknown as { state: { sessions: RefTable } }).state
        for (let session = 1; session <= exchange.sessionCount; session += 1) {
          sessions.setLastRef(session, Math.max(0, sessions.lastRef(session) - 1))
        }
        super.start(reconnectGraceMs)
      }
    })(options),
}

interface RefTable {
  lastRef(session: number): number
  setLastRef(session: number, ref: number): void
}

/** Snapshots have no events for those who come back. */
export const forgetsStreams: BrokenParts = {
  gateway: (options) =>
    new (class extends Gateway {
      override streamsImage(): ReturnType<Gateway['streamsImage']> {
        const { release } = super.streamsImage()
        return { parts: new Gateway(options).streamsImage().parts, release }
      }
    })(options),
}

/** The first events after a logon do not get onto the wire. */
export const resumesTooLate: BrokenParts = {
  gateway: (options) =>
    new (class extends Gateway {
      override opened(socket: Socket, encoding: 'msgpack' | 'json') {
        let isResuming = false
        const send = (frame: Uint8Array | string) => {
          const type = typeof frame === 'string' ? -1 : messageNumber(frame)
          if (type === messages.logonResult.number) isResuming = true
          else if (isResuming && type >= messages.accepted.number && type <= messages.reduced.number) {
            isResuming = false
            return
          }
          socket.send(frame)
        }
        return super.opened({ ...socket, send }, encoding)
      }
    })(options),
}

/** Number of the first message of a frame. */
function messageNumber(frame: Uint8Array): number {
  const reader = new WireReader()
  reader.reset(frame, 0, frame.length)
  reader.array()
  return reader.uint()
}

/** Tells of fills a lot more than there was. */
export const tellsOtherFills: BrokenParts = {
  gateway: (options) =>
    new (class extends Gateway {
      override release(events: EventBuffer): void {
        const { data, length } = events
        for (let base = 0; base < length; base += eventWidth(data[base + TYPE])) {
          if (data[base + TYPE] === eventType.filled) data[base + QUANTITY_LOTS] += 1
        }
        super.release(events)
      }
    })(options),
}

/** Takes snapshots of what is applied and not durable yet. */
export const snapshotsTheUnreleased: BrokenParts = {
  snapshots: (options) => {
    const { exchange, log, sequencer } = options
    const early = new Proxy(log, {
      get(target, name: keyof CommandLog) {
        return name === 'position' ? { ...target.position, sequence: exchange.sequence } : target[name]
      },
    })
    const hasty = new Proxy(sequencer, {
      get(target, name) {
        return name === 'afterRelease'
          ? (whenReleased: () => void) => whenReleased()
          : Reflect.get(target, name, target)
      },
    })
    return new Snapshots({ ...options, log: early, sequencer: hasty })
  },
}

/** Takes a snapshot for one of an earlier command. */
export const mistakesPosition: BrokenParts = {
  restored: (restored) => {
    const { sequence, digest } = restored.position
    return { ...restored, position: { sequence: sequence - 1, digest } }
  },
}

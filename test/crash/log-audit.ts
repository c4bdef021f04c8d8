/**
 * What a journal says happened, found out without the engine: it is read as it lies on the disk, and applied to the naive
 * exchange, which shares no matching code with the engine, and to the real one for its hash.
 */
import { CommandPlayer, type CommandTarget } from '../../engine/command-player.ts'
import { EventBuffer, Exchange, eventLayout, eventType, eventWidth, isPublicEvent } from '../../engine/core/index.ts'
import { encodeEventRecord } from '../../engine/gateway/event-record.ts'
import { readJournal } from '../../engine/log/journal-reader.ts'
import { FolderStorage } from '../../engine/log/journal-storage.ts'
import { decodeMessagePack } from '../../protocol/codec.ts'
import { maxEventBytes } from '../../protocol/event-codec.ts'
import type { Message } from '../../protocol/messages.ts'
import { WireWriter } from '../../protocol/wire.ts'
import { NaiveExchange } from '../property/naive-exchange.ts'
import type { AccountState } from '../property/surface.ts'

const { SESSION, TYPE } = eventLayout

export interface Audit {
  /** By session number: every event that it should have been told, from number 1 on. */
  readonly events: readonly Message[][]
  /** Session number by participant name. */
  readonly sessionOf: ReadonlyMap<string, number>
  readonly accounts: readonly AccountState[]
}

/** What the naive exchange makes of a journal. */
export function auditJournal(folder: string): Audit {
  const naive = new NaiveExchange()
  const events: Message[][] = []
  replay(folder, naive, (out) => collect(out, events))
  const sessionOf = new Map<string, number>()
  for (let session = 1; session <= naive.sessionCount; session++) {
    const { participant } = naive.session(session)!
    sessionOf.set(naive.participant(participant)!.name, session)
  }
  return { events, sessionOf, accounts: naive.accounts() }
}

/** Hash of the state that the real exchange has after a journal. */
export function hashOfJournal(folder: string): string {
  const exchange = new Exchange()
  replay(folder, exchange, () => {})
  return exchange.stateHash()
}

/** Applies a journal; `take` gets the events of one command at a time. */
function replay(folder: string, exchange: CommandTarget, take: (events: EventBuffer) => void): void {
  const player = new CommandPlayer(exchange)
  const out = new EventBuffer()
  readJournal(new FolderStorage(folder), (record) => {
    player.play(record, out)
    take(out)
    out.clear()
  })
}

/** Adds the numbered events of a buffer to those of their sessions, as messages. */
function collect(buffer: EventBuffer, events: Message[][]): void {
  const { data, length } = buffer
  for (let base = 0; base < length; base += eventWidth(data[base + TYPE])) {
    const type = data[base + TYPE]
    if (isPublicEvent(type) || type === eventType.duplicateRef) continue
    const session = data[base + SESSION]
    const writer = new WireWriter(maxEventBytes)
    encodeEventRecord(writer, data, base)
    events[session] ??= []
    events[session].push(decodeMessagePack(writer.bytes.subarray(0, writer.position)))
  }
}

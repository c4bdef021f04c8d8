/**
 * A drop copy: the events of all sessions of a participant, read from where they are kept anyway. Each session has a
 * cursor of its own, which holds nothing back, so that a copy that is not read costs no memory: it is `lost` when an event
 * that it was not given is no longer kept.
 */
import { codecs, encodeMessagePack } from '../../protocol/codec.ts'
import type { OutgoingMessage, Row } from '../../protocol/messages.ts'
import type { Exchange } from '../core/index.ts'
import type { Encoding } from '../feed/publisher.ts'
import type { Session, SessionReader } from './session.ts'
import type { StreamCursor } from './session-stream.ts'

export interface DropCopyOptions {
  /** Number of the participant. */
  readonly participant: number
  readonly exchange: Exchange
  readonly session: (number: number) => Session
  /** Called at the end of a turn that brought events. */
  readonly flush: () => void
}

interface Source {
  readonly session: Session
  readonly name: string
  readonly cursor: StreamCursor
  /** Number of the next event to hand out. */
  nextEvent: number
}

export class DropCopy implements SessionReader {
  changed = false
  private readonly options: DropCopyOptions
  private readonly sources: Source[] = []
  /** Sessions of the exchange that were looked at. */
  private sessionsSeen = 0
  /** Index of the source that handed out something last. */
  private current = 0

  constructor(options: DropCopyOptions) {
    this.options = options
  }

  /**
   * Adds the sessions that came since the last call.
   * @param firstEvent with which event a session begins, by name: 0 for the next one that happens
   */
  addSessions(firstEvent: (name: string) => number): void {
    const { exchange, participant, session } = this.options
    while (this.sessionsSeen < exchange.sessionCount) {
      const { session: number, participant: owner, name } = exchange.session(++this.sessionsSeen)!
      if (owner !== participant) continue
      const added = session(number)
      const cursor = added.stream.cursorAt(firstEvent(name) || added.stream.nextEvent)
      this.sources.push({ session: added, name, cursor, nextEvent: cursor.firstEvent })
      added.readers.add(this)
    }
  }

  /** What it says of itself, before anything is taken. */
  get starts(): Row<'dropCopyStart'>[] {
    return this.sources.map(({ name, nextEvent }) => ({ session: name, nextEvent }))
  }

  /** Sends what there is. */
  flush(): void {
    this.options.flush()
  }

  /** Takes it off all sessions. */
  end(): void {
    for (const { session } of this.sources) session.readers.delete(this)
  }

  /** Whether something that it would have to hand out is no longer kept. */
  get lost(): boolean {
    return this.sources.some(({ cursor }) => cursor.lost)
  }

  get hasUnsent(): boolean {
    return this.sources.some(({ cursor }) => cursor.hasUnsent)
  }

  /** The next frame; only if there is something to hand out, and nothing is lost. */
  take(encoding: Encoding): Uint8Array | string {
    // Each in its turn, so that a busy session does not make others wait until their events are no longer kept.
    do this.current = (this.current + 1) % this.sources.length
    while (!this.sources[this.current].cursor.hasUnsent)
    const source = this.sources[this.current]
    const events = source.cursor.take()
    const eventCount = source.cursor.nextEvent - source.nextEvent
    source.nextEvent += eventCount
    const head: OutgoingMessage = { type: 'dropCopy', session: source.name, eventCount }
    if (encoding === 'json') return codecs.json.encode(head, ...codecs.msgpack.decode(events))
    return Buffer.concat([encodeMessagePack(head), events])
  }
}

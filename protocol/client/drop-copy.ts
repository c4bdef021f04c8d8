/**
 * The receiver's side of a drop copy: which events are whose, and where each session's stream has to go on after a lost
 * connection, so that none is missing and none comes twice.
 */
import type { Message, OutgoingMessage, OutgoingRow, Row } from '../messages.ts'
import type { SessionEvent, SessionHandlers } from './session-types.ts'

export class DropCopy {
  private readonly handlers: SessionHandlers
  /** Number of the next event of each session that was told of; undefined while there is no drop copy. */
  private nextEvents: Map<string, number> | undefined
  private asked: readonly OutgoingRow<'dropCopyStart'>[] = []
  /** The session whose events follow in the current frame, and how many. */
  private session = ''
  private eventCount = 0

  constructor(handlers: SessionHandlers) {
    this.handlers = handlers
  }

  /** Whether there is one. */
  get isInForce(): boolean {
    return this.nextEvents !== undefined
  }

  /** Where each session goes on. */
  get positions(): Row<'dropCopyStart'>[] {
    return Array.from(this.nextEvents ?? [], ([session, nextEvent]) => ({ session, nextEvent }))
  }

  /** The message that asks for it. */
  ask(from: readonly OutgoingRow<'dropCopyStart'>[]): OutgoingMessage<'subscribeDropCopy'> {
    this.asked = from
    return { type: 'subscribeDropCopy', sessions: from }
  }

  /** @returns what is missing, if it has to be asked for again */
  begin({ sessions }: Message<'dropCopySubscribed'>): string | undefined {
    const isResumed = this.nextEvents !== undefined && this.nextEvents.size > 0
    this.nextEvents ??= new Map()
    let problem: string | undefined
    for (const { session, nextEvent } of sessions) {
      const wanted = this.asked.find((row) => row.session === session)?.nextEvent ?? 0
      const isNew = isResumed && !this.nextEvents.has(session)
      this.nextEvents.set(session, isNew ? 1 : nextEvent)
      if (isNew && nextEvent > 1) problem = `session ${session} was added meanwhile, and its first events were not sent`
      else if (wanted !== 0 && wanted !== nextEvent) this.handlers.onDropCopyGap?.(session, wanted, nextEvent)
    }
    return problem
  }

  /** Whose events follow. */
  announce({ session, eventCount }: Message<'dropCopy'>): void {
    this.session = session
    this.eventCount = eventCount
  }

  /** Whether the next event is one of those announced, not the receiver's own. */
  get isNext(): boolean {
    return this.eventCount > 0
  }

  /** @returns what is wrong with it, if it is not the one that was due */
  take(event: SessionEvent): string | undefined {
    const { session } = this
    this.eventCount -= 1
    // A session that nobody told of was added meanwhile: it begins with its first event.
    const due = this.nextEvents?.get(session) ?? 1
    if (event.eventNumber !== due) return `event ${event.eventNumber} of session ${session} came where ${due} was due`
    this.nextEvents?.set(session, due + 1)
    this.handlers.onDropCopy?.(session, event)
    return undefined
  }

  /** The connection is lost: what was announced does not come any more. */
  interrupt(): void {
    this.eventCount = 0
  }

  /** The numbers so far mean nothing any more. */
  forget(): void {
    this.nextEvents?.clear()
  }
}

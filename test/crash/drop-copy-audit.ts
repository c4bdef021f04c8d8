/** Holds what a client was told of all sessions of its participant, its drop copy, against what the log comes to. */
import type { Message } from '../../protocol/messages.ts'
import { nameOf } from './exchange.ts'
import type { LogReplay, SessionEvent } from './log-replay.ts'
import { difference, type Report } from './violations.ts'

export class DropCopyAudit {
  private readonly participant: string
  private readonly report: Report
  /** Number of the next event by session, once the drop copy was in force. */
  private readonly nextEvents = new Map<string, number>()
  private asked = new Map<string, number>()
  /** What follows in the frame. */
  private session = ''
  private eventCount = 0

  constructor(participant: string, report: Report) {
    this.participant = participant
    this.report = (invariant, text) => report(invariant, `drop copy: ${text}`)
  }

  /** The client knows nothing any more. */
  begin(): void {
    this.nextEvents.clear()
  }

  askedFor({ sessions }: Message<'subscribeDropCopy'>): void {
    this.asked = new Map(sessions.map(({ session, nextEvent }) => [session, nextEvent]))
    for (const [session, nextEvent] of this.nextEvents) {
      const asked = this.asked.get(session)
      if (asked !== nextEvent)
        this.report('I6', `the client asked for event ${asked} of ${session} instead of ${nextEvent}`)
    }
  }

  subscribed({ sessions }: Message<'dropCopySubscribed'>): void {
    for (const { session, nextEvent } of sessions) {
      const asked = this.asked.get(session) ?? 0
      if (asked !== 0 && asked !== nextEvent)
        this.report('I6', `${session} begins with ${nextEvent} instead of ${asked}`)
      this.nextEvents.set(session, nextEvent)
    }
  }

  announced({ session, eventCount }: Message<'dropCopy'>): void {
    this.session = session
    this.eventCount = eventCount
  }

  /** Whether the next event is a copy. */
  get isNext(): boolean {
    return this.eventCount > 0
  }

  check(event: SessionEvent, replay: LogReplay): void {
    this.eventCount -= 1
    const { session } = this
    const { eventNumber } = event
    const due = this.nextEvents.get(session)
    if (eventNumber !== due) this.report('I6', `event ${eventNumber} of ${session} was told instead of ${due}`)
    this.nextEvents.set(session, eventNumber + 1)
    const { events, firstEvent } = replay.sessions.get(this.nameOf(session))!
    const expected = events[eventNumber - firstEvent]
    if (expected === undefined) this.report('I8', `event ${eventNumber} of ${session} was told, but is not in the log`)
    else if (JSON.stringify(event) !== JSON.stringify(expected)) {
      this.report('I6', `event ${eventNumber} of ${session}: ${difference(event, expected)}`)
    }
  }

  /** Number of the next event of a session that will be told; Infinity if none will be. */
  nextEventOf(name: string): number {
    for (const [session, nextEvent] of this.nextEvents) if (this.nameOf(session) === name) return nextEvent
    return Number.POSITIVE_INFINITY
  }

  private nameOf(session: string): string {
    return nameOf({ participant: this.participant, session })
  }
}

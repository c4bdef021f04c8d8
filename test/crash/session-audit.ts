/**
 * Holds the record of one session against what the log comes to: what its client was told, in every life of client and
 * engine, and what it sent.
 */
import { isDeepStrictEqual } from 'node:util'
import { isAnswer } from '../../protocol/client/pending-requests.ts'
import { codecs } from '../../protocol/codec.ts'
import { errors } from '../../protocol/errors.ts'
import type { Message, Row } from '../../protocol/messages.ts'
import type { Entry } from './client-record.ts'
import { DropCopyAudit } from './drop-copy-audit.ts'
import type { SessionSetup } from './exchange.ts'
import { nameOf } from './exchange.ts'
import { inOrder, type LogReplay, type SessionEvent, type SessionReplay, type SessionState } from './log-replay.ts'
import { difference, type Invariant, type Report } from './violations.ts'

/** What was sent under one ref, and what became of it. */
interface Sent {
  /** Of what is in the log, once it is. */
  loggedType: string
  /** As JSON; another life of the client may use a ref that had no effect for something else. */
  readonly contents: string[]
  sentCount: number
  loggedCount: number
  isRefused: boolean
}

/** What was told of a logon that may not be complete yet. */
interface ToldLogon {
  readonly result: Message<'logonResult'>
  readonly positions: Row<'position'>[]
  readonly openOrders: Row<'openOrder'>[]
}

/** What the engine answered last. */
interface Answers {
  openOrders: Row<'openOrder'>[]
  positions: Row<'position'>[] | undefined
}

/** Refs that are remembered below the highest one in the log. */
const keptRefs = 5_000

export class SessionAudit {
  /** Number of the next event that the client is to be told; 0 before the first. */
  nextEvent = 0
  /** Events that were compared. */
  eventCount = 0
  /** What it was told of the other sessions of its participant. */
  readonly dropCopy: DropCopyAudit
  private readonly name: string
  private readonly encoding: 'msgpack' | 'json'
  private readonly report: Report
  private readonly sent = new Map<number, Sent>()
  /** What the record says and was not looked at yet. */
  private waiting: Entry[] = []
  private highestLoggedRef = 0
  private lastAnsweredRef = 0
  /** Whether the client knows nothing: in its present life and those that it continues it was told of no logon. */
  private isNew = true
  private askedEvent = 0
  private isLoggedOn = false
  private logon: ToldLogon | undefined
  private answers: Answers = { openOrders: [], positions: undefined }

  constructor(setup: SessionSetup, report: Report) {
    this.name = nameOf(setup)
    this.encoding = setup.encoding
    this.report = (invariant, text) => report(invariant, `${this.name}: ${text}`)
    this.dropCopy = new DropCopyAudit(setup.participant, this.report)
  }

  /** Takes what was added to the record. What was sent counts at once. */
  take(entries: readonly Entry[]): void {
    for (const entry of entries) {
      this.waiting.push(entry)
      if (entry.kind === 'sent') for (const message of this.decode(entry)) this.noteSent(message)
    }
  }

  /** Entries that were taken and not looked at. */
  get waitingCount(): number {
    return this.waiting.length
  }

  /** Looks at so many of the entries that wait. The replay must contain all that can have been told by then. */
  check(replay: LogReplay, count: number): void {
    const entries = this.waiting.splice(0, count)
    for (const entry of entries) this.checkEntry(entry, replay)
  }

  /** A command of this session is in the log. */
  logged(message: Message & { readonly ref: number }): void {
    const { ref } = message
    const sent = this.sent.get(ref)
    if (sent === undefined) {
      if (ref > this.highestLoggedRef - keptRefs) this.report('I8', `ref ${ref} is in the log but was never sent`)
      return
    }
    sent.loggedCount += 1
    sent.loggedType = message.type
    this.highestLoggedRef = Math.max(ref, this.highestLoggedRef)
    this.sent.delete(this.highestLoggedRef - keptRefs)
    if (sent.loggedCount > sent.sentCount) {
      this.report('I2', `ref ${ref} is ${sent.loggedCount} times in the log but was sent ${sent.sentCount} times`)
    }
    if (!sent.contents.includes(JSON.stringify(message)))
      this.report('I8', `ref ${ref} is in the log with another content`)
    this.checkRefused(ref, sent)
  }

  /** When nothing happened since the client asked: it was answered with what the log comes to. */
  checkAnswers({ openOrders, positions }: SessionState): void {
    const { answers } = this
    this.forgetAnswers()
    const told = { openOrders: answers.openOrders, positions: inOrder(answers.positions ?? []) }
    if (isDeepStrictEqual(told, { openOrders, positions })) return
    this.report('I6', `answered ${JSON.stringify(told)}, the log gives ${JSON.stringify({ openOrders, positions })}`)
  }

  /** What was answered does not count any more. */
  forgetAnswers(): void {
    this.answers = { openOrders: [], positions: undefined }
  }

  private decode({ content }: Entry): Message[] {
    return codecs[this.encoding].decode(this.encoding === 'json' ? content.toString() : content)
  }

  private noteSent(message: Message): void {
    if (!('ref' in message)) return
    const content = JSON.stringify(message)
    const { ref } = message
    const sent = this.sent.get(ref)
    if (sent === undefined) {
      this.sent.set(ref, { loggedType: '', contents: [content], sentCount: 1, loggedCount: 0, isRefused: false })
      return
    }
    sent.sentCount += 1
    if (!sent.contents.includes(content)) sent.contents.push(content)
  }

  private checkEntry(entry: Entry, replay: LogReplay): void {
    switch (entry.kind) {
      case 'begun': {
        const { reason } = JSON.parse(entry.content.toString()) as { reason: string }
        if (reason === 'continued') break
        this.isLoggedOn = false
        if (reason !== 'new') break
        this.isNew = true
        this.dropCopy.begin()
        break
      }
      case 'opened':
        this.isLoggedOn = false
        this.logon = undefined
        break
      case 'sent':
        for (const message of this.decode(entry)) {
          if (message.type === 'logon') this.checkAsked(message.nextEvent)
          if (message.type === 'subscribeDropCopy') this.dropCopy.askedFor(message)
        }
        break
      case 'received':
        for (const message of this.decode(entry)) this.checkTold(message, replay)
        break
      case 'fault': {
        const { invariant, text } = JSON.parse(entry.content.toString()) as { invariant: Invariant; text: string }
        this.report(invariant, `its client says: ${text}`)
      }
    }
  }

  private checkAsked(nextEvent: number): void {
    this.askedEvent = nextEvent
    const expected = this.isNew ? 0 : this.nextEvent
    if (nextEvent !== expected) this.report('I6', `its client asked for event ${nextEvent} instead of ${expected}`)
  }

  private checkTold(message: Message, replay: LogReplay): void {
    if (message.type === 'logonResult') this.beginLogon(message)
    else if (message.type === 'position') this.logon?.positions.push(withoutType(message))
    else if (message.type === 'openOrders' && this.logon !== undefined) this.logon.openOrders.push(...message.orders)
    else {
      const session = replay.sessions.get(this.name)!
      this.endLogon(session)
      if (message.type === 'error') this.checkError(message)
      else if (message.type === 'openOrders') this.answers.openOrders.push(...message.orders)
      else if (message.type === 'positions') this.answers.positions = message.positions
      else if (message.type === 'dropCopySubscribed') this.dropCopy.subscribed(message)
      else if (message.type === 'dropCopy') this.dropCopy.announced(message)
      else if ('eventNumber' in message) {
        if (this.dropCopy.isNext) this.dropCopy.check(message, replay)
        else this.checkEvent(message, session)
      }
    }
  }

  private beginLogon(result: Message<'logonResult'>): void {
    const { firstEvent, nextEvent } = result
    const expected = this.askedEvent === 0 ? nextEvent : this.askedEvent
    if (firstEvent !== expected)
      this.report('I6', `asked for event ${this.askedEvent} it is told from ${firstEvent} on`)
    if (firstEvent > nextEvent) this.report('I1', `event ${firstEvent} was told, but the next one is ${nextEvent}`)
    if (result.snapshot !== (this.askedEvent === 0)) this.report('I6', 'a snapshot that is not wanted, or none')
    this.logon = { result, positions: [], openOrders: [] }
    this.nextEvent = firstEvent
    this.isNew = false
    this.isLoggedOn = true
  }

  /** All that belongs to the logon was told: it must be the session as one of its logons in the log found it. */
  private endLogon({ logons }: SessionReplay): void {
    if (this.logon === undefined) return
    const { result, positions, openOrders } = this.logon
    this.logon = undefined
    const { lastRef, nextEvent, snapshot } = result
    const told = { lastRef, nextEvent, positions: inOrder(positions), openOrders }
    const candidates = logons.map((logon) => (snapshot ? logon : { ...logon, openOrders: [] }))
    if (candidates.some((logon) => isDeepStrictEqual(logon, told))) return
    const areOnlyPositionsWrong = candidates.some((logon) =>
      isDeepStrictEqual({ ...logon, positions: told.positions }, told),
    )
    const logged = candidates.slice(-3).map((logon) => JSON.stringify(logon))
    const text = `the logon told ${JSON.stringify(told)}, but the log's last ones are ${logged.join(' or ')}`
    this.report(areOnlyPositionsWrong ? 'I4' : 'I6', text)
  }

  private checkEvent(event: SessionEvent, { firstEvent, events }: SessionReplay): void {
    const { eventNumber } = event
    if (!this.isLoggedOn) this.report('I8', `event ${eventNumber} was told before a logon`)
    if (eventNumber !== this.nextEvent) this.report('I6', `event ${eventNumber} was told instead of ${this.nextEvent}`)
    this.nextEvent = eventNumber + 1
    this.eventCount += 1
    this.checkAnswer(event)
    const expected = events[eventNumber - firstEvent]
    if (expected === undefined) {
      this.report('I1', `event ${eventNumber} was told, but the log comes to ${firstEvent + events.length - 1} only`)
    } else if (JSON.stringify(event) !== JSON.stringify(expected)) {
      const isFill = event.type === 'filled' && expected.type === 'filled'
      this.report(isFill ? 'I5' : 'I6', `event ${eventNumber}: ${difference(event, expected)}`)
    }
  }

  /** Commands are answered in the order in which they are carried out, which is that of their refs. */
  private checkAnswer(event: SessionEvent): void {
    if (!isAnswer(event) || event.ref === 0) return
    const type = this.sent.get(event.ref)?.loggedType
    if (event.type === 'cancelled' && type !== 'cancelOrder' && type !== 'replaceOrder') return
    if (event.ref <= this.lastAnsweredRef) this.report('I2', `ref ${event.ref} is answered again, or out of order`)
    this.lastAnsweredRef = Math.max(event.ref, this.lastAnsweredRef)
  }

  private checkError({ code, ref, text }: Message<'error'>): void {
    const sent = this.sent.get(ref)
    if (sent === undefined) {
      if (ref !== 0 && ref > this.highestLoggedRef - keptRefs)
        this.report('I8', `error ${code} for ref ${ref}, never sent`)
      return
    }
    if (code === 'duplicateRef') {
      if (sent.sentCount < 2) this.report('I2', `ref ${ref} was sent once and called a repetition: ${text}`)
    } else if (errors[code].answer === 'error') {
      sent.isRefused = true
      this.checkRefused(ref, sent)
    }
  }

  private checkRefused(ref: number, { isRefused, sentCount, loggedCount }: Sent): void {
    if (isRefused && sentCount === 1 && loggedCount > 0) this.report('I8', `ref ${ref} was refused and carried out`)
  }
}

function withoutType({ type: _, ...row }: Message<'position'>): Row<'position'> {
  return row
}

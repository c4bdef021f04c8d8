/**
 * A session of a client process: it trades without a pause, and its record holds all that was sent and told. The client
 * library is under test as well: what it promises of requests and events is held against what went over the wire.
 */
import type { RandomSource } from '../../bots/runtime/random.ts'
import { ClientSession, type SessionEvent } from '../../protocol/client/index.ts'
import { signerFromKeyFile } from '../../protocol/client/node.ts'
import { codecs } from '../../protocol/codec.ts'
import { lastRecord, RecordWriter } from './client-record.ts'
import type { SessionSetup } from './exchange.ts'
import { openRecordingSocket } from './recording-socket.ts'
import { repeat, request } from './requests.ts'
import { type KnowledgeState, SessionKnowledge } from './session-knowledge.ts'
import type { Invariant } from './violations.ts'

/** Requests that wait for an answer at a time, at most. */
const window = 10
/** A file of the record that is larger is not continued. */
const recordFileBytes = 2 ** 18
/** An admin waits so long between two requests, on average. */
const adminPauseMs = 15
const retryDelayMs = 20
/** One frame in so many is sent twice. */
const framesPerStutter = 200

export interface TraderOptions extends SessionSetup {
  readonly keyFile: string
  /** Where its record is. */
  readonly folder: string
  readonly random: RandomSource
  /** Where the engine listens now. */
  readonly url: () => string
  /** Whether it begins with nothing but what the engine tells, or with what its record says. */
  readonly isNew: boolean
  /** Called when it may have become live or settled. */
  readonly onChange: () => void
}

export class RecordingTrader {
  private readonly options: TraderOptions
  private readonly record: RecordWriter
  private readonly knowledge: SessionKnowledge
  /** What a former life has no answer to. */
  private unanswered: Parameters<typeof repeat>[1][]
  private session: ClientSession
  /** Requests of this life that the library has told no answer to. */
  private readonly open = new Set<number>()
  private expectedEvent = 0
  private isTrading = true
  private hasBegun = false
  private hasDropCopy = false

  constructor(options: TraderOptions) {
    this.options = options
    const begun = options.isNew ? new SessionKnowledge() : knowledgeOf(options)
    this.knowledge = begun
    this.unanswered = [...begun.pending.values()]
    this.record = new RecordWriter(options.folder)
    this.record.begin({ reason: options.isNew ? 'new' : 'resumed', ...begun.state() })
    this.session = this.newSession()
  }

  get isLive(): boolean {
    return this.session.state === 'live'
  }

  /** Whether everything that it asked for is answered. */
  get isSettled(): boolean {
    return this.isLive && this.hasBegun && this.session.pendingCount === 0
  }

  /** Resolves when it is live for the first time. */
  async start(): Promise<void> {
    for (;;) {
      try {
        await this.session.connect()
        return
      } catch {
        await new Promise((resolve) => setTimeout(resolve, retryDelayMs))
        this.session = this.newSession()
      }
    }
  }

  pause(): void {
    this.isTrading = false
  }

  resume(): void {
    this.isTrading = true
    this.trade()
  }

  /** Asks for its orders and positions. */
  async ask(): Promise<void> {
    await Promise.all([this.session.queryOpenOrders(), this.session.queryPositions()])
  }

  private newSession(): ClientSession {
    const { url, participant, session, encoding, cancelOnDisconnect, dropCopy, keyFile, onChange } = this.options
    const { nextEvent } = this.knowledge
    this.expectedEvent = nextEvent
    return new ClientSession(
      {
        ...{ url: url(), participant, session, cancelOnDisconnect },
        ...{ firstRetryDelayMs: retryDelayMs, longestRetryDelayMs: retryDelayMs },
        ...(nextEvent === 0 ? {} : { nextEvent }),
        codec: codecs[encoding],
        sign: signerFromKeyFile(keyFile),
        openWebSocket: (_, subprotocol) =>
          openRecordingSocket(url(), subprotocol, this.recorder, (frame) => this.stutters(frame)),
      },
      {
        onEvent: (event) => this.happened(event),
        onAnswer: ({ ref }) => this.answered(ref),
        onError: ({ code, ref, text }, about) => {
          if (code === 'duplicateRef') return
          if (about !== undefined) this.answered(ref)
          this.fault('I2', `error ${code} for ref ${ref}: ${text}`)
        },
        onUnanswered: ({ ref }) => this.answered(ref),
        onGap: (expected, first) => this.fault('I6', `events ${expected} to ${first - 1} are not kept`),
        onDropCopyGap: (session, expected, first) => {
          this.fault('I6', `events ${expected} to ${first - 1} of ${session} are not kept`)
        },
        onSnapshot: () => {
          this.expectedEvent = 0
        },
        onState: (state, reason) => {
          if (state === 'closed' && this.hasBegun) this.fault('I6', `the session ended: ${reason}`)
          if (state === 'live') this.begin()
          if (state === 'live' && dropCopy === true && !this.hasDropCopy) void this.subscribeDropCopy()
          onChange()
        },
      },
    )
  }

  private readonly recorder = {
    opened: () => this.record.write('opened'),
    sent: (frame: Uint8Array | string) => {
      this.record.write('sent', frame)
      for (const message of this.decode(frame)) this.knowledge.sent(message)
    },
    received: (frame: Uint8Array | string) => {
      this.record.write('received', frame)
      for (const message of this.decode(frame)) this.knowledge.received(message)
      if (this.record.length > recordFileBytes) this.record.begin({ reason: 'continued', ...this.knowledge.state() })
    },
  }

  private decode(frame: Uint8Array | string) {
    return codecs[this.options.encoding].decode(frame)
  }

  /** Commands only: whatever else comes twice is answered twice, or wrong. */
  private stutters(frame: Uint8Array | string): boolean {
    if (this.options.random.integerBelow(framesPerStutter) !== 0) return false
    return this.decode(frame).every((message) => 'ref' in message)
  }

  private happened(event: SessionEvent): void {
    if (this.expectedEvent !== 0 && event.eventNumber !== this.expectedEvent) {
      this.fault('I6', `the library told event ${event.eventNumber} instead of ${this.expectedEvent}`)
    }
    this.expectedEvent = event.eventNumber + 1
  }

  private answered(ref: number): void {
    if (!this.open.delete(ref)) this.fault('I2', `the library told an answer to ref ${ref} that was not asked or twice`)
    if (this.options.role !== 'admin') this.trade()
    this.options.onChange()
  }

  /** Live for the first time: asks once more for what a former life had asked for and was not carried out. */
  private begin(): void {
    if (this.hasBegun) return
    this.hasBegun = true
    const { lastRef, pending } = this.knowledge
    for (const sent of this.unanswered) {
      // Its answer may have been among the events of the logon, or, if it was refused, never have come.
      if (pending.delete(sent.ref) && sent.ref > lastRef) this.open.add(repeat(this.session, sent))
    }
    this.unanswered = []
    if (this.options.role === 'admin') this.administrate()
    this.trade()
  }

  private async subscribeDropCopy(): Promise<void> {
    const from = Array.from(this.knowledge.copies, ([session, nextEvent]) => ({ session, nextEvent }))
    try {
      await this.session.subscribeDropCopy(from)
      // From now on the library sees to it.
      this.hasDropCopy = true
    } catch {
      // The connection was lost: again with the next one.
    }
  }

  private administrate(): void {
    const { random } = this.options
    setTimeout(() => this.administrate(), random.exponential(adminPauseMs))
    if (this.isTrading && this.session.pendingCount < window) this.request()
  }

  /** Fills the window. Requests made while the engine is down wait in the session and are sent when it is back. */
  private trade(): void {
    if (this.options.role === 'admin') return
    while (this.isTrading && this.hasBegun && this.session.pendingCount < window) this.request()
  }

  private request(): void {
    const { role, random } = this.options
    this.open.add(request(role, this.session, this.knowledge.orders, random))
  }

  private fault(invariant: Invariant, text: string): void {
    this.record.write('fault', JSON.stringify({ invariant, text }))
  }
}

/** What the last life knew, as far as it wrote it down. */
function knowledgeOf({ folder, encoding }: TraderOptions): SessionKnowledge {
  let knowledge = new SessionKnowledge()
  for (const { kind, content } of lastRecord(folder)) {
    if (kind === 'begun') knowledge = new SessionKnowledge(JSON.parse(content.toString()) as KnowledgeState)
    if (kind !== 'sent' && kind !== 'received') continue
    const frame = encoding === 'json' ? content.toString() : content
    for (const message of codecs[encoding].decode(frame)) knowledge[kind](message)
  }
  return knowledge
}

/**
 * A participant's session and the processes that have it, one after another or, at a takeover, two at a time: the real
 * client library, used as a bot uses it. It holds the library to its word: events come in order and once, every request has
 * one outcome, and one that is said to have had no effect had none.
 */
import type { RandomSource } from '../../bots/runtime/random.ts'
import type { ClientSession, SessionHandlers, SessionOptions } from '../../protocol/client/index.ts'
import type { Request, SessionEvent } from '../../protocol/client/session-types.ts'
import { codecs } from '../../protocol/codec.ts'
import type { SessionIdentity } from './exchange-setup.ts'
import { Incarnation } from './incarnation.ts'
import type { SimulatedNetwork } from './network.ts'
import type { Oracle } from './oracle.ts'
import { drawWish, submit } from './requests.ts'
import type { Trace } from './trace.ts'
import { VirtualProcess, type WallClock } from './virtual-process.ts'
import type { VirtualTime } from './virtual-time.ts'

/** What a client is made with; whoever wants to see a broken one caught makes another. */
export type MakeSession = (options: SessionOptions, handlers: SessionHandlers) => ClientSession

export interface World {
  readonly time: VirtualTime
  readonly random: RandomSource
  readonly network: SimulatedNetwork
  readonly wall: WallClock
  readonly oracle: Oracle
  readonly trace: Trace
  readonly makeSession: MakeSession
  /** Events that the engine keeps at least. */
  readonly retainedEvents: number
}

export interface TraderSettings {
  readonly cancelOnDisconnect: boolean
  readonly heartbeatIntervalMs: number
  readonly encoding: 'msgpack' | 'json'
  /** Mean time between two requests. */
  readonly requestEveryUs: number
  /** Of so many deeds one is the end of the process, a takeover, a farewell; 0: none. */
  readonly upheavalOneIn: number
}

/** What a client keeps on its disk. */
interface ClientRecord {
  readonly nextEvent: number
  readonly logId: string
}

/** Refs of orders that may be open, at most so many. */
const rememberedOrders = 12
const longestAbsenceUs = 1_500_000

export class Trader {
  readonly identity: SessionIdentity
  private readonly world: World
  private readonly settings: TraderSettings
  private current: Incarnation | undefined
  /** Those that were replaced, but whose word on what had no effect is not checked yet. */
  private former: Incarnation[] = []
  private record: ClientRecord = { nextEvent: 0, logId: '' }
  private orders: number[] = []
  /** Refs of all that any of its processes asked for. */
  private readonly asked = new Set<number>()
  private isTrading = true

  constructor(world: World, identity: SessionIdentity, settings: TraderSettings) {
    this.world = world
    this.identity = identity
    this.settings = settings
    this.begin(0)
    this.plan()
  }

  /** Asks for nothing more, but stays. */
  settle(): void {
    this.isTrading = false
  }

  /** Whether everything that it asked for is answered. */
  get isSettled(): boolean {
    const session = this.current?.session
    return session !== undefined && session.state === 'live' && session.pendingCount === 0
  }

  describe(): string {
    const session = this.current?.session
    return `${this.name} is ${session?.state ?? 'away'} with ${session?.pendingCount ?? 0} requests pending, next event ${session?.nextEvent}`
  }

  /** What it should know and does not. */
  whatIsMissing(): string | undefined {
    const logged = this.world.oracle.reference.ledger(this.identity.session).loggedCount
    const expected = this.current?.expectedEvent ?? 0
    return expected === logged + 1 ? undefined : `${this.name} waits for event ${expected}, but the log tells ${logged}`
  }

  /** When all is over: what was said of requests is true. */
  finish(): void {
    const { oracle } = this.world
    this.checkFormer(Number.POSITIVE_INFINITY)
    this.checkWithoutEffect(this.current!, Number.POSITIVE_INFINITY)
    this.checkAnswered(this.current!)
    const unasked = oracle.audit.processedRefs(this.identity.session).find((ref) => !this.asked.has(ref))
    if (unasked !== undefined)
      oracle.violated('I2', `the log has command ${unasked} of ${this.name}, which it never made`)
  }

  private get name(): string {
    return `session ${this.identity.session}`
  }

  // ── processes ─────────────────────────────────────────────────────────────────────────────────────────────────────

  private begin(afterUs: number, known = this.record): void {
    this.world.time.after(afterUs, () => {
      if (this.current === undefined) this.open(known)
    })
  }

  private open({ nextEvent, logId }: ClientRecord): void {
    const { time, random, network, wall, trace, makeSession } = this.world
    const { identity, settings } = this
    const incarnation = new Incarnation(new VirtualProcess(time, random, wall), nextEvent)
    this.current = incarnation
    trace.note(this.name, 'begins', nextEvent)
    const { process } = incarnation
    const options: SessionOptions = {
      url: 'ws://engine/v1',
      participant: identity.participantName,
      session: identity.name,
      sign: (text) => this.sign(process, text),
      openWebSocket: (_, subprotocol) => network.connect(process, identity.session, subprotocol),
      codec: codecs[settings.encoding],
      clock: process.clientClock(),
      cancelOnDisconnect: settings.cancelOnDisconnect,
      heartbeatIntervalMs: settings.heartbeatIntervalMs,
      ...(nextEvent === 0 ? {} : { nextEvent, logId }),
    }
    incarnation.session = makeSession(options, this.handlers(incarnation))
    // Whether it went well is told to `onState`.
    incarnation.session.connect().catch(() => {})
  }

  /** It takes a while, and is not what is tested. */
  private sign(process: VirtualProcess, text: string): Promise<string> {
    const [, nonce, participant, session] = text.split('\n')
    return new Promise((resolve) => {
      process.after(this.world.random.integerBelow(1_000), () => resolve(`${nonce} ${participant} ${session}`))
    })
  }

  /** The process dies. The next one has what it kept, or an older copy of it, or nothing. */
  private die(): void {
    const { random, trace } = this.world
    trace.note(this.name, 'is killed')
    this.end(this.current!)
    this.leave()
    const lag = random.integerBelow(3) === 0 ? random.integerBelow(5) : 0
    const knows = random.integerBelow(4)
    const { nextEvent, logId } = this.record
    const kept = { nextEvent: knows === 0 ? 0 : knows === 1 ? 1 : Math.max(1, nextEvent - lag), logId }
    this.begin(
      random.integerBelow(longestAbsenceUs),
      knows === 0 || nextEvent === 0 ? { nextEvent: 0, logId: '' } : kept,
    )
  }

  /** Another process takes the session over while this one has it. */
  private beTakenOver(): void {
    this.world.trace.note(this.name, 'is taken over')
    this.leave()
    this.begin(0)
  }

  private depart(): void {
    const { random, trace } = this.world
    const incarnation = this.current!
    const { session, wasLive } = incarnation
    trace.note(this.name, 'departs')
    if (wasLive && random.integerBelow(2) === 0) this.note(incarnation, session.massCancel())
    void session.close().then((isAnswered) => {
      if (isAnswered) this.checkAnswered(incarnation)
    })
    this.leave()
    this.begin(random.integerBelow(longestAbsenceUs))
  }

  private leave(): void {
    if (this.current === undefined) return
    this.former.push(this.current)
    this.current = undefined
    this.orders = []
  }

  // ── what it does ──────────────────────────────────────────────────────────────────────────────────────────────────

  private plan(): void {
    const { time, random } = this.world
    time.after(random.exponential(this.settings.requestEveryUs), () => {
      if (!this.isTrading) return
      this.act()
      this.plan()
    })
  }

  private act(): void {
    const { random } = this.world
    const incarnation = this.current
    if (incarnation === undefined) return
    const { session } = incarnation
    if (session.state === 'closed') return
    const { upheavalOneIn } = this.settings
    if (upheavalOneIn > 0 && random.integerBelow(upheavalOneIn) === 0) {
      const draw = random.integerBelow(5)
      if (draw < 3) this.die()
      else if (draw === 3) this.beTakenOver()
      else this.depart()
      return
    }
    if (!incarnation.wasLive) return
    if (session.state === 'live' && random.integerBelow(12) === 0) this.ask(incarnation)
    // Often several at a time, so that they share a frame and a batch.
    const count = random.integerBelow(4) === 0 ? 1 + random.integerBelow(6) : 1
    for (let index = 0; index < count; index += 1) this.request(incarnation)
  }

  private request(incarnation: Incarnation): void {
    const { random, time, wall } = this.world
    const isAdmin = this.identity.name === 'admin'
    const wish = drawWish(random, this.orders, 1_791_211_200_000_000 + time.nowUs + wall.offsetUs, isAdmin)
    const ref = submit(incarnation.session, wish)
    this.note(incarnation, ref)
    this.world.trace.note(this.name, wish.type, ref)
    if (wish.type !== 'newOrder') return
    this.orders.push(ref)
    if (this.orders.length > rememberedOrders) this.orders.shift()
  }

  private note(incarnation: Incarnation, ref: number): void {
    this.asked.add(ref)
    incarnation.asked.add(ref)
  }

  private ask(incarnation: Incarnation): void {
    const { random } = this.world
    const { session } = incarnation
    const lost = () => {}
    switch (random.integerBelow(4)) {
      case 0:
        session.queryOpenOrders(random.integerBelow(3)).catch(lost)
        break
      case 1:
        session.queryPositions().catch(lost)
        break
      case 2:
        session.queryOrder(this.orders.at(-1) ?? 1).catch(lost)
        break
      default:
        // Asked for again it would begin anew.
        if (!incarnation.hasCopy) session.subscribeDropCopy().catch(lost)
        incarnation.hasCopy = true
    }
  }

  // ── what it is told ───────────────────────────────────────────────────────────────────────────────────────────────

  private handlers(incarnation: Incarnation): SessionHandlers {
    const { oracle } = this.world
    return {
      onEvent: (event) => this.takeEvent(incarnation, event),
      onAnswer: (request, answer) => this.takeOutcome(incarnation, request, `event ${answer.eventNumber}`),
      onError: (error, request) => {
        if (request === undefined) return
        this.takeOutcome(incarnation, request, error.code)
        incarnation.withoutEffect.push(request.ref)
      },
      onUnanswered: (request, outcome) => {
        this.takeOutcome(incarnation, request, outcome)
        if (outcome === 'noEffect') incarnation.withoutEffect.push(request.ref)
        if (outcome === 'open' && !oracle.audit.wasProcessed(this.identity.session, request.ref)) {
          oracle.violated(
            'I2',
            `${this.name} was told that order ${request.ref} is open, but the log has no such order`,
          )
        }
      },
      onGap: (expected, first) => {
        if (first - expected > this.world.retainedEvents) return
        oracle.violated('I6', `${this.name} was told that events ${expected} to ${first - 1} are not kept`)
      },
      onDropCopy: (session, { eventNumber }) => this.takeCopy(incarnation, session, eventNumber),
      onDropCopyGap: (session, _, first) => {
        incarnation.copies.set(session, first)
      },
      onNewLog: () => oracle.violated('I1', `${this.name} was told that the log is another one`),
      onSnapshot: () => {
        incarnation.expectedEvent = incarnation.session.nextEvent
      },
      onState: (state, reason) => this.takeState(incarnation, state, reason),
    }
  }

  private takeEvent(incarnation: Incarnation, event: SessionEvent): void {
    const { oracle } = this.world
    const { eventNumber } = event
    if (eventNumber !== incarnation.expectedEvent) {
      const text = `${this.name} was told event ${eventNumber} where ${incarnation.expectedEvent} was due`
      oracle.violated('I6', text)
    }
    incarnation.expectedEvent = eventNumber + 1
    if (incarnation !== this.current) return
    this.record = { nextEvent: eventNumber + 1, logId: incarnation.session.logId }
  }

  private takeCopy({ copies }: Incarnation, session: string, eventNumber: number): void {
    const expected = copies.get(session) ?? eventNumber
    if (eventNumber !== expected) {
      this.world.oracle.violated(
        'I6',
        `${this.name} was told event ${eventNumber} of ${session} where ${expected} was due`,
      )
    }
    copies.set(session, eventNumber + 1)
  }

  private takeOutcome(incarnation: Incarnation, { ref }: Request, outcome: string): void {
    const { oracle } = this.world
    const before = incarnation.outcomes.get(ref)
    if (before !== undefined) {
      oracle.violated('I2', `${this.name} was told twice what came of request ${ref}: ${before}, then ${outcome}`)
    }
    incarnation.outcomes.set(ref, outcome)
  }

  private takeState(incarnation: Incarnation, state: string, reason: string): void {
    const { random, trace, oracle } = this.world
    trace.note(this.name, state, 0, 0, reason)
    if (/ was due$|not this protocol/.test(reason)) oracle.violated('I6', `${this.name}: ${reason}`)
    if (incarnation !== this.current) {
      if (state === 'disconnected') this.end(incarnation)
      return
    }
    if (state === 'live') {
      if (!incarnation.wasLive) this.checkFormer(this.lastRefProcessed)
      incarnation.wasLive = true
      incarnation.expectedEvent = incarnation.session.nextEvent
      this.record = { nextEvent: incarnation.session.nextEvent, logId: incarnation.session.logId }
    } else if (state === 'closed') {
      this.leave()
      this.begin(random.integerBelow(longestAbsenceUs))
    }
  }

  /** When a process has just logged on: its own first ref would be the next. */
  private get lastRefProcessed(): number {
    return this.world.oracle.engine?.exchange.session(this.identity.session)?.lastRef ?? 0
  }

  /** Nothing that a former process sent can have an effect any more, so what it was told is final. */
  private checkFormer(lastRef: number): void {
    for (const incarnation of this.former) {
      this.checkWithoutEffect(incarnation, lastRef)
      if (incarnation.session.state !== 'live') this.end(incarnation)
    }
    this.former = []
  }

  /**
   * Ends a process whose session another one has. It must not come back: it would take the session from its successor, and
   * for its requests, if they have no answer yet, take the answers to those that the successor gave the same refs.
   */
  private end({ process }: Incarnation): void {
    process.kill()
    this.world.network.clientDied(process)
  }

  private checkAnswered({ asked, outcomes }: Incarnation): void {
    const unanswered = [...asked].find((ref) => !outcomes.has(ref))
    if (unanswered === undefined) return
    this.world.oracle.violated('liveness', `${this.name} was never told what came of request ${unanswered}`)
  }

  private checkWithoutEffect({ withoutEffect }: Incarnation, lastRef: number): void {
    const { oracle } = this.world
    const { session } = this.identity
    for (const ref of withoutEffect) {
      if (ref > lastRef || !oracle.audit.wasProcessed(session, ref)) continue
      oracle.violated('I2', `${this.name} was told that request ${ref} had no effect, but the log has it`)
    }
  }
}

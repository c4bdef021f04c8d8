/**
 * Puts commands in order: stamps sequence number and time, appends to the log, applies to the exchange; and at the end of
 * the event-loop turn makes the batch durable and only then releases what it caused. All commands of a turn are one batch.
 *
 * A log may take its time to become durable. Until it is, the exchange stays as it is: what arrives meanwhile waits, as it
 * came, and is sequenced when the batch before it is released. So a slow disk makes a queue here, and nowhere else; it has
 * a bound, which leaves room for cancels when new orders are refused already.
 *
 * What must stay true: nothing that reveals a command's effect leaves the process before that command is durable. So
 * whoever wants to show state to someone does it in `afterRelease`, where applied and released state are the same. After a
 * failed write they never are again: the sequencer is then halted for good, and a restart recovers what the log holds.
 */
import { decodeMessagePack, encodeMessagePack } from '../protocol/codec.ts'
import { limits } from '../protocol/limits.ts'
import { decodeOrderEntry } from '../protocol/order-entry-codec.ts'
import type { Clock } from './clock.ts'
import { CommandPlayer } from './command-player.ts'
import { Command, type ControlCommand, type Definition, doubleZero, EventBuffer, type Exchange } from './core/index.ts'
import type { CommandLog, LogPosition, LogWriteError } from './log/command-log.ts'

export interface SequencerOptions {
  readonly exchange: Exchange
  readonly log: CommandLog
  readonly clock: Clock
  /** Takes the events of durable commands, in order; they are valid during the call. Must not submit orders. */
  readonly release: (events: EventBuffer) => void
  /** Called once, when the sequencer halts. */
  readonly onHalt: (error: Error) => void
}

export interface Recovery {
  readonly commands: number
  readonly milliseconds: number
}

/** What waits for the end of a turn: exactly one of them is called. */
interface TurnEnd {
  readonly whenReleased: () => void
  readonly whenHalted: () => void
}

/** During recovery events are released in batches of about this many numbers. */
const recoveryBatchNumbers = 65_536

/** A clock cannot be asked to call back later than this; it is asked again then. */
const longestWaitMs = 2 ** 31 - 1

export class Sequencer {
  /** What `submitOrderEntry` submits: decoders write into it. */
  readonly command = new Command()
  private readonly options: SequencerOptions
  private readonly exchange: Exchange
  private readonly log: CommandLog
  private readonly events = new EventBuffer()
  private currentState: 'open' | 'halted' | 'closed' = 'open'
  /** What wall clock and monotonic clock differed by when this process took over the log; a change of the clock changes nothing. */
  private timeOffsetUs = doubleZero
  private turnMs = doubleZero
  private turnUs = doubleZero
  private turnBegun = false
  private endingTurn = false
  /** From the beginning of a commit until all that it makes durable is released: whatever is submitted waits. */
  private committing = false
  private releasedSequence = doubleZero
  private actions: TurnEnd[] = []
  /** Those of the commit that is under way. */
  private committingActions: TurnEnd[] = []
  /** What was submitted during a commit, in order. */
  private waiting: (() => void)[] = []
  /** How many of those a client sent. */
  private waitingCommands = 0
  /** When the clock is to call back, in time as commands carry it; 0 if it is not to. */
  private wakeUs = doubleZero
  private callOffWake: () => void = () => {}

  constructor(options: SequencerOptions) {
    this.options = options
    this.exchange = options.exchange
    this.log = options.log
  }

  /** `halted`: the log cannot be written any more, and nothing may be submitted. */
  get state(): 'open' | 'halted' | 'closed' {
    return this.currentState
  }

  /** Sequence number of the last command whose effects may be known outside. */
  get sequence(): number {
    return this.releasedSequence
  }

  /**
   * Applies the log to the exchange and releases its events. Must be called once, before anything is submitted.
   * @param after what the exchange holds already
   * @throws LogCorruptError if the log cannot be read
   * @throws RecoveryError if the exchange cannot carry out what the log holds
   */
  recover(after?: LogPosition): Recovery {
    const { exchange, events } = this
    const begun = this.options.clock.monotonicMs()
    const player = new CommandPlayer(exchange)
    let commands = 0
    this.log.replay((record) => {
      player.play(record, events)
      commands++
      if (events.length >= recoveryBatchNumbers) this.releaseEvents()
    }, after)
    this.releaseEvents()
    const now = this.options.clock.monotonicMs()
    this.timeOffsetUs = Math.max(this.options.clock.wallUs(), exchange.timeUs) - now * 1_000
    this.waitForTimer()
    return { commands, milliseconds: now - begun }
  }

  /** Time of this turn, monotonic milliseconds; one reading of the clock serves all that happens in a turn. */
  get monotonicMs(): number {
    if (!this.turnBegun) this.beginTurn()
    return this.turnMs
  }

  /** Time of this turn as commands carry it, microseconds. */
  get timeUs(): number {
    if (!this.turnBegun) this.beginTurn()
    return this.turnUs
  }

  /** Whether there is room for another command of a client. */
  accepts(isCancel: boolean): boolean {
    return this.waitingCommands < limits.maxWaitingCommands * (isCancel ? 2 : 1)
  }

  /**
   * Sequences `command`, whose message is in `bytes` from `start` to `end`. Only while the state is `open`, and if there is
   * room for it.
   */
  submitOrderEntry(session: number, bytes: Uint8Array, start: number, end: number): void {
    if (this.committing) {
      this.waitWithOrderEntry(session, bytes.slice(start, end))
      return
    }
    const { command } = this
    command.sequence = this.exchange.sequence + 1
    command.timeUs = this.timeUs
    command.session = session
    try {
      this.log.append(command.sequence, command.timeUs, session, bytes, start, end)
      this.exchange.apply(command, this.events)
    } catch (error) {
      this.halt(error as Error)
    }
  }

  /**
   * Sequences a command that is not order entry. `session`: the one that it is about, 0 for none. Has no effect unless the
   * state is `open`: what it tells is then found again at the next start.
   */
  submitDefinition(definition: Definition, session: number): void {
    if (this.currentState !== 'open') return
    if (this.committing) {
      this.waiting.push(() => this.submitDefinition(definition, session))
      return
    }
    this.submit(definition, session, (logged, sequence, timeUs) => {
      this.exchange.applyDefinition(logged, sequence, timeUs, session, this.events)
    })
  }

  /** Sequences a session's command that is not order entry. Only while the state is `open`, and if there is room for it. */
  submitControl(control: ControlCommand, session: number): void {
    if (this.committing) {
      this.waitingCommands++
      this.waiting.push(() => this.submitControl(control, session))
      return
    }
    this.submit(control, session, (logged, sequence, timeUs) => {
      this.exchange.applyControl(logged, sequence, timeUs, session, this.events)
    })
  }

  private submit<Command extends Definition | ControlCommand>(
    command: Command,
    session: number,
    apply: (logged: Command, sequence: number, timeUs: number) => void,
  ): void {
    const bytes = encodeMessagePack(command)
    const sequence = this.exchange.sequence + 1
    const timeUs = this.timeUs
    try {
      this.log.append(sequence, timeUs, session, bytes, 0, bytes.length)
      // Not `command` itself but what a replay will read, so that not even the order of its fields can differ.
      apply(decodeMessagePack(bytes) as Command, sequence, timeUs)
    } catch (error) {
      this.halt(error as Error)
    }
  }

  /**
   * Runs `whenReleased` when everything that was submitted is released, at the end of this turn if the log is quick, or
   * `whenHalted` if that fails. Only while the state is `open`.
   */
  afterRelease(whenReleased: () => void, whenHalted = () => {}): void {
    this.actions.push({ whenReleased, whenHalted })
    if (!this.turnBegun) this.beginTurn()
  }

  /** Ends the turn now instead of when the event loop gets there. */
  endTurn(): void {
    if (!this.turnBegun || this.endingTurn) return
    this.endingTurn = true
    if (this.currentState === 'open' && !this.committing) this.commit()
    this.endingTurn = false
    this.turnBegun = false
    if (!this.committing) this.sequenceWaiting()
  }

  /** Ends the turn and closes the log, when it is idle. Nothing may be submitted afterwards. */
  async close(): Promise<void> {
    // A release may have submitted something, a disconnection for one, or asked for another.
    do {
      this.endTurn()
      if (this.committing) await new Promise<void>((done) => this.afterRelease(done, done))
    } while (this.turnBegun || this.committing)
    if (this.currentState !== 'open') return
    this.currentState = 'closed'
    this.callOffWake()
    this.log.close()
  }

  private beginTurn(): void {
    this.turnBegun = true
    this.turnMs = this.options.clock.monotonicMs()
    this.turnUs = Math.max(this.exchange.timeUs, Math.floor(this.timeOffsetUs + this.turnMs * 1_000))
    this.options.clock.afterTurn(this.endTurnCallback)
  }

  private commit(): void {
    this.committing = true
    this.committingActions = this.actions
    this.actions = []
    this.log.commit(this.committed)
  }

  /** The batch is durable, or never will be. */
  private readonly committed = (error?: LogWriteError): void => {
    if (error !== undefined) {
      this.halt(error)
      return
    }
    this.releaseEvents()
    const actions = this.committingActions
    this.committingActions = []
    for (const { whenReleased } of actions) whenReleased()
    this.committing = false
    this.waitForTimer()
    if (!this.endingTurn) this.sequenceWaiting()
  }

  /** Sequences what was submitted during the commit, before anything else is. */
  private sequenceWaiting(): void {
    const { waiting } = this
    if (waiting.length > 0) {
      this.waiting = []
      this.waitingCommands = 0
      for (const submit of waiting) if (this.currentState === 'open') submit()
    }
    if (this.actions.length > 0 && !this.turnBegun) this.beginTurn()
  }

  private waitWithOrderEntry(session: number, message: Uint8Array): void {
    this.waitingCommands++
    this.waiting.push(() => {
      decodeOrderEntry(message, 0, message.length, this.command)
      this.submitOrderEntry(session, message, 0, message.length)
    })
  }

  /**
   * Sees to it that the clock calls back when the exchange has something due. A call that comes too early, because what
   * it was for is gone, asks for the next one: that is cheaper than to call it off at every change.
   */
  private waitForTimer(): void {
    const { nextTimerUs } = this.exchange
    if (nextTimerUs === 0 || (this.wakeUs !== 0 && this.wakeUs <= nextTimerUs)) return
    this.callOffWake()
    this.wakeUs = nextTimerUs
    const nowUs = this.timeOffsetUs + this.options.clock.monotonicMs() * 1_000
    const waitMs = Math.max(0, Math.ceil((nextTimerUs - nowUs) / 1_000))
    this.callOffWake = this.options.clock.after(Math.min(waitMs, longestWaitMs), this.wake)
  }

  /** Lets what is due happen, unless a command came meanwhile that did. */
  private readonly wake = (): void => {
    this.wakeUs = 0
    // After a commit the clock is asked again.
    if (this.currentState !== 'open' || this.committing) return
    const { nextTimerUs } = this.exchange
    if (nextTimerUs !== 0 && nextTimerUs <= this.timeUs) this.submitDefinition({ type: 'timeAdvanced' }, 0)
    else this.waitForTimer()
  }

  private readonly endTurnCallback = (): void => this.endTurn()

  private releaseEvents(): void {
    this.releasedSequence = this.exchange.sequence
    this.options.release(this.events)
    this.events.clear()
  }

  private halt(error: Error): void {
    if (this.currentState !== 'open') return
    this.currentState = 'halted'
    this.callOffWake()
    const actions = [...this.committingActions, ...this.actions]
    this.committingActions = []
    this.actions = []
    this.waiting = []
    this.committing = false
    this.events.clear()
    this.options.onHalt(error)
    for (const { whenHalted } of actions) whenHalted()
  }
}

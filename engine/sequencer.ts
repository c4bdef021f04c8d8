/**
 * Puts commands in order: stamps sequence number and time, appends to the log, applies to the exchange; and at the end of
 * the event-loop turn makes the batch durable and only then releases what it caused. All commands of a turn are one batch.
 *
 * What must stay true: nothing that reveals a command's effect leaves the process before that command is durable. So
 * whoever wants to show state to someone does it in `afterRelease`, where applied and released state are the same. After a
 * failed write they never are again: the sequencer is then halted for good, and a restart recovers what the log holds.
 */
import { decodeMessagePack, encodeMessagePack } from '../protocol/codec.ts'
import { messages } from '../protocol/messages.ts'
import { decodeOrderEntry } from '../protocol/order-entry-codec.ts'
import type { Clock } from './clock.ts'
import { Command, type ControlCommand, type Definition, doubleZero, EventBuffer, type Exchange } from './core/index.ts'
import type { CommandLog, LogRecord } from './log/command-log.ts'

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
  readonly stateHash: string
}

/** The log was read, but the exchange cannot carry out what it holds: another version of the engine wrote it. */
export class RecoveryError extends Error {
  constructor(sequence: number, cause: Error) {
    const advice = 'Run the version of the engine that wrote it, or start with an empty data folder.'
    super(`command ${sequence} of the log cannot be applied: ${cause.message}. ${advice}`, { cause })
  }
}

/** What waits for the end of a turn: exactly one of them is called. */
interface TurnEnd {
  readonly whenReleased: () => void
  readonly whenHalted: () => void
}

const controlTypes: ReadonlySet<string> = new Set<ControlCommand['type']>([
  'setProtection',
  'resetProtection',
  'changePhase',
  'changeLimit',
  'blockParticipant',
])

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
  private releasing = false
  private releasedSequence = doubleZero
  private actions: TurnEnd[] = []
  private deferred: [Definition, number][] = []
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
   * Applies the whole log to the exchange and releases its events. Must be called once, before anything is submitted.
   * @throws LogCorruptError if the log cannot be read
   * @throws RecoveryError if the exchange cannot carry out what the log holds
   */
  recover(): Recovery {
    const { exchange, events } = this
    const begun = this.options.clock.monotonicMs()
    let commands = 0
    this.log.replay((record) => {
      this.replay(record)
      commands++
      if (events.length >= recoveryBatchNumbers) this.releaseEvents()
    })
    this.releaseEvents()
    const now = this.options.clock.monotonicMs()
    this.timeOffsetUs = Math.max(this.options.clock.wallUs(), exchange.timeUs) - now * 1_000
    this.waitForTimer()
    return { commands, milliseconds: now - begun, stateHash: exchange.stateHash() }
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

  /** Sequences `command`, whose message is in `bytes` from `start` to `end`. Only while the state is `open`. */
  submitOrderEntry(session: number, bytes: Uint8Array, start: number, end: number): void {
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
    if (this.releasing) {
      // Applied now it would show in snapshots that are about to be taken, before it is durable.
      this.deferred.push([definition, session])
      return
    }
    if (this.currentState !== 'open') return
    this.submit(definition, session, (logged, sequence, timeUs) => {
      this.exchange.applyDefinition(logged, sequence, timeUs, session, this.events)
    })
  }

  /** Sequences a session's command that is not order entry. Only while the state is `open`. */
  submitControl(control: ControlCommand, session: number): void {
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
   * Runs `whenReleased` at the end of this turn, when everything that was submitted is released, or `whenHalted` if that
   * fails. Only while the state is `open`.
   */
  afterRelease(whenReleased: () => void, whenHalted = () => {}): void {
    this.actions.push({ whenReleased, whenHalted })
    if (!this.turnBegun) this.beginTurn()
  }

  /** Ends the turn now instead of when the event loop gets there. */
  endTurn(): void {
    if (!this.turnBegun || this.releasing) return
    if (this.currentState === 'open') this.commitAndRelease()
    this.turnBegun = false
    const deferred = this.deferred
    this.deferred = []
    for (const [definition, session] of deferred) this.submitDefinition(definition, session)
    if (this.actions.length > 0 && !this.turnBegun) this.beginTurn()
  }

  /** Ends the turn and closes the log. Nothing may be submitted afterwards. */
  close(): void {
    this.endTurn()
    // A release may have submitted something, a disconnection for one.
    this.endTurn()
    if (this.currentState !== 'open') return
    this.currentState = 'closed'
    this.callOffWake()
    this.log.close()
  }

  private beginTurn(): void {
    this.turnBegun = true
    this.turnMs = this.options.clock.monotonicMs()
    this.turnUs = Math.max(this.exchange.timeUs, Math.floor(this.timeOffsetUs + this.turnMs * 1_000))
    setImmediate(this.endTurnCallback)
  }

  private commitAndRelease(): void {
    try {
      this.log.commit()
    } catch (error) {
      this.halt(error as Error)
      return
    }
    this.releasing = true
    this.releaseEvents()
    const actions = this.actions
    this.actions = []
    for (const { whenReleased } of actions) whenReleased()
    this.releasing = false
    this.waitForTimer()
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
    if (this.currentState !== 'open') return
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

  private replay(record: LogRecord): void {
    const { command, events, exchange } = this
    try {
      if (decodeOrderEntry(record.bytes, record.start, record.end, command) === record.end) {
        command.sequence = record.sequence
        command.timeUs = record.timeUs
        command.session = record.session
        exchange.apply(command, events)
        return
      }
      const message = decodeMessagePack(record.bytes.subarray(record.start, record.end))
      if (controlTypes.has(message.type)) {
        exchange.applyControl(message as ControlCommand, record.sequence, record.timeUs, record.session, events)
        return
      }
      if (messages[message.type].from !== 'log') throw new Error(`${message.type} is not a command`)
      exchange.applyDefinition(message as Definition, record.sequence, record.timeUs, record.session, events)
    } catch (error) {
      throw new RecoveryError(record.sequence, error as Error)
    }
  }

  private halt(error: Error): void {
    if (this.currentState !== 'open') return
    this.currentState = 'halted'
    this.callOffWake()
    const actions = this.actions
    this.actions = []
    this.deferred = []
    this.events.clear()
    this.options.onHalt(error)
    for (const { whenHalted } of actions) whenHalted()
  }
}

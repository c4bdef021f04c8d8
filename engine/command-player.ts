/**
 * Carries out the commands of a log: recovery, the tools and the checks all understand a record the same way, which is
 * this one. Carried out in order they cause what they caused when they came.
 */
import { decodeMessagePack } from '../protocol/codec.ts'
import { messages } from '../protocol/messages.ts'
import { decodeOrderEntry } from '../protocol/order-entry-codec.ts'
import { Command, type ControlCommand, type Definition, type EventBuffer, type Exchange } from './core/index.ts'
import type { LogRecord } from './log/command-log.ts'

const advice = 'Run the version of the engine that wrote it, or start with an empty data folder.'

/** The log was read, but the exchange cannot carry out what it holds: another version of the engine wrote it. */
export class RecoveryError extends Error {
  readonly sequence: number
  /** What is wrong, and what can be done: the message's two halves. */
  readonly reason: string
  readonly action = advice

  constructor(sequence: number, cause: Error) {
    const reason = `command ${sequence} of the log cannot be applied: ${cause.message}`
    super(`${reason}. ${advice}`, { cause })
    this.sequence = sequence
    this.reason = reason
  }
}

/** What commands can be applied to: an exchange, or a model of it. */
export type CommandTarget = Pick<Exchange, 'apply' | 'applyControl' | 'applyDefinition'>

const controlTypes: ReadonlySet<string> = new Set<ControlCommand['type']>([
  'setProtection',
  'resetProtection',
  'changePhase',
  'changeLimit',
  'blockParticipant',
])

export class CommandPlayer {
  private readonly exchange: CommandTarget
  private readonly command = new Command()

  constructor(exchange: CommandTarget) {
    this.exchange = exchange
  }

  /**
   * Applies one record and appends what it causes to `out`.
   * @throws RecoveryError if the exchange cannot carry it out
   */
  play(record: LogRecord, out: EventBuffer): void {
    try {
      this.apply(record, out)
    } catch (error) {
      throw new RecoveryError(record.sequence, error as Error)
    }
  }

  private apply({ sequence, timeUs, session, bytes, start, end }: LogRecord, out: EventBuffer): void {
    const { command, exchange } = this
    if (decodeOrderEntry(bytes, start, end, command) === end) {
      command.sequence = sequence
      command.timeUs = timeUs
      command.session = session
      exchange.apply(command, out)
      return
    }
    const message = decodeMessagePack(bytes.subarray(start, end))
    if (controlTypes.has(message.type)) {
      exchange.applyControl(message as ControlCommand, sequence, timeUs, session, out)
      return
    }
    if (messages[message.type].from !== 'log') throw new Error(`${message.type} is not a command`)
    exchange.applyDefinition(message as Definition, sequence, timeUs, session, out)
  }
}

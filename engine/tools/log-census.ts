/** How many commands of each kind are in a log, and from whom. */
import { decodeMessagePack } from '../../protocol/codec.ts'
import { type MessageName, messageNameOf } from '../../protocol/messages.ts'
import { decodeOrderEntry } from '../../protocol/order-entry-codec.ts'
import { Command, Exchange } from '../core/index.ts'
import type { LogRecord } from '../log/command-log.ts'
import { Names, type SessionName } from './names.ts'

/** Of the engine's own commands the names are left out. */
export type SenderCount = Partial<SessionName> & { readonly commands: number }

export class LogCensus {
  private readonly command = new Command()
  private readonly byType = new Map<MessageName, number>()
  private readonly bySession = new Map<number, number>()
  private readonly participants = new Map<number, string>()
  private readonly sessions = new Map<number, { readonly participant: number; readonly session: string }>()

  /** @param before the exchange before the first command, if it has names already */
  constructor(before = new Exchange()) {
    const names = new Names(before)
    for (let number = 1; number <= before.sessionCount; number++) {
      const { participant } = before.session(number)!
      const name = names.session(number)!
      this.participants.set(participant, name.participant)
      this.sessions.set(number, { participant, session: name.session })
    }
  }

  add({ bytes, start, end, session }: LogRecord): void {
    const isOrderEntry = decodeOrderEntry(bytes, start, end, this.command) === end
    const type = isOrderEntry ? messageNameOf[this.command.type]! : this.takeNames(bytes.subarray(start, end))
    this.byType.set(type, (this.byType.get(type) ?? 0) + 1)
    this.bySession.set(session, (this.bySession.get(session) ?? 0) + 1)
  }

  /** Most frequent first. */
  get types(): { readonly type: MessageName; readonly commands: number }[] {
    const types = [...this.byType].map(([type, commands]) => ({ type, commands }))
    return types.sort((one, other) => other.commands - one.commands)
  }

  /** Busiest first. What the engine logs when a session comes or goes counts as the session's. */
  get senders(): SenderCount[] {
    const senders = [...this.bySession].map(([session, commands]) => ({ ...this.nameOf(session), commands }))
    return senders.sort((one, other) => other.commands - one.commands)
  }

  private nameOf(number: number): Partial<SessionName> {
    const named = this.sessions.get(number)
    if (named === undefined) return {}
    return { participant: this.participants.get(named.participant) ?? '', session: named.session }
  }

  /** Returns the type of a command that is not order entry. */
  private takeNames(bytes: Uint8Array): MessageName {
    const message = decodeMessagePack(bytes)
    if (message.type === 'participantDefined') this.participants.set(message.participant, message.name)
    if (message.type === 'sessionDefined') {
      this.sessions.set(message.session, { participant: message.participant, session: message.name })
    }
    return message.type
  }
}

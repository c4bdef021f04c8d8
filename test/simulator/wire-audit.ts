/**
 * Reads every frame that the engine hands to the network, and every one that clients do: what was sent must be in the log,
 * each session's events must come one after another, and no command may be in the log that nobody sent.
 */
import { crc32 } from 'node:zlib'
import { codecs, decodeMessagePack, encodeMessagePack } from '../../protocol/codec.ts'
import { enumerations, type Message, type MessageName, messages } from '../../protocol/messages.ts'
import { WireReader } from '../../protocol/wire.ts'
import {
  bookClaim,
  logonClaim,
  openOrdersClaim,
  orderStatusClaim,
  positionsClaim,
  statusClaim,
  topClaim,
} from './claims.ts'
import { type SessionIdentity, sessionOf, sessions } from './exchange-setup.ts'
import type { Frame, Wire, Wiretap } from './network.ts'
import { type Claim, type Reference, tradeKey } from './reference.ts'

const eventNames = new Set<MessageName>([
  ...(['accepted', 'rejected', 'filled', 'cancelled', 'replaced', 'triggered', 'expired', 'massCancelled'] as const),
  ...(['quoteAccepted', 'quoteRejected', 'massQuoted', 'protectionTriggered', 'carriedOut', 'reduced'] as const),
])
const commandNames = new Set<MessageName>([
  ...(['newOrder', 'cancelOrder', 'replaceOrder', 'massCancel', 'massQuote'] as const),
  ...(['setProtection', 'resetProtection', 'changePhase', 'changeLimit', 'blockParticipant'] as const),
])

function numbersOf(names: ReadonlySet<MessageName>): boolean[] {
  const is: boolean[] = []
  for (const name of names) is[messages[name].number] = true
  return is
}

const isEvent = numbersOf(eventNames)
const isCommand = numbersOf(commandNames)
/** Messages that say nothing about the state, or are not checked. */
const isTalk = numbersOf(new Set<MessageName>(['heartbeat', 'challenge', 'error', 'notice', 'instrumentList']))
const reader = new WireReader()

/** What a connection was told so far. */
interface Told {
  readonly session: SessionIdentity
  nextEvent: number
  /** Next event of each session of its drop copy. */
  readonly copies: Map<number, number>
}

export class WireAudit implements Wiretap {
  private readonly reference: Reference
  /** Sequence of the last command that the engine has released. */
  private readonly releasedSequence: () => number
  private readonly violated: (invariant: string, text: string) => void
  private readonly told = new Map<Wire, Told>()
  /** By session: every command that a client sent, by its ref. */
  private readonly commands: Map<number, Uint8Array[]>[] = []
  /** By session: the commands of the log that were to be carried out, not those that had been before; in order. */
  private readonly processed: { readonly sequence: number; readonly ref: number }[][] = []
  /** Of which session the next events of the frame are, and how many. */
  private copied: { session: number; left: number } | undefined
  /** The frame is JSON, and was turned into MessagePack here. */
  private isText = false

  constructor(
    reference: Reference,
    releasedSequence: () => number,
    violated: (invariant: string, text: string) => void,
  ) {
    this.reference = reference
    this.releasedSequence = releasedSequence
    this.violated = violated
  }

  fromEngine(wire: Wire, frame: Frame): void {
    this.copied = undefined
    this.isText = typeof frame === 'string'
    this.eachMessage(frame, (bytes, start, end, number, first, second) => {
      if (isEvent[number]) this.event(wire, bytes.subarray(start, end), first, second)
      else if (!isTalk[number]) this.message(wire, decodeMessagePack(bytes.subarray(start, end)))
    })
  }

  published(_topic: string, frame: Frame): void {
    this.eachMessage(frame, (bytes, start, end) => this.marketData(decodeMessagePack(bytes.subarray(start, end))))
  }

  fromClient(wire: Wire, frame: Frame): void {
    const { owner } = wire
    if (owner === 0) return
    this.eachMessage(frame, (bytes, start, end, number, ref) => {
      if (!isCommand[number]) return
      this.commands[owner] ??= new Map()
      const sent = this.commands[owner].get(ref)
      const copy = new Uint8Array(bytes.subarray(start, end))
      if (sent === undefined) this.commands[owner].set(ref, [copy])
      else if (!sent.some((other) => Buffer.compare(other, copy) === 0)) sent.push(copy)
    })
  }

  /** A record that goes into the log: if it is a client's command, some client must have sent it. */
  appended(sequence: number, session: number, bytes: Uint8Array): void {
    reader.reset(bytes, 0, bytes.length)
    reader.array()
    if (!isCommand[reader.uint()]) return
    const ref = reader.uint()
    this.processed[session] ??= []
    const processed = this.processed[session]
    if (ref > (processed.at(-1)?.ref ?? 0)) processed.push({ sequence, ref })
    const sent = this.commands[session]?.get(ref) ?? []
    if (sent.some((other) => Buffer.compare(other, bytes) === 0)) return
    const logged = JSON.stringify(decodeMessagePack(bytes))
    if (sent.some((other) => JSON.stringify(decodeMessagePack(other)) === logged)) return
    this.violated('I8', `the log has a command of session ${session} that nobody sent: ${logged}`)
  }

  /** The log ends here: what came after it is lost. */
  forgetAfter(sequence: number): void {
    for (const processed of this.processed) {
      while (processed !== undefined && processed.length > 0 && processed.at(-1)!.sequence > sequence) processed.pop()
    }
  }

  wasProcessed(session: number, ref: number): boolean {
    return this.processed[session]?.some((command) => command.ref === ref) ?? false
  }

  /** Refs of the commands of a session that were to be carried out. */
  processedRefs(session: number): readonly number[] {
    return (this.processed[session] ?? []).map(({ ref }) => ref)
  }

  private event(wire: Wire, message: Uint8Array, number: number, sequence: number): void {
    const told = this.told.get(wire)
    if (told === undefined) {
      this.violated('I6', `event ${number} was sent before the session was open`)
      return
    }
    const { copied } = this
    if (copied !== undefined && copied.left > 0) {
      copied.left -= 1
      this.inOrder(`copy of session ${copied.session}`, told.copies.get(copied.session) ?? number, number)
      told.copies.set(copied.session, number + 1)
      this.sent(copied.session, number, message, sequence)
      return
    }
    this.inOrder(`session ${told.session.session}`, told.nextEvent, number)
    told.nextEvent = number + 1
    this.sent(told.session.session, number, message, sequence)
  }

  private inOrder(whose: string, expected: number, number: number): void {
    if (number !== expected) this.violated('I6', `${whose} was sent event ${number} where ${expected} was due`)
  }

  private sent(session: number, number: number, message: Uint8Array, sequence: number): void {
    const ledger = this.reference.ledger(session)
    if (sequence > this.releasedSequence()) {
      this.violated('I8', `event ${number} of session ${session} was sent before command ${sequence} was durable`)
    }
    ledger.sentCount = Math.max(ledger.sentCount, number)
    if (this.isText) {
      this.sentAsText(session, number, message, sequence)
      return
    }
    const checksum = crc32(message)
    const before = ledger.sent[number] ?? ledger.logged[number]
    if (before !== undefined && before !== checksum) {
      this.violated('I6', `event ${number} of session ${session} was sent twice, with different contents`)
    }
    ledger.sent[number] = checksum
  }

  /** Bytes cannot be compared then: the encodings of defaults differ. */
  private sentAsText(session: number, number: number, message: Uint8Array, sequence: number): void {
    const told = JSON.stringify(decodeMessagePack(message))
    const check = () => {
      const bytes = this.reference.ledger(session).messages[number]
      const logged = bytes === undefined ? 'nothing' : JSON.stringify(decodeMessagePack(bytes))
      return logged === told ? undefined : `session ${session} was sent ${told}, but the log tells ${logged}`
    }
    const problem = sequence <= this.reference.exchange.sequence ? check() : undefined
    if (problem !== undefined) this.violated('I6', problem)
    if (sequence > this.reference.exchange.sequence) this.reference.claim({ sequence, check })
  }

  private message(wire: Wire, message: Message): void {
    if (message.type === 'logonResult') {
      const session = sessionOf(message.participant, message.session)!
      this.told.set(wire, { session, nextEvent: message.firstEvent, copies: new Map() })
      this.claim(logonClaim(message, session.session))
      return
    }
    const told = this.told.get(wire)
    // What a status channel begins with is the status as it was published last.
    if (message.type === 'status') return
    if (told === undefined) {
      this.marketData(message)
      return
    }
    const { session, participant, participantName } = told.session
    switch (message.type) {
      case 'position':
        this.claim(positionsClaim([message], participant))
        break
      case 'positions':
        this.claimBetween(told, positionsClaim(message.positions, participant))
        break
      case 'openOrders':
        this.claimBetween(told, openOrdersClaim(message.orders, session))
        break
      case 'orderStatus':
        this.claimBetween(told, orderStatusClaim(message, session))
        break
      case 'dropCopySubscribed':
        for (const { session: name, nextEvent } of message.sessions) {
          told.copies.set(sessionOf(participantName, name)!.session, nextEvent)
        }
        break
      case 'dropCopy': {
        const copied = sessions.find((one) => one.participant === participant && one.name === message.session)
        this.copied = { session: copied?.session ?? 0, left: message.eventCount }
        break
      }
      default:
        this.marketData(message)
    }
  }

  private marketData(message: Message): void {
    switch (message.type) {
      case 'bookSnapshot':
      case 'bookUpdate':
        this.claim(bookClaim(message))
        break
      case 'top':
        this.claim(topClaim(message))
        break
      case 'status':
        this.claim(statusClaim(message))
        break
      case 'trades': {
        const { instrument, trades } = message
        this.claim(() => {
          for (const { tradeId, priceTicks, quantityLots, aggressorSide } of trades) {
            const told = [instrument, priceTicks, quantityLots, enumerations.side[aggressorSide]]
            const logged = this.reference.trades.get(tradeKey(instrument, tradeId))
            if (logged?.join() !== told.join())
              return `trade ${tradeId} was sent as ${told}, but the log tells ${logged}`
          }
          return undefined
        })
        break
      }
    }
  }

  private claim(check: Claim['check']): void {
    this.reference.claim({ sequence: this.releasedSequence(), check })
  }

  /** Of an answer it is known which events it includes: those that were sent before it. */
  private claimBetween({ session, nextEvent }: Told, check: Claim['check']): void {
    this.reference.claimBetween({ session: session.session, nextEvent, check })
  }

  /** Hands over each message: where it lies, its number, and its first two fields if they are numbers. */
  private eachMessage(
    frame: Frame,
    hand: (bytes: Uint8Array, start: number, end: number, number: number, first: number, second: number) => void,
  ): void {
    let bytes: Uint8Array
    if (typeof frame !== 'string') bytes = frame
    else {
      try {
        bytes = Buffer.concat(codecs.json.decode(frame).map((message) => encodeMessagePack(message)))
      } catch {
        return
      }
    }
    for (let start = 0; start < bytes.length; ) {
      reader.reset(bytes, start, bytes.length)
      if (reader.array() < 1) return
      const number = reader.uint()
      const first = reader.uint()
      const second = reader.uint()
      reader.position = start
      if (!reader.skip()) return
      const end = reader.position
      hand(bytes, start, end, number, first, second)
      start = end
    }
  }
}

/**
 * What must have happened: every command that the log holds, applied from the first one on to an exchange of its own. It
 * goes on as the log's end becomes certain, and on its way is asked whatever the engine claimed of its state at a command.
 */
import { crc32 } from 'node:zlib'
import { CommandPlayer } from '../../engine/command-player.ts'
import { EventBuffer, Exchange, eventLayout, eventType, eventWidth, isPublicEvent } from '../../engine/core/index.ts'
import { encodeEventRecord } from '../../engine/gateway/event-record.ts'
import type { LogRecord } from '../../engine/log/index.ts'
import { maxEventBytes } from '../../protocol/event-codec.ts'
import { WireWriter } from '../../protocol/wire.ts'

const { DETAIL_1, INSTRUMENT, PRICE_TICKS, QUANTITY_LOTS, REF, SESSION, SIDE, TYPE } = eventLayout

/** Something that was said of the state after a command. Returns what is wrong with it. */
export interface Claim {
  readonly sequence: number
  readonly check: (exchange: Exchange) => string | undefined
}

/**
 * Something that was said to a session between two of its events, of a state that was then; which one it was, of those
 * with the same next event, is not known.
 */
export interface ClaimBetween {
  readonly session: number
  readonly nextEvent: number
  readonly check: Claim['check']
  /** What was wrong with it at the last of them. */
  problem?: string | undefined
}

/** A trade as market data tells it: instrument, price, quantity and side of the aggressor. */
export type Trade = readonly [instrument: number, priceTicks: number, quantityLots: number, side: number]

/** Trades are numbered within their instrument. */
export function tradeKey(instrument: number, tradeId: number): number {
  return tradeId * 8 + instrument
}

/** The events of one session, by number; index 0 is not used. */
export class EventLedger {
  /** What the events are by the log, as checksums of their messages. */
  readonly logged: number[] = [0]
  /** The messages themselves. */
  readonly messages: Uint8Array[] = [new Uint8Array(0)]
  /** What was sent of them, undefined where nothing was. */
  readonly sent: (number | undefined)[] = [0]
  /** Number of the last event that was sent. */
  sentCount = 0
  /** Ref of the last order that was accepted. */
  lastAccepted = 0

  get loggedCount(): number {
    return this.logged.length - 1
  }
}

const writer = new WireWriter(maxEventBytes)

export class Reference {
  readonly exchange = new Exchange(64)
  readonly trades = new Map<number, Trade>()
  private readonly player = new CommandPlayer(this.exchange)
  private readonly events = new EventBuffer(64)
  private readonly ledgers: EventLedger[] = []
  private claims: Claim[] = []
  private claimsBetween: ClaimBetween[] = []
  private readonly violated: (invariant: string, text: string) => void

  constructor(violated: (invariant: string, text: string) => void) {
    this.violated = violated
  }

  ledger(session: number): EventLedger {
    let ledger = this.ledgers[session]
    if (ledger === undefined) {
      ledger = new EventLedger()
      this.ledgers[session] = ledger
    }
    return ledger
  }

  /** Asks for a check of the state after command `sequence`, which the reference has not passed. */
  claim(claim: Claim): void {
    if (claim.sequence > this.exchange.sequence) this.claims.push(claim)
    else if (claim.sequence === this.exchange.sequence) this.check(claim)
    else
      this.violated(
        'I8',
        `something was said of command ${claim.sequence} after command ${this.exchange.sequence} was recovered`,
      )
  }

  claimBetween(claim: ClaimBetween): void {
    // That of which it is said may be behind, then nothing is known of it.
    if ((this.exchange.session(claim.session)?.nextEvent ?? 1) > claim.nextEvent) return
    this.claimsBetween.push(claim)
    this.checkBetween()
  }

  /** Carries on up to a command. */
  advance(records: readonly LogRecord[], sequence: number): void {
    const { exchange } = this
    const claims = this.claims.toSorted((one, other) => one.sequence - other.sequence)
    let next = 0
    for (;;) {
      while (next < claims.length && claims[next].sequence <= exchange.sequence) this.check(claims[next++])
      if (exchange.sequence >= sequence) break
      this.player.play(records[exchange.sequence], this.events)
      this.take()
      if (this.claimsBetween.length > 0) this.checkBetween()
    }
    this.claims = claims.slice(next)
    for (const claim of this.claims) {
      this.violated('I8', `something was said of command ${claim.sequence}, but the log ends with ${sequence}`)
    }
    this.claims = []
  }

  private check({ check, sequence }: Claim): void {
    const problem = check(this.exchange)
    if (problem !== undefined) this.violated('I8', `after command ${sequence}: ${problem}`)
  }

  private checkBetween(): void {
    this.claimsBetween = this.claimsBetween.filter((claim) => {
      const nextEvent = this.exchange.session(claim.session)?.nextEvent ?? 1
      if (nextEvent < claim.nextEvent) return true
      if (nextEvent > claim.nextEvent) {
        this.violated(
          'I8',
          `before event ${claim.nextEvent}: ${claim.problem ?? 'the event was not the next at any time'}`,
        )
        return false
      }
      claim.problem = claim.check(this.exchange)
      return claim.problem !== undefined
    })
  }

  private take(): void {
    const { data, length } = this.events
    for (let base = 0; base < length; base += eventWidth(data[base + TYPE])) {
      const type = data[base + TYPE]
      if (type === eventType.traded) {
        const trade = [data[base + INSTRUMENT], data[base + PRICE_TICKS], data[base + QUANTITY_LOTS], data[base + SIDE]]
        this.trades.set(tradeKey(data[base + INSTRUMENT], data[base + DETAIL_1]), trade as unknown as Trade)
      }
      if (!isPublicEvent(type) && type !== eventType.duplicateRef) this.takePrivate(data, base)
    }
    this.events.clear()
  }

  private takePrivate(data: Float64Array, base: number): void {
    const session = data[base + SESSION]
    const ledger = this.ledger(session)
    writer.position = 0
    encodeEventRecord(writer, data, base)
    const message = writer.bytes.slice(0, writer.position)
    const checksum = crc32(message)
    const number = ledger.logged.push(checksum) - 1
    ledger.messages.push(message)
    const sent = ledger.sent[number]
    if (sent !== undefined && sent !== checksum) {
      this.violated('I6', `event ${number} of session ${session} was sent otherwise than the log tells it`)
    }
    if (data[base + TYPE] !== eventType.accepted) return
    const ref = data[base + REF]
    if (ref <= ledger.lastAccepted) this.violated('I2', `order ${ref} of session ${session} was accepted twice`)
    ledger.lastAccepted = ref
  }
}

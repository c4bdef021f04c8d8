/**
 * Knows what must hold and watches that it does. It stands outside of the engine: it sees what goes into the log and what
 * goes onto the wire, and what a recovered engine says of itself, and holds each against the others.
 *
 * I1  nothing acknowledged is lost       I5  orders trade as in the naive exchange
 * I2  nothing is done twice              I6  every client's events are without a gap and as the log tells them
 * I3  live, recovered and replayed       I7  no book is crossed
 *     state are the same                 I8  nothing is sent that is not in the log
 * I4  positions and money are conserved
 *
 * and three more: `availability`, the engine starts unless the disk gives it a reason not to; `liveness`, once all is well
 * again everything is answered; `fault`, no error that only a fault of the engine or the client explains.
 */

import type { Exchange } from '../../engine/core/index.ts'
import type { CommandLog, LogPosition, LogRecord } from '../../engine/log/command-log.ts'
import { enumerations } from '../../protocol/messages.ts'
import { instrumentDefinitions } from './exchange-setup.ts'
import { Reference } from './reference.ts'
import type { Trace } from './trace.ts'
import { ProcessKilled } from './virtual-process.ts'
import type { VirtualTime } from './virtual-time.ts'
import { WireAudit } from './wire-audit.ts'

const { buy, sell } = enumerations.side
const { continuous } = enumerations.phase

export type Invariant = `I${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8}` | 'availability' | 'liveness' | 'fault'

export interface Violation {
  readonly invariant: Invariant
  readonly text: string
}

/** A run of the engine as far as it is watched. */
export interface WatchedEngine {
  readonly exchange: Exchange
  readonly sequencer: { readonly sequence: number }
}

/** A turn of the event loop, and all that waits for a slow disk. */
const tolerableDriftUs = 6_000_000
/** One release in so many is held to the state that its live exchange has. */
const releasesPerHash = 32

export class Oracle {
  /** The first. */
  violation: Violation | undefined
  readonly reference: Reference
  readonly audit: WireAudit
  /** Every command that was appended, by sequence; those that the log lost are replaced by those that came in their place. */
  readonly records: LogRecord[] = []
  /** Sequence of the last command that the log called durable. */
  durableSequence = 0
  engine: WatchedEngine | undefined
  private releases = 0
  /** What the time of the first command of this run of the engine and the time that it was were apart. */
  private logTimeOffsetUs: number | undefined
  private readonly time: VirtualTime
  private readonly trace: Trace

  constructor(time: VirtualTime, trace: Trace) {
    this.time = time
    this.trace = trace
    const violated = (invariant: string, text: string) => this.violated(invariant as Invariant, text)
    this.reference = new Reference(violated)
    this.audit = new WireAudit(this.reference, () => this.engine?.sequencer.sequence ?? 0, violated)
  }

  violated(invariant: Invariant, text: string): void {
    if (this.violation !== undefined) return
    this.violation = { invariant, text }
    this.trace.note('oracle', 'VIOLATION', 0, 0, `${invariant}: ${text}`)
  }

  /** Something threw what it should not have. */
  faulted(what: string, error: unknown): void {
    if (error instanceof ProcessKilled || (error as Error | undefined)?.cause instanceof ProcessKilled) return
    this.violated('fault', `${what}: ${error instanceof Error ? error.stack : error}`)
  }

  /** The log as the sequencer sees it, with what goes into it noted. */
  watchLog(log: CommandLog): CommandLog {
    const oracle = this
    return {
      get identity() {
        return log.identity
      },
      get position() {
        return log.position
      },
      get isCommitting() {
        return log.isCommitting
      },
      replay: (visit: (record: LogRecord) => void, after?: LogPosition) => log.replay(visit, after),
      append(sequence, timeUs, session, bytes, start, end) {
        log.append(sequence, timeUs, session, bytes, start, end)
        oracle.appended(sequence, timeUs, session, new Uint8Array(bytes.subarray(start, end)))
      },
      commit: (done) => log.commit(done),
      close: () => log.close(),
    }
  }

  /** The engine has read what it holds, and is about to serve. */
  recovered(engine: WatchedEngine): void {
    this.engine = engine
    this.logTimeOffsetUs = undefined
    const { exchange } = engine
    const { sequence } = exchange
    this.trace.note('engine', 'recovered', sequence, this.durableSequence)
    if (sequence < this.durableSequence) {
      this.violated('I1', `command ${this.durableSequence} was acknowledged, but the engine came back with ${sequence}`)
      return
    }
    if (sequence > this.records.length) {
      this.violated('I8', `the log ends with command ${sequence}, but ${this.records.length} were ever written`)
      return
    }
    this.records.length = sequence
    this.audit.forgetAfter(sequence)
    this.durableSequence = sequence
    this.advance()
    const hash = this.reference.exchange.stateHash()
    if (exchange.stateHash() !== hash) this.violated('I3', `the state recovered at ${sequence} is not that of a replay`)
    this.checkSent()
    this.checkMarket()
  }

  /** Commands are durable and about to be told. */
  released(engine: WatchedEngine): void {
    const { sequence } = engine.exchange
    this.engine = engine
    this.durableSequence = Math.max(this.durableSequence, sequence)
    this.releases += 1
    if (this.releases % releasesPerHash === 0) this.claimHash(engine)
  }

  halted(_engine: WatchedEngine): void {
    this.trace.note('engine', 'halted')
  }

  snapshotTaken(sequence: number): void {
    this.trace.note('engine', 'snapshot', sequence)
  }

  /** What is known for certain now is held against what was said. */
  advance(): void {
    this.reference.advance(this.records, this.durableSequence)
  }

  /** Every event that was sent is in the log. */
  checkSent(): void {
    for (let session = 1; session <= this.reference.exchange.sessionCount; session += 1) {
      const { sentCount, loggedCount } = this.reference.ledger(session)
      if (sentCount <= loggedCount) continue
      this.violated('I8', `session ${session} was sent event ${sentCount}, but the log tells ${loggedCount}`)
    }
  }

  /** What any exchange must keep at any time, as far as it is quickly found out. */
  checkMarket(): void {
    const { exchange } = this.reference
    if (exchange.instruments.length <= instrumentDefinitions.length) return
    for (const { instrument } of instrumentDefinitions) {
      const accounts = exchange.accounts().filter((account) => account.instrument === instrument)
      const lots = accounts.reduce((sum, { positionLots }) => sum + positionLots, 0)
      const minor = accounts.reduce((sum, { cashMinor, feesMinor }) => sum + cashMinor + feesMinor, 0)
      if (lots !== 0 || minor !== 0) this.violated('I4', `instrument ${instrument}: ${lots} lots, ${minor} of money`)
      const [bid, ask] = [exchange.bestPriceTicks(instrument, buy), exchange.bestPriceTicks(instrument, sell)]
      const isCrossed = bid !== 0 && ask !== 0 && bid >= ask
      if (isCrossed && exchange.phase(instrument) === continuous) {
        this.violated('I7', `instrument ${instrument}: a bid of ${bid} and an ask of ${ask}`)
      }
    }
  }

  /** As long as an engine lives, the log's time goes on as time does, whatever anybody sets a clock to. */
  private checkTime(sequence: number, timeUs: number): void {
    const { nowUs } = this.time
    this.logTimeOffsetUs ??= timeUs - nowUs
    const driftUs = timeUs - nowUs - this.logTimeOffsetUs
    if (Math.abs(driftUs) < tolerableDriftUs) return
    this.violated(
      'I3',
      `command ${sequence} is ${driftUs / 1e6} s off the time that passed since the engine was started`,
    )
  }

  private claimHash({ exchange }: WatchedEngine): void {
    const hash = exchange.stateHash()
    const check = (replayed: { stateHash(): string }) =>
      replayed.stateHash() === hash ? undefined : 'the live state was not that of a replay'
    this.reference.claim({ sequence: exchange.sequence, check })
  }

  private appended(sequence: number, timeUs: number, session: number, bytes: Uint8Array): void {
    const before = this.records.at(-1)
    if (sequence !== this.records.length + 1) {
      this.violated('I1', `command ${sequence} was appended after ${this.records.length}`)
    }
    if (before !== undefined && timeUs < before.timeUs)
      this.violated('I3', `time went backwards at command ${sequence}`)
    this.checkTime(sequence, timeUs)
    this.records.push({ sequence, timeUs, session, bytes, start: 0, end: bytes.length })
    if (session !== 0) this.audit.appended(sequence, session, bytes)
  }
}

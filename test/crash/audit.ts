/**
 * The independent checker: reads the journal as it lies on the disk and the clients' own records, replays the log, and
 * holds everything against everything. It goes on where it stood, so that each look costs what happened since the last.
 */
import { join } from 'node:path'
import { decodeMessagePack } from '../../protocol/codec.ts'
import { RecordReader } from './client-record.ts'
import { marketDataName, nameOf, type SessionSetup } from './exchange.ts'
import { JournalFiles, type LoggedCommand } from './journal-files.ts'
import { LogReplay } from './log-replay.ts'
import { MarketDataAudit } from './market-data-audit.ts'
import { SessionAudit } from './session-audit.ts'
import type { Invariant, Violation } from './violations.ts'

export interface Evidence {
  /** Folders where segments of the journal lie. */
  readonly journal: readonly string[]
  /** Folder of the clients' records. */
  readonly records: string
  readonly sessions: readonly SessionSetup[]
}

interface ExpectedHash {
  readonly sequence: number
  readonly hash: string
  readonly of: string
}

/** More of them say nothing new. */
const mostViolations = 20
const mostText = 600
/** Commands after which whoever else waits for the processor gets a turn. */
const commandsPerTurn = 100

export class Audit {
  readonly violations: Violation[] = []
  commandCount = 0
  hashCount = 0
  readonly replay: LogReplay
  private readonly journal: JournalFiles
  private readonly sessions: readonly {
    readonly name: string
    readonly record: RecordReader
    readonly audit: SessionAudit
  }[]
  private readonly marketRecord: RecordReader
  private readonly market: MarketDataAudit
  /** What was read and not looked at yet. */
  private commands: LoggedCommand[] = []
  /** How many entries of each session, and of market data, the commands that were read cover. */
  private covered: number[] = []
  private hashes: ExpectedHash[] = []
  private reportedFaults = 0

  constructor({ journal, records, sessions }: Evidence) {
    const report = (invariant: Invariant, text: string) => this.report(invariant, text)
    this.replay = new LogReplay(report)
    this.journal = new JournalFiles(...journal)
    this.sessions = sessions.map((setup) => {
      const name = nameOf(setup)
      return { name, record: new RecordReader(join(records, name)), audit: new SessionAudit(setup, report) }
    })
    this.marketRecord = new RecordReader(join(records, marketDataName))
    this.market = new MarketDataAudit(report)
  }

  /** Events and market data messages that were compared. */
  get checkedCount(): number {
    return this.sessions.reduce((sum, { audit }) => sum + audit.eventCount, this.market.messageCount)
  }

  /** A hash that was told by the engine; looked at when the replay gets to that command. */
  expectHash(sequence: number, hash: string, of: string): void {
    if (sequence < this.replay.sequence) throw new Error(`the replay is at command ${this.replay.sequence} already`)
    this.hashes.push({ sequence, hash, of })
    this.checkHashes()
  }

  /**
   * Reads what was written since. Quick, so that it can be done before an engine that was killed is started again. What
   * was told is in the log already, and what is in the log was sent: hence the order.
   */
  gather(): void {
    this.readRecords()
    this.covered = [...this.sessions.map(({ audit }) => audit.waitingCount), this.market.waitingCount]
    this.commands.push(...this.journal.read())
    this.readRecords()
  }

  /** Looks at what was gathered. */
  async examine(): Promise<void> {
    this.reportFaults()
    const commands = this.commands
    this.commands = []
    for (const [index, command] of commands.entries()) {
      if (!this.apply(command)) break
      if (index % commandsPerTurn === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    const { replay } = this
    this.sessions.forEach(({ name, audit }, index) => {
      if (replay.sessions.has(name)) audit.check(replay, this.covered[index])
    })
    for (const { name } of this.sessions) this.forgetTold(name)
    this.market.check(replay, this.covered[this.sessions.length])
    replay.checkState()
  }

  /** Whether every client was told everything. */
  get isComplete(): boolean {
    return this.sessions.every(({ name }) => {
      const { events, firstEvent } = this.replay.sessions.get(name)!
      return this.nextEventOf(name) === firstEvent + events.length
    })
  }

  /** When nothing is under way: every client was told everything. */
  checkComplete(): void {
    for (const { name } of this.sessions) {
      const { events, firstEvent } = this.replay.sessions.get(name)!
      const next = this.nextEventOf(name)
      const last = firstEvent + events.length - 1
      if (next <= last) this.report('I6', `${name}: events ${next} to ${last} were not told to everyone`)
    }
  }

  /** What clients are answered from now on counts. */
  beginAnswers(): void {
    for (const { audit } of this.sessions) audit.forgetAnswers()
  }

  /** When nothing happened since `beginAnswers`: every client asked for its orders and positions and was told what is right. */
  checkAnswers(): void {
    for (const { name, audit } of this.sessions) audit.checkAnswers(this.replay.stateOf(name))
  }

  /** Reads the whole journal once more: none of it may have changed. */
  checkPast(): void {
    this.journal.checkPast()
    this.reportFaults()
  }

  /** Number of the next event of a session that somebody will be told. */
  private nextEventOf(name: string): number {
    return Math.min(
      ...this.sessions.map(({ name: other, audit }) => {
        const copied = audit.dropCopy.nextEventOf(name)
        return other === name ? Math.min(audit.nextEvent, copied) : copied
      }),
    )
  }

  private forgetTold(name: string): void {
    const session = this.replay.sessions.get(name)
    if (session !== undefined) this.replay.forget(session, this.nextEventOf(name))
  }

  private readRecords(): void {
    for (const { record, audit } of this.sessions) audit.take(record.read())
    this.market.take(this.marketRecord.read())
  }

  /** @returns false if the replay cannot go on */
  private apply(command: LoggedCommand): boolean {
    try {
      const message = decodeMessagePack(command.message)
      this.replay.apply(command, message)
      if ('ref' in message) this.auditOf(command.session)?.logged(message as typeof message & { ref: number })
    } catch (error) {
      this.report('I8', `command ${command.sequence} of the log cannot be applied: ${(error as Error).message}`)
      return false
    }
    this.commandCount += 1
    this.checkHashes()
    return true
  }

  private auditOf(session: number): SessionAudit | undefined {
    const { naive } = this.replay
    const { name, participant } = naive.session(session)!
    const full = nameOf({ participant: naive.participant(participant)!.name, session: name })
    return this.sessions.find((one) => one.name === full)?.audit
  }

  private checkHashes(): void {
    const { real, sequence } = this.replay
    while (this.hashes.length > 0 && this.hashes[0].sequence === sequence) {
      const { hash, of } = this.hashes.shift()!
      this.hashCount += 1
      const expected = real.stateHash()
      if (hash !== expected)
        this.report('I3', `${of} has hash ${hash} at command ${sequence}, the log gives ${expected}`)
    }
  }

  private reportFaults(): void {
    for (const text of this.journal.faults.slice(this.reportedFaults)) this.report('I1', `the journal: ${text}`)
    this.reportedFaults = this.journal.faults.length
  }

  private report(invariant: Invariant, text: string): void {
    if (this.violations.length === mostViolations) return
    this.violations.push({ invariant, text: text.length > mostText ? `${text.slice(0, mostText)} …` : text })
  }
}

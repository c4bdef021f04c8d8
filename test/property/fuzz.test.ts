/**
 * Whatever can be decoded of arbitrary bytes may be applied: the exchange never throws, tells whole numbers only, and
 * keeps its invariants. FUZZ_SEED and FUZZ_COMMANDS choose another and a longer run; a failure names its seed and
 * command.
 */
import { describe, expect, it } from 'vitest'
import {
  Command,
  type ControlCommand,
  type Definition,
  EventBuffer,
  Exchange,
  type InstrumentDefinition,
} from '../../engine/core/index.ts'
import { plainDefinition } from '../../engine/core/instrument-fixture.ts'
import { wideLimits } from '../../engine/core/participant-fixture.ts'
import { limits } from '../../protocol/limits.ts'
import { enumerations } from '../../protocol/messages.ts'
import { decodeOrderEntry } from '../../protocol/order-entry-codec.ts'
import { decode, FuzzSource } from './fuzz-source.ts'
import { brokenInvariant, EventNumbers, selfTrade } from './invariants.ts'
import type { RiskLimits, SelfTradePrevention, Setup } from './steps.ts'

const seed = Number(process.env.FUZZ_SEED ?? 20_261_120)
const commandCount = Number(process.env.FUZZ_COMMANDS ?? 50_000)
/** Checking all state after each command would take most of the time. */
const commandsPerCheck = 25
/** 2023-11-14, 22:13:20 UTC. */
const startTimeUs = 1_700_000_000_000_000

const plain: InstrumentDefinition = {
  ...plainDefinition,
  maxPriceTicks: limits.maxPriceTicks,
  maxOrderQuantityLots: limits.maxQuantityLots,
  makerFeeRate: -25,
  takerFeeRate: 3_333,
  quoteMaxSpreadTicks: 8,
  quoteMinQuantityLots: 2,
}
const schedule = '00:00 preOpen, 00:10 continuous, 23:00 closingAuction, 23:30 closed'
/** One with every price, one that halts, one with bands and a schedule, one that reaches the ledger's range. */
const instruments: InstrumentDefinition[] = [
  plain,
  { ...plain, staticBandBasisPoints: 500, dynamicBandBasisPoints: 200, haltDurationMs: 1, auctionDurationMs: 2 },
  { ...plain, minPriceTicks: 60, maxPriceTicks: 130, priceBandBasisPoints: 600, schedule },
  { ...plain, maxPriceTicks: 1_000, tickValueMinor: 2 ** 33, maxOrderQuantityLots: 500 },
].map((row, index) => ({ ...row, instrument: index + 1, symbol: `I${index + 1}` }))

const wide: RiskLimits = {
  ...wideLimits,
  maxPositionLots: Number.MAX_SAFE_INTEGER,
  maxOpenOrders: 300,
  isAdmin: false,
}
const participants: RiskLimits[] = [
  wide,
  { ...wide, maxPositionLots: 500, maxGrossExposureMinor: 2 ** 50, maxDailyLossMinor: 2 ** 48 },
  { ...wide, maxMessagesPerSecond: 400, maxDuplicateOrders: 2, duplicateWindowMs: 50 },
  { ...wide, isAdmin: true },
]
const modes: readonly SelfTradePrevention[] = ['cancelNewest', 'cancelOldest', 'cancelBoth', 'decrement']
const sessions = [1, 1, 2, 2, 3, 4].map((participant, index) => ({
  participant,
  selfTradePrevention: modes[index % modes.length],
}))
const setup: Setup = { instruments, participants, sessions }
/** Until all of the setup is there, the invariants have nothing to look at. */
const setupCommands = instruments.length + participants.length + 2 * sessions.length
const riskLimitNames = Object.keys(enumerations.riskLimit) as (keyof typeof enumerations.riskLimit)[]
const participantNames = participants.map((_, index) => `p${index + 1}`)

class Fuzzer {
  readonly exchange = new Exchange(1)
  readonly out = new EventBuffer()
  private readonly source = new FuzzSource(seed)
  private readonly eventNumbers = new EventNumbers()
  private readonly command = new Command()
  private sequence = 0
  private timeUs = startTimeUs
  decoded = 0

  constructor() {
    for (const row of instruments) this.define({ type: 'instrumentDefined', instruments: [row] })
    for (const [index, bounds] of participants.entries()) {
      this.define({ type: 'participantDefined', participant: index + 1, name: participantNames[index], ...bounds })
    }
    for (const [index, definition] of sessions.entries()) {
      this.define({ type: 'sessionDefined', session: index + 1, name: `s${index + 1}`, ...definition })
      this.define({ type: 'sessionConnected', cancelOnDisconnect: true }, index + 1)
    }
  }

  /** Sends one frame, or lets something else happen. */
  step(): void {
    const { source } = this
    const session = 1 + source.below(sessions.length)
    this.passTime()
    const chance = source.below(1_000)
    if (chance === 0) this.define({ type: 'sessionDisconnected' }, session)
    else if (chance === 1) this.define({ type: 'sessionConnected', cancelOnDisconnect: source.below(2) === 0 }, session)
    else if (chance < 8) this.openUp()
    else this.send(session)
  }

  private send(session: number): void {
    const { exchange, command, source } = this
    const { lastRef } = exchange.session(session)!
    const hints = { lastRef, timeUs: this.timeUs, instrumentCount: instruments.length, participants: participantNames }
    const frame = source.frame(hints)
    const isOrderEntry = decodeOrderEntry(frame, 0, frame.length, command) !== -1
    const message = isOrderEntry ? undefined : decode(frame)
    if (!isOrderEntry && message === undefined) return
    this.decoded++
    const ref = this.bounded(message?.ref ?? command.ref, lastRef)
    this.begin()
    const { sequence, timeUs } = this
    if (message === undefined) exchange.apply(Object.assign(command, { session, ref, sequence, timeUs }), this.out)
    else exchange.applyControl({ ...(message as ControlCommand), ref }, sequence, timeUs, session, this.out)
    this.check()
  }

  /** A ref far ahead would be the last one of its session. */
  private bounded(ref: number, lastRef: number): number {
    return ref > lastRef + 1_000 ? lastRef + 1 : ref
  }

  /** An admin's session ends what stops trade: blocks, halts, and limits that came out narrow. */
  private openUp(): void {
    const admin = sessions.length
    for (const [index, participant] of participantNames.entries()) {
      this.control({ type: 'blockParticipant', ref: 0, participant, blocked: false }, admin)
      for (const limit of riskLimitNames) {
        this.control({ type: 'changeLimit', ref: 0, participant, limit, value: participants[index][limit] }, admin)
      }
    }
    for (const { instrument } of instruments) {
      this.control({ type: 'changePhase', ref: 0, instrument, phase: 'continuous' }, admin)
    }
  }

  private control(command: ControlCommand, session: number): void {
    const ref = this.exchange.session(session)!.lastRef + 1
    this.begin()
    this.exchange.applyControl({ ...command, ref }, this.sequence, this.timeUs, session, this.out)
    this.check()
  }

  private define(definition: Definition, session = 0): void {
    this.begin()
    this.exchange.applyDefinition(definition, this.sequence, this.timeUs, session, this.out)
    this.check()
  }

  /** Mostly microseconds, at times an hour. */
  private passTime(): void {
    const { source } = this
    this.timeUs += source.below(200)
    if (source.below(100) === 0) this.timeUs += source.below(200_000)
    if (source.below(4_000) === 0) this.timeUs += source.below(3_600_000_000)
  }

  private begin(): void {
    this.out.clear()
    this.sequence++
  }

  /** Throws if the command just applied broke anything. */
  private check(): void {
    const { exchange, out, sequence } = this
    const fraction = out.data.subarray(0, out.length).find((value) => !Number.isSafeInteger(value))
    const broken =
      (fraction === undefined ? undefined : `an event says ${fraction}`) ??
      this.eventNumbers.broken(out) ??
      selfTrade(out, setup) ??
      (sequence > setupCommands && sequence % commandsPerCheck === 0 ? brokenInvariant(exchange, setup) : undefined)
    if (broken) throw new Error(`command ${sequence}: ${broken}`)
  }
}

describe(`arbitrary bytes, seed ${seed}, ${commandCount} of them commands`, () => {
  it('are carried out or rejected, and break nothing', { timeout: 60_000 + commandCount * 10 }, () => {
    const fuzzer = new Fuzzer()
    while (fuzzer.decoded < commandCount) fuzzer.step()
    const { exchange } = fuzzer
    expect(brokenInvariant(exchange, setup)).toBeUndefined()
    expect(Exchange.fromImage(exchange.image()).stateHash()).toBe(exchange.stateHash())
    // It was no idle talk.
    for (const { instrument } of instruments)
      expect(exchange.tradeCount(instrument)).toBeGreaterThan(commandCount / 500)
  })
})

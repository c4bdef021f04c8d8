/**
 * The exchange as a pure, synchronous, deterministic state machine: commands in, events out, nothing else. The same
 * commands give the same state and the same events, byte for byte, on any machine.
 *
 * Order entry goes through `apply`, one flat command at a time; everything else that the log holds (definitions, sessions
 * coming and going) through `applyDefinition`.
 */
import { enumerations, type Message } from '../../protocol/messages.ts'
import type { AccountState } from './accounts.ts'
import { levelLayout } from './book/level-pool.ts'
import { orderLayout } from './book/order-pool.ts'
import { type Command, commandType } from './command.ts'
import { unsigned } from './double-zero.ts'
import { EventWriter } from './event-writer.ts'
import type { EventBuffer } from './events.ts'
import type { Instrument, InstrumentDefinition } from './instrument.ts'
import { OrderEntry } from './order-entry.ts'
import type { ParticipantState } from './participants.ts'
import type { SessionState } from './sessions.ts'
import { ExchangeState } from './state.ts'
import { hashState, type OrderState, orderStateOf } from './state-hash.ts'

const { HEAD, LEVEL_PRICE, LEVEL_SIZE, ORDER_COUNT } = levelLayout
const { NEXT, ORDER_SIZE } = orderLayout
const { newOrder, cancelOrder, replaceOrder, massCancel } = commandType
const { cancelReason, side: sides } = enumerations

export type Definition = Message<
  'instrumentDefined' | 'participantDefined' | 'sessionDefined' | 'sessionConnected' | 'sessionDisconnected'
>

export interface LevelState {
  readonly priceTicks: number
  readonly quantityLots: number
  readonly orderCount: number
}

export class Exchange {
  private readonly state: ExchangeState
  private readonly events: EventWriter
  private readonly orderEntry: OrderEntry
  /** Sequence number of the state that was hashed last, and its hash. */
  private hashedSequence = -1
  private hash = ''

  /** @param orderCapacity open orders that memory is set aside for; more is taken as needed */
  constructor(orderCapacity = 65_536) {
    this.state = new ExchangeState(orderCapacity)
    this.events = new EventWriter(this.state.memory, this.state.sessions)
    this.orderEntry = new OrderEntry(this.state, this.events)
  }

  /**
   * Applies one order-entry command and appends what it causes to `out`. Whatever its fields say, it is either carried out
   * or rejected; it throws only if the caller broke the order of sequence numbers or times, or made up a session or type.
   */
  apply(command: Command, out: EventBuffer): void {
    this.begin(command.sequence, command.timeUs, out)
    const { sessions } = this.state
    const { session, ref } = command
    if (!sessions.exists(session)) throw new Error(`command ${command.sequence} is of unknown session ${session}`)
    const lastRef = sessions.lastRef(session)
    if (ref <= lastRef) {
      this.events.duplicateRef(session, ref, lastRef)
      return
    }
    sessions.setLastRef(session, ref)
    switch (command.type) {
      case newOrder:
        this.orderEntry.newOrder(command)
        break
      case cancelOrder:
        this.orderEntry.cancelOrder(command)
        break
      case replaceOrder:
        this.orderEntry.replaceOrder(command)
        break
      case massCancel:
        this.orderEntry.massCancel(command)
        break
      default:
        throw new Error(`command ${command.sequence} has type ${command.type}, which is not order entry`)
    }
  }

  /** Applies one command of the log that is not order entry. `session` is the record's. */
  applyDefinition(definition: Definition, sequence: number, timeUs: number, session: number, out: EventBuffer): void {
    this.begin(sequence, timeUs, out)
    const { state } = this
    switch (definition.type) {
      case 'instrumentDefined':
        for (const row of definition.instruments) state.defineInstrument(row, this.orderEntry)
        break
      case 'participantDefined':
        state.participants.define(definition)
        break
      case 'sessionDefined':
        if (state.participants.state(definition.participant) === undefined) {
          throw new Error(`session ${definition.session} is of unknown participant ${definition.participant}`)
        }
        state.sessions.define(definition.session, definition.participant, definition.name)
        break
      case 'sessionConnected':
        state.sessions.setConnected(session, definition.cancelOnDisconnect)
        break
      case 'sessionDisconnected':
        if (state.sessions.setDisconnected(session)) {
          this.orderEntry.cancelAll(session, 0, 0, sides.any, cancelReason.disconnected)
        }
        break
    }
  }

  /** Sequence number of the last command applied; 0 before the first. */
  get sequence(): number {
    return unsigned(this.state.sequence)
  }

  /** Time of the last command applied, microseconds. */
  get timeUs(): number {
    return unsigned(this.state.timeUs)
  }

  get sessionCount(): number {
    return this.state.sessions.count
  }

  get participantCount(): number {
    return this.state.participants.count
  }

  get openOrderCount(): number {
    return this.state.memory.orders.size
  }

  session(session: number): SessionState | undefined {
    return this.state.sessions.state(session)
  }

  participant(participant: number): ParticipantState | undefined {
    return this.state.participants.state(participant)
  }

  /** Definitions by instrument number; index 0 is never used. */
  get instruments(): readonly (InstrumentDefinition | undefined)[] {
    return this.state.instruments.map((instrument) => instrument?.definition)
  }

  /** Every account (participant × instrument) that was ever used. */
  accounts(): AccountState[] {
    return this.state.accounts.list()
  }

  /** Best price of one side, 0 if the side is empty. */
  bestPriceTicks(instrument: number, side: number): number {
    return this.instrument(instrument).book.bestPriceTicks(side)
  }

  /** Open quantity at the best price of one side. */
  bestQuantityLots(instrument: number, side: number): number {
    const level = this.instrument(instrument).book.best(side)
    return level === 0 ? 0 : this.state.memory.levels.totalLots(level)
  }

  /** Price of the last trade, 0 before the first. */
  lastPriceTicks(instrument: number): number {
    return this.instrument(instrument).lastPriceTicks
  }

  tradeCount(instrument: number): number {
    return unsigned(this.instrument(instrument).tradeCount)
  }

  volumeLots(instrument: number): number {
    return unsigned(this.instrument(instrument).volumeLots)
  }

  /** Order-entry commands that concerned this instrument, whatever came of them. */
  commandCount(instrument: number): number {
    return unsigned(this.instrument(instrument).commandCount)
  }

  /** Levels of one side, best first. */
  levels(instrument: number, side: number): LevelState[] {
    const { book } = this.instrument(instrument)
    const { levels } = this.state.memory
    const list: LevelState[] = []
    for (let level = book.best(side); level !== 0; level = book.worse(side, level)) {
      list.push({
        priceTicks: levels.int32[level * LEVEL_SIZE + LEVEL_PRICE],
        quantityLots: levels.totalLots(level),
        orderCount: levels.int32[level * LEVEL_SIZE + ORDER_COUNT],
      })
    }
    return list
  }

  /** Open orders of one side in priority order. */
  orders(instrument: number, side: number): OrderState[] {
    const { book } = this.instrument(instrument)
    const { levels, orders } = this.state.memory
    const list: OrderState[] = []
    for (let level = book.best(side); level !== 0; level = book.worse(side, level)) {
      for (let order = levels.int32[level * LEVEL_SIZE + HEAD]; order !== 0; ) {
        list.push(orderStateOf(orders, order))
        order = orders.int32[order * ORDER_SIZE + NEXT]
      }
    }
    return list
  }

  /** Hash of the whole state: equal after the same commands, on any machine. Worked out once per state, however often asked. */
  stateHash(): string {
    if (this.hashedSequence !== this.sequence) {
      this.hash = hashState(this.state)
      this.hashedSequence = this.sequence
    }
    return this.hash
  }

  private begin(sequence: number, timeUs: number, out: EventBuffer): void {
    const { state } = this
    if (sequence !== state.sequence + 1) throw new Error(`command ${sequence} comes after command ${state.sequence}`)
    if (timeUs < state.timeUs) throw new Error(`command ${sequence} is of time ${timeUs}, before ${state.timeUs}`)
    state.sequence = sequence
    state.timeUs = timeUs
    this.events.begin(out, sequence, timeUs)
  }

  private instrument(number: number): Instrument {
    const instrument = this.state.instruments[number]
    if (instrument === undefined) throw new Error(`no instrument has the number ${number}`)
    return instrument
  }
}

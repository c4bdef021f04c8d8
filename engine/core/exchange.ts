/**
 * The exchange as a pure, synchronous, deterministic state machine: commands in, events out, nothing else. The same
 * commands give the same state and the same events, byte for byte, on any machine.
 *
 * Order entry goes through `apply`, one flat command at a time; the rare commands of a session through `applyControl`;
 * what the log holds that no session sent (definitions, sessions coming and going) through `applyDefinition`.
 */
import { enumerations, type Message, type Row } from '../../protocol/messages.ts'
import type { AccountState } from './accounts.ts'
import type { Book } from './book/book.ts'
import { levelLayout } from './book/level-pool.ts'
import { orderLayout } from './book/order-pool.ts'
import { type Command, commandType } from './command.ts'
import { Control, type ControlCommand } from './control.ts'
import { unsigned } from './double-zero.ts'
import { EventWriter } from './event-writer.ts'
import type { EventBuffer } from './events.ts'
import { ImageWriter, readImage } from './image.ts'
import type { Instrument, InstrumentDefinition } from './instrument.ts'
import { Matching } from './matching.ts'
import { OpenOrders, stopLadder } from './open-orders.ts'
import { OrderEntry } from './order-entry.ts'
import { type OrderState, orderStateOf } from './order-state.ts'
import type { ParticipantState } from './participants.ts'
import { Phases } from './phases.ts'
import type { ProtectionState } from './protection.ts'
import { QuoteOrders } from './quote-orders.ts'
import type { QuoteState } from './quote-table.ts'
import { Quotes } from './quotes.ts'
import { Replacement } from './replacement.ts'
import { Risk } from './risk.ts'
import type { SessionState } from './sessions.ts'
import { ExchangeState } from './state.ts'
import { hashState } from './state-hash.ts'

const { HEAD, LEVEL_PRICE, LEVEL_SIZE, ORDER_COUNT } = levelLayout
const { NEXT, ORDER_SIZE } = orderLayout
const { newOrder, cancelOrder, replaceOrder, massCancel, massQuote } = commandType
const { disconnected: DISCONNECTED } = enumerations.cancelReason
const { any: ANY_SIDE, buy: BUY, sell: SELL } = enumerations.side

export type Definition = Message<
  | 'instrumentDefined'
  | 'participantDefined'
  | 'sessionDefined'
  | 'sessionConnected'
  | 'sessionDisconnected'
  | 'timeAdvanced'
>

export interface LevelState {
  readonly priceTicks: number
  /** What the level shows. */
  readonly quantityLots: number
  readonly orderCount: number
}

/** What an auction would do if it ended now; all 0 if nothing would trade. */
export interface Indication {
  readonly priceTicks: number
  readonly volumeLots: number
  /** What would be left to buy at that price, negative to sell. */
  readonly imbalanceLots: number
}

export class Exchange {
  private readonly state: ExchangeState
  private readonly events: EventWriter
  private readonly openOrders: OpenOrders
  private readonly matching: Matching
  private readonly orderEntry: OrderEntry
  private readonly replacement: Replacement
  private readonly quotes: Quotes
  private readonly phases: Phases
  private readonly control: Control
  /** Sequence number of the state that was hashed last, and its hash. */
  private hashedSequence = -1
  private hash = ''

  /** @param orderCapacity open orders that memory is set aside for; more is taken as needed */
  constructor(orderCapacity = 65_536) {
    const state = new ExchangeState(orderCapacity)
    const events = new EventWriter(state.memory, state.sessions)
    const risk = new Risk(state.participants, state.accounts, state.valuation)
    this.state = state
    this.events = events
    this.openOrders = new OpenOrders(state, events)
    this.matching = new Matching(state, events, this.openOrders)
    this.phases = new Phases(state, events, this.openOrders, this.matching)
    this.quotes = new Quotes(state, events, risk, new QuoteOrders(state, this.openOrders, this.matching))
    this.matching.connect(this.phases, this.quotes)
    this.orderEntry = new OrderEntry(state, risk, events, this.openOrders, this.matching)
    this.replacement = new Replacement(state, risk, events, this.openOrders, this.matching)
    this.control = new Control(state, this.openOrders, this.phases)
  }

  /**
   * The exchange that an image was made of, which goes on exactly as that one would have. Throws an ImageError if the
   * bytes cannot be an image of this version; whether any of them changed since is not looked at.
   */
  static fromImage(bytes: Uint8Array): Exchange {
    const exchange = new Exchange(1)
    readImage(bytes, (image) => exchange.state.read(image, exchange.matching))
    return exchange
  }

  /** How many bytes `image` would have now. */
  imageBytes(): number {
    return this.imageWriter().byteLength
  }

  /**
   * Everything that the exchange knows, as bytes.
   *
   * @param memory written over if it is large enough: copying takes a seventh of the time if it was used before
   */
  image(memory?: ArrayBuffer): Uint8Array<ArrayBuffer> {
    return this.imageWriter().finish(memory)
  }

  /**
   * Applies one order-entry command and appends what it causes to `out`. Whatever its fields say, it is either carried
   * out or rejected; it throws only if the caller broke the order of sequence numbers or times, or made up a session or
   * type.
   */
  apply(command: Command, out: EventBuffer): void {
    const { session, ref } = command
    if (!this.begin(command.sequence, command.timeUs, session, ref, out)) return
    switch (command.type) {
      case newOrder:
        this.orderEntry.newOrder(command)
        break
      case cancelOrder:
        this.orderEntry.cancelOrder(command)
        break
      case replaceOrder:
        this.replacement.replaceOrder(command)
        break
      case massCancel:
        this.orderEntry.massCancel(command)
        break
      case massQuote:
        this.quotes.massQuote(command)
        break
      default:
        throw new Error(`command ${command.sequence} has type ${command.type}, which is not order entry`)
    }
  }

  /** Applies one of the rare commands of a session; it throws as `apply` does. */
  applyControl(command: ControlCommand, sequence: number, timeUs: number, session: number, out: EventBuffer): void {
    if (!this.begin(sequence, timeUs, session, command.ref, out)) return
    const { control, events } = this
    const code = control.carryOut(command, session)
    if (code === 0) events.carriedOut(session, command.ref)
    else events.rejected(session, command.ref, code, control.field, control.bound)
  }

  /** Applies one command of the log that no session sent. `session` is the record's: the one that it is about. */
  applyDefinition(definition: Definition, sequence: number, timeUs: number, session: number, out: EventBuffer): void {
    this.advance(sequence, timeUs, out)
    const { state } = this
    switch (definition.type) {
      case 'instrumentDefined':
        for (const row of definition.instruments) {
          const isNew = state.instruments[row.instrument] === undefined
          this.phases.defined(state.defineInstrument(row, this.matching), isNew)
        }
        break
      case 'participantDefined':
        state.participants.define(definition)
        break
      case 'sessionDefined': {
        const { session: number, participant, name } = definition
        if (state.participants.state(participant) === undefined) {
          throw new Error(`session ${number} is of unknown participant ${participant}`)
        }
        const mode = enumerations.selfTradePrevention[definition.selfTradePrevention]
        state.sessions.define(number, participant, name, mode)
        break
      }
      case 'sessionConnected':
        state.sessions.setConnected(session, definition.cancelOnDisconnect)
        break
      case 'sessionDisconnected':
        if (state.sessions.setDisconnected(session)) {
          for (const order of this.openOrders.ordersOfSession(session, 0, ANY_SIDE)) {
            this.openOrders.cancel(order, 0, DISCONNECTED)
          }
        }
        break
      case 'timeAdvanced':
        break
    }
  }

  /** Sequence number of the last command applied; 0 before the first. */
  get sequence(): number {
    return unsigned(this.state.sequence)
  }

  /** Time of the last command applied, microseconds since the epoch. */
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
    return this.state.accounts.list(this.state.instruments)
  }

  /** The accounts of one participant, by instrument. */
  accountsOf(participant: number): AccountState[] {
    return this.state.accounts.listOf(participant, this.state.instruments)
  }

  /** The open order that a session entered with this ref; its quotes cannot be found so. */
  openOrder(session: number, ref: number): OrderState | undefined {
    const order = this.state.index.find(session, ref)
    return order === 0 ? undefined : orderStateOf(this.state.memory.orders, order)
  }

  /** Open orders of a session, quotes and those that wait included, oldest first; of one instrument or all (0). */
  openOrdersOf(session: number, instrument = 0): OrderState[] {
    const { orders } = this.state.memory
    return this.openOrders.ordersOfSession(session, instrument, ANY_SIDE).map((order) => orderStateOf(orders, order))
  }

  /** When something will happen although nothing is sent, microseconds since the epoch; 0 before the first command. */
  get nextTimerUs(): number {
    return this.state.timers.nextDueUs
  }

  /** Number of the trading phase. */
  phase(instrument: number): number {
    return this.instrument(instrument).phase
  }

  indication(instrument: number): Indication {
    const traded = this.instrument(instrument)
    traded.book.findAuctionPrice(traded.markPriceTicks())
    const { auctionPriceTicks, auctionVolumeLots, auctionImbalanceLots } = traded.book
    return { priceTicks: auctionPriceTicks, volumeLots: auctionVolumeLots, imbalanceLots: auctionImbalanceLots }
  }

  /** Quoting obligations of a session, up to the last command or a time after it. */
  obligations(session: number, timeUs?: number): Row<'obligation'>[] {
    return this.state.quotes.obligations(session, timeUs)
  }

  /** The protection of a group, if it was ever set. */
  protection(participant: number, group: number): ProtectionState | undefined {
    const { protection, timeUs } = this.state
    const slot = protection.find(participant, group)
    return slot === 0 ? undefined : protection.state(slot, timeUs)
  }

  /** The quote of a session in an instrument, if it has an open order. */
  quote(session: number, instrument: number): QuoteState | undefined {
    return this.state.quotes.state(session, instrument)
  }

  /** Best price of one side, 0 if the side is empty. `side`, here and below, is the number of `enumerations.side`. */
  bestPriceTicks(instrument: number, side: number): number {
    return this.instrument(instrument).book.bestPriceTicks(side)
  }

  /** What the book shows at the best price of one side, 0 if the side is empty. */
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
    return this.ordersOf(this.instrument(instrument).book, side)
  }

  /** Waiting stops of one side in the order in which they would trigger. */
  stops(instrument: number, side: number): OrderState[] {
    return this.ordersOf(this.instrument(instrument).waitingStops(), stopLadder(side))
  }

  /** Orders that wait for the closing auction, lowest order id first. */
  waitingAtClose(instrument: number): OrderState[] {
    const book = this.instrument(instrument).waitingAtClose()
    const orders = [BUY, SELL].flatMap((side) => this.ordersOf(book, side))
    return orders.sort((one, other) => one.orderId - other.orderId)
  }

  /** Hash of the whole state: equal after the same commands, on any machine. Worked out once per state. */
  stateHash(): string {
    if (this.hashedSequence !== this.sequence) {
      this.hash = hashState(this.state)
      this.hashedSequence = this.sequence
    }
    return this.hash
  }

  /** Begins a command of a session. Returns false if it was processed before, and is not to be applied again. */
  private begin(sequence: number, timeUs: number, session: number, ref: number, out: EventBuffer): boolean {
    const { sessions } = this.state
    if (!sessions.exists(session)) throw new Error(`command ${sequence} is of unknown session ${session}`)
    this.advance(sequence, timeUs, out)
    const lastRef = sessions.lastRef(session)
    if (ref <= lastRef) {
      this.events.duplicateRef(session, ref, lastRef)
      return false
    }
    sessions.setLastRef(session, ref)
    return true
  }

  /** Begins a command: everything that is due by its time happens before it. */
  private advance(sequence: number, timeUs: number, out: EventBuffer): void {
    const { state } = this
    if (sequence !== state.sequence + 1) throw new Error(`command ${sequence} comes after command ${state.sequence}`)
    if (timeUs < state.timeUs) throw new Error(`command ${sequence} is of time ${timeUs}, before ${state.timeUs}`)
    state.sequence = sequence
    this.events.begin(out, sequence, timeUs)
    if (timeUs >= state.timers.nextDueUs) this.phases.advance(timeUs)
    else state.timeUs = timeUs
  }

  private ordersOf(book: Book, side: number): OrderState[] {
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

  private imageWriter(): ImageWriter {
    const image = new ImageWriter()
    this.state.write(image)
    return image
  }

  private instrument(number: number): Instrument {
    const instrument = this.state.instruments[number]
    if (instrument === undefined) throw new Error(`no instrument has the number ${number}`)
    return instrument
  }
}

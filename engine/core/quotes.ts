/**
 * Mass quotes: many quotes replaced at once, and what protects whoever sends them. First every row of a message is
 * checked, told, and its old orders leave; only then do the new ones enter, so that none of a message's old quotes can
 * trade beside its new ones.
 */
import { errors } from '../../protocol/errors.ts'
import { limits } from '../../protocol/limits.ts'
import { enumerations } from '../../protocol/messages.ts'
import { orderLayout } from './book/order-pool.ts'
import { type Command, quoteLayout } from './command.ts'
import { doubleZero } from './double-zero.ts'
import type { EventWriter } from './event-writer.ts'
import type { Instrument } from './instrument.ts'
import type { QuoteTable } from './quote-table.ts'
import type { Risk } from './risk.ts'
import type { ExchangeState } from './state.ts'

const { ACCOUNT, LEAVES, ORDER_SESSION, ORDER_SIZE, PRICE } = orderLayout
const { INSTRUMENT, BID_PRICE_TICKS, BID_QUANTITY_LOTS, ASK_PRICE_TICKS, ASK_QUANTITY_LOTS, QUOTE_WIDTH } = quoteLayout
const { field } = enumerations
const { buy: BUY, sell: SELL } = enumerations.side
const { protection: PROTECTION, quoteReplaced: QUOTE_REPLACED } = enumerations.cancelReason
const REPEATED_QUOTE = errors.repeatedQuote.number
/** What `replace` returns for a rejected row instead of a quote's number. */
const REJECTED = -1

/** What quotes need done to their orders. */
export interface QuoteActions {
  /** Whether limit orders that can rest are taken in the instrument's phase. */
  takesQuotes(instrument: Instrument): boolean
  /**
   * Makes one side of a quote: an order in a slot with the next order id, good till cancelled, with the session's
   * default of self-trade prevention, in no book yet (its LEVEL is 0) and told to nobody. From now on it is an open
   * order of its session and participant, and its lots are open lots of its account, which is opened if there is none.
   */
  create(session: number, ref: number, instrument: Instrument, side: number, priceTicks: number, lots: number): number
  /**
   * Lets such an order enter its book: in continuous trading it trades what it can; what is left rests, in every phase.
   * Then follows what follows every order: the halt that it caused, and stops.
   */
  enter(order: number): void
  /** An order in the book stays where it is, from now on with this ref and with no more open than these lots. */
  keep(order: number, ref: number, lots: number): void
  /** Ends an order without a word to its owner. It may lie in the book or not have entered yet. */
  end(order: number): void
  /** The same with a word. It may also be the order that is trading: then nothing more of it trades. */
  cancel(order: number, ref: number, reason: number): void
}

export class Quotes {
  private readonly state: ExchangeState
  private readonly table: QuoteTable
  private readonly events: EventWriter
  private readonly risk: Risk
  private readonly actions: QuoteActions
  /** By instrument: sequence number of the last mass quote that named it. */
  private readonly lastNamed = new Float64Array(limits.maxInstruments + 1)
  /** Quotes that the running message changed, in its order. */
  private readonly accepted = new Int32Array(limits.maxQuotesPerMessage)
  /** Session of the running message, and slot of its group; 0 if none is running. */
  private runningSession = 0
  private runningGroup = 0
  /** As in Risk: what the last failed check found. */
  private field = 0
  private bound = doubleZero
  /** Groups whose protection was reached in a match that is not over, and the session whose quote traded. */
  private readonly breached: { readonly group: number; readonly session: number }[] = []

  constructor(state: ExchangeState, events: EventWriter, risk: Risk, actions: QuoteActions) {
    this.state = state
    this.table = state.quotes
    this.events = events
    this.risk = risk
    this.actions = actions
  }

  /** Carries a mass quote out, or rejects it whole. */
  massQuote(command: Command): void {
    const { session, ref, quoteCount } = command
    const { events, state, table } = this
    const participant = state.sessions.participant(session)
    const code = this.checkMessage(participant, command)
    if (code !== 0) {
      events.rejected(session, ref, code, this.field, this.bound)
      return
    }
    const group = state.protection.open(participant, command.group)
    let acceptedCount = 0
    for (let row = 0; row < quoteCount; row++) {
      const quote = this.replace(command, row * QUOTE_WIDTH, participant, group)
      if (quote !== REJECTED) this.accepted[acceptedCount++] = quote
    }
    this.runningSession = session
    this.runningGroup = group
    for (let index = 0; index < acceptedCount; index++) {
      const quote = this.accepted[index]
      // Looked up one after the other: what the buy does may take the sell out.
      const bid = table.takeEntering(quote, BUY)
      if (bid !== 0) this.actions.enter(bid)
      const ask = table.takeEntering(quote, SELL)
      if (ask !== 0) this.actions.enter(ask)
      table.evaluate(quote)
    }
    this.runningSession = 0
    this.runningGroup = 0
    events.massQuoted(session, ref, acceptedCount, quoteCount - acceptedCount)
  }

  // ── protection ────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * An order of a quote traded; its leaves are lowered already, its slot is still its own, and what else the trade
   * causes is done. If the protection of its group is reached, the group's quotes go now, before the next match.
   */
  filled(order: number, lots: number, priceTicks: number, isOneMatch: boolean): void {
    const { state, table } = this
    const { instruments, memory, protection, timeUs } = state
    const quote = table.quoteOf(order)
    table.evaluate(quote)
    const group = table.group(quote)
    const isBuy = memory.orders.side(order) === BUY
    const { tickValueMinor } = instruments[memory.orders.instrument(order)]!.definition
    if (protection.countFill(group, timeUs, isBuy, lots, priceTicks * lots * tickValueMinor)) {
      if (isOneMatch) this.breached.push({ group, session: table.session(quote) })
      else this.pull(group, table.session(quote))
    }
  }

  /** The fills of a fill-or-kill order are one match: the groups that they breached are pulled when it is over. */
  matched(): void {
    for (const { group, session } of this.breached.splice(0)) this.pull(group, session)
  }

  /** @param tradedSession whose quote traded: there may be nothing left of it */
  private pull(group: number, tradedSession: number): void {
    const { table } = this
    const { protection, memory } = this.state
    const { orders } = memory
    const pulled: number[] = []
    const told = new Set([tradedSession])
    if (this.runningGroup === group) told.add(this.runningSession)
    for (let quote = table.firstOfGroup(group); quote !== 0; quote = table.nextOfGroup(quote)) {
      for (let side = BUY; side <= SELL; side++) {
        const order = table.order(quote, side)
        if (order === 0) continue
        // What traded to its end is not forgotten yet.
        if (orders.int32[order * ORDER_SIZE + LEAVES] > 0) pulled.push(order)
        told.add(table.session(quote))
      }
    }
    pulled.sort((one, other) => orders.orderId(one) - orders.orderId(other))
    for (const order of pulled) this.actions.cancel(order, 0, PROTECTION)
    for (const session of [...told].sort((one, other) => one - other)) {
      this.events.protectionTriggered(session, protection.group(group), protection.thawTimeUs(group))
    }
  }

  // ── one row ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Checks a row, tells what becomes of it, takes out what it replaces. Returns its quote, or REJECTED. */
  private replace(command: Command, row: number, participant: number, group: number): number {
    const { session, ref, quotes } = command
    const { actions, events, state, table } = this
    const number = quotes[row + INSTRUMENT]
    const instrument = state.instruments[number]
    let quote = instrument === undefined ? 0 : table.find(session, number)
    const code =
      instrument === undefined
        ? this.fail(errors.unknownInstrument.number, field.instrument, 0)
        : this.checkRow(command, row, participant, instrument, quote)
    if (instrument === undefined || code !== 0) {
      events.quoteRejected(session, ref, number, code, this.field, this.bound)
      // What the earlier row of a repeated instrument quoted is not stale.
      if (quote !== 0 && code !== REPEATED_QUOTE) this.cancelSides(quote)
      return REJECTED
    }
    const bidLots = quotes[row + BID_QUANTITY_LOTS]
    const askLots = quotes[row + ASK_QUANTITY_LOTS]
    if (bidLots !== 0 || askLots !== 0) {
      if (quote === 0) quote = table.open(session, number)
      table.setGroup(quote, group)
    }
    const formerBid = table.order(quote, BUY)
    const formerAsk = table.order(quote, SELL)
    const bid = this.sideOrder(command, instrument, formerBid, BUY, quotes[row + BID_PRICE_TICKS], bidLots)
    const ask = this.sideOrder(command, instrument, formerAsk, SELL, quotes[row + ASK_PRICE_TICKS], askLots)
    table.setOrder(quote, BUY, bid, bid !== formerBid)
    table.setOrder(quote, SELL, ask, ask !== formerAsk)
    events.quoteAccepted(session, ref, number, bid, bidLots, ask, askLots)
    if (formerBid !== 0 && formerBid !== bid) actions.end(formerBid)
    else if (formerBid !== 0) actions.keep(bid, ref, bidLots)
    if (formerAsk !== 0 && formerAsk !== ask) actions.end(formerAsk)
    else if (formerAsk !== 0) actions.keep(ask, ref, askLots)
    return quote
  }

  /** The order that a side has from now on: the former one if it can keep its place, else a new one, 0 for none. */
  private sideOrder(
    command: Command,
    instrument: Instrument,
    former: number,
    side: number,
    priceTicks: number,
    lots: number,
  ): number {
    if (lots === 0) return 0
    const { int32 } = this.state.memory.orders
    const base = former * ORDER_SIZE
    if (former !== 0 && int32[base + PRICE] === priceTicks && lots <= int32[base + LEAVES]) return former
    return this.actions.create(command.session, command.ref, instrument, side, priceTicks, lots)
  }

  /** Lowest order id first. */
  private cancelSides(quote: number): void {
    const { actions, state, table } = this
    const { orders } = state.memory
    const bid = table.order(quote, BUY)
    const ask = table.order(quote, SELL)
    const isAskOlder = ask !== 0 && orders.orderId(ask) < orders.orderId(bid)
    if (isAskOlder) actions.cancel(ask, 0, QUOTE_REPLACED)
    if (bid !== 0) actions.cancel(bid, 0, QUOTE_REPLACED)
    if (ask !== 0 && !isAskOlder) actions.cancel(ask, 0, QUOTE_REPLACED)
  }

  // ── checks ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** What concerns a whole message. Returns 0 or an error number. */
  private checkMessage(participant: number, command: Command): number {
    const { protection, timeUs } = this.state
    const code = this.failed(this.risk.checkParticipant(participant, timeUs))
    if (code !== 0) return code
    if (command.group < 1 || command.group > limits.maxProtectionGroup) {
      return this.fail(errors.invalidGroup.number, field.group, limits.maxProtectionGroup)
    }
    const group = protection.find(participant, command.group)
    if (group === 0 || !protection.isFrozen(group, timeUs)) return 0
    return this.fail(errors.groupFrozen.number, field.group, protection.thawTimeUs(group))
  }

  private checkRow(command: Command, row: number, participant: number, instrument: Instrument, quote: number): number {
    const { quotes, sequence } = command
    instrument.commandCount++
    if (this.lastNamed[instrument.number] === sequence) return this.fail(REPEATED_QUOTE, field.instrument, 0)
    this.lastNamed[instrument.number] = sequence
    if (!this.actions.takesQuotes(instrument)) {
      return this.fail(errors.wrongPhase.number, field.instrument, instrument.phase)
    }
    const bidTicks = quotes[row + BID_PRICE_TICKS]
    const bidLots = quotes[row + BID_QUANTITY_LOTS]
    const askTicks = quotes[row + ASK_PRICE_TICKS]
    const askLots = quotes[row + ASK_QUANTITY_LOTS]
    if (bidLots !== 0 && askLots !== 0 && bidTicks >= askTicks) {
      return this.fail(errors.crossedQuote.number, field.bidPriceTicks, 0)
    }
    this.countSides(quote, -1)
    let code = bidLots === 0 ? 0 : this.checkSide(participant, instrument, BUY, bidTicks, bidLots, 0)
    if (code === 0 && askLots !== 0) code = this.checkSide(participant, instrument, SELL, askTicks, askLots, bidLots)
    this.countSides(quote, 1)
    return code
  }

  /** Takes the orders of a quote out of what the checks count (-1), or puts them back in (1). */
  private countSides(quote: number, sign: number): void {
    if (quote === 0) return
    const { memory, sessions, participants, accounts } = this.state
    const { int32 } = memory.orders
    for (let side = BUY; side <= SELL; side++) {
      const order = this.table.order(quote, side)
      if (order === 0) continue
      const base = order * ORDER_SIZE
      accounts.addOpenLots(int32[base + ACCOUNT], side, sign * int32[base + LEAVES])
      participants.addOpenOrders(sessions.participant(int32[base + ORDER_SESSION]), sign)
    }
  }

  /**
   * The checks of one side, the old quote being out of what they count.
   *
   * @param bidLots of the new buy when the sell is checked, else 0
   */
  private checkSide(
    participant: number,
    instrument: Instrument,
    side: number,
    priceTicks: number,
    lots: number,
    bidLots: number,
  ): number {
    const { risk } = this
    const { accounts, participants } = this.state
    const account = accounts.find(participant, instrument.number)
    const priceField = side === BUY ? field.bidPriceTicks : field.askPriceTicks
    const lotsField = side === BUY ? field.bidQuantityLots : field.askQuantityLots
    let code =
      risk.checkQuantity(participant, instrument, lots, lotsField) ||
      risk.checkPriceRange(instrument, priceTicks, priceField) ||
      risk.checkPriceBand(instrument, priceTicks, priceField) ||
      risk.checkPriceDistance(participant, instrument, priceTicks, priceField) ||
      risk.checkNotional(participant, instrument, lots, instrument.dearestTicks(side, priceTicks), lotsField)
    if (code === 0) {
      const newOrders = bidLots === 0 ? 0 : 1
      participants.addOpenOrders(participant, newOrders)
      code = risk.checkOpenOrders(participant)
      participants.addOpenOrders(participant, -newOrders)
    }
    code ||=
      risk.checkPosition(participant, accounts.worstPositionLots(account, side, lots), lotsField) ||
      // The new buy changes nothing here: what an account adds is the larger of its two sides, and the buy's was
      // checked.
      risk.checkGrossExposure(participant, account, instrument, side, lots, lotsField) ||
      risk.checkDailyLoss(participant) ||
      risk.checkLedgerRange(account, instrument, lots + bidLots, lotsField)
    return this.failed(code)
  }

  private fail(code: number, failedField: number, bound: number): number {
    this.field = failedField
    this.bound = bound
    return code
  }

  /** Takes over what a check of Risk found. */
  private failed(code: number): number {
    return code === 0 ? 0 : this.fail(code, this.risk.field, this.risk.bound)
  }
}

/**
 * Runs steps through the exchange and the model side by side, and says where they first differ: events column by column
 * after every command, state whenever asked. A driver is used until its first difference. Without an exchange the model
 * runs alone.
 */
import { isDeepStrictEqual } from 'node:util'
import { Command, commandType, EventBuffer, quoteLayout } from '../../engine/core/index.ts'
import { enumerations } from '../../protocol/messages.ts'
import { NaiveExchange } from './naive-exchange.ts'
import { columnNames, readRecords } from './naive-records.ts'
import type { OpenOrder } from './naive-state.ts'
import { questionsAbout } from './questions.ts'
import type { NewOrderStep, OrderEntryStep, QuoteSideStep, Relative, Setup, Step } from './steps.ts'
import type { Control, Definition, ExchangeSurface, InstrumentDefinition } from './surface.ts'

/** A command as it was applied, enough to apply it again. */
export type Applied = Command | AppliedMessage

export interface AppliedMessage {
  readonly message: Definition | Control
  readonly sequence: number
  readonly timeUs: number
  readonly session: number
}

/** 2023-11-14, 22:13:20 UTC. */
const startTimeUs = 1_700_000_000_000_000
const microsecondsPerCommand = 7
const { INSTRUMENT, BID_PRICE_TICKS, BID_QUANTITY_LOTS, ASK_PRICE_TICKS, ASK_QUANTITY_LOTS, QUOTE_WIDTH } = quoteLayout

const { side: numberOfSide } = enumerations

export class Driver {
  readonly model = new NaiveExchange()
  /** Events of the last command. */
  readonly modelEvents = new EventBuffer()
  readonly subjectEvents = new EventBuffer()
  private readonly subject: ExchangeSurface | undefined
  private readonly instruments: InstrumentDefinition[] = []
  private readonly setup: Setup
  private readonly onApplied: (applied: Applied) => void
  private readonly questions: ReturnType<typeof questionsAbout>
  private lastOrder: NewOrderStep | undefined
  private sequence = 0
  private timeUs = startTimeUs

  constructor(subject: ExchangeSurface | undefined, setup: Setup, onApplied: (applied: Applied) => void = () => {}) {
    this.subject = subject
    this.setup = setup
    this.onApplied = onApplied
    this.questions = questionsAbout(setup)
    for (const row of setup.instruments) this.defineInstrument(row)
    for (const index of setup.participants.keys()) this.defineParticipant(index + 1)
    for (const [index, { participant, selfTradePrevention }] of setup.sessions.entries()) {
      const name = `s${index + 1}`
      this.send({ type: 'sessionDefined', session: index + 1, participant, name, selfTradePrevention })
      this.send({ type: 'sessionConnected', cancelOnDisconnect: index % 2 === 0 }, index + 1)
    }
  }

  /** Does one step on both sides. @returns the first difference between their events, if there is one */
  run(step: Step): string | undefined {
    this.clear()
    switch (step.do) {
      case 'connect':
        this.send({ type: 'sessionConnected', cancelOnDisconnect: step.cancelOnDisconnect }, step.session)
        break
      case 'disconnect':
        this.send({ type: 'sessionDisconnected' }, step.session)
        break
      case 'redefineInstrument':
        this.defineInstrument({ ...this.instruments[step.instrument - 1], ...step.change })
        break
      case 'redefineParticipant':
        this.defineParticipant(step.participant, step.limits)
        break
      case 'passTime':
        this.passTime(step)
        if (step.told) this.send({ type: 'timeAdvanced' })
        break
      case 'control':
        this.send({ ...step.message, ref: this.refOf(step) } as Control, step.session)
        break
      case 'repeatOrder':
        if (this.lastOrder) this.apply(this.commandOf({ ...this.lastOrder, refPlus: step.refPlus }))
        break
      default:
        this.apply(this.commandOf(step))
    }
    return this.differenceOfEvents()
  }

  /** @returns the first difference between the states of both sides, if there is one */
  differenceOfState(): string | undefined {
    for (const [name, ask] of this.subject ? this.questions : []) {
      const [expected, actual] = [ask(this.model), ask(this.subject!)]
      if (isDeepStrictEqual(expected, actual)) continue
      return `${name}\n  should be ${JSON.stringify(expected)}\n  but is    ${JSON.stringify(actual)}`
    }
    return undefined
  }

  private apply(command: Command): void {
    this.begin()
    command.sequence = this.sequence
    command.timeUs = this.timeUs
    this.onApplied(command)
    this.model.apply(command, this.modelEvents)
    this.subject?.apply(command, this.subjectEvents)
  }

  private send(message: Definition | Control, session = 0): void {
    this.begin()
    const { sequence, timeUs } = this
    this.onApplied({ message, sequence, timeUs, session })
    applyMessage(this.model, { message, sequence, timeUs, session }, this.modelEvents)
    if (this.subject) applyMessage(this.subject, { message, sequence, timeUs, session }, this.subjectEvents)
  }

  private defineInstrument(row: InstrumentDefinition): void {
    this.instruments[row.instrument - 1] = row
    this.send({ type: 'instrumentDefined', instruments: [row] })
  }

  private defineParticipant(participant: number, limits = this.setup.participants[participant - 1]): void {
    this.send({ type: 'participantDefined', participant, name: `p${participant}`, ...limits })
  }

  private passTime({ us, toTimer }: Step & { do: 'passTime' }): void {
    // Commands take time too: a little before the timer, at it, or after it.
    const timeUs = toTimer ? this.model.nextTimerUs - microsecondsPerCommand + (us % 3) - 1 : this.timeUs + us
    this.timeUs = Math.max(this.timeUs, timeUs)
  }

  private begin(): void {
    this.sequence += 1
    this.timeUs += microsecondsPerCommand
    this.clear()
  }

  private clear(): void {
    this.modelEvents.clear()
    this.subjectEvents.clear()
  }

  private refOf({ session, refPlus }: { readonly session: number; readonly refPlus: number }): number {
    return asUint(this.model.session(session)!.lastRef + refPlus)
  }

  private commandOf(step: Exclude<OrderEntryStep, { do: 'repeatOrder' }>): Command {
    const command = new Command()
    command.session = step.session
    command.ref = this.refOf(step)
    command.type = commandType[step.do]
    switch (step.do) {
      case 'newOrder':
        this.lastOrder = step
        this.newOrder(step, command)
        break
      case 'massCancel':
        command.instrument = step.instrument
        command.side = step.side
        break
      case 'massQuote':
        this.massQuote(step, command)
        break
      default:
        this.change(step, command)
    }
    return command
  }

  private newOrder(step: NewOrderStep, command: Command): void {
    const { instrument, side, orderType, timeInForce, quantityLots } = step
    const { displayQuantityLots, selfTradePrevention, reduceOnly } = step
    Object.assign(command, { instrument, side, orderType, timeInForce, quantityLots })
    Object.assign(command, { displayQuantityLots, selfTradePrevention, reduceOnly })
    command.priceTicks = this.resolve(step.price, instrument, side)
    command.stopPriceTicks = this.resolve(step.stopPrice, instrument, side)
    command.expireTimeUs = step.expiresInUs === 0 ? 0 : this.timeUs + step.expiresInUs
  }

  private change(step: OrderEntryStep & { do: 'cancelOrder' | 'replaceOrder' }, command: Command): void {
    const order = this.target(step.session, step.target)
    command.orderRef = order?.ref ?? asUint(command.ref - step.refPlus - step.target)
    if (step.do === 'cancelOrder') return
    const { instrument = 1, priceTicks = 0, quantityLots = 0, leavesLots = 0, stopPriceTicks = 0 } = order ?? {}
    const side = numberOfSide[order?.side ?? 'sell']
    const wantsStop = stopPriceTicks > 0 || step.stopPrice.from === 'zero'
    command.priceTicks = this.resolve(step.price, instrument, side, priceTicks)
    command.quantityLots = this.resolve(step.quantity, instrument, 0, quantityLots, quantityLots - leavesLots)
    command.stopPriceTicks = wantsStop ? this.resolve(step.stopPrice, instrument, side, stopPriceTicks) : 0
  }

  private massQuote(step: OrderEntryStep & { do: 'massQuote' }, command: Command): void {
    command.group = step.group
    command.quoteCount = step.quotes.length
    for (const [index, { instrument, bid, ask }] of step.quotes.entries()) {
      const base = index * QUOTE_WIDTH
      const own = this.model.state.quoteOf(step.session, instrument)
      const priceOf = ({ price }: QuoteSideStep, side: 'buy' | 'sell') => {
        const ownTicks = own.find((order) => order.side === side)?.priceTicks
        return this.resolve(price, instrument, numberOfSide[side], ownTicks)
      }
      command.quotes[base + INSTRUMENT] = instrument
      command.quotes[base + BID_PRICE_TICKS] = priceOf(bid, 'buy')
      command.quotes[base + BID_QUANTITY_LOTS] = bid.quantityLots
      command.quotes[base + ASK_PRICE_TICKS] = priceOf(ask, 'sell')
      command.quotes[base + ASK_QUANTITY_LOTS] = ask.quantityLots
    }
  }

  private target(session: number, target: number): OpenOrder | undefined {
    const orders = this.model.state.ordersOf(session).filter((order) => !order.isQuote)
    return target < 0 || orders.length === 0 ? undefined : orders[target % orders.length]
  }

  private resolve(to: Relative, instrument: number, side: number, own?: number, filled = 0): number {
    const reference = this.instruments[instrument - 1]?.referencePriceTicks ?? 0
    const last = this.model.state.markets[instrument]?.lastPriceTicks || reference
    const plus = to.passive ? Math.abs(to.plus) * (side === numberOfSide.buy ? -1 : 1) : to.plus
    return asUint({ zero: 0, reference, last, own: own ?? reference, filled }[to.from] + plus)
  }

  private differenceOfEvents(): string | undefined {
    if (!this.subject) return undefined
    const { modelEvents: expected, subjectEvents: actual } = this
    let at = 0
    // Object.is tells 0 from -0, which the wire would too.
    while (at < expected.length && Object.is(expected.data[at], actual.data[at])) at += 1
    if (at === expected.length && expected.length === actual.length) return undefined
    const [left, right] = [expected, actual].map(readRecords)
    const index = left.findIndex((record, position) => !isDeepStrictEqual(record, right[position]))
    const event = index === -1 ? left.length : index
    const column = columnNames.find((name) => !Object.is(left[event]?.[name], right[event]?.[name]))
    const [should, is] = [left, right].map((records) => JSON.stringify(records[event] ?? 'no event'))
    return `event ${event} of command ${this.sequence}, column ${column}\n  should be ${should}\n  but is    ${is}`
  }
}

const controls: ReadonlySet<string> = new Set<Control['type']>([
  'setProtection',
  'resetProtection',
  'changePhase',
  'changeLimit',
  'blockParticipant',
])

export function applyMessage(
  exchange: Pick<ExchangeSurface, 'applyControl' | 'applyDefinition'>,
  { message, sequence, timeUs, session }: AppliedMessage,
  out: EventBuffer,
): void {
  if (controls.has(message.type)) exchange.applyControl(message as Control, sequence, timeUs, session, out)
  else exchange.applyDefinition(message as Definition, sequence, timeUs, session, out)
}

/** The nearest number that can cross the wire. */
function asUint(value: number): number {
  return Math.min(Math.max(value, 0), Number.MAX_SAFE_INTEGER)
}

/**
 * Runs steps through the exchange and the model side by side, and says where they first differ: events column by column
 * after every command, state whenever asked. A driver is used until its first difference.
 */
import { isDeepStrictEqual } from 'node:util'
import { Command, commandType, EventBuffer } from '../../engine/core/index.ts'
import { NaiveExchange } from './naive-exchange.ts'
import { columnNames, readRecords } from './naive-records.ts'
import type { OpenOrder } from './naive-state.ts'
import type { OrderEntryStep, Relative, Setup, Step } from './steps.ts'
import type { AccountState, Definition, ExchangeSurface, InstrumentDefinition } from './surface.ts'

/** A command as it was applied, enough to apply it again. */
export type Applied = Command | AppliedDefinition

export interface AppliedDefinition {
  readonly definition: Definition
  readonly sequence: number
  readonly timeUs: number
  readonly session: number
}

const startTimeUs = 1_700_000_000_000_000
const microsecondsPerCommand = 7

export class Driver {
  readonly model = new NaiveExchange()
  readonly subject: ExchangeSurface
  /** Events of the last command. */
  readonly modelEvents = new EventBuffer()
  readonly subjectEvents = new EventBuffer()
  private readonly instruments: InstrumentDefinition[] = []
  private readonly setup: Setup
  private readonly onApplied: (applied: Applied) => void
  private readonly questions: ReturnType<typeof questionsAbout>
  private sequence = 0

  constructor(subject: ExchangeSurface, setup: Setup, onApplied: (applied: Applied) => void = () => {}) {
    this.subject = subject
    this.setup = setup
    this.onApplied = onApplied
    this.questions = questionsAbout(setup)
    for (const row of setup.instruments) this.defineInstrument(row)
    for (const index of setup.participants.keys()) this.defineParticipant(index + 1)
    setup.sessions.forEach((participant, index) => {
      this.define({ type: 'sessionDefined', session: index + 1, participant, name: `s${index + 1}` })
      this.define({ type: 'sessionConnected', cancelOnDisconnect: index % 2 === 0 }, index + 1)
    })
  }

  /** Does one step on both sides. @returns the first difference between their events, if there is one */
  run(step: Step): string | undefined {
    switch (step.do) {
      case 'connect':
        this.define({ type: 'sessionConnected', cancelOnDisconnect: step.cancelOnDisconnect }, step.session)
        break
      case 'disconnect':
        this.define({ type: 'sessionDisconnected' }, step.session)
        break
      case 'redefineInstrument':
        this.defineInstrument({ ...this.instruments[step.instrument - 1], ...step.change })
        break
      case 'redefineParticipant':
        this.defineParticipant(step.participant, step.limits)
        break
      default:
        this.apply(this.commandOf(step))
    }
    return this.differenceOfEvents()
  }

  /** @returns the first difference between the states of both sides, if there is one */
  differenceOfState(): string | undefined {
    for (const [name, ask] of this.questions) {
      const [expected, actual] = [ask(this.model), ask(this.subject)]
      if (isDeepStrictEqual(expected, actual)) continue
      return `${name}\n  should be ${JSON.stringify(expected)}\n  but is    ${JSON.stringify(actual)}`
    }
    return undefined
  }

  private apply(command: Command): void {
    this.clear()
    command.sequence = this.sequence
    command.timeUs = this.timeUs
    this.onApplied(command)
    this.model.apply(command, this.modelEvents)
    this.subject.apply(command, this.subjectEvents)
  }

  private define(definition: Definition, session = 0): void {
    this.clear()
    const { sequence, timeUs } = this
    this.onApplied({ definition, sequence, timeUs, session })
    this.model.applyDefinition(definition, sequence, timeUs, session, this.modelEvents)
    this.subject.applyDefinition(definition, sequence, timeUs, session, this.subjectEvents)
  }

  private defineInstrument(row: InstrumentDefinition): void {
    this.instruments[row.instrument - 1] = row
    this.define({ type: 'instrumentDefined', instruments: [row] })
  }

  private defineParticipant(participant: number, limits = this.setup.participants[participant - 1]): void {
    this.define({ type: 'participantDefined', participant, name: `p${participant}`, ...limits })
  }

  private clear(): void {
    this.sequence += 1
    this.modelEvents.clear()
    this.subjectEvents.clear()
  }

  private get timeUs(): number {
    return startTimeUs + this.sequence * microsecondsPerCommand
  }

  private commandOf(step: OrderEntryStep): Command {
    const { lastRef } = this.model.session(step.session)!
    const command = new Command()
    command.session = step.session
    command.ref = asUint(lastRef + step.refPlus)
    command.type = commandType[step.do]
    if (step.do === 'newOrder') {
      const { instrument, side, orderType, timeInForce, quantityLots } = step
      Object.assign(command, { instrument, side, orderType, timeInForce, quantityLots })
      command.priceTicks = this.resolve(step.price, instrument, side)
    } else if (step.do === 'massCancel') {
      command.instrument = step.instrument
      command.side = step.side
    } else {
      const order = this.target(step.session, step.target)
      command.orderRef = order?.ref ?? asUint(lastRef - step.target)
      if (step.do === 'replaceOrder') {
        const { instrument = 1, priceTicks = 0, quantityLots = 0, leavesLots = 0 } = order ?? {}
        command.priceTicks = this.resolve(step.price, instrument, order?.side === 'buy' ? 1 : 2, priceTicks)
        command.quantityLots = this.resolve(step.quantity, instrument, 0, quantityLots, quantityLots - leavesLots)
      }
    }
    return command
  }

  private target(session: number, target: number): OpenOrder | undefined {
    const orders = this.model.ordersOf(session)
    return target < 0 || orders.length === 0 ? undefined : orders[target % orders.length]
  }

  private resolve(to: Relative, instrument: number, side: number, ofOrder = 0, filled = 0): number {
    const reference = this.instruments[instrument - 1]?.referencePriceTicks ?? 0
    const plus = to.passive ? Math.abs(to.plus) * (side === 1 ? -1 : 1) : to.plus
    return asUint({ zero: 0, reference, order: ofOrder, filled }[to.from] + plus)
  }

  private differenceOfEvents(): string | undefined {
    const { modelEvents: expected, subjectEvents: actual } = this
    const shared = Math.min(expected.length, actual.length)
    let at = 0
    // Object.is tells 0 from -0, which the wire would too.
    while (at < shared && Object.is(expected.data[at], actual.data[at])) at += 1
    if (at === shared && expected.length === actual.length) return undefined
    const [should, is] = [expected, actual].map(readRecords)
    const differing = (index: number) =>
      columnNames.find((name) => !Object.is(should[index]?.[name], is[index]?.[name]))
    let index = 0
    while (differing(index) === undefined) index += 1
    const [left, right] = [should, is].map((records) => JSON.stringify(records[index] ?? 'no event'))
    return `event ${index} of command ${this.sequence}, ${differing(index)}\n  should be ${left}\n  but is    ${right}`
  }
}

/** Everything that can be asked of an exchange. */
function questionsAbout(setup: Setup): [name: string, ask: (exchange: ExchangeSurface) => unknown][] {
  const questions: ReturnType<typeof questionsAbout> = [
    ['sequence and time', ({ sequence, timeUs }) => [sequence, timeUs]],
    ['counts', ({ sessionCount, participantCount }) => [sessionCount, participantCount]],
    ['accounts', accountsUsed],
  ]
  for (const index of setup.sessions.keys()) {
    questions.push([`session ${index + 1}`, (exchange) => ({ ...exchange.session(index + 1) })])
  }
  for (const index of setup.participants.keys()) {
    questions.push([`participant ${index + 1}`, (exchange) => ({ ...exchange.participant(index + 1) })])
  }
  for (const { instrument } of setup.instruments) {
    questions.push(
      [`last price of instrument ${instrument}`, (exchange) => exchange.lastPriceTicks(instrument)],
      [`trades of instrument ${instrument}`, (exchange) => exchange.tradeCount(instrument)],
      [`volume of instrument ${instrument}`, (exchange) => exchange.volumeLots(instrument)],
      [`commands of instrument ${instrument}`, (exchange) => exchange.commandCount(instrument)],
    )
    for (const side of [1, 2]) {
      const name = `side ${side} of instrument ${instrument}`
      questions.push(
        [`best price, ${name}`, (exchange) => exchange.bestPriceTicks(instrument, side)],
        [`best quantity, ${name}`, (exchange) => exchange.bestQuantityLots(instrument, side)],
        [`levels, ${name}`, (exchange) => exchange.levels(instrument, side)],
        [`orders, ${name}`, (exchange) => exchange.orders(instrument, side)],
      )
    }
  }
  return questions
}

/** An account that nothing happened in may be there or not. */
function accountsUsed(exchange: ExchangeSurface): AccountState[] {
  return exchange
    .accounts()
    .filter(({ participant: _, instrument: __, ...figures }) => Object.values(figures).some((figure) => figure !== 0))
    .sort((one, other) => one.participant - other.participant || one.instrument - other.instrument)
}

/** The nearest number that can cross the wire. */
function asUint(value: number): number {
  return Math.min(Math.max(value, 0), Number.MAX_SAFE_INTEGER)
}

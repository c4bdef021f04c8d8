/**
 * Names to numbers. The configuration and the key registry say which instruments, participants and sessions there are;
 * the exchange's state says which of them it knows already, under which number. The directory submits the difference,
 * checks who logs on, and notices whose key is no longer good.
 */
import { generateKeyPairSync, verify } from 'node:crypto'
import { promisify } from 'node:util'
import { enumerations, logonText, type Message, type Row } from '../protocol/messages.ts'
import type { Clock } from './clock.ts'
import {
  type Configuration,
  ConfigurationError,
  type ParticipantConfiguration,
  type RiskLimits,
} from './configuration.ts'
import type { Definition, Exchange } from './core/index.ts'
import type { Identity } from './gateway/session.ts'
import type { KeyRegistry } from './keys.ts'
import type { Sequencer } from './sequencer.ts'

const verifySignature = promisify(verify)
/** What the numbers of orders, positions and money are counted in. `tickValueMinor` follows from them. */
const units = ['tickSize', 'lotSize', 'currency', 'currencyDecimals'] as const
/** Checked where there is no key, so that an unknown name takes as long as a wrong signature. */
const nobody = generateKeyPairSync('ed25519').publicKey

/** How often the registry is looked at, in milliseconds. */
const watchIntervalMs = 250

const riskLimits = Object.keys(enumerations.riskLimit) as (keyof RiskLimits)[]

/** What the configuration says of a participant, beside its name and sessions. */
type Entry = Omit<ParticipantConfiguration, 'name' | 'sessions'>

export interface DirectoryOptions {
  readonly exchange: Exchange
  readonly sequencer: Sequencer
  readonly configuration: Configuration
  readonly registry: KeyRegistry
  /** Called for each definition that is new or differs from the state. */
  readonly onChange: (definition: Definition) => void
  /** The registry cannot be read any more: what was read before stays in force. Called once for each reason. */
  readonly onUnreadable?: (error: Error) => void
}

/** Numbers of participants and sessions by name; of a session the name is `participant/session`. */
interface Numbers {
  readonly participants: Map<string, number>
  readonly sessions: Map<string, number>
}

export class Directory {
  private readonly options: DirectoryOptions
  private identities = new Map<string, Identity>()
  /** Those of the exchange's state, and those of definitions that were submitted, which may have to wait. */
  private numbers: Numbers | undefined
  private onRevoked: (session: number) => void = () => {}
  private unreadable = ''

  constructor(options: DirectoryOptions) {
    this.options = options
  }

  /**
   * Checks that no instrument's prices and quantities would mean something else than they did when they were entered, and
   * that every account can still be counted exactly at the highest price.
   * @throws ConfigurationError with one line for each that would not
   */
  checkInstruments(): void {
    const { configuration, exchange } = this.options
    const problems: string[] = []
    for (const configured of configuration.instruments) {
      const state = exchange.instruments.find((instrument) => instrument?.symbol === configured.symbol)
      if (state === undefined || exchange.commandCount(state.instrument) === 0) continue
      const highestTicks = this.highestPriceTicks(state)
      if (configured.maxPriceTicks > state.maxPriceTicks && configured.maxPriceTicks > highestTicks) {
        problems.push(
          `${configured.symbol}: maxPrice is ${configured.maxPriceTicks} ticks in the configuration, but what accounts of ` +
            `this data folder hold can only be counted exactly up to ${highestTicks}; leave it at ${state.maxPriceTicks}`,
        )
      }
      for (const unit of units) {
        if (state[unit] === configured[unit]) continue
        problems.push(
          `${configured.symbol}: ${unit} is ${configured[unit]} in the configuration, but orders of this data folder were ` +
            `entered with ${state[unit]}; give the instrument another symbol, or start with an empty data folder`,
        )
      }
    }
    if (problems.length > 0) throw new ConfigurationError(problems.join('\n'))
  }

  /** Up to which price whatever the accounts of an instrument come to hold stays a safe integer; see `ledgerRange`. */
  private highestPriceTicks({ instrument, tickValueMinor }: Row<'instrument'>): number {
    let highest = Number.MAX_SAFE_INTEGER
    for (const account of this.options.exchange.accounts()) {
      if (account.instrument !== instrument) continue
      const { positionLots, openBuyLots, openSellLots, cashMinor, feesMinor, realisedMinor } = account
      const lots = Math.abs(positionLots) + openBuyLots + openSellLots
      const money = Math.abs(cashMinor) + Math.abs(feesMinor) + Math.abs(realisedMinor)
      if (lots === 0) continue
      highest = Math.min(highest, Math.floor((Number.MAX_SAFE_INTEGER - money) / (2 * lots * tickValueMinor)))
    }
    return highest
  }

  /** Submits every definition that the exchange doesn't have, or has otherwise. Nothing is ever removed. */
  reconcile(): void {
    this.defineInstruments()
    const { configuration, exchange, registry } = this.options
    const registered = registry.sessions.filter(({ revoked }) => !revoked)
    const configured = new Map<string, Entry>(configuration.participants.map((entry) => [entry.name, entry]))
    const otherwise = { ...configuration.participantDefaults, admin: false }
    for (const { participant } of registered) {
      if (!configured.has(participant)) configured.set(participant, otherwise)
    }
    this.numbers ??= numbersOf(exchange)
    const { participants, sessions } = this.numbers
    for (const [name, entry] of configured) {
      const number = participants.get(name) ?? participants.size + 1
      participants.set(name, number)
      this.defineParticipant(number, name, entry)
    }
    const identities = new Map<string, Identity>()
    for (const { participant, session: name } of registered) {
      const key = `${participant}/${name}`
      const session = sessions.get(key) ?? sessions.size + 1
      sessions.set(key, session)
      const { ordersPerSecond, selfTradePrevention } = configured.get(participant)!
      this.defineSession({ session, participant: participants.get(participant)!, name, selfTradePrevention })
      identities.set(key, { session, ratePerSecond: ordersPerSecond })
    }
    this.identities = identities
  }

  /**
   * Looks from now on whether the registry has changed. What it returns ends that.
   * @param onRevoked called with the number of each session whose key was removed, revoked or replaced
   */
  watch(clock: Clock, onRevoked: (session: number) => void): () => void {
    this.onRevoked = onRevoked
    return clock.every(watchIntervalMs, () => {
      const problem = this.reload()
      const text = problem?.message ?? ''
      if (problem !== undefined && text !== this.unreadable) this.options.onUnreadable?.(problem)
      this.unreadable = text
    })
  }

  /** Checks the signature of a logon; undefined if it does not verify, for whatever reason. */
  async authenticate(nonce: string, logon: Message<'logon'>): Promise<Identity | undefined> {
    const { registry } = this.options
    const { participant, session, signature } = logon
    const problem = this.reload()
    const key = registry.publicKey(participant, session)
    if (key === undefined && problem !== undefined) throw problem
    const text = Buffer.from(logonText(nonce, participant, session))
    const verified = await verifySignature(null, text, key ?? nobody, Buffer.from(signature, 'base64'))
    // The key may have been revoked while the signature was checked.
    if (!verified || key === undefined || registry.publicKey(participant, session) !== key) return undefined
    return this.identities.get(`${participant}/${session}`)
  }

  /** Takes what was added to the registry, changed or removed since. Returns why it cannot be read, if it cannot. */
  private reload(): Error | undefined {
    const { registry } = this.options
    const { sessions } = registry
    try {
      if (!registry.reloadIfChanged()) return undefined
      this.reconcile()
    } catch (error) {
      return error as Error
    }
    for (const { participant, session, publicKey, revoked } of sessions) {
      if (revoked || registry.publicKey(participant, session) === publicKey) continue
      const number = this.numbers?.sessions.get(`${participant}/${session}`)
      if (number !== undefined) this.onRevoked(number)
    }
    return undefined
  }

  private defineInstruments(): void {
    const { configuration, exchange } = this.options
    const known = exchange.instruments
    let count = Math.max(0, known.length - 1)
    for (const configured of configuration.instruments) {
      const state = known.find((instrument) => instrument?.symbol === configured.symbol)
      const definition = { instrument: state?.instrument ?? ++count, ...configured }
      if (state === undefined || differ(state, definition)) {
        this.submit({ type: 'instrumentDefined', instruments: [definition] })
      }
    }
  }

  /** An admin may have changed limits since; only a change of the configuration puts other ones in force. */
  private defineParticipant(participant: number, name: string, entry: Entry): void {
    const limits = Object.fromEntries(riskLimits.map((limit) => [limit, entry[limit]])) as unknown as RiskLimits
    const definition = { participant, name, ...limits, isAdmin: entry.admin }
    const known = this.options.exchange.participant(participant)?.configured
    if (known === undefined || differ(known, definition)) this.submit({ type: 'participantDefined', ...definition })
  }

  private defineSession(definition: Omit<Message<'sessionDefined'>, 'type'>): void {
    const known = this.options.exchange.session(definition.session)
    const mode = enumerations.selfTradePrevention[definition.selfTradePrevention]
    if (known?.selfTradePrevention !== mode) this.submit({ type: 'sessionDefined', ...definition })
  }

  private submit(definition: Definition): void {
    this.options.onChange(definition)
    this.options.sequencer.submitDefinition(definition, 0)
  }
}

function numbersOf(exchange: Exchange): Numbers {
  const nameOf = (participant: number) => exchange.participant(participant)?.name
  return {
    participants: numbersByName(exchange.participantCount, nameOf),
    sessions: numbersByName(exchange.sessionCount, (number) => {
      const state = exchange.session(number)
      return state && `${nameOf(state.participant)}/${state.name}`
    }),
  }
}

/** Names of what is numbered from 1 to `count`. */
function numbersByName(count: number, nameOf: (number: number) => string | undefined): Map<string, number> {
  const numbers = new Map<string, number>()
  for (let number = 1; number <= count; number++) numbers.set(nameOf(number) ?? '', number)
  return numbers
}

/** Whether a state that holds more than what is wanted holds something else of it. */
function differ<Wanted extends object>(state: NoInfer<Wanted>, wanted: Wanted): boolean {
  return (Object.keys(wanted) as (keyof Wanted)[]).some((field) => state[field] !== wanted[field])
}

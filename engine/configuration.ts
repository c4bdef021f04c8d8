/**
 * The exchange's configuration file: which instruments are traded, and which participants may trade them within which
 * limits. Read and checked once at the start; people write prices and sizes as decimals, the engine counts ticks and lots.
 */
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { limits, namePattern } from '../protocol/limits.ts'
import { enumerations, type Row } from '../protocol/messages.ts'
import { parseSchedule } from './core/index.ts'
import { countOf, type Decimal, multiply, parseDecimal } from './decimal.ts'

/** An instrument before it has a number. */
export type InstrumentConfiguration = Omit<Row<'instrument'>, 'instrument'>

export interface SessionConfiguration {
  readonly name: string
  /** Base64 of an Ed25519 public key (SPKI DER); without it the engine makes a key pair. */
  readonly publicKey?: string | undefined
}

/** What the risk checks bound, by participant. */
export type RiskLimits = Readonly<Record<keyof typeof enumerations.riskLimit, number>>

type SelfTradePrevention = Exclude<keyof typeof enumerations.selfTradePrevention, 'sessionDefault'>

/** Limits of a participant and of each of its sessions. */
export interface ParticipantLimits extends RiskLimits {
  /** Messages per second that each of its sessions may send. */
  readonly ordersPerSecond: number
  /** Mode of its sessions' orders that state none. */
  readonly selfTradePrevention: SelfTradePrevention
}

export interface ParticipantConfiguration extends ParticipantLimits {
  readonly name: string
  readonly sessions: readonly SessionConfiguration[]
  /** Whether its sessions may send the commands of an admin. */
  readonly admin: boolean
}

export interface Configuration {
  readonly instruments: readonly InstrumentConfiguration[]
  readonly participants: readonly ParticipantConfiguration[]
  /** Limits of participants that were added with `keys new` and are not in the file. */
  readonly participantDefaults: ParticipantLimits
  /** How long sessions have to come back after a crash of the engine before they count as disconnected. */
  readonly reconnectGraceMs: number
}

/** What the file may hold, before defaults. */
export type ConfigurationFile = z.input<typeof schema>

/** The configuration cannot be used; every line of `message` is one problem: field, value, rule. */
export class ConfigurationError extends Error {}

const object = 'must be an object'
const integer = (least: number, most: number) =>
  z
    .int(`must be a whole number from ${least} to ${most}`)
    .min(least, `must be at least ${least}`)
    .max(most, `must be at most ${most}`)
const name = z.string('must be text').regex(namePattern, 'must be 1 to 32 of A-Z a-z 0-9 . _ -')
const decimal = z
  .string('must be a decimal number as text, like "0.01"')
  .refine((text) => parseDecimal(text) !== undefined, {
    error: 'must be a decimal number of at least 0, with up to 9 decimals',
  })
const positiveDecimal = decimal.refine((text) => parseDecimal(text)?.digits !== 0n, { error: 'must be above 0' })
const feeBasisPoints = z
  .number('must be a number of basis points')
  .min(-10_000, 'must be at least -10000')
  .max(10_000, 'must be at most 10000')
  .refine((rate) => Math.abs(rate * 100 - Math.round(rate * 100)) < 1e-6, { error: 'must have at most 2 decimals' })

const dayMs = 86_400_000
/** Highest price where none is stated, as a multiple of the reference price. */
const defaultPriceRange = 1_000
const scheduleRule = `must be times of the day (UTC), each later than the one before, and one of ${Object.keys(enumerations.phase).join(', ')} at each, like "08:00 preOpen, 08:50 openingAuction, 09:00 continuous"`

const instrumentSchema = z.strictObject(
  {
    symbol: name,
    currency: name.default('USD'),
    currencyDecimals: integer(0, 9).default(2),
    tickSize: positiveDecimal,
    lotSize: positiveDecimal.default('1'),
    minPrice: decimal.optional(),
    maxPrice: decimal.optional(),
    referencePrice: decimal,
    maxOrderQuantityLots: integer(1, limits.maxQuantityLots).default(1_000_000),
    priceBandBasisPoints: integer(0, 1_000_000).default(1_000),
    makerFeeBasisPoints: feeBasisPoints.default(0),
    takerFeeBasisPoints: feeBasisPoints.default(0),
    staticBandBasisPoints: integer(0, 1_000_000).default(0),
    dynamicBandBasisPoints: integer(0, 1_000_000).default(0),
    haltDurationMs: integer(0, dayMs).default(0),
    auctionDurationMs: integer(0, dayMs).default(0),
    schedule: z
      .string(scheduleRule)
      .refine((text) => parseSchedule(text) !== undefined, {
        error: ({ input }) => `${scheduleRule}; "${wrongEntry(input as string)}" is wrong`,
      })
      .default(''),
    quoteMaxSpreadTicks: integer(0, limits.maxPriceTicks).default(0),
    quoteMinQuantityLots: integer(0, limits.maxQuantityLots).default(0),
  },
  object,
)

const selfTradePreventions = Object.keys(enumerations.selfTradePrevention).filter(
  (mode): mode is SelfTradePrevention => mode !== 'sessionDefault',
)

const participantLimits = {
  maxOrderQuantityLots: integer(1, limits.maxQuantityLots).default(1_000_000),
  maxOrderNotionalMinor: integer(1, limits.maxNotionalMinor).default(limits.maxNotionalMinor),
  maxPositionLots: integer(0, 2 ** 40).default(1_000_000),
  maxOpenOrders: integer(1, 2 ** 30).default(10_000),
  maxGrossExposureMinor: integer(0, Number.MAX_SAFE_INTEGER).default(0),
  maxDailyLossMinor: integer(0, Number.MAX_SAFE_INTEGER).default(0),
  maxMessagesPerSecond: integer(0, 10_000_000).default(0),
  maxPriceDistanceBasisPoints: integer(0, 1_000_000).default(0),
  maxDuplicateOrders: integer(0, 1_000_000).default(0),
  duplicateWindowMs: integer(0, dayMs).default(0),
  ordersPerSecond: integer(1, 10_000_000).default(10_000),
  selfTradePrevention: z
    .enum(selfTradePreventions, `must be one of ${selfTradePreventions.join(', ')}`)
    .default('cancelNewest'),
}

const publicKey = z
  .string('must be text')
  .regex(/^[A-Za-z0-9+/]{59}=$/, 'must be an Ed25519 public key: SPKI DER in base64')
const participantSchema = z.strictObject(
  {
    name,
    sessions: z
      .array(
        z.union([
          name.transform((text) => ({ name: text })),
          z.strictObject({ name, publicKey }, 'must be a name, or an object with name and publicKey'),
        ]),
      )
      .min(1, 'must name at least one session')
      .default([{ name: 'main' }]),
    admin: z.boolean('must be true or false').default(false),
    ...participantLimits,
  },
  object,
)

const schema = z.strictObject(
  {
    instruments: z
      .array(instrumentSchema, 'must be a list of instruments')
      .min(1, 'must hold at least one instrument')
      .max(limits.maxInstruments, `must hold at most ${limits.maxInstruments} instruments`),
    participants: z
      .array(participantSchema, 'must be a list of participants')
      .max(limits.maxParticipants, `must hold at most ${limits.maxParticipants} participants`)
      .default([]),
    participantDefaults: z.strictObject(participantLimits, object).prefault({}),
    reconnectGraceMs: integer(0, 3_600_000).default(5_000),
  },
  object,
)

/**
 * Reads a configuration file.
 * @throws ConfigurationError
 */
export function readConfiguration(path: string): Configuration {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new ConfigurationError(`${path}: ${code === 'ENOENT' ? 'there is no such file' : `cannot be read (${code})`}`)
  }
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch (error) {
    throw new ConfigurationError(`${path}: is not valid JSON: ${(error as Error).message}`)
  }
  return checkConfiguration(content, path)
}

/**
 * Checks a configuration and fills in what it leaves out.
 * @param source what to call it in errors
 * @throws ConfigurationError
 */
export function checkConfiguration(content: unknown, source: string): Configuration {
  const result = schema.safeParse(content)
  if (!result.success) {
    const problems = result.error.issues.flatMap((issue) => problemsOf(issue, content))
    throw new ConfigurationError(problems.map((problem) => `${source}: ${problem}`).join('\n'))
  }
  const problems: string[] = []
  const { instruments, participants } = result.data
  reportRepeated(
    instruments.map(({ symbol }) => symbol),
    'instruments',
    'symbol',
    problems,
  )
  reportRepeated(
    participants.map((participant) => participant.name),
    'participants',
    'name',
    problems,
  )
  participants.forEach(({ sessions }, index) => {
    reportRepeated(
      sessions.map((session) => session.name),
      `participants[${index}].sessions`,
      'name',
      problems,
    )
  })
  participants.forEach((limits, index) => {
    reportWindow(limits, `participants[${index}]`, problems)
  })
  reportWindow(result.data.participantDefaults, 'participantDefaults', problems)
  const definitions = instruments.map((instrument, index) => define(instrument, `instruments[${index}]`, problems))
  if (problems.length > 0) throw new ConfigurationError(problems.map((problem) => `${source}: ${problem}`).join('\n'))
  return { ...result.data, instruments: definitions }
}

function define(
  instrument: z.output<typeof instrumentSchema>,
  path: string,
  problems: string[],
): InstrumentConfiguration {
  const { minPrice, maxPrice, referencePrice, makerFeeBasisPoints, takerFeeBasisPoints, ...rest } = instrument
  const tick = parseDecimal(instrument.tickSize) as Decimal
  const lot = parseDecimal(instrument.lotSize) as Decimal
  const ticks = (field: string, text: string): number => {
    const count = countOf(parseDecimal(text) as Decimal, tick)
    if (count !== undefined && count >= 1 && count <= limits.maxPriceTicks) return count
    problems.push(
      `${path}.${field} "${text}": must be a multiple of tickSize ${instrument.tickSize}, from 1 to ${limits.maxPriceTicks} ticks`,
    )
    return 0
  }
  const minPriceTicks = minPrice === undefined ? 1 : ticks('minPrice', minPrice)
  const referencePriceTicks = ticks('referencePrice', referencePrice)
  // Not as high as it gets: the more a lot may be worth, the fewer of them an account can count exactly (`ledgerRange`).
  const highestTicks = Math.min(limits.maxPriceTicks, defaultPriceRange * referencePriceTicks)
  const maxPriceTicks = maxPrice === undefined ? highestTicks : ticks('maxPrice', maxPrice)
  if (problems.length === 0 && minPriceTicks > maxPriceTicks) {
    problems.push(`${path}.minPrice "${minPrice}": must not be above maxPrice ${maxPrice}`)
  } else if (problems.length === 0 && referencePriceTicks < minPriceTicks) {
    problems.push(`${path}.referencePrice "${referencePrice}": must not be below minPrice ${minPrice}`)
  } else if (problems.length === 0 && referencePriceTicks > maxPriceTicks) {
    problems.push(`${path}.referencePrice "${referencePrice}": must not be above maxPrice ${maxPrice}`)
  }
  if (instrument.quoteMinQuantityLots > 0 && instrument.quoteMaxSpreadTicks === 0) {
    problems.push(`${path}.quoteMaxSpreadTicks 0: must be above 0 where quoteMinQuantityLots is`)
  }
  const minor = { digits: 1n, scale: instrument.currencyDecimals }
  const tickValueMinor = countOf(multiply(tick, lot), minor)
  if (tickValueMinor === undefined || tickValueMinor > limits.maxNotionalMinor) {
    const { tickSize, lotSize, currencyDecimals, currency } = instrument
    problems.push(
      `${path}.tickSize "${tickSize}": times lotSize ${lotSize} must be a whole number of the smallest unit of money, which currencyDecimals ${currencyDecimals} makes 10^-${currencyDecimals} ${currency}`,
    )
  }
  return {
    ...rest,
    tickValueMinor: tickValueMinor ?? 0,
    minPriceTicks,
    maxPriceTicks,
    referencePriceTicks,
    makerFeeRate: Math.round(makerFeeBasisPoints * 100),
    takerFeeRate: Math.round(takerFeeBasisPoints * 100),
  }
}

/** The first entry with which a schedule is none. */
function wrongEntry(schedule: string): string {
  const entries = schedule.split(', ')
  const isWrong = (_: string, index: number) => parseSchedule(entries.slice(0, index + 1).join(', ')) === undefined
  return entries.find(isWrong) ?? ''
}

function reportWindow(participant: ParticipantLimits, path: string, problems: string[]): void {
  const { maxDuplicateOrders, duplicateWindowMs } = participant
  if (maxDuplicateOrders === 0 || duplicateWindowMs > 0) return
  problems.push(`${path}.duplicateWindowMs 0: must be above 0 where maxDuplicateOrders is`)
}

function reportRepeated(names: readonly string[], path: string, field: string, problems: string[]): void {
  names.forEach((text, index) => {
    if (names.indexOf(text) !== index) problems.push(`${path}[${index}].${field} "${text}": must not occur twice`)
  })
}

/** One line per problem: field, value, rule. */
function problemsOf(issue: z.core.$ZodIssue, content: unknown, parent: readonly PropertyKey[] = []): string[] {
  const keys = [...parent, ...issue.path]
  const path = pathOf(keys)
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `${path === '' ? '' : `${path}.`}${key}: is not a field of the configuration`)
  }
  if (issue.code === 'invalid_union') {
    // The alternative that was meant is the one that is of the right type at least.
    const meant = issue.errors.find((issues) =>
      issues.every(({ code, path: [first] }) => code !== 'invalid_type' || first !== undefined),
    )
    return (meant ?? issue.errors[issue.errors.length - 1]).flatMap((nested) => problemsOf(nested, content, keys))
  }
  let value: unknown = content
  for (const key of keys) value = (value as Record<PropertyKey, unknown> | undefined)?.[key]
  if (value === undefined) return [`${path}: is missing; ${issue.message}`]
  const shown = typeof value === 'object' && value !== null ? '' : ` ${JSON.stringify(value)}`
  return [`${path === '' ? 'the file' : path}${shown}: ${issue.message}`]
}

function pathOf(path: readonly PropertyKey[]): string {
  return path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '')
}

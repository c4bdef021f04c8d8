/**
 * The fleet file: which bots there are. Checked as a whole before anything starts; an error names the field, the value
 * and the rule that it breaks.
 */
import { existsSync, readFileSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { z } from 'zod'
import { namePattern } from '../../protocol/limits.ts'

/** One bot process to be. */
export interface BotPlan {
  readonly name: string
  /** Command of the bots' program that runs it. */
  readonly kind: string
  readonly participant: string
  readonly session: string
  readonly instruments: readonly string[]
  readonly seed: number
  /** Further options of that command, by name in camel case. */
  readonly options: Readonly<Record<string, string | number | boolean>>
}

/** What a kind of bot takes: by name of the option, the rule that a value breaks, if it breaks one. */
export type BotKind = ReadonlyMap<string, (value: string | number | boolean) => string | undefined>

/** Something is wrong with what the fleet was given; `message` says what and how to put it right. */
export class FleetError extends Error {}

const nameRule =
  'must be 1 to 32 characters from A–Z a–z 0–9 . _ -, and with a count contain {n}, the number of the bot'
const mostBots = 1_000

const name = z.string(nameRule).refine((text) => namePattern.test(text.replaceAll('{n}', '1')), nameRule)

const botEntry = z.strictObject({
  kind: z.string('must be the name of a kind of bot'),
  count: z
    .int('must be a whole number')
    .min(1, 'must be 1 or more')
    .max(mostBots, `must be ${mostBots} at most`)
    .default(1),
  name,
  participant: name,
  session: name.default('main'),
  instruments: z
    .array(z.string().regex(namePattern, 'must be an instrument symbol'), 'must be a list of instrument symbols')
    .min(1, 'must name at least one instrument'),
  seed: z.int('must be a whole number').min(0, 'must be 0 or more').optional(),
  options: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
})

const fleetFile = z.strictObject({
  bots: z.array(botEntry, 'must be a list of bots').min(1, 'must hold at least one bot'),
})

type BotEntry = z.infer<typeof botEntry>

/**
 * Reads and checks a fleet file.
 * @param path as given; if there is nothing there, it is looked up below `besideProgram`
 * @param kinds what `kind` may be
 * @param seed the fleet's; bots without a seed of their own get distinct ones that follow from it
 * @throws FleetError
 */
export function readFleetFile(
  path: string,
  besideProgram: string,
  kinds: ReadonlyMap<string, BotKind>,
  seed: number,
): BotPlan[] {
  const found = existsSync(path) || isAbsolute(path) ? path : join(besideProgram, path)
  let text: string
  try {
    text = readFileSync(found, 'utf8')
  } catch (error) {
    const reason =
      (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : (error as Error).message
    throw new FleetError(`fleet file ${path}: ${reason}; give the path of a fleet file such as fleets/default.json`)
  }
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch (error) {
    throw new FleetError(`fleet file ${found}: not valid JSON: ${(error as Error).message}`)
  }
  return planFleet(content, found, kinds, seed)
}

/** The same from the file's content. `source` stands for the file in error texts. */
export function planFleet(
  content: unknown,
  source: string,
  kinds: ReadonlyMap<string, BotKind>,
  seed: number,
): BotPlan[] {
  const parsed = fleetFile.safeParse(content)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    if (issue.code !== 'unrecognized_keys') throw fieldError(source, content, issue.path, issue.message)
    throw fieldError(source, content, [...issue.path, issue.keys[0]], 'there is no such field')
  }
  const plans: BotPlan[] = []
  for (const [index, entry] of parsed.data.bots.entries()) {
    const broken = brokenRule(entry, kinds)
    if (broken !== undefined) throw fieldError(source, content, ['bots', index, ...broken.field], broken.rule)
    for (let number = 1; number <= entry.count; number++) {
      const plan = planBot(entry, number, seed + plans.length)
      const clash = clashingField(plan, plans)
      if (clash !== undefined) throw fieldError(source, content, ['bots', index, clash.field], clash.rule)
      plans.push(plan)
    }
  }
  return plans
}

/** What the shape alone cannot say about one entry. */
function brokenRule(
  entry: BotEntry,
  kinds: ReadonlyMap<string, BotKind>,
): { field: string[]; rule: string } | undefined {
  const kind = kinds.get(entry.kind)
  if (kind === undefined) return { field: ['kind'], rule: `must be one of ${[...kinds.keys()].join(', ')}` }
  for (const [option, value] of Object.entries(entry.options)) {
    const check = kind.get(option)
    const unknown = `is no option of ${entry.kind}, which takes ${[...kind.keys()].join(', ')}`
    const rule = check === undefined ? unknown : check(value)
    if (rule !== undefined) return { field: ['options', option], rule }
  }
  const unnumbered = (['name', 'participant'] as const).find((field) => !entry[field].includes('{n}'))
  if (entry.count > 1 && unnumbered !== undefined) return { field: [unnumbered], rule: nameRule }
  return undefined
}

function planBot(entry: BotEntry, number: number, seed: number): BotPlan {
  const numbered = (text: string) => text.replaceAll('{n}', number.toString())
  return {
    name: numbered(entry.name),
    kind: entry.kind,
    participant: numbered(entry.participant),
    session: numbered(entry.session),
    instruments: entry.instruments,
    seed: entry.seed === undefined ? seed : entry.seed + number - 1,
    options: entry.options,
  }
}

function clashingField(plan: BotPlan, others: readonly BotPlan[]): { field: string; rule: string } | undefined {
  if (others.some(({ name }) => name === plan.name)) {
    return { field: 'name', rule: `two bots would be called ${plan.name}; names must differ` }
  }
  if (others.some(({ participant, session }) => participant === plan.participant && session === plan.session)) {
    const rule = `two bots would use session ${plan.session} of ${plan.participant}; a session has one connection`
    return { field: 'participant', rule }
  }
  return undefined
}

function fieldError(source: string, content: unknown, path: readonly PropertyKey[], rule: string): FleetError {
  const field = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('')
  const value = path.reduce((part, key) => (part as Record<PropertyKey, unknown> | undefined)?.[key], content)
  const shown = value === undefined ? 'is missing' : `is ${JSON.stringify(value)}`
  return new FleetError(`fleet file ${source}: ${field.replace(/^\./, '') || 'its content'} ${shown}: ${rule}`)
}
